// SPDX-License-Identifier: GPL-2.0-only
/* Health checks with a clock of the test's own. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "base/echo.h"
#include "routing/monitor.h"

#define TARGET 0x0a000002
#define ID     0x4321
#define NEVER  UINT64_MAX

static const struct routing_monitor monitor = {
	.name = "vbr-1", .target = TARGET, .interval_ms = 2000, .losses = 8};

/* The requests that were sent, newest last. */
struct wire {
	unsigned char packets[256][ECHO_PACKET];
	size_t n;
};

static void send_to_wire(void *ctx, const void *packet, size_t n)
{
	struct wire *w = ctx;

	assert_int_equal(n, ECHO_PACKET);
	memcpy(w->packets[w->n++], packet, n);
}

/* The target answers request i. */
static bool answer_from(struct routing_pulse *p, struct wire *w, size_t i, uint64_t now,
			uint32_t from)
{
	unsigned char packet[20 + ECHO_PACKET] = {0x45};

	memcpy(packet + 20, w->packets[i], ECHO_PACKET);
	packet[20] = 0; /* ICMP_ECHOREPLY */
	return routing_monitor_take(p, now, packet, sizeof(packet), from);
}

static bool answer(struct routing_pulse *p, struct wire *w, size_t i, uint64_t now)
{
	return answer_from(p, w, i, now, TARGET);
}

/* Runs the clock from *now to `end`; answers each request after `rtt`, if not NEVER. When it went down,
 * or NEVER. */
static uint64_t run(struct routing_pulse *p, struct wire *w, uint64_t *now, uint64_t end,
		    uint64_t rtt)
{
	uint64_t down = NEVER;

	for (uint64_t due; (due = routing_monitor_due(p, *now)) <= end;) {
		size_t sent = w->n;

		*now = due;
		if (routing_monitor_tick(p, *now, send_to_wire, w))
			down = *now;
		if (w->n > sent && rtt != NEVER)
			(void)answer(p, w, sent, *now + rtt); /* the state shows what it did */
	}
	*now = end;
	return down;
}

static void it_sends_on_time_and_stays_up_while_answered(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	uint64_t now = 1000;

	routing_monitor_begin(&p, &monitor, ID, now);
	assert_true(p.up);
	assert_true(run(&p, &w, &now, 101000, 5) == NEVER);
	assert_int_equal(w.n, 51);
	assert_true(p.up);
	assert_int_equal(p.since, 1000);
}

static void silence_is_acted_upon_within_so_many_intervals(void **state)
{
	static const struct {
		unsigned int interval, losses;
		uint64_t down;     /* after the last answer */
		unsigned int lost; /* requests by then */
	} rows[] = {
		{2000, 8, 15800, 7},
		{100, 3, 290, 2},
		{1000, 2, 1900, 1},
		{10, 60, 599, 59},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct routing_monitor m = monitor;
		struct wire w = {0};
		struct routing_pulse p;
		uint64_t now = 1000, last;

		m.interval_ms = rows[i].interval;
		m.losses = rows[i].losses;
		routing_monitor_begin(&p, &m, ID, now);
		(void)run(&p, &w, &now, 1000 + 10 * m.interval_ms, 0); /* stays up, as above */
		last = now;
		assert_int_equal(p.last, last);
		assert_true(run(&p, &w, &now, last + 100 * m.interval_ms, NEVER) ==
			    last + rows[i].down);
		assert_false(p.up);
		assert_int_equal(p.lost_by, rows[i].lost);
		assert_int_equal(p.since, last + rows[i].down);
	}
}

static void one_that_never_answered_goes_down_as_well(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	uint64_t now = 1000;

	routing_monitor_begin(&p, &monitor, ID, now);
	assert_true(run(&p, &w, &now, 100000, NEVER) == 16800);
	assert_int_equal(p.lost_by, 8);
}

static void two_answers_in_a_row_bring_it_up(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	uint64_t now = 1000;
	size_t n;

	routing_monitor_begin(&p, &monitor, ID, now);
	(void)run(&p, &w, &now, 60000, NEVER); /* down, as above */
	n = w.n;
	(void)run(&p, &w, &now, 80000, NEVER); /* ten more */
	assert_false(answer(&p, &w, n, now));
	assert_false(answer(&p, &w, n + 2, now)); /* one between them is missing */
	assert_false(answer(&p, &w, n + 2, now)); /* a duplicate */
	assert_false(p.up);
	assert_true(answer(&p, &w, n + 3, now));
	assert_true(p.up);
	assert_int_equal(p.down_ms, 80000 - 16800);
	assert_int_equal(p.since, 80000);
	assert_false(answer(&p, &w, n + 4, now)); /* no change any more */
}

static void what_is_no_answer_does_not_count(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	unsigned char packet[20 + ECHO_PACKET] = {0x45};
	uint64_t now = 1000;

	routing_monitor_begin(&p, &monitor, ID, now);
	(void)run(&p, &w, &now, 5000, NEVER); /* too short to matter */
	assert_int_equal(w.n, 3);
	assert_false(answer_from(&p, &w, 0, now, TARGET + 1));
	echo_request(packet + 20, ID + 1, 0); /* somebody else's ping */
	packet[20] = 0;
	assert_false(routing_monitor_take(&p, now, packet, sizeof(packet), TARGET));
	echo_request(packet + 20, ID, 3); /* was not sent yet */
	packet[20] = 0;
	assert_false(routing_monitor_take(&p, now, packet, sizeof(packet), TARGET));
	assert_false(routing_monitor_take(&p, now, packet, 0, TARGET));
	assert_int_equal(p.last, 1000);
	assert_int_equal(p.lost, 3);
	(void)answer(&p, &w, 1, now); /* it is up already */
	assert_int_equal(p.last, 5000);
	assert_int_equal(p.lost, 0);
}

/* Time alone does not prove a loss: we may have been stopped. */
static void a_pause_of_ours_is_not_their_silence(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	uint64_t now = 1000;

	routing_monitor_begin(&p, &monitor, ID, now);
	(void)run(&p, &w, &now, 11000, 5); /* stays up */
	now = 100000;
	assert_false(routing_monitor_tick(&p, now, send_to_wire, &w));
	assert_int_equal(w.n, 7); /* what was missed is not made up for */
	assert_int_equal(routing_monitor_due(&p, now), now + 2000);
	/* nor does the next answer have to come sooner than usual */
	assert_true(run(&p, &w, &now, 200000, NEVER) == 100000 + 6 * 2000);
}

static void a_state_can_be_taken_over(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	uint64_t now = 50000;

	routing_monitor_begin(&p, &monitor, ID, now);
	routing_monitor_begin_down(&p, 20000);
	assert_false(p.up);
	assert_int_equal(p.since, 20000);
	assert_true(run(&p, &w, &now, 51000, 5) == NEVER); /* one answer */
	assert_false(p.up);
	(void)run(&p, &w, &now, 53000, 5); /* and another */
	assert_true(p.up);
	assert_int_equal(p.down_ms, 52005 - 20000);
}

/* Sequence numbers have 16 bits. */
static void numbers_wrap(void **state)
{
	struct wire w = {0};
	struct routing_pulse p;
	uint64_t now = 1000;

	routing_monitor_begin(&p, &monitor, ID, now);
	p.next = 65534;
	routing_monitor_begin_down(&p, 1);
	(void)run(&p, &w, &now, 1000 + 2000, 5); /* 65534, 65535 */
	assert_true(p.up);
	(void)run(&p, &w, &now, 1000 + 5 * 2000, 5);
	assert_int_equal(p.lost, 0);
	assert_int_equal(p.next, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_sends_on_time_and_stays_up_while_answered),
		cmocka_unit_test(silence_is_acted_upon_within_so_many_intervals),
		cmocka_unit_test(one_that_never_answered_goes_down_as_well),
		cmocka_unit_test(two_answers_in_a_row_bring_it_up),
		cmocka_unit_test(what_is_no_answer_does_not_count),
		cmocka_unit_test(a_pause_of_ours_is_not_their_silence),
		cmocka_unit_test(a_state_can_be_taken_over),
		cmocka_unit_test(numbers_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
