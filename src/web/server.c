// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request is answered at once (the page itself), or when labctl has answered (all about the lab). One for
 * events gets the snapshot as its first event, and from then on every event: as both come by the one
 * feed, in order, nothing is missed between them and nothing comes twice. A browser that does not keep
 * up is let go of; it comes again, and begins with a snapshot.
 */
#include "web/server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "httpd/httpd.h"
#include "web/contract.h"
#include "web/feed.h"
#include "web/guard.h"
#include "web/route.h"

#define CONNECTIONS  256
#define ASKED_MAX    64    /* requests that wait for labctl */
#define HEARTBEAT_MS 15000 /* proxies and browsers drop what is silent for a minute */

struct client {
	struct client *prev, *next;
	struct httpd_request *r;
	uint64_t id;
	bool wants_events, watches; /* the snapshot is yet to come; it has it */
};

struct web_server {
	struct loop *loop;
	const struct web_config *config;
	struct httpd *httpd;
	struct web_feed feed;
	struct loop_timer heartbeat;
	struct client *clients; /* that wait for labctl, or watch */
	size_t n_clients, n_watching;
	uint64_t last_id;
};

#define HEADER(name, value)                      \
	{                                        \
		{name, sizeof(name) - 1},        \
		{                                \
			value, sizeof(value) - 1 \
		}                                \
	}

/* Of every answer. Scripts and styles are ours alone, and no text becomes markup. */
static const struct http_header common[] = {
	HEADER("Content-Security-Policy",
	       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	       "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	       "require-trusted-types-for 'script'; trusted-types 'none'"),
	HEADER("X-Content-Type-Options", "nosniff"),
	HEADER("X-Frame-Options", "DENY"),
	HEADER("Referrer-Policy", "no-referrer"),
	HEADER("Cross-Origin-Opener-Policy", "same-origin"),
	HEADER("Cross-Origin-Resource-Policy", "same-origin"),
	HEADER("Cache-Control", "no-store"),
};

static void respond(struct httpd_request *r, struct httpd_answer *a, const char *name,
		    const char *value)
{
	struct http_header headers[ARRAY_LEN(common) + 1];

	/* memcpy() would do, but the analyzer of LLVM 14 dies of it */
	for (size_t i = 0; i < ARRAY_LEN(common); i++)
		headers[i] = common[i];
	headers[ARRAY_LEN(common)] = (struct http_header){http_slice(name), http_slice(value)};
	a->headers = headers;
	a->n_headers = ARRAY_LEN(headers);
	if (httpd_respond(r, a) < 0)
		abort(); /* these headers are well-formed, and few */
}

static void respond_text(struct httpd_request *r, int status, const char *text)
{
	respond(r, &(struct httpd_answer){.status = status, .body = http_slice(text)},
		"Content-Type", "text/plain; charset=utf-8");
}

/* --- clients --- */

static void tell_watched(struct web_server *s)
{
	char n[32];

	(void)snprintf(n, sizeof(n), "%zu", s->n_watching); /* fits */
	web_feed_say(&s->feed, "watched", n);
}

static struct client *add_client(struct web_server *s, struct httpd_request *r, bool wants_events)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	*c = (struct client){
		.next = s->clients, .r = r, .id = ++s->last_id, .wants_events = wants_events};
	if (c->next)
		c->next->prev = c;
	s->clients = c;
	s->n_clients++;
	r->user = c;
	return c;
}

static void remove_client(struct web_server *s, struct client *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		s->clients = c->next;
	if (c->next)
		c->next->prev = c->prev;
	s->n_clients--;
	c->r->user = NULL;
	if (c->watches) {
		s->n_watching--;
		tell_watched(s);
	}
	free(c);
}

static struct client *find_client(const struct web_server *s, uint64_t id)
{
	struct client *c = s->clients;

	while (c && c->id != id)
		c = c->next;
	return c;
}

/* --- requests --- */

static void ask(struct web_server *s, struct httpd_request *r, const char *what, bool events)
{
	char head[64];
	struct client *c;

	if (s->n_clients - s->n_watching >= ASKED_MAX) {
		respond_text(r, 503, "too much is being asked at once\n");
		return;
	}
	c = add_client(s, r, events);
	(void)snprintf(head, sizeof(head), "ask %" PRIu64, c->id); /* fits */
	web_feed_say(&s->feed, head, what);
}

static void give_asset(struct httpd_request *r, const struct web_asset *a)
{
	respond(r, &(struct httpd_answer){.status = 200, .body = {(const char *)a->data, a->size}},
		"Content-Type", a->type);
}

/* Whatever gives or does anything needs the token. */
static bool may_ask(const struct web_server *s, struct httpd_request *r)
{
	if (!web_token_fits(r->head, s->config->token)) {
		respond(r,
			&(struct httpd_answer){
				.status = 401,
				.body = http_slice("open the address that labctl printed\n")},
			"WWW-Authenticate", "Bearer realm=\"labctl\"");
		return false;
	}
	if (!web_origin_fits(r->head)) {
		respond_text(r, 403, "this comes from another page\n");
		return false;
	}
	return true;
}

static void run(struct web_server *s, struct httpd_request *r, const char *what)
{
	if (s->config->control)
		ask(s, r, what, false);
	else
		respond_text(r, 403, "this page only shows: labctl web --control\n");
}

static void on_request(struct httpd_request *r, void *arg)
{
	struct web_server *s = arg;
	auto_strbuf struct strbuf what = {0};
	struct web_route route;

	if (!web_host_fits(r->head->host, (const char *const *)s->config->hosts,
			   s->config->n_hosts)) {
		respond_text(r, 421, "this page has another name\n");
		return;
	}
	route = web_route(r->head, &what);
	switch (route.kind) {
	case WEB_ASSET: give_asset(r, route.asset); return;
	case WEB_NOT_FOUND: respond_text(r, 404, "there is no such page\n"); return;
	case WEB_WRONG_METHOD:
		respond(r, &(struct httpd_answer){.status = 405}, "Allow", route.allow);
		return;
	case WEB_BAD_REQUEST:
	case WEB_EVENTS:
	case WEB_ASK:
	case WEB_RUN: break;
	}
	if (!may_ask(s, r))
		return;
	if (route.kind == WEB_BAD_REQUEST)
		respond_text(r, 400, "that is not what can be asked\n");
	else if (route.kind == WEB_RUN)
		run(s, r, strbuf_str(&what));
	else
		ask(s, r, strbuf_str(&what), route.kind == WEB_EVENTS);
}

static void on_refuse(struct httpd_request *r, int status, const char *why, void *arg)
{
	respond_text(r, status, why);
}

static void on_end(struct httpd_request *r, bool sent, void *arg)
{
	if (r->user)
		remove_client(arg, r->user);
}

/* --- lines of labctl --- */

static void begin_events(struct web_server *s, struct client *c, const char *snapshot)
{
	struct strbuf text = {0};
	struct httpd_answer a = {.status = 200, .stream = true};

	strbuf_add(&text, "retry: 1000\nevent: snapshot\ndata: ");
	strbuf_add(&text, snapshot);
	strbuf_add(&text, "\n\n");
	a.body.n = text.len;
	a.body.p = a.free_body = strbuf_take(&text);
	c->watches = true;
	s->n_watching++;
	tell_watched(s);
	respond(c->r, &a, "Content-Type", "text/event-stream");
}

static void give_answer(struct web_server *s, struct client *c, int status, const char *json)
{
	struct httpd_answer a = {.status = status};

	if (c->wants_events && status == 200) {
		begin_events(s, c, json);
		return;
	}
	a.body.n = strlen(json);
	a.body.p = a.free_body = strdup(json);
	if (!a.body.p)
		abort();
	respond(c->r, &a, "Content-Type", "application/json");
}

/* "ID STATUS JSON"; a client that left meanwhile is not missed. */
static void take_answer(struct web_server *s, const char *line)
{
	uint64_t id;
	int status, at = 0;
	struct client *c;

	if (sscanf(line, "%" SCNu64 " %3d %n", &id, &status, &at) < 2 || !at || status < 200) {
		log_error("an answer that is none");
		return;
	}
	c = find_client(s, id);
	if (c && !c->watches)
		give_answer(s, c, status, line + at);
}

static void broadcast(struct web_server *s, const char *text, size_t len)
{
	struct client *next;

	for (struct client *c = s->clients; c; c = next) {
		next = c->next; /* on_end frees this one, at most */
		if (c->watches && httpd_stream_send(c->r, text, len) < 0)
			httpd_stream_end(c->r);
	}
}

/* "NAME JSON" */
static void take_event(struct web_server *s, char *line)
{
	auto_strbuf struct strbuf text = {0};
	char *json = strchr(line, ' ');

	if (!json)
		return;
	*json++ = '\0';
	strbuf_printf(&text, "event: %s\ndata: ", line);
	strbuf_add(&text, json);
	strbuf_add(&text, "\n\n");
	broadcast(s, text.s, text.len);
}

static void on_line(struct web_feed *f, char *line)
{
	if (strncmp(line, "answer ", 7) == 0)
		take_answer(f->data, line + 7);
	else if (strncmp(line, "event ", 6) == 0)
		take_event(f->data, line + 6);
}

static void on_gone(struct web_feed *f)
{
	struct web_server *s = f->data;

	loop_stop(s->loop);
}

static void on_heartbeat(struct loop_timer *t)
{
	struct web_server *s = container_of(t, struct web_server, heartbeat);

	broadcast(s, ":\n\n", 3);
	loop_timer_set(s->loop, t, HEARTBEAT_MS);
}

/* --- life --- */

struct web_server *web_server_new(struct loop *loop, const struct web_config *config, int feed,
				  int listener, struct lab_error **err)
{
	struct web_server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->loop = loop;
	s->config = config;
	s->feed = (struct web_feed){
		.in_max = WEB_LINE_MAX, .data = s, .line = on_line, .gone = on_gone};
	s->heartbeat.fn = on_heartbeat;
	s->httpd = httpd_new(loop, &(struct httpd_options){.max_connections = CONNECTIONS},
			     &(struct httpd_handler){on_request, on_refuse, on_end, s});
	if (web_feed_open(&s->feed, loop, feed)) {
		(void)lab_error_make(err, LAB_FAILED, "the feed cannot be watched");
	} else if (httpd_listen(s->httpd, listener, NULL, err) == 0) {
		loop_timer_set(loop, &s->heartbeat, HEARTBEAT_MS);
		return s;
	}
	web_server_free(s);
	return NULL;
}

void web_server_free(struct web_server *s)
{
	if (!s)
		return;
	loop_timer_clear(s->loop, &s->heartbeat);
	httpd_free(s->httpd); /* ends all clients */
	web_feed_done(&s->feed);
	free(s);
}
