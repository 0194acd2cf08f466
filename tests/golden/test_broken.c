// SPDX-License-Identifier: GPL-2.0-only
/**
 * labs/broken/NAME.yaml has one fault each; labs/broken/NAME.expect is what labctl says about it,
 * to the byte. NAME is the id of the diagnostic, with a suffix where one id has several faults.
 * UPDATE_GOLDEN=1 rewrites the expectations: read the diff before you commit it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/golden.h"
#include "lib/test.h"
#include "parse/parse.h"
#include "validate/validate.h"

#define FOLDER "labs/broken"

/* Ids of what is only frowned at: `labctl up` takes such labs. */
static const char *const warning_only[] = {"access-deleted",      "attachment-anonymous",
					   "breaker-serverless",  "ip-control-app",
					   "backend-role",        "bgp-mismatch",
					   "circuit-mismatch",    "parameter-unseen",
					   "route-services-part", "vpc-public"};

/* What one file gives. */
struct outcome {
	char *text; /* printed diagnostics */
	size_t errors;
	bool own_id; /* a diagnostic has the id that the file is named after */
};

static void outcome_done(struct outcome *o)
{
	free(o->text);
}

static bool named_after(const char *name, const char *id)
{
	size_t n = strlen(id);

	return strncmp(name, id, n) == 0 && (name[n] == '\0' || name[n] == '-');
}

static struct outcome run(const char *name)
{
	auto_arena struct arena *arena = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = NULL;
	struct outcome o = {0};
	const char *path = arena_printf(arena, FOLDER "/%s.yaml", name);
	struct source *src = parse_source_read(arena, path, NULL);
	size_t len;
	FILE *f = open_memstream(&o.text, &len);

	assert_non_null(f);
	assert_non_null(src);
	lab = parse_lab(src, NULL, diags);
	if (lab)
		validate_lab(lab, diags);
	diag_print(diags, f, false);
	assert_int_equal(fclose(f), 0);
	o.errors = diag_errors(diags);
	for (size_t i = 0; i < diag_count(diags); i++)
		o.own_id |= named_after(name, diag_get(diags, i).id);
	return o;
}

static int is_lab(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

/* Names without ".yaml", sorted. */
struct names {
	struct dirent **entries;
	int n;
};

static struct names names_list(void)
{
	struct names l = {0};

	l.n = scandir(FOLDER, &l.entries, is_lab, alphasort);
	assert_true(l.n > 0);
	for (int i = 0; i < l.n; i++)
		l.entries[i]->d_name[strlen(l.entries[i]->d_name) - 5] = '\0';
	return l;
}

static void names_done(struct names *l)
{
	for (int i = 0; i < l->n; i++)
		free(l->entries[i]);
	free(l->entries);
}

#define auto_names   __attribute__((cleanup(names_done)))
#define auto_outcome __attribute__((cleanup(outcome_done)))

static void says_what_is_expected(void **state)
{
	auto_names struct names labs = names_list();
	bool update = getenv("UPDATE_GOLDEN");
	int wrong = 0;

	for (int i = 0; i < labs.n; i++) {
		const char *name = labs.entries[i]->d_name;
		auto_outcome struct outcome o = run(name);
		auto_free char *want = NULL;
		char path[512];

		(void)snprintf(path, sizeof(path), FOLDER "/%s.expect", name);
		want = golden_read(path);
		if (want && strcmp(want, o.text) == 0)
			continue;
		if (update) {
			golden_write(path, o.text);
			continue;
		}
		print_error("%s: expected\n%s---\nbut labctl says\n%s---\n", path,
			    want ? want : "(no such file)\n", o.text);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static bool is_warning_only(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(warning_only); i++)
		if (named_after(name, warning_only[i]))
			return true;
	return false;
}

static void has_the_fault_that_it_is_named_after(void **state)
{
	auto_names struct names labs = names_list();
	int wrong = 0;

	for (int i = 0; i < labs.n; i++) {
		const char *name = labs.entries[i]->d_name;
		auto_outcome struct outcome o = run(name);
		bool bad = !o.own_id || (o.errors == 0) != is_warning_only(name);

		if (bad)
			print_error("%s: %zu errors, %s\n%s", name, o.errors,
				    o.own_id ? "its own among them" : "none of its own id", o.text);
		wrong += bad;
	}
	assert_int_equal(wrong, 0);
}

static bool has_lab(const struct names *labs, const char *id)
{
	for (int i = 0; i < labs->n; i++)
		if (strcmp(labs->entries[i]->d_name, id) == 0)
			return true;
	return false;
}

/* Rules that only a huge file can break: tests/unit/validate builds that lab itself. */
static bool in_unit_test_only(const char *id)
{
	return strcmp(id, "function-quota") == 0;
}

static void every_rule_has_a_lab(void **state)
{
	auto_names struct names labs = names_list();
	size_t n;
	const struct validate_rule *rules = validate_rules(&n);
	int missing = 0;

	for (size_t i = 0; i < n; i++) {
		if (has_lab(&labs, rules[i].id) || in_unit_test_only(rules[i].id))
			continue;
		print_error("no lab in " FOLDER " breaks the rule %s\n", rules[i].id);
		missing++;
	}
	assert_int_equal(missing, 0);
}

/* As parse/parse.h lists them. */
static const char *const parse_ids[] = {
	"nul-byte",
	"bad-utf8",
	"control-character",
	"yaml",
	"tab",
	"too-deep",
	"yaml-alias",
	"yaml-anchor",
	"yaml-tag",
	"many-documents",
	"bad-key",
	"empty-file",
	"not-a-map",
	"duplicate-key",
	"unknown-key",
	"missing-key",
	"one-of",
	"fragment-key",
	"bad-name",
	"nothing-to-delete",
	"duplicate-step",
	"duplicate-exercise",
	"check-place",
	"check-expect",
	"bad-type",
	"empty-value",
	"unknown-value",
	"bad-cidr",
	"host-bits",
	"bad-address",
	"bad-rate",
	"bad-duration",
	"bad-id",
	"bad-size",
	"bad-share",
	"bad-number",
	"bad-bool",
	"bad-port-range",
	"bad-variable",
	"bad-count",
	"out-of-range",
};

/* Not faults of one small file: unknown-step needs an argument, the others a huge file. */
static const char *const without_lab[] = {"unknown-step", "file-too-big", "too-many-values",
					  "too-many-errors"};

static bool listed(const char *const *list, size_t n, const char *id, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && strncmp(list[i], id, len) == 0)
			return true;
	return false;
}

static void every_parse_id_has_a_lab(void **state)
{
	auto_names struct names labs = names_list();
	auto_free char *header = golden_read("src/parse/parse.h");
	size_t ids = 0;
	int missing = 0;

	for (size_t i = 0; i < ARRAY_LEN(parse_ids); i++) {
		if (has_lab(&labs, parse_ids[i]))
			continue;
		print_error("no lab in " FOLDER " has the fault %s\n", parse_ids[i]);
		missing++;
	}
	assert_int_equal(missing, 0);
	/* the header lists them as " *   id  meaning" */
	assert_non_null(header);
	for (const char *p = header; (p = strstr(p, "\n *   ")); ids++) {
		size_t len;

		p += strlen("\n *   ");
		len = strcspn(p, " \n");
		if (listed(parse_ids, ARRAY_LEN(parse_ids), p, len) ||
		    listed(without_lab, ARRAY_LEN(without_lab), p, len))
			continue;
		print_error("src/parse/parse.h has a new id: %.*s\n", (int)len, p);
		missing++;
	}
	assert_int_equal(missing, 0);
	assert_int_equal(ids, ARRAY_LEN(parse_ids) + ARRAY_LEN(without_lab));
}

static void every_expectation_has_a_lab(void **state)
{
	DIR *d = opendir(FOLDER);
	const struct dirent *e;
	int orphans = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		auto_free char *text = NULL;
		const char *dot = strrchr(e->d_name, '.');
		char path[512];

		if (!dot || strcmp(dot, ".expect") != 0)
			continue;
		(void)snprintf(path, sizeof(path), FOLDER "/%.*s.yaml", (int)(dot - e->d_name),
			       e->d_name);
		text = golden_read(path);
		if (text)
			continue;
		print_error("%s/%s expects what no lab says\n", FOLDER, e->d_name);
		orphans++;
	}
	closedir(d);
	assert_int_equal(orphans, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_expected),
		cmocka_unit_test(has_the_fault_that_it_is_named_after),
		cmocka_unit_test(every_rule_has_a_lab),
		cmocka_unit_test(every_parse_id_has_a_lab),
		cmocka_unit_test(every_expectation_has_a_lab),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
