// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "routing/note.h"

static const struct routing_monitor monitors[] = {{.name = "vbr-1"}, {.name = "vbr-2"}};
#define NOON 43205 /* 12:00:05 */

static void it_names_every_monitor(void **state)
{
	const struct {
		struct routing_pulse pulses[2];
		size_t n;
		struct routing_tally tally;
		const char *expect;
	} rows[] = {
		{{{0}}, 0, {0, 0, 0}, "0 learned, 0 routes"},
		{{{.monitor = &monitors[0], .up = true}},
		 1,
		 {3, 5, 0},
		 "vbr-1 up, 3 learned, 5 routes"},
		{{{.monitor = &monitors[0], .up = true}, {.monitor = &monitors[1], .lost_by = 7}},
		 2,
		 {3, 5, 2},
		 "vbr-1 up, vbr-2 down since 12:00:05Z (7 lost), 3 learned, 5 routes, 2 missing"},
		/* taken over from a process that is no more: what it counted is not known */
		{{{.monitor = &monitors[0]}},
		 1,
		 {0, 0, 0},
		 "vbr-1 down since 12:00:05Z, 0 learned, 0 routes"},
	};
	static const time_t down_at[2] = {NOON, NOON};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_strbuf struct strbuf b = {0};

		routing_note(&b, rows[i].pulses, down_at, rows[i].n, &rows[i].tally);
		assert_string_equal(strbuf_str(&b), rows[i].expect);
	}
}

static void of_many_it_names_those_that_are_down(void **state)
{
	struct routing_pulse pulses[100];
	time_t down_at[100];
	const struct routing_tally tally = {1, 2, 0};
	auto_strbuf struct strbuf one = {0}, all = {0};

	for (size_t i = 0; i < 100; i++) {
		pulses[i] = (struct routing_pulse){.monitor = &monitors[0], .up = true};
		down_at[i] = NOON;
	}
	pulses[50] = (struct routing_pulse){.monitor = &monitors[1], .lost_by = 7};
	routing_note(&one, pulses, down_at, 100, &tally);
	assert_string_equal(strbuf_str(&one), "99 of 100 up, vbr-2 down since 12:00:05Z (7 lost), "
					      "1 learned, 2 routes");
	for (size_t i = 0; i < 100; i++)
		pulses[i].up = false;
	routing_note(&all, pulses, down_at, 100, &tally);
	assert_in_range(all.len, 200, 300); /* what a note may have */
	assert_non_null(strstr(all.s, ", 1 learned, 2 routes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_names_every_monitor),
		cmocka_unit_test(of_many_it_names_those_that_are_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
