// SPDX-License-Identifier: GPL-2.0-only
/* Which frames are lost, doubled, early or late: often enough, and always the same. */
#include "lib/test.h"

#include "wire/fate.h"

#define MANY 200000

struct tally {
	unsigned int lost, doubled, early;
	uint64_t least, most, sum;
};

static struct tally count(const struct wire_traits *t, uint64_t seed)
{
	struct tally n = {.least = UINT64_MAX};

	for (uint64_t i = 0; i < MANY; i++) {
		struct wire_fate f = wire_fate(t, seed, i);

		n.lost += f.copies == 0;
		n.doubled += f.copies == 2;
		n.early += f.overtakes;
		n.least = f.delay_ns < n.least ? f.delay_ns : n.least;
		n.most = f.delay_ns > n.most ? f.delay_ns : n.most;
		n.sum += f.delay_ns;
	}
	return n;
}

static void a_sound_line_only_delays(void **state)
{
	const struct wire_traits t = {.delay_ns = 15000000};
	struct tally n = count(&t, 1);

	assert_int_equal(n.lost + n.doubled + n.early, 0);
	assert_int_equal(n.least, 15000000);
	assert_int_equal(n.most, 15000000);
}

/* Within four standard deviations of MANY draws. */
static void shares_are_kept(void **state)
{
	static const struct {
		uint32_t ppm;
		unsigned int least, most;
	} rows[] = {
		{0, 0, 0},
		{1000, 143, 257},
		{200000, 39284, 40716},
		{999999, MANY - 4, MANY},
		{1000000, MANY, MANY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct wire_traits loss = {.loss_ppm = rows[i].ppm};
		const struct wire_traits twice = {.duplicate_ppm = rows[i].ppm};
		const struct wire_traits early = {.reorder_ppm = rows[i].ppm};

		print_message("%u ppm\n", rows[i].ppm);
		assert_in_range(count(&loss, 7).lost, rows[i].least, rows[i].most);
		assert_in_range(count(&twice, 7).doubled, rows[i].least, rows[i].most);
		assert_in_range(count(&early, 7).early, rows[i].least, rows[i].most);
	}
}

static void jitter_is_even_on_both_sides(void **state)
{
	const struct wire_traits t = {.delay_ns = 1000000, .jitter_ns = 250000};
	struct tally n = count(&t, 3);

	assert_in_range(n.least, 750000, 750100);
	assert_in_range(n.most, 1249900, 1250000);
	assert_in_range(n.sum / MANY, 998500, 1001500);
}

/* A change of jitter must not change what is lost, and both ways lose different packets. */
static void loss_depends_on_the_seed_alone(void **state)
{
	const struct wire_traits plain = {.delay_ns = 5, .loss_ppm = 100000};
	const struct wire_traits rich = {
		.delay_ns = 500, .jitter_ns = 100, .loss_ppm = 100000, .reorder_ppm = 500000};
	unsigned int common = 0;

	for (uint64_t i = 0; i < 10000; i++) {
		assert_int_equal(wire_fate(&plain, 9, i).copies, wire_fate(&rich, 9, i).copies);
		common += !wire_fate(&plain, 9, i).copies && !wire_fate(&plain, 10, i).copies;
	}
	assert_in_range(common, 60, 140); /* a tenth of a tenth */
}

/* The very packets: whoever changes the draws changes every lab's run. */
static void the_first_losses_stay_where_they_are(void **state)
{
	static const uint64_t lost[] = {3, 5, 23, 71, 85, 117, 120, 131};
	const struct wire_traits t = {.loss_ppm = 100000};
	size_t n = 0;

	for (uint64_t i = 0; n < sizeof(lost) / sizeof(*lost); i++)
		if (!wire_fate(&t, 42, i).copies)
			assert_int_equal(i, lost[n++]);
}

static void lost_and_doubled_is_once(void **state)
{
	const struct wire_traits t = {.loss_ppm = 1000000, .duplicate_ppm = 1000000};

	assert_int_equal(wire_fate(&t, 1, 0).copies, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_line_only_delays),
		cmocka_unit_test(shares_are_kept),
		cmocka_unit_test(jitter_is_even_on_both_sides),
		cmocka_unit_test(loss_depends_on_the_seed_alone),
		cmocka_unit_test(the_first_losses_stay_where_they_are),
		cmocka_unit_test(lost_and_doubled_is_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
