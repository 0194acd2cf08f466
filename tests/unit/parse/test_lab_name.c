// SPDX-License-Identifier: GPL-2.0-only
/* A name is found without reading further; what is no lab file has none. */
#include "parse/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

static const struct {
	const char *text, *name; /* NULL: none */
} cases[] = {
	{"lab: one\n", "one"},
	{"lab: one", "one"},
	{"\xef\xbb\xbf# what it is\nlab:   one # so\nvpcs: {}\n", "one"},
	{"---\n'lab': 'one'\n", "one"},
	{"\"lab\": \"one\"\n", "one"},
	{"{title: x, lab: one}\n", "one"},
	{"title: \xc3\xa9\nlab: one\n", "one"},
	{"steps:\n- apply: {lab: two}\n- {lab: three}\nvpcs: {lab: {lab: four}}\nlab: one\n",
	 "one"},
	{"x:\nlab: one\n", "one"},
	{"x: lab\ny: z\nlab: one\n", "one"},
	/* broken behind it */
	{"lab: one\nvpcs: {\n", "one"},
	{"lab: one\n\tvpcs: [1\n  x: ]\n", NULL}, /* the value could go on there */
	{"lab: one\nlab: two\n", "one"},
	/* no name, but found and the caller's to judge */
	{"lab: one two\n", "one two"},
	{"lab: One\n", "One"},
	{"lab:\nvpcs: {}\n", ""},
	/* there is none */
	{"", NULL},
	{"# lab: one\n", NULL},
	{"lab\n", NULL},
	{"- lab: one\n", NULL},
	{"[lab, one]\n", NULL},
	{"labs: one\n", NULL},
	{"la: one\n", NULL},
	{"x: lab\n", NULL},
	{"vpcs: {lab: one}\n", NULL},
	{"lab: {a: b}\nb: c\n", NULL},
	{"lab: [one]\nb: c\n", NULL},
	{"lab: *one\n", NULL},
	{"{a: b}: lab\none: two\n", NULL},
	{"[a]: lab\none: two\n", NULL},
	{"x: {\nlab: one\n", NULL},
	{"x: \"\nlab: one\n", NULL},
	{"x: 1\n---\nlab: one\n", NULL},
	{"x: \xff\nlab: one\n", NULL},
	{"lab: one\nx: \xff\n", NULL},
};

static void assert_name(const char *text, size_t len, const char *name)
{
	auto_arena struct arena *a = arena_new(0);
	auto_free char *exact = malloc(len + 1);
	struct source src = {.path = "t.yaml", .text = exact, .len = len};
	const char *found;

	assert_non_null(exact);
	memcpy(exact, text, len);
	exact[len] = '\0';
	found = parse_lab_name(a, &src);
	if (!found != !name || (name && strcmp(found, name) != 0))
		fail_msg("%s: %s, not %s", text, found ? found : "none", name ? name : "none");
}

static void names(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_name(cases[i].text, strlen(cases[i].text), cases[i].name);
}

static void a_zero_byte_is_no_text(void **state)
{
	assert_name("lab: one\n\0", 10, NULL);
}

static void nested_without_end(void **state)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_add(&b, "x: ");
	for (int i = 0; i < 100000; i++)
		strbuf_addc(&b, '[');
	strbuf_add(&b, "\nlab: one\n");
	assert_name(b.s, b.len, NULL);
}

/* It is what the whole file's reading finds. */
static void every_part_of_a_file_is_survived(void **state)
{
	const char *text = "\xef\xbb\xbf# x\nsteps: [{id: a, apply: {\"lab\": 'x'}}]\n"
			   "title: >\n  a\n  b\n'lab': one\nvpcs: {a: {b: |\n";

	for (size_t len = 0; len <= strlen(text); len++) {
		auto_arena struct arena *a = arena_new(0);
		const struct source src = {
			.path = "t.yaml", .text = arena_strndup(a, text, len), .len = len};
		const char *found = parse_lab_name(a, &src);

		if (found && strncmp("one", found, strlen(found)) != 0)
			fail_msg("%zu bytes: %s", len, found);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_zero_byte_is_no_text),
		cmocka_unit_test(nested_without_end),
		cmocka_unit_test(every_part_of_a_file_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
