// SPDX-License-Identifier: GPL-2.0-only
/** The inside of the gateway: one call on its way through. Not for other layers. */
#pragma once

#include "base/strbuf.h"
#include "gateway/config.h"
#include "gateway/error.h"
#include "gateway/event.h"
#include "gateway/gateway.h"
#include "gateway/mapping.h"
#include "gateway/metrics.h"
#include "gateway/route.h"
#include "gateway/set.h"
#include "httpd/httpd.h"
#include "httpd/upstream.h"

#define GATEWAY_ID_LEN      36
#define GATEWAY_CACHE_LIMIT (1u << 20) /* of answers: 1 MB for each user and region */

/* See access_log.c. */
struct gateway_log {
	struct strbuf lines; /* not yet written */
	struct loop_timer timer;
	uint64_t written; /* loop_now() of the last write */
	time_t second;    /* of which is text */
	char text[64];
};

struct gateway {
	struct loop *loop;
	const struct gateway_config *config;
	const struct gateway_routes *routes;
	struct httpd *httpd;
	const struct httpd_security *security; /* of listeners for HTTPS */
	struct upstream *upstream;
	struct gateway_metrics *metrics;
	struct gateway_log log;
	struct strbuf text; /* that a call should have signed; of no meaning between calls */
	unsigned char random[4096]; /* for request ids: one system call for many */
	size_t random_left;
	int log_fd; /* -1: nobody reads it */
	struct gateway_cache *cache;
	struct gateway_quota *quota; /* NULL: nothing is counted */
};

/** Whether a circuit breaker waits for how the call ends, and whether that decides if it is closed again. */
enum gateway_call_breaker { GATEWAY_CALL_UNWATCHED, GATEWAY_CALL_WATCHED, GATEWAY_CALL_PROBE };

/* Lives in the request's arena. */
struct gateway_call {
	struct gateway *gateway;
	struct httpd_request *r;
	char id[GATEWAY_ID_LEN + 1];
	char client_ip[16];
	struct timespec began;    /* wall clock */
	uint64_t began_at;        /* the same moment, as those below: loop_now() */
	uint64_t began_us;        /* and by clock_us(): calls are shorter than a millisecond */
	struct http_slice path;   /* normalised; as sent where that failed */
	struct http_slice domain; /* Host without its port */
	const struct gateway_domain *matched_domain;
	const struct gateway_group *group;
	const struct gateway_api *api;
	int stage;                     /* of the group, or -1 */
	const struct gateway_app *app; /* that calls; NULL: not known */
	struct gateway_match match;
	const struct gateway_backend
		*backend;               /* the API's, or what a plug-in has put in its place */
	const struct gateway_set *sets; /* the newest first */
	/* plug-ins */
	bool has_token;              /* a good one, that the backend sees */
	struct http_slice cache_key; /* n 0: the answer is not kept */
	struct http_slice
		code_as; /* the parameter of the query that its AppCode stands in; n 0: in none */
	enum gateway_call_breaker breaker;
	struct gateway_mapped out; /* what the backend gets */
	/* the outcome */
	enum gateway_error error;
	const char *message; /* "" while there is no error */
	int status;
	/* the backend */
	struct upstream_call *upstream; /* NULL where none is under way */
	uint64_t backend_began, backend_ended;
	struct upstream_times backend_times;
	uint64_t answered_at; /* 0: it was not */
	void (*answered)(struct gateway_call *c, struct upstream_call *call,
			 const struct upstream_result *result); /* whole, for UPSTREAM_OK */
	enum gateway_error invalid; /* says that there was no sound answer */
	struct strbuf head, event;
	/* either of them holds the body that is being sent */
	json_t *answer;
	struct upstream_body body;
};

/** The call came to a public domain. */
bool gateway_is_public(const struct gateway_call *c);
/** A browser asks whether a page of another origin may call. */
bool gateway_is_preflight(const struct http_head *h);

/** Answers with the error; `about` fills the %s of its message. */
void gateway_answer_error(struct gateway_call *c, enum gateway_error e, const char *about);

/**
 * Answers with a backend's answer, and what the gateway adds to it. -1: it cannot be sent.
 */
int gateway_answer_backend(struct gateway_call *c, const struct httpd_answer *answer);

/** invoke.c: has a function compute the answer. */
void gateway_invoke(struct gateway_call *c);

/** invoke.c: whether that is no answer of the function but says what went wrong; then it has been answered. */
bool gateway_invoke_failed(struct gateway_call *c, const struct http_head *answer);

/** proxy.c: has an HTTP backend answer, or a function with an HTTP trigger. */
void gateway_proxy(struct gateway_call *c);

/** proxy.c: whether that header of the client goes on to an HTTP backend. */
bool gateway_proxy_passes(const struct gateway_call *c, struct http_slice name);

/**
 * backend.c: calls the API's backend at its address. The request holds what goes out; the rest of it
 * is filled in here. Then comes c->answered, or the error is answered.
 */
void gateway_backend_start(struct gateway_call *c, struct upstream_request *request);

/** access_log.c: false for /dev/null. */
bool gateway_log_wanted(int fd);

/** access_log.c: the line of a call that is over. It may wait for gateway_log_flush() a moment. */
void gateway_log_call(struct gateway_call *c);
