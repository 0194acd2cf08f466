// SPDX-License-Identifier: GPL-2.0-only
/*
 * HTTP backends: the client's request goes on to them, their answer comes back with its own status.
 * Framing is ours in both directions, bodies are whole before they go on.
 */
#include "gateway/call.h"
#include "gateway/forward.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "http/write.h"

/* Request line, Host, our headers and Content-Length, beyond the texts that write_head() counts. */
#define HEAD_FIXED 512

static bool any_of(struct http_slice method, const char *const *names)
{
	while (*names && !http_slice_equal(method, http_slice(*names)))
		names++;
	return *names != NULL;
}

static bool is_idempotent(struct http_slice method)
{
	static const char *const names[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", NULL};

	return any_of(method, names);
}

static struct http_slice backend_method(const struct gateway_call *c)
{
	const char *method = c->backend->method;

	return method ? http_slice(method) : c->r->head->method;
}

static bool is_head(const struct gateway_call *c)
{
	return http_slice_equal(backend_method(c), http_slice("HEAD"));
}

/* ---- the request ---- */

static struct http_slice backend_path(struct gateway_call *c)
{
	struct http_slice path = c->path, segment;

	if (c->backend->path)
		return gateway_template_fill(c->backend->path, c->r->arena, c->out.path);
	for (size_t i = 0; i < c->group->base_segments; i++)
		(void)gateway_path_next(&path, &segment); /* it was there when the API matched */
	return path;
}

/* p == NULL where the arena is full. */
static struct http_slice backend_query(struct gateway_call *c)
{
	const struct http_slice query = c->out.head->query;

	return c->sets ? gateway_set_query(c->r->arena, c->sets, query) : query;
}

static struct http_slice target(struct gateway_call *c, const struct gateway_outgoing *out)
{
	const bool has_query = c->sets ? out->query.n > 0 : c->out.head->has_query;
	char *text;

	if (!has_query)
		return out->path;
	text = arena_alloc(c->r->arena, out->path.n + 1 + out->query.n);
	if (text) {
		memcpy(text, out->path.p, out->path.n);
		text[out->path.n] = '?';
		if (out->query.n)
			memcpy(text + out->path.n + 1, out->query.p, out->query.n);
	}
	return (struct http_slice){text, out->path.n + 1 + out->query.n};
}

static bool is_function(const struct gateway_call *c)
{
	return c->backend->kind == GATEWAY_FUNCTION;
}

/* Not its credentials, nor what only gateways and Function Compute say. */
bool gateway_proxy_passes(const struct gateway_call *c, struct http_slice name)
{
	return gateway_forward_request_header(c->out.head, name) &&
	       (!gateway_forward_is_ca(name) || http_slice_is(name, "x-ca-stage")) &&
	       (!is_function(c) || !http_header_begins(name, "x-fc-")) &&
	       !gateway_set_of(c->sets, GATEWAY_IN_HEAD, name);
}

static void write_client_headers(struct http_writer *w, const struct gateway_call *c)
{
	const struct http_head *h = c->out.head;

	for (size_t i = 0; i < h->n_headers; i++) {
		if (gateway_proxy_passes(c, h->headers[i].name))
			http_write_header(w, h->headers[i].name, h->headers[i].value);
	}
}

static void write_sets(struct http_writer *w, const struct gateway_set *sets)
{
	const struct gateway_set *s = sets;

	for (; (s = gateway_set_next(sets, s, GATEWAY_IN_HEAD)); s = s->next)
		http_write_header(w, http_slice(s->name), http_slice(s->value));
}

static size_t room_of_sets(const struct gateway_set *sets)
{
	size_t room = 0;

	for (const struct gateway_set *s = sets; s; s = s->next)
		room += strlen(s->name) + (s->value ? strlen(s->value) : 0) + strlen(": \r\n");
	return room;
}

/* What the API itself or a plug-in says; false: they say nothing of that name. */
static bool says(const struct gateway_call *c, const char *name)
{
	if (gateway_set_of(c->sets, GATEWAY_IN_HEAD, http_slice(name)))
		return true;
	for (size_t i = 0; i < c->out.n_own; i++) {
		if (http_slice_is(c->out.own[i].name, name))
			return true;
	}
	return false;
}

static void write_own_headers(struct http_writer *w, const struct gateway_call *c,
			      struct http_slice forwarded_for)
{
	struct http_slice client = http_slice(c->client_ip);

	for (size_t i = 0; i < c->out.n_own; i++) {
		if (!gateway_set_of(c->sets, GATEWAY_IN_HEAD, c->out.own[i].name))
			http_write_header(w, c->out.own[i].name, c->out.own[i].value);
	}
	http_write_named(w, "X-Forwarded-For", forwarded_for);
	http_write_named(w, "X-Forwarded-Proto", http_slice(c->r->secure ? "https" : "http"));
	http_write_named(w, "X-Real-IP", client);
	if (!says(c, "CaClientIp"))
		http_write_named(w, "CaClientIp", client);
	http_write_named(w, "X-Ca-Request-Id", http_slice(c->id));
	if (c->out.body.n || http_expects_body(backend_method(c)))
		http_write_length(w, c->out.body.n);
}

/* Before all others, which may have such names where the API says so: the first counts. */
static void write_function_headers(struct http_writer *w, const struct gateway_call *c)
{
	http_write_named(w, "x-fc-request-id", http_slice(c->id));
	http_write_named(w, "x-fc-function-name", http_slice(c->backend->function));
}

/* In the request's arena; p == NULL where that has no room. */
static struct http_slice write_head(struct gateway_call *c, const struct gateway_outgoing *out)
{
	const struct http_head *h = c->r->head;
	const char *host = c->backend->host;
	struct http_slice to = target(c, out);
	struct http_slice forwarded_for = gateway_forward_for(c->r->arena, h, c->client_ip);
	/* a header that came as "a:b" leaves as "a: b" */
	size_t room = h->size + h->n_headers + out->method.n + to.n + strlen(host) +
		      forwarded_for.n + room_of_sets(c->sets) + HEAD_FIXED +
		      (is_function(c) ? strlen(c->backend->function) : 0);
	struct http_writer w;
	char *buf;

	for (size_t i = 0; i < c->out.n_own; i++)
		room += c->out.own[i].name.n + c->out.own[i].value.n + 4; /* ": ", CR, LF */
	buf = to.p ? arena_alloc(c->r->arena, room) : NULL;
	if (!buf)
		return (struct http_slice){NULL, 0};
	w = http_writer(buf, room);
	http_write_request_line(&w, out->method, to);
	http_write_named(&w, "Host", http_slice(host));
	if (is_function(c))
		write_function_headers(&w, c);
	write_client_headers(&w, c);
	write_sets(&w, c->sets);
	write_own_headers(&w, c, forwarded_for);
	return (struct http_slice){http_write_end(&w) ? buf : NULL, w.len};
}

/* ---- the answer ---- */

/* Nothing followed the head that a HEAD brought back: its length can only be passed on. */
static void pass_length(const struct gateway_call *c, const struct http_head *head,
			struct httpd_answer *answer)
{
	if (!is_head(c))
		return;
	answer->length = http_head_get(head, "content-length").p ? HTTPD_LENGTH_GIVEN
								 : HTTPD_LENGTH_UNKNOWN;
	answer->head_length = head->content_length;
}

static void answered(struct gateway_call *c, struct upstream_call *call,
		     const struct upstream_result *result)
{
	const struct http_head *h = result->head;
	struct http_header headers[HTTP_MAX_HEADERS];
	struct httpd_answer answer = {.status = h->status, .headers = headers};

	if (is_function(c) && gateway_invoke_failed(c, h))
		return;
	for (size_t i = 0; i < h->n_headers; i++) {
		if (gateway_forward_answer_header(h, h->headers[i].name))
			headers[answer.n_headers++] = h->headers[i];
	}
	c->body = upstream_take_body(call);
	answer.body = (struct http_slice){c->body.p, c->body.n};
	pass_length(c, h, &answer);
	if (gateway_answer_backend(c, &answer) < 0)
		gateway_answer_error(c, c->invalid, "headers too large");
}

/* ---- the call ---- */

static bool check_reachable(struct gateway_call *c)
{
	const struct gateway_backend *b = c->backend;

	if (b->address.sin_family)
		return true;
	if (b->kind == GATEWAY_HTTP_VPC)
		gateway_answer_error(c, GATEWAY_ACCESS_INVALID, b->access);
	else
		gateway_answer_error(c, GATEWAY_UNRESOLVED,
				     arena_strndup(c->r->arena, b->host, strcspn(b->host, ":")));
	return false;
}

/* A path that repeats a long parameter hundreds of times. */
static void refuse_length(struct gateway_call *c)
{
	gateway_answer_error(c, GATEWAY_URL_TOO_LARGE, NULL);
}

void gateway_proxy(struct gateway_call *c)
{
	const struct gateway_limits *limits = &c->gateway->config->limits;
	struct gateway_outgoing out;
	struct http_slice head;

	if (!check_reachable(c))
		return;
	out = (struct gateway_outgoing){backend_method(c), backend_path(c), backend_query(c)};
	if (!out.path.p || (c->sets && !out.query.p)) {
		refuse_length(c);
		return;
	}
	if (c->api->n_plugins && !gateway_plugins_request(c, &out))
		return;
	head = write_head(c, &out);
	if (!head.p) {
		refuse_length(c);
		return;
	}
	c->answered = answered;
	c->invalid = is_function(c) ? GATEWAY_FUNCTION_FAILED : GATEWAY_BACKEND_INVALID;
	gateway_backend_start(
		c, &(struct upstream_request){
			   .head = head,
			   .body = c->out.body,
			   .idempotent = is_idempotent(backend_method(c)),
			   .head_request = is_head(c),
			   .max_body = is_function(c) ? limits->function_answer : limits->body,
		   });
}
