// SPDX-License-Identifier: GPL-2.0-only
/* Handlers of all sorts, good and bad, as real scripts and real processes. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "function/runner.h"
#include "unit/function/seen.h"

static char dir[] = "/tmp/labctl-runner-XXXXXX";
static char *const environment[] = {"PATH=/usr/bin:/bin", "FC_FUNCTION_NAME=hello", "K=V", NULL};

static int set_up(void **state)
{
	return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	return rmdir(dir);
}

static const char *script_path(void)
{
	static char path[sizeof(dir) + 16];

	snprintf(path, sizeof(path), "%s/handler", dir);
	return path;
}

static void write_script(const char *text, mode_t mode)
{
	FILE *f = fopen(script_path(), "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(script_path(), mode), 0);
}

static struct function_settings settings(uint32_t timeout_ms)
{
	return (struct function_settings){.name = "hello",
					  .handler = script_path(),
					  .environ = environment,
					  .timeout_ms = timeout_ms};
}

/* Runs the loop until nothing is pending, at most 20 s. */
static void drain(struct loop *loop, struct function_runner *r)
{
	uint64_t end = loop_now(loop) + 20000;

	while (function_pending(r) && loop_now(loop) < end)
		assert_int_equal(loop_turn(loop, 1000), 0);
	assert_int_equal(function_pending(r), 0);
}

static void run_one(const struct function_settings *s, const char *event, size_t len,
		    struct seen *seen)
{
	struct loop *loop = loop_new();
	struct function_runner *r = function_runner_new(loop, s);

	assert_non_null(function_invoke(r, "ID-1", event, len, note, seen));
	assert_int_equal(seen->calls, 0);
	drain(loop, r);
	assert_int_equal(seen->calls, 1);
	function_runner_free(r);
	loop_free(loop);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *what, *script;
		uint32_t timeout_ms;
		enum function_outcome outcome;
		const char *body, *message;
	} rows[] = {
		{"echo", "#!/bin/sh\ncat\n", 5000, FUNCTION_ANSWERED, "{\"a\":1}", ""},
		{"ignores its event", "#!/bin/sh\necho done\n", 5000, FUNCTION_ANSWERED, "done\n",
		 ""},
		{"closes its input", "#!/bin/sh\nexec <&-\necho done\n", 5000, FUNCTION_ANSWERED,
		 "done\n", ""},
		{"environment", "#!/bin/sh\necho $FC_FUNCTION_NAME $K $FC_REQUEST_ID $#\n", 5000,
		 FUNCTION_ANSWERED, "hello V ID-1 0\n", ""},
		{"its folder", "#!/bin/sh\nls\n", 5000, FUNCTION_ANSWERED, "handler\n", ""},
		/* ls itself opens one more: the folder */
		{"descriptors", "#!/bin/sh\nls /proc/self/fd | wc -l\n", 5000, FUNCTION_ANSWERED,
		 "4\n", ""},
		{"exit status", "#!/bin/sh\necho half; exit 7\n", 5000, FUNCTION_CRASHED, "",
		 "Process exited with status 7 before completing the request"},
		{"signal", "#!/bin/sh\necho half; kill -SEGV $$\n", 5000, FUNCTION_CRASHED, "",
		 "Process was ended by signal 11 (SIGSEGV)"},
		{"default signals", "#!/bin/sh\nkill -PIPE $$; echo alive\n", 5000,
		 FUNCTION_CRASHED, "", "Process was ended by signal 13 (SIGPIPE)"},
		{"hang", "#!/bin/sh\necho half\nsleep 1000\n", 200, FUNCTION_TIMED_OUT, "",
		 "Function timed out after 200 ms"},
		{"hang, deaf to SIGTERM",
		 "#!/bin/sh\ntrap '' TERM INT HUP\nwhile :; do sleep 1000; done\n", 200,
		 FUNCTION_TIMED_OUT, "", "Function timed out after 200 ms"},
		{"answers, leaves a child behind", "#!/bin/sh\nsleep 1000 &\necho done\n", 5000,
		 FUNCTION_ANSWERED, "done\n", ""},
		{"chatters", "#!/bin/sh\nhead -c 5000000 /dev/zero >&2\necho done\n", 5000,
		 FUNCTION_ANSWERED, "done\n", ""},
		{"1 GiB", "#!/bin/sh\nhead -c 1073741824 /dev/zero\n", 20000, FUNCTION_TOO_LARGE,
		 "", "Function answered with more than 33554432 bytes"},
		{"exec format error", "\001\002\003 not a program", 5000, FUNCTION_NOT_STARTED, "",
		 ": Exec format error"},
		{"no interpreter", "#!/nowhere/sh\n", 5000, FUNCTION_NOT_STARTED, "",
		 ": No such file or directory"},
		{"exit without a word", "#!/bin/sh\n", 5000, FUNCTION_ANSWERED, "", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_seen struct seen seen = {0};
		struct function_settings s = settings(rows[i].timeout_ms);

		print_message("%s\n", rows[i].what);
		write_script(rows[i].script, 0755);
		run_one(&s, "{\"a\":1}", 7, &seen);
		assert_int_equal(seen.outcome, rows[i].outcome);
		if (rows[i].body)
			assert_string_equal(strbuf_str(&seen.body), rows[i].body);
		assert_non_null(strstr(strbuf_str(&seen.message), rows[i].message));
	}
	assert_int_equal(unlink(script_path()), 0);
}

static void test_not_executable(void **state)
{
	auto_seen struct seen seen = {0}, gone = {0};
	struct function_settings s = settings(1000);

	write_script("#!/bin/sh\n", 0644);
	run_one(&s, "", 0, &seen);
	assert_int_equal(seen.outcome, FUNCTION_NOT_STARTED);
	assert_non_null(strstr(strbuf_str(&seen.message), "Permission denied"));
	assert_int_equal(unlink(script_path()), 0);
	run_one(&s, "", 0, &gone);
	assert_int_equal(gone.outcome, FUNCTION_NOT_STARTED);
	assert_non_null(strstr(strbuf_str(&gone.message), "No such file"));
}

/* Both directions exceed the pipes by far: nobody may wait for the other for ever. */
static void test_large_event_and_answer(void **state)
{
	const size_t n = 5u << 20;
	auto_seen struct seen seen = {0};
	auto_free char *event = malloc(n);
	struct function_settings s = settings(20000);

	assert_non_null(event);
	for (size_t i = 0; i < n; i++)
		event[i] = (char)('a' + i % 23);
	write_script("#!/bin/sh\ncat\n", 0755);
	run_one(&s, event, n, &seen);
	assert_int_equal(seen.outcome, FUNCTION_ANSWERED);
	assert_int_equal(seen.body.len, n);
	assert_memory_equal(seen.body.s, event, n);
	assert_int_equal(unlink(script_path()), 0);
}

static void test_limit_is_exact(void **state)
{
	struct function_settings s = settings(5000);

	s.max_answer = 1000;
	for (int n = 1000; n <= 1001; n++) {
		auto_seen struct seen seen = {0};
		char text[64];

		snprintf(text, sizeof(text), "#!/bin/sh\nhead -c %d /dev/zero\n", n);
		write_script(text, 0755);
		run_one(&s, "", 0, &seen);
		assert_int_equal(seen.outcome, n == 1000 ? FUNCTION_ANSWERED : FUNCTION_TOO_LARGE);
	}
	assert_int_equal(unlink(script_path()), 0);
}

struct count {
	struct function_runner *runner;
	size_t answered, turned_away, most;
};

static void count(void *ctx, const struct function_result *result)
{
	struct count *c = ctx;

	c->answered += result->outcome == FUNCTION_ANSWERED;
	c->turned_away += result->outcome == FUNCTION_TURNED_AWAY;
}

static void test_instances_and_queue(void **state)
{
	struct loop *loop = loop_new();
	struct function_settings s = settings(20000);
	struct count c = {0};

	s.instances = 3;
	write_script("#!/bin/sh\ncat\n", 0755);
	c.runner = function_runner_new(loop, &s);
	for (int i = 0; i < 3 + FUNCTION_QUEUE + 5; i++) {
		bool room = i < 3 + FUNCTION_QUEUE;
		struct function_invocation *inv = function_invoke(c.runner, "X", "x", 1, count, &c);

		assert_int_equal(inv != NULL, room);
	}
	assert_int_equal(c.turned_away, 5);
	assert_int_equal(function_pending(c.runner), 3 + FUNCTION_QUEUE);
	drain(loop, c.runner);
	assert_int_equal(c.answered, 3 + FUNCTION_QUEUE);
	function_runner_free(c.runner);
	loop_free(loop);
	assert_int_equal(unlink(script_path()), 0);
}

/* One hangs, others are served meanwhile. */
static void test_others_unaffected(void **state)
{
	auto_seen struct seen hung = {0}, quick = {0};
	struct loop *loop = loop_new();
	struct function_settings s = settings(10000);
	struct function_runner *r;
	struct function_invocation *slow;
	uint64_t start = loop_now(loop);

	s.instances = 2;
	write_script("#!/bin/sh\nread e\n[ \"$e\" = hang ] && sleep 1000\necho \"$e\"\n", 0755);
	r = function_runner_new(loop, &s);
	slow = function_invoke(r, "SLOW", "hang\n", 5, note, &hung);
	for (int i = 0; i < 5; i++)
		(void)function_invoke(r, "QUICK", "quick\n", 6, note, &quick); /* never cancelled */
	while (quick.calls < 5 && loop_now(loop) < start + 9000)
		assert_int_equal(loop_turn(loop, 100), 0);
	assert_int_equal(quick.calls, 5);
	assert_string_equal(strbuf_str(&quick.body), "quick\nquick\nquick\nquick\nquick\n");
	assert_int_equal(hung.calls, 0);
	function_cancel(slow);
	assert_int_equal(function_pending(r), 0);
	assert_int_equal(hung.calls, 0);
	function_runner_free(r);
	loop_free(loop);
	assert_int_equal(unlink(script_path()), 0);
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_free_with_work_under_way(void **state)
{
	auto_seen struct seen seen = {0};
	int before = open_descriptors();
	struct loop *loop = loop_new();
	struct function_settings s = settings(10000);
	struct function_runner *r;

	s.instances = 2;
	write_script("#!/bin/sh\nsleep 1000\n", 0755);
	r = function_runner_new(loop, &s);
	for (int i = 0; i < 5; i++)
		assert_non_null(function_invoke(r, "X", "", 0, note, &seen));
	function_runner_free(r);
	loop_free(loop);
	assert_int_equal(seen.calls, 0);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(unlink(script_path()), 0);
}

/* A process that left its process group ends with its invocation, however that ends. */
static void test_strays(void **state)
{
	static const struct {
		const char *what, *script;
		enum function_outcome outcome;
	} rows[] = {
		{"exits", "#!/bin/sh\nsetsid sleep 600 >/dev/null 2>&1 &\nsleep 0.2\n",
		 FUNCTION_ANSWERED},
		{"orphan of an orphan",
		 "#!/bin/sh\n(setsid sh -c 'setsid sleep 600 & exec sleep 600' &)\nsleep 0.2\n",
		 FUNCTION_ANSWERED},
		{"is killed", "#!/bin/sh\nsetsid sleep 600 >/dev/null 2>&1 &\nsleep 600\n",
		 FUNCTION_TIMED_OUT},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_seen struct seen seen = {0};
		struct function_settings s = settings(1000);

		s.adopt = true;
		write_script(rows[i].script, 0755);
		run_one(&s, "{}", 2, &seen);
		assert_int_equal(seen.outcome, rows[i].outcome);
		assert_int_equal(unlink(script_path()), 0);
		/* being their parent by now, we would still see them, alive or as zombies */
		if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
			fail_msg("%s: a child is left", rows[i].what);
	}
}

/* What a running invocation has started stays while another one ends. */
static void test_strays_of_others(void **state)
{
	auto_seen struct seen first = {0}, second = {0};
	struct function_settings s = settings(5000);
	struct loop *loop = loop_new();
	struct function_runner *r;

	s.adopt = true;
	write_script("#!/bin/sh\nread -r e\n[ \"$e\" = 2 ] && exec echo 2\n"
		     "(setsid sh -c 'sleep 0.6; echo alive' &)\nsleep 1\n",
		     0755);
	r = function_runner_new(loop, &s);
	assert_non_null(function_invoke(r, "ID-1", "1\n", 2, note, &first));
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_turn(loop, 10), 0);
	assert_non_null(function_invoke(r, "ID-2", "2\n", 2, note, &second));
	drain(loop, r);
	assert_string_equal(strbuf_str(&second.body), "2\n");
	assert_string_equal(strbuf_str(&first.body), "alive\n");
	function_runner_free(r);
	loop_free(loop);
	assert_int_equal(unlink(script_path()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_not_executable),
		cmocka_unit_test(test_large_event_and_answer),
		cmocka_unit_test(test_limit_is_exact),
		cmocka_unit_test(test_instances_and_queue),
		cmocka_unit_test(test_others_unaffected),
		cmocka_unit_test(test_free_with_work_under_way),
		cmocka_unit_test(test_strays),
		cmocka_unit_test(test_strays_of_others),
	};

	(void)signal(SIGPIPE, SIG_IGN); /* as main.c does */
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
