// SPDX-License-Identifier: GPL-2.0-only
/* Devices and pairs of devices, as the kernel has them. */
#include "kernel/sight.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <netlink/attr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/inet6.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kernel/encode.h"
#include "kernel/tags.h"

int kernel_sight_error(const struct kernel_sight *s, const char *what, int nlerr,
		       struct lab_error **err)
{
	return lab_error_make(err, nlerr == -NLE_PERM ? LAB_DENIED : LAB_FAILED,
			      "cannot read the %s of %s: %s", what, s->ns, nl_geterror(nlerr));
}

static size_t find_wanted(const struct plan *p, enum plan_kind kind, const void *key)
{
	size_t low = 0, high = plan_count(p, kind);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = plan_key_cmp(kind, plan_object(p, kind, mid), key);

		if (c == 0)
			return mid;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return SIZE_MAX;
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

/* Our bridges learn, and do nothing else. */
static void see_bridge(struct kernel_sight *s, struct kernel_sight_dev *d, struct nlattr *info)
{
	struct nlattr *tb[IFLA_INFO_MAX + 1], *data[IFLA_BR_MAX + 1];

	if (!info || nla_parse_nested(tb, IFLA_INFO_MAX, info, NULL) < 0 || !tb[IFLA_INFO_KIND] ||
	    !tb[IFLA_INFO_DATA] || strcmp(nla_get_string(tb[IFLA_INFO_KIND]), "bridge") != 0 ||
	    nla_parse_nested(data, IFLA_BR_MAX, tb[IFLA_INFO_DATA], NULL) < 0)
		return;
	if (data[IFLA_BR_STP_STATE] && nla_get_u32(data[IFLA_BR_STP_STATE]))
		add_fault(s, d, "spanning tree");
	if (data[IFLA_BR_MCAST_SNOOPING] && nla_get_u8(data[IFLA_BR_MCAST_SNOOPING]))
		add_fault(s, d, "multicast snooping");
}

/* libnl 3.7 does not know IFLA_GSO_MAX_SEGS: it is picked from the messages as they pass. */
static int see_message(struct nl_msg *msg, void *data)
{
	struct kernel_sight *s = data;
	struct nlmsghdr *h = nlmsg_hdr(msg);
	const struct ifinfomsg *m = nlmsg_data(h);
	struct kernel_sight_dev *d;
	struct nlattr *gso;

	if (h->nlmsg_type != RTM_NEWLINK)
		return NL_OK;
	gso = nlmsg_find_attr(h, sizeof(*m), IFLA_GSO_MAX_SEGS);
	d = arena_push(s->arena, s->devs, s->n_devs);
	d->ns = s->ns;
	d->index = m->ifi_index;
	d->gso_segs = gso ? nla_get_u32(gso) : KERNEL_GSO_SEGS;
	if (d->gso_segs == KERNEL_GSO_SEGS)
		d->gso_segs = 0;
	see_bridge(s, d, nlmsg_find_attr(h, sizeof(*m), IFLA_LINKINFO));
	return NL_OK;
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

static uint32_t setting(struct rtnl_link *l, unsigned int which)
{
	uint32_t value = 0;

	return rtnl_link_inet_get_conf(l, which, &value) == 0 ? value : 0;
}

/* What kernel_encode_conduct() says to every device of a lab. */
static void see_conduct(struct kernel_sight *s, struct kernel_sight_dev *d, struct rtnl_link *l)
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
		uint32_t is = setting(l, settings[i].which);

		if (is != settings[i].wanted)
			add_fault(s, d, arena_printf(s->arena, "%s %u", settings[i].name, is));
	}
}

static void see_mtu(struct kernel_sight *s, struct kernel_sight_dev *d, struct rtnl_link *l)
{
	unsigned int mtu = rtnl_link_get_mtu(l);
	uint8_t mode;

	if (mtu != KERNEL_MTU)
		add_fault(s, d, arena_printf(s->arena, "mtu %u", mtu));
	if (rtnl_link_inet6_get_addr_gen_mode(l, &mode) == 0 && mode != IN6_ADDR_GEN_MODE_NONE)
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

static void see_link(struct nl_object *o, void *data)
{
	struct kernel_sight *s = data;
	struct rtnl_link *l = (struct rtnl_link *)o;
	struct kernel_sight_dev *d = by_index(s, rtnl_link_get_ifindex(l));
	const struct nl_addr *mac = rtnl_link_get_addr(l);
	const char *name = rtnl_link_get_name(l), *alias = rtnl_link_get_ifalias(l);
	const char *type = rtnl_link_get_type(l);

	if (!d || !name)
		return;
	(void)strncpy(d->name, name, sizeof(d->name) - 1); /* zeroed, and the kernel's own limit */
	if (mac && nl_addr_get_len(mac) == sizeof(d->mac))
		memcpy(d->mac, nl_addr_get_binary_addr(mac), sizeof(d->mac));
	d->alias = alias && *alias ? arena_strdup(s->arena, alias) : NULL;
	d->bridge = type && strcmp(type, "bridge") == 0;
	d->removable = s->cloud && type && !is_inborn(name);
	d->peer_index = rtnl_link_get_link(l);
	d->master_index = rtnl_link_get_master(l);
	d->up = rtnl_link_get_flags(l) & IFF_UP;
	d->proxy_arp = setting(l, IPV4_DEVCONF_PROXY_ARP) != 0;
	see_conduct(s, d, l);
	if (strcmp(name, "lo") == 0)
		see_lo(s, d);
	else
		see_mtu(s, d, l);
}

static int compare_index(const void *a, const void *b)
{
	const struct kernel_sight_dev *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

int kernel_sight_links(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err)
{
	struct nl_cache *cache = NULL;
	int res;

	s->first_dev = s->n_devs;
	res = nl_socket_modify_cb(sock, NL_CB_MSG_IN, NL_CB_CUSTOM, see_message, s);
	if (res == 0)
		res = rtnl_link_alloc_cache(sock, AF_UNSPEC, &cache);
	if (res < 0)
		return kernel_sight_error(s, "links", res, err);
	(void)nl_socket_modify_cb(sock, NL_CB_MSG_IN, NL_CB_DEFAULT, NULL, NULL); /* as it was */
	if (s->n_devs > s->first_dev)
		qsort(s->devs + s->first_dev, s->n_devs - s->first_dev, sizeof(*s->devs),
		      compare_index);
	nl_cache_foreach(cache, see_link, s);
	nl_cache_free(cache);
	for (size_t i = s->first_dev; i < s->n_devs; i++) {
		const struct kernel_sight_dev *bridge = by_index(s, s->devs[i].master_index);

		s->devs[i].master = bridge ? arena_strdup(s->arena, bridge->name) : NULL;
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
