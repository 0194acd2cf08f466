// SPDX-License-Identifier: GPL-2.0-only
/** Apps and their authorizations. */
#include "validate/rule.h"
#include "validate/rules.h"

#define MAX_TEXT 256 /* gateway/config.h */

static bool sound(const char *s)
{
	const size_t n = strlen(s);

	for (size_t i = 0; i < n; i++) {
		if (s[i] <= 0x20 || s[i] >= 0x7f)
			return false;
	}
	return n > 0 && n <= MAX_TEXT;
}

static void check_text(struct validation *v, const struct app *app, const struct text *t,
		       const char *what)
{
	if (!t->s || sound(t->s))
		return;
	validate_report(v, t->at,
			"app '%s' cannot have this %s: it is empty, too long, or has more "
			"than printable ASCII characters",
			app->id.name, what);
	validate_hint(v, "leave it out, and one is derived from the names");
}

void validate_app_credentials(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apps; i++) {
		const struct app *app = &v->lab->apps[i];

		check_text(v, app, &app->app_key, "AppKey");
		check_text(v, app, &app->app_secret, "AppSecret");
		check_text(v, app, &app->app_code, "AppCode");
	}
}

static bool report_same(struct validation *v, const struct app *a, const struct app *b,
			const char *what, struct span a_at, struct span b_at)
{
	validate_report(v, span_or(b_at, b->id.at), "app '%s' has the %s of app '%s'", b->id.name,
			what, a->id.name);
	diag_note(v->diags, span_or(a_at, a->id.at), "'%s' has it here", a->id.name);
	return true;
}

/* Whether it was reported. */
static bool check_pair(struct validation *v, const struct app *a, const struct app *b)
{
	if (streq(lab_app_key(v->lab, a), lab_app_key(v->lab, b)))
		return report_same(v, a, b, "AppKey", a->app_key.at, b->app_key.at);
	if (streq(lab_app_code(v->lab, a), lab_app_code(v->lab, b)))
		return report_same(v, a, b, "AppCode", a->app_code.at, b->app_code.at);
	return false;
}

void validate_app_duplicate(struct validation *v)
{
	for (size_t i = 1; i < v->lab->n_apps; i++) {
		for (size_t j = 0; j < i; j++) {
			if (check_pair(v, &v->lab->apps[j], &v->lab->apps[i]))
				break;
		}
	}
}

void validate_attachment_anonymous(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_app_attachments; i++) {
		const struct app_attachment *a = &v->lab->app_attachments[i];
		const struct api *api = a->api.to;

		if (!api || api->auth_type == AUTH_APP)
			continue;
		validate_report(v, a->api.at,
				"API '%s' asks nobody who calls: '%s' changes nothing",
				api->id.name, a->id.name);
		validate_hint(v, "write `auth_type: APP` for '%s'", api->id.name);
	}
}
