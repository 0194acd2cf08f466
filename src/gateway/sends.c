// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/sends.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

struct gateway_sends {
	struct io_uring ring;
	bool broken;
	struct msghdr heads[LOOP_TOGETHER]; /* of messages of several parts */
};

/* liburing has functions for both things that we say, but the shared library of 2.3 keeps them to itself. */
static long tell(const struct io_uring *ring, unsigned int what, const void *arg, unsigned int n)
{
	return syscall(__NR_io_uring_register, ring->ring_fd, what, arg, n);
}

/* From here on it sends, and no more. */
static int restrict_to_sending(struct io_uring *ring)
{
	struct io_uring_restriction allowed[] = {
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_SEND},
		{.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_SENDMSG},
	};

	return tell(ring, IORING_REGISTER_RESTRICTIONS, allowed, ARRAY_LEN(allowed)) ||
	       tell(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

struct gateway_sends *gateway_sends_new(void)
{
	struct gateway_sends *s = calloc(1, sizeof(*s));
	/* what is completed is completed by us, within our call: nobody is interrupted */
	const unsigned int flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER |
				   IORING_SETUP_DEFER_TASKRUN;

	if (!s)
		abort();
	if (io_uring_queue_init(LOOP_TOGETHER, &s->ring, flags) < 0) {
		free(s);
		return NULL;
	}
	if (restrict_to_sending(&s->ring)) {
		gateway_sends_free(s);
		return NULL;
	}
	return s;
}

void gateway_sends_free(struct gateway_sends *s)
{
	if (!s)
		return;
	if (!s->broken)
		io_uring_queue_exit(&s->ring);
	free(s);
}

static void put(struct gateway_sends *s, struct loop_later *later, size_t i)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&s->ring); /* of LOOP_TOGETHER, all free */
	const struct iovec *parts = later->message.parts;
	/* so that one whose socket is full says so, and does not wait for room */
	const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;

	if (later->message.n == 1) {
		io_uring_prep_send(sqe, later->message.fd, parts->iov_base, parts->iov_len, flags);
	} else {
		s->heads[i] = (struct msghdr){.msg_iov = (struct iovec *)(uintptr_t)parts,
					      .msg_iovlen = (size_t)later->message.n};
		io_uring_prep_sendmsg(sqe, later->message.fd, &s->heads[i], (unsigned int)flags);
	}
	io_uring_sqe_set_data(sqe, later);
}

/* How many. ENOMEM is the ring's, not the socket's: such a message is left to whoever sends it alone. */
static unsigned int take_results(struct gateway_sends *s)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;

	io_uring_for_each_cqe (&s->ring, head, cqe) {
		struct loop_later *later = io_uring_cqe_get_data(cqe);

		later->message.result = cqe->res;
		later->message.tried = cqe->res != -ENOMEM;
		n++;
	}
	io_uring_cq_advance(&s->ring, n);
	return n;
}

void gateway_send(void *arg, struct loop_later *const *laters, size_t n)
{
	struct gateway_sends *s = arg;
	int taken;

	if (s->broken || n == 1) /* one alone costs as much by sendmsg(2) */
		return;
	for (size_t i = 0; i < n; i++)
		put(s, laters[i], i);
	taken = io_uring_submit_and_wait(&s->ring, (unsigned int)n);
	if (take_results(s) == n && taken == (int)n)
		return;
	/* the kernel is short of memory: what it has not taken must not be sent later, by the next call */
	io_uring_queue_exit(&s->ring);
	s->broken = true;
}
