// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every descriptor has a place here, whose number is what the kernel tells with its events. It is somebody else's only
 * when the kernel has said that nothing more comes of it: an event that was under way when its descriptor was
 * forgotten finds nobody.
 */
#include "gateway/ring.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

#define ENTRIES LOOP_TOGETHER
#ifndef COMPLETIONS /* tests have it overflow */
#define COMPLETIONS 4096
#endif
#define END_TRIES 1000

/* What a completion is of: the low bits of its data, above which is a message or the number of a place. */
enum { OF_MESSAGE, OF_PLACE, OF_REMOVAL, N_KINDS = 4 };

#define NOWHERE UINT32_MAX
#define NOBODY  UINT64_MAX /* whose data that is */

struct place {
	struct loop_io *io; /* NULL: free, or forgotten */
	uint32_t wanted;    /* events */
	uint32_t came;      /* events, still to be told; 0: not in the queue */
	uint32_t next;      /* in the queue, or in the list of free ones */
	bool watched;       /* the kernel is going to say something, or that it was removed */
};

struct gateway_ring {
	struct io_uring ring;
	struct msghdr heads[ENTRIES]; /* of messages of several parts */
	struct place *places;
	uint32_t n_places, room, free;
	uint32_t first, last; /* of those that something has come of */
};

/* liburing has functions for both things that we say, but the shared library of 2.3 keeps them to itself. */
static long tell(const struct io_uring *ring, unsigned int what, const void *arg, unsigned int n)
{
	return syscall(__NR_io_uring_register, ring->ring_fd, what, arg, n);
}

/* From here on it does what we need, and no more. */
static int restrict_it(struct io_uring *ring)
{
	struct io_uring_restriction allowed[] = {
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_SEND},
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_SENDMSG},
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_POLL_ADD},
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_ASYNC_CANCEL},
		{.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED,
		 .sqe_flags = IOSQE_CQE_SKIP_SUCCESS},
	};

	return tell(ring, IORING_REGISTER_RESTRICTIONS, allowed, ARRAY_LEN(allowed)) ||
	       tell(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

/* ---- places ---- */

static uint32_t take_place(struct gateway_ring *r)
{
	uint32_t at = r->free;

	if (at != NOWHERE) {
		r->free = r->places[at].next;
		return at;
	}
	if (r->n_places == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->places = realloc(r->places, r->room * sizeof(*r->places));
		if (!r->places)
			abort();
	}
	return r->n_places++;
}

/* Somebody else's, once nothing more comes of it and nothing is left to be told. */
static void give_place(struct gateway_ring *r, uint32_t at)
{
	struct place *p = &r->places[at];

	if (p->io || p->watched || p->came)
		return;
	p->next = r->free;
	r->free = at;
}

static void note_events(struct gateway_ring *r, uint32_t at, uint32_t events)
{
	struct place *p = &r->places[at];

	if (!p->came) {
		p->next = NOWHERE;
		if (r->first == NOWHERE)
			r->first = at;
		else
			r->places[r->last].next = at;
		r->last = at;
	}
	p->came |= events;
}

/* ---- what is submitted ---- */

/*
 * What the kernel has not taken, being short of memory, stays where it is for the next time; but messages: they are
 * sent alone, and must not be sent again.
 */
static void withdraw_messages(struct gateway_ring *r)
{
	struct io_uring_sq *sq = &r->ring.sq;

	for (unsigned int at = *sq->khead; at != sq->sqe_tail; at++) {
		struct io_uring_sqe *sqe = &sq->sqes[at & *sq->kring_mask];

		if (sqe->user_data % N_KINDS != OF_MESSAGE)
			continue;
		((struct loop_later *)(uintptr_t)sqe->user_data)->message.tried = false;
		io_uring_prep_cancel64(sqe, NOBODY, 0);
		io_uring_sqe_set_data64(sqe, OF_REMOVAL);
	}
}

static struct io_uring_sqe *next_sqe(struct gateway_ring *r)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&r->ring))) {
		const int rc = io_uring_submit(&r->ring);

		if (rc < 0 && rc != -EINTR && rc != -EAGAIN && rc != -EBUSY)
			abort(); /* it was made for this */
		if (rc < 0)
			sched_yield(); /* the kernel is short of memory, for which others have to do something */
	}
	return sqe;
}

static void queue_watch(struct gateway_ring *r, uint32_t at)
{
	struct place *p = &r->places[at];
	struct io_uring_sqe *sqe = next_sqe(r);

	if (p->wanted & EPOLLET)
		io_uring_prep_poll_multishot(sqe, p->io->fd, p->wanted & ~(uint32_t)EPOLLET);
	else
		io_uring_prep_poll_add(sqe, p->io->fd, p->wanted);
	io_uring_sqe_set_data64(sqe, (uint64_t)at * N_KINDS + OF_PLACE);
	p->watched = true;
}

static void ring_watch(void *arg, struct loop_io *io, uint32_t events)
{
	struct gateway_ring *r = arg;

	io->place = take_place(r);
	r->places[io->place] = (struct place){.io = io, .wanted = events};
	queue_watch(r, io->place);
}

static void ring_forget(void *arg, const struct loop_io *io)
{
	struct gateway_ring *r = arg;
	struct place *p = &r->places[io->place];

	p->io = NULL;
	if (p->watched) {
		struct io_uring_sqe *sqe = next_sqe(r);

		/* not IORING_OP_POLL_REMOVE, which gives up where an event is under way */
		io_uring_prep_cancel64(sqe, (uint64_t)io->place * N_KINDS + OF_PLACE, 0);
		io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
		io_uring_sqe_set_data64(sqe, OF_REMOVAL);
	}
	give_place(r, io->place);
}

static struct io_uring_sqe *queue_send(struct gateway_ring *r, struct loop_later *later, size_t i,
				       int more_flags)
{
	struct io_uring_sqe *sqe = next_sqe(r);
	const struct iovec *parts = later->message.parts;
	/* so that one whose socket is full says so, and does not wait for room */
	const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | more_flags;

	if (later->message.n == 1) {
		io_uring_prep_send(sqe, later->message.fd, parts->iov_base, parts->iov_len, flags);
	} else {
		r->heads[i] = (struct msghdr){.msg_iov = (struct iovec *)(uintptr_t)parts,
					      .msg_iovlen = (size_t)later->message.n};
		io_uring_prep_sendmsg(sqe, later->message.fd, &r->heads[i], (unsigned int)flags);
	}
	io_uring_sqe_set_data(sqe, later);
	return sqe;
}

/* ---- what is completed ---- */

/* ENOMEM is the ring's, not the socket's: such a message is left to whoever sends it alone. */
static void take_result(const struct io_uring_cqe *cqe)
{
	struct loop_later *later = io_uring_cqe_get_data(cqe);

	later->message.result = cqe->res;
	later->message.tried = cqe->res != -ENOMEM;
}

static void take_event(struct gateway_ring *r, uint32_t at, const struct io_uring_cqe *cqe)
{
	struct place *p = &r->places[at];

	p->watched = cqe->flags & IORING_CQE_F_MORE;
	if (!p->io)
		give_place(r, at);
	else if (cqe->res > 0)
		note_events(r, at, (uint32_t)cqe->res);
	else if (cqe->res < 0 || !p->watched)
		note_events(r, at, EPOLLERR);
}

static void take_queue(struct gateway_ring *r)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	io_uring_for_each_cqe (&r->ring, head, cqe) {
		const uint64_t data = cqe->user_data;

		switch (data % N_KINDS) {
		case OF_MESSAGE: take_result(cqe); break;
		case OF_PLACE: take_event(r, (uint32_t)(data / N_KINDS), cqe); break;
		case OF_REMOVAL: break; /* there was nothing to be removed any more */
		}
		n++;
	}
	io_uring_cq_advance(&r->ring, n);
}

/* All there are: what comes of a message is known before anything is done about it. */
static void take_completions(struct gateway_ring *r)
{
	take_queue(r);
	while (io_uring_cq_has_overflow(&r->ring)) {
		(void)io_uring_get_events(&r->ring); /* fails where nothing can be moved yet */
		take_queue(r);
	}
}

static void ring_send(void *arg, struct loop_later *const *laters, size_t n)
{
	struct gateway_ring *r = arg;

	if (n == 1) /* one alone costs as much by sendmsg(2) */
		return;
	for (size_t i = 0; i < n; i++)
		(void)queue_send(r, laters[i], i, 0);
	(void)io_uring_submit_and_get_events(&r->ring);
	withdraw_messages(r);
	take_completions(r);
}

/* All of them count as sent, unless the kernel objects: then it does not wait. */
static void queue_all(struct gateway_ring *r, struct loop_later *const *laters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct loop_later *later = laters[i];
		struct io_uring_sqe *sqe = queue_send(r, later, i, MSG_WAITALL);

		io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
		later->message.tried = true;
		later->message.result = 0;
		for (int k = 0; k < later->message.n; k++)
			later->message.result += (ssize_t)later->message.parts[k].iov_len;
	}
}

static int ring_wait(void *arg, struct loop_later *const *laters, size_t n, int timeout_ms)
{
	struct __kernel_timespec most = {.tv_sec = timeout_ms / 1000,
					 .tv_nsec = timeout_ms % 1000 * 1000000L};
	struct gateway_ring *r = arg;
	struct io_uring_cqe *cqe;
	int rc;

	queue_all(r, laters, n);
	if (timeout_ms == 0 || r->first != NOWHERE)
		rc = io_uring_submit_and_get_events(&r->ring);
	else if (timeout_ms < 0)
		rc = io_uring_submit_and_wait(&r->ring, 1);
	else
		rc = io_uring_submit_and_wait_timeout(&r->ring, &cqe, 1, &most, NULL);
	withdraw_messages(r);
	take_completions(r);
	if (rc >= 0 || rc == -ETIME || rc == -EINTR || rc == -EAGAIN || rc == -EBUSY)
		return 0;
	errno = -rc;
	return -1;
}

/* What has ended without being removed is watched again, by the call that follows whatever is done now. */
static struct loop_io *ring_next(void *arg, uint32_t *events)
{
	struct gateway_ring *r = arg;

	while (r->first != NOWHERE) {
		const uint32_t at = r->first;
		struct place *p = &r->places[at];

		*events = p->came;
		p->came = 0;
		r->first = p->next;
		if (!p->io) {
			give_place(r, at);
			continue;
		}
		if (!p->watched)
			queue_watch(r, at);
		return p->io;
	}
	return NULL;
}

const struct loop_ring_ops gateway_ring_ops = {
	.watch = ring_watch,
	.forget = ring_forget,
	.send = ring_send,
	.wait = ring_wait,
	.next = ring_next,
};

/* ---- its life ---- */

struct gateway_ring *gateway_ring_new(void)
{
	struct gateway_ring *r = calloc(1, sizeof(*r));
	/* What is completed is completed by us, within our call: nobody is interrupted. */
	struct io_uring_params params = {
		.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
			 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
		.cq_entries = COMPLETIONS,
	};

	if (!r)
		abort();
	if (io_uring_queue_init_params(ENTRIES, &r->ring, &params) < 0) {
		free(r);
		return NULL;
	}
	r->free = r->first = NOWHERE;
	if (restrict_it(&r->ring)) {
		gateway_ring_free(r);
		return NULL;
	}
	return r;
}

static bool is_watching(const struct gateway_ring *r)
{
	for (uint32_t i = 0; i < r->n_places; i++) {
		if (r->places[i].watched)
			return true;
	}
	return false;
}

/* Else the kernel lets go of the descriptors some time after the process has ended. */
static void forget_all(struct gateway_ring *r)
{
	struct io_uring_sqe *sqe = next_sqe(r);

	io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
	io_uring_sqe_set_data64(sqe, OF_REMOVAL);
	for (int i = 0; i < END_TRIES && is_watching(r); i++) {
		(void)io_uring_submit_and_get_events(&r->ring); /* what it cannot it leaves */
		take_completions(r);
	}
}

void gateway_ring_free(struct gateway_ring *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->n_places; i++)
		r->places[i].io = NULL;
	if (is_watching(r))
		forget_all(r);
	io_uring_queue_exit(&r->ring);
	free(r->places);
	free(r);
}
