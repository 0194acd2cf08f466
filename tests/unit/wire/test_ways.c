// SPDX-License-Identifier: GPL-2.0-only
/* Bytes in, bytes out, with a clock that only the test moves. */
#include "lib/test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"
#include "wire/ways.h"

#define MS   1000000u
#define SKIP 10 /* bytes before the Ethernet header */
#define IPV4 0x0800
#define ARP  0x0806

#define SENT_MAX 4096

/* What left, as "PORT:NUMBER" of each frame. */
struct world {
	struct arena *arena;
	struct wire_ways ways;
	struct wire_memory *memory;
	size_t port[SENT_MAX];
	unsigned int number[SENT_MAX];
	size_t n;
	enum wire_sent answer;
};

static enum wire_sent note(void *ctx, size_t port, const void *frame, size_t len)
{
	struct world *w = ctx;
	unsigned int number;

	if (w->answer != WIRE_SENT)
		return w->answer;
	assert_in_range(w->n, 0, SENT_MAX - 1);
	assert_int_equal(len, SKIP + 60);
	memcpy(&number, (const char *)frame + SKIP + 14, sizeof(number));
	w->port[w->n] = port;
	w->number[w->n++] = number;
	return WIRE_SENT;
}

/* Two lines: ports 0 and 1, ports 2 and 3. */
static void open_world(struct world *w, struct wire_traits traits, struct wire_memory *memory)
{
	static struct wire_line lines[] = {{.name = "a", .ports = {0, 1}},
					   {.name = "b", .ports = {2, 3}}};
	static const struct wire_config config = {
		.lab = "t", .lines = lines, .n_lines = 2, .n_ports = 4};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		lines[i].traits = traits;
		lines[i].hold = 1 << 20;
	}
	memset(w, 0, sizeof(*w));
	w->arena = arena_new(0);
	w->memory = memory;
	wire_ways_init(&w->ways, w->arena, &config, memory);
	w->ways.send = note;
	w->ways.ctx = w;
	wire_ways_adopt(&w->ways);
}

static void close_world(struct world *w)
{
	wire_ways_done(&w->ways);
	arena_free(w->arena);
}

static void arrive(struct world *w, size_t port, unsigned int type, unsigned int number,
		   uint64_t stamp)
{
	struct wire_frame *f = wire_ways_room(&w->ways, port);

	assert_non_null(f);
	memset(f->data, 0, SKIP + 60);
	f->len = SKIP + 60;
	f->data[SKIP + 12] = (unsigned char)(type >> 8);
	f->data[SKIP + 13] = (unsigned char)type;
	memcpy(f->data + SKIP + 14, &number, sizeof(number));
	wire_ways_take(&w->ways, port, f, SKIP, stamp);
	wire_ways_tidy(&w->ways, port);
}

/* Sends all that is due until then, as a loop would: some, and again. */
static void pass(struct world *w, uint64_t now)
{
	for (int i = 0; i < 100 && wire_ways_due(&w->ways) <= now; i++)
		wire_ways_send(&w->ways, now);
}

static void a_frame_leaves_when_it_is_due(void **state)
{
	struct world w;

	open_world(&w, (struct wire_traits){.delay_ns = 15 * MS}, NULL);
	assert_int_equal(wire_ways_due(&w.ways), WIRE_NEVER);
	arrive(&w, 0, IPV4, 1, 100 * MS);
	arrive(&w, 3, IPV4, 2, 105 * MS);
	assert_int_equal(wire_ways_due(&w.ways), 115 * MS);
	pass(&w, 115 * MS - 1);
	assert_int_equal(w.n, 0);
	pass(&w, 115 * MS);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.port[0], 1);
	assert_int_equal(wire_ways_due(&w.ways), 120 * MS);
	pass(&w, 200 * MS);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.port[1], 2);
	assert_int_equal(wire_ways_due(&w.ways), WIRE_NEVER);
	close_world(&w);
}

static void jitter_keeps_the_order(void **state)
{
	struct world w;
	uint64_t now = 0, first = 0, last = 0;

	open_world(&w, (struct wire_traits){.delay_ns = 10 * MS, .jitter_ns = 9 * MS}, NULL);
	for (unsigned int i = 0; i < 200; i++)
		arrive(&w, 0, IPV4, i, 1000 * MS + i * 10000);
	for (now = 1000 * MS; now < 1030 * MS; now += 100000) {
		pass(&w, now);
		first = !first && w.n ? now : first;
		last = w.n < 200 ? now : last;
	}
	assert_int_equal(w.n, 200);
	for (unsigned int i = 0; i < 200; i++)
		assert_int_equal(w.number[i], i);
	assert_true(last - first > 5 * MS); /* some waited, and others behind them */
	close_world(&w);
}

/* Which of so many frames with a number are missing, as a bit each. */
static uint64_t losses(unsigned int arp_every)
{
	uint64_t got = 0;
	struct world w;

	open_world(&w, (struct wire_traits){.delay_ns = MS, .loss_ppm = 300000}, NULL);
	for (unsigned int i = 0; i < 64; i++) {
		if (arp_every && i % arp_every == 0)
			arrive(&w, 0, ARP, 1000, i * MS);
		arrive(&w, 0, IPV4, i, i * MS);
	}
	pass(&w, 1000 * MS);
	for (size_t i = 0; i < w.n; i++)
		if (w.number[i] < 64)
			got |= UINT64_C(1) << w.number[i];
	close_world(&w);
	return ~got;
}

static void the_same_packets_are_lost(void **state)
{
	uint64_t lost = losses(0);

	assert_in_range(__builtin_popcountll(lost), 8, 32);
	assert_int_equal(losses(0), lost);
	assert_int_equal(losses(5), lost); /* ARP does not count among them */
}

static void doubled_frames_leave_twice(void **state)
{
	struct world w;

	open_world(&w, (struct wire_traits){.delay_ns = MS, .duplicate_ppm = 1000000}, NULL);
	arrive(&w, 0, IPV4, 5, 0);
	arrive(&w, 0, IPV4, 6, 0);
	pass(&w, MS);
	assert_int_equal(w.n, 4);
	assert_int_equal(w.number[0], 5);
	assert_int_equal(w.number[1], 5);
	assert_int_equal(w.number[3], 6);
	close_world(&w);
}

static void what_overtakes_leaves_at_once(void **state)
{
	struct world w;

	open_world(&w, (struct wire_traits){.delay_ns = 10 * MS, .reorder_ppm = 500000}, NULL);
	for (unsigned int i = 0; i < 100; i++)
		arrive(&w, 0, IPV4, i, 0);
	assert_in_range(w.n, 30, 70);
	for (size_t i = 1; i < w.n; i++)
		assert_true(w.number[i] > w.number[i - 1]);
	pass(&w, 10 * MS);
	assert_int_equal(w.n, 100);
	close_world(&w);
}

/* One that the port does not take now waits its turn like the others: nothing is lost. */
static void what_cannot_overtake_is_late(void **state)
{
	struct world w;

	open_world(&w, (struct wire_traits){.delay_ns = 10 * MS, .reorder_ppm = 1000000}, NULL);
	w.answer = WIRE_BUSY;
	arrive(&w, 0, IPV4, 1, 0);
	w.answer = WIRE_SENT;
	assert_int_equal(w.n, 0);
	pass(&w, 10 * MS);
	assert_int_equal(w.n, 1);
	close_world(&w);
}

static void a_busy_port_is_tried_again(void **state)
{
	struct world w;
	uint64_t due;

	open_world(&w, (struct wire_traits){.delay_ns = MS}, NULL);
	arrive(&w, 0, IPV4, 1, 0);
	w.answer = WIRE_BUSY;
	wire_ways_send(&w.ways, MS);
	due = wire_ways_due(&w.ways);
	assert_in_range(due, MS + 1, 2 * MS);
	w.answer = WIRE_SENT;
	wire_ways_send(&w.ways, due);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.ways.gone, 0);
	close_world(&w);
}

static void not_for_ever(void **state)
{
	struct world w;
	uint64_t now = MS;

	open_world(&w, (struct wire_traits){.delay_ns = MS}, NULL);
	arrive(&w, 0, IPV4, 1, 0);
	w.answer = WIRE_BUSY;
	while (wire_ways_due(&w.ways) != WIRE_NEVER && now < 1000 * MS) {
		now = wire_ways_due(&w.ways);
		wire_ways_send(&w.ways, now);
	}
	assert_in_range(now, 5 * MS, 50 * MS);
	assert_int_equal(w.ways.gone, 1);
	close_world(&w);
}

static void a_refused_frame_is_lost_alone(void **state)
{
	struct world w;

	open_world(&w, (struct wire_traits){.delay_ns = MS}, NULL);
	arrive(&w, 0, IPV4, 1, 0);
	arrive(&w, 0, IPV4, 2, MS);
	w.answer = WIRE_GONE;
	pass(&w, MS);
	w.answer = WIRE_SENT;
	pass(&w, 2 * MS);
	assert_int_equal(w.ways.gone, 1);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.number[0], 2);
	close_world(&w);
}

/* --- from one process to the next --- */

static struct wire_memory *new_memory(int *fd)
{
	*fd = memfd_create("state", MFD_CLOEXEC);
	assert_int_equal(ftruncate(*fd, WORKER_MEMORY), 0);
	return wire_memory_open(*fd, NULL);
}

static void the_next_process_goes_on(void **state)
{
	auto_close int fd = -1;
	struct wire_memory *memory = new_memory(&fd);
	const struct wire_traits slow = {.delay_ns = 100 * MS, .loss_ppm = 300000};
	const struct wire_traits fast = {.delay_ns = 10 * MS, .loss_ppm = 300000};
	uint64_t lost = losses(0);
	struct world old, new;

	open_world(&old, slow, memory);
	for (unsigned int i = 0; i < 32; i++)
		arrive(&old, 0, IPV4, i, i * MS);
	wire_ways_hand_over(&old.ways);
	open_world(&new, fast, memory);
	for (unsigned int i = 32; i < 64; i++)
		arrive(&new, 0, IPV4, i, i * MS);
	/* the delay is shorter now, but what is under way comes first */
	pass(&new, 131 * MS);
	assert_int_equal(new.n, 0);
	pass(&old, 200 * MS);
	assert_int_equal(wire_ways_due(&old.ways), WIRE_NEVER);
	pass(&new, 200 * MS);
	/* and the same packets are lost as if there had been one process */
	for (size_t i = 0; i < old.n; i++)
		lost |= UINT64_C(1) << old.number[i];
	for (size_t i = 0; i < new.n; i++)
		lost |= UINT64_C(1) << new.number[i];
	assert_int_equal(lost, UINT64_MAX);
	assert_int_equal(old.n + new.n, 64 - (size_t)__builtin_popcountll(losses(0)));
	close_world(&old);
	close_world(&new);
	wire_memory_free(memory);
}

static void what_a_predecessor_told_is_not_told_again(void **state)
{
	auto_close int fd = -1;
	struct wire_memory *memory = new_memory(&fd);
	const struct wire_traits t = {.delay_ns = MS};
	struct world old, new;

	open_world(&old, t, memory);
	assert_int_equal(wire_ways_missed(&old.ways, 0, 3), 3);
	assert_int_equal(wire_ways_missed(&old.ways, 1, 4), 4); /* each way of a line for itself */
	open_world(&new, t, memory);
	assert_int_equal(wire_ways_missed(&new.ways, 0, 3), 0);
	assert_int_equal(wire_ways_missed(&new.ways, 0, 5), 2);
	assert_int_equal(wire_ways_missed(&new.ways, 1, 4), 0);
	/* of a socket that was made anew */
	assert_int_equal(wire_ways_missed(&new.ways, 0, 0), 0);
	assert_int_equal(wire_ways_missed(&new.ways, 0, 1), 1);
	/* round and round */
	(void)wire_ways_missed(&new.ways, 1, UINT32_MAX / 2); /* as far as one step tells */
	(void)wire_ways_missed(&new.ways, 1, UINT32_MAX - 1);
	assert_int_equal(wire_ways_missed(&new.ways, 1, 1), 3);
	close_world(&old);
	close_world(&new);
	wire_memory_free(memory);
}

static void nobody_waits_for_a_process_that_died(void **state)
{
	auto_close int fd = -1;
	struct wire_memory *memory = new_memory(&fd);
	const struct wire_traits t = {.delay_ns = 10 * MS};
	struct world old, new;

	open_world(&old, t, memory);
	arrive(&old, 0, IPV4, 1, 0);
	wire_ways_hand_over(&old.ways); /* and then it is killed */
	open_world(&new, t, memory);
	arrive(&new, 0, IPV4, 2, 5 * MS);
	arrive(&new, 1, IPV4, 3, 5 * MS); /* the other way is not concerned */
	for (uint64_t now = 0; now < 100 * MS; now += MS)
		pass(&new, now);
	assert_int_equal(new.n, 1);
	assert_int_equal(new.number[0], 3);
	for (uint64_t now = 100 * MS; now < 1000 * MS; now += MS)
		pass(&new, now);
	assert_int_equal(new.n, 2);
	close_world(&old);
	close_world(&new);
	wire_memory_free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_leaves_when_it_is_due),
		cmocka_unit_test(jitter_keeps_the_order),
		cmocka_unit_test(the_same_packets_are_lost),
		cmocka_unit_test(doubled_frames_leave_twice),
		cmocka_unit_test(what_overtakes_leaves_at_once),
		cmocka_unit_test(what_cannot_overtake_is_late),
		cmocka_unit_test(a_busy_port_is_tried_again),
		cmocka_unit_test(not_for_ever),
		cmocka_unit_test(a_refused_frame_is_lost_alone),
		cmocka_unit_test(the_next_process_goes_on),
		cmocka_unit_test(what_a_predecessor_told_is_not_told_again),
		cmocka_unit_test(nobody_waits_for_a_process_that_died),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
