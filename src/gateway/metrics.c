// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/metrics.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/hash.h"
#include "base/ip.h"
#include "gateway/counts.h"

#define GRACE_MS 1000

static const struct {
	uint64_t us;
	const char *le;
} buckets[] = {
	{250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},  {2000, "0.002"},
	{5000, "0.005"},  {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},
	{100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},
	{2500000, "2.5"}, {5000000, "5"},   {10000000, "10"}, {30000000, "30"},
};

_Static_assert(ARRAY_LEN(buckets) == GATEWAY_COUNTS_BUCKETS, "each has its word");

/* An API in a stage. */
struct series {
	struct series *next;
	int stage;
	struct gateway_row *row; /* `own`, or that of all processes */
	struct gateway_row own;
};

struct gateway_metrics {
	const struct gateway_config *config;
	struct series **of; /* config->n_apis of them, and one of no API */
	struct httpd *server;
	const struct httpd *httpd;
	const struct upstream *upstream;
	struct gateway_counts *counts; /* NULL: this is the only process */
	struct loop *loop;
	struct loop_timer tell;
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
	if (m->loop)
		loop_timer_clear(m->loop, &m->tell);
	if (m->loop && m->counts) /* what it has not told yet */
		gateway_counts_tell(m->counts, loop_now(m->loop), 0, m->upstream);
	gateway_counts_close(m->counts);
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

static const char *stage_name(const struct gateway_api *api, int stage)
{
	return api && stage >= 0 ? api->group->stages[stage] : "";
}

/* Of what all processes call it by: their configurations may differ, one being newer. */
static uint64_t hash_of(const struct gateway_api *api, int stage)
{
	uint64_t hash = hash_str(0, api ? api->group->name : "");

	hash = hash_str(hash, api ? api->name : "");
	return hash_str(hash, stage_name(api, stage)) | 1;
}

/* make: where nobody has counted it yet; else NULL. */
static struct series *series_of(struct gateway_metrics *m, const struct gateway_api *api, int stage,
				bool make)
{
	struct series **at = &m->of[api ? (size_t)(api - m->config->apis) : m->config->n_apis];
	struct gateway_row *row = NULL;

	while (*at && (*at)->stage != stage)
		at = &(*at)->next;
	if (*at)
		return *at;
	if (m->counts)
		row = gateway_counts_row(m->counts, hash_of(api, stage), make);
	if (!row && !make)
		return NULL;
	*at = calloc(1, sizeof(**at));
	if (!*at)
		abort();
	(*at)->stage = stage;
	(*at)->row = row ? row : &(*at)->own; /* no room for all: then by itself */
	return *at;
}

/* Atomic only where it has to be: it costs a call 20 ns. */
static void add(const struct gateway_metrics *m, _Atomic uint64_t *word, uint64_t n)
{
	if (m->counts)
		atomic_fetch_add_explicit(word, n, memory_order_relaxed);
	else
		atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + n,
				      memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *word)
{
	return atomic_load_explicit(word, memory_order_relaxed);
}

/* Never 0. */
static uint64_t code_of(int status, enum gateway_error error)
{
	return (uint64_t)status << 32 | ((uint64_t)error + 1);
}

static void count_code(const struct gateway_metrics *m, struct gateway_row *row, uint64_t code)
{
	for (size_t i = 0; i < GATEWAY_COUNTS_CODES; i++) {
		if (gateway_counts_is(&row->codes[i].code, code, true)) {
			add(m, &row->codes[i].n, 1);
			return;
		}
	}
	add(m, &row->others, 1);
}

void gateway_metrics_count(struct gateway_metrics *m, const struct gateway_api *api, int stage,
			   int status, enum gateway_error error, uint64_t us)
{
	struct gateway_row *row = series_of(m, api, api ? stage : -1, true)->row;

	count_code(m, row, code_of(status, error));
	for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
		if (us <= buckets[i].us) {
			add(m, &row->buckets[i], 1);
			break;
		}
	}
	add(m, &row->n, 1);
	add(m, &row->sum_us, us);
}

int gateway_metrics_share(struct gateway_metrics *m, int fd, struct lab_error **err)
{
	m->counts = gateway_counts_open(fd, err);
	return m->counts ? 0 : -1;
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
	add_label(out, "stage", stage_name(api, s->stage));
}

static void end(struct strbuf *out, uint64_t n)
{
	strbuf_printf(out, "} %" PRIu64 "\n", n);
}

static void write_codes(struct strbuf *out, const struct gateway_api *api, const struct series *s)
{
	const uint64_t others = get(&s->row->others);

	for (size_t i = 0; i < GATEWAY_COUNTS_CODES; i++) {
		const uint64_t what = get(&s->row->codes[i].code), n = get(&s->row->codes[i].n);
		char code[16];

		if (!n)
			continue;
		(void)snprintf(code, sizeof(code), "%d", (int)(what >> 32)); /* it fits */
		add_series(out, "labctl_gateway_requests_total", api, s);
		add_label(out, "code", code);
		add_label(out, "error",
			  gateway_error_code((enum gateway_error)((what & UINT32_MAX) - 1)));
		end(out, n);
	}
	if (!others)
		return;
	add_series(out, "labctl_gateway_requests_total", api, s);
	add_label(out, "code", "other");
	add_label(out, "error", "other");
	end(out, others);
}

static void write_histogram(struct strbuf *out, const struct gateway_api *api,
			    const struct series *s)
{
	const uint64_t sum_us = get(&s->row->sum_us);
	uint64_t n, below = 0;

	for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
		below += get(&s->row->buckets[i]);
		add_series(out, "labctl_gateway_request_duration_seconds_bucket", api, s);
		add_label(out, "le", buckets[i].le);
		end(out, below);
	}
	add_series(out, "labctl_gateway_request_duration_seconds_bucket", api, s);
	/* other processes go on counting: it must not be less than a bucket before it */
	n = get(&s->row->n);
	n = n > below ? n : below;
	add_label(out, "le", "+Inf");
	end(out, n);
	add_series(out, "labctl_gateway_request_duration_seconds_sum", api, s);
	strbuf_printf(out, "} %" PRIu64 ".%06" PRIu64 "\n", sum_us / 1000000, sum_us % 1000000);
	add_series(out, "labctl_gateway_request_duration_seconds_count", api, s);
	end(out, n);
}

/* What other processes have counted, and this one has not. */
static void find_series(struct gateway_metrics *m)
{
	for (size_t i = 0; i < m->config->n_apis; i++) {
		const struct gateway_api *api = &m->config->apis[i];

		for (size_t stage = 0; stage < api->group->n_stages; stage++)
			(void)series_of(m, api, (int)stage, false);
		(void)series_of(m, api, -1, false);
	}
	(void)series_of(m, NULL, -1, false);
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

static void write_pools(const struct gateway_metrics *m, struct strbuf *out, const char *name,
			const char *type, const char *help,
			uint64_t (*value)(const struct upstream_pool *p))
{
	struct pools pools = {out, name, value};

	begin(out, name, type, help);
	if (m->counts)
		gateway_counts_pools(m->counts, loop_now(m->loop), write_pool, &pools);
	else
		upstream_pools(m->upstream, write_pool, &pools);
}

static void tell(struct gateway_metrics *m)
{
	gateway_counts_tell(m->counts, loop_now(m->loop), httpd_connections(m->httpd), m->upstream);
}

void gateway_metrics_write(struct gateway_metrics *m, struct strbuf *out)
{
	if (m->counts) {
		find_series(m);
		tell(m);
	}
	begin(out, "labctl_gateway_requests_total", "counter", "Calls that are over.");
	each_series(m, out, write_codes);
	begin(out, "labctl_gateway_request_duration_seconds", "histogram",
	      "From the first byte of a call to the last one of its answer.");
	each_series(m, out, write_histogram);
	begin(out, "labctl_gateway_connections", "gauge", "Connections of clients.");
	strbuf_printf(out, "labctl_gateway_connections %" PRIu64 "\n",
		      m->counts ? gateway_counts_connections(m->counts, loop_now(m->loop))
				: (uint64_t)httpd_connections(m->httpd));
	write_pools(m, out, "labctl_gateway_upstream_idle", "gauge",
		    "Pooled connections to a backend.", idle);
	write_pools(m, out, "labctl_gateway_upstream_connects_total", "counter",
		    "Connections that were made to a backend.", connects);
	write_pools(m, out, "labctl_gateway_upstream_reuses_total", "counter",
		    "Calls of a backend that took a pooled connection.", reuses);
}

/* ---- the server ---- */

static void on_request(struct httpd_request *r, void *arg)
{
	struct gateway_metrics *m = arg;
	const struct http_header type = {http_slice("Content-Type"),
					 http_slice("text/plain; version=0.0.4; charset=utf-8")};
	const bool found = http_slice_equal(r->head->path, http_slice("/metrics")) &&
			   (http_slice_equal(r->head->method, http_slice("GET")) ||
			    http_slice_equal(r->head->method, http_slice("HEAD")));
	struct httpd_answer answer = {.status = 404};
	struct strbuf text = {0};

	if (found) {
		gateway_metrics_write(m, &text);
		answer = (struct httpd_answer){.status = 200,
					       .headers = &type,
					       .n_headers = 1,
					       .body = {text.s, text.len},
					       .free_body = text.s};
	}
	if (httpd_respond(r, &answer) < 0)
		abort(); /* one short header of our own */
}

static void on_tell(struct loop_timer *t)
{
	struct gateway_metrics *m = container_of(t, struct gateway_metrics, tell);

	tell(m);
	loop_timer_set(m->loop, t, GATEWAY_COUNTS_TELL_MS);
}

void gateway_metrics_watch(struct gateway_metrics *m, struct loop *loop, const struct httpd *httpd,
			   const struct upstream *upstream)
{
	m->loop = loop;
	m->httpd = httpd;
	m->upstream = upstream;
	m->tell.fn = on_tell;
	if (m->counts)
		loop_timer_set(loop, &m->tell, 0);
}

int gateway_metrics_listen(struct gateway_metrics *m, int fd, struct lab_error **err)
{
	m->server = httpd_new(m->loop, &(struct httpd_options){.max_connections = 64},
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
