// SPDX-License-Identifier: GPL-2.0-only
/** One epoll loop per program: descriptors, timers, signals. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/heap.h"

struct loop;

/**
 * Calls fn with the events (EPOLLIN...) that fired. Embed it; it must stay put while registered. An edge may be older
 * than what has been done about it since: there may be nothing to read.
 */
struct loop_io {
	void (*fn)(struct loop_io *io, uint32_t events);
	int fd;         /* borrowed; set by loop_add */
	uint32_t place; /* a ring's */
};

/** A one-shot timer. Embed it; zero it before first use. */
struct loop_timer {
	struct heap_node node; /* first; when it is looked at, in milliseconds of loop_now() */
	uint64_t due;          /* when it fires: not before that */
	void (*fn)(struct loop_timer *t);
};

#define LOOP_PARTS    2   /* of a message */
#define LOOP_TOGETHER 256 /* messages that are sent together */

/** What is put off to the end of a turn, and there comes before all others or behind them. */
enum loop_later_rank { LOOP_LATER, LOOP_LAST, LOOP_N_RANKS };

/** Embed it; zero it before first use. */
struct loop_later {
	struct loop_later *prev, *next; /* NULL: nothing is put off */
	void (*fn)(struct loop_later *later);
	struct {
		const struct iovec *parts; /* NULL: none, or it has been tried */
		int n, fd;
		bool tried;
		ssize_t result; /* bytes, or -errno */
	} message;
};

/** Tries the messages of all of them, and notes in each that it has, and the result; what it leaves is left to fn. */
typedef void loop_sender(void *arg, struct loop_later *const *laters, size_t n);

struct loop *loop_new(void); /* NULL with errno where the kernel refuses */
void loop_free(struct loop *l);

/** events: EPOLLIN | EPOLLOUT | EPOLLET ... 0 or -1 with errno. */
int loop_add(struct loop *l, struct loop_io *io, int fd, uint32_t events);
int loop_mod(struct loop *l, struct loop_io *io, uint32_t events);
/** Also forgets events of it that were fetched but not yet delivered. The caller closes the fd. */
void loop_del(struct loop *l, struct loop_io *io);

/** (Re)arms the timer, ms from loop_now(). */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t ms);
void loop_timer_clear(struct loop *l, struct loop_timer *t); /* fine when it is not set */
/** As clear, but at no cost, and so is setting it again: the loop still knows it, until loop_timer_clear(). */
void loop_timer_pause(struct loop_timer *t);
bool loop_timer_is_set(const struct loop_timer *t);

/**
 * Calls fn once, behind all events and timers of this turn; nothing new where that is to happen anyway. Writes
 * of many descriptors one after the other wake whoever reads them less often than each behind its own read.
 */
void loop_later_set(struct loop *l, struct loop_later *later, enum loop_later_rank rank);
void loop_later_clear(struct loop_later *later); /* fine when it is not set */

/**
 * The same where fn is going to send something to a socket, which it may find done, see loop_later_sent(). Nothing is
 * put off yet; the parts, no more than LOOP_PARTS, stay as they are until then. Who sends it before that has to clear
 * it, or it is sent twice.
 */
void loop_later_send(struct loop *l, struct loop_later *later, enum loop_later_rank rank, int fd,
		     const struct iovec *parts, int n);
/** Whether it has been tried; if so *n is what sendmsg(2) would have given, errno included. Tells it once. */
bool loop_later_sent(struct loop_later *later, ssize_t *n);
/** Who sends what is to be sent at the end of a turn, in its order, before anything that was put off is called. */
void loop_send_together(struct loop *l, loop_sender *send, void *arg);

/** What a ring does for a loop in the place of epoll(7). arg: its own. */
struct loop_ring_ops {
	/** As EPOLL_CTL_ADD and EPOLL_CTL_DEL of io->fd, in the course of the next call that sends or waits. */
	void (*watch)(void *arg, struct loop_io *io, uint32_t events);
	void (*forget)(void *arg, const struct loop_io *io);
	loop_sender *send; /* as for loop_send_together() */
	/** Sends them as well, which is tried when it comes back, and waits as epoll_wait(2). -1 with errno. */
	int (*wait)(void *arg, struct loop_later *const *laters, size_t n, int timeout_ms);
	/** One by one who has had events, and which; NULL: there are no more. */
	struct loop_io *(*next)(void *arg, uint32_t *events);
};

/** Before anything is added. */
void loop_use_ring(struct loop *l, const struct loop_ring_ops *ops, void *arg);

/** CLOCK_MONOTONIC in milliseconds, read once per turn of the loop. */
uint64_t loop_now(const struct loop *l);

/** Runs until loop_stop(). 0, or -1 with errno where epoll_wait fails. */
int loop_run(struct loop *l);
/** One turn, waiting at most timeout_ms (-1: until something happens). */
int loop_turn(struct loop *l, int timeout_ms);
void loop_stop(struct loop *l);
