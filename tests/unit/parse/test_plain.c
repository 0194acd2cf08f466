// SPDX-License-Identifier: GPL-2.0-only
/* What is read without libfyaml is the tree that libfyaml gives; and what is not plain is left to it. */
#include "unit/parse/lab_text.h"

#include <glob.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "parse/plain.h"

static void assert_same_span(struct span a, struct span b)
{
	assert_int_equal(a.line, b.line);
	assert_int_equal(a.col, b.col);
	assert_int_equal(a.len, b.len);
	assert_ptr_equal(a.src, b.src);
}

static void assert_same(const struct node *a, const struct node *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_same_span(a->at, b->at);
	assert_int_equal(a->n, b->n);
	if (a->kind == NODE_SCALAR) {
		assert_string_equal(a->text, b->text);
		assert_int_equal(a->plain, b->plain);
	}
	for (size_t i = 0; i < a->n; i++) {
		assert_int_equal(a->items[i].key == NULL, b->items[i].key == NULL);
		if (a->items[i].key) {
			assert_string_equal(a->items[i].key, b->items[i].key);
			assert_same_span(a->items[i].key_at, b->items[i].key_at);
		}
		assert_same(a->items[i].value, b->items[i].value);
	}
}

/* Whether it is read; compared then. */
static bool reads(const char *text)
{
	auto_arena struct arena *arena = arena_new(0);
	auto_diags struct diag_list *diags = diag_list_new();
	const struct source src = {.path = "t.yaml", .text = text, .len = strlen(text)};
	struct report r = {.diags = diags, .arena = arena};
	const struct node *node = parse_plain(arena, &src), *want = parse_yaml(arena, &src, &r);

	if (!node)
		return false;
	assert_int_equal(diag_count(diags), 0);
	assert_non_null(want);
	assert_same(node, want);
	return true;
}

static void plain_files(void **state)
{
	static const char *const texts[] = {
		"a: b",
		"# c\n\na: b   \n  # d\nc: d # e\n\n",
		"a: b#c # d\nurl: http://h:80/x?y=1&z=2\n",
		"a:\n  b: c\n  d:\n    e: f\ng: h\n",
		"a:\n- b\n- c: d\n  e: f\n- - g\n  - h\nz: 1\n",
		"a:\n  - b\n  -   c: d\n      e: f\n  - {g: h}\n",
		"- a\n- b: c\n",
		"a: {}\nb: []\nc: { }\nd: {e: {f: [g, h , {i: j}]}, k: \"l\" }\n",
		"a: \"b: c # d\"\nb: 'x \"y\" '\nc: \"\"\nd: ''\ne: [\"\", '', 'a, b']\n",
		"a: a word, {and} [others] & * | > ! % @ ` \" '\n",
		"a: null\nb: 1.5\nc: /x\nd: ${x.y}\n1: one\n_.-/: x\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!reads(texts[i]))
			fail_msg("not read: %s", texts[i]);
}

static void others(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"# c\n",
		"a\n",
		" a: b\n",
		"a: b\n c: d\n",
		"a: b\n  c\n",
		"a:\n",
		"a:\nb: c\n",
		"a: |\n  b\n",
		"a: >\n  b\n",
		"a: &b c\n",
		"a: *b\n",
		"a: !b c\n",
		"a: b: c\n",
		"a: b:\n",
		"a: b\r\n",
		"a:\tb\n",
		"\ta: b\n",
		"a: \xc3\xa9\n",
		"\357\273\277a: b\n",
		"a: \"b\\n\"\n",
		"a: 'it''s'\n",
		"a: \"b\n  c\"\n",
		"a: {b: c,\n  d: e}\n",
		"a: {b: c,}\n",
		"a: {b}\n",
		"a: {b: }\n",
		"a: [b: c]\n",
		"a: [b, c\n",
		"a: {b: c} d\n",
		"a: {b: c}: d\n",
		"a: \"b\" c\n",
		"\"a\": b\n",
		"? a\n: b\n",
		"a : b\n",
		"a: b\na: c\n",
		"a: {b: c, b: d}\n",
		"---\na: b\n",
		"a: b\n---\nc: d\n",
		"a: b\n...\n",
		"%YAML 1.2\n---\na: b\n",
		"a:\n    b: c\n  d: e\n",
		"a:\n  - b\n  c: d\n",
		"- a\nb: c\n",
		"-\n",
		"a:\n-\n",
		"a: - b\n",
		"a: @b\n",
		"a: `b\n",
		"a: \"b\"#c\n",
		"a: [b #c\n]\n",
		"a: [x[y]]\n",
		"a: {b: c:}\n",
		"a: \x7f\n",
		"a: b\x01\n",
		"a: ? b\n",
		"a: ~\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (reads(texts[i]))
			fail_msg("read: %s", texts[i]);
}

/* As deep as YAML may be here, and one deeper. */
static void depth(void **state)
{
	char text[2 * PARSE_MAX_DEPTH + 8] = "a: ";

	(void)state;
	memset(text + 3, '[', PARSE_MAX_DEPTH - 1);
	memset(text + 3 + PARSE_MAX_DEPTH - 1, ']', PARSE_MAX_DEPTH - 1);
	assert_true(reads(text));
	memset(text + 3, '[', PARSE_MAX_DEPTH);
	memset(text + 3 + PARSE_MAX_DEPTH, ']', PARSE_MAX_DEPTH);
	assert_false(reads(text));
}

/* Not all labs are plain, but some are. */
static void all_labs(void **state)
{
	const char *dir = getenv("LABCTL_SOURCE_DIR");
	auto_free char *pattern = NULL;
	size_t read = 0;
	glob_t found;

	(void)state;
	assert_true(asprintf(&pattern, "%s/labs/*/*.yaml", dir ? dir : ".") > 0);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		auto_arena struct arena *arena = arena_new(0);
		struct source *src = parse_source_read(arena, found.gl_pathv[i], NULL);

		read += src && reads(src->text);
	}
	globfree(&found);
	assert_true(read > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_files),
		cmocka_unit_test(others),
		cmocka_unit_test(depth),
		cmocka_unit_test(all_labs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
