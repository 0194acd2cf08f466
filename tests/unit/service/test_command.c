// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-service with commands that serve, do not, end, or are not there. The servers among them are
 * this very program.
 */
#include "lib/worker.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/tree.h"

static char program[4096], self[4096];

/* --- the server: "--serve tcp|udp|unix WHERE [then: MILLISECONDS to live]" --- */

static int open_server(const char *kind, const char *where)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(where)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	bool local = !strcmp(kind, "unix"), udp = !strcmp(kind, "udp");
	int fd = socket(local ? AF_UNIX : AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
	int rc;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", where);
	rc = local ? bind(fd, (struct sockaddr *)&sun, sizeof(sun))
		   : bind(fd, (struct sockaddr *)&sin, sizeof(sin));
	if (fd < 0 || rc || (!udp && listen(fd, 8)))
		_exit(9);
	return fd;
}

static _Noreturn void serve(const char *kind, const char *where)
{
	int fd = open_server(kind, where);

	for (;;) {
		char byte;
		int client = strcmp(kind, "udp") != 0 ? accept(fd, NULL, NULL) : -1;

		if (client < 0) { /* a datagram ends it */
			(void)!read(fd, &byte, 1);
			_exit(4);
		}
		printf("a client came\n");
		(void)fflush(stdout);
		if (read(client, &byte, 1) == 1) /* so does a byte */
			_exit(4);
		(void)close(client);
	}
}

/* --- the test's side --- */

struct fixture {
	char dir[64];
	struct test_worker w;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/labctl-test-XXXXXX");
	if (!mkdtemp(f->dir))
		return -1;
	f->w.socket = test_listen(&f->w.port);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int rc = tree_remove(AT_FDCWD, f->dir);

	(void)close(f->w.socket);
	(void)close(f->w.log);
	free(f);
	return rc;
}

/* Single quotes stand for double ones; every "DIR" and "SELF" for the fixture's and for this program. */
static char *fill_in(const struct fixture *f, const char *text)
{
	struct strbuf b = {0};

	for (const char *c = text; *c; c++) {
		if (!strncmp(c, "DIR", 3)) {
			strbuf_add(&b, f->dir);
			c += 2;
		} else if (!strncmp(c, "SELF", 4)) {
			strbuf_add(&b, self);
			c += 3;
		} else {
			strbuf_addc(&b, *c == '\'' ? '"' : *c);
		}
	}
	return strbuf_take(&b);
}

static char *configuration(const struct fixture *f, const char *text)
{
	auto_free char *members = fill_in(f, text);
	struct strbuf b = {0};

	strbuf_printf(&b, "{%s,\"sockets\":[]}", members);
	return strbuf_take(&b);
}

static bool begin(struct fixture *f, const char *text)
{
	auto_free char *config = configuration(f, text);

	return test_worker_start(&f->w, program, config);
}

static void end(struct fixture *f)
{
	assert_int_equal(kill(f->w.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&f->w), 0);
}

static void write_file(const struct fixture *f, const char *name, const char *text, mode_t mode)
{
	auto_free char *path = NULL;
	FILE *file;

	assert_true(asprintf(&path, "%s/%s", f->dir, name) > 0);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* Its log's last line without the stamp, as the supervisor shows it. */
static void expect_last_words(struct fixture *f, const char *wanted)
{
	auto_free char *log = test_worker_log(&f->w), *text = NULL, *filled = fill_in(f, wanted);
	size_t n = strlen(log);
	char *line;

	while (n && log[n - 1] == '\n')
		log[--n] = '\0';
	line = strrchr(log, '\n');
	line = line ? line + 1 : log;
	assert_true(asprintf(&text, "Z error %s", filled) > 0);
	if (!strstr(line, text))
		fail_msg("no \"%s\" in:\n%s", wanted, log);
}

static void close_log(struct fixture *f)
{
	(void)close(f->w.log);
	f->w.log = -1;
}

static void expect_failure(struct fixture *f, const char *config, const char *words)
{
	assert_false(begin(f, config));
	assert_int_equal(test_worker_wait(&f->w), 1);
	expect_last_words(f, words);
	close_log(f);
}

static void what_cannot_begin_says_why(void **state)
{
	static const struct {
		const char *config, *words;
	} rows[] = {
		{"'command':['labctl-no-such-program','-x']",
		 "command labctl-no-such-program: not found in /usr/local/sbin:"},
		{"'command':['./nothing'],'folder':'DIR'",
		 "command ./nothing: No such file or directory"},
		{"'command':['./closed'],'folder':'DIR'", "command ./closed: Permission denied"},
		{"'command':['.'],'folder':'DIR'", "command .: not found in"},
		{"'command':['./'],'folder':'DIR'", "command ./: Permission denied"},
		{"'command':['./odd'],'folder':'DIR'",
		 "command ./odd: the program that it is for is not there: No such file"},
		{"'command':['./garbage'],'folder':'DIR'", "command ./garbage: Exec format error"},
		{"'command':['true'],'folder':'/tmp/labctl-nothing'",
		 "folder /tmp/labctl-nothing: No such file or directory"},
		{"'command':['true'],'files':{'DIR/closed/x':''}",
		 "write DIR/closed/x: Not a directory"},
		{"'command':['true'],'files':{'DIR':''}", "write DIR: Is a directory"},
	};
	struct fixture *f = *state;

	write_file(f, "closed", "#!/bin/sh\n", 0644);
	write_file(f, "odd", "#!/no/such/interpreter\n", 0755);
	write_file(f, "garbage", "\001\002\n", 0755);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_failure(f, rows[i].config, rows[i].words);
}

static void what_ends_before_it_is_ready_says_how(void **state)
{
	static const struct {
		const char *config, *words;
	} rows[] = {
		{"'command':['sh','-c','echo bind: taken >&2; exit 3'],'ready':{'tcp':1}",
		 "command sh: exited with status 3 before it was ready; it said last: bind: taken"},
		{"'command':['sh','-c','exit 0'],'ready':{'udp':1}",
		 "command sh: exited with status 0 before it was ready; it has to stay in the "
		 "foreground"},
		{"'command':['sh','-c','kill -9 $$'],'ready':{'unix':'DIR/socket'}",
		 "command sh: killed by signal 9 (Killed) before it was ready"},
		{"'command':['sleep','1000'],'ready':{'tcp':1},'ready_ms':50",
		 "command sleep: port 1/tcp is not listening after 50 ms"},
		{"'command':['sleep','1000'],'ready':{'udp':1},'ready_ms':50",
		 "command sleep: port 1/udp is not bound after 50 ms"},
		{"'command':['sh','-c','echo loading; sleep 1000'],"
		 "'ready':{'unix':'/run/labctl/s'},'ready_ms':300",
		 "command sh: nobody listens at /run/labctl/s after 300 ms; it said last: loading"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_failure(f, rows[i].config, rows[i].words);
}

/* A port that nobody has at the moment. */
static uint16_t free_port(void)
{
	uint16_t port;

	(void)close(test_listen(&port));
	return port;
}

static void it_is_ready_when_it_serves(void **state)
{
	static const char *const kinds[] = {"tcp", "udp", "unix"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		auto_free char *config = NULL, *where = NULL, *log = NULL;
		bool local = !strcmp(kinds[i], "unix");

		assert_true(local ? asprintf(&where, "%s/socket", f->dir) > 0
				  : asprintf(&where, "%u", free_port()) > 0);
		/* not at once: the first looks find nothing */
		assert_true(asprintf(&config,
				     "'command':['sh','-c','sleep 0.2; exec SELF --serve %s %s'],"
				     "'ready':{'%s':%s%s%s}",
				     kinds[i], where, kinds[i], local ? "'" : "", where,
				     local ? "'" : "") > 0);
		assert_true(begin(f, config));
		log = test_worker_log(&f->w);
		assert_non_null(strstr(log, "info ready: sh, pid "));
		/* it was found without being disturbed */
		if (!local)
			assert_null(strstr(log, "a client came"));
		end(f);
		close_log(f);
	}
}

/* The harness listens on w.port already, as another worker of the node might. */
static void a_port_of_another_user_does_not_count(void **state)
{
	struct fixture *f = *state;
	auto_free char *config = NULL;

	if (geteuid() != 0)
		skip();
	/* made by another user, it stays that one's */
	(void)close(f->w.socket);
	assert_int_equal(seteuid(65534), 0);
	f->w.socket = test_listen(&f->w.port);
	assert_int_equal(seteuid(0), 0);
	assert_true(asprintf(&config,
			     "'command':['sleep','1000'],'ready':{'tcp':%u},'ready_ms':300",
			     f->w.port) > 0);
	expect_failure(f, config, "command sleep: port ");
}

static void without_a_sign_it_is_ready_at_once(void **state)
{
	struct fixture *f = *state;

	assert_true(begin(f, "'command':['sleep','1000']"));
	end(f);
}

static void wait_for_log(struct fixture *f, const char *text)
{
	for (int i = 0; i < 1000; i++) {
		auto_free char *log = test_worker_log(&f->w);

		if (strstr(log, text))
			return;
		(void)poll(NULL, 0, 10);
	}
	fail_msg("never in the log: %s", text);
}

static void it_finds_what_it_was_promised(void **state)
{
	struct fixture *f = *state;

	write_file(f, "inner", "from the folder\n", 0644);
	write_file(f, "run",
		   "#!/bin/sh\ncat inner \"$1\"; env; echo fds: $(ls /proc/self/fd).\n"
		   "grep SigBlk /proc/self/status; exec sleep 1000\n",
		   0755);
	assert_true(begin(f, "'command':['./run','DIR/deep/er/file'],'folder':'DIR',"
			     "'environment':{'COLOUR':'blue'},"
			     "'files':{'DIR/deep/er/file':'from the files\\n'}"));
	wait_for_log(f, "SigBlk:\t0000000000000000\n");
	wait_for_log(f, "from the folder\nfrom the files\n");
	wait_for_log(f, "COLOUR=blue\n");
	wait_for_log(f, "HOME=/tmp\n");
	wait_for_log(f, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
	wait_for_log(f, "fds: 0 1 2 3.\n"); /* 3: the folder that ls reads */
	end(f);
}

static void sigterm_reaches_the_whole_group(void **state)
{
	struct fixture *f = *state;

	write_file(f, "run",
		   "#!/bin/sh\n"
		   "trap 'wait; echo outer; exit 5' TERM\n"
		   "(trap 'echo inner; exit' TERM; echo there; while :; do sleep 0.01; done) &\n"
		   "wait\n",
		   0755);
	assert_true(begin(f, "'command':['./run'],'folder':'DIR'"));
	wait_for_log(f, "there\n");
	end(f);
	wait_for_log(f, "inner\nouter\n");
}

static void one_that_does_not_listen_is_killed(void **state)
{
	struct fixture *f = *state;
	time_t began = time(NULL);

	write_file(f, "run", "#!/bin/sh\ntrap '' TERM; echo there; while :; do sleep 0.1; done\n",
		   0755);
	assert_true(begin(f, "'command':['./run'],'folder':'DIR'"));
	wait_for_log(f, "there\n");
	end(f); /* a worker has ten seconds */
	assert_in_range(time(NULL) - began, 7, 10);
	wait_for_log(f, "command ./run: did not end within 8 s, killed");
}

static void one_that_ends_later_says_how(void **state)
{
	struct fixture *f = *state;
	auto_free char *config = NULL;
	uint16_t port = free_port();
	int client;

	assert_true(asprintf(&config, "'command':['SELF','--serve','tcp','%u'],'ready':{'tcp':%u}",
			     port, port) > 0);
	assert_true(begin(f, config));
	client = test_connect(port);
	assert_int_equal(write(client, "x", 1), 1);
	assert_int_equal(test_worker_wait(&f->w), 1);
	(void)close(client);
	expect_last_words(f, "command SELF: exited with status 4; it said last: a client came");
}

static void what_it_leaves_in_its_group_goes_too(void **state)
{
	struct fixture *f = *state;
	auto_free char *log = NULL;
	const char *at;
	pid_t stray;

	/* orphans become this process's, so that they can be waited for */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_false(begin(f, "'command':['sh','-c','sleep 1000 & echo stray=$!; exit 1'],"
			      "'ready':{'tcp':1}"));
	assert_int_equal(test_worker_wait(&f->w), 1);
	log = test_worker_log(&f->w);
	at = strstr(log, "stray=");
	assert_non_null(at);
	stray = (pid_t)atoi(at + 6);
	assert_int_equal(waitpid(stray, NULL, 0), stray); /* the test's own timeout is the limit */
}

static void sigterm_before_it_is_ready_ends_it_as_well(void **state)
{
	struct fixture *f = *state;
	auto_free char *config = configuration(
		f, "'command':['sh','-c','kill -TERM $PPID; sleep 1000'],'ready':{'tcp':1}");

	assert_false(test_worker_start(&f->w, program, config));
	assert_int_equal(test_worker_wait(&f->w), 0);
}

static int find_programs(void **state)
{
	const char *build = getenv("LABCTL_BUILD_DIR");

	(void)snprintf(program, sizeof(program), "%s/libexec/labctl/labctl-service",
		       build ? build : ".");
	if (access(program, X_OK)) {
		print_error("%s is not built (LABCTL_BUILD_DIR)\n", program);
		return -1;
	}
	return readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
#define IN_A_PLACE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(what_cannot_begin_says_why),
		IN_A_PLACE(what_ends_before_it_is_ready_says_how),
		IN_A_PLACE(it_is_ready_when_it_serves),
		IN_A_PLACE(a_port_of_another_user_does_not_count),
		IN_A_PLACE(without_a_sign_it_is_ready_at_once),
		IN_A_PLACE(it_finds_what_it_was_promised),
		IN_A_PLACE(sigterm_reaches_the_whole_group),
		IN_A_PLACE(one_that_does_not_listen_is_killed),
		IN_A_PLACE(one_that_ends_later_says_how),
		IN_A_PLACE(what_it_leaves_in_its_group_goes_too),
		IN_A_PLACE(sigterm_before_it_is_ready_ends_it_as_well),
	};

	if (argc == 4 && !strcmp(argv[1], "--serve"))
		serve(argv[2], argv[3]);
	return cmocka_run_group_tests(tests, find_programs, NULL);
}
