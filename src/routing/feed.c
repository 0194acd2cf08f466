// SPDX-License-Identifier: GPL-2.0-only
#include "routing/feed.h"

#include <search.h>
#include <stdlib.h>

struct list {
	struct routing_offered *items;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	const struct routing_offered *x = a, *y = b;
	int cmp = ip_prefix_cmp(x->prefix, y->prefix);

	return cmp ? cmp : (x->cost > y->cost) - (x->cost < y->cost);
}

static void add(struct routing_feed *f, const struct routing_offered *route)
{
	struct routing_offered *copy;

	if (tfind(route, &f->routes, compare))
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		abort();
	*copy = *route;
	if (!tsearch(copy, &f->routes, compare))
		abort();
	f->n++;
	f->changed = true;
}

static bool drop(struct routing_feed *f, const struct routing_offered *route)
{
	struct routing_offered **found = tfind(route, &f->routes, compare), *item;

	if (!found)
		return false;
	item = *found;
	(void)tdelete(route, &f->routes, compare); /* is there */
	free(item);
	f->n--;
	f->changed = true;
	return true;
}

void routing_feed_clear(struct routing_feed *f)
{
	tdestroy(f->routes, free);
	f->routes = NULL;
	f->n = 0;
	f->changed = true;
}

void routing_feed_done(struct routing_feed *f)
{
	routing_feed_clear(f);
}

bool routing_feed_route(struct routing_feed *f, const struct routing_told *t)
{
	const struct routing_offered route = {t->dst, t->metric};
	bool same = t->protocol == f->protocol;

	if (t->table != f->table)
		return false;
	if (t->gone)
		return same && drop(f, &route);
	if (same && t->unicast)
		add(f, &route);
	else if (t->replaces)
		return drop(f, &route);
	return false;
}

static void collect(const void *node, VISIT which, void *closure)
{
	const struct routing_offered *route = *(const struct routing_offered *const *)node;
	struct list *l = closure;

	if (which != postorder && which != leaf)
		return;
	/* the cheapest of a prefix comes first */
	if (!l->n || !ip_prefix_equal(l->items[l->n - 1].prefix, route->prefix))
		l->items[l->n++] = *route;
}

struct routing_offered *routing_feed_list(const struct routing_feed *f, size_t *n)
{
	struct list l = {.items = calloc(f->n + 1, sizeof(*l.items))};

	if (!l.items)
		abort();
	twalk_r(f->routes, collect, &l);
	*n = l.n;
	return l.items;
}
