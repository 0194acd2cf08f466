// SPDX-License-Identifier: GPL-2.0-only
/* Reading lab files from disk: the shipped one, and things that are not lab files. */
#include "unit/parse/lab_text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static char folder[] = "/tmp/labctl-source-XXXXXX";

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	return rmdir(folder);
}

static void path_in(char *path, size_t size, const char *name)
{
	(void)snprintf(path, size, "%s/%s", folder, name);
}

static void expect_refused(const char *path, const char *why)
{
	auto_arena struct arena *arena = arena_new(0);
	auto_error struct lab_error *err = NULL;

	assert_null(parse_source_read(arena, path, &err));
	assert_non_null(err);
	assert_int_equal(lab_error_status(err), LAB_USAGE);
	assert_non_null(strstr(lab_error_message(err), path));
	if (!strstr(lab_error_message(err), why))
		fail_msg("%s: not '%s'", lab_error_message(err), why);
}

static void write_bytes(const char *path, size_t n)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	auto_free char *text = malloc(n + 1);

	assert_true(fd >= 0);
	assert_non_null(text);
	memset(text, '#', n + 1);
	assert_int_equal(write(fd, text, n), n);
}

static void special_files(void **state)
{
	char path[64];

	expect_refused(folder, "directory");
	expect_refused("/dev/null", "device");
	path_in(path, sizeof(path), "missing");
	expect_refused(path, "No such file");
	path_in(path, sizeof(path), "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_refused(path, "FIFO");
	assert_int_equal(unlink(path), 0);
}

static void sizes(void **state)
{
	auto_arena struct arena *arena = arena_new(0);
	struct source *src;
	char path[64];

	path_in(path, sizeof(path), "big");
	write_bytes(path, PARSE_MAX_BYTES + 1);
	expect_refused(path, "larger");
	write_bytes(path, PARSE_MAX_BYTES);
	src = parse_source_read(arena, path, NULL);
	assert_non_null(src);
	assert_int_equal(src->len, PARSE_MAX_BYTES);
	assert_int_equal(src->text[src->len], '\0');
	write_bytes(path, 0);
	src = parse_source_read(arena, path, NULL);
	assert_non_null(src);
	assert_int_equal(src->len, 0);
	assert_string_equal(src->path, path);
	assert_int_equal(unlink(path), 0);
}

/* A file of /proc says that it is empty, and is not. */
static void size_is_not_believed(void **state)
{
	auto_arena struct arena *arena = arena_new(0);
	struct source *src = parse_source_read(arena, "/proc/self/status", NULL);

	assert_non_null(src);
	assert_true(src->len > 1000);
	assert_int_equal(strlen(src->text), src->len);
}

static void scenario1(void **state)
{
	static const char *const steps[] = {NULL,     "create-api", "create-cen",
					    "attach", "bandwidth",  "grant"};
	static const size_t n_cens[] = {1, 0, 1, 1, 1, 1};
	auto_arena struct arena *arena = arena_new(0);
	auto_error struct lab_error *err = NULL;
	auto_free char *path = NULL;
	const char *dir = getenv("LABCTL_SOURCE_DIR");
	struct source *src;

	assert_true(asprintf(&path, "%s/labs/scenario1/lab.yaml", dir ? dir : ".") > 0);
	src = parse_source_read(arena, path, &err);
	if (!src)
		fail_msg("%s", lab_error_message(err));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		auto_diags struct diag_list *diags = diag_list_new();
		auto_lab struct lab *lab = parse_lab(src, steps[i], diags);

		diag_print(diags, stderr, false);
		assert_int_equal(diag_count(diags), 0);
		assert_string_equal(lab->id.name, "scenario1");
		assert_int_equal(lab->n_cens, n_cens[i]);
		assert_int_equal(lab->n_steps, 5);
		assert_int_equal(lab->api_groups[0].vpc_domain, !steps[i] || i == 5);
		assert_int_equal(lab->api_gateways[0].bind.at.line != 0, !steps[i] || i == 5);
	}
}

/* Objects are found as plans name them. */
static void objects_are_found(void **state)
{
	static const char *const none[] = {
		"apis",      "apis.",         "apis.hell",   "apis.hello.backend",
		"api.hello", "lab.scenario1", "steps.grant", ""};
	auto_arena struct arena *arena = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	auto_free char *path = NULL;
	const char *dir = getenv("LABCTL_SOURCE_DIR");
	auto_lab struct lab *lab = NULL;

	assert_true(asprintf(&path, "%s/labs/scenario1/lab.yaml", dir ? dir : ".") > 0);
	lab = parse_lab(parse_source_read(arena, path, NULL), NULL, diags);
	assert_ptr_equal(parse_find(lab, "apis.hello"), &lab->apis[0].id);
	assert_string_equal(parse_find(lab, "vpcs.vpc-3")->name, "vpc-3");
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_null(parse_find(lab, none[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special_files),        cmocka_unit_test(sizes),
		cmocka_unit_test(size_is_not_believed), cmocka_unit_test(scenario1),
		cmocka_unit_test(objects_are_found),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
