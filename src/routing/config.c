// SPDX-License-Identifier: GPL-2.0-only
/*
 * jansson's strict unpacking ("!") refuses unknown keys, so each object's format string is the list
 * of what it may hold. An error grows its path on the way up: "sites[0]: offers[2]: no such source".
 */
#include "routing/config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "base/worker.h"

struct reader {
	struct arena *a;
	struct routing_config *config;
	json_t *sockets;
	bool *used; /* by place of the socket */
	struct lab_error **err;
};

typedef int read_item(struct reader *r, json_t *j, void *item);

static int wrong(struct reader *r, const char *why)
{
	return lab_error_make(r->err, LAB_USAGE, "%s", why);
}

/* Reads each item of a list into its place; *n counts those that are there already. */
static int read_items(struct reader *r, json_t *list, const char *what, read_item *fn, void *items,
		      size_t size, size_t *n)
{
	json_t *j;
	size_t i;

	if (list && !json_is_array(list))
		return lab_error_make(r->err, LAB_USAGE, "%s: must be a list", what);
	json_array_foreach (list, i, j) {
		if (fn(r, j, (char *)items + i * size) < 0)
			return lab_error_prefix(r->err, "%s[%zu]", what, i);
		++*n;
	}
	return 0;
}

/* NULL is an empty list. */
#define READ_LIST(r, list, what, fn, items, n)                                          \
	((items) = arena_alloc((r)->a, (json_array_size(list) + 1) * sizeof(*(items))), \
	 read_items((r), (list), (what), (fn), (items), sizeof(*(items)), &(n)))

/* Place of the item with this name, which is its first member; n where there is none. */
static size_t find(const void *items, size_t n, size_t size, const char *name)
{
	size_t i = 0;

	while (i < n && strcmp(*(const char *const *)((const char *)items + i * size), name) != 0)
		i++;
	return i;
}
#define FIND(items, n, name) find((items), (n), sizeof(*(items)), (name))

static int read_name(struct reader *r, const char *name, const void *items, size_t n, size_t size,
		     const char **copy)
{
	if (find(items, n, size, name) < n)
		return lab_error_make(r->err, LAB_USAGE, "'%s' is there already", name);
	*copy = arena_strdup(r->a, name);
	return 0;
}
#define READ_NAME(r, name, items, n, copy) \
	read_name((r), (name), (items), (n), sizeof(*(items)), (copy))

static int read_socket(struct reader *r, const char *socket, int *fd)
{
	json_t *s;
	size_t i;

	json_array_foreach (r->sockets, i, s) {
		const char *name = json_string_value(json_object_get(s, "name"));

		if (!name || strcmp(name, socket) != 0)
			continue;
		if (r->used[i])
			return lab_error_make(r->err, LAB_USAGE, "socket '%s' has a use already",
					      socket);
		r->used[i] = true;
		*fd = WORKER_FD_SOCKET_0 + (int)i;
		return 0;
	}
	return lab_error_make(r->err, LAB_USAGE, "no socket '%s'", socket);
}

static int read_ns(struct reader *r, const char *ns, size_t *place)
{
	*place = FIND(r->config->tables, r->config->n_tables, ns);
	return *place < r->config->n_tables
		       ? 0
		       : lab_error_make(r->err, LAB_USAGE, "'%s' is not among the tables", ns);
}

static int read_number(struct reader *r, const char *what, json_int_t v, json_int_t min,
		       json_int_t max)
{
	if (v >= min && v <= max)
		return 0;
	return lab_error_make(r->err, LAB_USAGE, "%s must be %lld to %lld", what, (long long)min,
			      (long long)max);
}

static int read_prefix(struct reader *r, json_t *j, void *item)
{
	const char *text = json_string_value(j);

	return text && ip_prefix_parse(text, item) == IP_OK ? 0 : wrong(r, "not a prefix");
}

static int by_prefix(const void *a, const void *b)
{
	return ip_prefix_cmp(*(const struct ip_prefix *)a, *(const struct ip_prefix *)b);
}

static int read_prefixes(struct reader *r, json_t *list, struct ip_prefix **prefixes, size_t *n)
{
	if (READ_LIST(r, list, "prefixes", read_prefix, *prefixes, *n) < 0)
		return -1;
	qsort(*prefixes, *n, sizeof(**prefixes), by_prefix);
	return 0;
}

static int read_table(struct reader *r, json_t *j, void *item)
{
	struct routing_table *t = item;
	const char *ns, *socket;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s !}", "ns", &ns, "socket", &socket) < 0)
		return wrong(r, e.text);
	if (READ_NAME(r, ns, r->config->tables, r->config->n_tables, &t->ns) < 0)
		return -1;
	return read_socket(r, socket, &t->fd);
}

static int read_monitor(struct reader *r, json_t *j, void *item)
{
	struct routing_monitor *m = item;
	const char *name, *socket, *target;
	json_int_t interval, losses;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:I, s:I !}", "name", &name, "socket",
			   &socket, "target", &target, "interval_ms", &interval, "losses",
			   &losses) < 0)
		return wrong(r, e.text);
	if (READ_NAME(r, name, r->config->monitors, r->config->n_monitors, &m->name) < 0 ||
	    read_number(r, "interval_ms", interval, 10, 60000) < 0 ||
	    /* with one, the time is over before the next request is sent */
	    read_number(r, "losses", losses, 2, ROUTING_LOSSES_MAX) < 0)
		return -1;
	if (!ip_parse(target, &m->target))
		return wrong(r, "target is not an address");
	m->interval_ms = (unsigned int)interval;
	m->losses = (unsigned int)losses;
	return read_socket(r, socket, &m->fd);
}

static int read_learn(struct reader *r, json_t *j, struct routing_learn *l)
{
	json_int_t table, protocol, limit;
	const char *ns;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:I, s:I, s:I !}", "ns", &ns, "table", &table,
			   "protocol", &protocol, "limit", &limit) < 0)
		return wrong(r, e.text);
	if (read_number(r, "table", table, 1, UINT32_MAX) < 0 ||
	    read_number(r, "protocol", protocol, 1, UINT8_MAX) < 0 ||
	    read_number(r, "limit", limit, 1, 1000000) < 0)
		return -1;
	l->table = (uint32_t)table;
	l->protocol = (uint8_t)protocol;
	l->limit = (size_t)limit;
	return read_ns(r, ns, &l->table_ns);
}

static int read_source(struct reader *r, json_t *j, void *item)
{
	struct routing_config *c = r->config;
	struct routing_source *s = item;
	const char *name, *monitor = NULL;
	json_t *prefixes, *learn = NULL;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:o, s?s, s?o !}", "name", &name, "prefixes", &prefixes,
			   "monitor", &monitor, "learn", &learn) < 0)
		return wrong(r, e.text);
	if (READ_NAME(r, name, c->sources, c->n_sources, &s->name) < 0 ||
	    read_prefixes(r, prefixes, &s->prefixes, &s->n_prefixes) < 0)
		return -1;
	s->monitor = monitor ? FIND(c->monitors, c->n_monitors, monitor) : ROUTING_ALWAYS;
	if (monitor && s->monitor == c->n_monitors)
		return lab_error_make(r->err, LAB_USAGE, "no monitor '%s'", monitor);
	s->learns = learn != NULL;
	if (learn && read_learn(r, learn, &s->learn) < 0)
		return lab_error_prefix(r->err, "learn");
	return 0;
}

static int read_clause(struct reader *r, json_t *j, void *item)
{
	struct routing_clause *c = item;
	int deny = 0, include = 0;
	json_int_t preference = -1;
	json_t *prefixes = NULL;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s?b, s?I, s?o, s?b !}", "deny", &deny, "preference",
			   &preference, "prefixes", &prefixes, "include", &include) < 0)
		return wrong(r, e.text);
	if (json_object_get(j, "preference") &&
	    read_number(r, "preference", preference, 0, 65535) < 0)
		return -1;
	if (deny && preference >= 0)
		return wrong(r, "deny and preference exclude each other");
	c->deny = deny;
	c->include = include;
	c->preference = (int)preference;
	c->all = !prefixes;
	return read_prefixes(r, prefixes, &c->prefixes, &c->n_prefixes);
}

static int read_gate(struct reader *r, json_t *j, void *item)
{
	struct routing_gate *g = item;

	if (!json_is_array(j))
		return wrong(r, "must be a list of clauses");
	return READ_LIST(r, j, "clauses", read_clause, g->clauses, g->n_clauses);
}

static int read_offer(struct reader *r, json_t *j, void *item)
{
	struct routing_offer *o = item;
	const char *source, *dev, *via = NULL;
	json_t *gates = NULL, *told_by = NULL; /* which waits until all sites are read */
	json_int_t rank = 0;
	json_error_t e;
	int onlink = 0;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s?s, s?b, s?I, s?o, s?o !}", "source", &source,
			   "dev", &dev, "via", &via, "onlink", &onlink, "rank", &rank, "gates",
			   &gates, "told_by", &told_by) < 0)
		return wrong(r, e.text);
	o->told_by = ROUTING_ALWAYS;
	o->source = FIND(r->config->sources, r->config->n_sources, source);
	if (o->source == r->config->n_sources)
		return lab_error_make(r->err, LAB_USAGE, "no source '%s'", source);
	if (!dev[0] || strlen(dev) >= IFNAME_LEN)
		return wrong(r, "dev is not the name of a device");
	if (via && (!ip_parse(via, &o->via) || !o->via))
		return wrong(r, "via is not an address");
	if (onlink && !via)
		return wrong(r, "onlink without via");
	if (read_number(r, "rank", rank, 0, 65535) < 0)
		return -1;
	o->dev = arena_strdup(r->a, dev);
	o->onlink = onlink;
	o->rank = (unsigned int)rank;
	return READ_LIST(r, gates, "gates", read_gate, o->gates, o->n_gates);
}

/* Two sites of one table could want different routes for one prefix, and the kernel holds one. */
static int read_site_alone(struct reader *r, const struct routing_site *site)
{
	for (const struct routing_site *s = r->config->sites; s < site; s++) {
		if (s->table_ns == site->table_ns && s->table == site->table)
			return wrong(r, "the same table twice");
	}
	return 0;
}

static int read_site(struct reader *r, json_t *j, void *item)
{
	struct routing_site *s = item;
	json_int_t table, protocol;
	json_t *offers;
	const char *ns;
	json_error_t e;
	int ecmp = 0;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:I, s:I, s:o, s?b !}", "ns", &ns, "table", &table,
			   "protocol", &protocol, "offers", &offers, "ecmp", &ecmp) < 0)
		return wrong(r, e.text);
	if (read_ns(r, ns, &s->table_ns) < 0 || read_number(r, "table", table, 1, UINT32_MAX) < 0 ||
	    read_number(r, "protocol", protocol, ROUTING_PROTO_LEARNED, ROUTING_PROTO_TRACKED) < 0)
		return -1;
	s->table = (uint32_t)table;
	s->protocol = (uint8_t)protocol;
	s->ecmp = ecmp;
	if (read_site_alone(r, s) < 0)
		return -1;
	return READ_LIST(r, offers, "offers", read_offer, s->offers, s->n_offers);
}

static int read_told_by(struct reader *r, json_t *j, struct routing_offer *o)
{
	json_int_t table;
	const char *ns;
	json_error_t e;

	if (!j)
		return 0;
	if (json_unpack_ex(j, &e, 0, "{s:s, s:I !}", "ns", &ns, "table", &table) < 0)
		return wrong(r, e.text);
	for (size_t i = 0; i < r->config->n_sites; i++) {
		const struct routing_site *s = &r->config->sites[i];

		if (s->table == table && strcmp(r->config->tables[s->table_ns].ns, ns) == 0)
			o->told_by = i;
	}
	return o->told_by == ROUTING_ALWAYS ? wrong(r, "told_by: no such site") : 0;
}

/* A site may be named by one that stands before it. */
static int read_tellers(struct reader *r, json_t *sites)
{
	json_t *site, *offer;
	size_t i, k;

	json_array_foreach (sites, i, site) {
		json_array_foreach (json_object_get(site, "offers"), k, offer) {
			if (read_told_by(r, json_object_get(offer, "told_by"),
					 &r->config->sites[i].offers[k]) < 0)
				return lab_error_prefix(r->err, "sites[%zu]: offers[%zu]", i, k);
		}
	}
	return 0;
}

static int read_root(struct reader *r, json_t *root)
{
	struct routing_config *c = r->config;
	json_t *tables, *monitors, *sources, *sites;
	const char *state;
	json_error_t e;

	if (json_unpack_ex(root, &e, 0, "{s:o, s:s, s:o, s:o, s:o, s:o !}", "tables", &tables,
			   "state", &state, "monitors", &monitors, "sources", &sources, "sites",
			   &sites, "sockets", &r->sockets) < 0)
		return wrong(r, e.text);
	r->used = arena_alloc(r->a, json_array_size(r->sockets) + 1);
	if (read_socket(r, state, &c->state) < 0)
		return lab_error_prefix(r->err, "state");
	/* in this order: each may name what stands before it */
	if (READ_LIST(r, tables, "tables", read_table, c->tables, c->n_tables) < 0 ||
	    READ_LIST(r, monitors, "monitors", read_monitor, c->monitors, c->n_monitors) < 0 ||
	    READ_LIST(r, sources, "sources", read_source, c->sources, c->n_sources) < 0)
		return -1;
	if (READ_LIST(r, sites, "sites", read_site, c->sites, c->n_sites) < 0)
		return -1;
	return read_tellers(r, sites);
}

struct routing_config *routing_config_read(struct arena *a, const char *text, size_t len,
					   struct lab_error **err)
{
	json_auto_t *root = NULL;
	struct reader r = {.a = a, .err = err};
	json_error_t e;

	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!root) {
		lab_error_make(err, LAB_USAGE, "configuration: line %d: %s", e.line, e.text);
		return NULL;
	}
	r.config = arena_alloc(a, sizeof(*r.config));
	if (read_root(&r, root) < 0) {
		(void)lab_error_prefix(err, "configuration"); /* always -1 */
		return NULL;
	}
	return r.config;
}
