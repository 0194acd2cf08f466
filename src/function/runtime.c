// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request waits for an instance, then for the instance to listen, then for its answer. Nobody tells
 * when a process begins to listen, so the connection is tried until it is accepted: at first after a
 * millisecond, then ever more rarely.
 */
#include "function/runtime.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "base/number.h"
#include "function/instance.h"
#include "function/seat.h"
#include "function/strays.h"
#include "http/write.h"
#include "httpd/upstream.h"

#define HEAD_OWN    4096 /* of a request's head: all that we say ourselves */
#define RETRY_MS    50   /* at most, between two looks whether it listens */
#define CONNECT_MS  1000 /* on loopback */
#define SWEEP_MS    1000 /* between two looks for strays, while there are invocations */
#define MESSAGE_MAX 512

struct queue {
	struct function_request *first, *last;
	size_t n;
};

struct warm {
	struct function_instance process; /* first */
	struct function_runtime *runtime;
	struct warm *next;
	struct queue active;
	char host[sizeof("127.0.0.1:65535")];
	uint64_t began;
	uint64_t network; /* of its own: a number; 0: ours */
	bool ready;       /* it has accepted a connection */
	bool retiring;    /* no more invocations */
};

struct function_request {
	struct function_request *prev, *next;
	struct function_runtime *runtime;
	struct warm *warm; /* NULL: waits */
	const char *id;
	const struct http_head *passed; /* NULL: an event */
	struct http_slice body;
	size_t room, head_len;
	function_done *done;
	void *ctx;
	struct upstream_call *call;
	struct loop_timer timer;
	int errnum;  /* why no instance could be started */
	char head[]; /* room */
};

struct function_runtime {
	struct loop *loop;
	struct function_settings settings;
	struct upstream *upstream;
	struct warm *instances;
	size_t n_instances;
	struct queue waiting;
	uint64_t swept;
	uint64_t started;        /* instances */
	struct http_writer told; /* what is the same in all heads */
	char told_text[HEAD_OWN / 2];
};

static void queue_add(struct queue *q, struct function_request *r)
{
	r->next = NULL;
	r->prev = q->last;
	*(q->last ? &q->last->next : &q->first) = r;
	q->last = r;
	q->n++;
}

static void queue_remove(struct queue *q, struct function_request *r)
{
	*(r->prev ? &r->prev->next : &q->first) = r->next;
	*(r->next ? &r->next->prev : &q->last) = r->prev;
	q->n--;
}

/* What instances left behind; looked for at most so often. */
static void sweep(struct function_runtime *t, bool now)
{
	auto_free pid_t *pids = NULL;
	size_t n = 0;

	if (!t->settings.adopt || (!now && loop_now(t->loop) < t->swept + SWEEP_MS))
		return;
	t->swept = loop_now(t->loop);
	pids = calloc(t->n_instances + 1, sizeof(*pids));
	if (!pids)
		abort();
	for (const struct warm *w = t->instances; w; w = w->next)
		pids[n++] = w->process.child.pid;
	(void)function_strays_sweep(pids, n); /* those that are left are looked at again */
}

static void forget(struct warm *w)
{
	struct warm **at = &w->runtime->instances;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	w->runtime->n_instances--;
}

static void retire(struct warm *w)
{
	w->retiring = true;
	if (!w->active.n)
		function_instance_kill(&w->process);
}

static void been_idle(struct loop_timer *timer)
{
	retire(container_of(container_of(timer, struct function_instance, idle), struct warm,
			    process));
}

/* Takes it away from where it is; what its instance does then. */
static void detach(struct function_request *q)
{
	struct warm *w = q->warm;

	loop_timer_clear(q->runtime->loop, &q->timer);
	queue_remove(w ? &w->active : &q->runtime->waiting, q);
	q->warm = NULL;
	if (!w || w->active.n)
		return;
	if (w->retiring)
		function_instance_kill(&w->process);
	else
		loop_timer_set(w->runtime->loop, &w->process.idle, w->runtime->settings.idle_ms);
}

static void dispatch(struct function_runtime *t);

static void finish(struct function_request *q, const struct function_result *result)
{
	struct function_runtime *t = q->runtime;

	detach(q);
	if (result->message)
		log_warning("%s: %s", q->id, result->message);
	sweep(t, false);
	dispatch(t);
	q->done(q->ctx, result);
	free(q);
}

static void fail(struct function_request *q, enum function_outcome outcome, const char *message)
{
	finish(q, &(struct function_result){.outcome = outcome, .message = message});
}

static void take_answer(struct function_request *q, const struct upstream_result *result)
{
	struct http_slice status = http_head_get(result->head, "x-fc-status");
	char text[MESSAGE_MAX];

	if ((q->passed || result->head->status == 200) &&
	    (!status.p || http_slice_equal(status, http_slice("200")))) {
		finish(q, &(struct function_result){.outcome = FUNCTION_ANSWERED,
						    .head = q->passed ? result->head : NULL,
						    .body = result->body.p ? result->body.p : "",
						    .len = result->body.n});
		return;
	}
	snprintf(text, sizeof(text), "Function failed: it answered with HTTP status %d%s%.*s",
		 result->head->status, status.p ? " and x-fc-status " : "",
		 status.n < 16 ? (int)status.n : 16, status.p ? status.p : "");
	fail(q, FUNCTION_CRASHED, text);
}

static void send_request(struct function_request *q);

static void try_again(struct loop_timer *timer)
{
	send_request(container_of(timer, struct function_request, timer));
}

/* An instance that was ready refuses a connection: the request goes to another one. */
static void retire_for(struct warm *w, struct function_request *q)
{
	struct function_runtime *t = q->runtime;

	w->retiring = true;
	detach(q);
	queue_add(&t->waiting, q);
	dispatch(t);
}

/* Nobody listens, yet or any more. */
static void refused(struct function_request *q)
{
	struct warm *w = q->warm;
	uint64_t age = loop_now(q->runtime->loop) - w->began;
	char text[MESSAGE_MAX];

	if (w->ready) { /* it is about to end, which we have not been told yet */
		retire_for(w, q);
		return;
	}
	if (age < q->runtime->settings.start_ms) {
		q->timer.fn = try_again;
		loop_timer_set(q->runtime->loop, &q->timer,
			       age / 8 + 1 < RETRY_MS ? age / 8 + 1 : RETRY_MS);
		return;
	}
	snprintf(text, sizeof(text),
		 "Function was not started: nothing listens on port %u after %u ms",
		 (unsigned)w->process.port, (unsigned)age);
	retire(w);
	fail(q, FUNCTION_NOT_STARTED, text);
}

static void called(struct upstream_call *call, const struct upstream_result *result, void *arg)
{
	struct function_request *q = arg;
	const struct function_settings *s = &q->runtime->settings;
	char text[MESSAGE_MAX];

	q->call = NULL;
	if (result->outcome == UPSTREAM_CONNECT) {
		refused(q);
		return;
	}
	q->warm->ready = true;
	switch (result->outcome) {
	case UPSTREAM_OK: take_answer(q, result); return;
	case UPSTREAM_TIMEOUT:
		snprintf(text, sizeof(text), "Function timed out after %u ms", s->timeout_ms);
		retire(q->warm);
		fail(q, FUNCTION_TIMED_OUT, text);
		return;
	case UPSTREAM_TOO_LARGE:
		snprintf(text, sizeof(text), "Function answered with more than %zu bytes",
			 s->max_answer);
		fail(q, FUNCTION_TOO_LARGE, text);
		return;
	case UPSTREAM_CLOSED:
	case UPSTREAM_MALFORMED: retire(q->warm); break; /* it ends, or has lost its way */
	case UPSTREAM_SECURITY:                          /* it has none */
	case UPSTREAM_CONNECT:
	case UPSTREAM_BUSY: break;
	}
	snprintf(text, sizeof(text), "Function gave no answer: %s", result->why);
	fail(q, FUNCTION_CRASHED, text);
}

static bool is_head(const struct http_head *h)
{
	return http_slice_equal(h->method, http_slice("HEAD"));
}

static void send_request(struct function_request *q)
{
	const struct function_runtime *t = q->runtime;
	const struct warm *w = q->warm;

	q->call = upstream_start(t->upstream,
				 &(struct upstream_request){
					 .peer = {.sin_family = AF_INET,
						  .sin_port = htons(w->process.port),
						  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
					 .socket = w->process.seat ? function_seat_socket : NULL,
					 .socket_arg = w->process.seat,
					 .network = w->network,
					 .head = {q->head, q->head_len},
					 .body = q->body,
					 .head_request = q->passed && is_head(q->passed),
					 .connect_ms = CONNECT_MS,
					 .total_ms = t->settings.timeout_ms,
					 .max_body = t->settings.max_answer,
					 .done = called,
					 .arg = q,
				 });
}

/* Who sits down on its seat next finds nothing of it at the port. */
static void close_connections(struct warm *w)
{
	for (struct function_request *q = w->active.first; q; q = q->next) {
		if (q->call)
			upstream_cancel(q->call);
		q->call = NULL;
	}
	if (w->network)
		upstream_forget(w->runtime->upstream, w->network);
}

/* The process is gone, and so is what it was busy with. */
static void ended(struct function_instance *process, const char *why)
{
	struct warm *w = container_of(process, struct warm, process);
	struct function_runtime *t = w->runtime;
	char text[MESSAGE_MAX];

	log_info("instance on port %u: %s", (unsigned)process->port, why);
	snprintf(text, sizeof(text), "%s before %s", why,
		 w->ready ? "completing the request" : "it listened");
	forget(w);
	sweep(t, true);
	close_connections(w);
	function_instance_leave(&w->process);
	w->retiring = false; /* nothing is left to be killed */
	while (w->active.first) {
		struct function_request *q = w->active.first;

		queue_remove(&w->active, q);
		q->warm = NULL;
		queue_add(&t->waiting, q);
		fail(q, w->ready ? FUNCTION_CRASHED : FUNCTION_NOT_STARTED, text);
	}
	free(w);
	dispatch(t);
}

static void write_passed(struct http_writer *w, const struct function_request *q)
{
	const struct http_head *h = q->passed;

	http_write_request_line(w, h->method, h->target);
	for (size_t i = 0; i < h->n_headers; i++) {
		struct http_slice name = h->headers[i].name;

		if (!http_head_hop_by_hop(h, name) && !http_header_begins(name, "x-fc-"))
			http_write_header(w, name, h->headers[i].value);
	}
	if (q->body.n || http_expects_body(h->method))
		http_write_length(w, q->body.n);
}

static void write_event(struct http_writer *w, const struct function_request *q)
{
	http_write_request_line(w, http_slice("POST"), http_slice("/invoke"));
	http_write_named(w, "Host", http_slice(q->warm->host));
	http_write_named(w, "Content-Type", http_slice("application/octet-stream"));
	http_write_length(w, q->body.n);
}

static void write_number(struct http_writer *w, const char *name, unsigned n)
{
	char text[NUMBER_LEN];

	http_write_header(w, http_slice(name), http_slice(number_format(n, text)));
}

static void write_credentials(struct http_writer *w, const struct function_settings *s)
{
	http_write_named(w, "x-fc-access-key-id", http_slice(s->access_key_id));
	http_write_named(w, "x-fc-access-key-secret", http_slice(s->access_key_secret));
	http_write_named(w, "x-fc-security-token", http_slice(s->security_token));
}

static void write_told(struct function_runtime *t)
{
	const struct function_settings *s = &t->settings;
	const char *slash = strrchr(s->handler, '/');
	const char *file = slash ? slash + 1 : s->handler;
	struct http_writer *w = &t->told;

	*w = http_writer(t->told_text, sizeof(t->told_text));
	http_write_named(w, "x-fc-function-name", http_slice(s->name));
	http_write_named(w, "x-fc-region", http_slice(s->region));
	write_number(w, "x-fc-function-memory", s->memory_mb);
	write_number(w, "x-fc-function-timeout", (s->timeout_ms + 999) / 1000);
	/* a file may have any name, a header may not */
	if (http_header_valid(http_slice("x-fc-function-handler"), http_slice(file)))
		http_write_named(w, "x-fc-function-handler", http_slice(file));
	if (s->access_key_id)
		write_credentials(w, s);
}

static void write_head(struct function_request *q)
{
	struct http_writer w = http_writer(q->head, q->room);

	if (q->passed)
		write_passed(&w, q);
	else
		write_event(&w, q);
	http_write_named(&w, "x-fc-request-id", http_slice(q->id));
	http_write_named(&w, "x-fc-control-path",
			 http_slice(q->passed ? "/http-invoke" : "/invoke"));
	http_write_lines(&w, &q->runtime->told);
	if (!http_write_end(&w))
		abort(); /* names of functions and files have at most 255 bytes; the rest was read as such */
	q->head_len = w.len;
}

static struct warm *find_with_room(const struct function_runtime *t, bool ready)
{
	for (struct warm *w = t->instances; w; w = w->next) {
		if (!w->retiring && w->ready == ready && w->active.n < t->settings.concurrency)
			return w;
	}
	return NULL;
}

static struct warm *start_another(struct function_runtime *t, int *errnum)
{
	struct warm *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->runtime = t;
	w->began = loop_now(t->loop);
	w->process.ended = ended;
	w->process.idle.fn = been_idle;
	*errnum = function_instance_start(&w->process, t->loop, &t->settings);
	if (*errnum) {
		free(w);
		return NULL;
	}
	t->started++;
	snprintf(w->host, sizeof(w->host), "127.0.0.1:%u", (unsigned)w->process.port);
	w->network = w->process.seat ? t->started
				     : 0; /* none has a connection to the one before on its seat */
	log_info("cold start: instance on port %u", (unsigned)w->process.port);
	w->next = t->instances;
	t->instances = w;
	t->n_instances++;
	return w;
}

static void report_not_started(struct loop_timer *timer)
{
	struct function_request *q = container_of(timer, struct function_request, timer);
	char text[MESSAGE_MAX];

	snprintf(text, sizeof(text), "Function could not be started: %s: %s",
		 q->runtime->settings.handler, strerror(q->errnum));
	fail(q, FUNCTION_NOT_STARTED, text);
}

/* False: it must go on waiting. */
static bool place(struct function_runtime *t, struct function_request *q)
{
	struct warm *w = find_with_room(t, true);

	if (!w)
		w = find_with_room(t, false);
	if (!w && t->n_instances >= t->settings.instances)
		return false;
	if (!w)
		w = start_another(t, &q->errnum);
	if (!w) {
		q->timer.fn = report_not_started; /* from the loop, never from within invoke */
		loop_timer_set(t->loop, &q->timer, 0);
		return true;
	}
	queue_remove(&t->waiting, q);
	queue_add(&w->active, q);
	q->warm = w;
	loop_timer_pause(&w->process.idle);
	function_instance_log_as(&w->process, q->id);
	write_head(q);
	send_request(q);
	return true;
}

static void dispatch(struct function_runtime *t)
{
	struct function_request *next;

	for (struct function_request *q = t->waiting.first; q; q = next) {
		next = q->next;
		if (!q->errnum && !place(t, q))
			return;
	}
}

struct function_runtime *function_runtime_new(struct loop *loop,
					      const struct function_settings *settings)
{
	struct function_runtime *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->loop = loop;
	t->settings = *settings;
	t->upstream = upstream_new(loop, &(struct upstream_options){0});
	/* fails only on kernels before 3.4: process groups remain */
	if (settings->adopt && function_strays_adopt() < 0)
		log_warning("orphans cannot be adopted: %s", strerror(errno));
	if (!t->settings.instances)
		t->settings.instances = FUNCTION_INSTANCES;
	if (!t->settings.max_answer)
		t->settings.max_answer = FUNCTION_MAX_ANSWER;
	if (!t->settings.start_ms)
		t->settings.start_ms = FUNCTION_START_MS;
	if (!t->settings.idle_ms)
		t->settings.idle_ms = FUNCTION_IDLE_MS;
	write_told(t);
	return t;
}

static void drop_request(struct function_request *q)
{
	if (q->call)
		upstream_cancel(q->call);
	detach(q);
	free(q);
}

void function_runtime_free(struct function_runtime *t)
{
	if (!t)
		return;
	while (t->waiting.first)
		drop_request(t->waiting.first);
	while (t->instances) {
		struct warm *w = t->instances;

		while (w->active.first)
			drop_request(w->active.first);
		function_instance_end(&w->process);
		forget(w);
		close_connections(w);
		function_instance_leave(&w->process);
		free(w);
	}
	upstream_free(t->upstream);
	sweep(t, true);
	free(t);
}

/* head: NULL for an event. */
static struct function_request *begin(struct function_runtime *t, const char *id,
				      const struct http_head *head, struct http_slice body,
				      function_done *done, void *ctx)
{
	static const struct function_result turned_away = {
		.outcome = FUNCTION_TURNED_AWAY,
		.message = "Too many invocations wait for an instance"};
	/* a header that came as "a:b" leaves as "a: b" */
	const size_t room = HEAD_OWN + (head ? head->size + head->n_headers : 0);
	struct function_request *q;

	if (t->waiting.n >= FUNCTION_QUEUE) {
		done(ctx, &turned_away);
		return NULL;
	}
	q = malloc(sizeof(*q) + room);
	if (!q)
		abort();
	*q = (struct function_request){.runtime = t,
				       .id = id,
				       .passed = head,
				       .body = body,
				       .room = room,
				       .done = done,
				       .ctx = ctx};
	queue_add(&t->waiting, q);
	dispatch(t);
	return q;
}

struct function_request *function_runtime_invoke(struct function_runtime *t, const char *id,
						 const void *event, size_t len, function_done *done,
						 void *ctx)
{
	return begin(t, id, NULL, (struct http_slice){event, len}, done, ctx);
}

struct function_request *function_runtime_pass(struct function_runtime *t, const char *id,
					       const struct http_head *head, struct http_slice body,
					       function_done *done, void *ctx)
{
	return begin(t, id, head, body, done, ctx);
}

void function_runtime_cancel(struct function_request *q)
{
	struct function_runtime *t = q->runtime;

	/* whatever it does now, nobody waits for it; one that only begins may do so for the next */
	if (q->call &&
	    (q->warm->ready || loop_now(t->loop) - q->warm->began >= t->settings.start_ms))
		q->warm->retiring = true;
	drop_request(q);
	dispatch(t);
}

size_t function_runtime_instances(const struct function_runtime *t)
{
	return t->n_instances;
}
