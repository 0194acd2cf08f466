// SPDX-License-Identifier: GPL-2.0-only
/* YAML to nodes: places, refusals, and files made to hurt. */
#include "unit/parse/lab_text.h"

#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "parse/tree.h"

struct tree {
	struct arena *arena;
	struct diag_list *diags;
	struct source src;
	struct node *root;
};

static void tree_read(struct tree *t, const char *text, size_t len)
{
	struct report r;

	*t = (struct tree){.arena = arena_new(0), .diags = diag_list_new()};
	t->src = (struct source){.path = "t.yaml", .text = text, .len = len};
	r = (struct report){.diags = t->diags, .arena = t->arena};
	t->root = parse_tree(t->arena, t->arena, &t->src, &r);
}

static void tree_done(struct tree *t)
{
	diag_list_free(t->diags);
	arena_free(t->arena);
}

static void assert_at(struct span at, uint32_t line, uint32_t col, uint32_t len)
{
	assert_int_equal(at.line, line);
	assert_int_equal(at.col, col);
	assert_int_equal(at.len, len);
}

static void places(void **state)
{
	static const char text[] = "# c\r\n"
				   "a: \xc3\xa9 b\r\n"
				   "k: {x: [1, \"q\"], y: }\r\n"
				   "t: |\r\n"
				   "  foo\r\n"
				   "\r\n"
				   "  bar\r\n"
				   "e:\r\n"
				   "n: 'it''s'\r\n";
	struct tree t;
	const struct node *k, *x;

	tree_read(&t, text, sizeof(text) - 1);
	assert_int_equal(diag_count(t.diags), 0);
	assert_non_null(t.root);
	assert_int_equal(t.root->n, 5);
	assert_at(t.root->at, 2, 1, 1);
	assert_at(parse_node_get(t.root, "a")->at, 2, 4, 4); /* bytes, not characters */
	assert_at(parse_node_find(t.root, "k")->key_at, 3, 1, 1);
	k = parse_node_get(t.root, "k");
	assert_at(k->at, 3, 4, 1);
	x = parse_node_get(k, "x");
	assert_int_equal(x->kind, NODE_LIST);
	assert_at(x->items[0].value->at, 3, 9, 1);
	assert_at(x->items[1].value->at, 3, 12, 3); /* with its quotes */
	assert_false(x->items[1].value->plain);
	assert_true(parse_node_is_empty(parse_node_get(k, "y")));
	assert_at(parse_node_get(k, "y")->at, 3, 18, 1); /* nothing stands on its key */
	assert_string_equal(parse_node_get(t.root, "t")->text, "foo\n\nbar\n");
	assert_at(parse_node_get(t.root, "t")->at, 5, 3, 3);
	assert_string_equal(parse_node_get(t.root, "n")->text, "it's");
	assert_at(parse_node_get(t.root, "n")->at, 9, 4, 7);
	tree_done(&t);
}

static void byte_order_mark(void **state)
{
	static const char text[] = "\xef\xbb\xbflab: x\n";
	struct tree t;

	tree_read(&t, text, sizeof(text) - 1);
	assert_non_null(t.root);
	assert_at(parse_node_get(t.root, "lab")->at, 1, 9, 1); /* the mark is three bytes */
	tree_done(&t);
}

static void nulls(void **state)
{
	static const char text[] = "a: null\nb: ~\nc:\nd: 'null'\ne: nullify\n";
	struct tree t;

	tree_read(&t, text, sizeof(text) - 1);
	assert_true(parse_node_is_null(parse_node_get(t.root, "a")));
	assert_true(parse_node_is_null(parse_node_get(t.root, "b")));
	assert_false(parse_node_is_null(parse_node_get(t.root, "c")));
	assert_true(parse_node_is_empty(parse_node_get(t.root, "c")));
	assert_false(parse_node_is_null(parse_node_get(t.root, "d")));
	assert_false(parse_node_is_null(parse_node_get(t.root, "e")));
	tree_done(&t);
}

static const struct {
	const char *text, *meaning;
} quoted[] = {
	{"''", ""},
	{"''''", "'"},
	{"'a''''b'", "a''b"},
	{"'''''''''''''''a'", "'''''''a"},
	{"'it''s'", "it's"},
	{"'a \\n'", "a \\n"},
	{"'a  \n  b'", "a b"},
	{"'a\r\n\r\n\r\n  b '", "a\n\nb "},
	{"' a\n '", " a "},
	{"\"a\\tb \n  c\"", "a\tb c"},
	{"\"\\u00e9\"", "\xc3\xa9"},
	{">-\n  a\n  b\n\n  c\n", "a b\nc"},
	{"|+\n  a\n\n", "a\n\n"},
	{"a\n  b", "a b"},
};

static void scalars(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(quoted); i++) {
		auto_strbuf struct strbuf b = {0};
		struct tree t;

		strbuf_printf(&b, "k: %s", quoted[i].text);
		tree_read(&t, b.s, b.len);
		assert_non_null(t.root);
		assert_string_equal(parse_node_get(t.root, "k")->text, quoted[i].meaning);
		tree_done(&t);
	}
}

static void large_map(void **state)
{
	enum { KEYS = 5000 };
	auto_strbuf struct strbuf b = {0};
	char key[16];
	struct tree t;

	for (int i = 0; i < KEYS; i++)
		strbuf_printf(&b, "k%d: %d\n", i, i);
	strbuf_add(&b, "k4321: again\n");
	tree_read(&t, b.s, b.len);
	assert_int_equal(t.root->n, KEYS);
	for (int i = 0; i < KEYS; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		assert_string_equal(parse_node_get(t.root, key)->text, key + 1);
	}
	assert_null(parse_node_find(t.root, "k5000"));
	assert_int_equal(diag_count(t.diags), 1);
	assert_string_equal(diag_get(t.diags, 0).id, "duplicate-key");
	assert_at(diag_get(t.diags, 0).notes[0].at, 4322, 1, 5);
	tree_done(&t);
}

static const struct {
	const char *text, *errors;
	bool readable;
} refusals[] = {
	{"a: 1\nb: 2\na: 3\n", "3:1+1 duplicate-key\n", true},
	{"x: {a: 1, 'a': 3}\n", "1:11+3 duplicate-key\n", true},
	{"a: &n [1]\n", "1:4+2 yaml-anchor\n", false},
	{"a: &n 1\nb: *n\n", "1:4+2 yaml-anchor\n2:4+2 yaml-alias\n", false},
	{"a: !!str 1\n", "1:4+5 yaml-tag\n", false},
	{"<<: *n\n", "1:5+2 yaml-alias\n", false},
	{"a: 1\n---\nb: 1\n", "2:1+3 many-documents\n", false},
	{"a: 1\n...\nb: 1\n", "3:1+1 many-documents\n", false},
	{"? [a]\n: b\n", "1:3+1 bad-key\n", false},
	{"{a: b}: c\n", "1:1+1 bad-key\n", false},
	{": c\n", "1:1+1 bad-key\n", true},
	{"a:\n\tb: c\n", "2:1+1 tab\n", false},
	{"a:\n  - b\n \t - c\n", "3:2+1 tab\n", false},
	{"a: |\n  x\n  \ty\nb: [1,\n\t2]\n", "5:1+1 tab\n", false},
	{"a: 1\n\t\n\t# comment\n", "", true},
	{"a: \"x\n", "1:4+1 yaml\n", false},
	{"a: b\n  c: d\n", "2:3+4 yaml\n", false},
	{"a: [1, 2\nb: 3\n", "1:4+1 yaml\n", false},
	{"a: \"\\0\"\n", "1:4+4 control-character\n", true},
	{"a: \"\\e[2J\"\n", "1:4+7 control-character\n", true},
	{"a: \"\\x9b\"\n", "1:4+6 control-character\n", true},
	{"a: \"\\t\\n\"\n", "", true},
	{"", "0:0+0 empty-file\n", false},
	{"\n# only\n  # comments\n", "0:0+0 empty-file\n", false},
	{"---\n", "0:0+0 empty-file\n", false},
};

static void refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct lab_text wrap = {0};
		struct tree t;
		char *found;

		tree_read(&t, refusals[i].text, strlen(refusals[i].text));
		wrap.diags = t.diags;
		found = lab_text_errors(&wrap);
		if (strcmp(found, refusals[i].errors) != 0)
			print_error("%s-> %swanted %s", refusals[i].text, found,
				    refusals[i].errors);
		assert_string_equal(found, refusals[i].errors);
		assert_int_equal(t.root != NULL, refusals[i].readable);
		free(found);
		tree_done(&t);
	}
}

static const struct {
	const char *text;
	size_t len;
	const char *errors;
} encodings[] = {
	{"a: \0b\n", 6, "1:4+1 nul-byte\n"},
	{"a: b\n\xff", 6, "2:1+1 bad-utf8\n"},
	{"a: \xc3", 4, "1:4+1 bad-utf8\n"},
	{"a: \xc0\xaf\n", 6, "1:4+1 bad-utf8\n"},         /* overlong */
	{"a: \xe0\x80\xaf\n", 7, "1:4+1 bad-utf8\n"},     /* overlong */
	{"a: \xed\xa0\x80\n", 7, "1:4+1 bad-utf8\n"},     /* surrogate */
	{"a: \xf4\x90\x80\x80\n", 8, "1:4+1 bad-utf8\n"}, /* beyond Unicode */
	{"a: \xf0\x9f\x8c\x90\n", 8, ""},
	{"a\0: b\0\n", 7, "1:2+1 nul-byte\n"},
	{"\xff\xfe"
	 "a\0:\0",
	 6, "1:1+1 bad-utf8\n"}, /* UTF-16 */
};

static void encoding(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
		struct lab_text wrap = {0};
		struct tree t;
		char *found;

		tree_read(&t, encodings[i].text, encodings[i].len);
		wrap.diags = t.diags;
		found = lab_text_errors(&wrap);
		assert_string_equal(found, encodings[i].errors);
		assert_int_equal(t.root != NULL, !*encodings[i].errors);
		free(found);
		tree_done(&t);
	}
}

/* A piece repeated until a file is full: refused in bounded memory, without deep recursion. */
static const struct {
	const char *head, *piece, *id;
} floods[] = {
	{"", "[", "too-deep"},
	{"", "{", "bad-key"},
	{"", "{a: ", "too-deep"},
	{"", "[[", "too-deep"},
	{"", "- ", "too-deep"},
	{"", "? ", "bad-key"},
	{"", "[a, ", "too-deep"},
	{"", "a: ", "yaml"},
	{"", "&a ", "yaml-anchor"},
	{"", "!a ", "yaml-tag"},
	{"", "*a ", "yaml-alias"},
	{"", "\"", "yaml"},
	{"a: |\n", " ", NULL},
	{"a: ", "x", NULL},
	{"a: '", " ", "yaml"},
	{"a: '", "\n", "yaml"},
	{"a: '", "''", "yaml"},
	{"a: [' x", "   ',' x", "yaml"},
	{"", "- &a [*a]\n", "yaml-anchor"},
	{"", "a\n", NULL},
	{"", "---\n", "many-documents"},
	{"", "%TAG ! a\n", "yaml"},
	{"x:\n", " a: 1\n", "duplicate-key"},
};

/* Of this process: what others do on the machine does not count. */
static double seconds_used(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void flooded(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(floods); i++) {
		auto_strbuf struct strbuf b = {0};
		size_t step = strlen(floods[i].piece);
		double start;
		struct tree t;

		strbuf_add(&b, floods[i].head);
		while (b.len + step <= PARSE_MAX_BYTES / 4)
			strbuf_addn(&b, floods[i].piece, step);
		start = seconds_used();
		tree_read(&t, b.s, b.len);
		if (seconds_used() - start >
		    30) /* 0.1 s without sanitizers; quadratic would be minutes */
			fail_msg("%s: %g s", floods[i].piece, seconds_used() - start);
		if (arena_used(t.arena) > 64u << 20)
			fail_msg("%s: %zu bytes", floods[i].piece, arena_used(t.arena));
		if (floods[i].id &&
		    (!diag_count(t.diags) || strcmp(diag_get(t.diags, 0).id, floods[i].id) != 0))
			fail_msg("%s: not the error '%s'", floods[i].piece, floods[i].id);
		assert_true(diag_count(t.diags) <= PARSE_MAX_ERRORS + 1);
		tree_done(&t);
	}
}

static void too_big(void **state)
{
	auto_free char *text = malloc(PARSE_MAX_BYTES + 2);

	assert_non_null(text);
	memset(text, '#', PARSE_MAX_BYTES + 1);
	text[PARSE_MAX_BYTES + 1] = '\0';
	lab_text_expect(text, NULL, "0:0+0 file-too-big\n");
}

/* The file is small enough, what it holds is not. */
static void too_many_values(void **state)
{
	const size_t items = PARSE_MAX_NODES + 1;
	auto_strbuf struct strbuf b = {0};

	strbuf_add(&b, "a: [1");
	for (size_t i = 1; i < items; i++)
		strbuf_add(&b, ",1");
	strbuf_add(&b, "]\n");
	assert_true(b.len < PARSE_MAX_BYTES);
	lab_text_expect(b.s, NULL, "1:1048571+1 too-many-values\n");
}

/* Nested sixteen-fold without aliases being expanded: the bomb is as large as its file. */
static void alias_bomb(void **state)
{
	lab_text_expect("a: &a [x, x, x, x]\n"
			"b: &b [*a, *a, *a]\n"
			"c: [*b, *b, *b]\n",
			NULL, "1:4+2 yaml-anchor\n2:4+2 yaml-anchor\n2:8+2 yaml-alias\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),          cmocka_unit_test(byte_order_mark),
		cmocka_unit_test(nulls),           cmocka_unit_test(scalars),
		cmocka_unit_test(large_map),       cmocka_unit_test(refused),
		cmocka_unit_test(encoding),        cmocka_unit_test(flooded),
		cmocka_unit_test(too_big),         cmocka_unit_test(alias_bomb),
		cmocka_unit_test(too_many_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
