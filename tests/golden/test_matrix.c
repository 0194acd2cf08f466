// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who reaches whom in every plan of LAB-STEP.json, as text in matrix/LAB-STEP.txt; tests/e2e/reach.bats holds
 * the same against packets. UPDATE_GOLDEN=1 in the environment writes the files anew.
 */
#include <glob.h>
#include <libgen.h>

#include "base/cleanup.h"
#include "lib/golden.h"
#include "lib/matrix_text.h"
#include "lib/test.h"

static void check(char *path)
{
	auto_strbuf struct strbuf got = {0}, golden = {0};
	auto_free char *document = golden_read(path);
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *p = NULL;
	char *name = basename(path);

	assert_non_null(document);
	p = plan_read(document, strlen(document), &err);
	assert_non_null(p);
	matrix_text(p, &got);
	strbuf_printf(&golden, "tests/golden/matrix/%.*s.txt", (int)strcspn(name, "."), name);
	golden_compare(strbuf_str(&golden), strbuf_str(&got));
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
