// SPDX-License-Identifier: GPL-2.0-only
/**
 * Many messages to many sockets by one system call: what a gateway sends at the end of a turn (base/loop.h), through
 * io_uring(7), which does there what as many calls of sendmsg(2) would do, one after the other, and nothing
 * besides: nothing waits, nothing is left for later.
 *
 * A ring could do much more for whoever takes over the process, past any filter of system calls. So it is told, before
 * it is enabled, that it takes IORING_OP_SEND and IORING_OP_SENDMSG and nothing else
 * (IORING_REGISTER_RESTRICTIONS); the filter leaves io_uring_enter(2), by which neither that nor another ring can be had.
 */
#pragma once

#include "base/loop.h"

struct gateway_sends;

/**
 * For loop_send_together(), with gateway_send(). NULL where the kernel (before 6.1), or who is in charge of it (the
 * sysctl kernel.io_uring_disabled, a container engine's filter), has no ring for us. Before priv_seccomp().
 */
struct gateway_sends *gateway_sends_new(void);
void gateway_sends_free(struct gateway_sends *s); /* NULL is fine */

loop_sender gateway_send; /* its arg: struct gateway_sends */
