// SPDX-License-Identifier: GPL-2.0-only
/** A shaper as queueing disciplines: tbf or htb for the rate, netem for delay and loss, or both. */
#pragma once

#include <libmnl/libmnl.h>

#include "plan/plan.h"

/**
 * What a shaper is made of, from the root down:
 *   rate only      tbf 1:
 *   delay, loss... netem 1:
 *   both           netem 1: with tbf 10: as its child, which shapes what netem releases
 * Where the burst is smaller than a frame, htb stands in the place of tbf: it goes into debt for a frame, which tbf
 * would drop. It has one class, :1, with a queue that counts bytes.
 */
struct kernel_shape {
	bool netem, tbf, htb;
};
struct kernel_shape kernel_shape_of(const struct plan_shaper *s);

#define KERNEL_QDISC_ROOT  0x00010000u
#define KERNEL_QDISC_CHILD 0x00100000u
#define KERNEL_QDISC_QUEUE 0x00200000u /* under the class of htb */

/** Bytes as the kernel's clock ticks at a rate in bit/s: how tbf keeps and shows its burst. */
uint32_t kernel_tbf_ticks(uint64_t rate, uint32_t bytes);
/** Frames that netem may hold: twice what the rate lets through in its delay. */
uint32_t kernel_netem_limit(const struct plan_shaper *s);
/** Parts per million as netem's 32-bit probability, and back. */
uint32_t kernel_netem_probability(uint32_t ppm);
uint32_t kernel_netem_ppm(uint32_t probability);

/** The tbf of s at the root, or under netem where child is set; takes the place of the same kind. */
struct nlmsghdr *kernel_encode_tbf(void *buf, const struct plan_shaper *s, int index, bool child);
/** The htb, which cannot be changed; its class with the rate, and that one's queue, which can. */
struct nlmsghdr *kernel_encode_htb(void *buf, int index, bool child);
struct nlmsghdr *kernel_encode_htb_class(void *buf, const struct plan_shaper *s, int index,
					 bool child);
struct nlmsghdr *kernel_encode_htb_queue(void *buf, const struct plan_shaper *s, int index,
					 bool child);
struct nlmsghdr *kernel_encode_netem(void *buf, const struct plan_shaper *s, int index);
/** A netem that cannot be: for lo, without options. */
struct nlmsghdr *kernel_encode_netem_probe(void *buf);
/** Back to the device's own queue. */
struct nlmsghdr *kernel_encode_qdisc_remove(void *buf, int index, uint32_t parent);
