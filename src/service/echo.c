// SPDX-License-Identifier: GPL-2.0-only
#include "service/echo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "httpd/httpd.h"
#include "service/echo_text.h"
#include "service/wish.h"

#define BODY_LIMIT (64u << 20)
#define GRACE_MS   8000 /* a worker has 10 s between SIGTERM and SIGKILL */

struct service_echo {
	struct loop *loop;
	const struct service_config *config;
	struct httpd *httpd;
	int log_fd;
	/* What /bytes/ answers, one for all, however many ask: WISH_BYTES_MAX bytes of address space,
	 * of which so many are filled as were ever asked for. */
	char *filler;
	size_t filled;
};

/* One request; request->user. */
struct call {
	struct service_echo *echo;
	struct httpd_request *request;
	struct loop_timer delay;
	int status; /* of its answer; 0: there is none yet */
};

static void respond(struct call *c, const char *type, struct http_slice body, char *free_body)
{
	const struct http_header header = {http_slice("Content-Type"), http_slice(type)};

	if (httpd_respond(c->request, &(struct httpd_answer){.status = c->status,
							     .headers = &header,
							     .n_headers = 1,
							     .body = body,
							     .free_body = free_body}) == 0)
		return;
	/* one short header is always sound: for want of memory, then */
	c->status = 500;
	if (httpd_respond(c->request, &(struct httpd_answer){.status = 500, .close = true}) < 0)
		abort(); /* not even an empty one: the supervisor starts us anew */
}

static void respond_text(struct call *c, char *text)
{
	respond(c, "application/json", http_slice(text), text);
}

static void respond_error(struct call *c, const char *why)
{
	json_t *object = json_pack("{s:s}", "error", why);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (!text)
		abort(); /* out of memory: the supervisor starts us anew */
	respond_text(c, text);
}

static void echo(struct call *c)
{
	respond_text(c, service_echo_text(c->echo->config, c->request));
}

static void delay_is_over(struct loop_timer *t)
{
	echo(container_of(t, struct call, delay));
}

/* NULL where there is no memory. Answers that are under way use it: it never moves. */
static const char *filler(struct service_echo *e, size_t n)
{
	if (!e->filler) {
		void *p = mmap(NULL, WISH_BYTES_MAX, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return NULL;
		e->filler = p;
	}
	if (n > e->filled) {
		memset(e->filler + e->filled, 'x', n - e->filled);
		e->filled = n;
	}
	return e->filler;
}

static void respond_bytes(struct call *c, size_t n)
{
	const char *bytes = filler(c->echo, n);

	if (bytes) {
		respond(c, "application/octet-stream", (struct http_slice){bytes, n}, NULL);
		return;
	}
	c->status = 503;
	respond_error(c, strerror(errno));
}

static struct call *call_new(struct service_echo *e, struct httpd_request *r)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		abort(); /* out of memory: the supervisor starts us anew */
	c->echo = e;
	c->request = r;
	c->delay.fn = delay_is_over;
	r->user = c;
	return c;
}

static void on_request(struct httpd_request *r, void *arg)
{
	struct service_echo *e = arg;
	struct wish wish = service_wish(r->head->path);
	struct call *c = call_new(e, r);

	c->status = wish.status;
	switch (wish.answer) {
	case WISH_REFUSED: respond_error(c, wish.why); return;
	case WISH_BYTES: respond_bytes(c, wish.bytes); return;
	case WISH_ECHO: break;
	}
	if (wish.delay_ms)
		loop_timer_set(e->loop, &c->delay, wish.delay_ms);
	else
		echo(c);
}

static void on_refuse(struct httpd_request *r, int status, const char *why, void *arg)
{
	struct call *c = call_new(arg, r);

	c->status = status;
	respond_error(c, why);
}

static void on_end(struct httpd_request *r, bool sent, void *arg)
{
	struct service_echo *e = arg;
	struct call *c = r->user;
	/* it waits still: the client did not, or the worker ends */
	bool answered = c && !loop_timer_is_set(&c->delay);

	service_echo_log(e->config, r, answered ? c->status : 0, e->log_fd);
	if (!c)
		return;
	loop_timer_clear(e->loop, &c->delay);
	free(c);
}

struct service_echo *service_echo_new(struct loop *loop, const struct service_config *config,
				      int log_fd)
{
	struct service_echo *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->loop = loop;
	e->config = config;
	e->log_fd = log_fd;
	e->httpd = httpd_new(loop, &(struct httpd_options){.body_limit = BODY_LIMIT},
			     &(struct httpd_handler){.on_request = on_request,
						     .on_refuse = on_refuse,
						     .on_end = on_end,
						     .arg = e});
	return e;
}

void service_echo_free(struct service_echo *e)
{
	if (!e)
		return;
	httpd_free(e->httpd);
	if (e->filler)
		(void)munmap(e->filler, WISH_BYTES_MAX); /* it was mapped with that size */
	free(e);
}

int service_echo_listen(struct service_echo *e, int fd, const struct httpd_security *security,
			struct lab_error **err)
{
	return httpd_listen_secure(e->httpd, fd, NULL, security, err);
}

static void stopped(void *arg)
{
	struct service_echo *e = arg;

	loop_stop(e->loop);
}

void service_echo_finish(struct service_echo *e)
{
	httpd_stop(e->httpd, GRACE_MS, stopped, e);
}
