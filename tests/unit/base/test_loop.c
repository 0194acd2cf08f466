// SPDX-License-Identifier: GPL-2.0-only
#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "lib/test.h"

struct event {
	struct loop_timer timer;
	struct loop_io io;
	struct loop_later later;
	int id;
	struct loop *loop;
	struct event *victim;
};

static int fired[16], n_fired;

static void on_timer(struct loop_timer *t)
{
	fired[n_fired++] = ((struct event *)(void *)t)->id;
}

static void timers_fire_in_order(void **state)
{
	static const uint64_t ms[] = {5, 1, 9, 3, 7, 2};
	static const int expected[] = {1, 5, 0, 4}; /* 2 and 3 are cleared below */
	struct event e[ARRAY_LEN(ms)] = {0};
	struct loop *l = loop_new();

	n_fired = 0;
	for (size_t i = 0; i < ARRAY_LEN(ms); i++) {
		e[i].timer.fn = on_timer;
		e[i].id = (int)i;
		loop_timer_set(l, &e[i].timer, ms[i]);
	}
	loop_timer_clear(l, &e[2].timer);
	loop_timer_clear(l, &e[3].timer);
	loop_timer_clear(l, &e[3].timer); /* twice is fine */
	for (int turn = 0; turn < 1000 && n_fired < 4; turn++)
		assert_int_equal(loop_turn(l, 100), 0);
	assert_int_equal(n_fired, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(fired[i], expected[i]);
	loop_free(l);
}

/* 0 is put off and then brought forward, 1 only put off, 2 paused, 3 paused and set again, 4 paused and cleared. */
static void timers_are_put_off_and_paused(void **state)
{
	static const int expected[] = {0, 3, 1};
	struct event e[5] = {0};
	struct loop *l = loop_new();

	n_fired = 0;
	for (int i = 0; i < 5; i++) {
		e[i].timer.fn = on_timer;
		e[i].id = i;
		loop_timer_set(l, &e[i].timer, 2);
	}
	loop_timer_set(l, &e[0].timer, 50);
	loop_timer_set(l, &e[0].timer, 1);
	loop_timer_set(l, &e[1].timer, 30);
	for (int i = 2; i < 5; i++)
		loop_timer_pause(&e[i].timer);
	assert_false(loop_timer_is_set(&e[2].timer));
	loop_timer_set(l, &e[3].timer, 10);
	assert_true(loop_timer_is_set(&e[3].timer));
	loop_timer_clear(l, &e[4].timer);
	for (int turn = 0; turn < 1000 && n_fired < 3; turn++)
		assert_int_equal(loop_turn(l, 100), 0);
	assert_int_equal(n_fired, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fired[i], expected[i]);
	assert_int_equal(loop_turn(l, 0), 0);
	assert_int_equal(n_fired, 3);
	loop_free(l);
}

static void on_readable(struct loop_io *io, uint32_t events)
{
	struct event *e = (struct event *)(void *)((char *)io - offsetof(struct event, io));

	assert_true(events & EPOLLIN);
	n_fired++;
	loop_del(e->loop, &e->victim->io);
}

/* Both descriptors are ready in one batch; the first callback removes the second: it must not run. */
static void removed_descriptors_get_no_event(void **state)
{
	struct loop *l = loop_new();
	struct event e[2] = {0};
	int pipes[2][2];

	n_fired = 0;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		e[i] = (struct event){.io.fn = on_readable, .loop = l, .victim = &e[1 - i]};
		assert_int_equal(loop_add(l, &e[i].io, pipes[i][0], EPOLLIN), 0);
	}
	assert_int_equal(loop_turn(l, 1000), 0);
	assert_int_equal(n_fired, 1);
	for (int i = 0; i < 2; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
	loop_free(l);
}

static void on_later(struct loop_later *later)
{
	struct event *e = container_of(later, struct event, later);

	fired[n_fired++] = e->id;
	if (e->victim)
		loop_later_clear(&e->victim->later);
}

static void on_timer_put_off(struct loop_timer *t)
{
	struct event *e = container_of(t, struct event, timer);

	on_timer(t);
	loop_later_set(e->loop, &e->later, LOOP_LATER);
}

/* 0 (the last), 3 are put off from outside, 1 by a timer; 2 is cleared by 3, and 4 before. No turn waits for anything. */
static void what_is_put_off_comes_last(void **state)
{
	static const int expected[] = {1, 3, 1, 0};
	struct loop *l = loop_new();
	struct event e[5] = {0};

	n_fired = 0;
	for (int i = 0; i < 5; i++)
		e[i] = (struct event){.later.fn = on_later, .id = i, .loop = l};
	e[3].victim = &e[2];
	e[1].timer.fn = on_timer_put_off;
	loop_timer_set(l, &e[1].timer, 0);
	loop_later_set(l, &e[0].later, LOOP_LAST);
	for (int i = 4; i > 1; i--)
		loop_later_set(l, &e[i].later, LOOP_LATER);
	loop_later_set(l, &e[0].later, LOOP_LATER); /* twice is once */
	loop_later_clear(&e[4].later);
	loop_later_clear(&e[4].later);
	assert_int_equal(loop_turn(l, -1), 0);
	assert_int_equal(n_fired, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(fired[i], expected[i]);
	assert_int_equal(loop_turn(l, 0), 0);
	assert_int_equal(n_fired, 4);
	loop_free(l);
}

static void again(struct loop_later *later)
{
	struct event *e = container_of(later, struct event, later);

	if (++n_fired < 3)
		loop_later_set(e->loop, later, LOOP_LAST);
}

static void what_is_put_off_again_is_of_the_same_turn(void **state)
{
	struct loop *l = loop_new();
	struct event e = {.later.fn = again, .loop = l};

	n_fired = 0;
	loop_later_set(l, &e.later, LOOP_LAST);
	assert_int_equal(loop_turn(l, -1), 0);
	assert_int_equal(n_fired, 3);
	loop_free(l);
}

/* ---- messages ---- */

struct letter {
	struct loop_later later; /* first */
	struct iovec part;
	ssize_t told; /* what it found when it was called: -2, nothing */
	int errnum;
};

static size_t n_together[4], n_sends;

static void on_letter(struct loop_later *later)
{
	struct letter *x = (struct letter *)(void *)later;

	fired[n_fired++] = later->message.fd;
	if (!loop_later_sent(later, &x->told))
		x->told = -2;
	else
		x->errnum = x->told < 0 ? errno : 0;
	assert_false(loop_later_sent(later, &x->told)); /* it is told once */
}

/* Those to 5 and more are left alone, as by a kernel that has no memory left. */
static void send_some(void *arg, struct loop_later *const *laters, size_t n)
{
	assert_string_equal(arg, "post");
	n_together[n_sends++] = n;
	for (size_t i = 0; i < n; i++) {
		if (laters[i]->message.fd >= 5)
			continue;
		laters[i]->message.tried = true;
		laters[i]->message.result = laters[i]->message.fd == 4
						    ? -EAGAIN
						    : (ssize_t)laters[i]->message.parts->iov_len;
	}
}

static void post(struct loop *l, struct letter *x, int fd)
{
	*x = (struct letter){.later.fn = on_letter, .part = {"hello", (size_t)fd}};
	loop_later_send(l, &x->later, fd == 3 ? LOOP_LATER : LOOP_LAST, fd, &x->part, 1);
}

/* 3 has a rank of its own and is sent with the others, 2 has been cleared, 6 has nothing to send. */
static void messages_are_sent_together(void **state)
{
	static const int expected[] = {3, 1, 4, 5, 0};
	struct loop *l = loop_new();
	struct letter x[6];

	n_fired = 0;
	n_sends = 0;
	loop_send_together(l, send_some, (void *)"post");
	for (int i = 0; i < 5; i++)
		post(l, &x[i], i + 1);
	x[5] = (struct letter){.later.fn = on_letter};
	loop_later_set(l, &x[5].later, LOOP_LAST);
	loop_later_clear(&x[1].later);
	assert_int_equal(loop_turn(l, 0), 0);
	assert_int_equal(n_sends, 1);
	assert_int_equal(n_together[0], 4);
	assert_int_equal(n_fired, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(fired[i], expected[i]);
	assert_int_equal(x[0].told, 1);
	assert_int_equal(x[2].told, 3);
	assert_int_equal(x[3].told, -1);
	assert_int_equal(x[3].errnum, EAGAIN);
	assert_int_equal(x[4].told, -2);
	assert_int_equal(x[5].told, -2);
	loop_free(l);
}

static void count_letter(struct loop_later *later)
{
	ssize_t n;

	assert_true(loop_later_sent(later, &n));
	assert_int_equal(n, 1);
	n_fired++;
}

/* More than go together, of which none is forgotten or sent twice. */
static void very_many_messages_are_sent_in_parts(void **state)
{
	enum { MANY = LOOP_TOGETHER + 7 };
	struct letter *x = calloc(MANY, sizeof(*x));
	struct loop *l = loop_new();

	assert_non_null(x);
	n_sends = 0;
	loop_send_together(l, send_some, (void *)"post");
	for (int i = 0; i < MANY; i++) {
		post(l, &x[i], 1);
		x[i].later.fn = count_letter;
	}
	n_fired = 0;
	assert_int_equal(loop_turn(l, 0), 0);
	assert_int_equal(n_fired, MANY);
	assert_int_equal(n_sends, 2);
	assert_int_equal(n_together[0], LOOP_TOGETHER);
	assert_int_equal(n_together[1], 7);
	loop_free(l);
	free(x);
}

/* A deadline that is far enough for an alarm, one before it, and the first again: each at its time. */
static void alarms_ring_in_time(void **state)
{
	struct event e[3] = {0};
	struct loop *l = loop_new();
	const uint64_t begin = clock_ms();

	n_fired = 0;
	for (int i = 0; i < 3; i++)
		e[i] = (struct event){.timer.fn = on_timer, .id = i};
	loop_timer_set(l, &e[0].timer, 250);
	loop_timer_set(l, &e[1].timer, 120);
	assert_int_equal(loop_turn(l, 0), 0);
	for (int turn = 0; turn < 1000 && n_fired < 1; turn++)
		assert_int_equal(loop_turn(l, -1), 0);
	assert_in_range(clock_ms() - begin, 120, 249);
	assert_int_equal(fired[0], 1);
	loop_timer_set(l, &e[2].timer, 600);
	for (int turn = 0; turn < 1000 && n_fired < 3; turn++)
		assert_int_equal(loop_turn(l, -1), 0);
	assert_int_equal(fired[1], 0);
	assert_int_equal(fired[2], 2);
	assert_true(clock_ms() - begin >= 720);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(timers_are_put_off_and_paused),
		cmocka_unit_test(removed_descriptors_get_no_event),
		cmocka_unit_test(what_is_put_off_comes_last),
		cmocka_unit_test(what_is_put_off_again_is_of_the_same_turn),
		cmocka_unit_test(messages_are_sent_together),
		cmocka_unit_test(very_many_messages_are_sent_in_parts),
		cmocka_unit_test(alarms_ring_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
