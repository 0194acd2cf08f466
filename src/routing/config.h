// SPDX-License-Identifier: GPL-2.0-only
/** The configuration of labctl-routing, checked strictly: unknown keys and dangling names are errors. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/ip.h"

/* What of a kernel's routes is ours: these protocols with this metric, nothing else (plan/plan.h). */
#define ROUTING_METRIC        1000
#define ROUTING_PROTO_LEARNED 204
#define ROUTING_PROTO_TRACKED 205

#define ROUTING_PREFERENCE 50 /* of a candidate that no gate gives one; lower is better */
#define ROUTING_LOSSES_MAX 60 /* a monitor remembers its last 64 requests */

/** A network namespace in which routes are read and written. */
struct routing_table {
	const char *ns;
	int fd; /* rtnetlink */
};

struct routing_monitor {
	const char *name;
	int fd; /* raw ICMP, bound to the address to ask from */
	uint32_t target;
	unsigned int interval_ms, losses;
};

/** What somebody else, a BGP daemon, puts into a table. */
struct routing_learn {
	size_t table_ns; /* place in tables */
	uint32_t table;
	uint8_t protocol;
	size_t limit; /* prefixes */
};

struct routing_source {
	const char *name;
	size_t monitor; /* place in monitors; ROUTING_ALWAYS: it needs none to be alive */
	struct ip_prefix *prefixes;
	size_t n_prefixes;
	bool learns;
	struct routing_learn learn;
};
#define ROUTING_ALWAYS SIZE_MAX

struct routing_clause {
	bool deny;
	bool all;       /* no prefixes given: matches every one */
	bool include;   /* also what lies inside of a prefix; else only the prefix itself */
	int preference; /* -1: leaves it */
	struct ip_prefix *prefixes; /* sorted */
	size_t n_prefixes;
};

/** The first clause that matches decides; none: permitted. */
struct routing_gate {
	struct routing_clause *clauses;
	size_t n_clauses;
};

struct routing_offer {
	size_t source; /* place in sources */
	const char *dev;
	uint32_t via; /* 0: on link */
	bool onlink;  /* via is not covered by an address of dev */
	unsigned int rank;
	/* Place in sites of the table that tells of this route: it tells only what it uses itself, as two
	 * that prefer each other's way would send packets to and fro. ROUTING_ALWAYS: nobody need tell. */
	size_t told_by;
	struct routing_gate *gates;
	size_t n_gates;
};

/** A table that is written to: for each prefix the best of the offers, or all that are equally good. */
struct routing_site {
	size_t table_ns; /* place in tables */
	uint32_t table;
	uint8_t protocol;
	bool ecmp;
	struct routing_offer *offers;
	size_t n_offers;
};

struct routing_config {
	struct routing_table *tables;
	size_t n_tables;
	struct routing_monitor *monitors;
	size_t n_monitors;
	struct routing_source *sources;
	size_t n_sources;
	struct routing_site *sites;
	size_t n_sites;
	int state; /* descriptor of the memory */
};

/**
 * Reads
 *   {"tables": [{"ns", "socket"}...],
 *    "state": SOCKET,
 *    "monitors": [{"name", "socket", "target", "interval_ms", "losses"}...],
 *    "sources": [{"name", "prefixes": [PREFIX...], "monitor"?,
 *                 "learn"?: {"ns", "table", "protocol", "limit"}}...],
 *    "sites": [{"ns", "table", "protocol", "ecmp"?, "offers":
 *               [{"source", "dev", "via"?, "onlink"?, "rank"?,
 *                 "told_by"?: {"ns", "table"}, "gates"?: [[{"deny"?, "preference"?, "prefixes"?, "include"?}...]...]}...]}...],
 *    "sockets": [{"name"}...]}
 * Everything of it lives in the arena. NULL with *err where the text is not that.
 */
struct routing_config *routing_config_read(struct arena *a, const char *text, size_t len,
					   struct lab_error **err);
