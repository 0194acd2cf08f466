// SPDX-License-Identifier: GPL-2.0-only
/** Plug-ins of API Gateway and what they are bound to. */
#include <inttypes.h>

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

void validate_plugin_limits(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];
		const struct traffic_control *t = &p->traffic_control;

		check_order(v, p, "appDefault", &t->app_default, "userDefault", &t->user_default);
		check_order(v, p, "appDefault", &t->app_default, "apiDefault", &t->api_default);
		check_order(v, p, "userDefault", &t->user_default, "apiDefault", &t->api_default);
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
