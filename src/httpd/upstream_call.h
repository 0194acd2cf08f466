// SPDX-License-Identifier: GPL-2.0-only
/** The inside of upstream: calls and the pool they draw from. Not for other layers. */
#pragma once

#include "http/body.h"
#include "httpd/secured.h"
#include "httpd/upstream.h"

#define UPSTREAM_BUFFER 20480u /* a head and 16 KiB of body: what most servers send at once */

/* One connection to a backend: in the pool, or of a call. */
struct upstream_conn {
	struct loop_io io;
	struct loop_timer timer; /* while pooled */
	struct upstream *upstream;
	struct backend *backend;
	struct upstream_conn *prev, *next; /* while pooled: the newest first */
	struct upstream_call *call;        /* NULL while pooled */
	struct secured secured;
};

struct upstream_call {
	struct loop_timer timer; /* which the loop may know even while the call is free */
	struct upstream_request request;
	struct upstream *upstream;
	struct upstream_call *prev, *next; /* all calls; next also on the free list */
	struct upstream_conn *conn;
	struct loop_later send;
	struct iovec parts[LOOP_PARTS]; /* of the request, what is still to be sent */
	uint64_t due;                   /* of the whole call */
	struct upstream_times times;
	size_t sent; /* of head and body together */
	bool connecting, shaking_hands, reused, retried, can_read, can_write, write_failed, hangup,
		head_done;
	int errnum;           /* of a connect that failed at once */
	unsigned int interim; /* 1xx answers so far */
	size_t in_len;
	uint64_t received;
	struct upstream_body body;
	struct http_body decoder;
	struct http_head head;
	char in[UPSTREAM_BUFFER];
};

/* upstream.c: the pool */

/** A pooled connection to where the call wants to go, or NULL. */
struct upstream_conn *pool_take(struct upstream_call *call);
/** A new one, connecting; NULL with errno. */
struct upstream_conn *pool_connect(struct upstream_call *call);
void pool_give(struct upstream_conn *conn);
/** Whether, where nothing was asked, it is closed or has bytes that nobody asked for. */
bool pool_is_spoilt(const struct upstream_conn *conn, uint32_t events);
void pool_close(struct upstream_conn *conn);
void pool_free_call(struct upstream_call *call);
/** Room for a body of at least n bytes; false where all bodies together would take too much. */
bool pool_reserve(struct upstream_call *call, size_t n);
/** Room for just that many. */
bool pool_reserve_exactly(struct upstream_call *call, size_t room);
struct loop *pool_loop(struct upstream *u);

/* upstream_secure.c */

/** Goes on with the handshake, which the first call begins: 0, or -1 with errno. */
int secure_handshake(struct upstream_conn *conn);
/** Whether there is nothing to read: a session has to be asked, for it may keep what the socket gave it. */
bool secure_is_dry(const struct upstream_conn *conn);

/* upstream_call.c */
void call_begin(struct upstream_call *call, bool fresh);
void call_event(struct upstream_call *call, uint32_t events);
