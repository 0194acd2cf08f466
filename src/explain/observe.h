// SPDX-License-Identifier: GPL-2.0-only
/**
 * An explanation held against packets: what was seen of a probe at the interfaces of every hop, and what its sender
 * got, beside what was predicted. Pure: somebody else listens and sends (cli/probe.c).
 */
#pragma once

#include "explain/explain.h"

/** One packet at one interface. */
struct explain_sighting {
	const char *ns, *dev;
	uint32_t from, to;
};

/** What the sender got. */
struct explain_observed {
	bool answered;    /* a ping's echo, a connection, an address, or any status of HTTP */
	int status;       /* of HTTP; 0: none */
	const char *code; /* X-Ca-Error-Code; NULL: none */
	bool connected;   /* of HTTP: what is sent behind that got as far as its connection */
	bool complete;    /* no packet escaped who listened */
};

struct explain_verdict {
	bool known;  /* something was predicted at all */
	bool agrees; /* nothing was predicted that is otherwise */
	const char
		*limit; /* what answered instead, as was said to be possible; NULL: nothing did */
	/* Of a disagreement, where it is known: the hop at which packets do otherwise, and how. */
	const struct explain_leg *leg;
	const struct explain_hop *hop;
	const char *how; /* NULL: no hop does */
};

/** "icmp and host A and host B or ...": all that legs send; "" where none does. */
void explain_filter(const struct explanation *e, struct strbuf *b);
/** Counts each sighting at the hops that it belongs to; legs that have hops are watched from now on. */
void explain_see(struct explanation *e, const struct explain_sighting *all, size_t n);
/** Texts live as long as the explanation. */
struct explain_verdict explain_compare(const struct explanation *e,
				       const struct explain_observed *observed);
