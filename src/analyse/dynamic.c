// SPDX-License-Identifier: GPL-2.0-only
/*
 * The routes that no plan holds: those of labctl-routing, decided by its own code (routing/decide.h) from its
 * own configuration, and those of BGP sessions.
 *
 * "Everything alive" means that every process runs. Whether a health check would succeed is walked like any
 * other ping: at first all are taken to, then those that do not come through count as dead, until nothing
 * changes.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/bird.h"
#include "analyse/net.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/worker.h"
#include "model/ranges.h"
#include "routing/decide.h"

#define ROUNDS_MAX 8
#define BGP_PORT   179
#define BGP_METRIC (PLAN_METRIC_BIRD + 1) /* one AS away: nobody passes on what he heard */

/* A daemon and where it runs. */
struct speaker {
	const char *ns;
	const struct bird *bird;
	struct plan_origin origin;
};

struct dynamic {
	struct analyse *a;
	struct speaker *speakers;
	size_t n_speakers;
	const struct plan_worker *worker; /* labctl-routing; NULL: none */
	const struct routing_config *config;
	bool *alive; /* by place of the monitor */
};

/* --- reading --- */

/* The configuration as the supervisor hands it over: with the names of the sockets. */
static void read_routing(struct dynamic *d, const struct plan_worker *w)
{
	auto_strbuf struct strbuf text = {0};
	const size_t n = strlen(w->config);

	strbuf_addn(&text, w->config, n ? n - 1 : 0); /* without its last brace */
	strbuf_add(&text, ",\"sockets\":[");
	for (size_t i = 0; i < w->n_sockets; i++)
		strbuf_printf(&text, "%s{\"name\":\"%s\"}", i ? "," : "", w->sockets[i].name);
	strbuf_add(&text, "]}");
	d->worker = w;
	d->config = routing_config_read(d->a->arena, text.s, text.len, NULL);
	if (!d->config)
		d->a->doubt = "it depends on dynamic routes, and the analyser cannot read "
			      "labctl-routing's configuration";
}

static const char *conf_of(const json_t *config)
{
	const json_t *files = json_object_get(config, "files");
	const char *command =
		json_string_value(json_array_get(json_object_get(config, "command"), 0));

	return command && strcmp(command, "bird") == 0
		       ? json_string_value(json_object_get(files, "/tmp/bird.conf"))
		       : NULL;
}

static void read_service(struct dynamic *d, const struct plan_worker *w)
{
	json_t *config = json_loads(w->config, 0, NULL);
	const char *conf = conf_of(config);
	const struct bird *bird = conf ? analyse_bird_read(d->a->arena, conf) : NULL;

	if (bird)
		*arena_push(d->a->arena, d->speakers, d->n_speakers) = (struct speaker){w->ns, bird,
											w->origin};
	else if (conf)
		d->a->doubt = "it depends on dynamic routes, and the analyser cannot read "
			      "BIRD's configuration";
	json_decref(config);
}

static void read_workers(struct dynamic *d)
{
	for (size_t i = 0; i < d->a->plan->n_workers; i++) {
		const struct plan_worker *w = &d->a->plan->workers[i];

		if (strcmp(w->program, "labctl-routing") == 0)
			read_routing(d, w);
		else if (strcmp(w->program, "labctl-service") == 0 && w->needs)
			read_service(d, w);
	}
}

/* --- routes that are made --- */

static void add_route(struct dynamic *d, struct plan_route r)
{
	struct plan_route *made = arena_memdup(d->a->arena, &r, sizeof(r));

	*(const struct plan_route **)arena_push(d->a->arena, d->a->dynamic, d->a->n_dynamic) = made;
}

/* --- BGP --- */

static bool same_text(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool match(const struct bird_session *x, const struct bird_session *y)
{
	return x->own == y->far && x->far == y->own && x->own_asn == y->far_asn &&
	       x->far_asn == y->own_asn && same_text(x->password, y->password);
}

static bool connects(const struct dynamic *d, const struct speaker *from,
		     const struct bird_session *s, const struct speaker *to)
{
	const struct analyse_packet syn = {.ns = from->ns,
					   .src = s->own,
					   .dst = s->far,
					   .protocol = ANALYSE_TCP,
					   .port = BGP_PORT};
	struct analyse_trip trip;

	analyse_walk(d->a, &syn, to->ns, &trip);
	return trip.ok;
}

/* The daemon at the other end of a session that is up; NULL: there is none. */
static const struct speaker *peer_of(const struct dynamic *d, const struct speaker *own,
				     const struct bird_session *s)
{
	for (size_t i = 0; i < d->n_speakers; i++) {
		const struct speaker *o = &d->speakers[i];

		for (size_t k = 0; o != own && k < o->bird->n_sessions; k++)
			if (match(s, &o->bird->sessions[k]) && connects(d, own, s, o))
				return o;
	}
	return NULL;
}

static struct plan_route heard(const struct speaker *own, const struct bird_session *s,
			       struct ip_prefix dst)
{
	return (struct plan_route){.origin = own->origin,
				   .ns = own->ns,
				   .table = PLAN_TABLE_MAIN,
				   .dst = dst,
				   .proto = PLAN_PROTO_BIRD,
				   .dev = s->dev,
				   .via = s->far,
				   .metric = BGP_METRIC};
}

static bool has_network(const struct bird *b, struct ip_prefix p)
{
	for (size_t i = 0; i < b->n_networks; i++)
		if (ip_prefix_equal(b->networks[i], p))
			return true;
	return false;
}

/* What a VBR hears of its customer router. */
static void hear_networks(struct dynamic *d, const struct speaker *vbr)
{
	for (size_t i = 0; i < vbr->bird->n_sessions; i++) {
		const struct bird_session *s = &vbr->bird->sessions[i];
		const struct speaker *peer = peer_of(d, vbr, s);

		for (size_t k = 0; peer && k < peer->bird->n_networks; k++)
			if (!ip_prefix_contains(LAB_SERVICES, peer->bird->networks[k]))
				add_route(d, heard(vbr, s, peer->bird->networks[k]));
	}
}

static bool hears(const struct dynamic *d, const char *ns, struct ip_prefix p)
{
	for (size_t i = 0; i < d->a->n_dynamic; i++) {
		const struct plan_route *r = d->a->dynamic[i];

		if (r->proto == PLAN_PROTO_BIRD && strcmp(r->ns, ns) == 0 &&
		    ip_prefix_equal(r->dst, p))
			return true;
	}
	return false;
}

static bool is_pushed(const struct plan_route *r, const char *ns)
{
	return strcmp(r->ns, ns) == 0 && r->table == PLAN_TABLE_MAIN && r->type == PLAN_UNICAST &&
	       (r->proto == PLAN_PROTO_CEN || r->proto == PLAN_PROTO_LEARNED);
}

/* One way that a customer router hears of. */
struct offer {
	struct ip_prefix dst;
	const struct bird_session *session;
};

struct offers {
	struct offer *v;
	size_t n;
};

static void hear_pushed(struct dynamic *d, const struct speaker *own, const struct speaker *vbr,
			const struct bird_session *s, const struct plan_route *r,
			struct offers *offers)
{
	if (!is_pushed(r, vbr->ns) || hears(d, vbr->ns, r->dst) || has_network(own->bird, r->dst))
		return;
	analyse_net_use(d->a, analyse_net_find_dev(d->a, analyse_net_find_ns(d->a, r->ns), r->dev));
	*arena_push(d->a->arena, offers->v, offers->n) = (struct offer){r->dst, s};
}

/* Best first: by preference, then by the neighbour's number, which is the lower address. */
static int best_first(const void *pa, const void *pb)
{
	const struct offer *a = pa, *b = pb;
	const int c = ip_prefix_cmp(a->dst, b->dst);

	if (c)
		return c;
	if (a->session->preference != b->session->preference)
		return a->session->preference > b->session->preference ? -1 : 1;
	return (a->session->far > b->session->far) - (a->session->far < b->session->far);
}

/* What a customer router hears of VBRs, the best way to each destination. */
static void hear_cloud(struct dynamic *d, const struct speaker *own)
{
	const struct plan *p = d->a->plan;
	const size_t before = d->a->n_dynamic;
	struct offers offers = {0};

	for (size_t i = 0; i < own->bird->n_sessions; i++) {
		const struct bird_session *s = &own->bird->sessions[i];
		const struct speaker *peer = peer_of(d, own, s);

		if (!peer || !peer->bird->tells_kernel)
			continue;
		for (size_t k = 0; k < p->n_routes; k++)
			hear_pushed(d, own, peer, s, &p->routes[k], &offers);
		for (size_t k = 0; k < before; k++)
			hear_pushed(d, own, peer, s, d->a->dynamic[k], &offers);
	}
	if (offers.n)
		qsort(offers.v, offers.n, sizeof(*offers.v), best_first);
	for (size_t i = 0; i < offers.n; i++)
		if (i == 0 || !ip_prefix_equal(offers.v[i - 1].dst, offers.v[i].dst))
			add_route(d, heard(own, offers.v[i].session, offers.v[i].dst));
}

static void hear_all(struct dynamic *d, bool vbrs)
{
	for (size_t i = 0; i < d->n_speakers; i++) {
		if (d->speakers[i].bird->tells_kernel != vbrs)
			continue;
		if (vbrs)
			hear_networks(d, &d->speakers[i]);
		else
			hear_cloud(d, &d->speakers[i]);
	}
}

/* --- labctl-routing, without its descriptors --- */

struct decision {
	const struct routing_config *config;
	struct routing_choices *choices; /* by place of the site */
};

static int by_prefix(const void *a, const void *b)
{
	return ip_prefix_cmp(((const struct routing_offered *)a)->prefix,
			     ((const struct routing_offered *)b)->prefix);
}

static struct routing_offered *learned_by(const struct dynamic *d, const struct routing_learn *l,
					  size_t *n)
{
	const char *ns = d->config->tables[l->table_ns].ns;
	struct routing_offered *list = NULL;

	*n = 0;
	for (size_t i = 0; i < d->a->n_dynamic; i++) {
		const struct plan_route *r = d->a->dynamic[i];

		if (strcmp(r->ns, ns) == 0 && r->table == l->table && (int)r->proto == l->protocol)
			*arena_push(d->a->arena, list, *n) = (struct routing_offered){r->dst,
										      r->metric};
	}
	if (*n)
		qsort(list, *n, sizeof(*list), by_prefix);
	return list;
}

static void fill_supply(const struct dynamic *d, const struct routing_source *s,
			struct routing_supply *supply)
{
	const bool alive = s->monitor == ROUTING_ALWAYS || d->alive[s->monitor];
	struct routing_offered *learned = NULL;
	size_t n = 0;

	if (s->learns)
		learned = learned_by(d, &s->learn, &n);
	routing_supply_fill(supply, s, alive, learned, n);
}

static bool tells(const void *ctx, const struct routing_offer *o, struct ip_prefix prefix)
{
	const struct decision *d = ctx;

	return o->told_by == ROUTING_ALWAYS ||
	       routing_chose(&d->choices[o->told_by], &d->config->sites[o->told_by], prefix,
			     o->source);
}

/* Sites decide in turns until nobody changes his mind, as routing/wants.c has it. */
static void decide(const struct decision *d, const struct routing_supply *supplies)
{
	const size_t n = d->config->n_sites;
	bool moved = true;

	for (size_t round = 0; moved && round <= n + 1; round++) {
		moved = false;
		for (size_t i = 0; i < n; i++) {
			struct routing_choices now = {0};

			routing_decide(&now, &d->config->sites[i], supplies, tells, d);
			moved |= !routing_choices_same(&now, &d->choices[i]);
			routing_choices_done(&d->choices[i]);
			d->choices[i] = now;
		}
	}
}

static void add_choice(struct dynamic *d, const struct routing_site *site,
		       const struct routing_choice *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct routing_offer *o = &site->offers[c->offers[i]];

		add_route(d, (struct plan_route){
				     .origin = d->worker->origin,
				     .ns = d->config->tables[site->table_ns].ns,
				     .table = site->table,
				     .dst = c->prefix,
				     .proto = (enum plan_route_proto)site->protocol,
				     .dev = o->dev,
				     .via = o->via,
				     .onlink = o->onlink,
				     .metric = PLAN_METRIC_DYNAMIC,
			     });
	}
}

static void add_decided(struct dynamic *d)
{
	const struct routing_config *c = d->config;
	struct routing_supply *supplies = arena_alloc(d->a->arena,
						      (c->n_sources + 1) * sizeof(*supplies));
	const struct decision decision = {
		c, arena_alloc(d->a->arena, (c->n_sites + 1) * sizeof(*decision.choices))};

	for (size_t i = 0; i < c->n_sources; i++)
		fill_supply(d, &c->sources[i], &supplies[i]);
	decide(&decision, supplies);
	for (size_t i = 0; i < c->n_sites; i++) {
		for (size_t k = 0; k < decision.choices[i].n; k++)
			add_choice(d, &c->sites[i], &decision.choices[i].items[k]);
		routing_choices_done(&decision.choices[i]);
	}
	for (size_t i = 0; i < c->n_sources; i++)
		routing_supply_done(&supplies[i]);
}

/* --- health checks --- */

static bool succeeds(const struct dynamic *d, const struct routing_monitor *m)
{
	const struct plan_socket *s = &d->worker->sockets[m->fd - WORKER_FD_SOCKET_0];
	const struct analyse_packet ping = {
		.ns = s->ns, .src = s->addr, .dst = m->target, .protocol = ANALYSE_ICMP};
	struct analyse_trip trip;

	analyse_walk(d->a, &ping, NULL, &trip);
	return trip.ok;
}

/* Whether all checks are as they were taken to be. */
static bool settled(struct dynamic *d)
{
	bool same = true;

	for (size_t i = 0; d->config && i < d->config->n_monitors; i++) {
		const bool alive = succeeds(d, &d->config->monitors[i]);

		same &= alive == d->alive[i];
		d->alive[i] = alive;
	}
	return same;
}

static void run(struct dynamic *d)
{
	d->a->dynamic = NULL;
	d->a->n_dynamic = 0;
	hear_all(d, true);
	if (d->config)
		add_decided(d);
	hear_all(d, false);
	analyse_net_index_routes(d->a);
}

void analyse_net_index_dynamic(struct analyse *a)
{
	struct dynamic d = {.a = a};
	bool done = false;

	analyse_net_index_routes(a);
	read_workers(&d);
	if (!d.config && !d.n_speakers)
		return;
	if (d.config) {
		d.alive = arena_alloc(a->arena, (d.config->n_monitors + 1) * sizeof(*d.alive));
		memset(d.alive, true, d.config->n_monitors * sizeof(*d.alive));
	}
	for (unsigned int round = 0; !done && round < ROUNDS_MAX; round++) {
		run(&d);
		done = settled(&d);
	}
	if (!done)
		a->doubt = "it depends on health checks that undo what makes them succeed";
}
