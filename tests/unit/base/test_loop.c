// SPDX-License-Identifier: GPL-2.0-only
#include "base/loop.h"

#include <unistd.h>

#include "base/cleanup.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order),
		cmocka_unit_test(timers_are_put_off_and_paused),
		cmocka_unit_test(removed_descriptors_get_no_event),
		cmocka_unit_test(what_is_put_off_comes_last),
		cmocka_unit_test(what_is_put_off_again_is_of_the_same_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
