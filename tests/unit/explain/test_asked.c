// SPDX-License-Identifier: GPL-2.0-only
/*
 * An answer about a lab of which only what it asks for was looked at is that of the whole lab: for each thing of the
 * labs that is missing or otherwise, every request is answered both ways. Who looks sees a damage in the namespaces
 * that he looks at; of a pair that is no more, or not the same one, it takes a look at both ends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "explain/explain.h"
#include "lib/compiled.h"

#define ROUNDS_MAX 32
#define LOSE_ALL   1000000

enum harm {
	MISSING,
	TORN,   /* a link whose ends both are there, and lead elsewhere */
	DOWN,   /* end a */
	FAULTY, /* end b */
	LOSSY,
	ADDED_RULE, /* to a namespace, as all that follow */
	ADDED_FILTER,
	ADDED_DEVICE,
	ADDED_BLACKHOLE,
	ADDED_ADDRESS,
};

struct damage {
	enum harm harm;
	enum plan_kind kind;
	size_t i;
};

/* A lab, what was done to it, and who looks where. */
struct sight {
	const struct plan *plan;
	const struct damage *damage;
	const bool *open; /* NULL: everywhere */
	uint32_t to;      /* of what is added */
};

static bool is_open(const struct sight *s, const char *ns)
{
	const struct plan_namespace *found = plan_find_namespace(s->plan, ns);

	return !s->open || (found && s->open[found - s->plan->namespaces]);
}

static const struct plan_link *link_at(const struct plan *p, const char *ns, const char *dev)
{
	for (size_t i = 0; dev && i < p->n_links; i++) {
		const struct plan_link *l = &p->links[i];

		if ((!strcmp(l->a.ns, ns) && !strcmp(l->a.dev, dev)) ||
		    (!strcmp(l->b.ns, ns) && !strcmp(l->b.dev, dev)))
			return l;
	}
	return NULL;
}

static bool lies_in(enum plan_kind kind, const void *object, const char *ns)
{
	const char *places[2];

	plan_places(kind, object, places);
	return !strcmp(places[0], ns) || (places[1] && !strcmp(places[1], ns));
}

/* Whether the object itself is missing. */
static bool is_hit(const struct sight *s, enum plan_kind kind, const void *object)
{
	const struct damage *d = s->damage;

	if (d->harm == MISSING && d->kind == PLAN_NAMESPACE)
		return lies_in(kind, object, s->plan->namespaces[d->i].name);
	return (d->harm == MISSING || d->harm == TORN) && d->kind == kind &&
	       plan_object(s->plan, kind, d->i) == object;
}

static bool sees(const struct sight *s, enum plan_kind kind, const void *object)
{
	const char *ns[2];

	plan_places(kind, object, ns);
	if (s->damage->harm == TORN)
		return is_open(s, ns[0]) && is_open(s, ns[1]);
	return is_open(s, ns[0]) || (ns[1] && is_open(s, ns[1]));
}

static bool is_gone(const struct sight *s, enum plan_kind kind, const void *object)
{
	return is_hit(s, kind, object) && sees(s, kind, object);
}

/* What hangs on an end of a link goes with it, for those who see both. */
static bool is_carried_off(const struct sight *s, const char *ns, const char *dev)
{
	const struct plan_link *l = link_at(s->plan, ns, dev);

	return l && is_open(s, ns) && is_gone(s, PLAN_LINK, l);
}

#define COPY(to, s, kind, one, dev)                                                              \
	for (size_t i_ = 0; i_ < plan_count((s)->plan, (kind)); i_++) {                          \
		const struct plan_##one *o_ = plan_object((s)->plan, (kind), i_);                \
		if (!is_gone((s), (kind), o_) && !((dev) && is_carried_off((s), o_->ns, (dev)))) \
			*plan_add_##one(to) = *o_;                                               \
	}

static void harm_ends(const struct sight *s, struct plan_link *l, const struct plan_link *from)
{
	const struct damage *d = s->damage;

	if (d->kind != PLAN_LINK || from != &s->plan->links[d->i])
		return;
	l->a.down = d->harm == DOWN && is_open(s, l->a.ns);
	l->b.fault = d->harm == FAULTY && is_open(s, l->b.ns) ? "mtu 1400" : NULL;
}

static void add_extra(const struct sight *s, struct plan *e, const char *ns)
{
	switch (s->damage->harm) {
	case ADDED_RULE: plan_add_rule(e)->ns = ns; break;
	case ADDED_FILTER:
		*plan_add_filter(e) = (struct plan_filter){.ns = ns, .table = "inet other"};
		break;
	case ADDED_DEVICE: plan_add_link(e)->a = (struct plan_end){.ns = ns, .dev = "x"}; break;
	case ADDED_BLACKHOLE:
		*plan_add_route(e) = (struct plan_route){.ns = ns,
							 .table = PLAN_TABLE_MAIN,
							 .dst = {s->to, 32},
							 .type = PLAN_BLACKHOLE};
		break;
	case ADDED_ADDRESS:
		*plan_add_address(e) =
			(struct plan_address){.ns = ns, .dev = "lo", .prefix = {s->to, 24}};
		break;
	case MISSING:
	case TORN:
	case DOWN:
	case FAULTY:
	case LOSSY: break;
	}
}

static struct plan *look(const struct sight *s)
{
	const struct damage *d = s->damage;
	struct plan *p = plan_new(s->plan->lab);

	p->summary = s->plan->summary;
	for (size_t i = 0; i < s->plan->n_namespaces; i++)
		if (!is_gone(s, PLAN_NAMESPACE, &s->plan->namespaces[i]))
			*plan_add_namespace(p) = s->plan->namespaces[i];
	for (size_t i = 0; i < s->plan->n_links; i++) {
		const struct plan_link *from = &s->plan->links[i];
		struct plan_link *l = is_gone(s, PLAN_LINK, from) ? NULL : plan_add_link(p);

		if (!l)
			continue;
		*l = *from;
		harm_ends(s, l, from);
	}
	COPY(p, s, PLAN_BRIDGE, bridge, NULL)
	COPY(p, s, PLAN_ADDRESS, address, o_->dev)
	COPY(p, s, PLAN_NEIGHBOUR, neighbour, o_->dev)
	COPY(p, s, PLAN_ROUTE, route, o_->dev)
	COPY(p, s, PLAN_RULE, rule, NULL)
	COPY(p, s, PLAN_FILTER, filter, NULL)
	for (size_t i = 0; i < s->plan->n_shapers; i++) {
		struct plan_shaper shaper = s->plan->shapers[i];

		if (is_gone(s, PLAN_SHAPER, &s->plan->shapers[i]) ||
		    is_carried_off(s, shaper.ns, shaper.dev))
			continue;
		if (d->harm == LOSSY && d->i == i && is_open(s, shaper.ns))
			shaper.loss_ppm = LOSE_ALL;
		*plan_add_shaper(p) = shaper;
	}
	for (size_t i = 0; i < s->plan->n_workers; i++)
		*plan_add_worker(p) = s->plan->workers[i];
	for (size_t i = 0; i < s->plan->n_nodes; i++)
		*plan_add_node(p) = s->plan->nodes[i];
	p->extra = plan_new(s->plan->lab);
	if (d->harm >= ADDED_RULE && is_open(s, s->plan->namespaces[d->i].name))
		add_extra(s, p->extra, s->plan->namespaces[d->i].name);
	return p;
}

/* All that is said of the request; a: as analyse_new() of p. */
static char *answer(const struct analyse *a, const struct explain_request *r)
{
	auto_error struct lab_error *err = NULL;
	auto_explanation struct explanation *e = explain_new(a, r, &err);
	struct strbuf b = {0};

	assert_non_null(e);
	explain_text(e, &b);
	strbuf_printf(&b, "%d %s %ju %ju\n", (int)e->verdict,
		      e->origin.resource ? e->origin.resource : "-", (uintmax_t)e->is.rate,
		      (uintmax_t)e->is.delay_us);
	return strbuf_take(&b);
}

static char *answer_of_all(const struct sight *whole, const struct explain_request *r)
{
	auto_plan struct plan *p = look(whole);
	struct analyse *a = analyse_new(p);
	char *text = answer(a, r);

	analyse_free(a);
	return text;
}

static char *answer_of_asked(const struct sight *whole, const struct explain_request *r, bool *open)
{
	struct sight s = *whole;
	char *text = NULL;
	bool more = true;

	memset(open, 0, whole->plan->n_namespaces * sizeof(*open));
	s.open = open;
	for (int round = 0; more; round++) {
		auto_plan struct plan *p = look(&s);
		struct analyse *a = analyse_new(p);

		free(text);
		text = answer(a, r);
		more = analyse_open_asked(a, s.plan, open);
		analyse_free(a);
		assert_true(round < ROUNDS_MAX);
	}
	return text;
}

static void compare(const struct sight *whole, const struct explain_request *r, bool *open)
{
	const struct damage *d = whole->damage;
	auto_free char *all = answer_of_all(whole, r);
	auto_free char *asked = answer_of_asked(whole, r, open);
	auto_plan struct plan *scratch = plan_new("scratch");

	if (strcmp(all, asked) != 0)
		fail_msg("%s, harm %d to %s: all of it:\n%swhat was asked for:\n%s",
			 whole->plan->lab, (int)d->harm,
			 plan_describe(scratch->arena, d->kind,
				       plan_object(whole->plan, d->kind, d->i)),
			 all, asked);
}

static uint32_t address_of(const struct plan *p, const char *ns)
{
	for (size_t i = 0; i < p->n_addresses; i++)
		if (!strcmp(p->addresses[i].ns, ns) && strcmp(p->addresses[i].dev, "lo") != 0)
			return p->addresses[i].prefix.addr;
	return 0;
}

/* From each node to each other one, to an address that nobody has, and for a page. */
static void compare_all(const struct plan *p, const struct damage *d, const char *url, bool *open)
{
	for (size_t i = 0; i < p->n_nodes; i++) {
		struct sight s = {.plan = p, .damage = d, .to = 0x0a0a0a0a};
		const char *from = p->nodes[i].ns;

		compare(&s, &(struct explain_request){.from = from, .to = "10.10.10.10"}, open);
		compare(&s, &(struct explain_request){.from = from, .to = url}, open);
		for (size_t k = 0; k < p->n_nodes; k++) {
			s.to = address_of(p, p->nodes[k].ns);
			compare(&s, &(struct explain_request){.from = from, .to = p->nodes[k].ns},
				open);
		}
	}
}

static const struct {
	const char *lab, *url;
} shipped[] = {
	{"scenario1",
	 "http://9ef6123a3ffc87d94034f0d6191fcabe-cn-hangzhou-vpc.alicloudapi.com/hello"},
	{"scenario2", "http://c2d47ddb6b298a0e174bb74dc11e3149-cn-hangzhou-vpc.alicloudapi.com/"},
	{"scenario3", "http://15b77282e06aa25b20052243d45cb244-cn-hangzhou-vpc.alicloudapi.com/"},
	{"hybrid", "http://example.com/"},
	{"dual-circuit", "http://example.com/"},
};

/* Of so many objects of a kind one; LABCTL_FULL=1: all, which takes a while. */
#define EVERY 17

static void harm_each(const struct plan *p, enum plan_kind kind, enum harm harm, size_t first,
		      const char *url, bool *open)
{
	const size_t every = getenv("LABCTL_FULL") ? 1 : EVERY;

	for (size_t i = first % every; i < plan_count(p, kind); i += every)
		compare_all(p, &(struct damage){harm, kind, i}, url, open);
}

static void test_what_is_asked_for_is_enough(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(shipped); i++) {
		char path[64];
		auto_plan struct plan *p = NULL;
		auto_free bool *open = NULL;

		(void)snprintf(path, sizeof(path), "labs/%s/lab.yaml", shipped[i].lab);
		p = compiled_file(path, NULL);
		open = calloc(p->n_namespaces, sizeof(*open));
		assert_non_null(open);
		for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
			harm_each(p, kind, MISSING, i, shipped[i].url, open);
		harm_each(p, PLAN_LINK, TORN, i, shipped[i].url, open);
		harm_each(p, PLAN_LINK, DOWN, i + 1, shipped[i].url, open);
		harm_each(p, PLAN_LINK, FAULTY, i + 2, shipped[i].url, open);
		harm_each(p, PLAN_SHAPER, LOSSY, i, shipped[i].url, open);
		for (enum harm harm = ADDED_RULE; harm <= ADDED_ADDRESS; harm++)
			harm_each(p, PLAN_NAMESPACE, harm, i + (size_t)harm, shipped[i].url, open);
	}
}

/* Two instances in one VPC: nobody else is asked. */
static void test_no_more_is_asked_for(void **state)
{
	static const char *const on_the_way[] = {"cen-1.cn-beijing", "cen-1.cn-hangzhou", "ecs-3",
						 "vpc-1", "vpc-3"};
	auto_plan struct plan *p = compiled_file("labs/scenario1/lab.yaml", NULL);
	const struct damage none = {DOWN, PLAN_SHAPER, 0};
	const struct sight s = {.plan = p, .damage = &none};
	const struct explain_request r = {.from = "ecs-3", .to = "172.16.1.10"};
	auto_free bool *open = calloc(p->n_namespaces, sizeof(*open));
	auto_free char *text = NULL;
	size_t n = 0;

	assert_non_null(open);
	text = answer_of_asked(&s, &r, open);
	for (size_t i = 0; i < p->n_namespaces; i++)
		n += open[i];
	for (size_t i = 0; i < ARRAY_LEN(on_the_way); i++)
		assert_true(open[plan_find_namespace(p, on_the_way[i]) - p->namespaces]);
	assert_int_equal(n, ARRAY_LEN(on_the_way) + 1); /* and who answers */
	assert_true(n < p->n_namespaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_asked_for_is_enough),
		cmocka_unit_test(test_no_more_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
