// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a BGP daemon says of its sessions, and what one may say that is somebody else's: a child that
 * answers as its row tells it, on a socket in a folder of the test's own.
 */
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/bird.h"
#include "lib/test.h"

#include "base/clock.h"

#define PLACE          "run/bird-vbr-1/bird.ctl"
#define LONG_ENOUGH_MS 2500 /* half a second, and what a busy machine adds */

struct text {
	const char *s;
	size_t len;
};
#define TEXT(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}

#define SAYS(name, ...) .what = (name), .answers = {__VA_ARGS__}

/* What the daemon says at first and after each command, and how. */
struct script {
	const char *what;
	struct text answers[3];
	size_t piece; /* bytes that are sent at once; the next ones when these were read; 0: all */
	unsigned int gap_ms; /* between pieces */
	bool hang;           /* after the last answer, or after one that does not end, silence */
};

/* --- the daemon --- */

static int daemon_socket(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(strlen(path) < sizeof(at.sun_path));
	memcpy(at.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static bool was_read(int fd)
{
	int left = 0;

	return ioctl(fd, SIOCOUTQ, &left) < 0 || left == 0;
}

static void say(int fd, const struct script *s, struct text text)
{
	const size_t piece = s->piece ? s->piece : text.len;

	for (size_t n = 0; n < text.len; n += piece) {
		size_t len = text.len - n < piece ? text.len - n : piece;

		if (send(fd, text.s + n, len, MSG_NOSIGNAL) != (ssize_t)len)
			return;
		(void)poll(NULL, 0, (int)s->gap_ms);
		while (s->piece && !was_read(fd))
			(void)sched_yield(); /* cannot fail */
	}
}

/* Reads a command to the end of its line, and whether it is the one that was to come. */
static bool hear(int fd, const char *want)
{
	char line[128] = "";

	for (size_t n = 0; n < sizeof(line) - 1 && !strchr(line, '\n'); n++)
		if (recv(fd, line + n, 1, 0) != 1)
			return false;
	return strcmp(line, want) == 0;
}

/* Ends with 0 if all was heard that was to come, else with 1. */
static void serve(int listener, const struct script *s)
{
	static const char *const commands[] = {"show protocols all 'pc-1.110'\n",
					       "show bfd sessions\n"};
	int fd = accept(listener, NULL, NULL);
	bool good = fd >= 0;

	(void)alarm(60); /* a test that fails leaves nobody behind */
	for (size_t i = 0; good && i < ARRAY_LEN(s->answers); i++) {
		good = i == 0 || hear(fd, commands[i - 1]);
		say(fd, s, s->answers[i]); /* who has heard enough may hang up */
	}
	if (s->hang)
		(void)pause();
	_exit(good ? 0 : 1);
}

static pid_t start_daemon(const char *path, const struct script *s)
{
	auto_close int listener = daemon_socket(path);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		serve(listener, s);
	return pid;
}

/* The daemon's exit code; -1: it had to be stopped. */
static int stop_daemon(pid_t pid, bool kill_it)
{
	int status = 0;

	if (kill_it)
		(void)kill(pid, SIGKILL); /* it may have ended by itself */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)unlink(PLACE); /* may be elsewhere */
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the lab's folder --- */

static int set_up(void **state)
{
	char *dir = strdup("/tmp/test-bird.XXXXXX");

	*state = dir;
	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	return mkdir("run", 0755) || mkdir("run/bird-vbr-1", 0755) || mkdir("other", 0755) ||
	       mkdir("other/bird-vbr-1", 0755);
}

static int tear_down(void **state)
{
	auto_strbuf struct strbuf command = {0};

	strbuf_printf(&command, "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") || system(command.s);
}

/* Looks, and never for longer than a user would wait. */
static bool look(struct cli_bgp *bgp)
{
	auto_close int dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const uint64_t start = clock_ms();
	bool found;

	assert_true(dir >= 0);
	memset(bgp, 'x', sizeof(*bgp));
	found = cli_bgp_look(dir, "bird-vbr-1", "pc-1.110", bgp);
	assert_in_range(clock_ms() - start, 0, LONG_ENOUGH_MS);
	return found;
}

/* --- what BIRD 2 says --- */

#define HELLO "0001 BIRD 2.0.12 ready.\n"
#define SESSION(state, more)                                                        \
	"2002-Name       Proto      Table      State  Since         Info\n"         \
	"1002-pc-1.110   BGP        ---        up     11:22:33.123  " state "   \n" \
	"1006-  BGP state:          " state "\n"                                    \
	"     Neighbor address: 10.0.0.2\n" more "0000 \n"
#define BFD(dev, state)                                                                           \
	"1020-bfd1:\n"                                                                            \
	" IP address                Interface  State      Since         Interval  Timeout\n"      \
	" 10.0.0.2                  " dev "   " state "         11:22:33.123    0.900    2.700\n" \
	"0000 \n"
#define NO_BFD "1020-bfd1:\n IP address  Interface  State\n0000 \n"

/* All that is needed, in few pieces: each has to be waited for, and patience is short. */
#define SHORT \
	TEXT("0001 B\n"), TEXT("1006-  BGP state: Up\n0000 \n"), TEXT("1 pc-1.110 Up  1\n0000 \n")

struct answered {
	struct script script;
	struct cli_bgp want;
};

static void a_daemon_that_answers(void **state)
{
	static const struct answered rows[] = {
		{{SAYS("established", TEXT(HELLO), TEXT(SESSION("Established", "")),
		       TEXT(BFD("pc-1.110", "Up")))},
		 {"Established", "", true, true}},
		{{SAYS("byte by byte", SHORT), .piece = 1}, {"Up", "", true, true}},
		{{SAYS("in pieces that end anywhere", SHORT), .piece = 3}, {"Up", "", true, true}},
		{{SAYS("no BFD", TEXT(HELLO), TEXT(SESSION("Established", "")), TEXT(NO_BFD))},
		 {"Established", "", false, false}},
		{{SAYS("BFD of another line", TEXT(HELLO), TEXT(SESSION("Established", "")),
		       TEXT(BFD("pc-1.1100", "Up")))},
		 {"Established", "", false, false}},
		{{SAYS("BFD down", TEXT(HELLO), TEXT(SESSION("Active", "")),
		       TEXT(BFD("pc-1.110", "Down")))},
		 {"Active", "", true, false}},
		{{SAYS("an error", TEXT(HELLO),
		       TEXT(SESSION("Idle", "     Last error:       Received: Bad peer AS\n")),
		       TEXT(NO_BFD))},
		 {"Idle", "Received: Bad peer AS", false, false}},
		{{SAYS("what is no text", TEXT(HELLO), TEXT(SESSION("\033[31mUp\xff", "")),
		       TEXT(NO_BFD))},
		 {"?[31mUp?", "", false, false}},
		{{SAYS("what is too long", TEXT(HELLO),
		       TEXT(SESSION("a234567890b234567890c234567890", "")), TEXT(NO_BFD))},
		 {"a234567890b234567890c23", "", false, false}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pid_t pid = start_daemon(PLACE, &rows[i].script);
		struct cli_bgp bgp;
		bool found = look(&bgp);

		print_message("%s\n", rows[i].script.what);
		assert_int_equal(stop_daemon(pid, false), 0);
		assert_true(found);
		assert_string_equal(bgp.state, rows[i].want.state);
		assert_string_equal(bgp.error, rows[i].want.error);
		assert_int_equal(bgp.bfd, rows[i].want.bfd);
		assert_int_equal(bgp.bfd_up, rows[i].want.bfd_up);
	}
}

static void a_daemon_that_does_not(void **state)
{
	static const struct script rows[] = {
		{.what = "silent from the start", .hang = true},
		{SAYS("silent after its name", TEXT(HELLO)), .hang = true},
		{SAYS("silent in an answer", TEXT(HELLO), TEXT("1002-pc-1.110  BGP\n")),
		 .hang = true},
		{SAYS("gone at once", {0})},
		{SAYS("gone in an answer", TEXT(HELLO), TEXT("1002-pc-1.110  BGP\n"))},
		{SAYS("garbage", TEXT("SSH-2.0-OpenSSH_9.2\r\n")), .hang = true},
		{SAYS("the code, but not at the start of a line",
		      TEXT("x0001 BIRD\n0001-BIRD\n 0001 BIRD\n")),
		 .hang = true},
		{SAYS("an error instead of an answer", TEXT(HELLO),
		      TEXT("8003 No protocols match\n")),
		 .hang = true},
		{SAYS("no such session", TEXT(HELLO), TEXT("0000 \n"), TEXT("0000 \n"))},
		{SAYS("a NUL", TEXT("0001 BI\0RD\n"), TEXT(SESSION("Up", "")), TEXT(NO_BFD))},
		{SAYS("a NUL behind the end", TEXT(HELLO), TEXT(SESSION("Up", "") "\0"),
		      TEXT(NO_BFD))},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pid_t pid = start_daemon(PLACE, &rows[i]);
		struct cli_bgp bgp;
		bool found = look(&bgp);

		print_message("%s\n", rows[i].what);
		(void)stop_daemon(pid, true); /* whatever it had still to say */
		assert_false(found);
		assert_string_equal(bgp.state, "");
	}
}

/* More than any answer has: neither memory nor patience is without end. */
static void a_daemon_that_does_not_stop(void **state)
{
	static char much[1 << 20], end[] = "\n" SESSION("Up", "");
	const struct text whole = {much, sizeof(much)}, drip = {much, sizeof(much) - sizeof(end)};
	const struct text longest = {much + sizeof(much) - 65000, 65000};
	const struct {
		struct script script;
		bool found;
	} rows[] = {
		{{SAYS("much, and then what is asked", TEXT(HELLO), whole, TEXT(NO_BFD))}, false},
		{{SAYS("as much as is read", TEXT(HELLO), longest, TEXT(NO_BFD))}, true},
		{{SAYS("a byte at a time", drip), .piece = 1, .gap_ms = 50}, false},
		{{SAYS("a byte at a time, in an answer", TEXT(HELLO), drip), .piece = 1,
		  .gap_ms = 10},
		 false},
	};

	memset(much, '7', sizeof(much));
	memcpy(much + sizeof(much) - sizeof(end) + 1, end, sizeof(end) - 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pid_t pid = start_daemon(PLACE, &rows[i].script);
		struct cli_bgp bgp;
		bool found = look(&bgp);

		print_message("%s\n", rows[i].script.what);
		(void)stop_daemon(pid, true); /* it may not have finished */
		assert_int_equal(found, rows[i].found);
	}
}

/* --- sockets that are none --- */

static void nobody_there(void **state)
{
	struct cli_bgp bgp;

	assert_false(look(&bgp)); /* no file */
	assert_int_equal(close(daemon_socket(PLACE)), 0);
	assert_false(look(&bgp)); /* left behind */
	assert_int_equal(unlink(PLACE), 0);
	assert_int_equal(mkfifo(PLACE, 0600), 0);
	assert_false(look(&bgp)); /* must not block, either */
	assert_int_equal(unlink(PLACE), 0);
	assert_int_equal(mkdir(PLACE, 0700), 0);
	assert_false(look(&bgp));
}

/* The folder is the daemon's own: it may put there what it likes, and leads us nowhere with it. */
static void links_are_not_followed(void **state)
{
	static const struct script script = {
		SAYS("another one", TEXT(HELLO), TEXT(SESSION("Established", "")), TEXT(NO_BFD)),
	};
	static const struct {
		const char *link, *to;
	} rows[] = {
		{PLACE, "../../other/bird-vbr-1/bird.ctl"},
		{"run/bird-vbr-1", "../other/bird-vbr-1"},
		{"run", "other"},
	};
	pid_t pid = start_daemon("other/bird-vbr-1/bird.ctl", &script);
	struct cli_bgp bgp;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].link);
		assert_int_equal(symlink(rows[i].to, rows[i].link), 0);
		assert_false(look(&bgp));
		assert_int_equal(unlink(rows[i].link), 0);
		if (i + 1 < ARRAY_LEN(rows)) /* the next link stands in the place of this folder */
			assert_int_equal(rmdir(i == 0 ? "run/bird-vbr-1" : "run"), 0);
	}
	/* it is one to talk with */
	assert_int_equal(rename("other", "run"), 0);
	assert_true(look(&bgp));
	assert_int_equal(stop_daemon(pid, false), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_daemon_that_answers),       TEST(a_daemon_that_does_not),
		TEST(a_daemon_that_does_not_stop), TEST(nobody_there),
		TEST(links_are_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
