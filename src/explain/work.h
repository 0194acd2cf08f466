// SPDX-License-Identifier: GPL-2.0-only
/** What the files of this layer share. */
#pragma once

#include "analyse/net.h"
#include "explain/explain.h"

struct explain_work {
	const struct analyse *a;
	const struct explain_request *request;
	struct explanation *e;
	uint32_t client;                 /* address that the last connection came from */
	const struct analyse_trip *lost; /* the last question for a name that did not arrive */
};

/** A new leg, whose title is given; stale after the next one. Its verdict is ANALYSE_YES at first. */
struct explain_leg *explain_leg_add(struct explain_work *k, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void explain_note(struct explain_work *k, struct explain_leg *leg, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Ends the explanation: the leg fails, for that reason. */
void explain_stop(struct explain_work *k, struct explain_leg *leg, enum analyse_verdict verdict,
		  struct plan_origin origin, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** Walks there and back (way.c) and describes it. to: as of analyse_walk(). */
void explain_way(struct explain_work *k, struct explain_leg *leg, const struct analyse_packet *p,
		 const char *to, struct analyse_trip *trip);
/** The trip's hops, as those of the leg. */
void explain_hops(struct explain_work *k, struct explain_leg *leg, const struct analyse_packet *p,
		  const struct analyse_trip *trip);
/** Says why the trip failed, as the explanation's cause. */
void explain_stop_trip(struct explain_work *k, struct explain_leg *leg,
		       const struct analyse_trip *trip);
const char *explain_end_of(const struct analyse_trip *trip); /* where it was delivered */

/** The worker that has that socket; NULL: nobody listens there. *socket may be NULL. */
const struct plan_worker *explain_listener(const struct plan *p, const char *ns,
					   enum plan_socket_type type, uint32_t ip, uint16_t port,
					   const struct plan_socket **socket);

enum explain_lookup { EXPLAIN_FOUND, EXPLAIN_NXDOMAIN, EXPLAIN_NODATA, EXPLAIN_NO_ANSWER };

/** What the node's resolvers say of the name (name.c); a leg, and the cause where it is not found. */
enum explain_lookup explain_name(struct explain_work *k, const char *name, uint32_t *ip);

/** An HTTP request, whose connection stands. */
struct explain_http {
	const char *host, *path; /* of the URL */
	const char *query;       /* of it, without the '?'; NULL: none */
	uint32_t ip;             /* that it goes to */
	uint16_t port;
	bool secure; /* https */
};
/** What answers it at that worker (call.c). */
void explain_call(struct explain_work *k, const struct plan_worker *w,
		  const struct explain_http *http);
/** A TCP connection: its leg, and the worker that accepts it; NULL: it fails, and that is the cause. */
const struct plan_worker *explain_connect(struct explain_work *k, struct explain_leg *leg,
					  const struct analyse_packet *p, const char *to);
