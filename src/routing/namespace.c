// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel does not tell: IPv4 routes that go because their device does, or its last address,
 * go without an event. So whatever may have had that effect asks for a dump; not more often than
 * every DUMP_PACE_MS, as when a lab is built or taken down there are many such events.
 */
#include "routing/namespace.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define DUMP_PACE_MS  20
#define DUMP_RETRY_MS 1000

static void want_dump(struct routing_namespace *ns)
{
	uint64_t at = ns->dumped_at ? ns->dumped_at + DUMP_PACE_MS : 0;

	if (ns->dump_at > at)
		ns->dump_at = at;
}

static void on_route(void *ctx, const struct routing_told *t)
{
	struct routing_namespace *ns = ctx;

	routing_fib_route(ns->fib, t);
	for (size_t i = 0; i < ns->n_feeds; i++) {
		if (routing_feed_route(&ns->feeds[i], t))
			want_dump(ns);
	}
}

static void on_link(void *ctx, const struct routing_link *l)
{
	struct routing_namespace *ns = ctx;

	routing_fib_link(ns->fib, l);
	if (!l->dumped && (l->gone || !l->up))
		want_dump(ns);
}

static void on_address(void *ctx, bool gone)
{
	struct routing_namespace *ns = ctx;

	routing_fib_retry(ns->fib);
	if (gone)
		want_dump(ns);
}

void routing_namespace_init(struct routing_namespace *ns, const char *name, int fd)
{
	*ns = (struct routing_namespace){.io.fd = -1,
					 .name = name,
					 .channel = {.fd = fd,
						     .seq = 1,
						     .on_route = on_route,
						     .on_link = on_link,
						     .on_address = on_address,
						     .ctx = ns},
					 .fib = routing_fib_new()};
}

void routing_namespace_done(struct routing_namespace *ns)
{
	for (size_t i = 0; i < ns->n_feeds; i++)
		routing_feed_done(&ns->feeds[i]);
	free(ns->feeds);
	routing_fib_free(ns->fib);
}

size_t routing_namespace_feed(struct routing_namespace *ns, uint32_t table, uint8_t protocol)
{
	for (size_t i = 0; i < ns->n_feeds; i++) {
		if (ns->feeds[i].table == table && ns->feeds[i].protocol == protocol)
			return i;
	}
	ns->feeds = reallocarray(ns->feeds, ns->n_feeds + 1, sizeof(*ns->feeds));
	if (!ns->feeds)
		abort();
	ns->feeds[ns->n_feeds] = (struct routing_feed){.table = table, .protocol = protocol};
	return ns->n_feeds++;
}

/* Once for each reason, until all is well. */
static bool is_news(struct routing_namespace *ns, int errnum)
{
	uint64_t *word = &ns->reasons[(unsigned int)errnum / 64 % 3];
	uint64_t bit = (uint64_t)1 << ((unsigned int)errnum % 64);
	bool news = !(*word & bit);

	*word |= bit;
	return news;
}

static void lose(struct routing_namespace *ns, int errnum, uint64_t at)
{
	if (errnum != ENOBUFS && is_news(ns, errnum))
		log_warning("%s: cannot read routes: %s", ns->name, strerror(errnum));
	ns->known = false;
	ns->dump_at = at;
}

void routing_namespace_doubt(struct routing_namespace *ns)
{
	ns->known = false;
	ns->dump_at = 0;
}

void routing_namespace_read(struct routing_namespace *ns)
{
	int error = routing_channel_read(&ns->channel);

	if (error)
		lose(ns, error, 0);
}

bool routing_namespace_sync(struct routing_namespace *ns, uint64_t now)
{
	int error;

	if (now < ns->dump_at)
		return false;
	/* what a predecessor left in the queue, or a dump that it did not read to its end */
	(void)routing_channel_read(&ns->channel); /* lost or not, all will be told */
	ns->dump_at = UINT64_MAX;
	ns->dumped_at = now;
	routing_fib_dump(ns->fib);
	for (size_t i = 0; i < ns->n_feeds; i++)
		routing_feed_clear(&ns->feeds[i]);
	error = routing_channel_dump(&ns->channel, RTM_GETLINK);
	if (!error)
		error = routing_channel_dump(&ns->channel, RTM_GETROUTE);
	ns->known = !error;
	if (error)
		lose(ns, error,
		     now + (error == ENOBUFS || error == EINTR ? DUMP_PACE_MS : DUMP_RETRY_MS));
	return !error;
}

static void refused(struct routing_namespace *ns, const struct routing_order *o, int errnum)
{
	static const char *const acts[] = {"create", "replace", "remove"};
	char dst[IP_PREFIX_STRLEN];

	if (errnum == EEXIST || errnum == ESRCH) {
		want_dump(ns); /* something is or is not there, other than we were told */
		return;
	}
	if (ns->built && is_news(ns, errnum))
		log_warning("%s: cannot %s %s in table %u: %s; will try again", ns->name,
			    acts[o->act], ip_prefix_format(o->dst, dst), o->table,
			    strerror(errnum));
}

/* 0, or -1 where it is not known what came of them. */
static int send_batch(struct routing_namespace *ns, const struct routing_order *orders, size_t n)
{
	int errors[ROUTING_BATCH];
	int error = routing_channel_send(&ns->channel, orders, n, errors);

	if (error) {
		lose(ns, error, error == ENOBUFS ? 0 : ns->dumped_at + DUMP_RETRY_MS);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (errors[i])
			refused(ns, &orders[i], errors[i]);
		else if (orders[i].act == ROUTING_REMOVE)
			ns->removed++;
		else
			ns->written++;
	}
	return 0;
}

static void look_at_state(struct routing_namespace *ns)
{
	const struct routing_fib_state *s = routing_fib_state(ns->fib);
	char dst[IP_PREFIX_STRLEN];

	if (s->taken && !ns->taken_told)
		log_warning("%s: %zu routes wait, as others with metric %d have their place: %s",
			    ns->name, s->taken, ROUTING_METRIC, ip_prefix_format(s->dst, dst));
	ns->taken_told = s->taken > 0;
	if (!s->missing && ns->known)
		memset(ns->reasons, 0, sizeof(ns->reasons));
}

bool routing_namespace_write(struct routing_namespace *ns, uint64_t now)
{
	struct routing_order *orders;
	size_t n, at = 0;

	if (!ns->known)
		return false;
	orders = routing_fib_orders(ns->fib, now, &n);
	for (; at < n; at += ROUTING_BATCH) {
		if (send_batch(ns, orders + at, n - at < ROUTING_BATCH ? n - at : ROUTING_BATCH) <
		    0)
			break;
	}
	free(orders);
	look_at_state(ns);
	return n > 0;
}

void routing_namespace_report(struct routing_namespace *ns)
{
	if (ns->written || ns->removed)
		log_info("%s: %zu routes written, %zu removed", ns->name, ns->written, ns->removed);
	ns->written = ns->removed = 0;
}

uint64_t routing_namespace_due(const struct routing_namespace *ns)
{
	uint64_t due = ns->known ? routing_fib_state(ns->fib)->due : UINT64_MAX;

	return due < ns->dump_at ? due : ns->dump_at;
}
