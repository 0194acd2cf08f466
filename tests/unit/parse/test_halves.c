// SPDX-License-Identifier: GPL-2.0-only
/* Halves are what the whole is, wherever it is cut, or they are none. */
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "generate/generate.h"
#include "lib/test.h"
#include "lib/two_ways.h"

/* How often, of the lines before which it is asked to be cut, there are halves. */
static size_t cut_everywhere(const char *path, const char *text, size_t len, size_t step)
{
	const struct source src = {.path = path, .text = text, .len = len};
	size_t found = 0, line = 0;

	for (size_t i = 0; i < len; i++) {
		enum two_ways ways;

		if (i && (text[i - 1] != '\n' || line++ % step != 0))
			continue;
		ways = two_ways_read(&src, i);
		if (ways == TWO_WAYS_OTHER)
			fail_msg("%s: cut at byte %zu it is another", path, i);
		found += ways == TWO_WAYS_SAME;
	}
	return found;
}

static void shipped(void **state)
{
	auto_free char *pattern = NULL;
	glob_t found;

	(void)state;
	assert_true(asprintf(&pattern, "%s/labs/*/lab.yaml", getenv("LABCTL_SOURCE_DIR")) > 0);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		size_t len;
		auto_free char *text = file_read(AT_FDCWD, found.gl_pathv[i], 0, &len);

		assert_non_null(text);
		assert_true(cut_everywhere(found.gl_pathv[i], text, len, 1) > 5);
	}
	globfree(&found);
}

static void generated(void **state)
{
	(void)state;
	for (size_t i = 0; i < generate_n_shapes; i++) {
		const struct generate_request r = {"lab-1", 1000, 50, 100, "30ms", "test"};
		auto_strbuf struct strbuf b = {0};
		struct source src;

		generate_shapes[i].write(&b, &r);
		src = (struct source){.path = generate_shapes[i].name, .text = b.s, .len = b.len};
		assert_int_equal(two_ways_read(&src, b.len / 2), TWO_WAYS_SAME);
		assert_true(cut_everywhere(src.path, b.s, b.len, 499) > 0);
	}
}

/* `|` is no part of the text: behind it, it is cut. */
static const struct {
	const char *text;
	bool halves;
} texts[] = {
	{"a: 1\n|# c\nb: 2\n", true},
	{"a: 1\r\n|\r\nb: 2\r\n", true},
	{"a:\n  x: 1\n|  \n  y: 2\nb: 3\n", true},
	{"a:\r\n  # c\r\n  x: 1\r\n|\r\n  y: {z: [1]}\r\nb: 3\r\n", true},
	{"a: # c\n  x: {k: 1}\n|# c\n  y: 2\n", true},
	{"a:\n  x:\n  - 1\n|  - 2\n  y: 2\n", true},
	{"a:\n  x: &1\n   text\n   y: 2\n|  z: 1\n  y: 2\n", false},
	{"a: >\n  x: 1\n\n|\nb: 1\n", true},
	{"a:\n  x: >+\n    1\n\n|\n  y: 1\n", true},
	{"a: |\n  x\n  \ty\n|#\nb: >\n  x\n  \ty\n", true},
	{"a:\n  x: word\n   words\n|\n  y: 1\n", true},
	{"a:\n  x: |\n   c\n|#\n  b: 1\n", true},
	{"a:\n  x: 1\n? b\n:\n  y: 1\n|#\n  z: 1\n", true},
	{"? a\n|# c\nb: 1\n", true},
	{"\xef\xbb\xbf# c\na: 1\n|# c\nb: 1\n", true},
	/* what a key seems to be is text */
	{"a: \"x\n|  c\n  b: 1\n  \"\n", false},
	{"a: \"x\n|  c\nb: 1\"\n", false},
	{"a:\n  x: 'c\n|\n  b: 1'\n", false},
	{"a: {x: 1,\n|#\nb: 1}\n", false},
	{"a:\n  x: [1,\n|\n  b: 1]\n", false},
	{"a: >\n  x: 1\n|  y: 1\n  z: 2\n", false},
	{"a: \n  >\n  x: 1\n|  y: 1\n  z: 2\n", false},
	{"a:\n  x\n|  c\n  b: 1\n", false},
	/* maps that are not what they look like */
	{"{a: 1,\n|#\nb: 1}\n", false},
	{"{a: 1}\n|#\nb: 1\n", false},
	{" a: 1\n|#\nb: 1\n", false},
	{" a:\n  x: \"\nb: \"\n  y: 1\n|#\n  z: 2\nc: 3\n", false},
	{"- a: 1\n|#\nb: 1\n", false},
	{"a:\n  {x: 1}\n|#\n  b: 1\n", false},
	{"a:\n  x: 1\n\"b\":\n- y: 1\n|#\n  z: 1\n", false},
	{"a:\n  x: 1\n|#\n    y: 1\n  z: 2\n", false},
	{"a:\n  ? x\n|# c\n  y: 1\n", false},
	{"a:\n x: 1\n|#\n  y: 1\nb: 2\n", false},
	{"a:\n  x:\n  'y'\n|#\nb: 1\n", false},
	/* documents */
	{"---\na: 1\n|#\nb: 1\n", false},
	{"%YAML 1.1\n---\na: 1\n|#\nb: 1\n", false},
	{"a: 1\n...\n|#\nb: 1\n", false},
	{"a: 1\r...\n|#\nb: 1\n", false},
	{"a: 1\n|#\nb: 1\n---\nc: 1\n", false},
	{"a: 1\n|#\nb: 1\n...\n", false},
	/* errors */
	{"a: 1\n|#\nb: 1\na: 2\n", false},
	{"a:\n  x: 1\n|#\n  y: 1\n  x: 2\n", false},
	{"a:\n  x: 1\n|#\n  y: 1\na: 2\n", false},
	{"b: 0\na:\n  x: 1\n|#\n  y: 1\nb: 2\n", false},
	{"a: \"\\0\"\n|#\nb: 1\n", false},
	{"a: 1\n|#\nb: \"\\0\"\n", false},
	{"a:\n  x: &n 1\n|#\n  y: 1\n", false},
	{"a:\n  x: 1\n|#\n  y: *n\n", false},
	{"a:\n  x: 1\n|#\n  y: !!str 1\n", false},
	{"a:\n  b:\n\t- x\n|#\nc: 1\n", false},
	{"a: 1\n|#\nc:\n\t- x\n", false},
	{"a: 1\n|#\nb: c: d\n", false},
	{"|# only\n# comments\n", false},
	{"a: 1\n|#\n", false},
	{"|", false},
};

static void written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		auto_strbuf struct strbuf b = {0};
		const size_t near = (size_t)(strrchr(texts[i].text, '|') - texts[i].text);
		struct source src;
		enum two_ways ways;

		strbuf_addn(&b, texts[i].text, near);
		strbuf_add(&b, texts[i].text + near + 1);
		src = (struct source){.path = "t.yaml", .text = strbuf_str(&b), .len = b.len};
		ways = two_ways_read(&src, near);
		if (ways != (texts[i].halves ? TWO_WAYS_SAME : TWO_WAYS_NO_HALVES))
			fail_msg("%s: %d", texts[i].text, (int)ways);
		(void)cut_everywhere(texts[i].text, src.text, src.len, 1); /* any number */
	}
}

/* Neither half has too many, both have. */
static void too_many(void **state)
{
	auto_strbuf struct strbuf b = {0};
	struct source src;

	(void)state;
	for (int half = 0; half < 2; half++) {
		strbuf_add(&b, half ? "\nb: [1" : "a: [1");
		for (size_t i = 0; i < PARSE_MAX_NODES / 2; i++)
			strbuf_add(&b, ",1");
		strbuf_add(&b, "]\n");
	}
	src = (struct source){.path = "t.yaml", .text = b.s, .len = b.len};
	assert_int_equal(two_ways_read(&src, b.len / 2), TWO_WAYS_NO_HALVES);
}

/* A thread that was joined does not count any more, which setns() of a user namespace needs. */
static void alone_again(void **state)
{
	const struct source src = {.path = "t.yaml", .text = "a: 1\n#\nb: 1\n", .len = 12};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		auto_arena struct arena *arena = arena_new(0);
		struct lines lines;
		struct part whole;
		struct stat st;

		parse_lines(arena, &src, &lines);
		whole = parse_part_whole(&lines);
		assert_non_null(parse_halves(&whole, 5, arena, arena));
		assert_int_equal(stat("/proc/self/task", &st), 0);
		assert_int_equal(st.st_nlink, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped),     cmocka_unit_test(generated),
		cmocka_unit_test(written),     cmocka_unit_test(too_many),
		cmocka_unit_test(alone_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
