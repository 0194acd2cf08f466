// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend that fails is left alone for a while. What counts is what the backend did, by the vendor's documentation
 * (document_detail/154199): that it did not answer in time (that no connection comes about is taken for the same), or a
 * condition on its answer. Every API has a circuit, in each stage; the plug-in, on dedicated instances only, says when
 * it opens and what answers then, in place of the vendor's default.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/condition.h"
#include "base/hash.h"
#include "gateway/breaker.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/plugin.h"
#include "gateway/quota.h"

struct circuit_breaker {
	struct gateway_breaker_rules rules;
	const struct condition *condition;      /* NULL: timeouts */
	const struct gateway_backend *fallback; /* NULL: D503CB */
	bool serverless;                        /* it does nothing: the default holds */
	uint64_t hash;                          /* of rules and condition: others count anew */
};

static const struct circuit_breaker by_default = {
	.rules = {.threshold = 1000, .window_ms = 30000, .open_ms = 90000},
};

static int read_condition(struct config_reader *r, const char *text, size_t i,
			  struct circuit_breaker *own)
{
	const char *why;
	size_t at;

	own->condition = text ? condition_read(r->a, text, &why, &at) : NULL;
	return !text || own->condition ? 0 : config_wrong(r, "plugins", i, why);
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct circuit_breaker *own = arena_alloc(r->a, sizeof(*own));
	const char *name, *kind, *condition = NULL;
	json_int_t threshold, window, open;
	json_t *fallback = NULL;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:I, s:I, s:I, s?s, s?o !}", "name", &name, "kind",
			   &kind, "threshold", &threshold, "window_ms", &window, "open_ms", &open,
			   "condition", &condition, "fallback", &fallback) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (threshold < 1 || threshold > 5000 || window < 1 || window > 90000 || open < 1 ||
	    open > 300000)
		return config_wrong(r, "plugins", i,
				    "threshold, window_ms or open_ms out of range");
	own->rules = (struct gateway_breaker_rules){(uint32_t)threshold, (uint32_t)window,
						    (uint32_t)open};
	own->serverless = r->config->serverless;
	own->hash = hash_str(hash_bytes(4, &own->rules, sizeof(own->rules)),
			     condition ? condition : "");
	p->own = own;
	if (read_condition(r, condition, i, own) < 0)
		return -1;
	return fallback ? config_plugin_backend(r, fallback, i, &own->fallback) : 0;
}

static uint64_t ms_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_nsec / 1000000;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return ms_of(&now);
}

/* The rules of the call's circuit, and by what it is found. */
static const struct circuit_breaker *circuit_of(const struct gateway_call *c, uint64_t *hash)
{
	const struct gateway_plugin *p = gateway_plugin_of(c->api, c->stage,
							   GATEWAY_CIRCUIT_BREAKER);
	const struct circuit_breaker *own = p ? p->own : &by_default;

	if (own->serverless)
		own = &by_default;
	*hash = own == &by_default ? hash_bytes(c->api->circuit, &c->stage, sizeof(c->stage))
				   : gateway_plugin_hash(c, p, own->hash);
	return own;
}

bool gateway_circuit_enter(struct gateway_call *c)
{
	const struct circuit_breaker *own;
	enum gateway_breaker state;
	uint64_t hash;

	if (!c->gateway->quota)
		return true;
	own = circuit_of(c, &hash);
	state = gateway_breaker_enter(gateway_quota_memory(c->gateway->quota), hash,
				      ms_of(&c->began));
	if (state == GATEWAY_BREAKER_PASS || state == GATEWAY_BREAKER_PROBE) {
		c->breaker = state == GATEWAY_BREAKER_PROBE ? GATEWAY_CALL_PROBE
							    : GATEWAY_CALL_WATCHED;
		return true;
	}
	if (own->fallback) {
		c->backend = own->fallback;
		c->cache_key = (struct http_slice){NULL, 0};
		return true;
	}
	gateway_answer_error(c,
			     state == GATEWAY_BREAKER_OPEN ? GATEWAY_BREAKER_IS_OPEN
							   : GATEWAY_BREAKER_IS_BUSY,
			     NULL);
	return false;
}

/* ---- what the backend did ---- */

struct outcome {
	char status[8], ms[24], seconds[32];
};

static const char *get(const char *name, void *arg)
{
	const struct outcome *o = arg;

	if (strcmp(name, "StatusCode") == 0)
		return o->status;
	if (strcmp(name, "LatencyMilliSeconds") == 0)
		return o->ms;
	return strcmp(name, "LatencySeconds") == 0 ? o->seconds : NULL;
}

static bool holds(const struct gateway_call *c, const struct condition *condition)
{
	const uint64_t ms = c->backend_ended - c->backend_began;
	struct outcome o;

	(void)snprintf(o.status, sizeof(o.status), "%d", c->status);
	(void)snprintf(o.ms, sizeof(o.ms), "%llu", (unsigned long long)ms);
	(void)snprintf(o.seconds, sizeof(o.seconds), "%llu.%03u", (unsigned long long)(ms / 1000),
		       (unsigned int)(ms % 1000));
	return condition_holds(condition, &(struct condition_values){.get = get, .arg = &o});
}

static bool has_failed(const struct gateway_call *c, const struct circuit_breaker *own)
{
	return own->condition ? holds(c, own->condition)
			      : c->error == GATEWAY_BACKEND_TIMEOUT ||
					c->error == GATEWAY_CONNECT_FAILED ||
					c->error == GATEWAY_TLS_FAILED;
}

void gateway_circuit_after(struct gateway_call *c)
{
	const bool probe = c->breaker == GATEWAY_CALL_PROBE;
	const struct circuit_breaker *own;
	uint64_t hash;
	bool failed;

	if (c->breaker == GATEWAY_CALL_UNWATCHED || !c->backend_ended)
		return;
	own = circuit_of(c, &hash);
	failed = has_failed(c, own);
	if (failed || probe)
		gateway_breaker_leave(gateway_quota_memory(c->gateway->quota), hash, &own->rules,
				      probe, failed, now_ms());
	c->breaker = GATEWAY_CALL_UNWATCHED;
}

void gateway_circuit_end(struct gateway_call *c)
{
	uint64_t hash;

	if (c->breaker != GATEWAY_CALL_PROBE)
		return;
	(void)circuit_of(c, &hash); /* the hash is all that is wanted */
	gateway_breaker_release(gateway_quota_memory(c->gateway->quota), hash);
	c->breaker = GATEWAY_CALL_UNWATCHED;
}

/* Whether it is open just now is not known: what is said is when it opens. */
static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct circuit_breaker *own = p->own;

	if (!t->asked)
		return NULL;
	if (own->serverless)
		return arena_printf(t->a, "plug-in %s does nothing on a serverless instance",
				    p->name);
	return arena_printf(t->a, "plug-in %s: %u %s within %u s open the circuit for %u s",
			    p->name, own->rules.threshold, own->condition ? "failures" : "timeouts",
			    own->rules.window_ms / 1000, own->rules.open_ms / 1000);
}

const struct gateway_plugin_ops gateway_plugin_circuit_breaker = {
	.name = "circuitBreaker",
	.read = read_own,
	.explain = explain,
};
