// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's protocol is lines of text: a command goes in, lines that begin with a code of four digits
 * come out, and the line with "0000 " is the last one (BIRD's doc/reply_codes).
 */
#include "cli/bird.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

#define ANSWER_MAX 65536
/* For all that is asked together: who drips is not waited for longer than who is silent. */
#define PATIENCE_MS 500

/* One conversation. */
struct talk {
	int sock;
	uint64_t end; /* milliseconds of CLOCK_MONOTONIC */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A path of its own choosing would be followed anywhere: the socket itself is opened, then connected to. */
static int open_socket(int lab_dir, const char *name)
{
	const struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	auto_close int run = openat(lab_dir, "run", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int own =
		run < 0 ? -1 : openat(run, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int node = own < 0 ? -1
				      : openat(own, "bird.ctl", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	auto_close int sock = node < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		return -1;
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", node);
	/* to connect() as well: its backlog may be full */
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    connect(sock, (const struct sockaddr *)&to, sizeof(to)))
		return -1;
	return steal_fd(&sock);
}

/* Whether the text holds the last line of an answer: one that begins with `code` and a space. */
static bool is_whole(const struct strbuf *b, const char *code)
{
	char inner[8];

	(void)snprintf(inner, sizeof(inner), "\n%s ", code); /* always fits */
	return strstr(strbuf_str(b), inner + 1) == strbuf_str(b) || strstr(strbuf_str(b), inner);
}

/* Bytes of an answer; 0 or less: there are none in time. */
static ssize_t receive(const struct talk *t, char *buf, size_t size)
{
	const uint64_t now = now_ms();
	struct pollfd p = {.fd = t->sock, .events = POLLIN};

	if (now >= t->end || poll(&p, 1, (int)(t->end - now)) <= 0)
		return 0;
	return recv(t->sock, buf, size, MSG_DONTWAIT);
}

static bool read_answer(const struct talk *t, const char *code, struct strbuf *b)
{
	char buf[4096];

	do {
		ssize_t n = receive(t, buf, sizeof(buf));

		if (n <= 0 || b->len + (size_t)n > ANSWER_MAX || memchr(buf, '\0', (size_t)n))
			return false;
		strbuf_addn(b, buf, (size_t)n);
	} while (!is_whole(b, code));
	return true;
}

static bool ask(const struct talk *t, struct strbuf *answer, const char *command)
{
	return send(t->sock, command, strlen(command), MSG_NOSIGNAL) == (ssize_t)strlen(command) &&
	       read_answer(t, "0000", answer);
}

/* What stands behind "KEY" and spaces, to the end of the line; what is not printable becomes "?". */
static void copy_value(const char *text, const char *key, char *out, size_t size)
{
	const char *at = strstr(text, key);
	size_t n;

	out[0] = '\0';
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, " ");
	n = strcspn(at, "\n");
	(void)snprintf(out, size, "%.*s", (int)(n < size ? n : size), at); /* cut where too long */
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
}

bool cli_bgp_look(int lab_dir, const char *name, const char *dev, struct cli_bgp *out)
{
	auto_strbuf struct strbuf hello = {0}, session = {0}, bfd = {0};
	auto_close int sock = open_socket(lab_dir, name);
	const struct talk talk = {sock, now_ms() + PATIENCE_MS};
	char command[64], state[8];

	*out = (struct cli_bgp){0};
	(void)snprintf(command, sizeof(command), "show protocols all '%s'\n", dev);
	if (sock < 0 || !read_answer(&talk, "0001", &hello) || !ask(&talk, &session, command) ||
	    !ask(&talk, &bfd, "show bfd sessions\n"))
		return false;
	copy_value(strbuf_str(&session), "BGP state:", out->state, sizeof(out->state));
	copy_value(strbuf_str(&session), "Last error:", out->error, sizeof(out->error));
	(void)snprintf(command, sizeof(command), " %s ", dev);
	copy_value(strbuf_str(&bfd), command, state, sizeof(state));
	out->bfd = state[0];
	out->bfd_up = strncmp(state, "Up ", 3) == 0;
	return out->state[0];
}
