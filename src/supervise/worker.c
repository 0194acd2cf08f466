// SPDX-License-Identifier: GPL-2.0-only
/*
 * Back-off grows by half each time: 0.1 s ... 5 s. A worker that crashes as soon as it is started has
 * thus crashed ten times within eight seconds, and is given up; doubling would never get there.
 */
#include "supervise/worker.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "supervise/launch.h"
#include "supervise/logfile.h"

#define GRACE_MS               10000
#define BACKOFF_FIRST_MS       100u
#define BACKOFF_LAST_MS        5000u
#define WORKER_CRASH_WINDOW_MS 10000

const char *supervise_worker_state_name(enum worker_state state)
{
	/* people need not know that a start or an end takes two steps, nor that it serves with old files */
	static const char *const names[] = {"starting",    "starting", "ready",    "ready",
					    "backing-off", "failed",   "stopping", "stopping"};

	static_assert(ARRAY_LEN(names) == WORKER_STOPPING + 1, "one name per state");
	return names[state];
}

static void set_state(struct worker *w, enum worker_state state)
{
	w->state = state;
	w->since = loop_now(w->sup->loop);
	supervisor_touch(w->sup);
}

static void close_ready(struct worker *w)
{
	if (w->ready.fd < 0)
		return;
	loop_del(w->sup->loop, &w->ready);
	(void)close(w->ready.fd); /* only read from */
	w->ready.fd = -1;
}

static void is_ready(struct worker *w)
{
	loop_timer_clear(w->sup->loop, &w->timer);
	log_info("%s: ready, pid %d", w->spec->name, w->outside);
	set_state(w, WORKER_READY);
}

static bool is_serving_soon(const struct worker *w)
{
	return w->state == WORKER_STARTING || w->state == WORKER_RELOADING;
}

/* The first byte says that it is ready, all that follows are notes: see base/worker.h. */
static void on_ready(struct loop_io *io, uint32_t events)
{
	struct worker *w = container_of(io, struct worker, ready);
	char buf[4096];
	ssize_t n = read(io->fd, buf, sizeof(buf));
	size_t said = 0;

	if (n < 0)
		return; /* EAGAIN, EINTR: it will be called again */
	if (n == 0) {   /* before the first byte: it is about to end, or the deadline will come */
		close_ready(w);
		return;
	}
	while (w->awaited && said < (size_t)n) {
		said++;
		if (--w->awaited == 0 && is_serving_soon(w))
			is_ready(w);
	}
	/* one that was told to end may go on talking: it must not die of a broken pipe */
	if (w->state == WORKER_READY)
		supervise_note_add(&w->note, buf + said, (size_t)n - said);
}

static void restart(struct worker *w);

static void on_timer(struct loop_timer *t)
{
	struct worker *w = container_of(t, struct worker, timer);

	switch (w->state) {
	case WORKER_STARTING:
	case WORKER_RELOADING:
		w->overdue = true;
		(void)kill(w->pid, SIGKILL); /* not reaped yet, so it exists */
		break;
	case WORKER_BACKING_OFF: restart(w); break;
	case WORKER_WAITING:
	case WORKER_PAUSED:
	case WORKER_STOPPING:
		log_warning("%s: did not end in time, killed", w->spec->name);
		(void)kill(w->pid, SIGKILL); /* as above */
		break;
	case WORKER_READY:
	case WORKER_FAILED: break;
	}
}

struct worker *supervise_worker_new(struct supervisor *sup, struct spec *spec)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w || !(w->held = calloc(spec->n_sockets + 1, sizeof(struct held_socket *))))
		abort();
	w->sup = sup;
	w->spec = spec;
	w->apart = spec->alone;
	w->slot = -1;
	w->ready.fd = -1;
	w->ready.fn = on_ready;
	w->timer.fn = on_timer;
	w->since = loop_now(sup->loop);
	return w;
}

static void drop_user(struct worker *w)
{
	supervisor_user_drop(w->sup, w->slot, w->spec->alone ? w->spec->name : NULL);
	w->slot = -1;
}

void supervise_worker_free(struct worker *w)
{
	close_ready(w);
	loop_timer_clear(w->sup->loop, &w->timer);
	supervise_launch_drop(w, DROP_ALL);
	drop_user(w);
	supervise_spec_free(w->spec);
	supervise_spec_free(w->before);
	free(w->held);
	free(w);
}

/* Whether the namespaces of the spec, which names the worker's, still are those that it is in. */
static bool is_in_place(const struct worker *w, const struct spec *spec)
{
	struct netns n = {.fd = -1};

	if (supervise_pool_netns(w->sup->pool, spec->ns, &n, NULL))
		return false;
	(void)close(n.fd); /* only looked at */
	if (n.dev != w->netns_dev || n.ino != w->netns_ino)
		return false;
	for (size_t i = 0; i < spec->n_sockets; i++)
		if (w->held[i] &&
		    !supervise_pool_current(w->sup->pool, w->held[i], spec->sockets[i].ns))
			return false;
	return true;
}

bool supervise_worker_is(const struct worker *w, const struct spec *spec)
{
	return supervise_spec_same(w->spec, spec) && is_in_place(w, spec);
}

static bool serves(const struct worker *w)
{
	return w->state == WORKER_READY || w->state == WORKER_RELOADING;
}

bool supervise_worker_can_reload(const struct worker *w, const struct spec *spec)
{
	return serves(w) && w->ready.fd >= 0 && supervise_spec_reloads(w->spec, spec) &&
	       is_in_place(w, spec);
}

static int launch(struct worker *w, struct lab_error **err)
{
	w->overdue = false;
	w->awaited = 1;
	w->note = (struct note){0};
	if (supervise_launch(w, err))
		return lab_error_prefix(err, "worker %s", w->spec->name);
	loop_timer_set(w->sup->loop, &w->timer, w->spec->ready_ms);
	set_state(w, WORKER_STARTING);
	return 0;
}

/* Ten crashes within the window: the one that is about to be overwritten is young. */
static bool crashes_too_often(struct worker *w)
{
	uint64_t now = loop_now(w->sup->loop);
	uint64_t *oldest;

	w->crashes[w->n_crashes++ % WORKER_CRASHES] = now;
	oldest = &w->crashes[w->n_crashes % WORKER_CRASHES];
	return w->n_crashes >= WORKER_CRASHES && now - *oldest <= WORKER_CRASH_WINDOW_MS;
}

static void give_up(struct worker *w)
{
	supervise_launch_drop(w, DROP_ALL);
	set_state(w, WORKER_FAILED);
}

static void crashed(struct worker *w)
{
	log_warning("%s: %s", w->spec->name, w->reason);
	if (w->tentative) {
		give_up(w);
	} else if (crashes_too_often(w)) {
		log_error("%s: crashed %d times within %d s, given up", w->spec->name,
			  WORKER_CRASHES, WORKER_CRASH_WINDOW_MS / 1000);
		give_up(w);
	} else {
		loop_timer_set(w->sup->loop, &w->timer, w->backoff_ms);
		w->backoff_ms += w->backoff_ms / 2;
		if (w->backoff_ms > BACKOFF_LAST_MS)
			w->backoff_ms = BACKOFF_LAST_MS;
		set_state(w, WORKER_BACKING_OFF);
	}
}

static int relaunch(struct worker *w, struct lab_error **err)
{
	if (!launch(w, err))
		return 0;
	(void)snprintf(w->reason, sizeof(w->reason), "%s",
		       lab_error_message(*err)); /* may be cut */
	crashed(w);
	return -1;
}

static void restart(struct worker *w)
{
	auto_error struct lab_error *err = NULL;

	w->restarts++;
	(void)relaunch(w, &err); /* a failure is a crash: it is recorded, and tried again */
}

int supervise_worker_start(struct worker *w, struct lab_error **err)
{
	loop_timer_clear(w->sup->loop, &w->timer);
	w->n_crashes = 0;
	w->backoff_ms = BACKOFF_FIRST_MS;
	w->reason[0] = '\0';
	return relaunch(w, err);
}

/* The other way of a start: its process stays. */
static int reload(struct worker *w, struct lab_error **err)
{
	if (supervise_launch_reload(w, err))
		return lab_error_prefix(err, "worker %s", w->spec->name);
	supervise_worker_wake(w);
	w->awaited++;
	w->overdue = false;
	loop_timer_set(w->sup->loop, &w->timer, w->spec->ready_ms);
	set_state(w, WORKER_RELOADING);
	return 0;
}

int supervise_worker_reload(struct worker *w, struct spec *spec, struct lab_error **err)
{
	struct spec *before = w->spec;

	w->spec = spec;
	if (reload(w, err)) {
		w->spec = before;
		return -1;
	}
	w->before = before;
	return 0;
}

void supervise_worker_reload_back(struct worker *w)
{
	auto_error struct lab_error *err = NULL;

	if (!w->before)
		return;
	supervise_spec_free(w->spec);
	w->spec = w->before;
	w->before = NULL;
	if (!serves(w))
		return; /* its next process is what it was before */
	if (!reload(w, &err))
		return;
	log_warning("%s, killed", lab_error_message(err));
	(void)kill(w->pid, SIGKILL); /* not reaped yet, so it exists; a start follows */
}

void supervise_worker_reload_stays(struct worker *w)
{
	supervise_spec_free(w->before);
	w->before = NULL;
}

static void describe_end(struct worker *w, int status)
{
	char line[384];
	int n;

	if (w->overdue)
		n = snprintf(w->reason, sizeof(w->reason), "not ready within %u s",
			     w->spec->ready_ms / 1000);
	else if (WIFSIGNALED(status))
		n = snprintf(w->reason, sizeof(w->reason), "killed by signal %d (%s)",
			     WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
	else
		n = snprintf(w->reason, sizeof(w->reason), "exited with status %d",
			     WEXITSTATUS(status));
	supervise_log_last_line(w->sup->dir_fd, w->spec->family, line, sizeof(line));
	/* an access log's lines, which are JSON, say nothing about an end */
	if (line[0] && line[0] != '{') /* always fits: 384 and less than 100 before it */
		(void)snprintf(w->reason + n, sizeof(w->reason) - (size_t)n, "; log: %s", line);
}

/* One that was told to end has. */
static void ended(struct worker *w)
{
	if (w->state != WORKER_STOPPING) {
		supervise_launch_drop(w, DROP_SOCKETS);
		drop_user(w);
	}
	supervisor_touch(w->sup); /* supervise_worker_free() follows, or a start */
}

void supervise_worker_exited(struct worker *w, int status)
{
	bool was_stable = w->state == WORKER_READY &&
			  loop_now(w->sup->loop) - w->since >= WORKER_CRASH_WINDOW_MS;

	close_ready(w);
	loop_timer_clear(w->sup->loop, &w->timer);
	w->note = (struct note){0};
	w->pid = w->outside = 0;
	w->stopped = false;
	if (w->state == WORKER_STOPPING || w->state == WORKER_PAUSED ||
	    w->state == WORKER_WAITING) {
		ended(w);
		return;
	}
	if (was_stable)
		w->backoff_ms = BACKOFF_FIRST_MS;
	supervise_launch_drop(w, DROP_QUEUES);
	supervise_launch_leave(w); /* the last one of all copies keeps its sockets: clients wait */
	describe_end(w, status);
	crashed(w);
	/* last: it forks, and a copy of a socket that was given up must not linger in the child */
	drop_user(w);
}

void supervise_worker_halted(struct worker *w, bool stopped)
{
	if (w->stopped == stopped)
		return;
	w->stopped = stopped;
	log_warning("%s: %s", w->spec->name, stopped ? "was stopped by a signal" : "goes on");
	supervisor_touch(w->sup);
}

void supervise_worker_wake(struct worker *w)
{
	if (!w->pid || !w->stopped)
		return;
	(void)kill(w->pid, SIGCONT); /* not reaped yet, so it exists */
	supervise_worker_halted(w, false);
}

/* Its pipe stays open: see on_ready(). */
static void tell_to_end(struct worker *w, enum worker_state state)
{
	loop_timer_clear(w->sup->loop, &w->timer);
	if (w->pid) {
		(void)kill(w->pid, SIGTERM); /* not reaped yet, so it exists */
		supervise_worker_wake(w);
		loop_timer_set(w->sup->loop, &w->timer, GRACE_MS);
	}
	set_state(w, state);
}

void supervise_worker_wait(struct worker *w)
{
	if (!w->pid) /* else the grace period of one that made way goes on */
		loop_timer_clear(w->sup->loop, &w->timer);
	set_state(w, WORKER_WAITING);
}

void supervise_worker_pause(struct worker *w)
{
	tell_to_end(w, WORKER_PAUSED);
	if (!w->pid)
		supervise_launch_drop(w, DROP_SOCKETS);
}

void supervise_worker_stop(struct worker *w)
{
	if (w->state == WORKER_STOPPING)
		return;
	tell_to_end(w, WORKER_STOPPING);
	if (!w->sup->stopping)
		supervise_launch_leave(w);
}
