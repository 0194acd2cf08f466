// SPDX-License-Identifier: GPL-2.0-only
/* Addresses to shapers of one namespace, turned into plan objects. */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/route/class.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/fifo.h>
#include <netlink/route/qdisc/htb.h>
#include <netlink/route/qdisc/netem.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/rule.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "kernel/shaper.h"
#include "kernel/sight.h"

/* Host byte order; 0 for NULL and for what is not IPv4 (as the default route's destination). */
static uint32_t ipv4(const struct nl_addr *a)
{
	uint32_t ip = 0;

	if (a && nl_addr_get_len(a) == sizeof(ip))
		memcpy(&ip, nl_addr_get_binary_addr(a), sizeof(ip));
	return ntohl(ip);
}

static struct ip_prefix prefix(const struct nl_addr *a)
{
	return (struct ip_prefix){ipv4(a), a ? (uint8_t)nl_addr_get_prefixlen(a) : (uint8_t)0};
}

/* The device's name as a string that lives as long as the observation; NULL where it is gone. */
static const char *dev_name(const struct kernel_sight *s, int index)
{
	const struct kernel_sight_dev *d = kernel_sight_by_index(s, index);

	return d ? d->name : NULL;
}

/* The cache is handed to fn object by object and freed. */
static int walk(struct kernel_sight *s, const char *what, int res, struct nl_cache *cache,
		void (*fn)(struct nl_object *o, void *data), struct lab_error **err)
{
	if (res < 0)
		return kernel_sight_error(s, what, res, err);
	nl_cache_foreach(cache, fn, s);
	nl_cache_free(cache);
	return 0;
}

/* Host byte order; 0 where there is none. */
static uint32_t ip_of(const struct nlattr *a)
{
	return ntohl(attr_u32(a, 0));
}

static int see_address(const struct nlmsghdr *h, void *data)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFA_FLAGS + 1];
	struct kernel_sight *s = data;
	struct plan_address key = {.ns = s->ns}, *seen;

	attr_of_message(tb, IFA_FLAGS, h, sizeof(*m));
	key.dev = dev_name(s, (int)m->ifa_index);
	key.prefix.addr = ip_of(tb[IFA_LOCAL]);
	key.prefix.len = m->ifa_prefixlen;
	key.noprefixroute = attr_u32(tb[IFA_FLAGS], m->ifa_flags) & IFA_F_NOPREFIXROUTE;
	/* 127.0.0.1 comes with lo */
	if (key.dev && s->cloud && key.prefix.addr >> 24 != 127 &&
	    !kernel_sight_wanted(s, PLAN_ADDRESS, &key))
		*plan_add_address(s->extra) = key;
	seen = key.dev ? kernel_sight_note(s, PLAN_ADDRESS, &key) : NULL;
	if (seen)
		seen->noprefixroute = key.noprefixroute;
	return MNL_CB_OK;
}

int kernel_sight_addresses(struct kernel_sight *s, struct lab_error **err)
{
	const struct kernel_sight_question q = {.type = RTM_GETADDR,
						.header = sizeof(struct ifaddrmsg),
						.family = AF_INET,
						.see = see_address,
						.noted = &s->extra->n_addresses};

	return kernel_sight_dump(s, "addresses", q, err);
}

static int see_neighbour(const struct nlmsghdr *h, void *data)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[NDA_LLADDR + 1], *mac;
	struct kernel_sight *s = data;
	struct plan_neighbour key = {.ns = s->ns}, *seen;

	if (!(m->ndm_state & NUD_PERMANENT))
		return MNL_CB_OK;
	attr_of_message(tb, NDA_LLADDR, h, sizeof(*m));
	mac = tb[NDA_LLADDR];
	if (mac && mnl_attr_get_payload_len(mac) != sizeof(key.mac))
		mac = NULL;
	key.dev = dev_name(s, m->ndm_ifindex);
	key.ip = ip_of(tb[NDA_DST]);
	if (mac)
		memcpy(key.mac, mnl_attr_get_payload(mac), sizeof(key.mac));
	if (key.dev && s->cloud && !kernel_sight_wanted(s, PLAN_NEIGHBOUR, &key))
		*plan_add_neighbour(s->extra) = key;
	seen = key.dev ? kernel_sight_note(s, PLAN_NEIGHBOUR, &key) : NULL;
	if (seen && mac)
		memcpy(seen->mac, key.mac, sizeof(seen->mac));
	return MNL_CB_OK;
}

int kernel_sight_neighbours(struct kernel_sight *s, struct lab_error **err)
{
	/* the kernel goes through those of all namespaces: not through IPv6's, too */
	const struct kernel_sight_question q = {.type = RTM_GETNEIGH,
						.header = sizeof(struct ndmsg),
						.family = AF_INET,
						.see = see_neighbour,
						.noted = &s->extra->n_neighbours};
	const struct plan_neighbour least = {.ns = s->ns, .dev = ""};

	if (!kernel_sight_concerns(s, PLAN_NEIGHBOUR, &least))
		return 0;
	return kernel_sight_dump(s, "neighbours", q, err);
}

/* One next hop, and of the kinds that plans have. */
static enum plan_route_type read_type(const struct rtmsg *m, const struct nlattr *const *tb)
{
	if (m->rtm_type == RTN_BLACKHOLE)
		return PLAN_BLACKHOLE;
	if (m->rtm_type == RTN_UNICAST && tb[RTA_OIF] && !tb[RTA_MULTIPATH] && !tb[RTA_VIA] &&
	    !tb[RTA_ENCAP])
		return PLAN_UNICAST;
	return PLAN_OTHER;
}

static void read_nexthop(const struct kernel_sight *s, const struct rtmsg *m,
			 const struct nlattr *const *tb, struct plan_route *to)
{
	if (to->type != PLAN_UNICAST)
		return;
	to->dev = dev_name(s, (int)mnl_attr_get_u32(tb[RTA_OIF]));
	to->via = ip_of(tb[RTA_GATEWAY]);
	to->onlink = m->rtm_flags & RTNH_F_ONLINK;
	if (!to->dev)
		to->type = PLAN_OTHER;
}

/* Who may write routes into a lab beside its plan: the kernel itself, labctl-routing, BIRD. */
static bool is_dynamic(const struct plan_route *r)
{
	unsigned int proto = r->proto;

	return proto == RTPROT_KERNEL || proto == RTPROT_REDIRECT || proto == PLAN_PROTO_LEARNED ||
	       proto == PLAN_PROTO_TRACKED || proto == PLAN_PROTO_BIRD;
}

/*
 * A route of another metric than the wanted one's stands beside it, and may win; the plan does not know it.
 * Nor does it know what a key has a second time.
 */
static void note_route(struct kernel_sight *s, struct plan_route value)
{
	const struct plan_route *wanted = kernel_sight_wanted(s, PLAN_ROUTE, &value);
	struct plan_route *seen;

	if (!wanted || wanted->metric != value.metric || value.type == PLAN_OTHER) {
		if (s->cloud && !is_dynamic(&value))
			*plan_add_route(s->extra) = value;
		return;
	}
	seen = kernel_sight_note(s, PLAN_ROUTE, &value);
	if (!seen)
		return;
	value.origin = seen->origin;
	*seen = value;
}

static int see_route(const struct nlmsghdr *h, void *data)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[RTA_ENCAP + 1];
	struct kernel_sight *s = data;
	struct plan_route value = {.ns = s->ns};

	if (m->rtm_table == RT_TABLE_LOCAL)
		return MNL_CB_OK;
	attr_of_message(tb, RTA_ENCAP, h, sizeof(*m));
	value.metric = attr_u32(tb[RTA_PRIORITY], 0);
	value.table = attr_u32(tb[RTA_TABLE], m->rtm_table);
	value.dst = (struct ip_prefix){ip_of(tb[RTA_DST]), m->rtm_dst_len};
	value.type = read_type(m, tb);
	value.proto = (enum plan_route_proto)m->rtm_protocol;
	value.src = ip_of(tb[RTA_PREFSRC]);
	read_nexthop(s, m, tb, &value);
	note_route(s, value);
	return MNL_CB_OK;
}

int kernel_sight_routes(struct kernel_sight *s, struct lab_error **err)
{
	const struct kernel_sight_question q = {.type = RTM_GETROUTE,
						.header = sizeof(struct rtmsg),
						.family = AF_INET,
						.see = see_route,
						.noted = &s->extra->n_routes};

	return kernel_sight_dump(s, "routes", q, err);
}

/* Those that every namespace is born with. */
static bool is_inborn(uint32_t priority)
{
	return priority == 0 || priority == 32766 || priority == 32767;
}

static void see_rule(struct nl_object *o, void *data)
{
	struct kernel_sight *s = data;
	struct rtnl_rule *r = (struct rtnl_rule *)o;
	struct plan_rule key = {.ns = s->ns, .priority = rtnl_rule_get_prio(r)}, *seen;
	const char *iif = rtnl_rule_get_iif(r), *oif = rtnl_rule_get_oif(r);

	if (s->cloud && !is_inborn(key.priority) && !kernel_sight_wanted(s, PLAN_RULE, &key))
		*plan_add_rule(s->extra) = key;
	if (rtnl_rule_get_action(r) != FR_ACT_TO_TBL || rtnl_rule_get_dst(r) ||
	    rtnl_rule_get_mark(r))
		return;
	seen = kernel_sight_note(s, PLAN_RULE, &key);
	if (!seen)
		return;
	seen->table = rtnl_rule_get_table(r);
	seen->iif = iif && *iif ? arena_strdup(s->arena, iif) : NULL;
	seen->oif = oif && *oif ? arena_strdup(s->arena, oif) : NULL;
	seen->from = prefix(rtnl_rule_get_src(r));
}

int kernel_sight_rules(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err)
{
	const struct plan_rule least = {.ns = s->ns};
	struct nl_cache *cache = NULL;
	int res;

	if (!kernel_sight_concerns(s, PLAN_RULE, &least))
		return 0;
	res = rtnl_rule_alloc_cache(sock, AF_INET, &cache);
	return walk(s, "rules", res, cache, see_rule, err);
}

/* ---- shapers ---- */

/* What stands on one device. */
struct queues {
	struct rtnl_qdisc *root, *child;
	struct rtnl_qdisc *leaf; /* of the class of an htb */
	bool others;             /* beside these, or for what comes in */
};

/* Those of each device of the namespace, in the order of the devices. */
static struct queues *find_queues(struct kernel_sight *s, struct nl_cache *cache)
{
	struct queues *all = arena_alloc(s->arena, (s->n_devs - s->first_dev + 1) * sizeof(*all));

	for (struct nl_object *o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o)) {
		struct rtnl_tc *tc = (struct rtnl_tc *)o;
		const struct kernel_sight_dev *d = kernel_sight_by_index(s,
									 rtnl_tc_get_ifindex(tc));
		struct queues *q;

		if (!d)
			continue; /* came meanwhile */
		q = &all[d - (s->devs + s->first_dev)];
		if (rtnl_tc_get_parent(tc) == TC_H_ROOT)
			q->root = (struct rtnl_qdisc *)o;
		else if (rtnl_tc_get_handle(tc) == KERNEL_QDISC_QUEUE)
			q->leaf = (struct rtnl_qdisc *)o;
		else if (rtnl_tc_get_parent(tc) == KERNEL_QDISC_ROOT + 1)
			q->child = (struct rtnl_qdisc *)o;
		else
			q->others = true;
	}
	return all;
}

static bool is_kind(struct rtnl_qdisc *q, const char *kind)
{
	const char *k = q ? rtnl_tc_get_kind((struct rtnl_tc *)q) : NULL;

	return k && strcmp(k, kind) == 0;
}

static bool near(uint64_t a, uint64_t b, uint64_t tolerance)
{
	return (a > b ? a - b : b - a) <= tolerance;
}

/*
 * libnl gives the burst in bytes, by way of whole microseconds: that is how exactly it can be
 * compared. Values that differ by more are given as they were read.
 */
static void read_tbf(struct rtnl_qdisc *q, struct plan_shaper *s)
{
	uint64_t rate = (uint64_t)(uint32_t)rtnl_qdisc_tbf_get_rate(q);
	uint32_t burst = (uint32_t)rtnl_qdisc_tbf_get_rate_bucket(q);
	uint32_t limit = (uint32_t)rtnl_qdisc_tbf_get_limit(q);

	s->limit = limit;
	/* from 2^32 bytes/s on, libnl knows only that it is more, and no burst either */
	if (rate == UINT32_MAX && s->rate / 8 >= UINT32_MAX)
		return;
	if (rate != s->rate / 8)
		s->rate = rate * 8;
	if (!near(burst, s->burst, 2 + rate * 2 / 1000000))
		s->burst = burst;
}

/* The class that htb puts everything into; what is missing, or not ours, reads as no rate and no limit. */
static int read_htb(const struct queues *q, struct nl_sock *sock, int index, uint32_t id,
		    struct plan_shaper *s)
{
	struct nl_cache *cache = NULL;
	struct rtnl_class *class;
	int res = rtnl_class_alloc_cache(sock, index, &cache);
	uint64_t rate = 0, burst = 0;

	if (res < 0)
		return res;
	class = rtnl_class_get(cache, index, id);
	if (class) {
		rate = rtnl_htb_get_rate(class);
		burst = rtnl_htb_get_rbuffer(class);
		rtnl_class_put(class);
	}
	nl_cache_free(cache);
	s->limit = is_kind(q->leaf, "bfifo") ? (uint32_t)rtnl_qdisc_fifo_get_limit(q->leaf) : 0;
	if (rate != s->rate / 8)
		s->rate = rate * 8;
	if (!near(burst, s->burst, 2 + rate * 2 / 1000000))
		s->burst = (uint32_t)burst;
	return 0;
}

/* As libnl gives it: a probability, or an error where the kernel did not tell. */
static void read_share(int probability, uint32_t *ppm)
{
	const uint32_t p = probability == -NLE_NOATTR ? 0 : (uint32_t)probability;

	if (p != kernel_netem_probability(*ppm))
		*ppm = kernel_netem_ppm(p);
}

static void read_netem(struct rtnl_qdisc *q, struct plan_shaper *s)
{
	int delay = rtnl_netem_get_delay(q), jitter = rtnl_netem_get_jitter(q);

	/* one microsecond: the width of a tick's rounding */
	if (delay < 0 || !near((uint64_t)delay, s->delay_us, 1))
		s->delay_us = delay < 0 ? 0 : (uint32_t)delay;
	if (jitter < 0 || !near((uint64_t)jitter, s->jitter_us, 1))
		s->jitter_us = jitter < 0 ? 0 : (uint32_t)jitter;
	read_share(rtnl_netem_get_loss(q), &s->loss_ppm);
	read_share(rtnl_netem_get_duplicate(q), &s->duplicate_ppm);
	/* without a gap no packet is taken out of the order */
	read_share(rtnl_netem_get_gap(q) > 0 ? rtnl_netem_get_reorder_probability(q) : 0,
		   &s->reorder_ppm);
}

static int see_shaper(struct kernel_sight *s, struct nl_sock *sock,
		      const struct plan_shaper *wanted, const struct queues *q, int index)
{
	struct kernel_shape shape = kernel_shape_of(wanted);
	struct rtnl_qdisc *rate = shape.netem ? q->child : q->root;
	struct plan_shaper *seen;

	/* something that delays, drops or rewrites besides: not what was asked for */
	if (q->others || (q->child && !(shape.netem && (shape.tbf || shape.htb))) ||
	    (q->leaf && !shape.htb))
		return 0;
	if ((shape.netem && !is_kind(q->root, "netem")) || (shape.tbf && !is_kind(rate, "tbf")) ||
	    (shape.htb && !is_kind(rate, "htb")))
		return 0;
	seen = kernel_sight_note(s, PLAN_SHAPER, wanted);
	if (shape.netem)
		read_netem(q->root, seen);
	if (shape.tbf)
		read_tbf(rate, seen);
	if (!shape.htb)
		return 0;
	return read_htb(q, sock, index, rtnl_tc_get_handle((struct rtnl_tc *)rate) + 1, seen);
}

/* A qdisc of nobody's; the one that every device is born with does not count. */
static void see_stray_queues(struct kernel_sight *s, const struct kernel_sight_dev *d,
			     const struct queues *q)
{
	const struct plan_shaper key = {.ns = s->ns, .dev = d->name};
	bool root = q->root && rtnl_tc_get_handle((struct rtnl_tc *)q->root) != 0;

	if ((!root && !q->child && !q->others) || kernel_sight_wanted(s, PLAN_SHAPER, &key))
		return;
	*plan_add_shaper(s->extra) = key;
}

int kernel_sight_shapers(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err)
{
	const struct plan_shaper least = {.ns = s->ns, .dev = ""};
	struct nl_cache *cache = NULL;
	struct queues *queues;
	int res;

	if (!kernel_sight_concerns(s, PLAN_SHAPER, &least))
		return 0;
	res = rtnl_qdisc_alloc_cache(sock, &cache);
	if (res < 0)
		return kernel_sight_error(s, "shapers", res, err);
	queues = find_queues(s, cache);
	for (size_t i = s->first_dev; i < s->n_devs && res >= 0; i++) {
		const struct kernel_sight_dev *d = &s->devs[i];
		const struct plan_shaper key = {.ns = s->ns, .dev = d->name};
		const struct plan_shaper *wanted = kernel_sight_wanted(s, PLAN_SHAPER, &key);
		const struct queues *q = &queues[i - s->first_dev];

		if (wanted)
			res = see_shaper(s, sock, wanted, q, d->index);
		else if (s->cloud)
			see_stray_queues(s, d, q);
	}
	nl_cache_free(cache);
	return res < 0 ? kernel_sight_error(s, "shapers", res, err) : 0;
}
