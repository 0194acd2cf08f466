// SPDX-License-Identifier: GPL-2.0-only
#include "check/look.h"

#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "kernel/netlink.h"
#include "kernel/route.h"
#include "plan/plan.h"

struct dump {
	struct strbuf *out;
	char (*names)[IF_NAMESIZE]; /* by index; "" where there is no such device */
	size_t n_names;
};

struct best {
	struct ip_prefix dst; /* what is looked for */
	bool found;
	uint8_t len;
	uint32_t table, protocol, metric;
	uint8_t type;
};

static uint32_t u32_of(const struct nlattr *a)
{
	return a ? mnl_attr_get_u32(a) : 0;
}

/* Main is asked before the system table; within a table the longest prefix wins, then the metric. */
static bool better(const struct best *b, const struct kernel_route *r)
{
	if (!b->found)
		return true;
	if (r->table != b->table)
		return r->table == PLAN_TABLE_MAIN;
	return r->dst.len > b->len || (r->dst.len == b->len && r->metric < b->metric);
}

static void find_route(const struct kernel_route *r, void *data)
{
	struct best *b = data;

	if ((r->table != PLAN_TABLE_MAIN && r->table != PLAN_TABLE_SYSTEM) ||
	    !ip_prefix_contains(r->dst, b->dst) || !better(b, r))
		return;
	b->found = true;
	b->len = r->dst.len;
	b->table = r->table;
	b->metric = r->metric;
	b->protocol = r->protocol;
	b->type = r->type;
}

const char *check_origin_name(uint32_t protocol)
{
	switch (protocol) {
	case PLAN_PROTO_SYSTEM: return "system";
	case PLAN_PROTO_CUSTOM: return "custom";
	case PLAN_PROTO_CEN:
	case PLAN_PROTO_LEARNED: return "cen";
	case PLAN_PROTO_BIRD: return "bgp";
	case PLAN_PROTO_TRACKED: return "tracked";
	case PLAN_PROTO_CIRCUIT: return "circuit";
	default: return "";
	}
}

const char *check_route_origin(const char *lab, const char *vpc, struct ip_prefix dst,
			       struct lab_error **err)
{
	struct best best = {.dst = dst};
	const char *origin;

	if (kernel_each_route(lab, vpc, find_route, &best, err) < 0)
		return NULL;
	/* the last entry of every table drops what nothing matched: that is no route */
	if (!best.found || (best.len == 0 && best.type == RTN_BLACKHOLE))
		return "none";
	origin = check_origin_name(best.protocol);
	return *origin ? origin : "foreign"; /* put there by somebody else, or the kernel itself */
}

static int note_name(const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_IFNAME + 1];
	struct dump *d = data;
	size_t index = (size_t)m->ifi_index;

	attr_of_message(tb, IFLA_IFNAME, h, sizeof(*m));
	if (h->nlmsg_type != RTM_NEWLINK || m->ifi_index <= 0 || !tb[IFLA_IFNAME] ||
	    index > 1u << 20)
		return MNL_CB_OK;
	if (index >= d->n_names) {
		d->names = reallocarray(d->names, index + 1, sizeof(*d->names));
		if (!d->names)
			abort();
		memset(d->names + d->n_names, 0, (index + 1 - d->n_names) * sizeof(*d->names));
		d->n_names = index + 1;
	}
	snprintf(d->names[index], sizeof(*d->names), "%s", mnl_attr_get_str(tb[IFLA_IFNAME]));
	return MNL_CB_OK;
}

static const char *dev_name(const struct dump *d, size_t index)
{
	return index < d->n_names && d->names[index][0] ? d->names[index] : "?";
}

static void add_route(const struct kernel_route *r, void *data)
{
	char dst[IP_PREFIX_STRLEN], via[IP_STRLEN];
	struct strbuf *out = data;

	strbuf_printf(out, "%s%s", r->type == RTN_BLACKHOLE ? "blackhole " : "",
		      ip_prefix_format(r->dst, dst));
	if (r->via)
		strbuf_printf(out, " via %s", ip_format(r->via, via));
	if (*r->dev)
		strbuf_printf(out, " dev %s", r->dev);
	if (r->table != PLAN_TABLE_MAIN)
		strbuf_printf(out, " table %u", r->table);
	if (*check_origin_name(r->protocol))
		strbuf_printf(out, " origin %s", check_origin_name(r->protocol));
	strbuf_addc(out, '\n');
}

static const char *neighbour_state(uint16_t state)
{
	static const struct {
		uint16_t bit;
		const char *name;
	} states[] = {
		{NUD_PERMANENT, "permanent"},   {NUD_REACHABLE, "reachable"},
		{NUD_STALE, "stale"},           {NUD_DELAY, "delay"},
		{NUD_PROBE, "probe"},           {NUD_FAILED, "failed"},
		{NUD_INCOMPLETE, "incomplete"},
	};

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (state & states[i].bit)
			return states[i].name;
	}
	return "none";
}

static int add_neighbour(const struct nlmsghdr *h, void *data)
{
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[NDA_LLADDR + 1];
	struct dump *d = data;
	char ip[IP_STRLEN];

	if (h->nlmsg_type != RTM_NEWNEIGH || m->ndm_family != AF_INET || (m->ndm_state & NUD_NOARP))
		return MNL_CB_OK;
	attr_of_message(tb, NDA_LLADDR, h, sizeof(*m));
	strbuf_printf(d->out, "%s dev %s", ip_format(ntohl(u32_of(tb[NDA_DST])), ip),
		      dev_name(d, (size_t)m->ndm_ifindex));
	if (tb[NDA_LLADDR] && mnl_attr_get_payload_len(tb[NDA_LLADDR]) == 6) {
		const unsigned char *mac = mnl_attr_get_payload(tb[NDA_LLADDR]);

		strbuf_printf(d->out, " lladdr %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			      mac[2], mac[3], mac[4], mac[5]);
	}
	strbuf_printf(d->out, " %s\n", neighbour_state(m->ndm_state));
	return MNL_CB_OK;
}

static int add_queue(const struct nlmsghdr *h, void *data)
{
	const struct tcmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[TCA_STATS2 + 1], *stats[TCA_STATS_QUEUE + 1];
	struct gnet_stats_basic basic = {0};
	struct gnet_stats_queue queue = {0};
	struct dump *d = data;
	const char *kind;

	attr_of_message(tb, TCA_STATS2, h, sizeof(*m));
	kind = tb[TCA_KIND] ? mnl_attr_get_str(tb[TCA_KIND]) : "?";
	if (h->nlmsg_type != RTM_NEWQDISC || strcmp(kind, "noqueue") == 0)
		return MNL_CB_OK;
	attr_nested(stats, TCA_STATS_QUEUE, tb[TCA_STATS2]);
	/* the kernel's own structure is 16 bytes, of which 12 are used */
	if (stats[TCA_STATS_BASIC] && mnl_attr_get_payload_len(stats[TCA_STATS_BASIC]) >= 12)
		memcpy(&basic, mnl_attr_get_payload(stats[TCA_STATS_BASIC]), 12);
	if (stats[TCA_STATS_QUEUE] &&
	    mnl_attr_get_payload_len(stats[TCA_STATS_QUEUE]) >= sizeof(queue))
		memcpy(&queue, mnl_attr_get_payload(stats[TCA_STATS_QUEUE]), sizeof(queue));
	strbuf_printf(d->out,
		      "%s dev %s: sent %llu bytes %u packets, dropped %u, overlimits %u, "
		      "backlog %u bytes %u packets\n",
		      kind, dev_name(d, (size_t)m->tcm_ifindex), (unsigned long long)basic.bytes,
		      basic.packets, queue.drops, queue.overlimits, queue.backlog, queue.qlen);
	return MNL_CB_OK;
}

static void dump(const char *lab, const char *ns, uint16_t type, size_t header, mnl_cb_t fn,
		 struct strbuf *out)
{
	auto_error struct lab_error *err = NULL;
	auto_close int fd = kernel_netlink_open_in(lab, ns, &err);
	struct dump d = {.out = out};

	/* evidence that cannot be had is said so, it is no failure of the check */
	if (fd < 0 ||
	    kernel_netlink_list(fd, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC, note_name, &d,
				&err) < 0 ||
	    kernel_netlink_list(fd, type, header, type == RTM_GETQDISC ? AF_UNSPEC : AF_INET, fn,
				&d, &err) < 0)
		strbuf_printf(out, "%s\n", lab_error_message(err));
	free(d.names);
}

void check_dump_routes(const char *lab, const char *ns, struct strbuf *out)
{
	auto_error struct lab_error *err = NULL;

	if (kernel_each_route(lab, ns, add_route, out, &err) < 0)
		strbuf_printf(out, "%s\n", lab_error_message(err));
}

void check_dump_neighbours(const char *lab, const char *ns, struct strbuf *out)
{
	dump(lab, ns, RTM_GETNEIGH, sizeof(struct ndmsg), add_neighbour, out);
}

void check_dump_queues(const char *lab, const char *ns, struct strbuf *out)
{
	dump(lab, ns, RTM_GETQDISC, sizeof(struct tcmsg), add_queue, out);
}
