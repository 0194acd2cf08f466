// SPDX-License-Identifier: GPL-2.0-only
/** What `links:` says of the links of a lab. */
#include "validate/rule.h"
#include "validate/rules.h"

#define MAX_RTT_US 2000000u
#define MIN_RATE   1000u

/* The model is not const until it is validated. */
static void attach(const struct lab_link *link, const struct link_change *c)
{
	switch (link->kind) {
	case LINK_CIRCUIT: ((struct physical_connection *)link->of)->change = c; break;
	case LINK_ROUTER_INTERFACE: ((struct router_interface *)link->of)->change = c; break;
	case LINK_ATTACHMENT: ((struct cen_attachment *)link->of)->change = c; break;
	case LINK_REGIONS: /* lab_regions_change() */
	case LINK_NONE: break;
	}
}

static void unknown(struct validation *v, const char *name, struct span at)
{
	const char **names = NULL, *list = "", *near;
	struct lab_link link;
	size_t n = 0;

	for (size_t i = 0; lab_link_at(v->lab, i, &link); i++) {
		*(const char **)arena_push(v->scratch, names, n) = link.name;
		list = arena_printf(v->scratch, "%s%s%s", list, i ? ", " : "", link.name);
	}
	validate_report(v, at, "there is no link '%.64s'", name);
	near = diag_nearest(name, names, n);
	if (near)
		validate_hint(v, "did you mean '%s'?", near);
	else if (n)
		validate_hint(v, "the links are: %s", list);
	else
		validate_hint(v, "this lab has no links: circuits, attachments and the like");
}

void validate_link_unknown(struct validation *v)
{
	struct lab *lab = v->lab;
	struct lab_link link;

	for (size_t i = 0; i < lab->n_link_changes; i++) {
		struct link_change *c = &lab->link_changes[i];

		c->known = lab_find_link(lab, c->id.name, &link);
		if (c->known)
			attach(&link, c);
		else
			unknown(v, c->id.name, c->id.at);
	}
}

void validate_link_twice(struct validation *v)
{
	const struct lab *lab = v->lab;
	struct lab_link link;

	for (size_t i = 0; i < lab->n_link_changes; i++) {
		const struct link_change *c = &lab->link_changes[i];

		if (!c->known || !lab_find_link(lab, c->id.name, &link) || link.change == c)
			continue;
		validate_report(v, c->id.at,
				"'%s' is the link '%s', of which something is said already",
				c->id.name, link.name);
		diag_note(v->diags, link.change->id.at, "it is named '%s' here",
			  link.change->id.name);
		validate_hint(v, "write all that is said of a link under one name");
	}
}

void validate_link_rate(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_link_changes; i++) {
		const struct link_change *c = &v->lab->link_changes[i];

		if (!c->rate.set || c->rate.v >= MIN_RATE)
			continue;
		validate_report(v, c->rate.at, "link '%s' has %s; 1 kbit/s is the least",
				c->id.name, validate_rate(v, c->rate.v));
		validate_hint(v, "of a link that is down, nothing passes: `state: down`");
	}
}

/* As its object has it, where `links:` does not say otherwise. */
static uint64_t rtt_of(const struct lab *lab, const struct lab_link *link)
{
	const struct physical_connection *pc = link->of;
	const struct region_pair *pair;

	if (link->change->rtt.set)
		return link->change->rtt.v;
	switch (link->kind) {
	case LINK_CIRCUIT: return pc->rtt.v;
	case LINK_REGIONS:
		pair = lab_find_region_pair(lab, link->a, link->b);
		return pair ? pair->rtt.v : REGION_PAIR_RTT_US;
	case LINK_ATTACHMENT:
	case LINK_ROUTER_INTERFACE:
	case LINK_NONE: break;
	}
	return 0;
}

void validate_link_rtt(struct validation *v)
{
	struct lab_link link;

	for (size_t i = 0; i < v->lab->n_link_changes; i++) {
		const struct link_change *c = &v->lab->link_changes[i];

		if (!lab_find_link(v->lab, c->id.name, &link) || link.change != c)
			continue;
		if (c->rtt.set && c->rtt.v > MAX_RTT_US)
			validate_report(
				v, c->rtt.at,
				"link '%s' has a round trip of %s; at most 2 s are possible",
				c->id.name, validate_duration(v, c->rtt.v));
		else if (c->jitter.set && c->jitter.v > rtt_of(v->lab, &link))
			validate_report(
				v, c->jitter.at,
				"link '%s' has a jitter of %s, more than its round trip of %s",
				c->id.name, validate_duration(v, c->jitter.v),
				validate_duration(v, rtt_of(v->lab, &link)));
	}
}

/* --- events --- */

/* Before its last step a lab may not have the link yet; whoever plays the events then will see. */
void validate_event_link(struct validation *v)
{
	struct lab_link link;

	for (size_t i = 0; !v->lab->step && i < v->lab->n_events; i++) {
		const struct event *e = &v->lab->events[i];

		if (e->link.name && !lab_find_link(v->lab, e->link.name, &link))
			unknown(v, e->link.name, e->link.at);
	}
}

static void event_values(struct validation *v, const struct event *e)
{
	const struct event_set *s = &e->set;

	if (!e->state && !s->rate.set && !s->rtt.set && !s->jitter.set && !s->loss.set) {
		validate_report(v, e->at, "an event of link '%s' changes nothing",
				e->link.name ? e->link.name : "?");
		validate_hint(v, "write `state: down`, or `set: {rtt: 80ms}`");
	} else if (s->rtt.set && s->rtt.v > MAX_RTT_US) {
		validate_report(v, s->rtt.at, "a round trip of %s; at most 2 s are possible",
				validate_duration(v, s->rtt.v));
	} else if (s->rtt.set && s->jitter.set && s->jitter.v > s->rtt.v) {
		validate_report(v, s->jitter.at, "a jitter of %s, more than the round trip of %s",
				validate_duration(v, s->jitter.v), validate_duration(v, s->rtt.v));
	} else if (s->rate.set && s->rate.v < MIN_RATE) {
		validate_report(v, s->rate.at, "%s; 1 kbit/s is the least",
				validate_rate(v, s->rate.v));
	}
}

void validate_event_values(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_events; i++)
		event_values(v, &v->lab->events[i]);
}
