// SPDX-License-Identifier: GPL-2.0-only
/** Plug-ins of API Gateway and what they are bound to. */
#include <inttypes.h>
#include <stdint.h>
#include <strings.h>

#include "base/base64.h"
#include "base/condition.h"
#include "validate/rule.h"
#include "validate/rules.h"

static void check_order(struct validation *v, const struct plugin *p, const char *low,
			const struct number *a, const char *high, const struct number *b)
{
	if (!a->set || !b->set || a->v <= b->v)
		return;
	validate_report(v, a->at, "plug-in '%s' has %s %" PRIu64 ", more than %s %" PRIu64,
			p->id.name, low, a->v, high, b->v);
	diag_note(v->diags, b->at, "%s stands here", high);
}

/* What stands in place of userDefault and appDefault; that of the API holds all the same. */
static void check_special(struct validation *v, const struct plugin *p,
			  const struct traffic_special *s)
{
	for (size_t i = 0; i < s->n_policies; i++)
		check_order(v, p, "a special limit of", &s->policies[i].value, "apiDefault",
			    &p->traffic_control.api_default);
}

void validate_plugin_limits(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];
		const struct traffic_control *t = &p->traffic_control;

		check_order(v, p, "appDefault", &t->app_default, "userDefault", &t->user_default);
		check_order(v, p, "appDefault", &t->app_default, "apiDefault", &t->api_default);
		check_order(v, p, "userDefault", &t->user_default, "apiDefault", &t->api_default);
		for (size_t j = 0; j < t->n_specials; j++)
			check_special(v, p, &t->specials[j]);
	}
}

void validate_special_user(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];
		const struct traffic_control *t = &p->traffic_control;

		for (size_t j = 0; j < t->n_specials; j++) {
			if (!streq(t->specials[j].type.s, "USER"))
				continue;
			validate_report(
				v, t->specials[j].type.at,
				"plug-in '%s' has special limits of users, which labctl does "
				"not model",
				p->id.name);
			validate_hint(v, "all apps of a lab belong to one account: its limit is "
					 "userDefault, and apps can have special limits");
		}
	}
}

static const struct ip_control_item *item_of_app(const struct plugin *p)
{
	for (size_t i = 0; i < p->ip_control.n_items; i++) {
		if (p->ip_control.items[i].app.name)
			return &p->ip_control.items[i];
	}
	return NULL;
}

void validate_ip_control_app(struct validation *v)
{
	const struct lab *lab = v->lab;
	const struct ip_control_item *item;

	for (size_t i = 0; i < lab->n_plugins; i++) {
		const struct plugin *p = &lab->plugins[i];

		item = item_of_app(p);
		if (item && !p->ip_control.allow)
			validate_report(v, item->app.at,
					"plug-in '%s' refuses addresses whoever calls: appId is "
					"ignored",
					p->id.name);
	}
	for (size_t i = 0; i < lab->n_plugin_attachments; i++) {
		const struct plugin_attachment *a = &lab->plugin_attachments[i];
		const struct api *api = a->api.to;

		item = a->plugin.to ? item_of_app(a->plugin.to) : NULL;
		if (!item || !((const struct plugin *)a->plugin.to)->ip_control.allow || !api ||
		    api->auth_type == AUTH_APP)
			continue;
		validate_report(v, a->plugin.at,
				"plug-in '%s' has an item for an app, but no app calls API '%s', "
				"which asks nobody who he is",
				a->plugin.name, api->id.name);
		diag_note(v->diags, item->app.at, "the app is named here");
		validate_hint(v, "calls that no item without appId lets in are refused");
	}
}

static void check_users(struct validation *v, const struct plugin *p)
{
	const struct basic_auth *b = &p->basic_auth;

	for (size_t i = 0; i < b->n_users; i++) {
		const struct text *name = &b->users[i].username;

		if (!name->s || !b->users[i].password.s)
			continue;
		if (!*name->s || strchr(name->s, ':') ||
		    strlen(name->s) + strlen(b->users[i].password.s) > 1000)
			validate_report(v, name->at,
					"plug-in '%s' has a user whose name is empty, too long, or "
					"has a colon",
					p->id.name);
		for (size_t j = 0; j < i; j++) {
			if (!streq(b->users[j].username.s, name->s))
				continue;
			validate_report(v, name->at, "plug-in '%s' has user '%s' twice", p->id.name,
					name->s);
			diag_note(v->diags, b->users[j].username.at, "first written here");
			break;
		}
	}
}

void validate_basic_user(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++)
		check_users(v, &v->lab->plugins[i]);
}

/* ---- jwtAuth ---- */

/* Bytes of base64url without padding; SIZE_MAX: it is none. */
static size_t decoded(struct validation *v, const char *s)
{
	const size_t n = strlen(s);
	size_t len;

	if (n == 0 || !base64url_decode(s, n, arena_alloc(v->scratch, (n + 3) / 4 * 3), &len))
		return SIZE_MAX;
	return len;
}

/* min and max bytes of a member that the kind of key needs. */
static void check_member(struct validation *v, const struct plugin *p, const struct jwt_key *k,
			 const char *name, const struct text *t, size_t min, size_t max)
{
	const size_t n = t->s ? decoded(v, t->s) : 0;

	if (!t->s)
		validate_report(v, k->at, "a key of plug-in '%s' has no %s", p->id.name, name);
	else if (n == SIZE_MAX)
		validate_report(v, t->at, "%s of a key of plug-in '%s' is not base64url", name,
				p->id.name);
	else if (n < min || n > max)
		validate_report(v, t->at,
				"%s of a key of plug-in '%s' has %zu bytes, but %zu to %zu are "
				"possible",
				name, p->id.name, n, min, max);
}

static void check_key(struct validation *v, const struct plugin *p, const struct jwt_key *k)
{
	const char *alg = jwt_key_alg(k->kty);

	if (!k->at.line)
		return;
	if (k->alg.s && !streq(k->alg.s, alg)) {
		validate_report(v, k->alg.at, "a key of plug-in '%s' is not for %s", p->id.name,
				k->alg.s);
		validate_hint(v, "keys of this kind are for %s", alg);
	}
	switch (k->kty) {
	case JWT_RSA:
		check_member(v, p, k, "n", &k->n, 256, 1024);
		check_member(v, p, k, "e", &k->e, 1, 8);
		break;
	case JWT_EC:
		check_member(v, p, k, "x", &k->x, 32, 32);
		check_member(v, p, k, "y", &k->y, 32, 32);
		break;
	case JWT_OCT: check_member(v, p, k, "k", &k->k, 1, 1024); break;
	}
}

void validate_jwt_key(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];

		check_key(v, p, &p->jwt_auth.jwk);
		for (size_t j = 0; j < p->jwt_auth.n_jwks; j++)
			check_key(v, p, &p->jwt_auth.jwks[j]);
	}
}

static void check_parameter(struct validation *v, const struct plugin *p, const struct text *name)
{
	const char *s = name->s;

	if (!s || (*s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-_.") == strlen(s)))
		return;
	validate_report(v, name->at, "plug-in '%s' cannot have a parameter of this name",
			p->id.name);
	validate_hint(v, "letters, digits, -, _ and . can stand in one");
}

static void check_claim(struct validation *v, const struct plugin *p, const struct jwt_claim *c)
{
	const char *s = c->parameter_name.s;

	if (c->location != PLACE_HEADER) {
		check_parameter(v, p, &c->parameter_name);
		return;
	}
	if (!s || (validate_header_name(s) && strcasecmp(s, "CaClientIp") != 0))
		return;
	validate_report(v, c->parameter_name.at, "plug-in '%s' cannot set a header '%s'",
			p->id.name, s);
	validate_hint(v, "letters, digits and - can stand in one; what frames a message, and what "
			 "the gateway says by itself, cannot be set");
}

void validate_jwt_parameter(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];

		check_parameter(v, p, &p->jwt_auth.parameter);
		for (size_t j = 0; j < p->jwt_auth.n_claims; j++)
			check_claim(v, p, &p->jwt_auth.claims[j]);
	}
}

/* ---- cors, backendSignature ---- */

static bool is_printable(const char *s, char first)
{
	for (; *s; s++) {
		if (*s < first || *s >= 0x7f)
			return false;
	}
	return true;
}

static void check_list(struct validation *v, const struct plugin *p, const struct text *list)
{
	if (list->s && (!is_printable(list->s, ' ') || strlen(list->s) > 2048))
		validate_report(v, list->at,
				"a list of plug-in '%s' is too long, or has more than printable "
				"ASCII characters",
				p->id.name);
}

void validate_cors_list(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];

		check_list(v, p, &p->cors.allow_origins);
		check_list(v, p, &p->cors.allow_methods);
		check_list(v, p, &p->cors.allow_headers);
		check_list(v, p, &p->cors.expose_headers);
	}
}

static void check_secret(struct validation *v, const struct plugin *p, const struct text *t)
{
	if (t->s && (!*t->s || strlen(t->s) > 256 || !is_printable(t->s, '!')))
		validate_report(v, t->at,
				"plug-in '%s' cannot have this key or secret: it is empty, too "
				"long, or has more than printable ASCII characters",
				p->id.name);
}

void validate_backend_key(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];

		check_secret(v, p, &p->backend_signature.key);
		check_secret(v, p, &p->backend_signature.secret);
	}
}

/* ---- conditions, routes, circuits ---- */

static void check_condition(struct validation *v, const struct plugin *p, const struct text *t)
{
	const char *why;
	size_t at;

	if (!t->s || condition_read(v->scratch, t->s, &why, &at))
		return;
	validate_report(v, t->at, "the condition of plug-in '%s' is none: %s, at '%s'", p->id.name,
			why, t->s[at] ? t->s + at : "its end");
	validate_hint(v,
		      "write it like \"$StatusCode == 503\" or \"$CaStage = 'TEST' and $version < "
		      "'2.0'\"");
}

void validate_plugin_condition(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];
		const struct circuit_breaker *b = &p->circuit_breaker;

		check_condition(v, p, &b->error_condition);
		if (b->error_threshold.set != (b->error_condition.s != NULL))
			validate_report(v, b->at,
					"plug-in '%s': errorThreshold and errorCondition belong "
					"together",
					p->id.name);
		for (size_t j = 0; j < p->routing.n_routes; j++)
			check_condition(v, p, &p->routing.routes[j].condition);
	}
}

static void check_route(struct validation *v, const struct plugin *p, size_t i)
{
	const struct text *name = &p->routing.routes[i].name;

	if (name->s && (!*name->s || strlen(name->s) > 64 ||
			strspn(name->s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789") != strlen(name->s)))
		validate_report(v, name->at,
				"a route of plug-in '%s' has a name of other than 1 to 64 letters "
				"and digits",
				p->id.name);
	for (size_t j = 0; j < i; j++) {
		if (!streq(p->routing.routes[j].name.s, name->s))
			continue;
		validate_report(v, name->at, "plug-in '%s' has route '%s' twice", p->id.name,
				name->s);
		diag_note(v->diags, p->routing.routes[j].name.at, "first written here");
		return;
	}
}

void validate_plugin_route(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];

		for (size_t j = 0; j < p->routing.n_routes; j++)
			check_route(v, p, j);
	}
}

void validate_breaker_serverless(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugin_attachments; i++) {
		const struct plugin_attachment *a = &v->lab->plugin_attachments[i];
		const struct plugin *p = a->plugin.to;
		const struct api *api = a->api.to;
		const struct api_gateway *gw = api ? api_gateway_of(api) : NULL;

		if (!p || !gw || !p->circuit_breaker.at.line ||
		    gw->instance_type != GATEWAY_SERVERLESS)
			continue;
		validate_report(v, a->plugin.at,
				"plug-in '%s' does nothing for API '%s', which is on a serverless "
				"instance",
				p->id.name, api->id.name);
		validate_hint(v, "its circuit opens as that of any API: after 1000 timeouts within "
				 "30 s, for 90 s");
	}
}

static bool same_place(const struct plugin_attachment *a, const struct plugin_attachment *b)
{
	const struct plugin *p = a->plugin.to, *q = b->plugin.to;

	return p && q && a->api.to && a->api.to == b->api.to && p->kind == q->kind &&
	       streq(a->stage_name.s, b->stage_name.s);
}

void validate_plugin_twice(struct validation *v)
{
	const struct lab *lab = v->lab;

	for (size_t i = 1; i < lab->n_plugin_attachments; i++) {
		const struct plugin_attachment *b = &lab->plugin_attachments[i];

		for (size_t j = 0; j < i; j++) {
			const struct plugin_attachment *a = &lab->plugin_attachments[j];

			if (!same_place(a, b))
				continue;
			validate_report(v, b->plugin.at,
					"API '%s' has two plug-ins of one kind in stage %s: '%s' "
					"and '%s'",
					b->api.name, b->stage_name.s, a->plugin.name,
					b->plugin.name);
			diag_note(v->diags, a->plugin.at, "the first one is bound here");
			validate_hint(v, "bind one of them only");
			break;
		}
	}
}
