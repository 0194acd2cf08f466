// SPDX-License-Identifier: GPL-2.0-only
/* A lab's journal: read back, cut anywhere, garbage. */
#include "unit/state/fixture.h"

#include <sys/stat.h>

static void test_journal_is_read_back(void **state)
{
	struct lab_error *err = NULL;
	struct process_id id = {4711, 123456789};
	struct state *s = must_open("lab-1", STATE_CREATE);
	const struct state_journal *j;

	assert_int_equal(state_journal_namespace(s, "vpc-1", 4, 4026532000, &err), 0);
	assert_int_equal(state_journal_namespace(s, "cen-1.cn-hangzhou", 4, 4026532001, &err), 0);
	assert_int_equal(state_journal_namespace(s, "ecs-1", 4, 4026532002, &err), 0);
	assert_int_equal(state_journal_supervisor(s, &id, &err), 0);
	assert_int_equal(state_journal_namespace_gone(s, "ecs-1", &err), 0);
	state_close(s);
	s = must_open("lab-1", STATE_READ);
	j = state_journal(s);
	assert_false(j->stale);
	assert_int_equal(j->n_namespaces, 2);
	assert_string_equal(j->namespaces[1].name, "cen-1.cn-hangzhou");
	assert_int_equal(j->namespaces[1].ino, 4026532001);
	assert_int_equal(j->namespaces[1].dev, 4);
	assert_int_equal(j->supervisor.pid, 4711);
	assert_int_equal(j->supervisor.start, 123456789);
	state_close(s);
	s = must_open("lab-1", STATE_LOCK);
	assert_int_equal(state_journal_supervisor_gone(s, &err), 0);
	state_close(s);
	s = must_open("lab-1", STATE_READ);
	assert_int_equal(state_journal(s)->supervisor.pid, 0);
	assert_int_equal(state_journal(s)->n_namespaces, 2);
	state_close(s);
}

static void expect_namespaces(const struct state *s, const size_t *left, size_t n)
{
	const struct state_journal *j = state_journal(s);

	assert_int_equal(j->n_namespaces, n);
	for (size_t i = 0; i < n; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "ecs-%zu", left[i]);
		assert_string_equal(j->namespaces[i].name, name);
		assert_ptr_equal(state_journal_find(j, name), &j->namespaces[i]);
		assert_int_equal(j->namespaces[i].ino, left[i]);
	}
}

/* More than the index has room for at first; taken away from the end, the middle and the beginning. */
static void test_journal_finds(void **state)
{
	enum { MANY = 300 };
	struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);
	size_t left[MANY], n = 0, x = 7;
	char name[16];

	assert_null(state_journal_find(state_journal(s), "ecs-0"));
	for (; n < MANY; n++) {
		(void)snprintf(name, sizeof(name), "ecs-%zu", n);
		assert_int_equal(state_journal_namespace(s, name, 4, n, &err), 0);
		left[n] = n;
	}
	expect_namespaces(s, left, n);
	while (n) {
		size_t i = n % 3 ? n - 1 : (x = x * 1103515245 + 12345) % n;

		(void)snprintf(name, sizeof(name), "ecs-%zu", left[i]);
		assert_int_equal(state_journal_namespace_gone(s, name, &err), 0);
		memmove(&left[i], &left[i + 1], (--n - i) * sizeof(*left));
		assert_null(state_journal_find(state_journal(s), name));
		expect_namespaces(s, left, n);
	}
	state_close(s);
}

static char *good_journal(void)
{
	struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);
	char *text;

	assert_int_equal(state_journal_namespace(s, "vpc-1", 4, 100, &err), 0);
	assert_int_equal(state_journal_namespace(s, "vpc-2", 4, 200, &err), 0);
	text = state_read(s, "journal", NULL, &err);
	state_close(s);
	return text;
}

/* Cut at every byte: what is left is a prefix of the events, and the next line starts clean. */
static void test_journal_cut_anywhere(void **state)
{
	auto_free char *whole = good_journal();
	size_t len = strlen(whole);

	for (size_t cut = 0; cut <= len; cut++) {
		auto_free char *part = strndup(whole, cut);
		struct lab_error *err = NULL;
		struct state *s;
		size_t had;

		put(*state, "lab-1/journal", part);
		s = must_open("lab-1", STATE_LOCK);
		had = state_journal(s)->n_namespaces;
		assert_true(had == 2 ? cut == len : had <= 1);
		/* at the end of a line nobody can tell; what no header begins is no journal */
		assert_int_equal(state_journal(s)->stale, !cut || part[cut - 1] != '\n');
		assert_int_equal(state_journal_namespace(s, "vpc-3", 4, 300, &err), 0);
		state_close(s);
		s = must_open("lab-1", STATE_READ);
		assert_int_equal(state_journal(s)->n_namespaces, had + 1);
		assert_string_equal(state_journal(s)->namespaces[had].name, "vpc-3");
		state_close(s);
	}
}

static void test_journal_garbage(void **state)
{
	static const struct {
		const char *text;
		size_t namespaces; /* that survive */
	} cases[] = {
		{"garbage\n", 0},
		{"", 0},
		{"\n\n\n", 0},
		{"labctl-journal 1 00000000-0000-0000-0000-000000000000\nnamespace vpc-1 1 2\n", 0},
		{"labctl-journal 2 @\nnamespace vpc-1 1 2\n", 0},
		{"labctl-journal 1 @\nnamespace ../../etc 1 2\nnamespace vpc-1 1 2\n", 1},
		{"labctl-journal 1 @\nnamespace a/b 1 2\n", 0},
		{"labctl-journal 1 @\nnamespace .hidden 1 2\n", 0},
		{"labctl-journal 1 @\nnamespace vpc-1 x y\n", 0},
		{"labctl-journal 1 @\nnamespace vpc-1 1 2 3\n", 0},
		{"labctl-journal 1 @\nsupervisor -1 5\nsupervisor 99999999999 5\n", 0},
		{"labctl-journal 1 @\nwhat is this\nnamespace vpc-1 1 2\n", 1},
	};
	char boot_id[64];
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%63s", boot_id), 1);
	fclose(f);
	free(good_journal());
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *at = strchr(cases[i].text, '@');
		auto_strbuf struct strbuf text = {0};
		struct state *s;

		strbuf_addn(&text, cases[i].text,
			    at ? (size_t)(at - cases[i].text) : strlen(cases[i].text));
		if (at)
			strbuf_printf(&text, "%s%s", boot_id, at + 1);
		put(*state, "lab-1/journal", strbuf_str(&text));
		s = must_open("lab-1", STATE_READ);
		if (state_journal(s)->n_namespaces != cases[i].namespaces ||
		    !state_journal(s)->stale || state_journal(s)->supervisor.pid)
			fail_msg("case %zu: %zu namespaces, stale %d", i,
				 state_journal(s)->n_namespaces, state_journal(s)->stale);
		state_close(s);
	}
}

static void test_journal_missing_beside_a_plan(void **state)
{
	auto_error struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);

	assert_false(state_journal(s)->stale);
	assert_int_equal(state_write(s, "plan.json", "{}", 2, &err), 0);
	state_close(s);
	s = must_open("lab-1", STATE_READ);
	assert_true(state_journal(s)->stale);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_journal_is_read_back),          TEST(test_journal_finds),
		TEST(test_journal_cut_anywhere),          TEST(test_journal_garbage),
		TEST(test_journal_missing_beside_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
