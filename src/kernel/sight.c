// SPDX-License-Identifier: GPL-2.0-only
/* Devices and pairs of devices, as the kernel has them. */
#include "kernel/sight.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "kernel/encode.h"
#include "kernel/netlink.h"
#include "kernel/tags.h"

int kernel_sight_error(const struct kernel_sight *s, const char *what, int nlerr,
		       struct lab_error **err)
{
	return lab_error_make(err, nlerr == -NLE_PERM ? LAB_DENIED : LAB_FAILED,
			      "cannot read the %s of %s: %s", what, s->ns, nl_geterror(nlerr));
}

/* Place of the first that is not below the key. */
static size_t first_wanted(const struct plan *p, enum plan_kind kind, const void *key)
{
	size_t low = 0, high = plan_count(p, kind);

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (plan_key_cmp(kind, plan_object(p, kind, mid), key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t find_wanted(const struct plan *p, enum plan_kind kind, const void *key)
{
	size_t i = first_wanted(p, kind, key);

	return i < plan_count(p, kind) && plan_key_cmp(kind, plan_object(p, kind, i), key) == 0
		       ? i
		       : SIZE_MAX;
}

bool kernel_sight_concerns(const struct kernel_sight *s, enum plan_kind kind, const void *least)
{
	size_t i = first_wanted(s->wanted, kind, least);
	const char *ns[2];

	if (s->cloud || i == plan_count(s->wanted, kind))
		return s->cloud;
	plan_places(kind, plan_object(s->wanted, kind, i), ns);
	return strcmp(ns[0], s->ns) == 0;
}

static size_t size_of(enum plan_kind kind)
{
	static const size_t sizes[PLAN_N_KINDS] = {
		[PLAN_NAMESPACE] = sizeof(struct plan_namespace),
		[PLAN_BRIDGE] = sizeof(struct plan_bridge),
		[PLAN_LINK] = sizeof(struct plan_link),
		[PLAN_ADDRESS] = sizeof(struct plan_address),
		[PLAN_NEIGHBOUR] = sizeof(struct plan_neighbour),
		[PLAN_ROUTE] = sizeof(struct plan_route),
		[PLAN_RULE] = sizeof(struct plan_rule),
		[PLAN_SHAPER] = sizeof(struct plan_shaper),
		[PLAN_FILTER] = sizeof(struct plan_filter),
	};

	return sizes[kind];
}

const void *kernel_sight_wanted(const struct kernel_sight *s, enum plan_kind kind, const void *key)
{
	size_t i = find_wanted(s->wanted, kind, key);

	return i == SIZE_MAX ? NULL : plan_object(s->wanted, kind, i);
}

void *kernel_sight_note(struct kernel_sight *s, enum plan_kind kind, const void *key)
{
	size_t i = find_wanted(s->wanted, kind, key);
	const void *wanted;
	void **seen;

	if (i == SIZE_MAX)
		return NULL;
	wanted = plan_object(s->wanted, kind, i);
	seen = &s->seen[kind][i];
	if (*seen && plan_same(kind, *seen, wanted))
		return NULL;
	/* begins as wanted, origin included: the caller fills in what it read */
	*seen = arena_memdup(s->arena, wanted, size_of(kind));
	return *seen;
}

static void add_fault(struct kernel_sight *s, struct kernel_sight_dev *d, const char *text)
{
	d->fault = d->fault ? arena_printf(s->arena, "%s, %s", d->fault, text) : text;
}

/* What the messages of devices are read for. */
struct link_attrs {
	const struct nlattr *of[IFLA_GSO_MAX_SEGS + 1];
	const struct nlattr *info[IFLA_INFO_MAX + 1];
	const struct nlattr *conf, *conf6; /* arrays of settings */
};

static void read_attrs(struct link_attrs *a, const struct nlmsghdr *h)
{
	const struct nlattr *family[AF_INET6 + 1], *inet[IFLA_INET_CONF + 1],
		*inet6[IFLA_INET6_CONF + 1];

	attr_of_message(a->of, IFLA_GSO_MAX_SEGS, h, sizeof(struct ifinfomsg));
	attr_nested(a->info, IFLA_INFO_MAX, a->of[IFLA_LINKINFO]);
	attr_nested(family, AF_INET6, a->of[IFLA_AF_SPEC]);
	attr_nested(inet, IFLA_INET_CONF, family[AF_INET]);
	attr_nested(inet6, IFLA_INET6_CONF, family[AF_INET6]);
	a->conf = inet[IFLA_INET_CONF];
	a->conf6 = inet6[IFLA_INET6_CONF];
}

static const char *text_of(const struct nlattr *a)
{
	return a ? mnl_attr_get_str(a) : NULL;
}

/* false: there is no such setting. */
static bool setting_at(const struct nlattr *array, size_t i, uint32_t *value)
{
	if (!array || mnl_attr_get_payload_len(array) < (i + 1) * sizeof(*value))
		return false;
	memcpy(value, (const char *)mnl_attr_get_payload(array) + i * sizeof(*value),
	       sizeof(*value));
	return true;
}

/* Settings of IPv4 are counted from 1. */
static uint32_t setting(const struct link_attrs *a, unsigned int which)
{
	uint32_t value = 0;

	return setting_at(a->conf, which - 1, &value) ? value : 0;
}

/* Our bridges learn, and do nothing else. */
static void see_bridge(struct kernel_sight *s, struct kernel_sight_dev *d,
		       const struct link_attrs *a)
{
	const struct nlattr *data[IFLA_BR_MAX + 1], *snooping;

	if (!d->bridge)
		return;
	attr_nested(data, IFLA_BR_MAX, a->info[IFLA_INFO_DATA]);
	snooping = data[IFLA_BR_MCAST_SNOOPING];
	if (attr_u32(data[IFLA_BR_STP_STATE], 0))
		add_fault(s, d, "spanning tree");
	if (snooping && mnl_attr_get_u8(snooping))
		add_fault(s, d, "multicast snooping");
}

static struct kernel_sight_dev *by_index(const struct kernel_sight *s, int index)
{
	size_t low = s->first_dev, high = s->n_devs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->devs[mid].index == index)
			return &s->devs[mid];
		if (s->devs[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct kernel_sight_dev *kernel_sight_by_index(const struct kernel_sight *s, int index)
{
	return by_index(s, index);
}

/* What kernel_encode_conduct() says to every device of a lab. */
static void see_conduct(struct kernel_sight *s, struct kernel_sight_dev *d,
			const struct link_attrs *a)
{
	const struct {
		unsigned int which;
		const char *name;
		uint32_t wanted;
	} settings[] = {
		{IPV4_DEVCONF_FORWARDING, "forwarding", s->router},
		{IPV4_DEVCONF_RP_FILTER, "rp_filter", 0},
		{IPV4_DEVCONF_SEND_REDIRECTS, "send_redirects", 0},
		{IPV4_DEVCONF_ACCEPT_REDIRECTS, "accept_redirects", 0},
		{IPV4_DEVCONF_ARP_IGNORE, "arp_ignore", s->router},
		{IPV4_DEVCONF_ARP_ANNOUNCE, "arp_announce", s->router ? 2 : 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		uint32_t is = setting(a, settings[i].which);

		if (is != settings[i].wanted)
			add_fault(s, d, arena_printf(s->arena, "%s %u", settings[i].name, is));
	}
}

static void see_mtu(struct kernel_sight *s, struct kernel_sight_dev *d, const struct link_attrs *a)
{
	const uint32_t mtu = attr_u32(a->of[IFLA_MTU], 0);
	uint32_t mode;

	if (mtu != KERNEL_MTU)
		add_fault(s, d, arena_printf(s->arena, "mtu %u", mtu));
	/* IFLA_INET6_ADDR_GEN_MODE itself is left out together with statistics */
	if (setting_at(a->conf6, DEVCONF_ADDR_GEN_MODE, &mode) && mode != IN6_ADDR_GEN_MODE_NONE)
		add_fault(s, d, "addrgenmode");
}

/* Of these, each namespace is born with one, where the host has loaded their module; they cannot go. */
static bool is_inborn(const char *name)
{
	static const char *const names[] = {"lo",      "tunl0",    "gre0", "gretap0", "erspan0",
					    "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* As set_up_lo() left it. */
static void see_lo(struct kernel_sight *s, struct kernel_sight_dev *d)
{
	const struct plan_namespace key = {.name = s->ns};
	size_t i = find_wanted(s->wanted, PLAN_NAMESPACE, &key);
	struct plan_namespace *seen = s->seen[PLAN_NAMESPACE][i];

	if (!d->up && plan_needs_lo(&s->wanted->namespaces[i]))
		add_fault(s, d, "down");
	if (!kernel_tag_is(d->alias, s->lab, s->ns))
		add_fault(s, d, "mark");
	if (d->fault)
		seen->fault = arena_printf(s->arena, "lo: %s", d->fault);
}

static void read_segments(struct kernel_sight_dev *d, const struct link_attrs *a)
{
	d->gso_segs = attr_u32(a->of[IFLA_GSO_MAX_SEGS], KERNEL_GSO_SEGS);
	if (d->gso_segs == KERNEL_GSO_SEGS)
		d->gso_segs = 0;
}

static void see_link(struct kernel_sight *s, struct kernel_sight_dev *d, const char *name,
		     const struct link_attrs *a)
{
	const struct nlattr *mac = a->of[IFLA_ADDRESS];
	const char *alias = text_of(a->of[IFLA_IFALIAS]), *kind = text_of(a->info[IFLA_INFO_KIND]);

	(void)strncpy(d->name, name, sizeof(d->name) - 1); /* zeroed, and the kernel's own limit */
	if (mac && mnl_attr_get_payload_len(mac) == sizeof(d->mac))
		memcpy(d->mac, mnl_attr_get_payload(mac), sizeof(d->mac));
	d->alias = alias && *alias ? arena_strdup(s->arena, alias) : NULL;
	d->bridge = kind && strcmp(kind, "bridge") == 0;
	d->removable = s->cloud && kind && !is_inborn(name);
	d->peer_index = (int)attr_u32(a->of[IFLA_LINK], 0);
	d->master_index = (int)attr_u32(a->of[IFLA_MASTER], 0);
	d->proxy_arp = setting(a, IPV4_DEVCONF_PROXY_ARP) != 0;
	read_segments(d, a);
	see_bridge(s, d, a);
	see_conduct(s, d, a);
	if (strcmp(name, "lo") != 0)
		see_mtu(s, d, a);
}

static int see_message(const struct nlmsghdr *h, void *data)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	struct kernel_sight *s = data;
	struct kernel_sight_dev *d;
	struct link_attrs a;

	read_attrs(&a, h);
	if (!a.of[IFLA_IFNAME])
		return MNL_CB_OK;
	d = arena_push(s->arena, s->devs, s->n_devs);
	*d = (struct kernel_sight_dev){
		.ns = s->ns, .index = m->ifi_index, .up = m->ifi_flags & IFF_UP};
	see_link(s, d, text_of(a.of[IFLA_IFNAME]), &a);
	return MNL_CB_OK;
}

static int compare_index(const void *a, const void *b)
{
	const struct kernel_sight_dev *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

int kernel_sight_dump(struct kernel_sight *s, const char *what, struct kernel_sight_question q,
		      struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;
	const size_t before = *q.noted;
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *h;
	int res;

	do {
		lab_error_free(steal_ptr(why));
		*q.noted = before; /* what changed while it was listed is listed again */
		h = kernel_netlink_question(buf, q.type, q.header, q.family);
		if (q.mask)
			mnl_attr_put_u32(h, IFLA_EXT_MASK, q.mask);
		res = kernel_netlink_dump(s->sock, h, q.see, s, &why);
	} while (res < 0 && lab_error_errnum(why) == EINTR);
	if (res == 0)
		return 0;
	return lab_error_make(err, lab_error_status(why), "cannot read the %s of %s: %s", what,
			      s->ns, lab_error_message(why));
}

/* ---- a few of many devices ---- */

/* false: it is not there, or is not all that matters where it is. */
static bool see_named(struct kernel_sight *s, const char *name)
{
	auto_error struct lab_error *ignored =
		NULL; /* then all of them are listed, and that may fail */
	char buf[256] __attribute__((aligned(8)));
	struct nlmsghdr *h = kernel_netlink_question(buf, RTM_GETLINK, sizeof(struct ifinfomsg),
						     AF_UNSPEC);
	const size_t before = s->n_devs;

	mnl_attr_put_u32(h, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return kernel_netlink_get(s->sock, h, see_message, s, &ignored) == 0 &&
	       s->n_devs == before + 1 && !s->devs[before].master_index;
}

static int see_any_address(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *tb[IFA_LOCAL + 1];
	bool *any = data;

	attr_of_message(tb, IFA_LOCAL, h, sizeof(struct ifaddrmsg));
	*any |= ntohl(attr_u32(tb[IFA_LOCAL], 0)) >> 24 != 127;
	return MNL_CB_OK;
}

static bool has_addresses(const struct kernel_sight *s)
{
	auto_error struct lab_error *ignored = NULL; /* as above */
	bool any = false;

	return kernel_netlink_list(s->sock, RTM_GETADDR, sizeof(struct ifaddrmsg), AF_INET,
				   see_any_address, &any, &ignored) < 0 ||
	       any;
}

/*
 * The middle of a lab's lines has thousands of devices, of which an answer depends on a hundred; and the kernel goes
 * through a list of namespaces for each, to say where its other end is. Frames go there from packet socket to packet
 * socket: as long as no device has an address, and none of those that are wanted is a port of something, no other one
 * has to do with what becomes of a frame. Where it is otherwise, or one is missing, all are listed.
 */
static bool see_wanted(struct kernel_sight *s)
{
	bool enough = !has_addresses(s) && see_named(s, "lo");

	for (size_t i = 0; enough && i < s->wanted->n_links; i++) {
		const struct plan_link *l = &s->wanted->links[i];

		enough = (strcmp(l->a.ns, s->ns) != 0 || see_named(s, l->a.dev)) &&
			 (strcmp(l->b.ns, s->ns) != 0 || see_named(s, l->b.dev));
	}
	if (!enough)
		s->n_devs = s->first_dev;
	return enough;
}

int kernel_sight_links(struct kernel_sight *s, struct lab_error **err)
{
	/* statistics are a third of what there is to say */
	const struct kernel_sight_question q = {
		.type = RTM_GETLINK,
		.header = sizeof(struct ifinfomsg),
		.family = AF_UNSPEC,
		.mask = RTEXT_FILTER_SKIP_STATS,
		.see = see_message,
		.noted = &s->n_devs,
	};

	s->first_dev = s->n_devs;
	if (!(s->some_lines && see_wanted(s)) && kernel_sight_dump(s, "links", q, err) < 0)
		return -1;
	if (s->n_devs > s->first_dev)
		qsort(s->devs + s->first_dev, s->n_devs - s->first_dev, sizeof(*s->devs),
		      compare_index);
	for (size_t i = s->first_dev; i < s->n_devs; i++) {
		const struct kernel_sight_dev *bridge = by_index(s, s->devs[i].master_index);

		s->devs[i].master = bridge ? arena_strdup(s->arena, bridge->name) : NULL;
		if (strcmp(s->devs[i].name, "lo") == 0)
			see_lo(s, &s->devs[i]);
	}
	return 0;
}

/* ---- pairs ---- */

static int compare_name(const void *a, const void *b)
{
	const struct kernel_sight_dev *x = *(const struct kernel_sight_dev *const *)a;
	const struct kernel_sight_dev *y = *(const struct kernel_sight_dev *const *)b;
	int c = strcmp(x->ns, y->ns);

	return c ? c : strcmp(x->name, y->name);
}

struct by_name {
	struct kernel_sight_dev **v;
	size_t n;
};

static struct by_name sort_by_name(const struct kernel_sight *s)
{
	struct by_name t = {arena_alloc(s->arena, (s->n_devs + 1) * sizeof(*t.v)), s->n_devs};

	for (size_t i = 0; i < t.n; i++)
		t.v[i] = &s->devs[i];
	qsort(t.v, t.n, sizeof(*t.v), compare_name);
	return t;
}

static struct kernel_sight_dev *by_name(const struct by_name *t, const char *ns, const char *name)
{
	struct kernel_sight_dev key = {.ns = ns};
	struct kernel_sight_dev *k = &key, **found;

	(void)strncpy(key.name, name, sizeof(key.name) - 1); /* plan_verify() checked the length */
	found = bsearch(&k, t->v, t->n, sizeof(*t->v), compare_name);
	return found ? *found : NULL;
}

static void note_end(struct plan_end *e, const struct kernel_sight_dev *d)
{
	e->down = !d->up;
	e->fault = d->fault;
	memcpy(e->mac, d->mac, sizeof(e->mac));
	e->alias = d->alias;
	e->gso_segs = d->gso_segs;
	e->proxy_arp = d->proxy_arp;
	e->master = d->master;
}

static void note_bridge(struct kernel_sight *s, const struct plan_bridge *wanted,
			const struct by_name *t)
{
	struct kernel_sight_dev *d = by_name(t, wanted->ns, wanted->dev);
	struct plan_bridge *b;

	if (!d)
		return;
	d->planned = true;
	if (!d->bridge)
		return;
	b = kernel_sight_note(s, PLAN_BRIDGE, wanted);
	if (!b)
		return;
	memcpy(b->mac, d->mac, sizeof(b->mac));
	b->alias = d->alias;
	b->down = !d->up;
	b->fault = d->fault;
}

static bool is_looked_at(const struct kernel_sight *s, const struct plan_end *e)
{
	const struct plan_namespace key = {.name = e->ns};

	return find_wanted(s->wanted, PLAN_NAMESPACE, &key) != SIZE_MAX;
}

/* Where only one end is looked at, it is all that can be known. */
static bool is_pair(const struct kernel_sight *s, const struct plan_link *wanted,
		    const struct kernel_sight_dev *a, const struct kernel_sight_dev *b)
{
	if (a && b)
		return a->peer_index == b->index && b->peer_index == a->index;
	return (a && !is_looked_at(s, &wanted->b)) || (b && !is_looked_at(s, &wanted->a));
}

static void note_pair(struct kernel_sight *s, const struct plan_link *wanted,
		      const struct by_name *t)
{
	struct kernel_sight_dev *a = by_name(t, wanted->a.ns, wanted->a.dev);
	struct kernel_sight_dev *b = by_name(t, wanted->b.ns, wanted->b.dev);
	struct plan_link *l;

	if (a)
		a->planned = true;
	if (b)
		b->planned = true;
	if (!is_pair(s, wanted, a, b))
		return;
	l = kernel_sight_note(s, PLAN_LINK, wanted);
	if (!l)
		return;
	if (a)
		note_end(&l->a, a);
	if (b)
		note_end(&l->b, b);
}

static void add_sound(struct by_name *sound, const struct by_name *all, const struct plan_end *e)
{
	struct kernel_sight_dev *d = by_name(all, e->ns, e->dev);

	if (d)
		sound->v[sound->n++] = d;
}

/* Devices of bridges and of whole links, and lo. */
static struct by_name find_sound(struct kernel_sight *s, const struct by_name *all)
{
	struct by_name sound = {arena_alloc(s->arena, (all->n + 1) * sizeof(*sound.v)), 0};

	for (size_t i = 0; i < s->wanted->n_bridges; i++) {
		const struct plan_bridge *b = s->seen[PLAN_BRIDGE][i];

		if (b)
			sound.v[sound.n++] = by_name(all, b->ns, b->dev);
	}

	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i]->name, "lo") == 0)
			sound.v[sound.n++] = all->v[i];
	for (size_t i = 0; i < s->wanted->n_links; i++) {
		const struct plan_link *l = s->seen[PLAN_LINK][i];

		if (!l)
			continue;
		add_sound(&sound, all, &l->a);
		add_sound(&sound, all, &l->b);
	}
	qsort(sound.v, sound.n, sizeof(*sound.v), compare_name);
	return sound;
}

#define DROP_UNSOUND(s, kind, type, sound)                                        \
	do {                                                                      \
		for (size_t i_ = 0; i_ < plan_count((s)->wanted, (kind)); i_++) { \
			const type *o_ = (s)->seen[kind][i_];                     \
			if (o_ && o_->dev && !by_name((sound), o_->ns, o_->dev))  \
				(s)->seen[kind][i_] = NULL;                       \
		}                                                                 \
	} while (0)

static bool is_extra(const struct by_name *t, const char *ns, const char *dev)
{
	const struct kernel_sight_dev *d = dev ? by_name(t, ns, dev) : NULL;

	return d && d->removable && !d->planned;
}

/* What hangs on an extra device goes with it, and is not worth a word. */
#define DROP_CARRIED(t, list, count)                                       \
	do {                                                               \
		size_t kept_ = 0;                                          \
		for (size_t i_ = 0; i_ < (count); i_++)                    \
			if (!is_extra((t), (list)[i_].ns, (list)[i_].dev)) \
				(list)[kept_++] = (list)[i_];              \
		(count) = kept_;                                           \
	} while (0)

static void note_extra_devices(struct kernel_sight *s, const struct by_name *all)
{
	struct plan *e = s->extra;

	for (size_t i = 0; i < all->n; i++) {
		const struct kernel_sight_dev *d = all->v[i];
		struct plan_link *l;

		if (!d->removable || d->planned)
			continue;
		l = plan_add_link(e);
		l->a.ns = l->b.ns = d->ns;
		l->a.dev = l->b.dev = arena_strdup(e->arena, d->name);
	}
	DROP_CARRIED(all, e->addresses, e->n_addresses);
	DROP_CARRIED(all, e->neighbours, e->n_neighbours);
	DROP_CARRIED(all, e->routes, e->n_routes);
	DROP_CARRIED(all, e->shapers, e->n_shapers);
}

void kernel_sight_pairs(struct kernel_sight *s)
{
	struct by_name all = sort_by_name(s), sound;

	for (size_t i = 0; i < s->wanted->n_bridges; i++)
		note_bridge(s, &s->wanted->bridges[i], &all);
	for (size_t i = 0; i < s->wanted->n_links; i++)
		note_pair(s, &s->wanted->links[i], &all);
	note_extra_devices(s, &all);
	sound = find_sound(s, &all);
	DROP_UNSOUND(s, PLAN_ADDRESS, struct plan_address, &sound);
	DROP_UNSOUND(s, PLAN_NEIGHBOUR, struct plan_neighbour, &sound);
	DROP_UNSOUND(s, PLAN_ROUTE, struct plan_route, &sound);
	DROP_UNSOUND(s, PLAN_SHAPER, struct plan_shaper, &sound);
}
