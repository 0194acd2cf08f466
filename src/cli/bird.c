// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon's protocol is lines of text: a command goes in, lines that begin with a code of four digits
 * come out, with '-' behind the code on all but the last one (BIRD's doc/reply_codes, nest/cli.c).
 */
#include "cli/bird.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"

#define ANSWER_MAX  65536
#define PATIENCE_MS 500

/* A path of its own choosing would be followed anywhere: the socket itself is opened, then connected to. */
static int open_socket(int lab_dir, const char *name)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	auto_close int run = openat(lab_dir, "run", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int own =
		run < 0 ? -1 : openat(run, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	auto_close int node = own < 0 ? -1
				      : openat(own, "bird.ctl", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	auto_close int sock =
		node < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (sock < 0)
		return -1;
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d", node);
	if (connect(sock, (const struct sockaddr *)&to, sizeof(to)))
		return -1;
	return steal_fd(&sock);
}

static bool is_last_line(const char *line)
{
	return strspn(line, "0123456789") == 4 && line[4] == ' ';
}

/* Whether the text holds an answer to its end. */
static bool is_whole(const struct strbuf *b)
{
	for (const char *line = strbuf_str(b), *end; (end = strchr(line, '\n')); line = end + 1)
		if (is_last_line(line))
			return true;
	return false;
}

struct talk {
	int sock;
	uint64_t deadline; /* ms */
};

static bool wait_for(const struct talk *t, short events)
{
	struct pollfd p = {.fd = t->sock, .events = events};
	uint64_t now = clock_ms();

	return now < t->deadline && poll(&p, 1, (int)(t->deadline - now)) > 0;
}

static bool read_answer(const struct talk *t, struct strbuf *b)
{
	char buf[4096];

	do {
		ssize_t n = wait_for(t, POLLIN) ? recv(t->sock, buf, sizeof(buf), 0) : -1;

		if (n <= 0 || b->len + (size_t)n > ANSWER_MAX || memchr(buf, '\0', (size_t)n))
			return false;
		strbuf_addn(b, buf, (size_t)n);
	} while (!is_whole(b));
	return true;
}

static bool ask(const struct talk *t, struct strbuf *answer, const char *command)
{
	return wait_for(t, POLLOUT) &&
	       send(t->sock, command, strlen(command), MSG_NOSIGNAL) == (ssize_t)strlen(command) &&
	       read_answer(t, answer);
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
	const struct talk t = {sock, clock_ms() + PATIENCE_MS};
	char command[64], state[8];

	*out = (struct cli_bgp){0};
	(void)snprintf(command, sizeof(command), "show protocols all '%s'\n", dev);
	if (sock < 0 || !read_answer(&t, &hello) || !ask(&t, &session, command) ||
	    !ask(&t, &bfd, "show bfd sessions\n"))
		return false;
	copy_value(strbuf_str(&session), "BGP state:", out->state, sizeof(out->state));
	copy_value(strbuf_str(&session), "Last error:", out->error, sizeof(out->error));
	/* without BFD an error, which names no device */
	(void)snprintf(command, sizeof(command), " %s ", dev);
	copy_value(strbuf_str(&bfd), command, state, sizeof(state));
	out->bfd = state[0];
	out->bfd_up = strncmp(state, "Up ", 3) == 0;
	return out->state[0];
}
