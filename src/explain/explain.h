// SPDX-License-Identifier: GPL-2.0-only
/**
 * One request, walked as the lab would: names, packets there and back, the gateway's decisions, its backend.
 *
 * Pure: what workers would answer is read from their configuration in the plan, by their own code where the
 * decision is not a line or two (gateway/route.h, service/wish.h).
 */
#pragma once

#include "analyse/matrix.h"
#include "base/error.h"
#include "plan/plan.h"

struct strbuf;

struct explain_request {
	const char *from; /* a node */
	const char *to; /* NAME, ADDRESS, either with ":PORT", or "http[s]://HOST[:PORT][/PATH]" */
	const char *method;       /* of a URL; NULL: GET */
	const char *host, *stage; /* headers Host and X-Ca-Stage; NULL: not given */
	bool names_too;           /* legs of names have hops, too */
	const char *app;          /* that signs the request; NULL: none does */
};

/** A place on the way, and what becomes of the packet there. */
struct explain_hop {
	const char *ns, *place, *how;
	const char *in, *out;      /* devices; NULL: it begins or ends here */
	struct plan_origin origin; /* of the route that was taken, or of the place */
	size_t seen_in, seen_out;  /* packets of a probe (explain/observe.h) */
};

/** What lines do to a packet that passes them. */
struct explain_measure {
	uint64_t rate;     /* bit/s of the narrowest place; 0: no limit */
	uint64_t delay_us; /* of all of them; there and back, it is the round trip */
	uint32_t loss_ppm; /* how many of a million are lost on the way */
};
/** What it is like to pass `more`, too. */
void explain_measure_add(struct explain_measure *m, const struct explain_measure *more);

/** One conversation, or the decisions of one program. */
struct explain_leg {
	const char *title;
	enum analyse_verdict verdict;
	const char **notes;
	struct explain_hop *there, *back;
	size_t n_notes, n_there, n_back;
	struct explain_measure is; /* there and back */
	/* its packets */
	uint32_t src, dst;
	enum analyse_protocol protocol;
	uint16_t port;         /* of the destination */
	bool arrives, returns; /* that way is walked to its end */
	bool several;          /* equally good routes: it may go by another way */
	bool watched;          /* seen_in and seen_out of its hops are known */
};

/** What the request begins with, once names are known. */
struct explain_target {
	const char *name; /* that nobody knew; NULL: ip is known, or there is none */
	uint32_t ip;      /* 0: none */
	uint16_t port;    /* 0: it is pinged */
	bool url;
};

/** What may answer instead, by how often was called before, of which nothing is known. */
struct explain_limit {
	const char *code; /* X-Ca-Error-Code */
	const char *says; /* "the limit of once-a-minute is used up" */
};

struct explanation {
	struct arena *arena;
	const char *from, *to;
	struct explain_target target;
	struct explain_leg *legs;
	size_t n_legs;
	enum analyse_verdict verdict;
	const char *answer; /* who answers, or what; NULL: nobody */
	int status;         /* of HTTP; 0: none, or not known */
	const char *code;   /* X-Ca-Error-Code; "": none */
	struct explain_limit *limits;
	size_t n_limits;
	const char *cause;         /* NULL where the verdict is ANALYSE_YES */
	struct plan_origin origin; /* of what stands in the way; at is NULL of a security group */
	struct explain_measure is; /* of all legs but those of names */
};

/** NULL with *err (LAB_USAGE) where the request is not one. Borrows the plan's texts. */
struct explanation *explain_new(const struct analyse *a, const struct explain_request *r,
				struct lab_error **err);
void explain_free(struct explanation *e); /* NULL is fine */

/** For people: every leg with its hops, then the verdict; without the step that would mend it. */
void explain_text(const struct explanation *e, struct strbuf *b);
/** "2 Mbit/s, round trip 30 ms, 5 % of round trips lost"; "" where nothing is limited. */
void explain_figures(const struct explain_measure *m, struct strbuf *b);

static inline void cleanup_explanation(struct explanation **e)
{
	explain_free(*e);
}
#define auto_explanation __attribute__((cleanup(cleanup_explanation)))
