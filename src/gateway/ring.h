// SPDX-License-Identifier: GPL-2.0-only
/**
 * io_uring(7) in the place of epoll(7) and of many calls of sendmsg(2): one system call tells the kernel what is to be
 * watched from now on, sends what a turn of the loop has to send (base/loop.h), and waits.
 *
 * A ring could do much more for whoever takes over the process, past any filter of system calls. So it is told, before
 * it is enabled, that it takes IORING_OP_SEND, IORING_OP_SENDMSG, IORING_OP_POLL_ADD and IORING_OP_ASYNC_CANCEL and nothing
 * else (IORING_REGISTER_RESTRICTIONS); the filter leaves io_uring_enter(2), by which neither that nor another ring can be
 * had.
 */
#pragma once

#include "base/loop.h"

struct gateway_ring;

/**
 * For loop_use_ring(), with gateway_ring_ops. NULL where the kernel (before 6.1), or who is in charge of it (the
 * sysctl kernel.io_uring_disabled, a container engine's filter), has no ring for us. Before priv_seccomp().
 */
struct gateway_ring *gateway_ring_new(void);
void gateway_ring_free(struct gateway_ring *r); /* NULL is fine; behind the loop */

extern const struct loop_ring_ops gateway_ring_ops; /* their arg: struct gateway_ring */
