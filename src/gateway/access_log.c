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

/* Written out: put together for each line, names would take longer than values. */
#define NAME(text) http_slice(",\"" text "\":")

static void add(struct strbuf *b, struct http_slice name, const char *value)
{
	gateway_json_member(b, name, http_slice(value ? value : ""));
}

static void add_number(struct strbuf *b, struct http_slice name, uint64_t value)
{
	strbuf_addn(b, name.p, name.n);
	strbuf_add_number(b, value);
}

/* "2026-01-31T12:00:00.123Z"; all but the milliseconds is the same for a second. */
static void add_time(struct gateway *g, struct http_slice name, const struct timespec *t)
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
	add(&log->lines, name, log->text);
}

static void add_api(struct strbuf *b, const struct gateway_call *c)
{
	bool staged = c->group && c->stage >= 0;

	add(b, NAME("apiGroupUid"), c->group ? c->group->id : "");
	add(b, NAME("apiGroupName"), c->group ? c->group->name : "");
	add(b, NAME("apiUid"), c->api ? c->api->id : "");
	add(b, NAME("apiName"), c->api ? c->api->name : "");
	add(b, NAME("apiStageUid"), staged ? c->group->stage_ids[c->stage] : "");
	add(b, NAME("apiStageName"), staged ? c->group->stages[c->stage] : "");
}

static void add_backend(struct strbuf *b, const struct gateway_call *c)
{
	const struct gateway_backend *x = c->backend;

	add(b, NAME("backendKind"), x ? gateway_backend_kind_name(x->kind) : "");
	add(b, NAME("backendAddress"), x ? x->endpoint : "");
	add_number(b, NAME("serviceLatency"), c->backend_ended - c->backend_began);
}

static void add_signer(struct strbuf *b, const struct http_head *h)
{
	const struct http_slice key = http_head_get(h, "x-ca-key");

	if (!key.p) { /* as of most; a nonce alone says nothing */
		strbuf_add(b, ",\"consumerAppKey\":\"\",\"clientNonce\":\"\"");
		return;
	}
	gateway_json_member(b, NAME("consumerAppKey"), key);
	gateway_json_member(b, NAME("clientNonce"), http_head_get(h, "x-ca-nonce"));
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
	add(b, http_slice("{\"requestId\":"), c->id);
	gateway_json_member(b, NAME("initialRequestId"), http_head_get(r->head, "x-ca-request-id"));
	add_time(c->gateway, NAME("requestHandleTime"), &c->began);
	add(b, NAME("instanceId"), c->gateway->config->instance_id);
	add(b, NAME("region"), c->gateway->config->region);
	add_api(b, c);
	gateway_json_member(b, NAME("httpMethod"), r->head->method);
	gateway_json_member(b, NAME("path"), c->path);
	gateway_json_member(b, NAME("domain"), c->domain);
	add(b, NAME("requestProtocol"), r->secure ? "HTTPS" : "HTTP");
	add(b, NAME("clientIp"), c->client_ip);
	add_number(b, NAME("statusCode"), (uint64_t)c->status);
	add(b, NAME("errorCode"), gateway_error_code(c->error));
	add(b, NAME("errorMessage"), c->message);
	strbuf_add(b, ",\"exception\":\"\"");
	add(b, NAME("appId"), c->app ? c->app->id : "");
	add(b, NAME("appName"), c->app ? c->app->name : "");
	add_signer(b, r->head);
	add_number(b, NAME("requestSize"), r->bytes_in);
	add_number(b, NAME("responseSize"), r->bytes_out);
	add_backend(b, c);
	add_number(b, NAME("totalLatency"), now - r->started);
	add_moments(b, c, now);
	strbuf_add(b, "}\n");
	write_or_wait(c->gateway);
}
