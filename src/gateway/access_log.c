// SPDX-License-Identifier: GPL-2.0-only
/* One JSON line per call, with the field names of the cloud's log service, in one write. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gateway/call.h"
#include "gateway/json_text.h"

static void add_slice(struct strbuf *b, const char *name, struct http_slice value)
{
	gateway_json_name(b, name);
	gateway_json_string(b, value.p ? value : http_slice(""));
}

/* "2026-01-31T12:00:00.123Z" */
static void add_time(struct strbuf *b, const char *name, const struct timespec *t)
{
	char text[64];
	size_t n;
	struct tm tm;

	gmtime_r(&t->tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, sizeof(text) - n, ".%03ldZ", t->tv_nsec / 1000000); /* it fits */
	gateway_json_pair(b, name, text);
}

static void add_api(struct strbuf *b, const struct gateway_call *c)
{
	bool staged = c->group && c->stage >= 0;

	gateway_json_pair(b, "apiGroupUid", c->group ? c->group->id : "");
	gateway_json_pair(b, "apiGroupName", c->group ? c->group->name : "");
	gateway_json_pair(b, "apiUid", c->api ? c->api->id : "");
	gateway_json_pair(b, "apiName", c->api ? c->api->name : "");
	gateway_json_pair(b, "apiStageUid", staged ? c->group->stage_ids[c->stage] : "");
	gateway_json_pair(b, "apiStageName", staged ? c->group->stages[c->stage] : "");
}

static void add_backend(struct strbuf *b, const struct gateway_call *c)
{
	const struct gateway_backend *x = c->backend;

	gateway_json_pair(b, "backendKind", x ? gateway_backend_kind_name(x->kind) : "");
	gateway_json_pair(b, "backendAddress", x ? x->endpoint : "");
	gateway_json_number(b, "serviceLatency", c->backend_ended - c->backend_began);
}

void gateway_log_call(struct gateway_call *c)
{
	struct strbuf *b = &c->gateway->log;
	const struct httpd_request *r = c->r;
	uint64_t now = loop_now(c->gateway->loop);

	/* a backend that the client did not wait for has taken until now */
	if (c->backend_began && !c->backend_ended)
		c->backend_ended = now;
	strbuf_trunc(b, 0);
	strbuf_addc(b, '{');
	gateway_json_pair(b, "requestId", c->id);
	add_slice(b, "initialRequestId", http_head_get(r->head, "x-ca-request-id"));
	add_time(b, "requestHandleTime", &c->began);
	gateway_json_pair(b, "instanceId", c->gateway->config->instance_id);
	gateway_json_pair(b, "region", c->gateway->config->region);
	add_api(b, c);
	add_slice(b, "httpMethod", r->head->method);
	add_slice(b, "path", c->path);
	add_slice(b, "domain", c->domain);
	gateway_json_pair(b, "requestProtocol", "HTTP");
	gateway_json_pair(b, "clientIp", c->client_ip);
	gateway_json_number(b, "statusCode", (uint64_t)c->status);
	gateway_json_pair(b, "errorCode", gateway_error_code(c->error));
	gateway_json_pair(b, "errorMessage", c->message);
	gateway_json_pair(b, "exception", "");
	gateway_json_pair(b, "appId", c->app ? c->app->id : "");
	gateway_json_pair(b, "appName", c->app ? c->app->name : "");
	gateway_json_number(b, "requestSize", r->bytes_in);
	gateway_json_number(b, "responseSize", r->bytes_out);
	add_backend(b, c);
	gateway_json_number(b, "totalLatency", now - r->started);
	strbuf_add(b, "}\n");
	(void)!write(c->gateway->log_fd, b->s, b->len); /* a line that cannot be written is lost */
}
