// SPDX-License-Identifier: GPL-2.0-only
/* What is told of differences that come, change and go. */
#include "cli/differences.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lib/test.h"
#include "unit/plan/sample.h"

static off_t read_so_far;

/* What was printed since the last call, times cut off. */
static const char *told(struct differences *d)
{
	static char text[4096];
	char raw[4096];
	ssize_t n;

	assert_int_equal(cli_differences_flush(d, NULL), 0);
	n = pread(STDOUT_FILENO, raw, sizeof(raw) - 1, read_so_far);
	assert_true(n >= 0);
	raw[n] = '\0';
	read_so_far += n;
	text[0] = '\0';
	for (char *line = strtok(raw, "\n"); line; line = strtok(NULL, "\n"))
		(void)strcat(strcat(text, strchr(line, ' ') + 1), "\n");
	return text;
}

static bool all(const struct difference *x, void *data)
{
	return true;
}

static bool in_a(const struct difference *x, void *data)
{
	return x->ns[0] && strcmp(x->ns[0], "a") == 0;
}

static bool is_a(const char *ns, void *data)
{
	return strcmp(ns, "a") == 0;
}

static void look(struct differences *d, const struct plan *is, const struct plan *shall)
{
	struct plan_diff *drift = plan_diff(is, shall);

	cli_differences_begin(d);
	cli_differences_see_drift(d, drift, NULL, NULL);
	cli_differences_end(d, all, NULL);
	plan_diff_free(drift);
}

static void each_change_is_told_once(void **state)
{
	auto_plan struct plan *is = sample_plan();
	auto_plan struct plan *shall = sample_plan();
	struct differences d = {0};

	look(&d, is, shall);
	assert_string_equal(told(&d), "");
	is->links[0].a.down = true;
	is->n_rules = 0;
	look(&d, is, shall);
	assert_string_equal(told(&d), "link a/b <-> b/eth0: changed, a/b: down\n"
				      "rule a 100: missing\n");
	look(&d, is, shall);
	assert_string_equal(told(&d), "");
	is->links[0].a.down = false;
	is->links[0].a.fault = "mtu 1400";
	look(&d, is, shall);
	assert_string_equal(told(&d), "link a/b <-> b/eth0: changed, a/b: mtu 1400\n");
	is->links[0].a.fault = NULL;
	is->n_rules = 1;
	look(&d, is, shall);
	assert_string_equal(told(&d), "link a/b <-> b/eth0: back as planned\n"
				      "rule a 100: back as planned\n");
	assert_int_equal(d.n, 0);
	cli_differences_done(&d);
}

/* Of a namespace that is missing, what was in it is not told. */
static void a_missing_namespace_speaks_for_what_is_in_it(void **state)
{
	auto_plan struct plan *is = plan_new("sample");
	auto_plan struct plan *shall = sample_plan();
	struct differences d = {0};

	shall->n_nodes = shall->n_workers = 0;
	look(&d, is, shall);
	assert_string_equal(told(&d), "namespace a: missing\nnamespace b: missing\n");
	cli_differences_done(&d);
}

static void a_look_at_a_part_says_nothing_about_the_rest(void **state)
{
	auto_plan struct plan *is = sample_plan();
	auto_plan struct plan *shall = sample_plan();
	struct differences d = {0};
	struct plan_diff *drift;

	is->n_rules = 0;
	cli_differences_see(&d, &(struct difference){.object = strdupa("route b 1"),
						     .drift = strdupa("missing"),
						     .ns = {strdupa("b"), NULL}});
	assert_string_equal(told(&d), "route b 1: missing\n");
	drift = plan_diff(is, shall);
	cli_differences_begin(&d);
	cli_differences_see_drift(&d, drift, is_a, NULL);
	cli_differences_end(&d, in_a, NULL);
	plan_diff_free(drift);
	assert_string_equal(told(&d), "rule a 100: missing\n");
	assert_int_equal(d.n, 2);
	cli_differences_done(&d);
}

static void workers_are_told_by_their_state(void **state)
{
	auto_plan struct plan *plan = sample_plan();
	json_t *live = json_loads("{\"workers\": [{\"name\": \"w\", \"state\": \"backing-off\", "
				  "\"reason\": \"exited with status 3\"}, {\"name\": \"w.2\", "
				  "\"state\": \"ready\"}]}",
				  0, NULL);
	struct differences d = {0};

	cli_differences_see_workers(&d, plan, live);
	assert_string_equal(told(&d), "worker w: backing-off, exited with status 3\n");
	cli_differences_begin(&d);
	cli_differences_see_workers(&d, plan, NULL);
	cli_differences_end(&d, all, NULL);
	assert_string_equal(told(&d), "worker w: missing\nworker w.2: missing\n");
	cli_differences_done(&d);
	json_decref(live);
}

static void json_lines_are_objects(void **state)
{
	struct differences d = {.json = true};
	json_t *line;

	cli_differences_see(&d, &(struct difference){.object = strdupa("rule a 1"),
						     .drift = strdupa("changed"),
						     .detail = strdupa("\"quoted\"")});
	assert_int_equal(cli_differences_flush(&d, NULL), 0);
	assert_int_equal(lseek(STDOUT_FILENO, 0, SEEK_SET), 0);
	line = json_loadfd(STDOUT_FILENO, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(json_string_value(json_object_get(line, "drift")), "changed");
	assert_string_equal(json_string_value(json_object_get(line, "detail")), "\"quoted\"");
	assert_true(json_is_null(json_object_get(line, "resource")));
	json_decref(line);
	cli_differences_done(&d);
}

static int former = -1;

/* During a test, standard output is a file. */
static int set_up(void **state)
{
	char name[] = "/tmp/test-differences.XXXXXX";
	auto_close int fd = mkstemp(name);

	read_so_far = 0;
	former = dup(STDOUT_FILENO);
	return fd < 0 || former < 0 || unlink(name) || fflush(stdout) ||
	       dup2(fd, STDOUT_FILENO) < 0;
}

static int tear_down(void **state)
{
	auto_close int fd = former;

	return fflush(stdout) || dup2(fd, STDOUT_FILENO) < 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_change_is_told_once),
		TEST(a_missing_namespace_speaks_for_what_is_in_it),
		TEST(a_look_at_a_part_says_nothing_about_the_rest),
		TEST(workers_are_told_by_their_state),
		TEST(json_lines_are_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
