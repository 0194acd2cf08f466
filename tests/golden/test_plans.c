// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every shipped lab, stopped after each of its steps, compiles to the plan in LAB-STEP.json, byte for
 * byte. UPDATE_GOLDEN=1 in the environment writes the files anew: read the difference before you
 * commit it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "generate/generate.h"
#include "lib/compiled.h"
#include "lib/golden.h"
#include "plan/pack.h"

/* The quickly read copy of a plan is what its document gives, too. */
static void check_copy(const struct plan *p, const char *document)
{
	const struct plan_stamp stamp = {{1}};
	size_t len;
	auto_free char *packed = plan_pack(p, &stamp, &len);
	auto_plan struct plan *copy = plan_new("");
	auto_plan struct plan *read = plan_read(document, strlen(document), NULL);
	const bool unpacked = plan_unpack(copy, packed, len, &stamp);
	auto_free char *text = plan_write(copy);
	auto_free char *again = read ? plan_write(read) : NULL;

	assert_true(unpacked);
	assert_non_null(read);
	assert_string_equal(text, again);
	/* the document shows these otherwise than they are kept */
	assert_string_equal(copy->summary ? copy->summary : "", read->summary ? read->summary : "");
	for (size_t i = 0; i < read->n_workers; i++)
		assert_string_equal(copy->workers[i].config, read->workers[i].config);
}

static void check_plan(const char *lab, const char *path, const char *step)
{
	auto_plan struct plan *p = compiled_file(path, step);
	auto_plan struct plan *again = compiled_file(path, step);
	auto_free char *got = plan_write(p);
	auto_free char *second = plan_write(again);
	auto_free char *want = NULL;
	char golden[512];

	assert_string_equal(got, second);
	check_copy(p, got);
	(void)snprintf(golden, sizeof(golden), "tests/golden/%s-%s.json", lab, step);
	if (getenv("UPDATE_GOLDEN"))
		golden_write(golden, got);
	want = golden_read(golden);
	if (!want) {
		fail_msg("%s: %s", golden, strerror(errno));
	} else if (strcmp(want, got) != 0) {
		const char *build = getenv("LABCTL_BUILD_DIR");
		char actual[520];

		(void)snprintf(actual, sizeof(actual), "%s/%s-%s.actual.json",
			       build ? build : "/tmp", lab, step);
		golden_write(actual, got);
		fail_msg("%s differs; compare with %s", golden, actual);
	}
}

static void check_lab(const char *name)
{
	auto_arena struct arena *a = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	char path[300];
	const struct source *src;
	auto_lab struct lab *lab = NULL;

	(void)snprintf(path, sizeof(path), "labs/%s/lab.yaml", name);
	src = parse_source_read(a, path, NULL);
	assert_non_null(src);
	lab = parse_lab(src, NULL, diags);
	assert_non_null(lab);
	assert_true(lab->n_steps > 0);
	for (size_t i = 0; i < lab->n_steps; i++)
		check_plan(name, path, lab->steps[i].id.name);
}

static void test_shipped_labs(void **state)
{
	DIR *d = opendir("labs");
	size_t n = 0;

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));) {
		char path[300];

		(void)snprintf(path, sizeof(path), "labs/%s/lab.yaml", e->d_name);
		if (e->d_name[0] == '.' || access(path, R_OK) < 0)
			continue;
		check_lab(e->d_name);
		n++;
	}
	(void)closedir(d); /* nothing was written */
	assert_true(n > 0);
}

static void test_copies_of_generated_labs(void **state)
{
	for (size_t i = 0; i < generate_n_shapes; i++) {
		const struct generate_request r = {"lab-1", 60, 5, 100, "30ms", "test"};
		auto_strbuf struct strbuf text = {0};
		auto_plan struct plan *p = NULL;
		auto_free char *document = NULL;

		generate_shapes[i].write(&text, &r);
		p = compiled_text(text.s);
		document = plan_write(p);
		check_copy(p, document);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped_labs),
		cmocka_unit_test(test_copies_of_generated_labs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
