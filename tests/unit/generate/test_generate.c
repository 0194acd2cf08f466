// SPDX-License-Identifier: GPL-2.0-only
/* Generated lab files: the same every time, and good ones at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "generate/generate.h"
#include "parse/parse.h"
#include "validate/validate.h"

static char *text_of(const struct generate_shape *shape, size_t n, size_t vpcs)
{
	const struct generate_request r = {"lab-1", n, vpcs, 100, "30ms", "test"};
	struct strbuf b = {0};

	shape->write(&b, &r);
	return strbuf_take(&b);
}

static void check(const struct generate_shape *shape, size_t n, size_t vpcs)
{
	auto_free char *text = text_of(shape, n, vpcs);
	auto_diags struct diag_list *diags = diag_list_new();
	const struct source src = {"lab.yaml", text, strlen(text)};
	auto_lab struct lab *lab = parse_lab(&src, NULL, diags);

	assert_non_null(lab);
	validate_lab(lab, diags);
	if (diag_count(diags)) {
		diag_print(diags, stderr, false);
		fail_msg("%s of %zu in %zu VPCs", shape->name, n, vpcs);
	}
	assert_true(lab->n_checks > 0);
	if (strcmp(shape->name, "chain") != 0)
		assert_int_equal(lab->n_ecs, n);
}

static void every_size_is_a_good_lab(void **state)
{
	static const size_t sizes[] = {2, 3, 4, 5, 8, 9, 10, 250, 251, 1000};

	for (size_t s = 0; s < generate_n_shapes; s++)
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
			check(&generate_shapes[s], sizes[i], 50);
}

static void as_many_vpcs_as_asked_for(void **state)
{
	const struct generate_shape *regions = generate_find("regions");

	check(regions, 1000, 2);
	check(regions, 300, 250);
}

static void the_largest_is_a_good_lab(void **state)
{
	check(generate_find("star"), generate_find("star")->most, 50);
	check(generate_find("regions"), generate_find("regions")->most, 250);
	check(generate_find("chain"), generate_find("chain")->most, 50);
}

static void the_same_words_give_the_same_file(void **state)
{
	for (size_t s = 0; s < generate_n_shapes; s++) {
		auto_free char *one = text_of(&generate_shapes[s], 100, 50);
		auto_free char *two = text_of(&generate_shapes[s], 100, 50);

		assert_string_equal(one, two);
	}
	assert_null(generate_find("ring"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_is_a_good_lab),
		cmocka_unit_test(as_many_vpcs_as_asked_for),
		cmocka_unit_test(the_largest_is_a_good_lab),
		cmocka_unit_test(the_same_words_give_the_same_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
