// SPDX-License-Identifier: GPL-2.0-only
/* What `links:` says of a line, and how a link is broken that has no bridge to be taken down. */
#include "compile/context.h"

#define NO_LIMIT \
	10000000000u /* as fast as one core shapes; of what has no rate but a delay or a loss */

#define LOSES_ALL 1000000u /* packets per million */

void compile_change(struct line *line, const struct link_change *c)
{
	if (!c)
		return;
	if (c->rate.set)
		line->rate = c->rate.v;
	if (c->rtt.set)
		line->rtt_us = (uint32_t)c->rtt.v;
	if (c->jitter.set)
		line->jitter_us = (uint32_t)c->jitter.v;
	if (c->loss.set)
		line->loss_ppm = (uint32_t)c->loss.v;
	if (line->jitter_us > line->rtt_us)
		line->jitter_us = line->rtt_us;
}

struct line compile_change_of(const struct link_change *c)
{
	struct line line = {0};

	compile_change(&line, c);
	if (!line.rate && (line.rtt_us || compile_spoils(&line)))
		line.rate = NO_LIMIT;
	return line;
}

static struct plan_origin as_link(struct compile *c, struct plan_origin of,
				  const struct link_change *change)
{
	return (struct plan_origin){compile_text(c, "links.%s", change->id.name), of.at};
}

struct plan_origin compile_line_origin(struct compile *c, struct plan_origin of,
				       const struct link_change *change)
{
	return change && change->loss.set && change->loss.v >= LOSES_ALL ? as_link(c, of, change)
									 : of;
}

/*
 * Both devices stay up, with their routes, as when a line is cut in the middle: what comes in at one end or
 * would go out there is dropped without a word.
 */
void compile_cut(struct compile *c, struct plan_origin of, const struct link_change *change,
		 const char *ns, const char *dev)
{
	*plan_add_filter(c->plan) = (struct plan_filter){
		.origin = as_link(c, of, change),
		.ns = ns,
		.table = compile_text(c, PLAN_CUT "%s", dev),
		.text = compile_text(
			c,
			"table ip " PLAN_CUT "%s {\n"
			"\tchain input {\n"
			"\t\ttype filter hook input priority filter; policy accept;\n"
			"\t\tiifname \"%s\" drop\n"
			"\t}\n"
			"\tchain forward {\n"
			"\t\ttype filter hook forward priority filter; policy accept;\n"
			"\t\tiifname \"%s\" drop\n"
			"\t\toifname \"%s\" drop\n"
			"\t}\n"
			"\tchain output {\n"
			"\t\ttype filter hook output priority filter; policy accept;\n"
			"\t\toifname \"%s\" drop\n"
			"\t}\n}\n",
			dev, dev, dev, dev, dev),
	};
}

/* --- as they are, for lists --- */

static struct line line_of(const struct lab *lab, const struct lab_link *link)
{
	const struct region_pair *pair;
	struct line line = {0};

	switch (link->kind) {
	case LINK_CIRCUIT: return compile_circuit_line(link->of);
	case LINK_ROUTER_INTERFACE:
		return (struct line){.rate = router_interface_speed(
					     ((const struct router_interface *)link->of)->spec)};
	case LINK_REGIONS:
		pair = lab_find_region_pair(lab, link->a, link->b);
		line.rtt_us = pair ? (uint32_t)pair->rtt.v : REGION_PAIR_RTT_US;
		line.jitter_us = pair ? (uint32_t)pair->jitter.v : REGION_PAIR_JITTER_US;
		line.rate = compile_regions_rate(lab, link->a, link->b);
		return line;
	case LINK_ATTACHMENT:
	case LINK_NONE: break;
	}
	return line;
}

struct compile_link compile_link_of(const struct lab *lab, const struct lab_link *link)
{
	struct line line = line_of(lab, link);
	bool down = link_is_down(link->change);

	if (link->kind == LINK_CIRCUIT)
		down = !physical_connection_passes(link->of);
	compile_change(&line, link->change);
	return (struct compile_link){.down = down,
				     .rate = line.rate,
				     .rtt_us = line.rtt_us,
				     .jitter_us = line.jitter_us,
				     .loss_ppm = line.loss_ppm};
}
