// SPDX-License-Identifier: GPL-2.0-only
/** Stages of API groups: which there are, and what their variables stand for. */
#include <ctype.h>

#include "validate/rule.h"
#include "validate/rules.h"

#define MAX_OWN       29 /* a group has 32 in all */
#define MAX_VARIABLES 50

void validate_each_backend(struct validation *v,
			   void (*check)(struct validation *v, const struct api *api,
					 const struct api_backend *b))
{
	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];
		const struct api_backend *b;

		for (size_t j = 0; (b = api_backend_at(api, j)); j++)
			check(v, api, b);
	}
}

/* --- which there are --- */

static bool is_stage_of(const struct api_group *g, const char *stage)
{
	for (size_t i = 0; i < g->n_stages; i++)
		if (streq(g->stages[i].id.name, stage))
			return true;
	return group_stage_is_built_in(stage);
}

static bool is_stage_name(const char *s)
{
	const size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return n >= 2 && n <= 10 && !s[n] && !isdigit((unsigned char)s[0]);
}

static void check_group(struct validation *v, const struct api_group *g)
{
	size_t own = 0;

	for (size_t i = 0; i < g->n_stages; i++) {
		const struct group_stage *s = &g->stages[i];

		if (!is_stage_name(s->id.name))
			validate_report(v, s->id.at,
					"API group '%s' cannot have a stage '%s': it has 2 to 10 "
					"capital letters and digits, the first one a letter",
					g->id.name, s->id.name);
		if (!group_stage_is_built_in(s->id.name) && ++own == MAX_OWN + 1)
			validate_report(v, s->id.at,
					"API group '%s' has more than %d stages of its own",
					g->id.name, MAX_OWN);
		if (s->n_variables > MAX_VARIABLES)
			validate_report(v, s->id.at,
					"stage '%s' of API group '%s' has more than %d variables",
					s->id.name, g->id.name, MAX_VARIABLES);
	}
}

void validate_group_stage(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_groups; i++)
		check_group(v, &v->lab->api_groups[i]);
}

static void check_stage(struct validation *v, const struct api *api, const char *stage,
			struct span at)
{
	const struct api_group *g = api ? api->group.to : NULL;

	if (!g || !stage || is_stage_of(g, stage))
		return;
	validate_report(v, at, "API group '%s' has no stage '%s'", g->id.name, stage);
	validate_hint(v, "write RELEASE, PRE or TEST, or name it in `stages:` of the group");
}

void validate_stage_unknown(struct validation *v)
{
	const struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->n_apis; i++) {
		const struct api *api = &lab->apis[i];

		for (size_t j = 0; j < api->n_stages; j++)
			check_stage(v, api, api->stages[j].s, api->stages[j].at);
		for (size_t j = 0; j < api->n_per_stage; j++)
			check_stage(v, api, api->per_stage[j].id.name, api->per_stage[j].id.at);
	}
	for (size_t i = 0; i < lab->n_app_attachments; i++)
		check_stage(v, lab->app_attachments[i].api.to, lab->app_attachments[i].stage_name.s,
			    lab->app_attachments[i].stage_name.at);
	for (size_t i = 0; i < lab->n_plugin_attachments; i++)
		check_stage(v, lab->plugin_attachments[i].api.to,
			    lab->plugin_attachments[i].stage_name.s,
			    lab->plugin_attachments[i].stage_name.at);
}

/* --- variables --- */

/* In that stage; NULL: in any. */
static const char *value_of(const struct api_group *g, const char *stage, const char *name,
			    size_t n)
{
	for (size_t i = 0; i < g->n_stages; i++) {
		const struct group_stage *s = &g->stages[i];

		for (size_t j = 0; (!stage || streq(s->id.name, stage)) && j < s->n_variables; j++)
			if (strlen(s->variables[j].key) == n &&
			    memcmp(s->variables[j].key, name, n) == 0)
				return s->variables[j].value.s;
	}
	return NULL;
}

/* stage NULL: wherever it has a value, to be looked at by the rules only. */
static void expand(struct validation *v, const struct api *api, const char *stage, struct text *t)
{
	const char *out = "", *rest = t->s, *open;

	while (rest && (open = strchr(rest, '#'))) {
		const char *name = open + 1, *close = strchr(name, '#');
		const char *value =
			close ? value_of(api->group.to, stage, name, (size_t)(close - name)) : NULL;

		if (!value && stage)
			validate_report(
				v, t->at, "'%s' of API '%s' has no value in stage %s",
				arena_strndup(v->scratch, open,
					      close ? (size_t)(close - open) + 1 : strlen(open)),
				api->id.name, stage);
		out = arena_printf(v->lab->arena, "%s%.*s%s", out, (int)(open - rest), rest,
				   value ? value : "x");
		rest = close ? close + 1 : "";
	}
	if (*out || (rest && rest != t->s))
		t->s = arena_printf(v->lab->arena, "%s%s", out, rest);
}

static bool has_variables(const struct api_backend *b)
{
	return (b->http.s && strchr(b->http.s, '#')) || (b->path.s && strchr(b->path.s, '#'));
}

static void expand_backend(struct validation *v, const struct api *api, const char *stage,
			   struct api_backend *b)
{
	expand(v, api, stage, &b->http);
	expand(v, api, stage, &b->path);
}

static struct api_backend *backend_in(struct api *api, const char *stage)
{
	for (size_t i = 0; i < api->n_per_stage; i++)
		if (streq(api->per_stage[i].id.name, stage))
			return &api->per_stage[i].backend;
	return NULL;
}

static struct api_backend *add_backend(struct api *api, const char *stage, struct span at)
{
	struct api_stage *s = &api->per_stage[api->n_per_stage++];

	*s = (struct api_stage){{stage, at}, api->backend};
	return &s->backend;
}

/* Room for all stages: arrays of the lab file are no longer than they were. */
static void make_room(struct validation *v, struct api *api)
{
	struct api_stage *old = api->per_stage;

	api->per_stage = arena_alloc(v->lab->arena,
				     (api->n_per_stage + api->n_stages + 1) * sizeof(*old));
	if (api->n_per_stage)
		memcpy(api->per_stage, old, api->n_per_stage * sizeof(*old));
}

static void expand_api(struct validation *v, struct api *api)
{
	make_room(v, api);
	for (size_t i = 0; i < api->n_stages; i++) {
		const char *stage = api->stages[i].s;
		struct api_backend *own = stage ? backend_in(api, stage) : NULL;

		if (!stage || !has_variables(own ? own : &api->backend))
			continue;
		if (!own)
			own = add_backend(api, stage, api->stages[i].at);
		expand_backend(v, api, stage, own);
	}
	/* what is left is of no stage that calls come to */
	for (size_t i = 0; i < api->n_per_stage; i++)
		expand_backend(v, api, NULL, &api->per_stage[i].backend);
	expand_backend(v, api, NULL, &api->backend);
}

void validate_stage_variables(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++)
		if (v->lab->apis[i].group.to)
			expand_api(v, &v->lab->apis[i]);
}
