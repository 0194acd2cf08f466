// SPDX-License-Identifier: GPL-2.0-only
/* Shapers: which queues they become, and what stands in the messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/attr.h"
#include "kernel/encode.h"
#include "kernel/shaper.h"

#define NETEM_SEED 14 /* TCA_NETEM_PRNG_SEED; headers before 6.4 lack it */

static char buf[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)));

struct shape_case {
	struct plan_shaper s;
	bool netem, tbf, htb;
};

static const struct shape_case shapes[] = {
	{{.rate = 1000, .burst = 1514}, false, true, false},
	{{.rate = 1000, .burst = 1513}, false, false, true},
	{{.delay_us = 1}, true, false, false},
	{{.jitter_us = 1}, true, false, false},
	{{.loss_ppm = 1}, true, false, false},
	{{.duplicate_ppm = 1}, true, false, false},
	{{.reorder_ppm = 1}, true, false, false},
	{{.rate = 1000, .burst = 1600, .delay_us = 1}, true, true, false},
	{{.rate = 1000, .burst = 300, .delay_us = 1}, true, false, true},
	{{.rate = 0}, false, false, false},
};

static void shapes_become_queues(void **state)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		struct kernel_shape k = kernel_shape_of(&shapes[i].s);

		print_message("row %zu\n", i);
		assert_int_equal(k.netem, shapes[i].netem);
		assert_int_equal(k.tbf, shapes[i].tbf);
		assert_int_equal(k.htb, shapes[i].htb);
	}
}

static void ticks_are_64_ns(void **state)
{
	/* 1600 bytes at 2 Mbit/s: 6.4 ms = 100,000 ticks */
	assert_int_equal(kernel_tbf_ticks(2000000, 1600), 100000);
	/* 1600 bytes at 1 kbit/s: 12.8 s */
	assert_int_equal(kernel_tbf_ticks(1000, 1600), 200000000);
	/* more than 32 bits of ticks: the largest there is */
	assert_int_equal(kernel_tbf_ticks(1, 1600), UINT32_MAX);
}

static void netem_numbers(void **state)
{
	struct plan_shaper s = {.rate = 1000000000, .delay_us = 15000};

	assert_int_equal(kernel_netem_probability(0), 0);
	assert_int_equal(kernel_netem_probability(500000), UINT32_MAX / 2);
	assert_int_equal(kernel_netem_probability(1000000), UINT32_MAX);
	assert_int_equal(kernel_netem_probability(2000000), UINT32_MAX);
	/* 125 kB per ms for 15 ms in frames of 500 bytes, twice */
	assert_int_equal(kernel_netem_limit(&s), 7500);
	s.rate = 2000000;
	assert_int_equal(kernel_netem_limit(&s), 1000);
	s.rate = 0;
	assert_true(kernel_netem_limit(&s) > 100000);
}

static const struct nlattr *options(const struct nlmsghdr *h, const char *kind)
{
	const struct nlattr *tb[TCA_OPTIONS + 1];

	attr_of_message(tb, TCA_OPTIONS, h, sizeof(struct tcmsg));
	assert_non_null(tb[TCA_KIND]);
	assert_string_equal(mnl_attr_get_str(tb[TCA_KIND]), kind);
	assert_non_null(tb[TCA_OPTIONS]);
	return tb[TCA_OPTIONS];
}

static void tbf_at_the_root_and_as_a_child(void **state)
{
	struct plan_shaper s = {.rate = 2000000, .burst = 1600, .limit = 30000};
	const struct nlattr *tb[TCA_TBF_BURST + 1];
	struct nlmsghdr *h = kernel_encode_tbf(buf, &s, 3, false);
	const struct tcmsg *m = mnl_nlmsg_get_payload(h);
	const struct tc_tbf_qopt *opt;

	assert_int_equal(h->nlmsg_type, RTM_NEWQDISC);
	assert_int_equal(m->tcm_ifindex, 3);
	assert_int_equal(m->tcm_parent, TC_H_ROOT);
	assert_int_equal(m->tcm_handle, KERNEL_QDISC_ROOT);
	attr_nested(tb, TCA_TBF_BURST, options(h, "tbf"));
	opt = mnl_attr_get_payload(tb[TCA_TBF_PARMS]);
	assert_int_equal(opt->rate.rate, 250000);
	assert_int_equal(opt->rate.linklayer, TC_LINKLAYER_ETHERNET);
	assert_int_equal(opt->limit, 30000);
	assert_int_equal(opt->buffer, 100000);
	assert_int_equal(mnl_attr_get_u32(tb[TCA_TBF_BURST]), 1600);
	assert_null(tb[TCA_TBF_RATE64]);
	h = kernel_encode_tbf(buf, &s, 3, true);
	m = mnl_nlmsg_get_payload(h);
	assert_int_equal(m->tcm_parent, KERNEL_QDISC_ROOT + 1);
	assert_int_equal(m->tcm_handle, KERNEL_QDISC_CHILD);
}

/* The class lends, and only ever has room for 300 bytes: 2.4 s of 1 kbit/s in ticks. */
static void htb_where_the_burst_holds_no_frame(void **state)
{
	struct plan_shaper s = {.rate = 1000, .burst = 300, .limit = 30000};
	const struct nlattr *tb[TCA_HTB_INIT + 1];
	struct nlmsghdr *h = kernel_encode_htb(buf, 3, true);
	const struct tcmsg *m = mnl_nlmsg_get_payload(h);
	const struct tc_htb_opt *opt;

	assert_int_equal(m->tcm_parent, KERNEL_QDISC_ROOT + 1);
	assert_int_equal(m->tcm_handle, KERNEL_QDISC_CHILD);
	attr_nested(tb, TCA_HTB_INIT, options(h, "htb"));
	assert_int_equal(
		((const struct tc_htb_glob *)mnl_attr_get_payload(tb[TCA_HTB_INIT]))->defcls, 1);
	h = kernel_encode_htb_class(buf, &s, 3, true);
	assert_int_equal(h->nlmsg_type, RTM_NEWTCLASS);
	assert_int_equal(m->tcm_parent, KERNEL_QDISC_CHILD);
	assert_int_equal(m->tcm_handle, KERNEL_QDISC_CHILD + 1);
	attr_nested(tb, TCA_HTB_INIT, options(h, "htb"));
	opt = mnl_attr_get_payload(tb[TCA_HTB_PARMS]);
	assert_int_equal(opt->rate.rate, 125);
	assert_int_equal(opt->ceil.rate, 125);
	assert_int_equal(opt->buffer, 37500000);
	assert_int_equal(opt->cbuffer, 37500000);
	h = kernel_encode_htb_queue(buf, &s, 3, false);
	assert_int_equal(h->nlmsg_type, RTM_NEWQDISC);
	assert_int_equal(m->tcm_parent, KERNEL_QDISC_ROOT + 1);
	assert_int_equal(
		((const struct tc_fifo_qopt *)mnl_attr_get_payload(options(h, "bfifo")))->limit,
		30000);
}

static void rates_beyond_32_bits(void **state)
{
	struct plan_shaper s = {.rate = 100000000000, .burst = 25000000, .limit = 1000000000};
	const struct nlattr *tb[TCA_TBF_BURST + 1];
	struct nlmsghdr *h = kernel_encode_tbf(buf, &s, 3, false);

	attr_nested(tb, TCA_TBF_BURST, options(h, "tbf"));
	assert_non_null(tb[TCA_TBF_RATE64]);
	assert_int_equal(mnl_attr_get_u64(tb[TCA_TBF_RATE64]), 12500000000);
}

static void netem(void **state)
{
	struct plan_shaper s = {
		.ns = "b", .dev = "pc.10", .delay_us = 15000, .jitter_us = 500, .loss_ppm = 1000};
	const struct nlattr *tb[TCA_NETEM_MAX + 1];
	const struct nlattr *o = options(kernel_encode_netem(buf, &s, 3), "netem");
	struct tc_netem_qopt opt;
	const char *payload = mnl_attr_get_payload(o);

	memcpy(&opt, payload, sizeof(opt));
	assert_int_equal(opt.latency, 15000000 / 64);
	assert_int_equal(opt.jitter, 500000 / 64);
	assert_int_equal(opt.loss, kernel_netem_probability(1000));
	attr_table(tb, TCA_NETEM_MAX, payload + sizeof(opt),
		   mnl_attr_get_payload_len(o) - sizeof(opt));
	assert_int_equal(mnl_attr_get_u64(tb[TCA_NETEM_LATENCY64]), 15000000);
	assert_int_equal(mnl_attr_get_u64(tb[TCA_NETEM_JITTER64]), 500000);
	assert_int_equal(opt.gap, 0);
}

static void netem_spoils(void **state)
{
	struct plan_shaper s = {.ns = "b",
				.dev = "pc.10",
				.delay_us = 1000,
				.duplicate_ppm = 20000,
				.reorder_ppm = 300000};
	const struct nlattr *tb[NETEM_SEED + 1];
	const struct nlattr *o = options(kernel_encode_netem(buf, &s, 3), "netem");
	const char *payload = mnl_attr_get_payload(o);
	const struct tc_netem_reorder *reorder;
	struct tc_netem_qopt opt;
	uint64_t seed;

	memcpy(&opt, payload, sizeof(opt));
	assert_int_equal(opt.loss, 0);
	assert_int_equal(opt.duplicate, kernel_netem_probability(20000));
	assert_int_equal(opt.gap, 1); /* each packet is asked whether it overtakes */
	attr_table(tb, NETEM_SEED, payload + sizeof(opt),
		   mnl_attr_get_payload_len(o) - sizeof(opt));
	reorder = mnl_attr_get_payload(tb[TCA_NETEM_REORDER]);
	assert_int_equal(reorder->probability, kernel_netem_probability(300000));
	seed = mnl_attr_get_u64(tb[NETEM_SEED]);
	s.dev = "pc.11"; /* another line loses others */
	o = options(kernel_encode_netem(buf, &s, 3), "netem");
	attr_table(tb, NETEM_SEED, (const char *)mnl_attr_get_payload(o) + sizeof(opt),
		   mnl_attr_get_payload_len(o) - sizeof(opt));
	assert_int_not_equal(mnl_attr_get_u64(tb[NETEM_SEED]), seed);
}

/* Whoever reads back what was written finds it unchanged. */
static void shares_come_back(void **state)
{
	static const uint32_t ppm[] = {0, 1, 17, 999, 1000, 333333, 500000, 999999, 1000000};

	for (size_t i = 0; i < sizeof(ppm) / sizeof(*ppm); i++)
		assert_int_equal(kernel_netem_ppm(kernel_netem_probability(ppm[i])), ppm[i]);
}

static void the_probe_has_no_options(void **state)
{
	const struct nlattr *tb[TCA_OPTIONS + 1];
	struct nlmsghdr *h = kernel_encode_netem_probe(buf);
	const struct tcmsg *m = mnl_nlmsg_get_payload(h);

	assert_int_equal(m->tcm_ifindex, 1);
	attr_table(tb, TCA_OPTIONS, (const char *)m + sizeof(*m),
		   mnl_nlmsg_get_payload_len(h) - sizeof(*m));
	assert_string_equal(mnl_attr_get_str(tb[TCA_KIND]), "netem");
	assert_null(tb[TCA_OPTIONS]);
}

static void removal(void **state)
{
	struct nlmsghdr *h = kernel_encode_qdisc_remove(buf, 3, TC_H_ROOT);
	const struct tcmsg *m = mnl_nlmsg_get_payload(h);

	assert_int_equal(h->nlmsg_type, RTM_DELQDISC);
	assert_int_equal(m->tcm_parent, TC_H_ROOT);
	assert_int_equal(h->nlmsg_flags & (NLM_F_CREATE | NLM_F_REPLACE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_become_queues),
		cmocka_unit_test(ticks_are_64_ns),
		cmocka_unit_test(netem_numbers),
		cmocka_unit_test(tbf_at_the_root_and_as_a_child),
		cmocka_unit_test(htb_where_the_burst_holds_no_frame),
		cmocka_unit_test(rates_beyond_32_bits),
		cmocka_unit_test(netem),
		cmocka_unit_test(netem_spoils),
		cmocka_unit_test(shares_come_back),
		cmocka_unit_test(the_probe_has_no_options),
		cmocka_unit_test(removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
