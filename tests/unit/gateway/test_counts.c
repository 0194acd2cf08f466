// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/counts.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"
#include "gateway/metrics.h"
#include "lib/test.h"
#include "lib/turn.h"

#define PROCESSES 4
#define CALLS     20000

static int open_memory(void **state)
{
	int *fd = malloc(sizeof(*fd));

	assert_non_null(fd);
	*fd = memfd_create("counts", MFD_CLOEXEC);
	*state = fd;
	return ftruncate(*fd, WORKER_TABLE);
}

static int close_memory(void **state)
{
	close(*(int *)*state);
	free(*state);
	return 0;
}

static struct gateway_counts *open_counts(void **state)
{
	struct gateway_counts *c = gateway_counts_open(*(int *)*state, NULL);

	assert_non_null(c);
	return c;
}

/* Two APIs and what is of none, with a configuration of its own, as each process has. */
struct fixture {
	const char *stage;
	struct gateway_group group;
	struct gateway_api apis[2];
	struct gateway_config config;
	struct gateway_metrics *metrics;
};

static void begin(struct fixture *f, int fd)
{
	f->stage = "RELEASE";
	f->group = (struct gateway_group){.name = "g", .stages = &f->stage, .n_stages = 1};
	for (size_t i = 0; i < 2; i++)
		f->apis[i] = (struct gateway_api){.name = i ? "b" : "a", .group = &f->group};
	f->config = (struct gateway_config){.apis = f->apis, .n_apis = 2};
	f->metrics = gateway_metrics_new(&f->config);
	assert_int_equal(gateway_metrics_share(f->metrics, fd, NULL), 0);
}

static void count(int fd)
{
	struct fixture f;

	begin(&f, fd);
	for (int i = 0; i < CALLS; i++) {
		gateway_metrics_count(f.metrics, &f.apis[i % 2], 0, 200 + i % 5, GATEWAY_OK, 3000);
		gateway_metrics_count(f.metrics, NULL, -1, 300 + i % 20, GATEWAY_OK, 7000);
	}
	gateway_metrics_free(f.metrics);
}

static void assert_has(const char *text, const char *line)
{
	if (!strstr(text, line))
		fail_msg("%s\n%s", line, text);
}

/* Many processes at once, and one that comes later, and has counted nothing, says it all. */
static void calls_are_exact(void **state)
{
	const int fd = *(int *)*state;
	auto_strbuf struct strbuf out = {0};
	struct loop *loop = loop_new();
	struct httpd *httpd = httpd_new(loop, &(struct httpd_options){0},
					&(struct httpd_handler){0});
	struct upstream *upstream = upstream_new(loop, &(struct upstream_options){0});
	struct fixture f;
	int status;

	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			count(fd);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	begin(&f, fd);
	gateway_metrics_watch(f.metrics, loop, httpd, upstream);
	gateway_metrics_write(f.metrics, &out);
#define OF(api) "{group=\"g\",api=\"" api "\",stage=\"RELEASE\""
#define NONE    "{group=\"\",api=\"\",stage=\"\""
	assert_has(out.s, "_requests_total" OF("a") ",code=\"200\",error=\"\"} 8000\n");
	assert_has(out.s, "_requests_total" OF("b") ",code=\"203\",error=\"\"} 8000\n");
	assert_has(out.s, "_duration_seconds_count" OF("a") "} 40000\n");
	assert_has(out.s, "_duration_seconds_bucket" OF("a") ",le=\"0.005\"} 40000\n");
	assert_has(out.s, "_duration_seconds_sum" OF("b") "} 120.000000\n");
	assert_has(out.s, "_requests_total" NONE ",code=\"other\",error=\"other\"} 16000\n");
	assert_has(out.s, "_duration_seconds_count" NONE "} 80000\n");
	gateway_metrics_free(f.metrics);
	upstream_free(upstream);
	httpd_free(httpd);
	loop_free(loop);
}

/* What is told of so many connections, by another process, which then is gone without a word. */
static void tell_elsewhere(void **state, uint64_t now, uint64_t connections,
			   const struct upstream *u)
{
	int status;

	if (fork() == 0) {
		gateway_counts_tell(open_counts(state), now, connections, u);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
}

static void who_is_silent_has_no_connections(void **state)
{
	struct loop *loop = loop_new();
	struct upstream *u = upstream_new(loop, &(struct upstream_options){0});
	struct gateway_counts *c = open_counts(state);

	tell_elsewhere(state, 10000, 5, u);
	gateway_counts_tell(c, 11000, 3, u);
	assert_int_equal(gateway_counts_connections(c, 11000), 8);
	gateway_counts_tell(c, 12000, 4, u);
	assert_int_equal(gateway_counts_connections(c, 12999), 9);
	assert_int_equal(gateway_counts_connections(c, 13000), 4);
	/* its place is taken by others: there are more than places */
	for (uint64_t i = 0; i < 100; i++)
		tell_elsewhere(state, 20000 + i * GATEWAY_COUNTS_GONE_MS, 7, u);
	gateway_counts_tell(c, 20000 + 99 * GATEWAY_COUNTS_GONE_MS, 4, u);
	assert_int_equal(gateway_counts_connections(c, 20000 + 99 * GATEWAY_COUNTS_GONE_MS), 11);
	gateway_counts_close(c);
	c = open_counts(state);
	assert_int_equal(gateway_counts_connections(c, 20000 + 99 * GATEWAY_COUNTS_GONE_MS), 7);
	gateway_counts_close(c);
	upstream_free(u);
	loop_free(loop);
}

static void done(struct upstream_call *call, const struct upstream_result *result, void *arg)
{
	*(bool *)arg = true;
}

#define NAME "a-name-that-is-longer-than-a-word.lab.test"

/* A call of a port where nobody listens; of an odd one by HTTPS. */
static void call(struct loop *loop, struct upstream *u, uint16_t port)
{
	static const struct httpd_security https = {.name = NAME};
	bool over = false;

	(void)upstream_start(
		u, &(struct upstream_request){.peer = {.sin_family = AF_INET,
						       .sin_port = htons(port),
						       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
					      .security = port % 2 ? &https : NULL,
					      .head = http_slice("GET / HTTP/1.1\r\n\r\n"),
					      .connect_ms = 1000,
					      .total_ms = 1000,
					      .max_body = 10,
					      .done = done,
					      .arg = &over});
	test_turn_until(loop, over);
}

struct seen {
	size_t n;
	uint64_t connects[2];
};

static void see(const struct upstream_pool *p, void *arg)
{
	struct seen *s = arg;

	assert_int_equal(p->peer.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_string_equal(p->device, "");
	assert_int_equal(p->idle, 0);
	assert_in_range(ntohs(p->peer.sin_port), 1, 2);
	assert_string_equal(p->secured, ntohs(p->peer.sin_port) % 2 ? NAME : "");
	s->connects[ntohs(p->peer.sin_port) - 1] = p->connects;
	s->n++;
}

static void backends_are_added_up(void **state)
{
	struct loop *loop = loop_new();
	struct upstream *u = upstream_new(loop, &(struct upstream_options){0});
	struct gateway_counts *c = open_counts(state);
	struct seen s = {0};

	call(loop, u, 1);
	gateway_counts_tell(c, 1000, 0, u);
	tell_elsewhere(state, 1000, 0, u); /* which has called as often */
	call(loop, u, 1);
	call(loop, u, 2);
	gateway_counts_tell(c, 2000, 0, u);
	gateway_counts_tell(c, 3000, 0, u); /* the same is told once */
	gateway_counts_pools(c, 3000, see, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.connects[0], 3);
	assert_int_equal(s.connects[1], 1);
	gateway_counts_close(c);
	upstream_free(u);
	loop_free(loop);
}

/* A row has its hash for good; where all are taken, there is none. */
static void rows_run_out(void **state)
{
	struct gateway_counts *c;
	struct gateway_row *row;
	uint64_t n = 1;

	assert_int_equal(ftruncate(*(int *)*state, WORKER_TABLE / 16), 0);
	c = open_counts(state);
	assert_null(gateway_counts_row(c, 1, false));
	row = gateway_counts_row(c, 1, true);
	assert_non_null(row);
	while (gateway_counts_row(c, n + 1, true))
		n++;
	assert_true(n > 1000);
	assert_ptr_equal(gateway_counts_row(c, 1, false), row);
	assert_null(gateway_counts_row(c, n + 1, false));
	gateway_counts_close(c);
}

static void a_memory_may_be_of_no_use(void **state)
{
	static const char garbage[] = "of an older program";
	struct gateway_counts *c;

	assert_int_equal(pwrite(*(int *)*state, garbage, sizeof(garbage), 0), sizeof(garbage));
	assert_int_equal(pwrite(*(int *)*state, garbage, sizeof(garbage), WORKER_TABLE - 2000),
			 sizeof(garbage));
	c = open_counts(state);
	for (uint64_t hash = 1; hash < 40000; hash += 2)
		assert_null(gateway_counts_row(c, hash, false));
	gateway_counts_close(c);
	assert_int_equal(ftruncate(*(int *)*state, 4096), 0);
	assert_null(gateway_counts_open(*(int *)*state, NULL));
	assert_null(gateway_counts_open(-1, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_MEMORY(fn) cmocka_unit_test_setup_teardown(fn, open_memory, close_memory)
		WITH_MEMORY(calls_are_exact),
		WITH_MEMORY(who_is_silent_has_no_connections),
		WITH_MEMORY(backends_are_added_up),
		WITH_MEMORY(rows_run_out),
		WITH_MEMORY(a_memory_may_be_of_no_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
