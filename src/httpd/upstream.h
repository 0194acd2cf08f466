// SPDX-License-Identifier: GPL-2.0-only
/**
 * The client side: calls to backends over pooled keep-alive connections (per backend, device,
 * source address and security, the one used last first). The caller writes the request head with http/write.h.
 *
 * A connection is used again only after a complete answer to a completely sent request, with no
 * byte left over. A pooled connection that turns out to be dead before a byte of the answer is
 * replaced once by a new one, where nothing of the request was sent or the request is idempotent.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "http/head.h"
#include "httpd/security.h"

struct upstream;
struct upstream_call;

enum upstream_outcome {
	UPSTREAM_OK,        /* head and body are whole */
	UPSTREAM_CONNECT,   /* no connection: errnum says why, ETIMEDOUT for the deadline */
	UPSTREAM_SECURITY,  /* connected, but its security's handshake failed: errnum as above */
	UPSTREAM_TIMEOUT,   /* connected, but no whole answer in time */
	UPSTREAM_CLOSED,    /* reset or closed before the answer was whole */
	UPSTREAM_MALFORMED, /* not HTTP as we accept it, or 101 */
	UPSTREAM_TOO_LARGE, /* the body exceeds max_body */
	UPSTREAM_BUSY,      /* the bodies of all answers together exceed options.body_total */
};

/* The body of an answer, on the heap. */
struct upstream_body {
	char *p;
	size_t n, room; /* room counts against options.body_total */
};

struct upstream_result {
	enum upstream_outcome outcome;
	int errnum;      /* UPSTREAM_CONNECT, _SECURITY, _CLOSED: of the system call, or 0 */
	const char *why; /* a string literal for logs, never NULL */
	/* UPSTREAM_OK only; valid while done() runs */
	const struct http_head *head;
	struct http_slice body;
};

/* What it points to is borrowed until done or upstream_cancel(). */
struct upstream_request {
	struct sockaddr_in peer;
	struct sockaddr_in source; /* where to connect from; sin_family 0: the kernel chooses */
	const char *device;        /* the only one that packets take (SO_BINDTODEVICE), or NULL */
	/* between the connection and HTTP, or NULL; borrowed until upstream_free() */
	const struct httpd_security *security;
	/* Gives a non-blocking TCP socket of that network, or -1 with errno; NULL: an ordinary one. */
	int (*socket)(void *arg);
	void *socket_arg;
	uint64_t network;             /* whose number no other one ever had; 0: ours */
	struct http_slice head, body; /* as they go out */
	bool idempotent;
	bool head_request;                 /* the method is HEAD */
	unsigned int connect_ms, total_ms; /* connect_ms: a handshake included */
	size_t max_body;
	void (*done)(struct upstream_call *call, const struct upstream_result *result, void *arg);
	void *arg;
};

/* Zero means the default that stands behind each. */
struct upstream_options {
	unsigned int idle_ms; /* a pooled connection lives: 60 s, less than our own servers' 90 s */
	unsigned int max_idle; /* per backend: 512 */
	size_t body_total;     /* of all answers that are held: 256 MiB */
};

struct upstream *upstream_new(struct loop *loop, const struct upstream_options *options)
	__attribute__((returns_nonnull));
/** Cancels what is under way and closes all. NULL is fine. */
void upstream_free(struct upstream *u);

/** Starts a call. done is called once, never from within; then the call is gone. */
struct upstream_call *upstream_start(struct upstream *u, const struct upstream_request *request)
	__attribute__((returns_nonnull));

/** Ends a call without done; its connection is closed. Not from within done. */
void upstream_cancel(struct upstream_call *call);

/* By loop_now(): when the request was out, and the answer began to come; 0: never. */
struct upstream_times {
	uint64_t sent, answering;
};

/** From within done. */
struct upstream_times upstream_times_of(const struct upstream_call *call);

/** Takes the body of an answer over, for upstream_body_done(). From within done, once, after OK. */
struct upstream_body upstream_take_body(struct upstream_call *call);
/** Frees a body; an empty one is fine. */
void upstream_body_done(struct upstream *u, struct upstream_body *b);

/* What there is of one backend, for whoever watches. */
struct upstream_pool {
	struct sockaddr_in peer;
	const char *device;        /* "": any */
	const char *secured;       /* name of the security; "": none */
	unsigned int idle;         /* connections, now */
	uint64_t connects, reuses; /* connections that were begun, calls that took a pooled one */
};

/** Calls fn for each backend that was ever called. */
void upstream_pools(const struct upstream *u,
		    void (*fn)(const struct upstream_pool *pool, void *arg), void *arg);

/** Forgets a network that is gone: its backends, with their pooled connections. No call to it may be under way. */
void upstream_forget(struct upstream *u, uint64_t network);

/** Closes the pooled connections that nobody uses now. */
void upstream_drop_idle(struct upstream *u);
