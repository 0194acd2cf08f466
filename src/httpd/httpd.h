// SPDX-License-Identifier: GPL-2.0-only
/**
 * An HTTP/1.1 server on one loop: listeners, connections, deadlines, one request at a time per
 * connection (pipelined ones wait and are answered in order).
 *
 *	static void on_request(struct httpd_request *r, void *arg)
 *	{
 *		struct http_header type = {http_slice("Content-Type"), http_slice("text/plain")};
 *
 *		// now, or later from another callback of the loop:
 *		httpd_respond(r, &(struct httpd_answer){.status = 200, .headers = &type,
 *				.n_headers = 1, .body = http_slice("hello\n")});
 *	}
 *
 *	struct httpd *s = httpd_new(loop, &(struct httpd_options){.body_limit = 1 << 20},
 *			&(struct httpd_handler){.on_request = on_request});
 *	httpd_listen(s, listening_fd, &err);
 *	loop_run(loop);
 *
 * A request lives from on_request (or on_refuse) until on_end, which is called exactly once; its
 * head, body and arena are valid until then. on_end may come before an answer was given: the client
 * left. It never comes from within httpd_respond(): what is answered later than by on_request itself is
 * written at the end of the loop's turn, with the others' answers.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/loop.h"
#include "http/head.h"
#include "httpd/security.h"

struct httpd;

struct httpd_request {
	const struct http_head *head; /* after on_refuse parts of it may be empty */
	struct http_slice body;       /* whole, decoded; empty where there is none */
	struct arena *arena; /* at most options.arena_cap bytes, then arena_alloc gives NULL */
	struct sockaddr_in client;    /* family AF_UNSPEC where the client has no IPv4 address */
	void *listener;               /* what httpd_listen() was given */
	bool secure;                  /* of a listener with a security */
	uint64_t started;             /* loop_now() at the first byte of the head */
	uint64_t bytes_in, bytes_out; /* heads included; of a secure one without what that adds */
	void *user;                   /* the handler's own; NULL at first */
};

/* What Content-Length says in an answer to HEAD. */
enum httpd_length {
	HTTPD_LENGTH_OF_BODY,
	HTTPD_LENGTH_GIVEN, /* the body is not at hand: head_length */
	HTTPD_LENGTH_UNKNOWN,
};

struct httpd_answer {
	int status; /* 200-599 */
	/* Copied. Framing, Connection and Date are added; the handler gives none of these. */
	const struct http_header *headers;
	size_t n_headers;
	/* Borrowed until on_end, or owned: free_body goes to free() when the answer is over. For an
	 * answer to HEAD the length is sent and the body is not. */
	struct http_slice body;
	void *free_body;
	enum httpd_length length; /* only for HEAD; other answers have the length of their body */
	uint64_t head_length;
	bool close; /* the connection ends after this answer */
	/* The body is only how it begins: more follows by httpd_stream_send(), until httpd_stream_end().
	 * Without a length, so the connection ends with it. Not for HEAD. */
	bool stream;
};

struct httpd_handler {
	/* The whole request is there. */
	void (*on_request)(struct httpd_request *r, void *arg);
	/* The request was refused (malformed, too large, too slow): answer at once in your style; the
	 * connection closes behind it. NULL: an empty answer with that status. */
	void (*on_refuse)(struct httpd_request *r, int status, const char *why, void *arg);
	/* The last word on a request. sent: the answer went out whole. NULL is fine. */
	void (*on_end)(struct httpd_request *r, bool sent, void *arg);
	void *arg;
};

/*
 * A client sends no more. TCP cannot tell one that still reads from one that closed, so that it will get a reset
 * for whatever is sent to it.
 */
enum httpd_half_close {
	HTTPD_READS_ON, /* it gets its answers */
	HTTPD_WAITS_NO_MORE, /* it gets what the handler has at once; a request that takes longer ends: as nginx does */
	HTTPD_HAS_LEFT, /* its requests end, and none is begun */
};

/* Zero means the default that stands behind each. */
struct httpd_options {
	size_t body_limit;            /* of one request; 0: no body at all. Beyond: 413 */
	size_t body_total;            /* of all requests together: 256 MiB. Beyond: 503 */
	size_t arena_cap;             /* of one request: 1 MiB */
	unsigned int max_connections; /* 65536; then idle ones are closed, else accepting pauses */
	unsigned int handshake_ms;    /* secure: to the first byte, and from there: 10 s */
	unsigned int head_ms;         /* from the first byte of a head to its last: 10 s */
	unsigned int idle_ms;         /* between requests: 90 s */
	unsigned int stall_ms;        /* in which a body or an answer moves 512 bytes: 30 s */
	unsigned int linger_ms;       /* reading on behind an early answer: 10 s */
	unsigned int drain_ms;        /* for a last request after httpd_stop(): 200 ms */
	enum httpd_half_close half_close; /* HTTPD_READS_ON */
};

struct httpd *httpd_new(struct loop *loop, const struct httpd_options *options,
			const struct httpd_handler *handler) __attribute__((returns_nonnull));

/** Closes everything at once; on_end is called for what was being answered. NULL is fine. */
void httpd_free(struct httpd *s);

/**
 * Accepts on a listening socket, which is borrowed and set non-blocking. `tag` is given to requests
 * as r->listener.
 */
int httpd_listen(struct httpd *s, int fd, void *tag, struct lab_error **err);

/** The same, with a security, which is borrowed, between its connections and HTTP. */
int httpd_listen_secure(struct httpd *s, int fd, void *tag, const struct httpd_security *security,
			struct lab_error **err);

/**
 * Answers. 0; or -1 where a header is malformed or the arena is full: nothing was sent, answer
 * again with less. free_body is taken in both cases.
 */
int httpd_respond(struct httpd_request *r, const struct httpd_answer *answer)
	__attribute__((warn_unused_result));

#define HTTPD_STREAM_MAX (8u << 20) /* bytes that wait for a client */

/**
 * Appends to the body of an answer that was given with `stream`; copied. -1: the client takes it too slowly,
 * and nothing was appended; end it then. on_end may come from within.
 */
int httpd_stream_send(struct httpd_request *r, const char *text, size_t len)
	__attribute__((warn_unused_result));
/** No more follows: the connection is closed behind what waits. */
void httpd_stream_end(struct httpd_request *r);

/**
 * Stops accepting (the listening sockets are left as they are, for a successor that shares them),
 * lets what is under way finish, and calls done(arg) when no connection is left, after grace_ms at
 * the latest. Idle connections are closed after drain_ms, not at once: the next request may be on
 * its way already, and a reset would take its answer from the client. It gets "Connection: close". done may be called from within; it must not call httpd_free().
 * Not to be called from within a handler.
 */
void httpd_stop(struct httpd *s, unsigned int grace_ms, void (*done)(void *arg), void *arg);

/** Connections that are open. */
size_t httpd_connections(const struct httpd *s);
