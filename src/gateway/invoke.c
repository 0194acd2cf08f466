// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Function Compute backend: an event goes to POST /invoke, its answer becomes the client's. To a
 * function with an HTTP trigger goes the request instead, by proxy.c.
 */
#include <stdlib.h>

#include "gateway/call.h"

static void answer(struct gateway_call *c, struct http_slice text)
{
	struct gateway_answer a;
	const char *why = gateway_answer_read(c->r->arena, text.p, text.n, &a);
	struct httpd_answer out;

	if (why) {
		gateway_answer_error(c, GATEWAY_FUNCTION_FAILED, why);
		return;
	}
	c->answer = a.root;
	out = (struct httpd_answer){
		.status = a.status,
		.headers = a.headers,
		.n_headers = a.n_headers,
		.body = a.body,
		.free_body = a.free_body,
	};
	if (gateway_answer_backend(c, &out) < 0)
		gateway_answer_error(c, GATEWAY_FUNCTION_FAILED, "headers too large");
}

static bool mentions_timeout(struct http_slice type)
{
	for (size_t i = 0; type.p && i + 7 <= type.n; i++) {
		if (strncasecmp(type.p + i, "timeout", 7) == 0)
			return true;
	}
	return false;
}

static void answer_failure(struct gateway_call *c, const struct http_head *head,
			   struct http_slice type)
{
	char *name = type.n ? arena_strndup(c->r->arena, type.p, type.n) : NULL;

	if (mentions_timeout(type) || (!type.p && head->status == 504))
		gateway_answer_error(c, GATEWAY_BACKEND_TIMEOUT, NULL);
	else
		gateway_answer_error(c, GATEWAY_FUNCTION_FAILED, name ? name : "no answer");
}

/* The worker answered: with the function's output, or with the name of what went wrong. */
static void answered(struct gateway_call *c, struct upstream_call *call,
		     const struct upstream_result *result)
{
	struct http_slice type = http_head_get(result->head, "x-fc-error-type");

	if (!type.p && result->head->status == 200)
		answer(c, result->body);
	else
		answer_failure(c, result->head, type);
}

/* Only the worker says it: it drops what functions say under such names. */
bool gateway_invoke_failed(struct gateway_call *c, const struct http_head *head)
{
	struct http_slice type = http_head_get(head, "x-fc-error-type");

	if (type.p)
		answer_failure(c, head, type);
	return type.p;
}

static void write_head(struct gateway_call *c)
{
	const struct gateway_backend *b = c->backend;
	struct strbuf *out = &c->head;

	/* nothing in it comes from the client */
	strbuf_add(out, "POST /invoke HTTP/1.1\r\nHost: ");
	strbuf_add(out, b->endpoint);
	strbuf_add(out,
		   "\r\nContent-Type: application/octet-stream\r\nx-fc-control-path: /invoke\r\n"
		   "Content-Length: ");
	strbuf_add_number(out, c->event.len);
	strbuf_add(out, "\r\nx-fc-request-id: ");
	strbuf_add(out, c->id);
	strbuf_add(out, "\r\nx-fc-function-name: ");
	strbuf_add(out, b->function);
	strbuf_add(out, "\r\n\r\n");
}

void gateway_invoke(struct gateway_call *c)
{
	const struct gateway_backend *b = c->backend;
	const struct gateway_mapping *x = c->api->mapping;

	if (!b->role) {
		gateway_answer_error(c, GATEWAY_FUNCTION_DENIED, b->function);
		return;
	}
	if (b->http_trigger) {
		gateway_proxy(c);
		return;
	}
	gateway_event_write(&c->event, &(struct gateway_event){
					       .head = c->out.head,
					       .own = c->out.own,
					       .n_own = c->out.n_own,
					       .path = c->path,
					       .sets = c->sets,
					       .body = c->out.body,
					       .names = x ? x->path_names : c->api->params,
					       .values = c->out.path,
					       .n_values = x ? x->n_path_names : c->api->n_params,
					       .request_id = c->id,
					       .client_ip = c->client_ip,
					       .protocol = c->r->secure ? "https" : "http",
					       .domain = c->domain,
					       .scratch = c->r->arena,
				       });
	write_head(c);
	c->answered = answered;
	c->invalid = GATEWAY_FUNCTION_FAILED;
	gateway_backend_start(c, &(struct upstream_request){
					 .head = {c->head.s, c->head.len},
					 .body = {c->event.s, c->event.len},
					 .max_body = c->gateway->config->limits.function_answer,
				 });
}
