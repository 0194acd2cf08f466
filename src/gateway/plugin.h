// SPDX-License-Identifier: GPL-2.0-only
/**
 * Plug-ins that are bound to an API in a stage, each as the vendor documents it, each a file plugin_KIND.c: how it is
 * read from the configuration, and what it does with a call at up to five places. An API that has none pays for one
 * comparison at each.
 */
#pragma once

#include <jansson.h>

#include "gateway/config.h"
#include "gateway/error.h"
#include "gateway/set.h"
#include "httpd/httpd.h"

#define GATEWAY_REPLY_MORE 12 /* headers that are added to those of a backend */

struct config_reader;
struct gateway_call;

/** An answer on its way to the client. */
struct gateway_reply {
	struct httpd_answer answer; /* its headers are these: */
	struct http_header
		*headers; /* at most HTTP_MAX_HEADERS of a backend, and GATEWAY_REPLY_MORE */
	size_t n_headers;
};

void gateway_reply_add(struct gateway_reply *r, const char *name, struct http_slice value);
/** Drops all headers of that name. */
void gateway_reply_drop(struct gateway_reply *r, const char *name);

/** A request on its way to an HTTP backend; path and query as they go out. */
struct gateway_outgoing {
	struct http_slice method, path, query;
};

/** What is known of a call that is only thought of. */
struct gateway_thought {
	struct arena *a;
	uint32_t client;
	bool asked;                    /* who calls; else that comes yet */
	const struct gateway_app *app; /* NULL: not known */
	const struct gateway_api *api;
	bool secure;                /* over HTTPS */
	const char *domain, *stage; /* domain: Host without its port */
	struct http_slice method, query;
	const struct http_slice *params;       /* of the path, as of gateway_match */
	const struct gateway_backend *backend; /* that it will get to */
	enum gateway_error refused;            /* GATEWAY_OK: it is not */
	const char *perhaps; /* NULL; why it is not known which backend it gets to */
};

struct gateway_plugin_ops {
	const char *name; /* "ipControl" */
	/* The rest of plugins[i], beside name and kind; sets p->own. */
	int (*read)(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p);
	/* Each but explain may be NULL. False: it has been answered. Before it is asked who calls: */
	bool (*early)(struct gateway_call *c, const struct gateway_plugin *p);
	/* afterwards, before its parameters are checked: */
	bool (*before)(struct gateway_call *c, const struct gateway_plugin *p);
	/* and then, before the backend is called: */
	bool (*late)(struct gateway_call *c, const struct gateway_plugin *p);
	/* when a request is about to be sent to an HTTP backend; c->sets may be added to: */
	bool (*request)(struct gateway_call *c, const struct gateway_plugin *p,
			const struct gateway_outgoing *out);
	/* An answer, or an error (c->error), is about to be sent. */
	void (*after)(struct gateway_call *c, const struct gateway_plugin *p,
		      struct gateway_reply *reply);
	/* What it would do, in a sentence; NULL: nothing. Asked twice, before and after t->asked is true. */
	const char *(*explain)(const struct gateway_plugin *p, struct gateway_thought *t);
};

/** In the order of enum gateway_plugin_kind, which is that in which they act. */
extern const struct gateway_plugin_ops gateway_plugin_cors, gateway_plugin_ip_control,
	gateway_plugin_basic_auth, gateway_plugin_jwt_auth, gateway_plugin_traffic_control,
	gateway_plugin_routing, gateway_plugin_caching, gateway_plugin_circuit_breaker,
	gateway_plugin_backend_signature;

/** NULL: there is no such kind. */
const struct gateway_plugin_ops *gateway_plugin_ops(const char *name,
						    enum gateway_plugin_kind *kind);

/** Of that kind, bound to the API in the stage; NULL: none. */
const struct gateway_plugin *gateway_plugin_of(const struct gateway_api *api, int stage,
					       enum gateway_plugin_kind kind);

/** Counters of a plug-in are kept by this: the plug-in, the API and the stage of the call. */
uint64_t gateway_plugin_hash(const struct gateway_call *c, const struct gateway_plugin *p,
			     uint64_t seed);

/** gateway_set_add() for the call; false where that had no room, and the call was answered. */
bool gateway_plugin_set(struct gateway_call *c, enum gateway_place place, const char *name,
			const char *value);

/**
 * plugin_circuit_breaker.c: the circuit of the call's API and stage, by the plug-in that is bound or by the vendor's
 * default (1,000 timeouts within 30 s, open for 90 s). False where it is not closed, and the call was answered; an API
 * whose backend has not failed within the last minutes pays for a hash of its stage and one look into memory.
 */
bool gateway_circuit_enter(struct gateway_call *c);
/** An answer, or an error (c->error), is about to be sent; the call is over, answered or not. */
void gateway_circuit_after(struct gateway_call *c);
void gateway_circuit_end(struct gateway_call *c);

/** Steps of the chain: false where the call was answered. */
bool gateway_plugins_early(struct gateway_call *c);
bool gateway_plugins_before(struct gateway_call *c);
bool gateway_plugins_late(struct gateway_call *c);
bool gateway_plugins_request(struct gateway_call *c, const struct gateway_outgoing *out);
/** From the last to the first. */
void gateway_plugins_after(struct gateway_call *c, struct gateway_reply *reply);
