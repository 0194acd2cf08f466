// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who reaches whom in every plan of LAB-STEP.json, as text in matrix/LAB-STEP.txt; tests/e2e/reach.bats holds
 * the same against packets. UPDATE_GOLDEN=1 in the environment writes the files anew.
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "lib/matrix_text.h"
#include "lib/test.h"

static void read_file(const char *path, struct strbuf *text)
{
	auto_fclose FILE *f = fopen(path, "re");
	char buf[65536];
	size_t n;

	if (!f) {
		fail_msg("%s: %s", path, strerror(errno));
		return;
	}
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_addn(text, buf, n);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void check(char *path)
{
	auto_strbuf struct strbuf document = {0}, got = {0}, want = {0}, golden = {0};
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *p = NULL;
	char *name = basename(path);

	read_file(path, &document);
	p = plan_read(strbuf_str(&document), document.len, &err);
	assert_non_null(p);
	matrix_text(p, &got);
	strbuf_printf(&golden, "tests/golden/matrix/%.*s.txt", (int)strcspn(name, "."), name);
	if (getenv("UPDATE_GOLDEN"))
		write_file(strbuf_str(&golden), strbuf_str(&got));
	read_file(strbuf_str(&golden), &want);
	assert_string_equal(strbuf_str(&got), strbuf_str(&want));
	/* nothing of what labctl writes itself is beyond the analyser */
	assert_null(strstr(strbuf_str(&got), " unknown"));
}

static void test_shipped_labs(void **state)
{
	glob_t found;

	assert_int_equal(glob("tests/golden/*.json", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 20); /* so many there were when this was written */
	for (size_t i = 0; i < found.gl_pathc; i++)
		check(found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_shipped_labs)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
