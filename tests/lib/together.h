// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a loop has to send is sent as a kernel might: whole, in part, not at all, interrupted, by turns. For
 * loop_send_together(), so that servers and calls meet all of that.
 */
#pragma once

#include <errno.h>
#include <sys/socket.h>

#include "base/loop.h"

static inline ssize_t test_send_part(const struct loop_later *later)
{
	const struct iovec *first = later->message.parts;
	const ssize_t n = send(later->message.fd, first->iov_base, (first->iov_len + 1) / 2,
			       MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

static inline ssize_t test_send_all(const struct loop_later *later)
{
	const struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)later->message.parts,
				 .msg_iovlen = (size_t)later->message.n};
	const ssize_t n = sendmsg(later->message.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 ? -errno : n;
}

static inline void test_sender(void *arg, struct loop_later *const *laters, size_t n)
{
	static unsigned int turn;

	for (size_t i = 0; i < n; i++) {
		struct loop_later *later = laters[i];

		later->message.tried = true;
		switch (turn++ % 6) {
		case 0: later->message.tried = false; break;
		case 1: later->message.result = -EINTR; break;
		case 2: later->message.result = test_send_part(later); break;
		default: later->message.result = test_send_all(later); break;
		}
	}
}
