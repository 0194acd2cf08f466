// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/jwt.h"

#include <stdlib.h>

#include "base/base64.h"

/* ---- reading ---- */

static bool cut(struct http_slice *rest, struct http_slice *part)
{
	const char *dot = rest->n ? memchr(rest->p, '.', rest->n) : NULL;

	*part = *rest;
	if (!dot)
		return false;
	part->n = (size_t)(dot - rest->p);
	rest->p += part->n + 1;
	rest->n -= part->n + 1;
	return true;
}

static struct sign_bytes decode(struct arena *a, struct http_slice part)
{
	uint8_t *out = arena_alloc(a, (part.n + 3) / 4 * 3 + 1);
	size_t n;

	if (!out || !base64url_decode(part.p, part.n, out, &n))
		return (struct sign_bytes){NULL, 0};
	return (struct sign_bytes){out, n};
}

static json_t *read_object(struct arena *a, struct http_slice part)
{
	const struct sign_bytes text = decode(a, part);
	json_t *j = text.n ? json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, NULL)
			   : NULL;

	if (json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

const char *gateway_jwt_read(struct arena *a, struct http_slice token, struct gateway_jwt *t)
{
	struct http_slice rest = token, header, claims, none;

	*t = (struct gateway_jwt){0};
	if (!cut(&rest, &header) || !cut(&rest, &claims) || cut(&rest, &none))
		return "not three parts";
	t->text = (struct http_slice){token.p, header.n + 1 + claims.n};
	t->signature = decode(a, rest);
	if (!t->signature.p)
		return "malformed signature";
	t->header = read_object(a, header);
	if (!t->header)
		return "malformed header";
	t->claims = read_object(a, claims);
	return t->claims ? NULL : "malformed claims";
}

void gateway_jwt_done(struct gateway_jwt *t)
{
	json_decref(t->header);
	json_decref(t->claims);
	*t = (struct gateway_jwt){0};
}

/* ---- checking ---- */

static const struct gateway_jwk *find_key(const struct gateway_jwt_rules *rules, const char *kid)
{
	const struct gateway_jwk *without = NULL;

	for (size_t i = 0; i < rules->n_keys; i++) {
		const struct gateway_jwk *k = &rules->keys[i];

		if (kid && k->kid && strcmp(k->kid, kid) == 0)
			return k;
		if (!k->kid && !without)
			without = k;
	}
	/* a token that names no key is for the only one that there is */
	return without || kid || rules->n_keys != 1 ? without : &rules->keys[0];
}

static enum gateway_error refuse(const char **about, enum gateway_error e, const char *why)
{
	*about = why;
	return e;
}

static enum gateway_error check_signature(struct arena *a, const struct gateway_jwt *t,
					  const struct gateway_jwt_rules *rules, const char **about)
{
	const char *kid = json_string_value(json_object_get(t->header, "kid"));
	const char *name = json_string_value(json_object_get(t->header, "alg"));
	const struct gateway_jwk *k = find_key(rules, kid);
	enum sign_alg alg;

	if (!k || !k->sound)
		return refuse(about, k ? GATEWAY_JWT_BAD_CONFIG : GATEWAY_JWT_NO_KEY,
			      kid ? arena_strdup(a, kid) : "");
	if (json_object_get(t->header, "crit"))
		return refuse(about, GATEWAY_JWT_INVALID, "crit is not understood");
	/* the algorithm is the key's: what the token says may only agree */
	if (!name || !sign_alg_of(http_slice(name), &alg) || alg != k->key.alg)
		return refuse(about, GATEWAY_JWT_INVALID, "alg is not that of the key");
	if (!sign_key_verify(&k->key, t->text, t->signature))
		return refuse(about, GATEWAY_JWT_INVALID, "JWT signature is invalid");
	return GATEWAY_OK;
}

static const char *date_of(struct arena *a, double seconds)
{
	char text[64];
	struct tm tm;
	time_t then;

	if (!(seconds > -1e12 && seconds < 1e12))
		return "";
	then = (time_t)seconds;
	if (!gmtime_r(&then, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return "";
	return arena_strdup(a, text);
}

static enum gateway_error check_times(struct arena *a, const struct gateway_jwt *t, time_t now,
				      const char **about)
{
	const json_t *exp = json_object_get(t->claims, "exp");
	const json_t *nbf = json_object_get(t->claims, "nbf");

	if ((exp && !json_is_number(exp)) || (nbf && !json_is_number(nbf)))
		return refuse(about, GATEWAY_JWT_INVALID, "exp or nbf is not a number");
	if (exp && (double)now >= json_number_value(exp)) {
		const char *date = date_of(a, json_number_value(exp));

		return refuse(about, GATEWAY_JWT_EXPIRED, date ? date : "");
	}
	if (nbf && (double)now < json_number_value(nbf))
		return refuse(about, GATEWAY_JWT_INVALID, "nbf is in the future");
	return GATEWAY_OK;
}

enum gateway_error gateway_jwt_check(struct arena *a, const struct gateway_jwt *t,
				     const struct gateway_jwt_rules *rules, time_t now,
				     const char **about)
{
	const enum gateway_error e = check_signature(a, t, rules, about);

	return e || rules->ignore_expiration ? e : check_times(a, t, now, about);
}

const char *gateway_jwt_claim(struct arena *a, const struct gateway_jwt *t, const char *name)
{
	const json_t *claim = json_object_get(t->claims, name);
	const char *text;
	char *json;

	if (!claim)
		return NULL;
	if (json_is_string(claim))
		return arena_strdup(a, json_string_value(claim));
	json = json_dumps(claim, JSON_ENCODE_ANY | JSON_COMPACT);
	text = json ? arena_strdup(a, json) : NULL;
	free(json);
	return text;
}
