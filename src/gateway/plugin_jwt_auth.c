// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tokens of whoever has the private key. Parameters that are made of claims are the gateway's alone: what a client sends
 * under their names does not get to the backend, even where there is no token.
 */
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/forward.h"
#include "gateway/jwt.h"
#include "gateway/nonce.h"
#include "gateway/path.h"
#include "gateway/plugin.h"
#include "gateway/query.h"
#include "gateway/quota.h"
#include "http/write.h"

enum from { FROM_HEADER, FROM_QUERY, FROM_COOKIE };

struct claim {
	const char *name, *parameter;
	enum gateway_place place;
};

struct jwt_auth {
	const char *parameter;
	enum from from;
	bool no_replay, bypass_empty;
	struct claim *claims;
	size_t n_claims;
	struct gateway_jwt_rules rules;
};

/* ---- configuration ---- */

static int read_claim(struct config_reader *r, json_t *j, size_t i, struct claim *c)
{
	const char *claim, *parameter, *location;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s !}", "claim", &claim, "parameter", &parameter,
			   "location", &location) < 0)
		return config_wrong(r, "plugins", i, e.text);
	c->name = config_copy(r, claim);
	c->parameter = config_copy(r, parameter);
	c->place = strcmp(location, "query") == 0 ? GATEWAY_IN_QUERY : GATEWAY_IN_HEAD;
	/* CaClientIp an API may set, but only to what the gateway knows */
	if (c->place == GATEWAY_IN_HEAD &&
	    (!config_valid_header(parameter) || http_slice_is(http_slice(parameter), "caclientip")))
		return config_wrong(r, "plugins", i, "a claim in a header that cannot be set");
	return 0;
}

static int read_bytes(struct config_reader *r, const char *text, size_t i, struct sign_bytes *out)
{
	const size_t n = text ? strlen(text) : 0;
	uint8_t *bytes = arena_alloc(r->a, (n + 3) / 4 * 3 + 1);

	if (text && !base64url_decode(text, n, bytes, &out->n))
		return config_wrong(r, "plugins", i, "a key that is not base64url");
	out->p = bytes;
	return 0;
}

static int read_key(struct config_reader *r, json_t *j, size_t i, struct gateway_jwk *k)
{
	const char *kid = NULL, *alg, *a, *b = NULL;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s?s, s:s, s:s, s?s !}", "kid", &kid, "alg", &alg, "a", &a,
			   "b", &b) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (!sign_alg_of(http_slice(alg), &k->key.alg))
		return config_wrong(r, "plugins", i, "alg must be RS256, ES256 or HS256");
	k->kid = config_copy(r, kid);
	if (read_bytes(r, a, i, &k->key.a) < 0 || read_bytes(r, b, i, &k->key.b) < 0)
		return -1;
	k->sound = sign_key_sound(&k->key);
	return 0;
}

static int read_from(struct config_reader *r, const char *location, size_t i, enum from *from)
{
	static const char *const names[] = {"header", "query", "cookie"};
	const int k = config_word(location, names, ARRAY_LEN(names));

	if (k < 0)
		return config_wrong(r, "plugins", i, "location must be header, query or cookie");
	*from = (enum from)k;
	return 0;
}

static int read_lists(struct config_reader *r, size_t i, json_t *claims, json_t *keys,
		      struct jwt_auth *own)
{
	struct gateway_jwk *list;
	json_t *j;
	size_t k;

	own->n_claims = json_array_size(claims);
	own->claims = arena_alloc(r->a, own->n_claims * sizeof(*own->claims) + 1);
	json_array_foreach (claims, k, j) {
		if (read_claim(r, j, i, &own->claims[k]) < 0)
			return -1;
	}
	own->rules.n_keys = json_array_size(keys);
	own->rules.keys = list = arena_alloc(r->a, own->rules.n_keys * sizeof(*list) + 1);
	json_array_foreach (keys, k, j) {
		if (read_key(r, j, i, &list[k]) < 0)
			return -1;
	}
	return 0;
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct jwt_auth *own = arena_alloc(r->a, sizeof(*own));
	const char *name, *kind, *parameter, *location;
	int no_replay, bypass, ignore;
	json_t *claims, *keys;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o !}", "name",
			   &name, "kind", &kind, "parameter", &parameter, "location", &location,
			   "prevent_jti_replay", &no_replay, "bypass_empty_token", &bypass,
			   "ignore_expiration", &ignore, "claims", &claims, "keys", &keys) < 0)
		return config_wrong(r, "plugins", i, e.text);
	own->parameter = config_copy(r, parameter);
	own->no_replay = no_replay;
	own->bypass_empty = bypass;
	own->rules.ignore_expiration = ignore;
	p->own = own;
	return read_from(r, location, i, &own->from) < 0 ? -1 : read_lists(r, i, claims, keys, own);
}

/* ---- the token ---- */

static struct http_slice from_cookie(const struct http_head *h, const char *name)
{
	struct http_slice rest = http_head_get(h, "cookie");
	const size_t n = strlen(name);

	while (rest.n) {
		const char *end = memchr(rest.p, ';', rest.n);
		struct http_slice pair = {rest.p, end ? (size_t)(end - rest.p) : rest.n};

		rest.p += pair.n + (end ? 1 : 0);
		rest.n -= pair.n + (end ? 1 : 0);
		while (pair.n && pair.p[0] == ' ') {
			pair.p++;
			pair.n--;
		}
		if (pair.n > n && pair.p[n] == '=' && memcmp(pair.p, name, n) == 0)
			return (struct http_slice){pair.p + n + 1, pair.n - n - 1};
	}
	return (struct http_slice){NULL, 0};
}

static struct http_slice token_of(struct gateway_call *c, const struct jwt_auth *own)
{
	struct http_slice value, bearer;

	switch (own->from) {
	case FROM_QUERY: return gateway_query_get(c->r->arena, c->r->head->query, own->parameter);
	case FROM_COOKIE: return from_cookie(c->r->head, own->parameter);
	case FROM_HEADER: break;
	}
	value = http_head_get(c->r->head, own->parameter);
	bearer = gateway_forward_scheme(value, "Bearer ");
	return bearer.p ? bearer : value;
}

/* ---- what becomes of it ---- */

static bool refuse(struct gateway_call *c, enum gateway_error e, const char *about)
{
	gateway_answer_error(c, e, about);
	return false;
}

static bool set_claims(struct gateway_call *c, const struct jwt_auth *own,
		       const struct gateway_jwt *t)
{
	for (size_t i = 0; i < own->n_claims; i++) {
		const struct claim *k = &own->claims[i];
		const char *value = t ? gateway_jwt_claim(c->r->arena, t, k->name) : NULL;

		if (value && k->place == GATEWAY_IN_HEAD &&
		    !http_header_valid(http_slice(k->parameter), http_slice(value)))
			return refuse(c, GATEWAY_JWT_INVALID, "a claim that cannot be a header");
		if (!gateway_plugin_set(c, k->place, k->parameter, value))
			return false;
	}
	return true;
}

/* Last of all, so that only good tokens are remembered. */
static bool check_replay(struct gateway_call *c, const struct gateway_plugin *p,
			 const struct gateway_jwt *t)
{
	const json_t *jti = json_object_get(t->claims, "jti");
	const struct gateway_quota *q = c->gateway->quota;
	uint64_t hash = hash_str(hash_str(1, "jti"), p->name);

	if (!json_is_string(jti))
		return refuse(c, GATEWAY_JWT_NO_JTI, NULL);
	hash = hash_bytes(hash, json_string_value(jti), json_string_length(jti));
	return !q || gateway_nonce_take(gateway_quota_memory(q), hash, c->began.tv_sec) ||
	       refuse(c, GATEWAY_JWT_JTI_USED, NULL);
}

static bool take(struct gateway_call *c, const struct gateway_plugin *p,
		 const struct gateway_jwt *t)
{
	const struct jwt_auth *own = p->own;
	const char *about = NULL;
	const enum gateway_error e = gateway_jwt_check(c->r->arena, t, &own->rules, c->began.tv_sec,
						       &about);

	if (e)
		return refuse(c, e, about);
	c->has_token = true;
	return (!own->no_replay || check_replay(c, p, t)) && set_claims(c, own, t);
}

static bool before(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct jwt_auth *own = p->own;
	const struct http_slice token = token_of(c, own);
	struct gateway_jwt t;
	const char *why;
	bool on;

	if (token.n == 0)
		return own->bypass_empty ? set_claims(c, own, NULL)
					 : refuse(c, GATEWAY_JWT_MISSING, NULL);
	why = gateway_jwt_read(c->r->arena, token, &t);
	on = why ? refuse(c, GATEWAY_JWT_MALFORMED, why) : take(c, p, &t);
	gateway_jwt_done(&t);
	return on;
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct jwt_auth *own = p->own;

	if (!t->asked)
		return NULL;
	if (own->bypass_empty)
		return arena_printf(t->a, "plug-in %s: a call without a token goes on", p->name);
	t->refused = GATEWAY_JWT_MISSING;
	return NULL;
}

const struct gateway_plugin_ops gateway_plugin_jwt_auth = {
	.name = "jwtAuth",
	.read = read_own,
	.before = before,
	.explain = explain,
};
