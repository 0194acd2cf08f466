// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names as the C library of a node asks for them: its hosts file, then its resolvers in their order; and
 * as labctl-dns answers (dns/answer.h), from its configuration.
 */
#include <jansson.h>
#include <string.h>

#include "base/strbuf.h"
#include "explain/work.h"

#define DNS_PORT      53
#define MAX_CHAIN     8 /* CNAMEs; dns/answer.c */
#define MAX_DEPTH     4 /* servers that forward to servers */
#define MAX_RESOLVERS 3 /* MAXNS of resolv.h */

struct lookup {
	struct explain_work *k;
	const struct plan_worker *server;
	const json_t *view;
	int depth;
	uint32_t ip;
};

static enum explain_lookup ask(struct explain_work *k, const char *from, uint32_t server,
			       const char *name, int depth, uint32_t *ip,
			       struct analyse_trip *trip);

/* "a.example." and "A.example" are the same name. */
static size_t name_len(const char *s)
{
	const size_t n = strlen(s);

	return n && s[n - 1] == '.' ? n - 1 : n;
}

static bool same_name(const char *a, const char *b)
{
	return name_len(a) == name_len(b) && strncasecmp(a, b, name_len(a)) == 0;
}

static bool is_below(const char *name, const char *zone)
{
	const size_t n = name_len(name), z = name_len(zone);

	if (!z)
		return true;
	return n > z && name[n - z - 1] == '.' && strncasecmp(name + n - z, zone, z) == 0;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* --- one server --- */

/* The record of that type; *exists: the name has some record. */
static const char *find_record(const json_t *view, const char *name, const char *type, bool *exists)
{
	const json_t *r;
	size_t i;

	*exists = false;
	json_array_foreach (json_object_get(view, "records"), i, r) {
		if (!same_name(text_of(r, "name"), name))
			continue;
		*exists = true;
		if (!strcmp(text_of(r, "type"), type))
			return text_of(r, "data");
	}
	return NULL;
}

static bool is_above_some(const json_t *view, const char *name)
{
	const json_t *r;
	size_t i;

	json_array_foreach (json_object_get(view, "records"), i, r)
		if (is_below(text_of(r, "name"), name))
			return true;
	return false;
}

static const json_t *find_forward(const json_t *view, const char *name)
{
	const json_t *f, *best = NULL;
	size_t i;

	json_array_foreach (json_object_get(view, "forward"), i, f) {
		const char *zone = text_of(f, "zone");

		if ((same_name(zone, name) || is_below(name, zone)) &&
		    (!best || name_len(zone) > name_len(text_of(best, "zone"))))
			best = f;
	}
	return best;
}

/* The first server of the zone that answers, as dns/lookup.h asks them. */
static enum explain_lookup forward(struct lookup *l, const json_t *f, const char *name)
{
	const json_t *server;
	size_t i;

	json_array_foreach (json_object_get(f, "servers"), i, server) {
		enum explain_lookup found;
		struct analyse_trip trip;
		uint32_t ip;

		if (!json_string_value(server) || !ip_parse(json_string_value(server), &ip))
			continue;
		found = ask(l->k, l->server->ns, ip, name, l->depth + 1, &l->ip, &trip);
		if (found != EXPLAIN_NO_ANSWER)
			return found;
	}
	return EXPLAIN_NO_ANSWER;
}

static enum explain_lookup answer(struct lookup *l, const char *name)
{
	for (int i = 0; i <= MAX_CHAIN; i++) {
		bool exists;
		const char *address = find_record(l->view, name, "A", &exists);
		const char *alias = exists && !address
					    ? find_record(l->view, name, "CNAME", &exists)
					    : NULL;
		const json_t *f = exists ? NULL : find_forward(l->view, name);

		if (address)
			return ip_parse(address, &l->ip) ? EXPLAIN_FOUND : EXPLAIN_NO_ANSWER;
		if (f)
			return forward(l, f, name);
		if (!alias)
			return exists || is_above_some(l->view, name) ? EXPLAIN_NODATA
								      : EXPLAIN_NXDOMAIN;
		name = alias;
	}
	return EXPLAIN_NO_ANSWER; /* a loop */
}

static const json_t *find_view(const json_t *config, const char *socket)
{
	const json_t *view, *s;
	size_t i, n;

	json_array_foreach (json_object_get(config, "views"), i, view)
		json_array_foreach (json_object_get(view, "sockets"), n, s)
			if (json_string_value(s) && !strcmp(json_string_value(s), socket))
				return view;
	return NULL;
}

static enum explain_lookup ask(struct explain_work *k, const char *from, uint32_t server,
			       const char *name, int depth, uint32_t *ip, struct analyse_trip *trip)
{
	const struct analyse_packet p = {
		.ns = from, .dst = server, .protocol = ANALYSE_UDP, .port = DNS_PORT};
	struct lookup l = {.k = k, .depth = depth};
	enum explain_lookup found = EXPLAIN_NO_ANSWER;
	const struct plan_socket *socket = NULL;
	json_t *config;

	analyse_walk(k->a, &p, NULL, trip);
	if (!trip->ok)
		k->lost = arena_memdup(k->e->arena, trip, sizeof(*trip));
	if (!trip->ok || depth > MAX_DEPTH)
		return EXPLAIN_NO_ANSWER;
	l.server = explain_listener(k->a->plan, explain_end_of(trip), PLAN_UDP, server, DNS_PORT,
				    &socket);
	if (!l.server || strcmp(l.server->program, "labctl-dns") != 0)
		return EXPLAIN_NO_ANSWER;
	config = json_loads(l.server->config, 0, NULL);
	l.view = find_view(config, socket->name);
	if (l.view)
		found = answer(&l, name);
	json_decref(config);
	*ip = l.ip;
	return found;
}

/* --- the node --- */

/* A line of the hosts file that has the name. */
static bool in_hosts(struct explain_work *k, const struct plan_node *node, const char *name,
		     uint32_t *ip)
{
	char *save_line, *save_word;
	char *text = arena_strdup(k->e->arena, node->hosts ? node->hosts : "");

	for (char *line = strtok_r(text, "\n", &save_line); line;
	     line = strtok_r(NULL, "\n", &save_line)) {
		const char *address = strtok_r(line, " \t", &save_word), *word;

		while ((word = strtok_r(NULL, " \t", &save_word)))
			if (same_name(word, name) && ip_parse(address, ip))
				return true;
	}
	return false;
}

static size_t resolvers_of(struct explain_work *k, const struct plan_node *node,
			   uint32_t servers[static MAX_RESOLVERS])
{
	static const char key[] = "nameserver ";
	char *save;
	char *text = arena_strdup(k->e->arena, node->resolv_conf ? node->resolv_conf : "");
	size_t n = 0;

	for (const char *line = strtok_r(text, "\n", &save); line && n < MAX_RESOLVERS;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, key, strlen(key)) && ip_parse(line + strlen(key), &servers[n]))
			n++;
	return n;
}

/* Why nobody answered, by what became of the last question that was lost. */
static void stop_unanswered(struct explain_work *k, struct explain_leg *leg,
			    const struct plan_node *node)
{
	if (k->lost)
		explain_stop_trip(k, leg, k->lost);
	else
		explain_stop(k, leg, ANALYSE_NO, node->origin, "nothing serves names there");
}

/* --- domains of API groups --- */

/* "HASH-cn-hangzhou-vpc.alicloudapi.com" for "HASH-cn-hangzhou.alicloudapi.com" */
static bool is_vpc_domain(struct explain_work *k, const char *name, const char *public_domain)
{
	const int n = (int)strcspn(public_domain, ".");

	return same_name(
		name, arena_printf(k->e->arena, "%.*s-vpc%s", n, public_domain, public_domain + n));
}

/* The step of the console that is missing: an instance is bound first, then a VPC domain is enabled. */
static bool stop_group(struct explain_work *k, struct explain_leg *leg, const char *name,
		       const json_t *group)
{
	const char *instance = text_of(group, "instance");
	const uint32_t ns = analyse_net_find_ns(k->a, instance);
	const struct plan_origin origin = ns != NET_NONE ? k->a->ns[ns].from->origin
							 : (struct plan_origin){0};

	analyse_net_ask(k->a, ns);

	if (!is_vpc_domain(k, name, text_of(group, "public_domain")))
		return false;
	if (!*text_of(group, "vip"))
		explain_stop(
			k, leg, ANALYSE_NO, origin,
			"the VPC domain of group %s has no address: instance %s is bound to no "
			"VPC",
			text_of(group, "name"), instance);
	else if (!*text_of(group, "vpc_domain"))
		explain_stop(k, leg, ANALYSE_NO, origin,
			     "the VPC domain of group %s is not enabled", text_of(group, "name"));
	else
		explain_stop(k, leg, ANALYSE_NO, origin,
			     "the VPC domain of group %s is known in VPCs only",
			     text_of(group, "name"));
	return true;
}

static void stop_unknown(struct explain_work *k, struct explain_leg *leg, const char *name,
			 const struct analyse_trip *trip)
{
	json_t *summary = k->a->plan->summary ? json_loads(k->a->plan->summary, 0, NULL) : NULL;
	const json_t *group;
	bool told = false;
	size_t i;

	json_array_foreach (json_object_get(summary, "api_groups"), i, group)
		told = told || stop_group(k, leg, name, group);
	json_decref(summary);
	if (!told)
		explain_stop(k, leg, ANALYSE_NO,
			     trip->there.hops[trip->there.n_hops - 1].ns->origin,
			     "%s does not know the name %s", explain_end_of(trip), name);
}

/* What one resolver said. */
static void tell(struct explain_work *k, struct explain_leg *leg, enum explain_lookup found,
		 const struct analyse_trip *trip, uint32_t server, const char *name, uint32_t ip)
{
	char text[IP_STRLEN], address[IP_STRLEN];

	ip_format(server, text);
	switch (found) {
	case EXPLAIN_FOUND:
		explain_note(k, leg, "%s answers: %s", text, ip_format(ip, address));
		return;
	case EXPLAIN_NXDOMAIN:
		explain_note(k, leg, "%s answers: NXDOMAIN", text);
		stop_unknown(k, leg, name, trip);
		return;
	case EXPLAIN_NODATA:
		explain_note(k, leg, "%s answers: NODATA", text);
		explain_stop(k, leg, ANALYSE_NO,
			     trip->there.hops[trip->there.n_hops - 1].ns->origin,
			     "the name %s has no IPv4 address", name);
		return;
	case EXPLAIN_NO_ANSWER: explain_note(k, leg, "%s does not answer", text); return;
	}
}

/* The way to the server that answers; while none does, to the first one. */
static void show_way(struct explain_work *k, struct explain_leg *leg, enum explain_lookup found,
		     const struct analyse_trip *trip)
{
	const struct analyse_packet p = {.protocol = ANALYSE_UDP, .port = DNS_PORT};

	if (k->request->names_too && (!leg->n_there || found != EXPLAIN_NO_ANSWER))
		explain_hops(k, leg, &p, trip);
}

enum explain_lookup explain_name(struct explain_work *k, const char *name, uint32_t *ip)
{
	const struct plan_node *node = plan_find_node(k->a->plan, k->request->from);
	struct explain_leg *leg = explain_leg_add(k, "name %s", name);
	enum explain_lookup found = EXPLAIN_NO_ANSWER;
	uint32_t servers[MAX_RESOLVERS];
	struct analyse_trip trip = {0};
	size_t n;

	if (in_hosts(k, node, name, ip)) {
		explain_note(k, leg, "in the hosts file of %s", node->ns);
		return EXPLAIN_FOUND;
	}
	n = resolvers_of(k, node, servers);
	for (size_t i = 0; i < n && found == EXPLAIN_NO_ANSWER; i++) {
		found = ask(k, node->ns, servers[i], name, 0, ip, &trip);
		tell(k, leg, found, &trip, servers[i], name, *ip);
		show_way(k, leg, found, &trip);
	}
	if (!n)
		explain_stop(k, leg, ANALYSE_NO, node->origin, "%s has no resolver", node->ns);
	else if (found == EXPLAIN_NO_ANSWER)
		stop_unanswered(k, leg, node);
	return found;
}
