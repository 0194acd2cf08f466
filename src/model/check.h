// SPDX-License-Identifier: GPL-2.0-only
/** Checks and steps. */
#pragma once

#include "model/types.h"

/* --- checks: what must be true, at the end or after a step --- */

enum check_kind { CHECK_HTTP, CHECK_PING, CHECK_DNS, CHECK_TCP, CHECK_ROUTE, CHECK_OUTAGE };

/** What a check looks for; which fields apply depends on its kind. set/NULL tell what was written. */
struct check_expect {
	struct span at;
	struct number status;             /* http: status code */
	struct text error_code;           /* http: X-Ca-Error-Code, "" for none */
	struct text body;                 /* http: a substring of the body */
	struct text header;               /* http: "Name: value" or "Name" */
	struct number bytes;              /* http: body size */
	struct number min_time, max_time; /* http: us from start to last byte */
	struct number rate;               /* http: at most this many bit/s of body */
	struct number rtt;                /* ping: us, within 20 % or 1 ms */
	struct text answer;               /* dns: an address, NXDOMAIN, NODATA */
	struct text connect;              /* tcp: open, refused, timeout */
	bool timeout;                     /* http, ping: nothing answers within `for` */
	bool timeout_set;
	struct text origin;       /* route: system, custom, cen, circuit, bgp, tracked, none */
	struct number max_outage; /* outage: us without an answer after the cut, at most */
	struct number min_outage; /* outage: us, at least */
};

struct check {
	struct span at;
	struct text id;    /* default "http-1" ... by kind and place */
	struct text title; /* default made from the check */
	struct ref from;   /* any node; for a route check (key `in`): a VPC, VBR or data centre */
	struct ref cut;    /* outage: the physical connection that is cut meanwhile */
	enum check_kind kind;
	struct text
		target; /* http: "GET URL"; ping, dns, outage: address or name; tcp: "ip:port"; route: CIDR */
	struct ref app;       /* http: struct app that signs the request */
	struct text *headers; /* http: request headers, "Name: value" */
	size_t n_headers;
	struct number body_size; /* http: bytes of request body */
	struct number
		wait; /* us: how long a failing probe is repeated; default 5 s (key `within`) */
	struct number
		duration; /* us: how long silence must last for `timeout`; default 3 s (key `for`) */
	struct check_expect expect;
};

/** "What if you forget this": the lab after a step, with something else in it. */
struct exercise {
	struct named id;    /* unique in its step; "STEP/EXERCISE" is the state of the lab */
	struct text title;  /* the question */
	struct text text;   /* Markdown */
	struct text answer; /* Markdown: what is seen, and why */
	struct text
		refused; /* id of the diagnostic by which the cloud refuses it; NULL: it comes up */
	struct text *hints;
	size_t n_hints;
	struct check *checks; /* prove the answer */
	size_t n_checks;
};

struct step {
	struct named id;    /* key `id` of the list item */
	struct text title;  /* the document's words */
	struct text text;   /* Markdown */
	struct text *tries; /* key `try`: commands and sentences */
	size_t n_tries;
	struct text *hints; /* from vague to plain */
	size_t n_hints;
	struct check *checks;
	size_t n_checks;
	struct exercise *exercises;
	size_t n_exercises;
};
