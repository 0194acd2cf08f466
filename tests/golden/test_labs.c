// SPDX-License-Identifier: GPL-2.0-only
/** Every shipped lab is free of faults: as a whole, and when it stops after each of its steps. */
#include <dirent.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "lib/test.h"
#include "parse/parse.h"
#include "validate/validate.h"

/* Parses and validates; the diagnostics are printed where there are any. */
static struct lab *load(const struct source *src, const char *step)
{
	auto_diags struct diag_list *diags = diag_list_new();
	struct lab *lab = parse_lab(src, step, diags);

	if (lab)
		validate_lab(lab, diags);
	if (diag_count(diags)) {
		print_error("%s, step %s:\n", src->path, step ? step : "(all)");
		diag_print(diags, stderr, false);
	}
	assert_non_null(lab);
	assert_int_equal(diag_count(diags), 0);
	return lab;
}

static bool check_lab(const char *folder)
{
	auto_arena struct arena *arena = arena_new(0);
	auto_lab struct lab *lab = NULL;
	const char *path = arena_printf(arena, "labs/%s/lab.yaml", folder);
	struct source *src;

	if (access(path, F_OK) != 0)
		return false;
	src = parse_source_read(arena, path, NULL);
	assert_non_null(src);
	lab = load(src, NULL);
	for (size_t i = 0; i < lab->n_steps; i++) {
		auto_lab struct lab *stopped = load(src, lab->steps[i].id.name);

		assert_string_equal(stopped->step, lab->steps[i].id.name);
	}
	return true;
}

static void every_lab_is_valid_at_each_step(void **state)
{
	DIR *d = opendir("labs");
	const struct dirent *e;
	int labs = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			labs += check_lab(e->d_name);
	closedir(d);
	assert_true(labs > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_lab_is_valid_at_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
