// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl web: a page that shows a running lab. This process is root's and knows the lab; browsers talk to
 * labctl-web, which knows and may do nothing (web/contract.h). While nobody watches, nothing is read.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "base/ip.h"
#include "base/loop.h"
#include "cli/cli.h"
#include "cli/copies.h"
#include "cli/signals.h"
#include "cli/web_job.h"
#include "cli/web_options.h"
#include "cli/web_view.h"
#include "web/contract.h"
#include "web/feed.h"

#define TICK_MS    250  /* logs, and whether the lab is still the same */
#define COUNT_MS   1000 /* between two looks at the counters */
#define COUNT_REST 5    /* times what a look takes, at least, until the next one */
#define JOBS       4    /* explanations at once */
#define TOKEN      16   /* bytes */
#define WAIT_MAX   (16u << 20)

/* An explanation that somebody waits for. */
struct question {
	struct cli_job job;
	struct web *web;
	uint64_t id;
};

struct web {
	const struct web_options *o;
	struct loop *loop;
	struct web_feed feed;
	struct loop_io on_signal;
	struct loop_timer tick;
	struct cli_view view;
	struct question questions[JOBS];
	struct cli_job run;  /* that changes the lab, or checks it */
	const char *running; /* its word; NULL: none */
	size_t watched;
	uint64_t next_count; /* as clock_ms() */
	bool told_down;
	pid_t server;
	int server_pidfd;
	char token[2 * TOKEN + 1];
};

/* --- what is told --- */

static void tell(struct web *w, const char *name, json_t *data) /* takes data */
{
	auto_strbuf struct strbuf head = {0};
	auto_free char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;

	if (!text)
		abort();
	json_decref(data);
	strbuf_printf(&head, "event %s", name);
	web_feed_say(&w->feed, head.s, text);
}

static void answer_text(struct web *w, uint64_t id, int status, const char *json)
{
	auto_strbuf struct strbuf head = {0};

	strbuf_printf(&head, "answer %" PRIu64 " %d", id, status);
	web_feed_say(&w->feed, head.s, json);
}

static void answer(struct web *w, uint64_t id, int status, json_t *data) /* takes data */
{
	auto_free char *text = data ? json_dumps(data, JSON_COMPACT) : NULL;

	if (!text)
		abort();
	json_decref(data);
	answer_text(w, id, status, text);
}

static void answer_error(struct web *w, uint64_t id, int status, const char *message,
			 const char *hint)
{
	answer(w, id, status, json_pack("{s:s, s:s?}", "message", message, "hint", hint));
}

static json_t *snapshot(struct web *w)
{
	struct cli_view *v = &w->view;
	json_t *s = json_pack("{s:s, s:b, s:b, s:s?}", "lab", w->o->lab, "up", v->live != NULL,
			      "control", w->o->control, "running", w->running);

	if (!s)
		abort();
	if (!v->live)
		return s;
	if (json_object_set_new(s, "scene", live_scene(v->live)) ||
	    json_object_set_new(s, "rates", live_rates(v->live, false)) ||
	    json_object_set(s, "calls", v->calls) || json_object_set(s, "lesson", v->lesson))
		abort();
	return s;
}

/* --- looking --- */

static void lab_is_down(struct web *w)
{
	cli_view_close(&w->view);
	if (!w->told_down)
		tell(w, "snapshot", snapshot(w));
	w->told_down = true;
}

/* Errors of a lab that is just being changed: it is looked at again with the next tick. */
static void look_again(struct web *w)
{
	auto_error struct lab_error *ignored =
		NULL; /* not up, or not yet: as it says on the page */

	cli_view_close(&w->view);
	if (cli_view_open(&w->view, &ignored)) {
		lab_is_down(w);
		return;
	}
	w->told_down = false;
	w->next_count = 0;
	tell(w, "snapshot", snapshot(w));
}

static int tell_calls(struct web *w, struct lab_error **err)
{
	json_t *calls = cli_view_calls(&w->view, err);

	if (!calls)
		return -1;
	if (json_array_size(calls))
		tell(w, "calls", calls);
	else
		json_decref(calls);
	return 0;
}

/* Those of a thousand routers take their time: a fifth of a processor is enough for them. */
static int count(struct web *w, struct lab_error **err)
{
	uint64_t began = clock_ms(), took;
	int rc = cli_view_count(&w->view, err);

	took = (clock_ms() - began) * COUNT_REST;
	w->next_count = began + (took > COUNT_MS ? took : COUNT_MS);
	return rc;
}

static int tell_counters(struct web *w, struct lab_error **err)
{
	json_t *news;

	/* what nobody takes is not made; the rates that are told next have it in them */
	if (web_feed_waiting(&w->feed) > WAIT_MAX)
		return 0;
	if (count(w, err))
		return -1;
	news = live_rates(w->view.live, true);
	if (news)
		tell(w, "rates", news);
	return 0;
}

static int tell_lesson(struct web *w, struct lab_error **err)
{
	bool changed = false;

	if (cli_view_lesson(&w->view, &changed, err))
		return -1;
	if (changed)
		tell(w, "lesson", json_incref(w->view.lesson));
	return 0;
}

static void look(struct web *w)
{
	auto_error struct lab_error *ignored = NULL; /* what vanished is looked at anew */

	if (!w->view.live || cli_view_is_stale(&w->view)) {
		look_again(w);
		return;
	}
	if (tell_calls(w, &ignored) || (clock_ms() >= w->next_count &&
					(tell_counters(w, &ignored) || tell_lesson(w, &ignored))))
		lab_is_down(w);
}

static void on_tick(struct loop_timer *t)
{
	struct web *w = container_of(t, struct web, tick);

	if (!w->watched)
		return;
	look(w);
	loop_timer_set(w->loop, &w->tick, TICK_MS);
}

static void set_watched(struct web *w, size_t n)
{
	if (!w->watched && n)
		loop_timer_set(w->loop, &w->tick, TICK_MS);
	w->watched = n;
}

/* --- what is asked --- */

static void give_snapshot(struct web *w, uint64_t id)
{
	auto_error struct lab_error *ignored = NULL; /* the page says that it is down */

	/* who comes first finds what was last seen long ago */
	if (!w->watched && (!w->view.live || cli_view_is_stale(&w->view))) {
		cli_view_close(&w->view);
		(void)cli_view_open(&w->view, &ignored);
	} else if (!w->watched) {
		json_decref(cli_view_calls(&w->view, &ignored)); /* into the view's own */
	}
	w->told_down = !w->view.live;
	answer(w, id, 200, snapshot(w));
}

static void give_node(struct web *w, uint64_t id, const json_t *ask)
{
	auto_error struct lab_error *err = NULL;
	const char *name = json_string_value(json_object_get(ask, "name"));
	json_t *node = name && w->view.live ? cli_view_node(&w->view, name, &err) : NULL;

	if (node)
		answer(w, id, 200, node);
	else
		answer_error(w, id, w->view.live ? 404 : 409,
			     err ? lab_error_message(err) : "the lab is not up", NULL);
}

static void explained(struct cli_job *j, int status)
{
	struct question *q = j->data;
	json_t *text = json_loads(strbuf_str(&j->text), 0, NULL);
	const json_t *error = json_object_get(text, "error");

	if (text && (status == LAB_OK || status == LAB_FAILED) && !error)
		answer(q->web, q->id, 200, json_incref(text));
	else if (json_is_object(error))
		answer(q->web, q->id, 422, json_deep_copy(error));
	else
		answer_error(q->web, q->id, 500, "there is no explanation", NULL);
	json_decref(text);
}

static const char *node_name(const struct web *w, const json_t *ask, const char *key)
{
	const char *name = json_string_value(json_object_get(ask, key));
	const struct plan_node *node = name && w->view.live
					       ? plan_find_node(w->view.running.plan, name)
					       : NULL;

	return node ? node->ns : NULL; /* the plan's own text, not the browser's */
}

/* Whatever the plan has as a place: nodes, gateways, VPCs, VBRs, ... */
static const char *place_name(const struct web *w, const json_t *ask, const char *key)
{
	const char *name = json_string_value(json_object_get(ask, key));
	const struct plan_namespace *ns = name && w->view.live
						  ? plan_find_namespace(w->view.running.plan, name)
						  : NULL;

	return ns ? ns->name : NULL; /* as above */
}

static struct question *free_question(struct web *w)
{
	for (size_t i = 0; i < JOBS; i++)
		if (!cli_job_runs(&w->questions[i].job))
			return &w->questions[i];
	return NULL;
}

/* Of an API of the snapshot: its URL, in `apis`, and its method. */
static const char *api_url(const json_t *apis, const json_t *ask, const char **method)
{
	const char *text = json_string_value(json_object_get(ask, "api"));
	const json_t *api = text ? json_array_get(apis, strtoul(text, NULL, 10)) : NULL;

	*method = json_string_value(json_object_get(api, "method"));
	if (!*method || !strcmp(*method, "ANY"))
		*method = "GET";
	return json_string_value(json_object_get(api, "url"));
}

static void start_question(struct web *w, struct question *q, const char *from, const char *to,
			   const char *method)
{
	const char *words[] = {"explain", "--json", "--request",
			       method,    "--",     w->view.running.plan->lab,
			       from,      to,       NULL};
	auto_error struct lab_error *err = NULL;

	if (cli_job_start(&q->job, words, false, &err))
		answer_error(w, q->id, 500, lab_error_message(err), NULL);
}

static void explain(struct web *w, uint64_t id, const json_t *ask)
{
	const char *from = node_name(w, ask, "from"), *to = place_name(w, ask, "to");
	json_t *apis = w->view.live ? live_apis(w->view.live) : NULL;
	const char *method = "GET";
	struct question *q = free_question(w);

	if (json_object_get(ask, "api"))
		to = api_url(apis, ask, &method);
	if (!from || !to) {
		answer_error(w, id, 404,
			     "from must be a node, to a node, gateway, VPC, VBR or API of this lab",
			     NULL);
	} else if (!q) {
		answer_error(w, id, 503, "too many explanations at once", NULL);
	} else {
		q->id = id;
		start_question(w, q, from, to, method);
	}
	json_decref(apis);
}

/* --- what is done: only with --control --- */

static const struct {
	const char *word, *verb, *option, *action;
	bool link; /* it is about one */
} runs[] = {
	{"test", "test", "--json", NULL, false},   {"start", "lesson", NULL, "start", false},
	{"next", "lesson", NULL, "next", false},   {"back", "lesson", NULL, "back", false},
	{"check", "lesson", NULL, "check", false}, {"hint", "lesson", NULL, "hint", false},
	{"links", "link", "--json", NULL, false},  {"down", "link", NULL, "down", true},
	{"up", "link", NULL, "up", true},          {"reset", "reset", NULL, NULL, false},
};

static void ran(struct cli_job *j, int status)
{
	struct web *w = j->data;
	json_t *text = json_string(strbuf_str(&j->text));
	json_t *json = json_loads(strbuf_str(&j->text), 0, NULL);

	tell(w, "ran",
	     json_pack("{s:s, s:i, s:o, s:o}", "do", w->running, "status", status, "text",
		       text ? text : json_string("(not UTF-8)"), "json",
		       json ? json : json_null()));
	w->running = NULL;
}

static int start_run(struct web *w, size_t i, const char *link, struct lab_error **err)
{
	const char *words[CLI_JOB_WORDS + 1] = {runs[i].verb};
	size_t n = 1;

	if (runs[i].option)
		words[n++] = runs[i].option;
	words[n++] = w->view.live && w->view.running.plan->file ? w->view.running.plan->lab
								: w->o->lab;
	if (runs[i].link)
		words[n++] = link;
	if (runs[i].action)
		words[n++] = runs[i].action;
	return cli_job_start(&w->run, words, !runs[i].option, err);
}

static void run_word(struct web *w, uint64_t id, const json_t *ask)
{
	const char *word = json_string_value(json_object_get(ask, "do"));
	const char *link = json_string_value(json_object_get(ask, "link"));
	auto_error struct lab_error *err = NULL;
	size_t i = 0;

	while (word && i < ARRAY_LEN(runs) && strcmp(runs[i].word, word) != 0)
		i++;
	if (!w->o->control) {
		answer_error(w, id, 403, "this page only shows", NULL);
	} else if (!word || i == ARRAY_LEN(runs)) {
		answer_error(w, id, 404, "there is no such thing to do", NULL);
	} else if (runs[i].link != (link != NULL) || (link && *link == '-')) {
		answer_error(w, id, 400, "that needs the name of a link, or must not have one",
			     NULL);
	} else if (w->running) {
		answer_error(w, id, 409, "something is being done already", NULL);
	} else if (start_run(w, i, link, &err)) {
		answer_error(w, id, 500, lab_error_message(err), NULL);
	} else {
		w->running = runs[i].word;
		tell(w, "runs", json_pack("{s:s}", "do", w->running));
		answer_text(w, id, 202, "{}");
	}
}

static void take_ask(struct web *w, const char *line)
{
	uint64_t id;
	int at = 0;
	json_t *ask;
	const char *what;

	if (sscanf(line, "%" SCNu64 " %n", &id, &at) < 1 || !at)
		return;
	ask = json_loads(line + at, JSON_REJECT_DUPLICATES, NULL);
	what = json_string_value(json_object_get(ask, "what"));
	if (!what)
		answer_error(w, id, 400, "that is not what can be asked", NULL);
	else if (!strcmp(what, "snapshot"))
		give_snapshot(w, id);
	else if (!strcmp(what, "node"))
		give_node(w, id, ask);
	else if (!strcmp(what, "explain"))
		explain(w, id, ask);
	else if (!strcmp(what, "run"))
		run_word(w, id, ask);
	else
		answer_error(w, id, 404, "that is not what can be asked", NULL);
	json_decref(ask);
}

static void on_line(struct web_feed *f, char *line)
{
	struct web *w = f->data;

	if (!strncmp(line, "ask ", 4))
		take_ask(w, line + 4);
	else if (!strncmp(line, "watched ", 8))
		set_watched(w, strtoul(line + 8, NULL, 10));
}

static void on_gone(struct web_feed *f)
{
	struct web *w = f->data;

	loop_stop(w->loop);
}

static void on_signal(struct loop_io *io, uint32_t events)
{
	struct web *w = container_of(io, struct web, on_signal);

	loop_stop(w->loop);
}

/* --- life --- */

static int open_listener(const struct web_options *o, uint16_t *port, struct lab_error **err)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(o->port),
				 .sin_addr.s_addr = htonl(o->address)};
	auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(at);
	char text[IP_STRLEN];
	int one = 1;

	if (fd >= 0) /* only spares a minute's wait after a restart */
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) || listen(fd, 64) ||
	    getsockname(fd, (struct sockaddr *)&at, &len))
		return lab_error_errno(err, LAB_FAILED, errno, "%s:%u", ip_format(o->address, text),
				       o->port);
	*port = ntohs(at.sin_port);
	return steal_fd(&fd);
}

static int make_token(struct web *w, struct lab_error **err)
{
	unsigned char bytes[TOKEN];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return lab_error_errno(err, LAB_FAILED, errno, "random numbers");
	for (size_t i = 0; i < TOKEN; i++)
		(void)snprintf(w->token + 2 * i, 3, "%02x", bytes[i]); /* fits */
	return 0;
}

static int start_server(struct web *w, int listener, int feed, struct lab_error **err)
{
	auto_free char *path = NULL;
	char *argv[] = {(char *)"labctl-web", NULL}, *env[] = {(char *)"LC_ALL=C", NULL};
	const int standard[] = {feed, listener, STDERR_FILENO};
	struct child_spec spec = {.argv = argv, .env = env, .folder = "/", .standard = standard};
	int rc;

	if (asprintf(&path, "%s/labctl-web", cli_libexec()) < 0)
		abort();
	spec.path = path;
	rc = child_start(&spec, &w->server, &w->server_pidfd);
	return rc ? lab_error_errno(err, LAB_FAILED, rc, "%s", path) : 0;
}

static void configure(struct web *w)
{
	char text[IP_STRLEN];
	json_t *config = json_pack("{s:s, s:b, s:[s, s, s]}", "token", w->token, "control",
				   w->o->control, "hosts", "127.0.0.1", "localhost",
				   ip_format(w->o->address, text));
	auto_free char *line = config ? json_dumps(config, JSON_COMPACT) : NULL;

	if (!line)
		abort();
	json_decref(config);
	web_feed_say(&w->feed, "config", line);
}

static int connect_server(struct web *w, int listener, struct lab_error **err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return lab_error_errno(err, LAB_FAILED, errno, "socket pair");
	if (start_server(w, listener, ends[1], err)) {
		(void)close(ends[0]); /* neither was used */
		(void)close(ends[1]);
		return -1;
	}
	(void)close(ends[1]); /* the server's */
	w->feed = (struct web_feed){
		.in_max = WEB_ASK_MAX, .data = w, .line = on_line, .gone = on_gone};
	if (web_feed_open(&w->feed, w->loop, ends[0]))
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	configure(w);
	return 0;
}

static void init(struct web *w, const struct web_options *o)
{
	*w = (struct web){.o = o, .server_pidfd = -1, .on_signal.fd = -1};
	w->view = (struct cli_view){.arg = o->lab, .all = o->all, .logs = -1};
	w->feed.io.fd = -1;
	w->tick.fn = on_tick;
}

static int open_web(struct web *w, int listener, struct lab_error **err)
{
	w->loop = loop_new();
	if (!w->loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	for (size_t i = 0; i < JOBS; i++) {
		struct question *q = &w->questions[i];

		q->web = w;
		q->job = (struct cli_job){.loop = w->loop, .data = q, .ended = explained};
	}
	w->run = (struct cli_job){.loop = w->loop, .data = w, .ended = ran};
	w->on_signal.fn = on_signal;
	if (cli_view_open(&w->view, err))
		return cli_hint_copies("web", w->view.arg, err);
	if (make_token(w, err) || cli_watch_signals(w->loop, &w->on_signal, err))
		return -1;
	return connect_server(w, listener, err);
}

static void close_web(struct web *w)
{
	int code, status;

	for (size_t i = 0; w->loop && i < JOBS; i++)
		cli_job_stop(&w->questions[i].job);
	if (w->loop)
		cli_job_stop(&w->run);
	if (w->loop)
		loop_timer_clear(w->loop, &w->tick);
	if (w->feed.loop) {
		web_feed_done(&w->feed);
		cleanup_closep(&w->feed.io.fd); /* at which the server ends */
	}
	if (w->server_pidfd >= 0) {
		child_reap(w->server, w->server_pidfd, &code, &status);
		(void)close(w->server_pidfd); /* nothing is written there */
	}
	cleanup_closep(&w->on_signal.fd);
	cli_view_close(&w->view);
	loop_free(w->loop);
}

static void say(const struct web *w, uint16_t port)
{
	char text[IP_STRLEN];

	printf("http://%s:%u/#%s\n",
	       ip_format(w->o->address ? w->o->address : INADDR_LOOPBACK, text), port, w->token);
	(void)fflush(stdout); /* main() reports what cannot be written */
	if (w->o->address >> 24 != 127)
		cli_message("whoever reaches this host and has the address may look%s; it travels "
			    "unencrypted",
			    w->o->control ? " and change the lab" : "");
}

static int serve(struct web *w, int listener, uint16_t port, struct lab_error **err)
{
	if (open_web(w, listener, err))
		return -1;
	say(w, port);
	if (loop_run(w->loop) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	return w->feed.is_gone ? lab_error_make(err, LAB_FAILED, "labctl-web has ended") : 0;
}

/* The listener is opened first: where a lab without root is, there is another network. */
static int run(const struct web_options *o, struct lab_error **err)
{
	struct web w;
	uint16_t port = 0;
	auto_close int listener = open_listener(o, &port, err);
	int rc;

	if (listener < 0 || cli_enter_running("web", o->lab, err))
		return -1;
	init(&w, o);
	rc = serve(&w, listener, port, err);
	close_web(&w);
	return rc;
}

int verb_web(int argc, char **argv)
{
	struct web_options o = {.address = INADDR_LOOPBACK};
	auto_error struct lab_error *err = NULL;

	cli_parse(&cli_argp_web, argc, argv, &o);
	return run(&o, &err) ? cli_fail(err) : LAB_OK;
}
