// SPDX-License-Identifier: GPL-2.0-only
#include "function/service.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "function/runtime.h"
#include "http/head.h"
#include "httpd/httpd.h"

#define BODY_LIMIT (48u << 20) /* 32 MB of payload, as Base64 in an event */
#define GRACE_MS   8000        /* a worker has 10 s between SIGTERM and SIGKILL */
#define ID_MAX     64

struct function_service {
	struct loop *loop;
	struct httpd *httpd;
	struct function_runner *runner;   /* a process for each invocation; or */
	struct function_runtime *runtime; /* processes that live on */
	bool http_trigger;
};

/* One request that is being answered; request->user. */
struct call {
	struct httpd_request *request;
	/* at most one of them, NULL once it is done */
	struct function_invocation *invocation;
	struct function_request *forwarded;
	char id[ID_MAX + 1];
};

static const struct {
	const char *type;
	int status;
} failures[] = {
	[FUNCTION_CRASHED] = {"FunctionUnhandledError", 404},
	[FUNCTION_TIMED_OUT] = {"FunctionTimeout", 404},
	[FUNCTION_NOT_STARTED] = {"FunctionNotStarted", 404},
	[FUNCTION_TOO_LARGE] = {"ResponseTooLarge", 404},
	[FUNCTION_TURNED_AWAY] = {"ResourceExhausted", 429},
};

/* The caller's id goes into the log and into an environment: nothing but what ids are made of. */
static void take_id(char id[static ID_MAX + 1], struct http_slice given)
{
	size_t n = 0;

	while (n < given.n && n < ID_MAX &&
	       (given.p[n] == '-' || (given.p[n] >= '0' && given.p[n] <= '9') ||
		(given.p[n] >= 'A' && given.p[n] <= 'Z') ||
		(given.p[n] >= 'a' && given.p[n] <= 'z')))
		n++;
	if (n)
		memcpy(id, given.p, n);
	else
		id[n++] = '-';
	id[n] = '\0';
}

static void respond(struct call *c, const struct httpd_answer *answer)
{
	if (httpd_respond(c->request, answer) == 0)
		return;
	log_error("%s: no room for the answer's head", c->id);
	if (httpd_respond(c->request, &(struct httpd_answer){.status = 500, .close = true}) < 0)
		abort(); /* not even an empty one: the supervisor starts us anew */
}

static char *copy_of(const char *body, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, body, len);
	return copy;
}

static void succeed(struct call *c, const char *body, size_t len)
{
	struct http_header headers[] = {
		{http_slice("Content-Type"), http_slice("application/octet-stream")},
		{http_slice("x-fc-request-id"), http_slice(c->id)},
		{http_slice("x-fc-status"), http_slice("200")},
	};
	char *copy = copy_of(body, len);

	respond(c, &(struct httpd_answer){.status = 200,
					  .headers = headers,
					  .n_headers = ARRAY_LEN(headers),
					  .body = {copy, len},
					  .free_body = copy});
}

static void fail(struct call *c, int status, const char *type, const char *message)
{
	char status_text[16];
	struct http_header headers[] = {
		{http_slice("Content-Type"), http_slice("application/json")},
		{http_slice("x-fc-request-id"), http_slice(c->id)},
		{http_slice("x-fc-status"), {0}},
		{http_slice("x-fc-error-type"), http_slice(type)},
	};
	json_t *json = json_pack("{s:s, s:s}", "errorMessage", message, "errorType", type);
	char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	snprintf(status_text, sizeof(status_text), "%d", status);
	headers[2].value = http_slice(status_text);
	respond(c, &(struct httpd_answer){.status = status,
					  .headers = headers,
					  .n_headers = ARRAY_LEN(headers),
					  .body = http_slice(body ? body : ""),
					  .free_body = body});
}

/* What Function Compute says itself, beside what concerns the connection. */
static bool passes_back(const struct http_head *h, struct http_slice name)
{
	return !http_slice_is(name, "date") && !http_slice_is(name, "server") &&
	       !http_header_begins(name, "x-fc-") && !http_head_hop_by_hop(h, name);
}

/* Nothing followed the head that a HEAD brought back: its length can only be passed on. */
static void pass_length(const struct call *c, const struct http_head *h,
			struct httpd_answer *answer)
{
	if (!http_slice_equal(c->request->head->method, http_slice("HEAD")))
		return;
	answer->length = http_head_get(h, "content-length").p ? HTTPD_LENGTH_GIVEN
							      : HTTPD_LENGTH_UNKNOWN;
	answer->head_length = h->content_length;
}

static void pass_back(struct call *c, const struct function_result *result)
{
	const struct http_head *h = result->head;
	struct http_header headers[HTTP_MAX_HEADERS + 1] = {
		{http_slice("x-fc-request-id"), http_slice(c->id)}};
	char *copy = copy_of(result->body, result->len);
	struct httpd_answer answer = {.status = h->status,
				      .headers = headers,
				      .n_headers = 1,
				      .body = {copy, result->len},
				      .free_body = copy};

	for (size_t i = 0; i < h->n_headers; i++) {
		if (passes_back(h, h->headers[i].name))
			headers[answer.n_headers++] = h->headers[i];
	}
	pass_length(c, h, &answer);
	respond(c, &answer);
}

static void invoked(void *ctx, const struct function_result *result)
{
	struct call *c = ctx;

	c->invocation = NULL;
	c->forwarded = NULL;
	if (result->outcome != FUNCTION_ANSWERED) {
		fail(c, failures[result->outcome].status, failures[result->outcome].type,
		     result->message);
		return;
	}
	if (result->head)
		pass_back(c, result);
	else /* any bytes: what they mean is for the caller to judge, as in the cloud */
		succeed(c, result->body, result->len);
}

static void invoke(struct function_service *s, struct call *c)
{
	const struct http_slice event = c->request->body;

	if (s->runtime)
		c->forwarded = function_runtime_invoke(s->runtime, c->id, event.p, event.n, invoked,
						       c);
	else
		c->invocation = function_invoke(s->runner, c->id, event.p, event.n, invoked, c);
}

static void pass(struct function_service *s, struct call *c)
{
	const struct httpd_request *r = c->request;

	if (r->head->form == HTTP_FORM_ABSOLUTE)
		fail(c, 400, "InvalidArgument", "This is no proxy");
	else
		c->forwarded = function_runtime_pass(s->runtime, c->id, r->head, r->body, invoked,
						     c);
}

static void on_request(struct httpd_request *r, void *arg)
{
	struct function_service *s = arg;
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	r->user = c;
	c->request = r;
	take_id(c->id, http_head_get(r->head, "x-fc-request-id"));
	if (s->http_trigger)
		pass(s, c);
	else if (!http_slice_equal(r->head->method, http_slice("POST")))
		fail(c, 405, "MethodNotAllowed", "Only POST is understood");
	else if (http_slice_equal(r->head->path, http_slice("/initialize")))
		succeed(c, "", 0);
	else if (http_slice_equal(r->head->path, http_slice("/invoke")))
		invoke(s, c);
	else
		fail(c, 404, "NotFound", "Only /invoke and /initialize are here");
}

static void on_end(struct httpd_request *r, bool sent, void *arg)
{
	struct call *c = r->user;

	if (!c)
		return; /* refused before it got that far */
	if (c->invocation || c->forwarded)
		log_info("%s: the client left", c->id);
	if (c->invocation)
		function_cancel(c->invocation);
	if (c->forwarded)
		function_runtime_cancel(c->forwarded);
	free(c);
}

struct function_service *function_service_new(struct loop *loop,
					      const struct function_settings *settings)
{
	struct function_service *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->loop = loop;
	s->http_trigger = settings->http_trigger;
	if (settings->concurrency)
		s->runtime = function_runtime_new(loop, settings);
	else
		s->runner = function_runner_new(loop, settings);
	s->httpd = httpd_new(
		loop,
		&(struct httpd_options){.body_limit = BODY_LIMIT, .half_close = HTTPD_HAS_LEFT},
		&(struct httpd_handler){.on_request = on_request, .on_end = on_end, .arg = s});
	return s;
}

void function_service_free(struct function_service *s)
{
	if (!s)
		return;
	httpd_free(s->httpd); /* cancels what runs, by on_end */
	function_runner_free(s->runner);
	function_runtime_free(s->runtime);
	free(s);
}

int function_service_listen(struct function_service *s, int fd, struct lab_error **err)
{
	return httpd_listen(s->httpd, fd, NULL, err);
}

static void stopped(void *arg)
{
	struct function_service *s = arg;

	loop_stop(s->loop);
}

void function_service_finish(struct function_service *s)
{
	httpd_stop(s->httpd, GRACE_MS, stopped, s);
}
