// SPDX-License-Identifier: GPL-2.0-only
/** What LAB on the command line means. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "lib/test.h"

static const char minimal[] = "lab: my-lab\n"
			      "regions:\n"
			      "  cn-hangzhou: {zones: [h]}\n";

static int set_up(void **state)
{
	char *dir = strdup("/tmp/test-find.XXXXXX");

	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	state_set_root("no-state");
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	auto_strbuf struct strbuf command = {0};

	strbuf_printf(&command, "rm -rf %s", (char *)*state);
	free(*state);
	return chdir("/") || system(command.s);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void finds_files_and_folders(void **state)
{
	static const char *const ways[] = {".", "./", "lab.yaml", "./lab.yaml", "../DIR", "folder"};

	put("lab.yaml", minimal);
	assert_int_equal(mkdir("folder", 0755), 0);
	put("folder/lab.yaml", minimal);
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		auto_error struct lab_error *err = NULL;
		auto_strbuf struct strbuf way = {0};
		auto_cli_lab struct cli_lab *l = NULL;
		auto_free char *real = realpath(strcmp(ways[i], "folder") ? "." : "folder", NULL);

		if (strcmp(ways[i], "../DIR"))
			strbuf_add(&way, ways[i]);
		else
			strbuf_printf(&way, "../%s", strrchr(*state, '/') + 1);
		l = cli_find_lab(way.s, NULL, &err);
		if (!l)
			fail_msg("%s: %s", way.s, lab_error_message(err));
		assert_string_equal(l->lab->id.name, "my-lab");
		assert_string_equal(l->dir, real);
		assert_string_equal(l->lab->dir, real);
	}
}

static void refuses_what_is_no_lab(void **state)
{
	static const struct {
		const char *arg, *part;
	} cases[] = {
		{"no-such", "no shipped lab, folder or file"},
		{"", "no shipped lab, folder or file"},
		{"../no/such/place", "no shipped lab, folder or file"},
		{"fifo", ""},
		{"/dev/zero", ""},
		{"empty-folder", ""},
		{"broken.yaml", "errors"},
	};

	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("empty-folder", 0755), 0);
	put("broken.yaml", "lab: my-lab\nregoins: {}\nvpcs: {a: 1}\n");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct lab_error *err = NULL;

		assert_null(cli_find_lab(cases[i].arg, NULL, &err));
		assert_int_equal(lab_error_status(err), LAB_USAGE);
		if (!strstr(lab_error_message(err), cases[i].part))
			fail_msg("%s: %s", cases[i].arg, lab_error_message(err));
	}
}

static void names_a_lab(void **state)
{
	auto_error struct lab_error *err = NULL;
	auto_free char *by_file = NULL, *by_state = NULL;

	put("lab.yaml", minimal);
	by_file = cli_lab_name(".", &err);
	assert_string_equal(by_file, "my-lab");
	/* a lab that is up is found by its name, wherever its file has gone */
	assert_int_equal(mkdir("no-state", 0700), 0);
	assert_int_equal(mkdir("no-state/gone-lab", 0700), 0);
	by_state = cli_lab_name("gone-lab", &err);
	assert_string_equal(by_state, "gone-lab");
	assert_null(cli_lab_name("../no-state", &err));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_files_and_folders),
		TEST(refuses_what_is_no_lab),
		TEST(names_a_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
