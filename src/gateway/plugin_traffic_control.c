// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often an API may be called: by all, by the apps of an owner, by one app. For an app with a limit of its own (a
 * special) those of apps and owners are void, that of the API holds: help.aliyun.com/document_detail/29482 and 103221.
 */
#include "base/hash.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/plugin.h"
#include "gateway/quota.h"
#include "gateway/throttle.h"

struct special {
	const struct gateway_app *app;
	uint32_t value;
};

struct traffic {
	uint32_t unit;           /* seconds */
	uint32_t api, user, app; /* calls in a unit; 0: no limit */
	struct special *specials;
	size_t n_specials;
};

static int read_limit(struct config_reader *r, size_t i, json_int_t n, uint32_t *out)
{
	if (n < 0 || n > UINT32_MAX)
		return config_wrong(r, "plugins", i, "a limit out of range");
	*out = (uint32_t)n;
	return 0;
}

static int read_special(struct config_reader *r, json_t *j, size_t i, struct special *s)
{
	const char *name;
	json_int_t value;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:I !}", "app", &name, "value", &value) < 0)
		return config_wrong(r, "plugins", i, e.text);
	s->app = config_find_app(r, name);
	return s->app ? read_limit(r, i, value, &s->value)
		      : config_wrong(r, "plugins", i, "a special of no app");
}

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct traffic *t = arena_alloc(r->a, sizeof(*t));
	json_int_t unit, api, user = 0, app = 0;
	const char *name, *kind;
	json_t *specials, *s;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:I, s:I, s?I, s?I, s:o !}", "name", &name, "kind",
			   &kind, "unit_s", &unit, "api", &api, "user", &user, "app", &app,
			   "specials", &specials) < 0)
		return config_wrong(r, "plugins", i, e.text);
	if (unit < 1 || unit > 86400 || !json_is_array(specials))
		return config_wrong(r, "plugins", i, "malformed unit_s or specials");
	t->unit = (uint32_t)unit;
	t->n_specials = json_array_size(specials);
	t->specials = arena_alloc(r->a, t->n_specials * sizeof(*t->specials) + 1);
	json_array_foreach (specials, k, s) {
		if (read_special(r, s, i, &t->specials[k]) < 0)
			return -1;
	}
	p->own = t;
	return read_limit(r, i, api, &t->api) < 0 || read_limit(r, i, user, &t->user) < 0
		       ? -1
		       : read_limit(r, i, app, &t->app);
}

/* NULL: it has no limit of its own. */
static const struct special *special_of(const struct traffic *t, const struct gateway_app *app)
{
	for (size_t i = 0; i < t->n_specials; i++) {
		if (t->specials[i].app == app)
			return &t->specials[i];
	}
	return NULL;
}

/* One more call of `who` to what has the hash; 0: no limit. */
static bool count(struct gateway_call *c, const struct traffic *t, uint64_t hash, const char *who,
		  uint32_t limit)
{
	return !limit ||
	       gateway_throttle_take(gateway_quota_memory(c->gateway->quota), hash_str(hash, who),
				     limit, t->unit, c->began.tv_sec);
}

static bool count_app(struct gateway_call *c, const struct traffic *t, uint64_t hash)
{
	const struct special *s = special_of(t, c->app);
	const char *who = arena_join(c->r->arena, "app ", c->app->name, NULL);

	return s ? count(c, t, hash, who, s->value)
		 : count(c, t, hash, who, t->app) && count(c, t, hash, "user", t->user);
}

/* From the narrowest to the widest, so that one app's refused calls use up nothing of the others'. */
static bool before(struct gateway_call *c, const struct gateway_plugin *p)
{
	const struct traffic *t = p->own;
	uint64_t hash;

	if (!c->gateway->quota)
		return true;
	hash = gateway_plugin_hash(c, p, 3);
	if (c->app && !count_app(c, t, hash)) {
		gateway_answer_error(c, GATEWAY_APP_THROTTLED, NULL);
		return false;
	}
	if (count(c, t, hash, "api", t->api))
		return true;
	gateway_answer_error(c, GATEWAY_API_THROTTLED, NULL);
	return false;
}

/* How often it is called is not known: what is said is the limit. */
static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct traffic *own = p->own;
	const struct special *s = t->app ? special_of(own, t->app) : NULL;
	const uint32_t limit = s ? s->value : own->app;
	const char *text = arena_printf(t->a, "plug-in %s: at most %u calls in %u s", p->name,
					own->api, own->unit);

	if (t->asked && t->app && limit)
		text = arena_printf(t->a, "%s, %u of them of app %s", text, limit, t->app->name);
	if (t->asked && t->app && !s && own->user)
		text = arena_printf(t->a, "%s, %u of all apps", text, own->user);
	return t->asked ? text : NULL;
}

const struct gateway_plugin_ops gateway_plugin_traffic_control = {
	.name = "trafficControl",
	.read = read_own,
	.before = before,
	.explain = explain,
};
