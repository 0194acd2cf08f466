// SPDX-License-Identifier: GPL-2.0-only
/** labctl status: compares a lab with its plan, and names every difference. */
#include <jansson.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/copies.h"
#include "cli/live.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "cli/rootless.h"
#include "cli/session.h"
#include "cli/status_watch.h"
#include "fault/changes.h"
#include "rootless/rootless.h"
#include "supervise/client.h"
#include "ui/table.h"

struct options {
	struct cli_lab_options common;
	bool watch;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'w': o->watch = true; return 0;
	case ARGP_KEY_NO_ARGS: return 0; /* all labs */
	case ARGP_KEY_END:
		if (o->watch && !o->common.lab)
			argp_error(state, "--watch: which lab?");
		return 0;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

static const struct argp_option option_table[] = {
	{"watch", 'w', NULL, 0, "go on, and print a line for every change, until Ctrl-C", 0},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

const struct argp cli_argp_status = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "[LAB]",
	.doc = "Compares what the kernel and the supervisor hold with the plan that was applied last, and "
	       "tells what lives beside it: circuits, and routes that come and go with them. Exit "
	       "status 1 where kernel and plan differ; `labctl up LAB` repairs that. Without LAB: all labs of this "
	       "host.\v"
	       "Examples:\n"
	       "  labctl status\n"
	       "  labctl status scenario1\n"
	       "  labctl status scenario1 --json\n"
	       "  labctl status scenario1 --watch\n",
};

static const struct ui_column namespace_columns[] = {
	{"NAMESPACE", UI_TEXT}, {"ROLE", UI_TEXT}, {"STATE", UI_TEXT}, {"RESOURCE", UI_TEXT}};
static const struct ui_column link_columns[] = {
	{"LINK", UI_TEXT}, {"STATE", UI_TEXT}, {"RESOURCE", UI_TEXT}};
static const struct ui_column worker_columns[] = {
	{"WORKER", UI_TEXT},     {"PROGRAM", UI_TEXT}, {"STATE", UI_TEXT}, {"PID", UI_NUMBER},
	{"RESTARTS", UI_NUMBER}, {"REASON", UI_TEXT},  {"NOTE", UI_RARE}};
static const struct ui_column drift_columns[] = {{"DRIFT", UI_TEXT},
						 {"OBJECT", UI_TEXT},
						 {"DETAIL", UI_RARE},
						 {"RESOURCE", UI_TEXT},
						 {"AT", UI_TEXT}};
static const struct ui_column change_columns[] = {
	{"CHANGED", UI_TEXT}, {"HOW", UI_TEXT}, {"BY", UI_TEXT}};
static const struct ui_column lab_columns[] = {{"LAB", UI_TEXT},       {"STATE", UI_TEXT},
					       {"STEP", UI_TEXT},      {"NAMESPACES", UI_NUMBER},
					       {"WORKERS", UI_NUMBER}, {"TITLE", UI_TEXT}};

struct report {
	struct ui_table *namespaces, *links, *circuits, *routes, *workers, *drift, *changes;
	enum cli_file file;
};

static void report_init(struct report *r)
{
	r->namespaces = ui_table_new("namespaces", namespace_columns, ARRAY_LEN(namespace_columns));
	r->links = ui_table_new("links", link_columns, ARRAY_LEN(link_columns));
	r->circuits = NULL;
	r->routes = NULL;
	r->workers = ui_table_new("workers", worker_columns, ARRAY_LEN(worker_columns));
	r->drift = ui_table_new("drift", drift_columns, ARRAY_LEN(drift_columns));
	r->changes = ui_table_new("changes", change_columns, ARRAY_LEN(change_columns));
}

static void report_done(struct report *r)
{
	ui_table_free(r->namespaces);
	ui_table_free(r->links);
	ui_table_free(r->circuits);
	ui_table_free(r->routes);
	ui_table_free(r->workers);
	ui_table_free(r->drift);
	ui_table_free(r->changes);
}

static void add_drift(struct report *r, const char *kind, const char *object, const char *detail,
		      const struct plan_origin *origin)
{
	ui_table_add(r->drift,
		     (const char *const[]){kind, object, detail, origin ? origin->resource : NULL,
					   origin ? origin->at : NULL});
	ui_table_colour(r->drift, 0, UI_RED);
}

/* "missing", "changed", or NULL where the kernel holds it as planned. A link that is replaced has two
 * steps, of which the removal comes first. */
static const char *drift_of(const struct plan_diff *d, enum plan_kind kind, const void *object)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct plan_step *s = &d->steps[i];

		if (s->kind != kind)
			continue;
		if (s->before && plan_key_cmp(kind, s->before, object) == 0)
			return "changed";
		if (s->after && plan_key_cmp(kind, s->after, object) == 0)
			return "missing";
	}
	return NULL;
}

static void add_state(struct ui_table *t, const char *const *cells, size_t column)
{
	ui_table_add(t, cells);
	ui_table_colour(t, column, strcmp(cells[column], "ok") == 0 ? UI_GREEN : UI_RED);
}

static void fill_objects(struct report *r, const struct apply_status *s)
{
	for (size_t i = 0; i < s->plan->n_namespaces; i++) {
		const struct plan_namespace *ns = &s->plan->namespaces[i];
		const char *drift = drift_of(s->drift, PLAN_NAMESPACE, ns);

		add_state(r->namespaces,
			  (const char *const[]){ns->name, ns->role, drift ? drift : "ok",
						ns->origin.resource},
			  2);
	}
	for (size_t i = 0; i < s->plan->n_links; i++) {
		const struct plan_link *l = &s->plan->links[i];
		const char *drift = drift_of(s->drift, PLAN_LINK, l);
		auto_strbuf struct strbuf text = {0};

		strbuf_printf(&text, "%s/%s <-> %s/%s", l->a.ns, l->a.dev, l->b.ns, l->b.dev);
		add_state(r->links,
			  (const char *const[]){text.s, drift ? drift : "ok", l->origin.resource},
			  1);
	}
}

static void fill_drift(struct report *r, const struct apply_status *s)
{
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < s->drift->n; i++) {
		const struct plan_step *step = &s->drift->steps[i];
		const char *drift = apply_drift_of(s->drift, i);

		if (drift)
			add_drift(r, drift,
				  plan_describe(a, step->kind,
						step->after ? step->after : step->before),
				  step->op == PLAN_ADD ? NULL : plan_step_detail(a, step),
				  step->after ? step->after : step->before);
	}
	for (size_t i = 0; i < s->n_foreign; i++)
		add_drift(r, "foreign", arena_printf(a, "namespace %s", s->foreign[i]), NULL, NULL);
	if (s->unfinished)
		add_drift(r, "unfinished", "an `up` was killed, or is at work", NULL, NULL);
	if (!s->supervised)
		add_drift(r, "missing", "supervisor", NULL, NULL);
	if (s->halted)
		add_drift(r, "stopped", "supervisor", NULL, NULL);
}

/* What the plan has beyond the file: that is no drift. */
static int fill_changes(struct report *r, const struct plan *plan, struct lab_error **err)
{
	auto_changes struct changes *c = changes_read(plan->changes, err);
	const char *link, *key, *value;
	struct fault_told fault;

	if (!c)
		return -1;
	if (changes_fault(c, &fault)) /* a riddle stays one */
		ui_table_add(r->changes, (const char *const[]){fault.hidden ? NULL : fault.resource,
							       fault.hidden ? "hidden" : fault.what,
							       "labctl fault"});
	for (size_t i = 0; changes_link_at(c, i, &link, &key, &value); i++) {
		auto_strbuf struct strbuf how = {0};

		strbuf_printf(&how, "%s %s", key, value);
		ui_table_add(r->changes, (const char *const[]){link, how.s, "labctl link"});
	}
	return 0;
}

static const char *number_text(const json_t *v, char buf[static 24])
{
	if (!json_is_integer(v))
		return NULL;
	(void)snprintf(buf, 24, "%lld", (long long)json_integer_value(v)); /* always fits */
	return buf;
}

/* NULL where it is not there, or empty. */
static const char *text_of(const json_t *live, const char *key)
{
	const char *text = json_string_value(json_object_get(live, key));

	return text && *text ? text : NULL;
}

/* told: somebody was there who could be asked. */
static void add_worker(struct report *r, const struct plan_worker *w, const char *name,
		       const json_t *live, bool told)
{
	const char *state = text_of(live, "state");
	char pid[24], restarts[24];

	if (!state)
		state = told ? "missing" : "unknown";
	ui_table_add(r->workers,
		     (const char *const[]){name, w->program, state,
					   number_text(json_object_get(live, "pid"), pid),
					   number_text(json_object_get(live, "restarts"), restarts),
					   text_of(live, "reason"), text_of(live, "note")});
	if (!strcmp(state, "ready")) {
		ui_table_colour(r->workers, 2, UI_GREEN);
		return;
	}
	ui_table_colour(r->workers, 2, UI_RED);
	if (told)
		add_drift(r, state, name, NULL, &w->origin);
}

static void add_copies(struct report *r, const struct plan_worker *w, const json_t *root, bool told)
{
	for (unsigned int k = 1; k <= plan_worker_copies(w); k++) {
		char name[WORKER_NAME_LEN];
		const json_t *live = cli_live_worker(json_object_get(root, "workers"), w, k, name);

		add_worker(r, w, name, live, told);
	}
}

static int fill_workers(struct report *r, const struct state *state, const struct apply_status *s,
			struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;
	auto_free char *text = NULL;
	json_t *root = NULL;

	if (s->supervised && !s->halted)
		text = supervise_status(state_dir_fd(state), &why);
	if (why && lab_error_status(why) != LAB_STATE)
		return lab_error_make(err, lab_error_status(why), "%s", lab_error_message(why));
	if (why) /* it has ended since it was looked at */
		add_drift(r, "missing", "supervisor", NULL, NULL);
	if (text)
		root = json_loads(text, 0, NULL);
	for (size_t i = 0; i < s->plan->n_workers; i++)
		add_copies(r, &s->plan->workers[i], root, !s->halted);
	json_decref(root);
	return 0;
}

static void print_file(const struct report *r, const struct plan *plan)
{
	auto_arena struct arena *a = arena_new(0);
	const char *note = cli_file_note(r->file, plan, a);

	if (note)
		puts(note);
}

static int print_report(const struct report *r, const struct apply_status *s, bool json,
			struct lab_error **err)
{
	const struct ui_table *tables[] = {r->namespaces, r->links,   r->circuits, r->routes,
					   r->workers,    r->changes, r->drift};
	auto_ui_json struct ui_json *j = NULL;
	const char *gap = "";

	if (json) {
		j = ui_json_new();
		ui_json_text(j, "lab", s->plan->lab);
		ui_json_text(j, "step", s->plan->step);
		ui_json_boolean(j, "ok", !ui_table_rows(r->drift));
		ui_json_text(j, "file", cli_file_word(r->file));
		for (size_t i = 0; i < ARRAY_LEN(tables); i++)
			ui_json_table(j, tables[i]);
		return ui_json_print(j, stdout, err);
	}
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		if (!ui_table_rows(tables[i]))
			continue;
		fputs(gap, stdout);
		if (ui_table_print(tables[i], stdout, cli_colour(stdout), err))
			return -1;
		gap = "\n";
	}
	if (!ui_table_rows(r->drift))
		printf("\n%s%s%s: as planned%s\n", s->plan->lab, s->plan->step ? " up to " : "",
		       s->plan->step ? s->plan->step : "",
		       s->plan->changes ? ", and changed by labctl link or fault" : "");
	print_file(r, s->plan);
	return 0;
}

static int compare(const struct cli_session *session, bool json, bool *drift,
		   struct lab_error **err)
{
	struct apply_status s;
	struct report r;
	int res;

	if (apply_status(session->state, &session->ops, &s, err))
		return -1;
	report_init(&r);
	r.file = cli_file_since(session->state, s.plan);
	fill_objects(&r, &s);
	fill_drift(&r, &s);
	r.circuits = cli_circuits(session->state, &s);
	r.routes = cli_dynamic_routes(&s, err);
	res = r.routes ? fill_workers(&r, session->state, &s, err) : -1;
	if (!res)
		res = fill_changes(&r, s.plan, err);
	if (!res)
		res = print_report(&r, &s, json, err);
	*drift = ui_table_rows(r.drift) > 0;
	report_done(&r);
	apply_status_done(&s);
	return res;
}

static int status_of_lab(const struct cli_lab_options *o)
{
	auto_error struct lab_error *err = NULL;
	auto_free char *name = cli_lab_name(o->lab, &err);
	auto_session struct cli_session session = {0};
	bool drift = false;

	if (!name || cli_session_read(&session, name, &err))
		return cli_fail_json(o->json, err);
	if (!session.state) {
		(void)lab_error_make(&err, LAB_STATE, "lab %s: is not up", name);
		(void)lab_error_hint(&err, "labctl up %s", o->lab);
		(void)cli_hint_copies("status", o->lab, &err);
		return cli_fail_json(o->json, err);
	}
	if (compare(&session, o->json, &drift, &err))
		return cli_fail_json(o->json, err);
	if (drift && !o->json)
		cli_hint("labctl up %s repairs it", o->lab);
	return drift ? LAB_FAILED : LAB_OK;
}

static int watch_lab(const struct cli_lab_options *o)
{
	auto_error struct lab_error *err = NULL;
	auto_free char *name = cli_lab_name(o->lab, &err);
	bool differs = false;

	if (!name || cli_status_watch(name, o->json, &differs, &err))
		return cli_fail_json(o->json, err);
	return differs ? LAB_FAILED : LAB_OK;
}

/* The quick look of the list: one process is asked for, not every object. */
static bool is_supervised(const struct state *s)
{
	auto_close int fd = process_id_open(&state_journal(s)->supervisor);

	return fd >= 0 || errno != ESRCH;
}

static void add_lab(struct ui_table *t, const char *lab)
{
	auto_error struct lab_error *err = NULL;
	auto_cli_running struct cli_running running = {0};
	char namespaces[24], workers[24];
	bool sound;

	if (cli_open_running(lab, STATE_READ, &running, &err)) {
		if (lab_error_status(err) != LAB_STATE)
			cli_message("%s", lab_error_message(err)); /* and on with the others */
		ui_table_add(t, (const char *const[]){lab, "half made", NULL, NULL, NULL, NULL});
		ui_table_colour(t, 1, UI_RED);
		return;
	}
	(void)snprintf(namespaces, sizeof(namespaces), "%zu", running.plan->n_namespaces);
	(void)snprintf(workers, sizeof(workers), "%zu", running.plan->n_workers);
	sound = !running.plan->n_workers || is_supervised(running.state);
	ui_table_add(t, (const char *const[]){lab, sound ? "up" : "damaged", running.plan->step,
					      namespaces, workers, running.plan->title});
	ui_table_colour(t, 1, sound ? UI_GREEN : UI_RED);
}

static int status_of_all(bool json)
{
	auto_ui_table struct ui_table *t = ui_table_new("labs", lab_columns,
							ARRAY_LEN(lab_columns));
	auto_error struct lab_error *err = NULL;
	auto_ui_json struct ui_json *j = NULL;
	size_t n;
	char **labs;

	if (cli_outside())
		rootless_tidy();
	labs = state_list(&n, &err);

	if (!labs)
		return cli_fail_json(json, err);
	for (size_t i = 0; i < n; i++) {
		add_lab(t, labs[i]);
		free(labs[i]);
	}
	free(labs);
	if (!json && !n)
		fprintf(stderr, "no lab is up\n");
	if (!json)
		return ui_table_print(t, stdout, cli_colour(stdout), &err) ? cli_fail(err) : LAB_OK;
	j = ui_json_new();
	ui_json_table(j, t);
	return ui_json_print(j, stdout, &err) ? cli_fail_json(json, err) : LAB_OK;
}

int verb_status(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_status, argc, argv, &o);
	if (o.common.lab ? cli_enter_running("status", o.common.lab, &err)
			 : !cli_outside() && cli_need_root("status", &err))
		return cli_fail_json(o.common.json, err);
	if (o.watch)
		return watch_lab(&o.common);
	return o.common.lab ? status_of_lab(&o.common) : status_of_all(o.common.json);
}
