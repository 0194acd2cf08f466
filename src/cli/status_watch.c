// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel notifies only says where to look: what differs there is found as always, by observing.
 * So nothing has to be known about notifications, and one that is lost is made good by the next look at
 * all, which comes once in a while anyway. Looks are spaced by what they cost, so that a lab in uproar
 * takes a fifth of a processor at most.
 */
#include "cli/status_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "base/loop.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/differences.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "kernel/watch.h"
#include "supervise/client.h"

#define SETTLE_MS   40   /* what comes within that time is looked at together */
#define ALL_MS      5000 /* between two looks at all, for settings that nobody notifies */
#define UP_MS       3000 /* an `up` at work is waited for; then its half-made lab is shown */
#define RETRY_MS    200
#define RETRIES_MAX 25

struct watch {
	struct loop *loop;
	struct cli_session session;
	const char *lab;
	struct apply_status base; /* its plan is what all is held against; NULL: to be read */
	struct kernel_watch *kernel;
	struct loop_io on_kernel, on_lab, on_supervisor, on_signal;
	struct loop_timer settle, all;
	struct differences differences;
	const char **dirty; /* namespaces of the plan with news */
	size_t n_dirty;
	bool look_at_all, look_at_workers, told_of_up, started;
	uint64_t up_since;
	unsigned int failures;
	struct lab_error *failure;
};

static void look_soon(struct watch *w, uint64_t ms)
{
	if (!loop_timer_is_set(&w->settle))
		loop_timer_set(w->loop, &w->settle, ms);
}

static void end(struct watch *w)
{
	loop_stop(w->loop);
}

/* --- what happens --- */

static bool is_dirty(const char *ns, void *data)
{
	const struct watch *w = data;

	for (size_t i = 0; i < w->n_dirty; i++)
		if (strcmp(w->dirty[i], ns) == 0)
			return true;
	return false;
}

static void mark(const char *ns, void *data)
{
	struct watch *w = data;
	const struct plan_namespace *p = w->base.plan ? plan_find_namespace(w->base.plan, ns)
						      : NULL;

	if (!p || is_dirty(ns, w))
		return;
	w->dirty = reallocarray(w->dirty, w->n_dirty + 1, sizeof(*w->dirty));
	if (!w->dirty)
		abort();
	w->dirty[w->n_dirty++] = p->name;
}

static void kernel_news(struct loop_io *io, uint32_t events)
{
	struct watch *w = container_of(io, struct watch, on_kernel);

	kernel_watch_read(w->kernel, mark, w);
	if (w->n_dirty)
		look_soon(w, SETTLE_MS);
}

static void hang_up(struct watch *w)
{
	if (w->on_supervisor.fd < 0)
		return;
	loop_del(w->loop, &w->on_supervisor);
	(void)close(w->on_supervisor.fd); /* only read from */
	w->on_supervisor.fd = -1;
}

static void supervisor_news(struct loop_io *io, uint32_t events)
{
	struct watch *w = container_of(io, struct watch, on_supervisor);

	if (!supervise_watch_read(io->fd))
		hang_up(w);
	w->look_at_workers = true;
	look_soon(w, SETTLE_MS);
}

static void signal_news(struct loop_io *io, uint32_t events)
{
	end(container_of(io, struct watch, on_signal));
}

/* The lab's own folder: `up` writes target.json and renames it to plan.json, `down` removes both. */
static void lab_news(struct loop_io *io, uint32_t events)
{
	struct watch *w = container_of(io, struct watch, on_lab);
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while ((n = read(io->fd, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(buf + at);

			if (e->len && (strcmp(e->name, "plan.json") == 0 ||
				       strcmp(e->name, "target.json") == 0 ||
				       strcmp(e->name, "control") == 0))
				w->look_at_all = true;
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	if (w->look_at_all)
		look_soon(w, SETTLE_MS);
}

static void time_for_all(struct loop_timer *t)
{
	struct watch *w = container_of(t, struct watch, all);

	w->look_at_all = true;
	look_soon(w, 0);
}

/* --- looks --- */

static bool is_of_kernel(const struct difference *x, void *data)
{
	return x->ns[0] != NULL;
}

static bool is_of_dirty(const struct difference *x, void *data)
{
	return x->ns[0] && (is_dirty(x->ns[0], data) || (x->ns[1] && is_dirty(x->ns[1], data)));
}

static bool is_of_supervisor(const struct difference *x, void *data)
{
	return !x->ns[0];
}

static void see(struct watch *w, const char *object, const char *drift)
{
	cli_differences_see(&w->differences,
			    &(struct difference){.object = (char *)(uintptr_t)object,
						 .drift = (char *)(uintptr_t)drift});
}

static void call_supervisor(struct watch *w)
{
	int fd = supervise_watch(state_dir_fd(w->session.state), NULL);

	/* one that cannot be reached now is called again with the next look */
	if (fd >= 0 && loop_add(w->loop, &w->on_supervisor, fd, EPOLLIN) < 0)
		(void)close(fd); /* as above */
}

static int look_at_workers(struct watch *w, struct lab_error **err)
{
	const struct process_id *id = &state_journal(w->session.state)->supervisor;
	bool halted = process_id_stopped(id);
	auto_close int there = process_id_open(id);
	auto_error struct lab_error *why = NULL;
	auto_free char *text = NULL;
	json_t *live;

	if (there >= 0 && !halted) {
		if (w->on_supervisor.fd < 0)
			call_supervisor(w);
		text = supervise_status(state_dir_fd(w->session.state), &why);
	}
	cli_differences_begin(&w->differences);
	if (!text) {
		see(w, "supervisor", halted ? "stopped" : "missing");
	} else {
		live = json_loads(text, 0, NULL);
		cli_differences_see_workers(&w->differences, w->base.plan, live);
		json_decref(live);
	}
	/* what became of workers that nobody can be asked about is not known */
	if (text || !halted)
		cli_differences_end(&w->differences, is_of_supervisor, NULL);
	return 0;
}

/* A namespace that was made anew has to be followed anew. */
static int follow_dirty(struct watch *w, struct lab_error **err)
{
	for (size_t i = 0; i < w->n_dirty; i++)
		if (kernel_watch_follow(w->kernel, w->dirty[i], err))
			return -1;
	return 0;
}

static int look_at_dirty(struct watch *w, struct lab_error **err)
{
	struct apply_status s;

	if (follow_dirty(w, err))
		return -1;
	if (apply_status_part(w->session.state, &w->session.ops, w->base.plan, is_dirty, w, &s,
			      err))
		return -1;
	cli_differences_begin(&w->differences);
	cli_differences_see_drift(&w->differences, s.drift, is_dirty, w);
	cli_differences_end(&w->differences, is_of_dirty, w);
	apply_status_done(&s);
	return 0;
}

static void see_all(struct watch *w, const struct apply_status *s)
{
	auto_arena struct arena *a = arena_new(0);

	cli_differences_begin(&w->differences);
	cli_differences_see_drift(&w->differences, s->drift, NULL, NULL);
	for (size_t i = 0; i < s->n_foreign; i++)
		cli_differences_see(
			&w->differences,
			&(struct difference){
				.object = arena_printf(a, "namespace %s", s->foreign[i]),
				.drift = arena_strdup(a, "foreign"),
				.ns = {arena_strdup(a, s->foreign[i]), NULL},
			});
	cli_differences_end(&w->differences, is_of_kernel, NULL);
}

static int follow_all(struct watch *w, struct lab_error **err)
{
	const struct plan *p = w->base.plan;

	for (size_t i = 0; i < p->n_namespaces; i++)
		if (kernel_watch_follow(w->kernel, p->namespaces[i].name, err))
			return -1;
	return 0;
}

static bool is_same_plan(const struct plan *a, const struct plan *b)
{
	struct plan_diff *d;
	bool same;

	if (!a || !b)
		return !a && !b;
	d = plan_diff(a, b);
	same = d->n == 0;
	plan_diff_free(d);
	return same;
}

static void say_start(struct watch *w)
{
	auto_strbuf struct strbuf text = {0};

	strbuf_printf(&text, "watching %zu namespaces", w->base.plan->n_namespaces);
	cli_differences_say(&w->differences, w->lab, text.s);
	w->started = true;
}

/* Another plan, or the first one. */
static int take_plan(struct watch *w, struct apply_status *s, struct lab_error **err)
{
	bool same = is_same_plan(w->base.plan, s->plan);

	w->n_dirty = 0; /* they point into the plan that goes */
	apply_status_done(&w->base);
	w->base = *s;
	*s = (struct apply_status){0};
	if (w->started && !same)
		cli_differences_say(&w->differences, w->lab, "`up` changed it");
	if (!same && follow_all(w, err))
		return -1;
	if (!w->started)
		say_start(w);
	return 0;
}

/* Whether an `up` is at work, whose doings would look like damage. */
static bool must_wait(struct watch *w, const struct apply_status *s)
{
	if (!s->unfinished) {
		w->up_since = 0;
		w->told_of_up = false;
		return false;
	}
	if (!w->up_since)
		w->up_since = clock_ms();
	return clock_ms() - w->up_since < UP_MS;
}

static int look_at_all(struct watch *w, struct lab_error **err)
{
	struct apply_status s;
	int res;

	cli_session_done(&w->session);
	if (cli_session_read(&w->session, w->lab, err))
		return -1;
	if (!w->session.state) {
		cli_differences_say(&w->differences, w->lab, "is down");
		end(w);
		return 0;
	}
	if (apply_status(w->session.state, &w->session.ops, &s, err))
		return -1;
	if (must_wait(w, &s)) {
		apply_status_done(&s);
		look_soon(w, RETRY_MS);
		return 0;
	}
	w->look_at_all = false;
	if (s.unfinished && !w->told_of_up)
		cli_differences_say(&w->differences, w->lab, "an `up` was killed, or is at work");
	w->told_of_up = s.unfinished;
	res = follow_dirty(w, err);
	if (res == 0)
		res = take_plan(w, &s, err);
	if (res == 0)
		see_all(w, &w->base);
	apply_status_done(&s);
	return res == 0 ? look_at_workers(w, err) : res;
}

static int look(struct watch *w, struct lab_error **err)
{
	if (w->look_at_all || !w->base.plan)
		return look_at_all(w, err);
	if (w->n_dirty && look_at_dirty(w, err))
		return -1;
	w->n_dirty = 0;
	if (w->look_at_workers && look_at_workers(w, err))
		return -1;
	w->look_at_workers = false;
	return 0;
}

/* What vanishes while it is being looked at makes a look fail; the next one tells what became of it. */
static void failed(struct watch *w, struct lab_error *err) /* takes err */
{
	if (++w->failures >= RETRIES_MAX || !w->started) {
		w->failure = err;
		end(w);
		return;
	}
	lab_error_free(err);
	w->look_at_all = true;
	look_soon(w, RETRY_MS);
}

static void time_to_look(struct loop_timer *t)
{
	struct watch *w = container_of(t, struct watch, settle);
	uint64_t begin = clock_ms(), took;
	struct lab_error *err = NULL;

	if (look(w, &err) || cli_differences_flush(&w->differences, &err)) {
		failed(w, err);
		return;
	}
	if (!w->look_at_all)
		w->failures = 0;
	took = clock_ms() - begin;
	if (took * 4 > SETTLE_MS && !loop_timer_is_set(&w->settle))
		loop_timer_set(w->loop, &w->settle, took * 4);
	loop_timer_set(w->loop, &w->all, took * 20 > ALL_MS ? took * 20 : ALL_MS);
}

/* --- life --- */

static int watch_lab(struct watch *w, struct lab_error **err)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	/* always fits */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", state_dir_fd(w->session.state));
	w->on_lab.fn = lab_news;
	if (fd < 0 || inotify_add_watch(fd, path, IN_CREATE | IN_DELETE | IN_MOVE) < 0 ||
	    loop_add(w->loop, &w->on_lab, fd, EPOLLIN) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "lab %s: cannot watch it", w->lab);
	return 0;
}

static int open_watch(struct watch *w, struct lab_error **err)
{
	cli_allow_many_files();
	w->loop = loop_new();
	if (!w->loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	if (cli_session_read(&w->session, w->lab, err))
		return -1;
	if (!w->session.state) {
		(void)lab_error_make(err, LAB_STATE, "lab %s: is not up", w->lab);
		return lab_error_hint(err, "labctl up %s", w->lab);
	}
	w->on_signal.fn = signal_news;
	w->kernel = kernel_watch_new(w->lab, err);
	if (!w->kernel || watch_lab(w, err) || cli_watch_signals(w->loop, &w->on_signal, err))
		return -1;
	w->on_kernel.fn = kernel_news;
	if (loop_add(w->loop, &w->on_kernel, kernel_watch_fd(w->kernel), EPOLLIN) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	w->settle.fn = time_to_look;
	w->all.fn = time_for_all;
	w->on_supervisor.fn = supervisor_news;
	w->look_at_all = true;
	look_soon(w, 0);
	return 0;
}

static void close_watch(struct watch *w)
{
	hang_up(w);
	cleanup_closep(&w->on_lab.fd);
	cleanup_closep(&w->on_signal.fd);
	kernel_watch_free(w->kernel);
	apply_status_done(&w->base);
	cli_session_done(&w->session);
	cli_differences_done(&w->differences);
	free(w->dirty);
	loop_free(w->loop);
}

int cli_status_watch(const char *lab, bool json, bool *differs, struct lab_error **err)
{
	struct watch w = {
		.lab = lab,
		.differences = {.json = json, .live = !json && cli_colour(stdout)},
		.on_lab.fd = -1,
		.on_signal.fd = -1,
		.on_supervisor.fd = -1,
	};
	int res = open_watch(&w, err);

	if (res == 0 && loop_run(w.loop) < 0)
		res = lab_error_errno(err, LAB_FAILED, errno, "event loop");
	if (w.failure) {
		res = -1;
		lab_error_free(*err);
		*err = w.failure;
	}
	*differs = w.differences.n > 0 && w.session.state;
	if (w.differences.shown)
		puts("");
	close_watch(&w);
	return res;
}
