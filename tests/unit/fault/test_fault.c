// SPDX-License-Identifier: GPL-2.0-only
/** Riddles: the same seed gives the same one, and each is a piece that fits the lab that it is of. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "fault/fault.h"
#include "parse/parse.h"
#include "validate/validate.h"

static const char *const shipped[] = {"scenario1",    "scenario2", "scenario3",
				      "dual-circuit", "hybrid",    "gateway-policies"};

static struct lab *read_lab(struct arena *a, const char *name, const struct source *change,
			    struct diag_list *diags)
{
	auto_error struct lab_error *err = NULL;
	const struct source *src = parse_source_read(a, arena_printf(a, "labs/%s/lab.yaml", name),
						     &err);
	struct lab *lab;

	assert_non_null(src);
	lab = parse_lab_changed(src, NULL, change, change ? 1 : 0, diags);
	assert_non_null(lab);
	validate_lab(lab, diags);
	return lab;
}

static void a_seed_is_an_order(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = read_lab(a, "hybrid", NULL, diags);
	size_t n, m, others = 0;
	struct fault *first = fault_list(lab, 1, a, &n), *again = fault_list(lab, 1, a, &m);

	(void)state;
	assert_true(n > 10);
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(first[i].apply, again[i].apply);
	for (long long seed = 2; seed < 12; seed++) {
		struct fault *f = fault_list(lab, seed, a, &m);

		assert_int_equal(n, m);
		others += strcmp(f[0].apply, first[0].apply) != 0;
	}
	assert_true(others > 4);
}

static bool is_syntax(const char *id)
{
	static const char *const ids[] = {"yaml",          "unknown-key",       "bad-type",
					  "fragment-key",  "nothing-to-delete", "bad-name",
					  "unknown-value", "link-unknown",      "link-twice"};

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (!strcmp(id, ids[i]))
			return true;
	return false;
}

/* Rules of the cloud may refuse one; that it does not fit its own lab would be a defect. */
static void each_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_diags struct diag_list *diags = diag_list_new();
		auto_lab struct lab *lab = read_lab(a, shipped[i], NULL, diags);
		size_t n, allowed = 0;
		struct fault *f = fault_list(lab, 1, a, &n);

		assert_int_equal(diag_errors(diags), 0);
		for (size_t k = 0; k < n; k++) {
			const struct source change = {"fault", f[k].apply, strlen(f[k].apply)};
			auto_diags struct diag_list *found = diag_list_new();
			auto_lab struct lab *broken = read_lab(a, shipped[i], &change, found);

			for (size_t d = 0; d < diag_count(found); d++)
				if (is_syntax(diag_get(found, d).id))
					fail_msg("%s: %s: %s", shipped[i], f[k].apply,
						 diag_get(found, d).message);
			allowed += !diag_errors(found);
			assert_true(f[k].at.line > 0);
			assert_non_null(f[k].what);
			assert_non_null(f[k].resource);
		}
		assert_true(allowed > 3);
	}
}

static bool has_fault_of(const struct fault *f, size_t n, const char *resource)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(f[i].resource, resource))
			return true;
	return false;
}

static void who_may_call_can_be_wrong(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = read_lab(a, "gateway-policies", NULL, diags);
	size_t n;
	const struct fault *f = fault_list(lab, 1, a, &n);

	(void)state;
	assert_true(lab->n_app_attachments && lab->n_plugin_attachments);
	assert_true(has_fault_of(
		f, n, arena_printf(a, "app_attachments.%s", lab->app_attachments[0].id.name)));
	assert_true(has_fault_of(
		f, n,
		arena_printf(a, "plugin_attachments.%s", lab->plugin_attachments[0].id.name)));
}

/* A zone's records can be missing, and the VPCs to which it applies. */
static void private_zones_can_be_wrong(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = read_lab(a, "gateway-policies", NULL, diags);
	const struct private_zone *z = lab->private_zones;
	size_t n;
	const struct fault *f = fault_list(lab, 1, a, &n);

	(void)state;
	assert_true(lab->n_private_zones && z->n_records && z->n_vpcs);
	assert_true(has_fault_of(
		f, n,
		arena_printf(a, "private_zones.%s.records.%s", z->id.name, z->records[0].key)));
	assert_true(has_fault_of(f, n, arena_printf(a, "private_zones.%s.vpcs", z->id.name)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_is_an_order),
		cmocka_unit_test(each_fits),
		cmocka_unit_test(who_may_call_can_be_wrong),
		cmocka_unit_test(private_zones_can_be_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
