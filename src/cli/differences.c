// SPDX-License-Identifier: GPL-2.0-only
#include "cli/differences.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/live.h"

static char *copy(const char *text)
{
	char *c = text ? strdup(text) : NULL;

	if (text && !c)
		abort();
	return c;
}

static void done(struct difference *x)
{
	free(x->object);
	free(x->drift);
	free(x->detail);
	free(x->resource);
	free(x->at);
	free(x->ns[0]);
	free(x->ns[1]);
}

void cli_differences_done(struct differences *d)
{
	for (size_t i = 0; i < d->n; i++)
		done(&d->v[i]);
	free(d->v);
	*d = (struct differences){0};
}

/* --- lines --- */

static void clear_last_line(struct differences *d)
{
	if (d->shown)
		fputs("\r\033[K", stdout);
	d->shown = false;
}

static void print_time(void)
{
	const time_t now = time(NULL);
	char text[16];
	struct tm tm;

	if (localtime_r(&now, &tm) && strftime(text, sizeof(text), "%H:%M:%S ", &tm))
		fputs(text, stdout);
}

static void print_object(json_t *line) /* takes it */
{
	char stamp[LOG_STAMP_LEN];
	char *text;

	if (!line || json_object_set_new(line, "time", json_string(log_stamp(stamp))))
		abort();
	text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		abort();
	puts(text);
	free(text);
	json_decref(line);
}

/* drift NULL: it is back as planned. */
static void tell(struct differences *d, const struct difference *x, const char *drift)
{
	const char *detail = drift ? x->detail : NULL;

	if (d->json) {
		print_object(json_pack("{s:s, s:s?, s:s?, s:s?, s:s?}", "object", x->object,
				       "drift", drift, "detail", detail, "resource", x->resource,
				       "at", x->at));
		return;
	}
	clear_last_line(d);
	print_time();
	printf("%s: %s%s%s\n", x->object, drift ? drift : "back as planned", detail ? ", " : "",
	       detail ? detail : "");
}

void cli_differences_say(struct differences *d, const char *lab, const char *text)
{
	if (d->json) {
		print_object(json_pack("{s:s, s:s}", "lab", lab, "event", text));
		return;
	}
	clear_last_line(d);
	print_time();
	printf("%s: %s\n", lab, text);
}

static void show_last_line(struct differences *d)
{
	clear_last_line(d);
	if (!d->n)
		fputs("as planned", stdout);
	else
		printf("%zu %s: %s%s", d->n, d->n == 1 ? "differs" : "differ", d->v[0].object,
		       d->n > 1 ? ", ..." : "");
	d->shown = true;
}

int cli_differences_flush(struct differences *d, struct lab_error **err)
{
	if (d->live)
		show_last_line(d);
	if (fflush(stdout) == 0)
		return 0;
	return lab_error_errno(err, LAB_FAILED, errno, "standard output");
}

/* --- looks --- */

void cli_differences_begin(struct differences *d)
{
	for (size_t i = 0; i < d->n; i++)
		d->v[i].seen = false;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static struct difference *find(struct differences *d, const char *object)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->v[i].object, object) == 0)
			return &d->v[i];
	return NULL;
}

void cli_differences_see(struct differences *d, const struct difference *now)
{
	struct difference *x = find(d, now->object);
	bool news = !x || !same(x->drift, now->drift) || !same(x->detail, now->detail);
	struct difference next = {
		.object = copy(now->object),
		.drift = copy(now->drift),
		.detail = copy(now->detail),
		.resource = copy(now->resource),
		.at = copy(now->at),
		.ns = {copy(now->ns[0]), copy(now->ns[1])},
		.seen = true,
	};

	if (!x) {
		d->v = reallocarray(d->v, d->n + 1, sizeof(*d->v));
		if (!d->v)
			abort();
		x = &d->v[d->n++];
	} else {
		done(x);
	}
	*x = next;
	if (news)
		tell(d, x, x->drift);
}

void cli_differences_end(struct differences *d,
			 bool (*covered)(const struct difference *x, void *data), void *data)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++) {
		struct difference *x = &d->v[i];

		if (x->seen || !covered(x, data)) {
			d->v[kept++] = *x;
			continue;
		}
		tell(d, x, NULL);
		done(x);
	}
	d->n = kept;
}

static bool is_missing(const struct plan_diff *drift, const char *ns)
{
	for (size_t i = 0; ns && i < drift->n; i++) {
		const struct plan_namespace *lost = drift->steps[i].after;

		if (drift->steps[i].kind == PLAN_NAMESPACE && drift->steps[i].op == PLAN_ADD &&
		    strcmp(lost->name, ns) == 0)
			return true;
	}
	return false;
}

static void see_step(struct differences *d, const struct plan_diff *drift, size_t i,
		     const char *const ns[2])
{
	auto_arena struct arena *a = arena_new(0);
	const struct plan_step *s = &drift->steps[i];
	const void *object = s->after ? s->after : s->before;
	const struct plan_origin *origin = object; /* every struct begins with it */
	const char *how = apply_drift_of(drift, i);
	const char *detail = s->op == PLAN_ADD ? NULL : plan_step_detail(a, s);

	if (!how)
		return;
	cli_differences_see(d, &(struct difference){
				       .object = plan_describe(a, s->kind, object),
				       .drift = arena_strdup(a, how),
				       .detail = detail ? arena_strdup(a, detail) : NULL,
				       .resource = (char *)(uintptr_t)origin->resource,
				       .at = (char *)(uintptr_t)origin->at,
				       .ns = {(char *)(uintptr_t)ns[0], (char *)(uintptr_t)ns[1]},
			       });
}

void cli_differences_see_drift(struct differences *d, const struct plan_diff *drift,
			       bool (*concerns)(const char *ns, void *data), void *data)
{
	for (size_t i = 0; i < drift->n; i++) {
		const struct plan_step *s = &drift->steps[i];
		const char *ns[2];

		plan_places(s->kind, s->after ? s->after : s->before, ns);
		if (concerns && !concerns(ns[0], data) && !(ns[1] && concerns(ns[1], data)))
			continue;
		if (s->kind == PLAN_NAMESPACE ||
		    (!is_missing(drift, ns[0]) && !is_missing(drift, ns[1])))
			see_step(d, drift, i, ns);
	}
}

static void see_worker(struct differences *d, const struct plan_worker *p, const char *name,
		       const json_t *w)
{
	const char *state = json_string_value(json_object_get(w, "state"));
	const char *reason = json_string_value(json_object_get(w, "reason"));
	char object[WORKER_NAME_LEN + sizeof("worker ")];

	if (state && strcmp(state, "ready") == 0)
		return;
	if (state && strcmp(state, "stopped") == 0)
		reason = NULL; /* is that of an end before */

	(void)snprintf(object, sizeof(object), "worker %s", name); /* it fits */
	cli_differences_see(
		d, &(struct difference){
			   .object = object,
			   .drift = (char *)(uintptr_t)(state ? state : "missing"),
			   .detail = (char *)(uintptr_t)(reason && *reason ? reason : NULL),
			   .resource = (char *)(uintptr_t)p->origin.resource,
			   .at = (char *)(uintptr_t)p->origin.at,
		   });
}

void cli_differences_see_workers(struct differences *d, const struct plan *plan, const json_t *live)
{
	const json_t *list = json_object_get(live, "workers");

	for (size_t i = 0; i < plan->n_workers; i++) {
		const struct plan_worker *p = &plan->workers[i];

		for (unsigned int k = 1; k <= plan_worker_copies(p); k++) {
			char name[WORKER_NAME_LEN];
			const json_t *w = cli_live_worker(list, p, k, name);

			see_worker(d, p, name, w);
		}
	}
}
