// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON Schema that is shipped is the one that the parser's table makes, and the two judge a lab
 * alike. `test-unit-parse-schema --print` prints it; tests/tools/check-schema --update stores it.
 */
#include "unit/parse/lab_text.h"

#include <jansson.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "parse/tree.h"

static const char *source_dir(void)
{
	const char *dir = getenv("LABCTL_SOURCE_DIR");

	return dir ? dir : ".";
}

static char *read_file(const char *name)
{
	auto_free char *path = NULL;
	auto_fclose FILE *f = NULL;
	char *text = calloc(1, 1 << 20);

	assert_true(asprintf(&path, "%s/%s", source_dir(), name) > 0);
	f = fopen(path, "re");
	if (!f)
		fail_msg("%s is missing: run tests/tools/check-schema --update", path);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	return text;
}

static void shipped(void **state)
{
	auto_free char *made = parse_schema();
	auto_free char *file = read_file("labs/lab.schema.json");

	if (strcmp(made, file) != 0)
		fail_msg("labs/lab.schema.json is not what the parser's table says: "
			 "run tests/tools/check-schema --update and commit it");
}

static void the_same_each_time(void **state)
{
	auto_free char *a = parse_schema();
	auto_free char *b = parse_schema();

	assert_string_equal(a, b);
}

/* --- as much of JSON Schema as ours uses; an unknown keyword fails --- */

static bool valid(const json_t *root, const json_t *schema, const struct node *node);

static bool is_number(const struct node *node, bool whole)
{
	char *end;

	if (node->kind != NODE_SCALAR || !node->plain || !*node->text)
		return false;
	if (strspn(node->text, "0123456789-") == strlen(node->text))
		(void)strtoll(node->text, &end, 10);
	else if (whole)
		return false;
	else
		(void)strtod(node->text, &end);
	return *end == '\0';
}

static bool has_type(const char *type, const struct node *node)
{
	bool word = node->kind == NODE_SCALAR && node->plain &&
		    (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0);
	bool null = parse_node_is_null(node) || parse_node_is_empty(node);

	if (strcmp(type, "object") == 0)
		return node->kind == NODE_MAP;
	if (strcmp(type, "array") == 0)
		return node->kind == NODE_LIST;
	if (strcmp(type, "null") == 0)
		return null;
	if (strcmp(type, "boolean") == 0)
		return word;
	if (strcmp(type, "integer") == 0)
		return is_number(node, true);
	if (strcmp(type, "number") == 0)
		return is_number(node, false);
	assert_string_equal(type, "string");
	return node->kind == NODE_SCALAR && !word && !null && !is_number(node, false);
}

static bool type_valid(const json_t *type, const struct node *node)
{
	if (json_is_string(type))
		return has_type(json_string_value(type), node);
	for (size_t i = 0; i < json_array_size(type); i++)
		if (has_type(json_string_value(json_array_get(type, i)), node))
			return true;
	return false;
}

static bool matches(const char *pattern, const char *text)
{
	regex_t re;
	bool match;

	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	match = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return match;
}

static bool enum_valid(const json_t *words, const struct node *node)
{
	for (size_t i = 0; i < json_array_size(words); i++) {
		const json_t *word = json_array_get(words, i);

		if (json_is_null(word) ? parse_node_is_null(node)
				       : node->kind == NODE_SCALAR &&
						 strcmp(json_string_value(word), node->text) == 0)
			return true;
	}
	return false;
}

static bool properties_valid(const json_t *root, const json_t *schema, const struct node *node)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *more = json_object_get(schema, "additionalProperties");
	const json_t *names = json_object_get(schema, "propertyNames");

	for (size_t i = 0; node->kind == NODE_MAP && i < node->n; i++) {
		const struct node_item *item = &node->items[i];
		const json_t *property = json_object_get(properties, item->key);

		if (names &&
		    !matches(json_string_value(json_object_get(names, "pattern")), item->key))
			return false;
		if (!property)
			property = more;
		if (property && !valid(root, property, item->value))
			return false;
	}
	return true;
}

static size_t n_valid(const json_t *root, const json_t *schemas, const struct node *node)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(schemas); i++)
		n += valid(root, json_array_get(schemas, i), node);
	return n;
}

static bool required_valid(const json_t *keys, const struct node *node)
{
	for (size_t i = 0; i < json_array_size(keys); i++)
		if (!parse_node_find(node, json_string_value(json_array_get(keys, i))))
			return false;
	return true;
}

static bool items_valid(const json_t *root, const json_t *items, const struct node *node)
{
	for (size_t i = 0; node->kind == NODE_LIST && i < node->n; i++)
		if (!valid(root, items, node->items[i].value))
			return false;
	return true;
}

static bool ref_valid(const json_t *root, const json_t *ref, const struct node *node)
{
	const char *name = json_string_value(ref) + strlen("#/$defs/");
	const json_t *schema = json_object_get(json_object_get(root, "$defs"), name);

	assert_true(json_is_object(schema));
	return valid(root, schema, node);
}

static bool keyword_valid(const json_t *root, const json_t *schema, const char *word,
			  const json_t *value, const struct node *node)
{
	static const char *const about[] = {"$schema",      "$defs",   "title",
					    "description",  "default", "additionalProperties",
					    "propertyNames"};
	bool number = node->kind == NODE_SCALAR && is_number(node, true);

	for (size_t i = 0; i < ARRAY_LEN(about); i++)
		if (strcmp(word, about[i]) == 0)
			return strcmp(word, "additionalProperties") != 0 ||
			       properties_valid(root, schema, node);
	if (strcmp(word, "properties") == 0)
		return properties_valid(root, schema, node);
	if (strcmp(word, "type") == 0)
		return type_valid(value, node);
	if (strcmp(word, "pattern") == 0)
		return !has_type("string", node) || matches(json_string_value(value), node->text);
	if (strcmp(word, "minLength") == 0)
		return node->kind != NODE_SCALAR ||
		       (json_int_t)strlen(node->text) >= json_integer_value(value);
	if (strcmp(word, "enum") == 0)
		return enum_valid(value, node);
	if (strcmp(word, "minimum") == 0)
		return !number || atoll(node->text) >= json_integer_value(value);
	if (strcmp(word, "maximum") == 0)
		return !number || atoll(node->text) <= json_integer_value(value);
	if (strcmp(word, "minItems") == 0)
		return node->kind != NODE_LIST || (json_int_t)node->n >= json_integer_value(value);
	if (strcmp(word, "maxItems") == 0)
		return node->kind != NODE_LIST || (json_int_t)node->n <= json_integer_value(value);
	if (strcmp(word, "items") == 0)
		return items_valid(root, value, node);
	if (strcmp(word, "required") == 0)
		return node->kind != NODE_MAP || required_valid(value, node);
	if (strcmp(word, "allOf") == 0)
		return n_valid(root, value, node) == json_array_size(value);
	if (strcmp(word, "anyOf") == 0)
		return n_valid(root, value, node) > 0;
	if (strcmp(word, "oneOf") == 0)
		return n_valid(root, value, node) == 1;
	if (strcmp(word, "$ref") == 0)
		return ref_valid(root, value, node);
	fail_msg("the schema has the keyword '%s', which this test does not know", word);
	return false;
}

static bool valid(const json_t *root, const json_t *schema, const struct node *node)
{
	const char *word;
	json_t *value;

	if (json_is_boolean(schema))
		return json_is_true(schema);
	json_object_foreach ((json_t *)schema, word, value) {
		if (!keyword_valid(root, schema, word, value, node))
			return false;
	}
	return true;
}

static bool schema_takes(const char *text)
{
	auto_free char *schema_text = parse_schema();
	auto_arena struct arena *arena = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	struct report r = {.diags = diags, .arena = arena};
	struct source src = {.path = "t", .text = text, .len = strlen(text)};
	struct node *node = parse_tree(arena, arena, &src, &r);
	json_t *schema = json_loads(schema_text, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	assert_non_null(schema);
	assert_non_null(node);
	ok = valid(schema, schema, node);
	json_decref(schema);
	return ok;
}

/* Labs that the two must judge alike: what a schema can see. */
static const struct {
	const char *text;
	bool good;
} samples[] = {
	{"lab: x\n", true},
	{"{}\n", false},
	{"[]\n", false},
	{"lab: X\n", false},
	{"lab: x\nvpc: {}\n", false},
	{"lab: x\ntitle: 5\n", true},
	{"lab: x\nvpcs: {v: {region: r, cidr_block: 10.0.0.0/8}}\n", true},
	{"lab: x\nvpcs: {v: {region: r, cidr_block: 10.0.0.0}}\n", false},
	{"lab: x\nvpcs: {v: {region: r, cidr_block: 10.0.0.256/8}}\n", false},
	{"lab: x\nvpcs: {v: {region: r}}\n", false},
	{"lab: x\nvpcs: {V: {region: r, cidr_block: 10.0.0.0/8}}\n", false},
	{"lab: x\nvpcs: [v]\n", false},
	{"lab: x\nvpcs: {v: {region: 7, cidr_block: 10.0.0.0/8}}\n", true},
	{"lab: x\necs: {e: {vswitch: s, security_groups: [g], private_ip: 10.0.0.1}}\n", true},
	{"lab: x\necs: {e: {vswitch: s, security_groups: []}}\n", false},
	{"lab: x\necs: {e: {vswitch: s, security_groups: [g], private_ip: 10.0.0.01}}\n", false},
	{"lab: x\nregion_pairs: {p: {regions: [a, b], rtt: 1.5ms}}\n", true},
	{"lab: x\nregion_pairs: {p: {regions: [a]}}\n", false},
	{"lab: x\nregion_pairs: {p: {regions: [a, b], rtt: 30}}\n", false},
	{"lab: x\nregion_pairs: {p: {regions: [a, b], rtt: 30msec}}\n", false},
	{"lab: x\ncen: {c: {edition: enterprise}}\n", true},
	{"lab: x\ncen: {c: {edition: gold}}\n", false},
	{"lab: x\ncen: {c: null}\n", false},
	{"lab: x\ncen: {c: {bandwidth_packages: {p: {bandwidth: 2}}}}\n", false},
	{"lab: x\napis: {a: {group: g, path: /, backend: {function: f}}}\n", true},
	{"lab: x\napis: {a: {group: g, path: /, backend: {function: f, mock: m}}}\n", false},
	{"lab: x\napis: {a: {group: g, path: /, backend: {}}}\n", false},
	{"lab: x\napis: {a: {group: g, path: /, stages: [UAT], backend: {mock: m}}}\n", true},
	{"lab: x\napis: {a: {group: g, path: /, mode: MAP, backend: {mock: m}}}\n", false},
	{"lab: x\napis: {a: {group: g, path: /, request_parameters: {q: {in: QUERY}}, "
	 "per_stage: {TEST: {backend: {mock: m}}}, backend: {mock: m}}}\n",
	 true},
	{"lab: x\napis: {a: {group: g, path: /, request_parameters: {q: {type: INT}}, "
	 "backend: {mock: m}}}\n",
	 false},
	{"lab: x\napi_groups: {g: {instance: i, vpc_domain: yes}}\n", false},
	{"lab: x\nfunctions: {f: {region: r, code: c, environment: {A: 1}}}\n", true},
	{"lab: x\nfunctions: {f: {region: r, code: c, environment: {1A: 1}}}\n", false},
	{"lab: x\nchecks: [{from: e, ping: a, expect: {rtt: 30ms}}]\n", true},
	{"lab: x\nchecks: [{from: e, http: a, body_size: 10, expect: {bytes: 1KiB}}]\n", true},
	{"lab: x\nchecks: [{from: e}]\n", false},
	{"lab: x\nchecks: [{from: e, ping: a, dns: b}]\n", false},
	{"lab: x\nsteps: [{id: a, apply: {vpcs: {}}}]\n", true},
	{"lab: x\nsteps: [{apply: {vpcs: {}}}]\n", false},
	{"lab: x\nsteps: [{id: a, apply: {lab: y}}]\n", false},
	{"lab: x\ncen: {c: {}}\nsteps: [{id: a, apply: {cen: {c: {edition: gold}}}}]\n", false},
	{"lab: x\ncen: {c: {}}\nsteps: [{id: a, apply: {cen: {c: {edition: basic}}}}]\n", true},
	{"lab: x\ncen: {c: {}}\nsteps: [{id: a, apply: {cen: {c: null}}}]\n", true},
	{"lab: x\ncen: {c: {}}\nsteps: [{id: a, apply: {cen: null}}]\n", true},
};

static void judged_alike(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		struct lab_text t;
		bool parser;

		lab_text_read(&t, samples[i].text, NULL);
		parser = t.lab && diag_errors(t.diags) == 0;
		lab_text_done(&t);
		if (parser != samples[i].good)
			fail_msg("the parser %s: %s", parser ? "takes" : "refuses",
				 samples[i].text);
		if (schema_takes(samples[i].text) != samples[i].good)
			fail_msg("the schema %s: %s", samples[i].good ? "refuses" : "takes",
				 samples[i].text);
	}
}

static void scenario1(void **state)
{
	auto_free char *text = read_file("labs/scenario1/lab.yaml");

	assert_true(schema_takes(text));
}

static int print_schema(void)
{
	auto_free char *text = parse_schema();

	return fputs(text, stdout) < 0 || fflush(stdout) != 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped),
		cmocka_unit_test(the_same_each_time),
		cmocka_unit_test(judged_alike),
		cmocka_unit_test(scenario1),
	};

	if (argc == 2 && strcmp(argv[1], "--print") == 0)
		return print_schema();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
