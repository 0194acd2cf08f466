// SPDX-License-Identifier: GPL-2.0-only
/*
 * One JSON line per call, with the field names of the cloud's log service. A line is written at once where
 * the last one was written LOG_DELAY_MS ago, else with all those that come until then: a write for each would
 * be one system call in six. Whole lines only, so that other writers' lines stay whole, too.
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/number.h"
#include "gateway/call.h"
#include "gateway/json_text.h"

#define LOG_DELAY_MS 2
#define LOG_FULL     32768 /* bytes that wait no longer */

static void add_slice(struct strbuf *b, const char *name, struct http_slice value)
{
	gateway_json_name(b, name);
	gateway_json_string(b, value.p ? value : http_slice(""));
}

/* "2026-01-31T12:00:00.123Z"; all but the milliseconds is the same for a second. */
static void add_time(struct gateway *g, const char *name, const struct timespec *t)
{
	const unsigned int ms = (unsigned int)(t->tv_nsec / 1000000);
	struct gateway_log *log = &g->log;
	struct tm tm;

	if (t->tv_sec != log->second || !log->text[0]) {
		gmtime_r(&t->tv_sec, &tm);
		(void)strftime(log->text, sizeof(log->text), "%Y-%m-%dT%H:%M:%S.000Z",
			       &tm); /* it fits */
		log->second = t->tv_sec;
	}
	char *digits = log->text + strlen(log->text) - strlen("000Z");

	digits[0] = (char)('0' + ms / 100);
	digits[1] = (char)('0' + ms / 10 % 10);
	digits[2] = (char)('0' + ms % 10);
	gateway_json_pair(&log->lines, name, log->text);
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

static void add_signer(struct strbuf *b, const struct http_head *h)
{
	const struct http_slice key = http_head_get(h, "x-ca-key");

	if (!key.p) { /* as of most; a nonce alone says nothing */
		strbuf_add(b, ",\"consumerAppKey\":\"\",\"clientNonce\":\"\"");
		return;
	}
	add_slice(b, "consumerAppKey", key);
	add_slice(b, "clientNonce", http_head_get(h, "x-ca-nonce"));
}

#define MOMENT_MAX 48 /* bytes of a name and 20 digits */

/* Gives the end. */
static char *put_moment(char *to, struct http_slice name, const char *digits, size_t n)
{
	memcpy(to, name.p, name.n);
	memcpy(to + name.n, digits, n);
	return to + name.n + n;
}

/*
 * In milliseconds since 1970. What did not happen is not there; most of the rest happened in one millisecond. All at
 * once: field by field it takes four times as long.
 */
static void add_moments(struct strbuf *b, const struct gateway_call *c, uint64_t now)
{
	const struct {
		struct http_slice name;
		uint64_t at;
	} moments[] = {
		{http_slice(",\"exchangeTimestamp\":{\"FrontRequestStart\":"), c->r->started},
		{http_slice(",\"FrontRequestEnd\":"), c->began_at},
		{http_slice(",\"BackendRequestStart\":"), c->backend_began},
		{http_slice(",\"BackendRequestEnd\":"), c->backend_times.sent},
		{http_slice(",\"BackendResponseStart\":"), c->backend_times.answering},
		{http_slice(",\"BackendResponseEnd\":"), c->backend_ended},
		{http_slice(",\"FrontResponseStart\":"), c->answered_at},
		{http_slice(",\"FrontResponseEnd\":"), now},
	};
	const uint64_t began = (uint64_t)c->began.tv_sec * 1000 +
			       (uint64_t)c->began.tv_nsec / 1000000;
	const size_t before = b->len;
	char *const start = strbuf_extend(b, (ARRAY_LEN(moments) + 1) * MOMENT_MAX), *to = start;
	const char *digits = NULL;
	char buffer[NUMBER_LEN];
	uint64_t last = 0;

	for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
		if (!moments[i].at)
			continue;
		if (!digits || moments[i].at != last)
			digits = number_format(began + moments[i].at - c->began_at, buffer);
		last = moments[i].at;
		to = put_moment(to, moments[i].name, digits,
				(size_t)(buffer + NUMBER_LEN - 1 - digits));
	}
	*to++ = '}';
	strbuf_trunc(b, before + (size_t)(to - start));
}

bool gateway_log_wanted(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3);
}

void gateway_log_flush(struct gateway *g)
{
	struct gateway_log *log = &g->log;

	if (!log->lines.len)
		return;
	(void)!write(g->log_fd, log->lines.s, log->lines.len); /* what cannot be written is lost */
	strbuf_trunc(&log->lines, 0);
	log->written = loop_now(g->loop);
	loop_timer_clear(g->loop, &log->timer);
}

static void on_delay_over(struct loop_timer *t)
{
	gateway_log_flush(container_of(t, struct gateway, log.timer));
}

static void write_or_wait(struct gateway *g)
{
	struct gateway_log *log = &g->log;

	if (log->lines.len >= LOG_FULL || loop_now(g->loop) >= log->written + LOG_DELAY_MS) {
		gateway_log_flush(g);
	} else if (!loop_timer_is_set(&log->timer)) {
		log->timer.fn = on_delay_over;
		loop_timer_set(g->loop, &log->timer, LOG_DELAY_MS);
	}
}

void gateway_log_call(struct gateway_call *c)
{
	struct strbuf *b = &c->gateway->log.lines;
	const struct httpd_request *r = c->r;
	uint64_t now = loop_now(c->gateway->loop);

	if (c->gateway->log_fd < 0)
		return;
	/* a backend that the client did not wait for has taken until now */
	if (c->backend_began && !c->backend_ended)
		c->backend_ended = now;
	strbuf_addc(b, '{');
	gateway_json_pair(b, "requestId", c->id);
	add_slice(b, "initialRequestId", http_head_get(r->head, "x-ca-request-id"));
	add_time(c->gateway, "requestHandleTime", &c->began);
	gateway_json_pair(b, "instanceId", c->gateway->config->instance_id);
	gateway_json_pair(b, "region", c->gateway->config->region);
	add_api(b, c);
	add_slice(b, "httpMethod", r->head->method);
	add_slice(b, "path", c->path);
	add_slice(b, "domain", c->domain);
	gateway_json_pair(b, "requestProtocol", r->secure ? "HTTPS" : "HTTP");
	gateway_json_pair(b, "clientIp", c->client_ip);
	gateway_json_number(b, "statusCode", (uint64_t)c->status);
	gateway_json_pair(b, "errorCode", gateway_error_code(c->error));
	gateway_json_pair(b, "errorMessage", c->message);
	gateway_json_pair(b, "exception", "");
	gateway_json_pair(b, "appId", c->app ? c->app->id : "");
	gateway_json_pair(b, "appName", c->app ? c->app->name : "");
	add_signer(b, r->head);
	gateway_json_number(b, "requestSize", r->bytes_in);
	gateway_json_number(b, "responseSize", r->bytes_out);
	add_backend(b, c);
	gateway_json_number(b, "totalLatency", now - r->started);
	add_moments(b, c, now);
	strbuf_add(b, "}\n");
	write_or_wait(c->gateway);
}
