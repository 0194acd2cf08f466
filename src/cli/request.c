// SPDX-License-Identifier: GPL-2.0-only
#include "cli/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/build.h"
#include "cli/rework.h"
#include "validate/validate.h"

/* --- ${...} --- */

bool cli_has_variables(const char *text)
{
	return text && strstr(text, "${");
}

bool cli_expand(struct lab *lab, const char *text, char **out, const char **why)
{
	const char *value = text && lab ? validate_expand(lab, text, why) : text;

	if (text && !value)
		return false;
	*out = value ? strdup(value) : NULL;
	if (value && !*out)
		abort();
	return true;
}

char *cli_expand_running(const struct plan *running, const char *text, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = NULL;
	const char *why = NULL;
	char *out = NULL;

	if (cli_has_variables(text) && !(l = cli_changed_lab(running, err)))
		return NULL;
	if (!cli_expand(l ? l->lab : NULL, text, &out, &why))
		(void)lab_error_make(err, LAB_USAGE, "%s: %s", text, why);
	return out;
}

/* --- apps --- */

/* What the lab's gateways know of apps, to be freed: each knows all of them (compile/gateway_config.c). NULL: none. */
static json_t *apps_of(const struct plan *p)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		json_auto_t *config = NULL;

		if (strcmp(p->workers[i].program, "labctl-gateway") != 0)
			continue;
		config = json_loads(p->workers[i].config, 0, NULL);
		return json_incref(json_object_get(config, "apps"));
	}
	return NULL;
}

static const char *name_of(const json_t *app)
{
	const char *name = json_string_value(json_object_get(app, "name"));

	return name ? name : "";
}

/* To be freed; NULL where the gateways know none. */
static json_t *find_app(const struct plan *p, const char *name)
{
	json_auto_t *apps = apps_of(p);
	json_t *app;
	size_t i;

	json_array_foreach (apps, i, app)
		if (!strcmp(name_of(app), name))
			return json_pack("{s:O, s:O}", "key", json_object_get(app, "key"), "secret",
					 json_object_get(app, "secret"));
	return NULL;
}

bool cli_knows_app(const struct plan *p, const char *app)
{
	json_auto_t *found = find_app(p, app);

	return found != NULL;
}

static void add_names(struct arena *a, const struct plan *p, const char ***names, size_t *n)
{
	json_auto_t *apps = apps_of(p);
	const json_t *app;
	size_t i;

	json_array_foreach (apps, i, app)
		*(const char **)arena_push(a, *names, *n) = arena_strdup(a, name_of(app));
}

int cli_no_such_app(const struct plan *p, const struct lab *lab, const char *app,
		    struct lab_error **err)
{
	auto_arena struct arena *a = arena_new(0);
	const char **names = NULL, *nearest;
	size_t n = 0;

	add_names(a, p, &names, &n);
	for (size_t i = 0; lab && i < lab->n_apps; i++)
		*(const char **)arena_push(a, names, n) = lab->apps[i].id.name;
	nearest = n ? diag_nearest(app, names, n) : NULL;
	(void)lab_error_make(err, LAB_USAGE, "no such app: %s", app);
	if (nearest)
		return lab_error_hint(err, "did you mean %s?", nearest);
	return n ? -1 : lab_error_hint(err, "the lab has none");
}

json_t *cli_credentials(const struct plan *p, const char *app, struct lab_error **err)
{
	json_t *found = find_app(p, app);

	if (!found)
		(void)cli_no_such_app(p, NULL, app, err);
	return found;
}
