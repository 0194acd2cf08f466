// SPDX-License-Identifier: GPL-2.0-only
/* The backend's tables of namespaces and devices, by name. */
#include <errno.h>
#include <linux/if.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "kernel/real.h"

#define SPARE_DESCRIPTORS 64

static void *must(void *p)
{
	if (!p)
		abort(); /* as the arena: a heap that is empty is the end */
	return p;
}

static struct kernel_ns **ns_bucket(struct kernel_real *r, const char *name)
{
	return &r->namespaces[hash_str(0, name) % KERNEL_NS_BUCKETS];
}

static struct kernel_dev **dev_bucket(struct kernel_real *r, const struct kernel_ns *ns,
				      const char *name)
{
	return &r->devices[hash_str(hash_str(0, ns->name), name) % KERNEL_DEV_BUCKETS];
}

struct kernel_ns *kernel_ns_known(struct kernel_real *r, const char *name)
{
	struct kernel_ns *ns = *ns_bucket(r, name);

	while (ns && strcmp(ns->name, name) != 0)
		ns = ns->next;
	return ns;
}

/*
 * Each namespace holds two descriptors. The soft limit (1,024 by default) is raised only for labs that
 * need it, because what labctl starts inherits it.
 */
static void make_room(int fd)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || (rlim_t)fd + SPARE_DESCRIPTORS < l.rlim_cur)
		return;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l); /* where it stays too low, the next open() says so */
}

struct kernel_ns *kernel_ns_add(struct kernel_real *r, const char *name, int fd, int sock)
{
	struct kernel_ns **bucket = ns_bucket(r, name);
	struct kernel_ns *ns = must(calloc(1, sizeof(*ns)));

	make_room(sock > fd ? sock : fd);
	ns->name = must(strdup(name));
	ns->fd = fd;
	ns->sock = sock;
	ns->next_index = 2;                 /* 1 is lo */
	(void)kernel_netns_id(fd, &ns->id); /* fstat of an open descriptor */
	ns->next = *bucket;
	*bucket = ns;
	return ns;
}

static void drop_ns(struct kernel_ns *ns)
{
	(void)close(ns->fd);   /* only held */
	(void)close(ns->sock); /* nothing is in flight */
	free(ns->name);
	free(ns);
}

void kernel_ns_forget(struct kernel_real *r, struct kernel_ns *ns)
{
	struct kernel_ns **at = ns_bucket(r, ns->name);

	for (size_t i = 0; i < KERNEL_DEV_BUCKETS; i++)
		for (struct kernel_dev *d = r->devices[i], *next; d; d = next) {
			next = d->next;
			if (d->ns == ns)
				kernel_dev_forget(r, d);
		}
	while (*at != ns)
		at = &(*at)->next;
	*at = ns->next;
	drop_ns(ns);
}

void kernel_ns_forget_all(struct kernel_real *r)
{
	r->n_rising = 0;
	for (size_t i = 0; i < KERNEL_DEV_BUCKETS; i++)
		for (struct kernel_dev *d; (d = r->devices[i]);) {
			r->devices[i] = d->next;
			free(d);
		}
	for (size_t i = 0; i < KERNEL_NS_BUCKETS; i++)
		for (struct kernel_ns *ns; (ns = r->namespaces[i]);) {
			r->namespaces[i] = ns->next;
			drop_ns(ns);
		}
}

struct kernel_dev *kernel_dev_find(struct kernel_real *r, const struct kernel_ns *ns,
				   const char *name)
{
	struct kernel_dev *d = *dev_bucket(r, ns, name);

	while (d && (d->ns != ns || strcmp(d->name, name) != 0))
		d = d->next;
	return d;
}

struct kernel_dev *kernel_dev_add(struct kernel_real *r, struct kernel_ns *ns, const char *name,
				  int index)
{
	struct kernel_dev **bucket = dev_bucket(r, ns, name);
	struct kernel_dev *d = must(calloc(1, sizeof(*d)));

	(void)strncpy(d->name, name, sizeof(d->name) - 1); /* callers checked the length */
	d->ns = ns;
	d->index = index;
	d->next = *bucket;
	*bucket = d;
	if (index >= ns->next_index)
		ns->next_index = index + 1;
	return d;
}

void kernel_dev_rises(struct kernel_real *r, struct kernel_dev *d, bool rises)
{
	if (d->rises == rises)
		return;
	d->rises = rises;
	if (rises)
		r->n_rising++;
	else
		r->n_rising--;
}

void kernel_dev_forget(struct kernel_real *r, struct kernel_dev *d)
{
	struct kernel_dev **at;

	if (!d)
		return;
	kernel_dev_rises(r, d, false);
	at = dev_bucket(r, d->ns, d->name);
	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free(d);
}

struct listing {
	struct kernel_real *r;
	struct kernel_ns *ns;
};

/* IFLA_INET_CONF is dumped as a plain array of all settings, from setting 1 on. */
static bool forwards(const struct nlattr *af_spec)
{
	const struct nlattr *family[AF_INET + 1], *inet[IFLA_INET_CONF + 1];
	const struct nlattr *conf;
	uint32_t value = 0;

	attr_nested(family, AF_INET, af_spec);
	attr_nested(inet, IFLA_INET_CONF, family[AF_INET]);
	conf = inet[IFLA_INET_CONF];
	if (conf && mnl_attr_get_payload_len(conf) >= sizeof(value))
		memcpy(&value, mnl_attr_get_payload(conf), sizeof(value));
	return value != 0;
}

static int list_device(const struct nlmsghdr *h, void *data)
{
	const struct listing *l = data;
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[IFLA_AF_SPEC + 1];
	struct kernel_dev *d;

	attr_of_message(tb, IFLA_AF_SPEC, h, sizeof(*m));
	if (!tb[IFLA_IFNAME])
		return MNL_CB_OK;
	d = kernel_dev_add(l->r, l->ns, mnl_attr_get_str(tb[IFLA_IFNAME]), m->ifi_index);
	d->up = m->ifi_flags & IFF_UP;
	if (tb[IFLA_ADDRESS] && mnl_attr_get_payload_len(tb[IFLA_ADDRESS]) == sizeof(d->mac))
		memcpy(d->mac, mnl_attr_get_payload(tb[IFLA_ADDRESS]), sizeof(d->mac));
	if (tb[IFLA_LINK])
		d->peer_index = (int)mnl_attr_get_u32(tb[IFLA_LINK]);
	if (m->ifi_flags & IFF_LOOPBACK)
		l->ns->router = forwards(tb[IFLA_AF_SPEC]); /* namespace_make left it there */
	return MNL_CB_OK;
}

static int list_devices(struct kernel_real *r, struct kernel_ns *ns, struct lab_error **err)
{
	struct listing l = {r, ns};

	return kernel_netlink_list(ns->sock, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC,
				   list_device, &l, err);
}

struct kernel_ns *kernel_ns_get(struct kernel_real *r, const char *name, struct lab_error **err)
{
	struct kernel_ns *ns = kernel_ns_known(r, name);
	auto_close int fd = -1, sock = -1;

	if (ns)
		return ns;
	fd = kernel_pin_open(r->lab, name, err);
	if (fd < 0 || kernel_netns_enter(fd, err) < 0)
		return NULL;
	sock = kernel_netlink_open(err);
	if (kernel_netns_enter(r->home, sock < 0 ? NULL : err) < 0 || sock < 0)
		return NULL;
	ns = kernel_ns_add(r, name, steal_fd(&fd), steal_fd(&sock));
	if (list_devices(r, ns, err) < 0) {
		kernel_ns_forget(r, ns);
		return NULL;
	}
	return ns;
}
