// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level- or edge-triggered as the caller asks. Timers live in a heap, so that setting and clearing are
 * O(log n); one that is put off stays where it is until its old time has come, since most deadlines are put off
 * again and again and hardly any is reached. The kernel hears of the first of them: of a near one with epoll_wait(2),
 * of a far one once, by a timerfd. Events that were fetched for a descriptor which a callback then removes are blanked
 * in the batch: no callback runs on a dead object. A ring, where there is one, does all that epoll(7) does; timers and
 * what is put off are the same.
 */
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/container_of.h"

#define BATCH    256
#define NEVER    UINT64_MAX
#define ALARM_MS 100 /* from here on a deadline is worth the system call that sets an alarm */

struct loop {
	int fd;
	bool stop;
	uint64_t now;
	struct heap timers;
	struct loop_io alarm;                  /* a timerfd, for what is due in a while */
	uint64_t armed;                        /* when it fires */
	struct loop_later later[LOOP_N_RANKS]; /* rings, each itself what is behind its last */
	loop_sender *send;                     /* NULL: everybody for himself */
	void *send_arg;
	const struct loop_ring_ops *ring; /* NULL: epoll(7) */
	void *ring_arg;
	bool leaves;                                /* what is to be sent to the next turn's wait */
	struct loop_later *messages[LOOP_TOGETHER]; /* being sent */
	struct epoll_event batch[BATCH];
	int n_batch, at; /* the batch being delivered */
};

static void on_alarm(struct loop_io *io, uint32_t events)
{
	struct loop *l = container_of(io, struct loop, alarm);

	l->armed = NEVER; /* it came as an edge: nothing has to be read */
}

static int add_alarm(struct loop *l)
{
	l->alarm.fn = on_alarm;
	l->armed = NEVER;
	l->alarm.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return l->alarm.fd < 0 ? -1 : loop_add(l, &l->alarm, l->alarm.fd, EPOLLIN | EPOLLET);
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->fd < 0) {
		free(l);
		return NULL;
	}
	if (add_alarm(l) < 0) {
		loop_free(l);
		return NULL;
	}
	l->now = clock_ms();
	for (int i = 0; i < LOOP_N_RANKS; i++)
		l->later[i].prev = l->later[i].next = &l->later[i];
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	(void)close(l->fd); /* an epoll descriptor has nothing to flush */
	if (l->alarm.fd >= 0)
		(void)close(l->alarm.fd);
	heap_done(&l->timers);
	free(l);
}

int loop_add(struct loop *l, struct loop_io *io, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	io->fd = fd;
	if (!l->ring)
		return epoll_ctl(l->fd, EPOLL_CTL_ADD, fd, &ev);
	l->ring->watch(l->ring_arg, io, events);
	return 0;
}

int loop_mod(struct loop *l, struct loop_io *io, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = io};

	if (!l->ring)
		return epoll_ctl(l->fd, EPOLL_CTL_MOD, io->fd, &ev);
	l->ring->forget(l->ring_arg, io);
	l->ring->watch(l->ring_arg, io, events);
	return 0;
}

void loop_del(struct loop *l, struct loop_io *io)
{
	if (l->ring) {
		l->ring->forget(l->ring_arg, io);
		return;
	}
	/* fails only for unknown descriptors */
	(void)epoll_ctl(l->fd, EPOLL_CTL_DEL, io->fd, NULL);
	for (int i = l->at; i < l->n_batch; i++) {
		if (l->batch[i].data.ptr == io)
			l->batch[i].data.ptr = NULL;
	}
}

void loop_timer_clear(struct loop *l, struct loop_timer *t)
{
	heap_clear(&l->timers, &t->node);
}

void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ms)
{
	t->due = l->now + ms;
	if (!t->node.slot || t->due < t->node.due)
		heap_set(&l->timers, &t->node, t->due);
}

void loop_timer_pause(struct loop_timer *t)
{
	t->due = NEVER;
}

bool loop_timer_is_set(const struct loop_timer *t)
{
	return t->node.slot != 0 && t->due != NEVER;
}

void loop_later_set(struct loop *l, struct loop_later *later, enum loop_later_rank rank)
{
	struct loop_later *ring = &l->later[rank];

	if (later->next)
		return;
	later->message.parts = NULL;
	later->message.tried = false;
	later->prev = ring->prev;
	later->next = ring;
	later->prev->next = later;
	ring->prev = later;
}

void loop_later_clear(struct loop_later *later)
{
	if (!later->next)
		return;
	later->prev->next = later->next;
	later->next->prev = later->prev;
	later->prev = later->next = NULL;
}

void loop_later_send(struct loop *l, struct loop_later *later, enum loop_later_rank rank, int fd,
		     const struct iovec *parts, int n)
{
	assert(!later->next && n <= LOOP_PARTS);
	loop_later_set(l, later, rank);
	later->message.parts = parts;
	later->message.n = n;
	later->message.fd = fd;
}

bool loop_later_sent(struct loop_later *later, ssize_t *n)
{
	if (!later->message.tried)
		return false;
	later->message.tried = false;
	*n = later->message.result < 0 ? -1 : later->message.result;
	if (*n < 0)
		errno = (int)-later->message.result;
	return true;
}

void loop_send_together(struct loop *l, loop_sender *send, void *arg)
{
	l->send = send;
	l->send_arg = arg;
}

void loop_use_ring(struct loop *l, const struct loop_ring_ops *ops, void *arg)
{
	loop_del(l, &l->alarm);
	l->ring = ops;
	l->ring_arg = arg;
	l->send = ops->send;
	l->send_arg = arg;
	(void)loop_add(l, &l->alarm, l->alarm.fd, EPOLLIN | EPOLLET); /* which a ring only queues */
}

uint64_t loop_now(const struct loop *l)
{
	return l->now;
}

static void fire_timers(struct loop *l)
{
	const struct heap_node *first;

	while ((first = heap_first(&l->timers)) && first->due <= l->now) {
		struct loop_timer *t = (struct loop_timer *)(void *)first;

		if (t->due > l->now && t->due != NEVER) { /* put off meanwhile */
			heap_set(&l->timers, &t->node, t->due);
			continue;
		}
		loop_timer_clear(l, t);
		if (t->due != NEVER)
			t->fn(t);
	}
}

/* Of what is put off, NULL: nothing is. */
static struct loop_later *first_later(const struct loop *l)
{
	for (int i = 0; i < LOOP_N_RANKS; i++) {
		if (l->later[i].next != &l->later[i])
			return l->later[i].next;
	}
	return NULL;
}

/* All that is to be sent, in its order: how many. */
static size_t messages(struct loop *l)
{
	size_t n = 0;

	for (int i = 0; i < LOOP_N_RANKS; i++) {
		const struct loop_later *ring = &l->later[i];

		for (struct loop_later *at = ring->next; at != ring && n < LOOP_TOGETHER;
		     at = at->next)
			if (at->message.parts)
				l->messages[n++] = at;
	}
	return n;
}

/* What was not tried is left to its fn. */
static void were_sent(struct loop *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		l->messages[i]->message.parts = NULL;
}

static void run_later(struct loop *l)
{
	struct loop_later *first;

	while ((first = first_later(l))) {
		if (l->send && first->message.parts) {
			const size_t n = messages(l);

			l->send(l->send_arg, l->messages, n);
			were_sent(l, n);
		}
		loop_later_clear(first);
		first->fn(first);
	}
}

/*
 * Whether all that was put off can be sent by the call that waits for what comes of it. Not so behind others: who has
 * answered wants to say so before the next event, which may be far.
 */
static bool can_send_while_waiting(const struct loop *l)
{
	const struct loop_later *ring = &l->later[LOOP_LATER];
	size_t n = 0;

	if (!l->ring || l->send != l->ring->send ||
	    l->later[LOOP_LAST].next != &l->later[LOOP_LAST])
		return false;
	for (const struct loop_later *at = ring->next; at != ring; at = at->next) {
		if (!at->message.parts || ++n > LOOP_TOGETHER)
			return false;
	}
	return n > 0;
}

/* False: the alarm cannot be set. */
static bool arm(struct loop *l, uint64_t due)
{
	const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(due / 1000),
						   .tv_nsec = (long)(due % 1000) * 1000000}};

	if (l->armed <= due)
		return true;
	if (timerfd_settime(l->alarm.fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		return false;
	l->armed = due;
	return true;
}

/*
 * Most deadlines are far off, and put off before they come. So the kernel is told one only now and then, and not with
 * every call, which would have it set and clear a timer whenever nothing has happened yet.
 */
static int wait_ms(struct loop *l, int timeout_ms)
{
	const struct heap_node *first = heap_first(&l->timers);
	uint64_t left;

	if (!first)
		return timeout_ms;
	left = first->due > l->now ? first->due - l->now : 0;
	if (left >= ALARM_MS && arm(l, first->due))
		return timeout_ms;
	if (left > 3600000)
		left = 3600000;
	return timeout_ms >= 0 && (uint64_t)timeout_ms < left ? timeout_ms : (int)left;
}

/* One by one, since what is done for one may be the end of another. */
static int turn_by_ring(struct loop *l, bool sends, int timeout_ms)
{
	const size_t n = sends ? messages(l) : 0;
	struct loop_io *io;
	uint32_t events;

	if (l->ring->wait(l->ring_arg, l->messages, n, timeout_ms) < 0)
		return -1;
	if (n) {
		were_sent(l, n);
		run_later(l); /* when they were sent is still the time */
	}
	l->now = clock_ms();
	while ((io = l->ring->next(l->ring_arg, &events)))
		io->fn(io, events);
	return 0;
}

static int turn_by_epoll(struct loop *l, int timeout_ms)
{
	const int n = epoll_wait(l->fd, l->batch, BATCH, timeout_ms);

	if (n < 0 && errno != EINTR)
		return -1;
	l->now = clock_ms();
	l->n_batch = n < 0 ? 0 : n;
	for (l->at = 0; l->at < l->n_batch; l->at++) {
		struct loop_io *io = l->batch[l->at].data.ptr;

		if (io)
			io->fn(io, l->batch[l->at].events);
	}
	l->n_batch = 0;
	return 0;
}

int loop_turn(struct loop *l, int timeout_ms)
{
	const bool sends = l->leaves && can_send_while_waiting(l);

	if (first_later(l) && !sends) /* put off from outside of a turn */
		timeout_ms = 0;
	l->now = clock_ms();
	timeout_ms = wait_ms(l, timeout_ms);
	if ((l->ring ? turn_by_ring(l, sends, timeout_ms) : turn_by_epoll(l, timeout_ms)) < 0)
		return -1;
	fire_timers(l);
	l->leaves = can_send_while_waiting(l);
	if (!l->leaves)
		run_later(l);
	return 0;
}

int loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop) {
		if (loop_turn(l, -1) < 0)
			return -1;
	}
	return 0;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}
