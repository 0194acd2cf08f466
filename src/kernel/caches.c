// SPDX-License-Identifier: GPL-2.0-only
/* libnl's caches of one namespace, turned into plan objects. */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/class.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/fifo.h>
#include <netlink/route/qdisc/htb.h>
#include <netlink/route/qdisc/netem.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <stdlib.h>
#include <string.h>

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

static void see_address(struct nl_object *o, void *data)
{
	struct kernel_sight *s = data;
	struct rtnl_addr *a = (struct rtnl_addr *)o;
	struct plan_address key = {.ns = s->ns}, *seen;

	if (rtnl_addr_get_family(a) != AF_INET)
		return;
	key.dev = dev_name(s, rtnl_addr_get_ifindex(a));
	key.prefix.addr = ipv4(rtnl_addr_get_local(a));
	key.prefix.len = (uint8_t)rtnl_addr_get_prefixlen(a);
	key.noprefixroute = rtnl_addr_get_flags(a) & IFA_F_NOPREFIXROUTE;
	/* 127.0.0.1 comes with lo */
	if (key.dev && s->cloud && key.prefix.addr >> 24 != 127 &&
	    !kernel_sight_wanted(s, PLAN_ADDRESS, &key))
		*plan_add_address(s->extra) = key;
	seen = key.dev ? kernel_sight_note(s, PLAN_ADDRESS, &key) : NULL;
	if (seen)
		seen->noprefixroute = key.noprefixroute;
}

int kernel_sight_addresses(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err)
{
	struct nl_cache *cache = NULL;
	int res = rtnl_addr_alloc_cache(sock, &cache);

	return walk(s, "addresses", res, cache, see_address, err);
}

static void see_neighbour(struct nl_object *o, void *data)
{
	struct kernel_sight *s = data;
	struct rtnl_neigh *n = (struct rtnl_neigh *)o;
	const struct nl_addr *mac = rtnl_neigh_get_lladdr(n);
	struct plan_neighbour key = {.ns = s->ns}, *seen;

	if (rtnl_neigh_get_family(n) != AF_INET || !(rtnl_neigh_get_state(n) & NUD_PERMANENT))
		return;
	key.dev = dev_name(s, rtnl_neigh_get_ifindex(n));
	key.ip = ipv4(rtnl_neigh_get_dst(n));
	if (mac && nl_addr_get_len(mac) == sizeof(key.mac))
		memcpy(key.mac, nl_addr_get_binary_addr(mac), sizeof(key.mac));
	if (key.dev && s->cloud && !kernel_sight_wanted(s, PLAN_NEIGHBOUR, &key))
		*plan_add_neighbour(s->extra) = key;
	seen = key.dev ? kernel_sight_note(s, PLAN_NEIGHBOUR, &key) : NULL;
	if (seen && mac && nl_addr_get_len(mac) == sizeof(seen->mac))
		memcpy(seen->mac, key.mac, sizeof(seen->mac));
}

int kernel_sight_neighbours(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err)
{
	struct nl_cache *cache = NULL;
	int res = rtnl_neigh_alloc_cache(sock, &cache);

	return walk(s, "neighbours", res, cache, see_neighbour, err);
}

static enum plan_route_type read_type(struct rtnl_route *r)
{
	if (rtnl_route_get_type(r) == RTN_BLACKHOLE)
		return PLAN_BLACKHOLE;
	if (rtnl_route_get_type(r) == RTN_UNICAST && rtnl_route_get_nnexthops(r) == 1)
		return PLAN_UNICAST;
	return PLAN_OTHER;
}

static void read_nexthop(const struct kernel_sight *s, struct rtnl_route *r, struct plan_route *to)
{
	struct rtnl_nexthop *nh;

	if (to->type != PLAN_UNICAST)
		return;
	nh = rtnl_route_nexthop_n(r, 0);
	to->dev = dev_name(s, rtnl_route_nh_get_ifindex(nh));
	to->via = ipv4(rtnl_route_nh_get_gateway(nh));
	to->onlink = rtnl_route_nh_get_flags(nh) & RTNH_F_ONLINK;
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
static void see_route(struct nl_object *o, void *data)
{
	struct kernel_sight *s = data;
	struct rtnl_route *r = (struct rtnl_route *)o;
	struct plan_route value = {.ns = s->ns}, *seen;
	const struct plan_route *wanted;

	if (rtnl_route_get_family(r) != AF_INET || rtnl_route_get_table(r) == RT_TABLE_LOCAL)
		return;
	value.metric = rtnl_route_get_priority(r);
	value.table = rtnl_route_get_table(r);
	value.dst = prefix(rtnl_route_get_dst(r));
	value.type = read_type(r);
	value.proto = (enum plan_route_proto)rtnl_route_get_protocol(r);
	value.src = ipv4(rtnl_route_get_pref_src(r));
	read_nexthop(s, r, &value);
	wanted = kernel_sight_wanted(s, PLAN_ROUTE, &value);
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

int kernel_sight_routes(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err)
{
	struct nl_cache *cache = NULL;
	int res = rtnl_route_alloc_cache(sock, AF_INET, 0, &cache);

	return walk(s, "routes", res, cache, see_route, err);
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
	struct nl_cache *cache = NULL;
	int res = rtnl_rule_alloc_cache(sock, AF_INET, &cache);

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
	struct nl_cache *cache = NULL;
	int res = rtnl_qdisc_alloc_cache(sock, &cache);
	struct queues *queues;

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
