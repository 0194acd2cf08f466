// SPDX-License-Identifier: GPL-2.0-only
/** A whole gateway on loopback, in one loop with the test, and what can be seen of its answers. */
#pragma once

#include <jansson.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "gateway/certificates.h"
#include "gateway/gateway.h"
#include "gateway/quota.h"
#include "lib/http_client.h"
#include "lib/together.h"
#include "unit/gateway/config.h"

#define TEST_HOST "\r\nHost: " TEST_VPC "\r\n"

struct test_gateway {
	struct arena *a;
	struct loop *loop;
	struct gateway *gateway;
	struct tls_client *tls; /* for backends with HTTPS */
	int listening[2], state, log;
	uint16_t port[2]; /* vip-80, public-80 */
};

/* What is behind the gateway may be put into its loop now. */
static inline void test_gateway_init(struct test_gateway *g)
{
	g->a = arena_new(0);
	g->loop = loop_new();
	loop_send_together(g->loop, test_sender, NULL);
	g->log = memfd_create("log", MFD_CLOEXEC);
	g->state = memfd_create("state", MFD_CLOEXEC);
	assert_int_equal(ftruncate(g->state, GATEWAY_MEMORY), 0);
	for (size_t i = 0; i < 2; i++)
		g->listening[i] = test_listen(&g->port[i]);
}

static inline void test_gateway_serve(struct test_gateway *g, const char *config)
{
	auto_error struct lab_error *err = NULL;
	struct gateway_config *c = gateway_config_read(g->a, config, strlen(config), &err);

	if (!c)
		fail_msg("%s", lab_error_message(err));
	for (size_t i = 0; i < c->n_listeners; i++)
		c->listeners[i].fd = g->listening[c->listeners[i].fd - WORKER_FD_SOCKET_0];
	c->state_fd = c->state_fd < 0 ? -1 : g->state;
	c->metrics_fd = c->metrics_fd < 0 ? -1 : g->listening[1];
	assert_int_equal(gateway_secure_backends(c, &g->tls, NULL), 0);
	g->gateway = gateway_new(g->loop, c, gateway_routes_new(g->a, c, NULL), g->log);
	assert_int_equal(gateway_listen(g->gateway, NULL), 0);
}

/** A cmocka set-up: a gateway with these APIs at one address, in *state; more: members beside them. */
static inline int test_gateway_up(void **state, const char *const *apis, size_t n, const char *more)
{
	struct test_gateway *g = calloc(1, sizeof(*g));
	auto_free char *text = NULL;

	test_gateway_init(g);
	text = test_config_with(test_join(g->a, apis, n), TEST_LISTENER("vip-80"), more);
	test_gateway_serve(g, text);
	*state = g;
	return 0;
}

static inline void test_gateway_done(struct test_gateway *g)
{
	gateway_free(g->gateway);
	tls_client_free(g->tls);
	loop_free(g->loop);
	arena_free(g->a);
	for (size_t i = 0; i < 2; i++)
		close(g->listening[i]);
	close(g->state);
	close(g->log);
}

/** Its tear-down. */
static inline int test_gateway_down(void **state)
{
	test_gateway_done(*state);
	free(*state);
	return 0;
}

/* The last line of the access log, parsed; NULL where there is none yet. */
static inline json_t *test_gateway_line(struct test_gateway *g)
{
	struct test_worker w = {.log = g->log};
	auto_free char *text = NULL;
	const char *line;
	json_t *j;
	size_t n;

	gateway_log_flush(g->gateway);
	text = test_worker_log(&w);
	n = strlen(text);
	if (n == 0)
		return NULL;
	assert_int_equal(text[n - 1], '\n');
	text[n - 1] = '\0';
	line = strrchr(text, '\n');
	j = json_loads(line ? line + 1 : text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	return j;
}

/* The value of a header in an answer; "" where there is none. */
static inline char *test_header(struct test_gateway *g, const char *answer, const char *name)
{
	const char *at = strcasestr(answer, arena_printf(g->a, "\r\n%s: ", name));

	if (!at)
		return arena_strdup(g->a, "");
	at += strlen(name) + 4;
	return arena_strndup(g->a, at, strcspn(at, "\r"));
}

/* The client goes away in the middle of its call; comes back when that is in the log. */
static inline json_t *test_gateway_abandon(struct test_gateway *g, struct test_client *c)
{
	uint64_t deadline = test_clock_ms() + 10000;
	json_t *line;

	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
				    sizeof(struct linger)),
			 0);
	test_client_close(c);
	while (!(line = test_gateway_line(g)) && test_clock_ms() < deadline)
		assert_int_equal(loop_turn(g->loop, 100), 0);
	assert_non_null(line);
	return line;
}

/** Asks at the first address; wanted: "STATUS CODE" of the answer. */
static inline void test_gateway_expect(struct test_gateway *g, const char *request,
				       const char *wanted)
{
	auto_free char *got = test_roundtrip(g->loop, g->port[0], request);
	const char *outcome = arena_printf(g->a, "%.3s %s", got + 9,
					   test_header(g, got, "X-Ca-Error-Code"));

	if (strcmp(outcome, wanted) != 0)
		fail_msg("%s: %s", request, got);
}
