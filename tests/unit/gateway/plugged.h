// SPDX-License-Identifier: GPL-2.0-only
/**
 * A gateway and a backend in one loop. The backend answers with what it got: the request line, then all headers, in its
 * body; the query says how: status=503, head=Name:Value (more than once), never.
 */
#pragma once

#include "httpd/httpd.h"
#include "unit/gateway/running.h"

struct plugged {
	struct test_gateway g;
	struct httpd *backend;
	int listening;
	uint16_t port;
	unsigned int calls; /* that the backend got */
};

#define PLUGGED_BACKEND                                                                        \
	"\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"backend\",\"address\":" \
	"\"127.0.0.1\",\"port\":PORT,\"timeout_ms\":500}"
#define PLUGGED_BOUND(name) "\"plugins\":[{\"plugin\":\"" name "\",\"stages\":[\"RELEASE\"]}],"
#define PLUGGED_API(name, plugin) \
	TEST_API(name, "ANY", "/" name, TEST_OPEN PLUGGED_BOUND(plugin) PLUGGED_BACKEND)
#define PLUGGED_STATE ",\"state\":\"state\",\"public_daily_calls\":1000"

static inline void plugged_on_request(struct httpd_request *r, void *arg)
{
	struct plugged *f = arg;
	struct http_header headers[8];
	struct httpd_answer answer = {.status = 200, .headers = headers};
	const char *body = arena_printf(r->arena, "%.*s %.*s\n", (int)r->head->method.n,
					r->head->method.p, (int)r->head->target.n,
					r->head->target.p);
	struct http_slice query = r->head->query;

	f->calls++;
	for (size_t i = 0; i < r->head->n_headers; i++)
		body = arena_printf(r->arena, "%s%.*s: %.*s\n", body,
				    (int)r->head->headers[i].name.n, r->head->headers[i].name.p,
				    (int)r->head->headers[i].value.n, r->head->headers[i].value.p);
	while (query.n) {
		const char *amp = memchr(query.p, '&', query.n);
		const size_t n = amp ? (size_t)(amp - query.p) : query.n;
		char *field = arena_strndup(r->arena, query.p, n), *colon;

		if (strcmp(field, "never") == 0)
			return; /* the gateway hangs up */
		if (strncmp(field, "status=", 7) == 0)
			answer.status = atoi(field + 7);
		colon = strncmp(field, "head=", 5) == 0 ? strchr(field, ':') : NULL;
		if (colon) {
			*colon = '\0';
			headers[answer.n_headers++] = (struct http_header){http_slice(field + 5),
									   http_slice(colon + 1)};
		}
		query.p += n + (amp ? 1 : 0);
		query.n -= n + (amp ? 1 : 0);
	}
	answer.body = http_slice(body);
	assert_int_equal(httpd_respond(r, &answer), 0);
}

static inline int plugged_up(void **state, const char *const *apis, size_t n, const char *more)
{
	struct plugged *f = calloc(1, sizeof(*f));
	auto_free char *text = NULL;
	const char *port;

	test_gateway_init(&f->g);
	f->listening = test_listen(&f->port);
	f->backend = httpd_new(f->g.loop, &(struct httpd_options){.body_limit = 1 << 20},
			       &(struct httpd_handler){.on_request = plugged_on_request, .arg = f});
	assert_int_equal(httpd_listen(f->backend, f->listening, NULL, NULL), 0);
	port = arena_printf(f->g.a, "%u", f->port);
	text = test_config_with(test_replace(f->g.a, test_join(f->g.a, apis, n), "PORT", port),
				TEST_LISTENER("vip-80") "," TEST_LISTENER("public-80"),
				test_replace(f->g.a, more, "PORT", port));
	test_gateway_serve(&f->g, text);
	*state = f;
	return 0;
}

static inline int plugged_down(void **state)
{
	struct plugged *f = *state;

	gateway_free(f->g.gateway);
	f->g.gateway = NULL;
	httpd_free(f->backend);
	test_gateway_done(&f->g);
	close(f->listening);
	free(f);
	return 0;
}

/* "GET /a?b HTTP/1.1" and more headers, each with its end of line; the whole answer, to be freed. */
static inline char *plugged_call(struct plugged *f, const char *line, const char *headers)
{
	return test_roundtrip(
		f->g.loop, f->g.port[0],
		arena_printf(f->g.a, "%s HTTP/1.1" TEST_HOST "%s\r\n", line, headers));
}

/* The outcome is "STATUS CODE"; the answer has that text (NULL: any), and it has not that one. */
static inline void plugged_expect(struct plugged *f, const char *line, const char *headers,
				  const char *outcome, const char *has, const char *has_not)
{
	auto_free char *got = plugged_call(f, line, headers);
	const char *found = arena_printf(f->g.a, "%.3s %s", got + 9,
					 test_header(&f->g, got, "X-Ca-Error-Code"));

	if (strcmp(found, outcome) != 0 || (has && !strcasestr(got, has)) ||
	    (has_not && strcasestr(got, has_not)))
		fail_msg("%s, %s: not %s, %s, without %s: %s", line, headers, outcome,
			 has ? has : "", has_not ? has_not : "", got);
}
