// SPDX-License-Identifier: GPL-2.0-only
/** The inside of live: which devices of the plan are which links of the picture. */
#pragma once

#include "live/live.h"

/** A device that tells of a link. */
struct port {
	const char *ns, *dev;
	const struct port *bridge; /* of which it is a port; NULL: none */
	struct plan_counters is, was;
	bool seen, known, fresh; /* in this reading; `was` is of the one before; there are rates */
	bool renewed;            /* it was made anew between the two */
	uint64_t rx, tx, drops;  /* bit/s, packets per second */
	uint64_t sent, came, dropped; /* packets between the two */
};

/** What vanishes between two devices that are joined by a wire, which tells nobody what it loses. */
struct leak {
	int64_t known; /* packets that went in and cannot be on their way any more */
	bool begun;
	uint64_t lost; /* of the last reading */
};

/** A way between two namespaces: its device in each; NULL: that one is not read. */
struct way {
	const struct port *here, *there;
	uint64_t limit_here, limit_there;
	bool cut;         /* both ends are up, and nothing passes */
	uint32_t wire_us; /* how long a wire keeps a packet at most; 0: it is a cable */
	struct leak out, in;
};

struct ways {
	struct way *list;
	size_t n;
};

/** An address and who has it. */
struct holder {
	uint32_t ip;
	size_t box;
};

struct live {
	struct arena *arena;
	const struct graph *graph;
	const struct plan *plan;
	const char **box_ns; /* of each box of the picture, NULL: it has none of its own */
	struct port *ports;  /* by ns and device */
	size_t n_ports;
	const char **namespaces; /* sorted */
	size_t n_namespaces;
	struct ways *link_ways, *box_ways; /* of each link and box of the picture */
	struct live_flow *links, *boxes, *told_links, *told_boxes;
	struct holder *holders; /* by address */
	size_t n_holders;
	uint64_t at; /* of the last tick; 0: none */
};

/** What becomes box_ns; in the live's arena. */
const char *live_ns_of(const struct live *l, const struct graph_box *b);
struct port *live_port(const struct live *l, const char *ns, const char *dev);
/** Fills ports, namespaces and ways. */
void live_map(struct live *l);
