// SPDX-License-Identifier: GPL-2.0-only
/*
 * An invocation waits in the queue, then runs, then is reported. It is over when its process has
 * exited, not when its standard output is closed: a child that it left in the background may hold
 * that open for ever. What the process wrote before it exited is in the pipe by then.
 */
#include "function/runner.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "function/child.h"
#include "function/stderr_log.h"
#include "function/strays.h"

#define SWEEP_MS 100 /* how soon it is looked again whether a stray still belongs to somebody */

struct function_invocation {
	struct function_invocation *prev, *next;
	struct function_runner *runner;
	function_done *done;
	void *ctx;
	char *id;
	char *event;
	size_t len, written;
	bool running;
	struct function_child child;
	struct loop_io exited, in, out, err;
	struct loop_timer deadline;
	int errnum; /* why it could not be started */
	struct strbuf answer;
	struct function_log log;
	enum function_outcome verdict; /* ours, when we killed it; else FUNCTION_ANSWERED */
};

struct queue {
	struct function_invocation *first, *last;
	size_t n;
};

struct function_runner {
	struct loop *loop;
	struct function_settings settings;
	struct queue waiting, running;
	struct loop_timer sweeper;
};

#define OWNER(member, ptr)                                                                         \
	((struct function_invocation *)(void *)((char *)(ptr)-offsetof(struct function_invocation, \
								       member)))

static void queue_add(struct queue *q, struct function_invocation *i)
{
	i->next = NULL;
	i->prev = q->last;
	*(q->last ? &q->last->next : &q->first) = i;
	q->last = i;
	q->n++;
}

static void queue_remove(struct queue *q, struct function_invocation *i)
{
	*(i->prev ? &i->prev->next : &q->first) = i->next;
	*(i->next ? &i->next->prev : &q->last) = i->prev;
	q->n--;
}

static void invocation_free(struct function_invocation *i)
{
	strbuf_done(&i->answer);
	free(i->id);
	free(i->event);
	free(i);
}

/* Stops watching one stream and closes it. */
static void drop_stream(struct function_invocation *i, struct loop_io *io, int *fd)
{
	if (*fd < 0)
		return;
	loop_del(i->runner->loop, io);
	(void)close(*fd); /* a pipe: nothing is flushed at close */
	*fd = -1;
}

static void drop_all(struct function_invocation *i)
{
	loop_timer_clear(i->runner->loop, &i->deadline);
	drop_stream(i, &i->in, &i->child.in);
	drop_stream(i, &i->out, &i->child.out);
	drop_stream(i, &i->err, &i->child.err);
	drop_stream(i, &i->exited, &i->child.pidfd);
}

/* To be called whenever a handler is over, and before the next one begins. */
static void sweep(struct function_runner *r)
{
	auto_free pid_t *pids = NULL;
	size_t n = 0;

	if (!r->settings.adopt)
		return;
	pids = calloc(r->running.n + 1, sizeof(*pids));
	if (!pids)
		abort();
	for (const struct function_invocation *i = r->running.first; i; i = i->next) {
		if (i->child.pid)
			pids[n++] = i->child.pid;
	}
	if (function_strays_sweep(pids, n))
		loop_timer_set(r->loop, &r->sweeper, SWEEP_MS);
	else
		loop_timer_clear(r->loop, &r->sweeper);
}

static void sweep_again(struct loop_timer *t)
{
	sweep((void *)((char *)t - offsetof(struct function_runner, sweeper)));
}

static void start_waiting(struct function_runner *r);

/* Reports and forgets. The next one is started first: done() may free the runner. */
static void finish(struct function_invocation *i, const struct function_result *result)
{
	struct function_runner *r = i->runner;
	function_done *done = i->done;
	void *ctx = i->ctx;

	queue_remove(i->running ? &r->running : &r->waiting, i);
	start_waiting(r);
	done(ctx, result);
	invocation_free(i);
}

static void describe_exit(const struct function_invocation *i, int code, int status, char *text,
			  size_t room)
{
	const struct function_settings *s = &i->runner->settings;

	switch (i->verdict) {
	case FUNCTION_TIMED_OUT:
		snprintf(text, room, "Function timed out after %u ms", s->timeout_ms);
		return;
	case FUNCTION_TOO_LARGE:
		snprintf(text, room, "Function answered with more than %zu bytes", s->max_answer);
		return;
	case FUNCTION_ANSWERED:
	case FUNCTION_CRASHED:
	case FUNCTION_NOT_STARTED:
	case FUNCTION_TURNED_AWAY: break;
	}
	if (code == CLD_EXITED)
		snprintf(text, room, "Process exited with status %d before completing the request",
			 status);
	else
		snprintf(text, room, "Process was ended by signal %d (SIG%s)", status,
			 sigabbrev_np(status) ? sigabbrev_np(status) : "?");
}

static void ended(struct function_invocation *i, int code, int status)
{
	struct function_result result = {.outcome = i->verdict};
	char text[160];

	function_log_end(&i->log, i->id);
	if (i->verdict == FUNCTION_ANSWERED && (code != CLD_EXITED || status != 0))
		result.outcome = FUNCTION_CRASHED;
	if (result.outcome == FUNCTION_ANSWERED) {
		result.body = strbuf_str(&i->answer);
		result.len = i->answer.len;
	} else {
		describe_exit(i, code, status, text, sizeof(text));
		result.message = text;
		log_warning("%s: %s", i->id, text);
	}
	finish(i, &result);
}

static void kill_for(struct function_invocation *i, enum function_outcome why)
{
	if (i->verdict == FUNCTION_ANSWERED)
		i->verdict = why;
	function_child_kill(&i->child);
}

static void deadline_passed(struct loop_timer *t)
{
	kill_for(OWNER(deadline, t), FUNCTION_TIMED_OUT); /* the rest happens when it is dead */
}

static void feed(struct loop_io *io, uint32_t events)
{
	struct function_invocation *i = OWNER(in, io);

	while (i->written < i->len) {
		ssize_t n = write(i->child.in, i->event + i->written, i->len - i->written);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0)
			break; /* EPIPE: it does not want to know more, which is its right */
		i->written += (size_t)n;
	}
	drop_stream(i, &i->in, &i->child.in);
}

static void take_answer(struct loop_io *io, uint32_t events)
{
	struct function_invocation *i = OWNER(out, io);
	char buf[65536];

	for (;;) {
		ssize_t n = read(i->child.out, buf, sizeof(buf));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			break;
		if (i->answer.len + (size_t)n > i->runner->settings.max_answer) {
			kill_for(i, FUNCTION_TOO_LARGE);
			break;
		}
		strbuf_addn(&i->answer, buf, (size_t)n);
	}
	drop_stream(i, &i->out, &i->child.out);
}

static void take_log(struct loop_io *io, uint32_t events)
{
	struct function_invocation *i = OWNER(err, io);
	char buf[4096];

	/* a bounded number per turn, so that a chatterbox does not stop the others */
	for (int turn = 0; turn < 64; turn++) {
		ssize_t n = read(i->child.err, buf, sizeof(buf));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			drop_stream(i, &i->err, &i->child.err);
			return;
		}
		function_log_add(&i->log, i->id, buf, (size_t)n);
	}
}

static void exited(struct loop_io *io, uint32_t events)
{
	struct function_invocation *i = OWNER(exited, io);
	int code, status;

	function_child_reap(&i->child, &code, &status);
	if (i->child.out >= 0)
		take_answer(&i->out, EPOLLIN);
	if (i->child.err >= 0)
		take_log(&i->err, EPOLLIN);
	drop_all(i);
	sweep(i->runner);
	ended(i, code, status);
}

/* 0, or the errno of what failed; then the process, if there is one, is dead and reaped. */
static int watch(struct function_invocation *i)
{
	struct loop *loop = i->runner->loop;
	int code, status, errnum;

	i->exited.fn = exited;
	i->in.fn = feed;
	i->out.fn = take_answer;
	i->err.fn = take_log;
	i->deadline.fn = deadline_passed;
	if (loop_add(loop, &i->exited, i->child.pidfd, EPOLLIN) == 0 &&
	    loop_add(loop, &i->in, i->child.in, EPOLLOUT) == 0 &&
	    loop_add(loop, &i->out, i->child.out, EPOLLIN) == 0 &&
	    loop_add(loop, &i->err, i->child.err, EPOLLIN) == 0) {
		loop_timer_set(loop, &i->deadline, i->runner->settings.timeout_ms);
		return 0;
	}
	errnum = errno;
	function_child_kill(&i->child);
	function_child_reap(&i->child, &code, &status);
	drop_all(i);
	return errnum;
}

static void report_not_started(struct loop_timer *t)
{
	struct function_invocation *i = OWNER(deadline, t);
	struct function_result result = {.outcome = FUNCTION_NOT_STARTED};
	char text[512];

	snprintf(text, sizeof(text), "Function could not be started: %s: %s",
		 i->runner->settings.handler, strerror(i->errnum));
	log_error("%s: %s", i->id, text);
	result.message = text;
	finish(i, &result);
}

static void start(struct function_invocation *i)
{
	struct function_runner *r = i->runner;
	size_t room = strlen(i->id) + sizeof("FC_REQUEST_ID=");
	char **env, *id = malloc(room);
	size_t n = 0;
	int errnum;

	while (r->settings.environ[n])
		n++;
	env = calloc(n + 2, sizeof(*env));
	if (!env || !id)
		abort();
	memcpy(env, r->settings.environ, n * sizeof(*env));
	snprintf(id, room, "FC_REQUEST_ID=%s", i->id);
	env[n] = id;
	errnum = function_child_start(&i->child, r->settings.handler, env);
	free(env);
	free(id);
	if (!errnum)
		errnum = watch(i);
	if (!errnum)
		return;
	i->errnum = errnum;
	i->deadline.fn = report_not_started; /* from the loop, never within function_invoke() */
	loop_timer_set(r->loop, &i->deadline, 0);
}

static void start_waiting(struct function_runner *r)
{
	struct function_invocation *i = r->waiting.first;

	if (!i || r->running.n >= r->settings.instances)
		return;
	queue_remove(&r->waiting, i);
	queue_add(&r->running, i);
	i->running = true;
	start(i);
}

struct function_runner *function_runner_new(struct loop *loop,
					    const struct function_settings *settings)
{
	struct function_runner *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->loop = loop;
	r->settings = *settings;
	r->sweeper.fn = sweep_again;
	/* fails only on kernels before 3.4: process groups remain */
	if (settings->adopt && function_strays_adopt() < 0)
		log_warning("orphans cannot be adopted: %s", strerror(errno));
	if (!r->settings.instances)
		r->settings.instances = FUNCTION_INSTANCES;
	if (!r->settings.max_answer)
		r->settings.max_answer = FUNCTION_MAX_ANSWER;
	return r;
}

void function_runner_free(struct function_runner *r)
{
	if (!r)
		return;
	while (r->waiting.first) /* first these, or cancelling a running one would start them */
		function_cancel(r->waiting.first);
	while (r->running.first)
		function_cancel(r->running.first);
	sweep(r);
	loop_timer_clear(r->loop, &r->sweeper);
	free(r);
}

static struct function_invocation *invocation_new(struct function_runner *r, const char *id,
						  const void *event, size_t len)
{
	struct function_invocation *i = calloc(1, sizeof(*i));

	if (!i)
		abort();
	i->runner = r;
	i->id = strdup(id);
	i->event = malloc(len + 1);
	if (!i->id || !i->event)
		abort();
	if (len)
		memcpy(i->event, event, len);
	i->len = len;
	i->child = (struct function_child){0, -1, -1, -1, -1};
	return i;
}

struct function_invocation *function_invoke(struct function_runner *r, const char *id,
					    const void *event, size_t len, function_done *done,
					    void *ctx)
{
	static const struct function_result turned_away = {
		.outcome = FUNCTION_TURNED_AWAY,
		.message = "Too many invocations wait for an instance"};
	struct function_invocation *i;

	if (r->waiting.n >= FUNCTION_QUEUE) {
		done(ctx, &turned_away);
		return NULL;
	}
	i = invocation_new(r, id, event, len);
	i->done = done;
	i->ctx = ctx;
	queue_add(&r->waiting, i);
	start_waiting(r);
	return i;
}

void function_cancel(struct function_invocation *i)
{
	struct function_runner *r = i->runner;
	int code, status;

	if (i->running) {
		function_child_kill(&i->child);
		if (i->child.pid)
			function_child_reap(&i->child, &code, &status); /* at once, or nearly */
		drop_all(i);
		queue_remove(&r->running, i);
		invocation_free(i);
		sweep(r);
		start_waiting(r);
		return;
	}
	queue_remove(&r->waiting, i);
	invocation_free(i);
}

size_t function_pending(const struct function_runner *r)
{
	return r->waiting.n + r->running.n;
}
