// SPDX-License-Identifier: GPL-2.0-only
#include "cli/web_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "check/check.h"
#include "cli/rootless.h"
#include "cli/session.h"
#include "kernel/route.h"
#include "state/progress.h"

#define LOG_LINES 40

/* --- opening --- */

static int stat_plan(const struct cli_view *v, struct stat *st)
{
	return fstatat(state_dir_fd(v->running.state), "plan.json", st, AT_SYMLINK_NOFOLLOW);
}

static int read_labs(struct cli_view *v, struct lab_error **err)
{
	const struct plan *p = v->running.plan;
	const char *file = p->file ? p->file : v->arg;

	/* the file may give another name than the lab was brought up with */
	v->lab = cli_find_named_lab(file, p->step, p->lab, err);
	v->whole = v->lab ? cli_find_named_lab(file, NULL, p->lab, err) : NULL;
	return v->whole ? 0 : -1;
}

static int open_counters(struct cli_view *v, struct lab_error **err)
{
	size_t n;
	const char *const *ns = live_namespaces(v->live, &n);

	cli_allow_many_files();
	v->counters = kernel_counters_new(v->running.plan->lab, ns, n, err);
	return v->counters ? 0 : -1;
}

static void keep_call(void *data, const struct tail *t, const char *line)
{
	struct cli_view *v = data;
	json_t *call = live_call(v->live, t->name, line);

	if (!call)
		return;
	if (json_array_append_new(v->calls, call))
		abort();
	while (json_array_size(v->calls) > CLI_VIEW_CALLS)
		(void)json_array_remove(v->calls, 0); /* it is there */
}

static int open_logs(struct cli_view *v, struct lab_error **err)
{
	const struct plan *p = v->running.plan;

	v->calls = json_array();
	v->logs = openat(state_dir_fd(v->running.state), "log",
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (v->logs < 0 && errno != ENOENT)
		return lab_error_errno(err, LAB_FAILED, errno, "lab %s: logs", p->lab);
	v->tails = calloc(p->n_workers + 1, sizeof(*v->tails));
	if (!v->tails || !v->calls)
		abort();
	for (size_t i = 0; v->logs >= 0 && i < p->n_workers; i++) {
		struct tail *t = &v->tails[v->n_tails];

		if (strcmp(p->workers[i].program, "labctl-gateway") != 0)
			continue;
		v->n_tails++;
		cli_tail_init(t, v->logs, p->workers[i].name);
		if (cli_tail_last(t, CLI_VIEW_CALLS, keep_call, v, err))
			return -1;
	}
	return 0;
}

static int open_all(struct cli_view *v, struct lab_error **err)
{
	bool changed;

	if (cli_open_running(v->arg, STATE_READ, &v->running, err))
		return -1;
	if (stat_plan(v, &v->plan_file))
		return lab_error_errno(err, LAB_STATE, errno, "lab %s: its plan",
				       v->running.plan->lab);
	if (read_labs(v, err))
		return -1;
	v->graph = graph_build(v->lab->lab, &(struct graph_options){.all = v->all});
	graph_layout(v->graph, &graph_pixels);
	v->live = live_new(v->graph, v->running.plan);
	if (open_counters(v, err) || cli_view_count(v, err)) /* states are known from the first */
		return -1;
	return open_logs(v, err) || cli_view_lesson(v, &changed, err) ? -1 : 0;
}

int cli_view_open(struct cli_view *v, struct lab_error **err)
{
	v->logs = -1;
	if (open_all(v, err) == 0)
		return 0;
	cli_view_close(v);
	return -1;
}

void cli_view_close(struct cli_view *v)
{
	for (size_t i = 0; i < v->n_tails; i++)
		cli_tail_done(&v->tails[i]);
	free(v->tails);
	if (v->tails)
		cleanup_closep(&v->logs);
	json_decref(v->calls);
	json_decref(v->lesson);
	free(v->progress);
	kernel_counters_free(v->counters);
	live_free(v->live);
	graph_free(v->graph);
	cli_lab_free(v->lab);
	cli_lab_free(v->whole);
	cli_running_done(&v->running);
	*v = (struct cli_view){.arg = v->arg, .all = v->all, .logs = -1};
}

bool cli_view_is_stale(const struct cli_view *v)
{
	struct stat st;

	return stat_plan(v, &st) || st.st_ino != v->plan_file.st_ino ||
	       st.st_mtim.tv_sec != v->plan_file.st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != v->plan_file.st_mtim.tv_nsec;
}

/* --- looking --- */

static void see(const char *ns, const char *dev, const struct plan_counters *k, void *data)
{
	live_see(data, ns, dev, k);
}

int cli_view_count(struct cli_view *v, struct lab_error **err)
{
	if (kernel_counters_read(v->counters, see, v->live, err))
		return -1;
	live_tick(v->live, clock_ms());
	return 0;
}

struct news {
	struct cli_view *v;
	json_t *calls;
};

static void add_call(void *data, const struct tail *t, const char *line)
{
	struct news *n = data;
	json_t *call = live_call(n->v->live, t->name, line);

	if (call && json_array_append_new(n->calls, call))
		abort();
	keep_call(n->v, t, line);
}

json_t *cli_view_calls(struct cli_view *v, struct lab_error **err)
{
	struct news n = {v, json_array()};

	for (size_t i = 0; i < v->n_tails; i++) {
		if (cli_tail_more(&v->tails[i], add_call, &n, err)) {
			json_decref(n.calls);
			return NULL;
		}
	}
	return n.calls;
}

static json_t *make_lesson(const struct cli_view *v, const char *text, struct lab_error **err)
{
	const struct lab *lab = v->lab->lab;
	auto_progress struct lesson_progress progress = {0};
	size_t n;
	auto_free const struct check **checks = check_select(lab, lab->step, &n);

	if (lesson_read(text, &progress, err))
		return NULL;
	/* who changed the lab by `up` is where the lab is, as for `labctl lesson` */
	if (lab->n_steps && (lab->step || !progress.at))
		lesson_move(&progress,
			    lab->step ? lab->step : lab->steps[lab->n_steps - 1].id.name);
	return live_lesson(v->whole->lab, &progress, checks, n);
}

int cli_view_lesson(struct cli_view *v, bool *changed, struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;
	auto_free char *text = state_progress_read(cli_lasting_root(), v->running.plan->lab, &why);
	json_t *lesson;

	*changed = !v->lesson || !text != !v->progress || (text && strcmp(text, v->progress) != 0);
	if (!*changed)
		return 0;
	lesson = make_lesson(v, text, err);
	if (!lesson)
		return -1;
	json_decref(v->lesson);
	v->lesson = lesson;
	free(v->progress);
	v->progress = steal_ptr(text);
	return 0;
}

/* --- one namespace --- */

struct look {
	struct live_node node;
	struct arena *arena;
	struct live_route *routes;
	const char **drift, **log;
};

static bool is_it(const char *ns, void *data)
{
	const struct look *k = data;

	return strcmp(ns, k->node.ns) == 0;
}

static void take_route(const struct kernel_route *r, void *data)
{
	struct look *k = data;

	*arena_push(k->arena, k->routes, k->node.n_routes) = (struct live_route){
		.table = r->table,
		.dst = r->dst,
		.via = r->via,
		.dev = arena_strdup(k->arena, r->dev),
		.metric = r->metric,
		.protocol = r->protocol,
		.blackhole = r->type == 6, /* RTN_BLACKHOLE */
	};
}

/* Of what lies elsewhere nothing was looked at, so all of it seems to differ. */
static void take_drift(struct look *k, const struct plan_diff *drift)
{
	for (size_t i = 0; i < drift->n; i++) {
		const struct plan_step *s = &drift->steps[i];
		const void *object = s->after ? s->after : s->before;
		const char *word = apply_drift_of(drift, i), *ns[2];

		plan_places(s->kind, object, ns);
		if (word && (is_it(ns[0], k) || (ns[1] && is_it(ns[1], k))))
			*arena_push(k->arena, k->drift, k->node.n_drift) = arena_printf(
				k->arena, "%s: %s", plan_describe(k->arena, s->kind, object), word);
	}
}

static void take_line(void *data, const struct tail *t, const char *line)
{
	struct look *k = data;

	*arena_push(k->arena, k->log, k->node.n_log) = arena_printf(k->arena, "%s | %s", t->name,
								    line);
}

static int read_log(struct look *k, const struct cli_view *v, struct lab_error **err)
{
	const struct plan *p = v->running.plan;
	int rc = 0;

	for (size_t i = 0; v->logs >= 0 && i < p->n_workers && !rc; i++) {
		struct tail t;

		if (strcmp(p->workers[i].ns, k->node.ns) != 0)
			continue;
		cli_tail_init(&t, v->logs, p->workers[i].name);
		rc = cli_tail_last(&t, LOG_LINES, take_line, k, err);
		cli_tail_done(&t);
	}
	return rc;
}

json_t *cli_view_node(struct cli_view *v, const char *ns, struct lab_error **err)
{
	const struct plan *p = v->running.plan;
	const struct plan_namespace *there = plan_find_namespace(p, ns);
	auto_arena struct arena *arena = arena_new(0);
	auto_session struct cli_session session = {0};
	struct look k = {.arena = arena};
	struct apply_status status;
	json_t *json = NULL;

	if (!there) {
		(void)lab_error_make(err, LAB_USAGE, "lab %s: has no %s", p->lab, ns);
		return NULL;
	}
	k.node.ns = there->name;
	if (cli_session_read(&session, p->lab, err))
		return NULL;
	if (!session.state) {
		(void)lab_error_make(err, LAB_STATE, "lab %s: is not up", p->lab);
		return NULL;
	}
	if (apply_status_part(session.state, &session.ops, p, is_it, &k, &status, err))
		return NULL;
	take_drift(&k, status.drift);
	if (kernel_each_route(p->lab, there->name, take_route, &k, err) == 0 &&
	    read_log(&k, v, err) == 0) {
		k.node.observed = status.observed;
		k.node.routes = k.routes;
		k.node.drift = k.drift;
		k.node.log = k.log;
		json = live_node(v->live, &k.node);
	}
	apply_status_done(&status);
	return json;
}
