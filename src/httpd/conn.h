// SPDX-License-Identifier: GPL-2.0-only
/** The inside of httpd: what its files share. Not for other layers. */
#pragma once

#include <sys/uio.h>

#include "http/body.h"
#include "httpd/httpd.h"
#include "httpd/secured.h"

#define CONN_BUFFER   16384u /* twice a head: one being answered, one arriving */
#define CONN_GO_ON    25u    /* bytes of "HTTP/1.1 100 Continue", line ends included */
#define CONN_PROGRESS 512u   /* bytes per stall_ms that keep a connection alive */

/* One request and its answer. Kept on a free list with its arena. */
struct exchange {
	struct httpd_request r; /* first: handlers give it back to us */
	struct conn *conn;
	struct exchange *next_free;
	struct http_head head;
	struct http_body decoder;
	char *body;
	size_t body_len, body_room;
	struct iovec out[2]; /* head and body of the answer, what is still to be written */
	void *free_body;
	char *more; /* of a stream: what follows `out` */
	size_t more_len, more_room;
	size_t go_on; /* bytes of "100 Continue" that are still to be written, before the answer */
	bool close, answered, refused, streams;
};

enum conn_state {
	CONN_HANDSHAKE, /* before any request of a secure connection; idle until its first byte */
	CONN_IDLE,      /* nothing of the next request yet */
	CONN_HEAD,      /* part of a head */
	CONN_BODY,      /* head complete */
	CONN_WAIT,      /* the handler is at work */
	CONN_WRITE,     /* the answer is going out */
	CONN_STREAM,    /* all of it that there is is out, more will come */
	CONN_ACK,       /* the client sends no more: has it received the answer? */
	CONN_LINGER,    /* answered early: reading on so that the client can read the answer */
	CONN_DEAD,      /* to be freed by conn_advance() */
};

struct conn {
	struct loop_io io;
	struct loop_timer timer;
	struct loop_later write; /* of an answer that was not given at once */
	struct httpd *server;
	struct conn *prev, *next; /* of the list of its kind: idle or busy */
	void *listener;
	struct secured secured;
	struct exchange *x; /* NULL while idle */
	char *in;           /* CONN_BUFFER bytes, only while something is in it */
	size_t in_start, in_end;
	struct sockaddr_in client;
	uint64_t progress; /* bytes moved since the timer was set */
	uint64_t acked;    /* what the peer had acknowledged then */
	uint64_t linger_due;
	enum conn_state state;
	bool can_read, can_write, hangup, advancing, idle_listed;
	unsigned int turns, ack_tries;
};

struct conn_list {
	struct conn *first, *last;
};

struct listener;

struct httpd {
	struct loop *loop;
	struct httpd_options options;
	struct httpd_handler handler;
	struct listener *listeners;
	struct conn_list idle, busy; /* idle: longest first */
	size_t n_conns, body_total;
	struct exchange *free_exchanges;
	char *free_buffers; /* each begins with the pointer to the next */
	size_t n_free_exchanges, n_free_buffers;
	bool stopping;
	struct loop_timer grace;
	void (*stopped)(void *arg);
	void *stopped_arg;
	uint64_t date_at;
	char date[32];
};

/** Takes an accepted socket over. */
void conn_open(struct httpd *s, int fd, const struct sockaddr_in *client, void *listener,
	       const struct httpd_security *security);
/** Closes whatever it is doing; tells the handler; frees. */
void conn_close(struct conn *c);
/** An idle one: gives it drain_ms for a last request. */
void conn_drain(struct conn *c);
/** Whether nobody waits for an answer any more, as far as the options allow to say. */
bool conn_has_left(const struct conn *c);
/** Does all that can be done without waiting; may free the connection. */
void conn_advance(struct conn *c);

/** Enters a state: its deadline begins. */
void conn_set_state(struct conn *c, enum conn_state state);

/* conn_secure.c */
/** One step of the handshake, as those below. */
bool conn_step_handshake(struct conn *c);
/** As shutdown(2) of the connection. */
void conn_end(struct conn *c);

/* conn_read.c */
enum got { GOT_BYTES, GOT_NOTHING, GOT_EOF };

/**
 * More bytes behind in_end. The head of the current request must not move, so nothing is moved.
 */
enum got conn_fill(struct conn *c);
/** Bytes that nobody wants; the buffer, in which a request may still lie, is left alone. */
enum got conn_discard(struct conn *c);
/** Gives the buffer back where nothing is in it. */
void conn_drop_empty_buffer(struct conn *c);
/** One step each; false where it needs bytes that have not arrived yet. */
bool conn_step_idle(struct conn *c);
bool conn_step_head(struct conn *c);
bool conn_step_body(struct conn *c);

/* answer.c */
/** "100 Continue", or what is left of it; as conn_write(), which sees to it, too. */
int conn_write_go_on(struct conn *c);
/** Writes what is left of the answer. 1: all written, 0: the socket is full, -1: it is broken. */
int conn_write(struct conn *c);
/** Makes what follows of a stream the next to be written. False: nothing follows. */
bool conn_take_more(struct exchange *x);
/** Has the handler (or our default) answer a request that is refused. */
void conn_refuse(struct conn *c, int status, const char *why);

/* server.c */
struct exchange *httpd_take_exchange(struct httpd *s);
void httpd_give_exchange(struct httpd *s, struct exchange *x);
char *httpd_take_buffer(struct httpd *s);
void httpd_give_buffer(struct httpd *s, char *buffer);
const char *httpd_date(struct httpd *s);
/** A connection is gone: accepting may go on, or the server has come to its end. */
void httpd_conn_gone(struct httpd *s);
void conn_list_add(struct conn_list *l, struct conn *c);
void conn_list_remove(struct conn_list *l, struct conn *c);
