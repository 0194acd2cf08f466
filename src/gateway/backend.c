// SPDX-License-Identifier: GPL-2.0-only
/*
 * What calls of functions and of HTTP backends have in common: the way there, the deadlines, and the
 * vendor's words for what goes wrong. Its gateway is a netty program, and says what netty says.
 */
#include <errno.h>

#include "gateway/call.h"

static void answer_connect(struct gateway_call *c, int errnum)
{
	const char *endpoint = c->backend->endpoint, *about;

	if (errnum == ETIMEDOUT)
		about = arena_printf(c->r->arena, "Timeout connecting to [/%s]", endpoint);
	else
		about = arena_printf(c->r->arena, "%s: /%s", strerror(errnum), endpoint);
	gateway_answer_error(c, GATEWAY_CONNECT_FAILED, about ? about : endpoint);
}

/* Nothing is known of how its text goes on. */
static void answer_handshake(struct gateway_call *c, int errnum)
{
	const char *endpoint = c->backend->endpoint;
	const char *about = arena_printf(
		c->r->arena, "%s: /%s",
		errnum == ETIMEDOUT ? "handshake timed out" : "handshake failed", endpoint);

	gateway_answer_error(c, GATEWAY_TLS_FAILED, about ? about : endpoint);
}

static void on_done(struct upstream_call *call, const struct upstream_result *result, void *arg)
{
	struct gateway_call *c = arg;

	c->upstream = NULL;
	c->backend_ended = loop_now(c->gateway->loop);
	c->backend_times = upstream_times_of(call);
	switch (result->outcome) {
	case UPSTREAM_OK: c->answered(c, call, result); break;
	case UPSTREAM_CONNECT: answer_connect(c, result->errnum); break;
	case UPSTREAM_SECURITY: answer_handshake(c, result->errnum); break;
	case UPSTREAM_TIMEOUT: gateway_answer_error(c, GATEWAY_BACKEND_TIMEOUT, NULL); break;
	case UPSTREAM_BUSY: gateway_answer_error(c, GATEWAY_OVERLOADED, NULL); break;
	case UPSTREAM_CLOSED:
	case UPSTREAM_MALFORMED:
	case UPSTREAM_TOO_LARGE: gateway_answer_error(c, c->invalid, result->why); break;
	}
}

void gateway_backend_start(struct gateway_call *c, struct upstream_request *request)
{
	const unsigned int connect_ms = c->gateway->config->limits.connect_ms;
	const struct gateway_backend *b = c->backend;

	request->peer = b->address;
	request->source = b->source;
	request->device = b->device;
	request->security = b->security;
	request->connect_ms = b->timeout_ms < connect_ms ? b->timeout_ms : connect_ms;
	request->total_ms = b->timeout_ms;
	request->done = on_done;
	request->arg = c;
	c->backend_began = loop_now(c->gateway->loop);
	c->upstream = upstream_start(c->gateway->upstream, request);
}
