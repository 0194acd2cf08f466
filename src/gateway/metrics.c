// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/metrics.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/ip.h"

#define GRACE_MS 1000

static const struct {
	uint64_t ms;
	const char *le;
} buckets[] = {
	{1, "0.001"},  {2, "0.002"}, {5, "0.005"},  {10, "0.01"},  {25, "0.025"},
	{50, "0.05"},  {100, "0.1"}, {250, "0.25"}, {500, "0.5"},  {1000, "1"},
	{2500, "2.5"}, {5000, "5"},  {10000, "10"}, {30000, "30"},
};

/* An API in a stage. */
struct series {
	struct series *next;
	int stage;
	struct {
		int status;
		enum gateway_error error;
		uint64_t n;
	} codes[GATEWAY_METRICS_CODES];
	size_t n_codes;
	uint64_t others;
	uint64_t buckets[ARRAY_LEN(buckets)], n, sum_ms; /* each bucket by itself */
};

struct gateway_metrics {
	const struct gateway_config *config;
	struct series **of; /* config->n_apis of them, and one of no API */
	struct httpd *server;
	const struct httpd *httpd;
	const struct upstream *upstream;
};

struct gateway_metrics *gateway_metrics_new(const struct gateway_config *config)
{
	struct gateway_metrics *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->config = config;
	m->of = calloc(config->n_apis + 1, sizeof(struct series *));
	if (!m->of)
		abort();
	return m;
}

void gateway_metrics_free(struct gateway_metrics *m)
{
	if (!m)
		return;
	httpd_free(m->server);
	for (size_t i = 0; i <= m->config->n_apis; i++) {
		struct series *next;

		for (struct series *s = m->of[i]; s; s = next) {
			next = s->next;
			free(s);
		}
	}
	free(m->of);
	free(m);
}

/* ---- counting ---- */

static struct series *series_of(struct gateway_metrics *m, const struct gateway_api *api, int stage)
{
	struct series **at = &m->of[api ? (size_t)(api - m->config->apis) : m->config->n_apis];

	while (*at && (*at)->stage != stage)
		at = &(*at)->next;
	if (*at)
		return *at;
	*at = calloc(1, sizeof(**at));
	if (!*at)
		abort();
	(*at)->stage = stage;
	return *at;
}

static void count_code(struct series *s, int status, enum gateway_error error)
{
	size_t i = 0;

	while (i < s->n_codes && (s->codes[i].status != status || s->codes[i].error != error))
		i++;
	if (i == GATEWAY_METRICS_CODES) {
		s->others++;
		return;
	}
	if (i == s->n_codes) {
		s->n_codes++;
		s->codes[i].status = status;
		s->codes[i].error = error;
	}
	s->codes[i].n++;
}

void gateway_metrics_count(struct gateway_metrics *m, const struct gateway_api *api, int stage,
			   int status, enum gateway_error error, uint64_t ms)
{
	struct series *s = series_of(m, api, api ? stage : -1);

	count_code(s, status, error);
	for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
		if (ms <= buckets[i].ms) {
			s->buckets[i]++;
			break;
		}
	}
	s->n++;
	s->sum_ms += ms;
}

/* ---- the text ---- */

static void add_label(struct strbuf *out, const char *name, const char *value)
{
	strbuf_printf(out, "%s%s=\"", out->s[out->len - 1] == '{' ? "" : ",", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			strbuf_addc(out, '\\');
		if (*value == '\n')
			strbuf_add(out, "\\n");
		else
			strbuf_addc(out, *value);
	}
	strbuf_addc(out, '"');
}

static void begin(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_series(struct strbuf *out, const char *name, const struct gateway_api *api,
		       const struct series *s)
{
	strbuf_printf(out, "%s{", name);
	add_label(out, "group", api ? api->group->name : "");
	add_label(out, "api", api ? api->name : "");
	add_label(out, "stage", api && s->stage >= 0 ? api->group->stages[s->stage] : "");
}

static void end(struct strbuf *out, uint64_t n)
{
	strbuf_printf(out, "} %" PRIu64 "\n", n);
}

static void write_codes(struct strbuf *out, const struct gateway_api *api, const struct series *s)
{
	for (size_t i = 0; i < s->n_codes; i++) {
		char code[16];

		(void)snprintf(code, sizeof(code), "%d", s->codes[i].status); /* it fits */
		add_series(out, "labctl_gateway_requests_total", api, s);
		add_label(out, "code", code);
		add_label(out, "error", gateway_error_code(s->codes[i].error));
		end(out, s->codes[i].n);
	}
	if (!s->others)
		return;
	add_series(out, "labctl_gateway_requests_total", api, s);
	add_label(out, "code", "other");
	add_label(out, "error", "other");
	end(out, s->others);
}

static void write_histogram(struct strbuf *out, const struct gateway_api *api,
			    const struct series *s)
{
	uint64_t below = 0;

	for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
		below += s->buckets[i];
		add_series(out, "labctl_gateway_request_duration_seconds_bucket", api, s);
		add_label(out, "le", buckets[i].le);
		end(out, below);
	}
	add_series(out, "labctl_gateway_request_duration_seconds_bucket", api, s);
	add_label(out, "le", "+Inf");
	end(out, s->n);
	add_series(out, "labctl_gateway_request_duration_seconds_sum", api, s);
	strbuf_printf(out, "} %" PRIu64 ".%03" PRIu64 "\n", s->sum_ms / 1000, s->sum_ms % 1000);
	add_series(out, "labctl_gateway_request_duration_seconds_count", api, s);
	end(out, s->n);
}

static void each_series(const struct gateway_metrics *m, struct strbuf *out,
			void (*write)(struct strbuf *, const struct gateway_api *,
				      const struct series *))
{
	for (size_t i = 0; i <= m->config->n_apis; i++) {
		for (const struct series *s = m->of[i]; s; s = s->next)
			write(out, i < m->config->n_apis ? &m->config->apis[i] : NULL, s);
	}
}

/* ---- pools ---- */

struct pools {
	struct strbuf *out;
	const char *name;
	uint64_t (*value)(const struct upstream_pool *p);
};

static uint64_t idle(const struct upstream_pool *p)
{
	return p->idle;
}

static uint64_t connects(const struct upstream_pool *p)
{
	return p->connects;
}

static uint64_t reuses(const struct upstream_pool *p)
{
	return p->reuses;
}

static void write_pool(const struct upstream_pool *p, void *arg)
{
	const struct pools *x = arg;
	char ip[IP_STRLEN], backend[IP_STRLEN + 8];

	(void)snprintf(backend, sizeof(backend), "%s:%u",
		       ip_format(ntohl(p->peer.sin_addr.s_addr), ip), ntohs(p->peer.sin_port));
	strbuf_printf(x->out, "%s{", x->name);
	add_label(x->out, "backend", backend);
	add_label(x->out, "device", p->device);
	if (*p->secured)
		add_label(x->out, "tls", p->secured);
	end(x->out, x->value(p));
}

static void write_pools(const struct upstream *u, struct strbuf *out, const char *name,
			const char *type, const char *help,
			uint64_t (*value)(const struct upstream_pool *p))
{
	begin(out, name, type, help);
	upstream_pools(u, write_pool, &(struct pools){out, name, value});
}

void gateway_metrics_write(const struct gateway_metrics *m, const struct httpd *httpd,
			   const struct upstream *upstream, struct strbuf *out)
{
	begin(out, "labctl_gateway_requests_total", "counter", "Calls that are over.");
	each_series(m, out, write_codes);
	begin(out, "labctl_gateway_request_duration_seconds", "histogram",
	      "From the first byte of a call to the last one of its answer.");
	each_series(m, out, write_histogram);
	begin(out, "labctl_gateway_connections", "gauge", "Connections of clients.");
	strbuf_printf(out, "labctl_gateway_connections %zu\n", httpd_connections(httpd));
	write_pools(upstream, out, "labctl_gateway_upstream_idle", "gauge",
		    "Pooled connections to a backend.", idle);
	write_pools(upstream, out, "labctl_gateway_upstream_connects_total", "counter",
		    "Connections that were made to a backend.", connects);
	write_pools(upstream, out, "labctl_gateway_upstream_reuses_total", "counter",
		    "Calls of a backend that took a pooled connection.", reuses);
}

/* ---- the server ---- */

static void on_request(struct httpd_request *r, void *arg)
{
	const struct gateway_metrics *m = arg;
	const struct http_header type = {http_slice("Content-Type"),
					 http_slice("text/plain; version=0.0.4; charset=utf-8")};
	const bool found = http_slice_equal(r->head->path, http_slice("/metrics")) &&
			   (http_slice_equal(r->head->method, http_slice("GET")) ||
			    http_slice_equal(r->head->method, http_slice("HEAD")));
	struct httpd_answer answer = {.status = 404};
	struct strbuf text = {0};

	if (found) {
		gateway_metrics_write(m, m->httpd, m->upstream, &text);
		answer = (struct httpd_answer){.status = 200,
					       .headers = &type,
					       .n_headers = 1,
					       .body = {text.s, text.len},
					       .free_body = text.s};
	}
	if (httpd_respond(r, &answer) < 0)
		abort(); /* one short header of our own */
}

int gateway_metrics_listen(struct gateway_metrics *m, struct loop *loop, int fd,
			   const struct httpd *httpd, const struct upstream *upstream,
			   struct lab_error **err)
{
	m->httpd = httpd;
	m->upstream = upstream;
	m->server = httpd_new(loop, &(struct httpd_options){.max_connections = 64},
			      &(struct httpd_handler){.on_request = on_request, .arg = m});
	return httpd_listen(m->server, fd, NULL, err);
}

static void stopped(void *arg)
{
	/* nobody waits for it: gateway_metrics_free() takes the rest */
}

void gateway_metrics_stop(struct gateway_metrics *m)
{
	if (m->server)
		httpd_stop(m->server, GRACE_MS, stopped, NULL);
}
