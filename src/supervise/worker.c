// SPDX-License-Identifier: GPL-2.0-only
/*
 * Back-off grows by half each time: 0.1 s ... 5 s. A worker that crashes as soon as it is started has
 * thus crashed ten times within eight seconds, and is given up; doubling would never get there.
 */
#include "supervise/worker.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "supervise/logfile.h"
#include "supervise/message.h"
#include "supervise/spawn.h"

#define READY_DEADLINE_MS      10000
#define GRACE_MS               10000
#define BACKOFF_FIRST_MS       100u
#define BACKOFF_LAST_MS        5000u
#define WORKER_CRASH_WINDOW_MS 10000

#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

const char *supervise_worker_state_name(enum worker_state state)
{
	static const char *const names[] = {"starting", "ready", "backing-off", "failed",
					    "stopping"};

	static_assert(ARRAY_LEN(names) == WORKER_STOPPING + 1, "one name per state");
	return names[state];
}

static void set_state(struct worker *w, enum worker_state state)
{
	w->state = state;
	w->since = loop_now(w->sup->loop);
	supervisor_touch(w->sup);
}

static void drop_sockets(struct worker *w)
{
	for (size_t i = 0; i < w->spec->n_sockets; i++) {
		supervise_pool_drop(w->sup->pool, w->held[i]);
		w->held[i] = NULL;
	}
}

static int take_sockets(struct worker *w, struct lab_error **err)
{
	for (size_t i = 0; i < w->spec->n_sockets; i++) {
		if (!w->held[i])
			w->held[i] = supervise_pool_take(w->sup->pool, &w->spec->sockets[i], err);
		if (!w->held[i])
			return -1;
	}
	return 0;
}

static void close_ready(struct worker *w)
{
	if (w->ready.fd < 0)
		return;
	loop_del(w->sup->loop, &w->ready);
	(void)close(w->ready.fd); /* only read from */
	w->ready.fd = -1;
}

static void on_ready(struct loop_io *io, uint32_t events)
{
	struct worker *w = container_of(io, struct worker, ready);
	char byte;
	ssize_t n = read(io->fd, &byte, 1);

	if (n < 0)
		return; /* EAGAIN, EINTR: it will be called again */
	close_ready(w);
	/* closed without a word: it is about to end, or the deadline will come */
	if (n == 0)
		return;
	loop_timer_clear(w->sup->loop, &w->timer);
	log_info("%s: ready, pid %d", w->spec->name, w->outside);
	set_state(w, WORKER_READY);
}

static void restart(struct worker *w);

static void on_timer(struct loop_timer *t)
{
	struct worker *w = container_of(t, struct worker, timer);

	switch (w->state) {
	case WORKER_STARTING:
		w->overdue = true;
		(void)kill(w->pid, SIGKILL); /* not reaped yet, so it exists */
		break;
	case WORKER_BACKING_OFF: restart(w); break;
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
	w->slot = -1;
	w->ready.fd = -1;
	w->ready.fn = on_ready;
	w->timer.fn = on_timer;
	w->since = loop_now(sup->loop);
	return w;
}

void supervise_worker_free(struct worker *w)
{
	close_ready(w);
	loop_timer_clear(w->sup->loop, &w->timer);
	drop_sockets(w);
	supervisor_user_drop(w->sup, w->slot);
	supervise_spec_free(w->spec);
	free(w->held);
	free(w);
}

bool supervise_worker_is(const struct worker *w, const struct spec *spec)
{
	struct netns n = {.fd = -1};

	if (!supervise_spec_same(w->spec, spec) ||
	    supervise_pool_netns(w->sup->pool, spec->ns, &n, NULL))
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

/* The host's /proc shows our own descriptors with the host's pids. */
static pid_t pid_outside(const struct worker *w)
{
	auto_close int fd = pidfd_open(w->pid, 0);
	auto_fclose FILE *f = NULL;
	char path[64], line[128];
	int info, pid = 0;

	(void)snprintf(path, sizeof(path), "proc/self/fdinfo/%d", fd); /* always fits */
	info = fd < 0 ? -1 : openat(w->sup->root_fd, path, O_RDONLY | O_CLOEXEC);
	f = info < 0 ? NULL : fdopen(info, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	return pid;
}

static int fork_process(struct worker *w, struct spawn *s, struct lab_error **err)
{
	auto_free int *sockets = calloc(w->spec->n_sockets + 1, sizeof(*sockets));
	int ready[2];

	if (!sockets)
		abort();
	for (size_t i = 0; i < w->spec->n_sockets; i++)
		sockets[i] = supervise_pool_fd(w->held[i]);
	if (pipe2(ready, O_CLOEXEC | O_NONBLOCK))
		return lab_error_errno(err, LAB_FAILED, errno, "readiness pipe");
	s->ready = ready[1];
	s->sockets = sockets;
	s->n_sockets = w->spec->n_sockets;
	s->uid = w->sup->slots[w->slot].uid;
	w->pid = supervise_spawn_worker(s, err);
	(void)close(ready[1]); /* the child's end */
	if (w->pid < 0 || loop_add(w->sup->loop, &w->ready, ready[0], EPOLLIN) < 0) {
		if (w->pid > 0)
			(void)kill(w->pid, SIGKILL); /* reaped as an unknown child */
		w->pid = 0;
		(void)close(ready[0]); /* never read from */
		w->ready.fd = -1;
		return err && *err ? -1 : lab_error_errno(err, LAB_FAILED, errno, "readiness pipe");
	}
	w->outside = pid_outside(w);
	return 0;
}

static int start_process(struct worker *w, struct lab_error **err)
{
	struct supervisor *sup = w->sup;
	auto_free char *config = supervise_spec_config(w->spec), *program = NULL;
	auto_close int log = -1, memfd = -1, program_fd = -1, netns = -1;
	struct netns n = {.fd = -1};

	if (asprintf(&program, "%s/%s", sup->libexec, w->spec->program) < 0)
		abort();
	if (take_sockets(w, err) || supervise_pool_netns(sup->pool, w->spec->ns, &n, err))
		return -1;
	netns = n.fd;
	w->netns_dev = n.dev;
	w->netns_ino = n.ino;
	log = supervise_log_open(sup->dir_fd, w->spec->name, err);
	memfd = log < 0 ? -1 : supervise_message_memfd("config", config, strlen(config), err);
	if (memfd < 0)
		return -1;
	program_fd = open(program, O_PATH | O_CLOEXEC);
	if (program_fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s", program);
	if (w->slot < 0)
		w->slot = supervisor_user_take(sup, err);
	if (w->slot < 0)
		return -1;
	return fork_process(w,
			    &(struct spawn){.name = w->spec->name,
					    .program = program,
					    .handler = w->spec->handler,
					    .program_fd = program_fd,
					    .netns = netns,
					    .log = log,
					    .config = memfd},
			    err);
}

static int launch(struct worker *w, struct lab_error **err)
{
	w->overdue = false;
	if (start_process(w, err))
		return lab_error_prefix(err, "worker %s", w->spec->name);
	loop_timer_set(w->sup->loop, &w->timer, READY_DEADLINE_MS);
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
	drop_sockets(w);
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

static void describe_end(struct worker *w, int status)
{
	char line[384];
	int n;

	if (w->overdue)
		n = snprintf(w->reason, sizeof(w->reason), "not ready within %d s",
			     READY_DEADLINE_MS / 1000);
	else if (WIFSIGNALED(status))
		n = snprintf(w->reason, sizeof(w->reason), "killed by signal %d (%s)",
			     WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
	else
		n = snprintf(w->reason, sizeof(w->reason), "exited with status %d",
			     WEXITSTATUS(status));
	supervise_log_last_line(w->sup->dir_fd, w->spec->name, line, sizeof(line));
	/* an access log's lines, which are JSON, say nothing about an end */
	if (line[0] && line[0] != '{') /* always fits: 384 and less than 100 before it */
		(void)snprintf(w->reason + n, sizeof(w->reason) - (size_t)n, "; log: %s", line);
}

void supervise_worker_exited(struct worker *w, int status)
{
	bool was_stable = w->state == WORKER_READY &&
			  loop_now(w->sup->loop) - w->since >= WORKER_CRASH_WINDOW_MS;

	close_ready(w);
	loop_timer_clear(w->sup->loop, &w->timer);
	w->pid = w->outside = 0;
	if (w->state == WORKER_STOPPING) {
		supervisor_touch(w->sup); /* and supervise_worker_free() then */
		return;
	}
	if (was_stable)
		w->backoff_ms = BACKOFF_FIRST_MS;
	describe_end(w, status);
	crashed(w);
	/* last: it forks, and a copy of a socket that was given up must not linger in the child */
	supervisor_user_drop(w->sup, w->slot);
	w->slot = -1;
}

void supervise_worker_stop(struct worker *w)
{
	if (w->state == WORKER_STOPPING)
		return;
	close_ready(w);
	loop_timer_clear(w->sup->loop, &w->timer);
	if (w->pid) {
		(void)kill(w->pid, SIGTERM); /* not reaped yet, so it exists */
		loop_timer_set(w->sup->loop, &w->timer, GRACE_MS);
	}
	set_state(w, WORKER_STOPPING);
}
