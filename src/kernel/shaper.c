// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel counts a burst in ticks of 64 ns (PSCHED_SHIFT 6, all kernels since 2.6.31) of sending at
 * the rate. Linklayer "ethernet" says that the rate needs no table of packet sizes (TCA_TBF_RTAB), which
 * kernels before 3.8 looked every length up in.
 */
#include "kernel/shaper.h"

#include "kernel/encode.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/hash.h"

#define TICK_NS         64u
#define FRAME           (KERNEL_MTU + 14u)
#define NETEM_LIMIT_MIN 1000u
#define NETEM_LIMIT_MAX 1000000u

/* TCA_NETEM_PRNG_SEED of Linux 6.4; older ones pass over it, and lose other packets each time. */
#define NETEM_PRNG_SEED 14

struct kernel_shape kernel_shape_of(const struct plan_shaper *s)
{
	bool lends = s->burst < FRAME;

	return (struct kernel_shape){.netem = s->delay_us || s->jitter_us || s->loss_ppm ||
					      s->duplicate_ppm || s->reorder_ppm,
				     .tbf = s->rate && !lends,
				     .htb = s->rate && lends};
}

uint32_t kernel_tbf_ticks(uint64_t rate, uint32_t bytes)
{
	uint64_t ticks = (uint64_t)bytes * 8 * (1000000000u / TICK_NS) / rate;

	return ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks;
}

uint32_t kernel_netem_limit(const struct plan_shaper *s)
{
	uint64_t held_us = (uint64_t)s->delay_us + s->jitter_us;
	uint64_t frames; /* of 500 bytes: the mean of a busy link, doubled for bursts */

	if (!s->rate)
		return NETEM_LIMIT_MAX;
	frames = s->rate / 8 / 1000 * held_us / 1000 / 500 * 2;
	if (frames < NETEM_LIMIT_MIN)
		return NETEM_LIMIT_MIN;
	return frames > NETEM_LIMIT_MAX ? NETEM_LIMIT_MAX : (uint32_t)frames;
}

uint32_t kernel_netem_probability(uint32_t ppm)
{
	return ppm >= 1000000 ? UINT32_MAX : (uint32_t)((uint64_t)ppm * UINT32_MAX / 1000000);
}

uint32_t kernel_netem_ppm(uint32_t probability)
{
	return (uint32_t)(((uint64_t)probability * 1000000 + UINT32_MAX / 2) / UINT32_MAX);
}

static struct nlmsghdr *qdisc(void *buf, uint16_t type, int index, uint32_t parent, uint32_t handle)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct tcmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST;
	if (type == RTM_NEWQDISC)
		h->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
	m->tcm_family = AF_UNSPEC;
	m->tcm_ifindex = index;
	m->tcm_parent = parent;
	m->tcm_handle = handle;
	return h;
}

struct nlmsghdr *kernel_encode_tbf(void *buf, const struct plan_shaper *s, int index, bool child)
{
	struct nlmsghdr *h = qdisc(buf, RTM_NEWQDISC, index,
				   child ? KERNEL_QDISC_ROOT + 1 : TC_H_ROOT,
				   child ? KERNEL_QDISC_CHILD : KERNEL_QDISC_ROOT);
	uint64_t bytes = s->rate / 8;
	struct tc_tbf_qopt opt = {
		.rate.linklayer = TC_LINKLAYER_ETHERNET,
		.rate.rate = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes,
		.limit = s->limit,
		.buffer = kernel_tbf_ticks(s->rate, s->burst),
	};
	struct nlattr *nest;

	mnl_attr_put_strz(h, TCA_KIND, "tbf");
	nest = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_TBF_PARMS, sizeof(opt), &opt);
	if (bytes > UINT32_MAX)
		mnl_attr_put_u64(h, TCA_TBF_RATE64, bytes);
	mnl_attr_put_u32(h, TCA_TBF_BURST, s->burst); /* exact, where the kernel knows it (3.13) */
	mnl_attr_nest_end(h, nest);
	return h;
}

static uint32_t htb_handle(bool child)
{
	return child ? KERNEL_QDISC_CHILD : KERNEL_QDISC_ROOT;
}

struct nlmsghdr *kernel_encode_htb(void *buf, int index, bool child)
{
	const struct tc_htb_glob opt = {.version = 3, .rate2quantum = 10, .defcls = 1};
	struct nlmsghdr *h = qdisc(buf, RTM_NEWQDISC, index,
				   child ? KERNEL_QDISC_ROOT + 1 : TC_H_ROOT, htb_handle(child));
	struct nlattr *nest;

	mnl_attr_put_strz(h, TCA_KIND, "htb");
	nest = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_HTB_INIT, sizeof(opt), &opt);
	mnl_attr_nest_end(h, nest);
	return h;
}

/* The quantum only matters between several classes; without one the kernel logs a complaint. */
struct nlmsghdr *kernel_encode_htb_class(void *buf, const struct plan_shaper *s, int index,
					 bool child)
{
	const struct tc_ratespec rate = {.linklayer = TC_LINKLAYER_ETHERNET,
					 .rate = (uint32_t)(s->rate / 8)};
	const struct tc_htb_opt opt = {
		.rate = rate,
		.ceil = rate,
		.buffer = kernel_tbf_ticks(s->rate, s->burst),
		.cbuffer = kernel_tbf_ticks(s->rate, s->burst),
		.quantum = FRAME,
	};
	struct nlmsghdr *h = qdisc(buf, RTM_NEWQDISC, index, htb_handle(child),
				   htb_handle(child) + 1);
	struct nlattr *nest;

	h->nlmsg_type = RTM_NEWTCLASS;
	mnl_attr_put_strz(h, TCA_KIND, "htb");
	nest = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_HTB_PARMS, sizeof(opt), &opt);
	mnl_attr_nest_end(h, nest);
	return h;
}

struct nlmsghdr *kernel_encode_htb_queue(void *buf, const struct plan_shaper *s, int index,
					 bool child)
{
	const struct tc_fifo_qopt opt = {.limit = s->limit};
	struct nlmsghdr *h = qdisc(buf, RTM_NEWQDISC, index, htb_handle(child) + 1,
				   KERNEL_QDISC_QUEUE);

	mnl_attr_put_strz(h, TCA_KIND, "bfifo");
	mnl_attr_put(h, TCA_OPTIONS, sizeof(opt), &opt);
	return h;
}

struct nlmsghdr *kernel_encode_netem(void *buf, const struct plan_shaper *s, int index)
{
	struct nlmsghdr *h = qdisc(buf, RTM_NEWQDISC, index, TC_H_ROOT, KERNEL_QDISC_ROOT);
	uint64_t latency = (uint64_t)s->delay_us * 1000 / TICK_NS;
	uint64_t jitter = (uint64_t)s->jitter_us * 1000 / TICK_NS;
	struct tc_netem_qopt opt = {
		.latency = latency > UINT32_MAX ? UINT32_MAX : (uint32_t)latency,
		.jitter = jitter > UINT32_MAX ? UINT32_MAX : (uint32_t)jitter,
		.limit = kernel_netem_limit(s),
		.loss = kernel_netem_probability(s->loss_ppm),
		.duplicate = kernel_netem_probability(s->duplicate_ppm),
		.gap = s->reorder_ppm != 0, /* without one, netem never reorders */
	};
	const struct tc_netem_reorder reorder = {
		.probability = kernel_netem_probability(s->reorder_ppm)};
	struct nlattr *nest;

	mnl_attr_put_strz(h, TCA_KIND, "netem");
	nest = mnl_attr_nest_start(h, TCA_OPTIONS);
	/* a struct, with attributes behind it; 64-bit times are exact and need no tick */
	(void)mnl_nlmsg_put_extra_header(h, sizeof(opt));
	*(struct tc_netem_qopt *)mnl_attr_get_payload(nest) = opt;
	mnl_attr_put_u64(h, TCA_NETEM_LATENCY64, (uint64_t)s->delay_us * 1000);
	mnl_attr_put_u64(h, TCA_NETEM_JITTER64, (uint64_t)s->jitter_us * 1000);
	mnl_attr_put(h, TCA_NETEM_REORDER, sizeof(reorder), &reorder);
	mnl_attr_put_u64(h, NETEM_PRNG_SEED, hash_str(hash_str(0, s->ns), s->dev));
	mnl_attr_nest_end(h, nest);
	return h;
}

struct nlmsghdr *kernel_encode_netem_probe(void *buf)
{
	struct nlmsghdr *h = qdisc(buf, RTM_NEWQDISC, 1, TC_H_ROOT, 0);

	mnl_attr_put_strz(h, TCA_KIND, "netem");
	return h;
}

struct nlmsghdr *kernel_encode_qdisc_remove(void *buf, int index, uint32_t parent)
{
	return qdisc(buf, RTM_DELQDISC, index, parent, 0);
}
