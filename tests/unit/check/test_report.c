// SPDX-License-Identifier: GPL-2.0-only
/* Results as TAP, JUnit, JSON and lines; which checks are run; the last line of a log. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "check/check.h"
#include "check/evidence.h"

static const struct check_result results[] = {
	{"name", "the domain resolves", CHECK_OK, 12, NULL, NULL},
	{"hello", "GET #1 <works> & \"well\"", CHECK_FAILED, 5123, (char *)"status is 404, not 200",
	 (char *)"ecs-3: routes\n  default via 192.168.1.253 dev eth0\n"},
	{"rtt", "30 ms", CHECK_OK, 7, (char *)"it takes 30.1 ms", NULL},
};

static void same(struct strbuf *got, const char *want)
{
	assert_string_equal(strbuf_str(got), want);
	strbuf_done(got);
}

static const struct check_result measured[] = {
	{"cut", "traffic recovers", CHECK_OK, 3056, (char *)"answers were missing for 2.71 s",
	 NULL},
};

static void test_measured(void **state)
{
	struct strbuf out = {0};

	check_report_tap(&out, measured, 1);
	same(&out, "TAP version 13\n"
		   "1..1\n"
		   "ok 1 - cut: traffic recovers\n"
		   "  ---\n"
		   "  message: \"answers were missing for 2.71 s\"\n"
		   "  duration_ms: 3056\n"
		   "  ...\n");
	check_report_line(&out, measured, false);
	same(&out, "✓ traffic recovers: answers were missing for 2.71 s (3.0 s)\n");
	check_report_json(&out, "dual-circuit", NULL, measured, 1);
	assert_non_null(strstr(strbuf_str(&out), "\"measured\": \"answers were missing for"));
	strbuf_done(&out);
	check_report_junit(&out, "dual-circuit", measured, 1);
	assert_non_null(strstr(strbuf_str(&out), "<system-out>answers were missing for 2.71 s"));
	strbuf_done(&out);
}

static void test_tap(void **state)
{
	struct strbuf out = {0};

	check_report_tap(&out, results, 3);
	same(&out, "TAP version 13\n"
		   "1..3\n"
		   "ok 1 - name: the domain resolves\n"
		   "not ok 2 - hello: GET \\#1 <works> & \"well\"\n"
		   "  ---\n"
		   "  message: \"status is 404, not 200\"\n"
		   "  duration_ms: 5123\n"
		   "  evidence: |\n"
		   "    ecs-3: routes\n"
		   "      default via 192.168.1.253 dev eth0\n"
		   "  ...\n"
		   "ok 3 - rtt: 30 ms\n"
		   "  ---\n"
		   "  message: \"it takes 30.1 ms\"\n"
		   "  duration_ms: 7\n"
		   "  ...\n");
	check_report_tap(&out, results, 0);
	same(&out, "TAP version 13\n1..0\n");
}

static void test_junit(void **state)
{
	struct strbuf out = {0};

	check_report_junit(&out, "scenario1", results, 3);
	same(&out,
	     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	     "<testsuites>\n"
	     "  <testsuite name=\"scenario1\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\" "
	     "time=\"5.142\">\n"
	     "    <testcase classname=\"scenario1\" name=\"name: the domain resolves\" "
	     "time=\"0.012\"/>\n"
	     "    <testcase classname=\"scenario1\" name=\"hello: GET #1 &lt;works&gt; &amp; "
	     "&quot;well&quot;\" time=\"5.123\">\n"
	     "      <failure message=\"status is 404, not 200\">ecs-3: routes\n"
	     "  default via 192.168.1.253 dev eth0\n"
	     "</failure>\n"
	     "    </testcase>\n"
	     "    <testcase classname=\"scenario1\" name=\"rtt: 30 ms\" time=\"0.007\">\n"
	     "      <system-out>it takes 30.1 ms</system-out>\n"
	     "    </testcase>\n"
	     "  </testsuite>\n"
	     "</testsuites>\n");
}

static void test_json(void **state)
{
	struct strbuf out = {0};

	check_report_json(&out, "scenario1", NULL, results + 2, 1);
	same(&out, "{\n"
		   "  \"lab\": \"scenario1\",\n"
		   "  \"step\": null,\n"
		   "  \"ok\": 1,\n"
		   "  \"failed\": 0,\n"
		   "  \"checks\": [\n"
		   "    {\n"
		   "      \"id\": \"rtt\",\n"
		   "      \"title\": \"30 ms\",\n"
		   "      \"verdict\": \"ok\",\n"
		   "      \"ms\": 7,\n"
		   "      \"measured\": \"it takes 30.1 ms\"\n"
		   "    }\n"
		   "  ]\n"
		   "}\n");
}

static void test_clean(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"a\n\tb", "a\n\tb"},
		{"\033[31mred\a\177\r", "?[31mred???"},
		{"h\xc3\xa9", "h\xc3\xa9"},
		{"h\xc3\xa9\xff", "h???"},
		{"cut in the middle \xc3", "cut in the middle ?"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *text = strdup(rows[i].text);

		check_clean(text);
		assert_string_equal(text, rows[i].want);
	}
}

static void test_lines(void **state)
{
	struct strbuf out = {0};

	for (size_t i = 0; i < 3; i++)
		check_report_line(&out, &results[i], false);
	same(&out, "✓ the domain resolves\n"
		   "✗ GET #1 <works> & \"well\" (5.1 s)\n"
		   "    status is 404, not 200\n"
		   "      ecs-3: routes\n"
		   "        default via 192.168.1.253 dev eth0\n"
		   "✓ 30 ms: it takes 30.1 ms\n");
	check_report_line(&out, &results[0], true);
	same(&out, "\033[32m✓\033[0m the domain resolves\n");
}

static void test_summary(void **state)
{
	struct strbuf out = {0};

	check_report_summary(&out, results, 3);
	same(&out, "2 of 3 checks hold, 1 failed");
	check_report_summary(&out, results, 1);
	same(&out, "1 of 1 checks hold");
	check_report_summary(&out, results, 0);
	same(&out, "no checks");
}

static void test_select(void **state)
{
	static struct check of_first[2], of_last[1], of_lab[1];
	static struct step steps[] = {
		{.id = {.name = "first"}, .checks = of_first, .n_checks = 2},
		{.id = {.name = "last"}, .checks = of_last, .n_checks = 1},
	};
	struct lab lab = {.steps = steps, .n_steps = 2, .checks = of_lab, .n_checks = 1};
	static const struct {
		const char *step;
		size_t n;
		const struct check *first, *last;
	} rows[] = {
		{"first", 2, &of_first[0], &of_first[1]},
		{"last", 2, &of_last[0], &of_lab[0]},
		{NULL, 2, &of_last[0], &of_lab[0]},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = 0;
		auto_free const struct check **checks = check_select(&lab, rows[i].step, &n);

		assert_int_equal(n, rows[i].n);
		assert_ptr_equal(checks[0], rows[i].first);
		assert_ptr_equal(checks[n - 1], rows[i].last);
	}
	lab.n_steps = 0;
	{
		size_t n = 0;
		auto_free const struct check **checks = check_select(&lab, NULL, &n);

		assert_int_equal(n, 1);
		assert_ptr_equal(checks[0], &of_lab[0]);
	}
}

static void test_last_line(void **state)
{
	static const struct {
		const char *text, *word, *want;
	} rows[] = {
		{"", NULL, ""},        {"\n\n", NULL, ""},       {"a", NULL, "a"},
		{"a\nb\n", NULL, "b"}, {"a x\nb\n", "x", "a x"}, {"x 1\nx 2\nc\n", "x", "x 2"},
		{"a\nb\n", "z", ""},   {"\nz", "z", "z"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf out = {0};

		check_last_line(rows[i].text, strlen(rows[i].text), rows[i].word, &out);
		same(&out, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap),       cmocka_unit_test(test_measured),
		cmocka_unit_test(test_junit),     cmocka_unit_test(test_json),
		cmocka_unit_test(test_clean),     cmocka_unit_test(test_lines),
		cmocka_unit_test(test_summary),   cmocka_unit_test(test_select),
		cmocka_unit_test(test_last_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
