// SPDX-License-Identifier: GPL-2.0-only
/** What a lab has beyond its file: the document, and what it makes of a lab. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/changes.h"
#include "parse/parse.h"
#include "validate/validate.h"

static void write_equals(const struct changes *c, const char *text)
{
	auto_free char *written = changes_write(c);

	assert_string_equal(written ? written : "-", text);
}

static void links_come_and_go(void **state)
{
	auto_error struct lab_error *err = NULL;
	auto_changes struct changes *c = changes_read(NULL, &err);
	const char *link, *key, *value;

	(void)state;
	write_equals(c, "-");
	assert_false(changes_link_at(c, 0, &link, &key, &value));
	changes_set_link(c, "pc-1", "state", "down");
	changes_set_link(c, "pc-1", "rtt", "80ms");
	changes_set_link(c, "a:b", "loss", "5%");
	changes_set_link(c, "a:b", "loss", "6%");
	write_equals(c, "{\"links\":{\"a:b\":{\"loss\":\"6%\"},"
			"\"pc-1\":{\"rtt\":\"80ms\",\"state\":\"down\"}}}");
	assert_true(changes_link_at(c, 2, &link, &key, &value));
	assert_false(changes_link_at(c, 3, &link, &key, &value));
	changes_set_link(c, "pc-1", "state", NULL);
	changes_set_link(c, "pc-1", "jitter", NULL);
	changes_set_link(c, "a:b", "loss", NULL);
	write_equals(c, "{\"links\":{\"pc-1\":{\"rtt\":\"80ms\"}}}");
	changes_set_link(c, "pc-1", "rtt", NULL);
	write_equals(c, "-");
}

static void a_fault_is_remembered(void **state)
{
	const struct fault_told told = {.seed = 7,
					.hidden = true,
					.what = "x is missing",
					.resource = "vpcs.x",
					.at = "lab.yaml:3",
					.apply = "{\"vpcs\":{\"x\":null}}"};
	auto_error struct lab_error *err = NULL;
	auto_changes struct changes *c = changes_read(NULL, &err), *again = NULL;
	auto_free char *text = NULL;
	struct fault_told is;
	char *fragments[2];

	(void)state;
	assert_false(changes_fault(c, &is));
	changes_set_fault(c, &told);
	changes_set_link(c, "pc-1", "state", "up");
	text = changes_write(c);
	again = changes_read(text, &err);
	assert_non_null(again);
	assert_true(changes_fault(again, &is));
	assert_int_equal(is.seed, 7);
	assert_true(is.hidden);
	assert_string_equal(is.what, told.what);
	assert_string_equal(is.resource, told.resource);
	assert_string_equal(is.at, told.at);
	assert_int_equal(changes_fragments(again, true, fragments), 1);
	assert_string_equal(fragments[0], told.apply);
	free(fragments[0]);
	assert_int_equal(changes_fragments(again, false, fragments), 2);
	assert_string_equal(fragments[1], "{\"links\":{\"pc-1\":{\"state\":\"up\"}}}");
	free(fragments[0]);
	free(fragments[1]);
}

static void garbage_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{\"links\":[]}",
		"{\"links\":{\"a\":1}}",
		"{\"links\":{\"a\":{\"state\":1}}}",
		"{\"fault\":{}}",
		"{\"fault\":{\"apply\":[],\"what\":\"x\"}}",
		"{\"links\":{},\"links\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_error struct lab_error *err = NULL;

		assert_null(changes_read(texts[i], &err));
		assert_int_equal(lab_error_status(err), LAB_FAILED);
	}
}

/* Fragments are merged after the steps, in their order, and checked like a step. */
static void fragments_change_a_lab(void **state)
{
	static const char text[] = "lab: x\n"
				   "regions: {r: {zones: [a]}}\n"
				   "physical_connections: {pc: {region: r}, other: {region: r}}\n"
				   "steps:\n"
				   "  - {id: s, apply: {links: {pc: {rtt: 9ms, loss: 1%}}}}\n";
	static const struct source src = {"lab.yaml", text, sizeof(text) - 1};
	static const char one[] = "{\"physical_connections\":{\"other\":null},"
				  "\"links\":{\"pc\":{\"state\":\"down\",\"loss\":\"2%\"}}}",
			  two[] = "{\"links\":{\"pc\":{\"state\":\"up\"}}}",
			  bad[] = "{\"links\":{\"pc\":{\"rtt\":\"fast\"}}}";
	static const struct source changes[] = {{"one", one, sizeof(one) - 1},
						{"two", two, sizeof(two) - 1},
						{"bad", bad, sizeof(bad) - 1}};
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = parse_lab_changed(&src, NULL, changes, 2, diags), *wrong = NULL;

	(void)state;
	validate_lab(lab, diags);
	assert_int_equal(diag_errors(diags), 0);
	assert_int_equal(lab->n_physical_connections, 1);
	assert_int_equal(lab->n_link_changes, 1);
	assert_int_equal(lab->link_changes[0].state, LINK_UP);
	assert_int_equal(lab->link_changes[0].rtt.v, 9000);
	assert_int_equal(lab->link_changes[0].loss.v, 20000);
	assert_ptr_equal(lab->physical_connections[0].change, &lab->link_changes[0]);
	wrong = parse_lab_changed(&src, NULL, changes, 3, diags);
	assert_int_equal(diag_errors(diags), 1);
	assert_string_equal(diag_get(diags, 0).id, "bad-duration");
	assert_string_equal(diag_get(diags, 0).at.src->path, "bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_come_and_go),
		cmocka_unit_test(a_fault_is_remembered),
		cmocka_unit_test(garbage_is_refused),
		cmocka_unit_test(fragments_change_a_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
