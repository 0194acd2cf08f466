// SPDX-License-Identifier: GPL-2.0-only
#include "explain/explain.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "explain/work.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443

/* --- what the files of this layer share --- */

struct explain_leg *explain_leg_add(struct explain_work *k, const char *fmt, ...)
{
	struct explain_leg *leg = arena_push(k->e->arena, k->e->legs, k->e->n_legs);
	va_list ap;

	va_start(ap, fmt);
	*leg = (struct explain_leg){.title = arena_vprintf(k->e->arena, fmt, ap),
				    .verdict = ANALYSE_YES};
	va_end(ap);
	return leg;
}

void explain_note(struct explain_work *k, struct explain_leg *leg, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	*arena_push(k->e->arena, leg->notes, leg->n_notes) = arena_vprintf(k->e->arena, fmt, ap);
	va_end(ap);
}

void explain_stop(struct explain_work *k, struct explain_leg *leg, enum analyse_verdict verdict,
		  struct plan_origin origin, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	k->e->cause = arena_vprintf(k->e->arena, fmt, ap);
	va_end(ap);
	k->e->verdict = leg->verdict = verdict;
	k->e->origin = origin;
}

static bool is_at(const struct plan_socket *s, const char *ns, enum plan_socket_type type,
		  uint32_t ip, uint16_t port)
{
	return s->type == type && s->port == port && (!s->addr || s->addr == ip) &&
	       !strcmp(s->ns, ns);
}

/* A command listens by itself, and may say where: {"ready": {"tcp": 8080}}. */
static bool serves(const struct plan_worker *w, const char *ns, uint16_t port)
{
	json_t *config;
	const json_t *tcp;
	bool yes;

	if (w->n_sockets || strcmp(w->program, "labctl-service") != 0 || strcmp(w->ns, ns) != 0)
		return false;
	config = json_loads(w->config, 0, NULL);
	tcp = json_object_get(json_object_get(config, "ready"), "tcp");
	yes = json_is_integer(tcp) && json_integer_value(tcp) == port;
	json_decref(config);
	return yes;
}

const struct plan_worker *explain_listener(const struct plan *p, const char *ns,
					   enum plan_socket_type type, uint32_t ip, uint16_t port,
					   const struct plan_socket **socket)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		const struct plan_worker *w = &p->workers[i];

		for (size_t n = 0; n < w->n_sockets; n++) {
			if (!is_at(&w->sockets[n], ns, type, ip, port))
				continue;
			if (socket)
				*socket = &w->sockets[n];
			return w;
		}
		if (type == PLAN_TCP && serves(w, ns, port))
			return w;
	}
	return NULL;
}

const struct plan_worker *explain_connect(struct explain_work *k, struct explain_leg *leg,
					  const struct analyse_packet *p, const char *to)
{
	const struct plan_worker *w;
	struct analyse_trip trip;

	explain_way(k, leg, p, to, &trip);
	if (!trip.ok) {
		explain_stop_trip(k, leg, &trip);
		return NULL;
	}
	k->client = trip.there.src;
	w = explain_listener(k->a->plan, explain_end_of(&trip), PLAN_TCP, p->dst, p->port, NULL);
	if (!w)
		explain_stop(k, leg, ANALYSE_NO, trip.there.hops[trip.there.n_hops - 1].ns->origin,
			     "connection refused: no service of the lab listens on TCP port %u of "
			     "%s",
			     p->port, explain_end_of(&trip));
	return w;
}

/* --- what TO means --- */

struct target {
	const char *host;  /* as it was written */
	const char *path;  /* of a URL; NULL: none is asked for */
	const char *query; /* of it, without the '?' */
	bool secure;       /* https */
	uint16_t port;     /* 0: it is pinged */
	const char *ns;    /* that shall get it; NULL: whoever has the address */
	uint32_t ip;
};

static bool read_port(const char *s, uint16_t *port)
{
	char *end;
	const unsigned long n = strtoul(s, &end, 10);

	*port = (uint16_t)n;
	return *s >= '0' && *s <= '9' && !*end && n >= 1 && n <= UINT16_MAX;
}

/* "HOST[:PORT][/PATH][?QUERY]", path and query of a URL only. */
static int read_target(struct explain_work *k, struct target *t, struct lab_error **err)
{
	const char *s = k->request->to;
	const bool secure = !strncmp(s, "https://", 8);
	const bool url = secure || !strncmp(s, "http://", 7);
	char *host, *colon;

	s += secure ? 8 : url ? 7 : 0;
	*t = (struct target){.port = secure ? HTTPS_PORT : url ? HTTP_PORT : 0, .secure = secure};
	host = arena_strndup(k->e->arena, s, url ? strcspn(s, "/?#") : strlen(s));
	s += strlen(host);
	if (url) {
		const char *query = s + strcspn(s, "?#");

		t->query = *query == '?'
				   ? arena_strndup(k->e->arena, query + 1, strcspn(query + 1, "#"))
				   : "";
		t->path = *s == '/' ? arena_strndup(k->e->arena, s, strcspn(s, "?#")) : "/";
	}
	colon = strchr(host, ':');
	if (colon)
		*colon = '\0';
	t->host = host;
	if (!*host || strchr(host, '/') || (colon && !read_port(colon + 1, &t->port)))
		return lab_error_make(err, LAB_USAGE,
				      "%s: not a node, an address, either with :PORT, or a URL "
				      "http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH",
				      k->request->to);
	return 0;
}

/* Where the gateway of that namespace is called. */
static bool gateway_address(const struct plan *p, const char *ns, uint32_t *ip)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		const struct plan_worker *w = &p->workers[i];

		for (size_t n = 0; n < w->n_sockets && !strcmp(w->program, "labctl-gateway"); n++)
			if (w->sockets[n].type == PLAN_TCP && !strcmp(w->sockets[n].ns, ns)) {
				*ip = w->sockets[n].addr;
				return true;
			}
	}
	return false;
}

/* The address by which others know the place: that of its first device with one. */
static bool address_of(const struct analyse *a, const struct net_ns *ns, uint32_t *ip)
{
	if (ns->from->role && !strcmp(ns->from->role, "gateway"))
		return gateway_address(a->plan, ns->from->name, ip);
	for (size_t i = 0; i < ns->n_addresses; i++)
		if (strcmp(a->devs[ns->addresses[i].dev].name, "lo") != 0) {
			analyse_net_use(a, ns->addresses[i].dev);
			*ip = ns->addresses[i].ip;
			return true;
		}
	return false;
}

/* Names of nodes and of cloud objects have no dots; a URL's are looked up as any name. */
static bool find_target(struct explain_work *k, struct target *t)
{
	uint32_t ns = NET_NONE;

	if (ip_parse(t->host, &t->ip))
		return true;
	if (!t->path)
		ns = analyse_net_find_ns(k->a, t->host);
	if (ns == NET_NONE) {
		if (explain_name(k, t->host, &t->ip) == EXPLAIN_FOUND)
			return true;
		k->e->target.name = t->host;
		return false;
	}
	analyse_net_ask(k->a, ns);
	t->ns = k->a->ns[ns].from->name;
	if (address_of(k->a, &k->a->ns[ns], &t->ip))
		return true;
	explain_stop(k, explain_leg_add(k, "address of %s", t->host), ANALYSE_NO,
		     k->a->ns[ns].from->origin, "%s has no address yet", t->host);
	return false;
}

/* --- the walk --- */

static void ping(struct explain_work *k, const struct target *t)
{
	const struct analyse_packet p = {
		.ns = k->request->from, .dst = t->ip, .protocol = ANALYSE_ICMP};
	char ip[IP_STRLEN];
	struct explain_leg *leg = explain_leg_add(k, "ping %s", ip_format(t->ip, ip));
	struct analyse_trip trip;

	explain_way(k, leg, &p, t->ns, &trip);
	if (!trip.ok)
		explain_stop_trip(k, leg, &trip);
	else
		k->e->answer = explain_end_of(&trip);
}

/* A gateway's own word on itself, which is no call of an API (gateway/metrics.h). */
static bool is_metrics(const struct plan_worker *w, uint16_t port)
{
	for (size_t i = 0; i < w->n_sockets; i++)
		if (!strcmp(w->sockets[i].name, "metrics") && w->sockets[i].port == port)
			return !strcmp(w->program, "labctl-gateway");
	return false;
}

static void connect_to(struct explain_work *k, const struct target *t)
{
	const struct analyse_packet p = {
		.ns = k->request->from, .dst = t->ip, .protocol = ANALYSE_TCP, .port = t->port};
	char ip[IP_STRLEN];
	struct explain_leg *leg = explain_leg_add(k, "connection to %s, TCP port %u",
						  ip_format(t->ip, ip), t->port);
	const struct plan_worker *w = explain_connect(k, leg, &p, t->ns);

	if (!w)
		return;
	k->e->answer = w->name;
	if (t->path && is_metrics(w, t->port))
		k->e->status = strcmp(t->path, "/metrics") == 0 ? 200 : 404;
	else if (t->path)
		explain_call(k, w,
			     &(struct explain_http){.host = t->host,
						    .path = t->path,
						    .query = t->query,
						    .ip = t->ip,
						    .port = t->port,
						    .secure = t->secure});
}

static void sum_up(struct explanation *e)
{
	for (size_t i = 0; i < e->n_legs; i++)
		explain_measure_add(&e->is, &e->legs[i].is);
}

struct explanation *explain_new(const struct analyse *a, const struct explain_request *r,
				struct lab_error **err)
{
	struct arena *arena = arena_new(0);
	struct explanation *e = arena_alloc(arena, sizeof(*e));
	struct explain_work k = {.a = a, .request = r, .e = e};
	struct target t;

	*e = (struct explanation){.arena = arena,
				  .from = arena_strdup(arena, r->from),
				  .to = arena_strdup(arena, r->to),
				  .verdict = ANALYSE_YES,
				  .code = ""};
	if (!plan_find_node(a->plan, r->from)) {
		(void)lab_error_make(err, LAB_USAGE, "no such node: %s", r->from);
		explain_free(e);
		return NULL;
	}
	if (read_target(&k, &t, err)) {
		explain_free(e);
		return NULL;
	}
	e->target = (struct explain_target){.port = t.port, .url = t.path != NULL};
	if (find_target(&k, &t)) {
		e->target.ip = t.ip;
		if (t.port)
			connect_to(&k, &t);
		else
			ping(&k, &t);
	}
	sum_up(e);
	return e;
}

void explain_free(struct explanation *e)
{
	if (e)
		arena_free(e->arena);
}
