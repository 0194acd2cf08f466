// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many clients at once, beside a backend that sends head and body of its answers one by one: the gateway in a thread
 * of its own, with its ring, where the kernel has one. Everybody gets the answer to what he asked, and nothing that
 * was asked once is asked twice.
 */
#include <netinet/tcp.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

#include "gateway/ring.h"
#include "unit/gateway/running.h"

#define CLIENTS  16
#define REQUESTS 1500 /* of each */
#define TAG      16
#define BACKEND                                                                                \
	"\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"backend\",\"address\":" \
	"\"127.0.0.1\",\"port\":%u,\"timeout_ms\":10000}"

static atomic_int served, over;

/* Until there is the end of a head, and a tag behind it; what is behind that stays. False: the peer has gone. */
static bool take_tag(int fd, char *in, size_t room, size_t *len, char tag[TAG + 1])
{
	for (;;) {
		char *end = memmem(in, *len, "\r\n\r\n", 4);
		const size_t used = end ? (size_t)(end + 4 - in) + TAG : 0;
		ssize_t n;

		if (end && used <= *len) {
			memcpy(tag, end + 4, TAG);
			tag[TAG] = '\0';
			*len -= used;
			memmove(in, in + used, *len);
			return true;
		}
		n = recv(fd, in + *len, room - *len, 0);
		if (n <= 0)
			return false;
		*len += (size_t)n;
	}
}

static void say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text),
		    MSG_NOSIGNAL); /* a peer that has gone is missed later */
}

static void *answer(void *arg)
{
	const int fd = (int)(intptr_t)arg, one = 1;
	char in[4096], tag[TAG + 1];
	size_t len = 0;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* two segments */
	while (take_tag(fd, in, sizeof(in), &len, tag)) {
		served++;
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n");
		say(fd, tag);
	}
	close(fd);
	return NULL;
}

/* Until the listening socket is shut down. */
static void *serve(void *arg)
{
	pthread_t threads[4 * CLIENTS];
	size_t n = 0;
	int fd;

	while (n < ARRAY_LEN(threads) && (fd = accept((int)(intptr_t)arg, NULL, NULL)) >= 0)
		if (pthread_create(&threads[n++], NULL, answer, (void *)(intptr_t)fd))
			abort();
	while (n)
		pthread_join(threads[--n], NULL);
	return NULL;
}

struct running {
	struct test_gateway gateway;
	uint16_t backend;
	sem_t ready;
};

static void serve_api(struct running *r)
{
	auto_free char *text = NULL;

	text = test_config(arena_printf(r->gateway.a,
					TEST_API("any", "POST", "/any", TEST_OPEN BACKEND),
					(unsigned int)r->backend));
	test_gateway_serve(&r->gateway, text);
}

static void *run_gateway(void *arg)
{
	struct running *r = arg;
	struct gateway_ring *ring = gateway_ring_new(); /* whoever makes a ring has it */

	test_gateway_init(&r->gateway);
	if (ring)
		loop_use_ring(r->gateway.loop, &gateway_ring_ops, ring);
	serve_api(r);
	(void)sem_post(&r->ready); /* fails only at its maximum */
	while (!over && loop_turn(r->gateway.loop, 10) == 0)
		;
	test_gateway_done(&r->gateway); /* closes what it has to the backend */
	gateway_ring_free(ring);
	return NULL;
}

struct client {
	pthread_t thread;
	int fd;
	unsigned int id, wrong, answered;
};

static void *ask(void *arg)
{
	struct client *c = arg;
	char in[4096], request[256], tag[TAG + 1], got[TAG + 1];
	size_t len = 0;

	for (unsigned int i = 0; i < REQUESTS; i++) {
		(void)snprintf(tag, sizeof(tag), "%06u-%09u", c->id, i);
		(void)snprintf(request, sizeof(request),
			       "POST /any HTTP/1.1" TEST_HOST "Content-Length: 16\r\n\r\n%s", tag);
		say(c->fd, request);
		if (!take_tag(c->fd, in, sizeof(in), &len, got))
			break;
		c->answered++;
		c->wrong += strcmp(got, tag) != 0;
	}
	close(c->fd);
	return NULL;
}

static void begin(struct running *r, int *backend, pthread_t threads[2])
{
	*backend = test_listen(&r->backend);
	assert_int_equal(sem_init(&r->ready, 0, 0), 0);
	assert_int_equal(pthread_create(&threads[0], NULL, serve, (void *)(intptr_t)*backend), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, run_gateway, r), 0);
	while (sem_wait(&r->ready) < 0)
		assert_int_equal(errno, EINTR);
}

static void everybody_gets_his_own(void **state)
{
	struct client clients[CLIENTS];
	struct running r = {0};
	pthread_t threads[2];
	int backend;

	begin(&r, &backend, threads);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){.fd = test_connect(r.gateway.port[0]), .id = i};
		assert_int_equal(pthread_create(&clients[i].thread, NULL, ask, &clients[i]), 0);
	}
	for (unsigned int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
	over = 1;
	pthread_join(threads[1], NULL);
	(void)shutdown(backend, SHUT_RDWR);
	pthread_join(threads[0], NULL);
	close(backend);
	for (unsigned int i = 0; i < CLIENTS; i++) {
		assert_int_equal(clients[i].answered, REQUESTS);
		assert_int_equal(clients[i].wrong, 0);
	}
	assert_int_equal(served, CLIENTS * REQUESTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(everybody_gets_his_own)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
