// SPDX-License-Identifier: GPL-2.0-only
/* Clients whose answers come later: many, impatient, gone meanwhile, and at the end of the server. */
#include <sys/resource.h>

#include "unit/dns/forwarding.h"

static const struct ask g = {.name = "g.fwd.lab", .type = 1, .flags = 1};
static const struct ask one = {.name = "one.lab", .type = 1};

/* What is forwarded is answered when the test says so. */
static void open_silent(struct fixture *f)
{
	fixture_open(f, 1);
	f->fakes[0].silent = true;
}

/* A lookup that is given up has closed its socket: somebody else may have the port. */
static bool is_given_up(const struct fake *s, size_t i)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_free = bind(fd, (const struct sockaddr *)&s->asks[i].from,
			    sizeof(s->asks[i].from)) == 0;

	close(fd);
	return is_free;
}

static void tcp_answers_come_in_any_order(void **state)
{
	struct fixture f;
	struct client *c;

	open_silent(&f);
	c = client_tcp(&f);
	client_ask_tcp(c, &g, 1);
	client_ask_tcp(c, &g, 2);
	client_ask_tcp(c, &one, 3);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(client_take_tcp(c), 3);
	turn_until(&f, f.fakes[0].heard >= 2);
	fake_answer(&f.fakes[0], 1);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(client_take_tcp(c), 2);
	fake_answer(&f.fakes[0], 0);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(client_take_tcp(c), 1);
	client_free(c);
	fixture_close(&f);
}

static void a_connection_waits_for_a_few_only(void **state)
{
	struct fixture f;
	struct client *c;
	uint16_t sum = 0;

	open_silent(&f);
	c = client_tcp(&f);
	for (uint16_t i = 1; i <= 20; i++)
		client_ask_tcp(c, &g, i);
	turn_until(&f, f.fakes[0].heard == 16);
	assert_int_equal(loop_turn(f.loop, 0), 0);
	assert_int_equal(f.fakes[0].heard, 16);
	/* each answer lets the next query in */
	f.fakes[0].silent = false;
	fake_answer(&f.fakes[0], 0);
	turn_until(&f, f.fakes[0].heard >= 17);
	for (size_t i = 1; i < 16; i++)
		fake_answer(&f.fakes[0], i);
	for (size_t i = 0; i < 20; i++) {
		turn_until(&f, client_has_tcp(c));
		sum = (uint16_t)(sum + client_take_tcp(c));
	}
	assert_int_equal(sum, 20 * 21 / 2);
	client_free(c);
	fixture_close(&f);
}

static void a_client_that_sends_no_more_gets_its_answers(void **state)
{
	struct fixture f;
	struct client *c;

	open_silent(&f);
	c = client_tcp(&f);
	client_ask_tcp(c, &g, 1);
	client_ask_tcp(c, &one, 2);
	assert_int_equal(shutdown(c->fd, SHUT_WR), 0);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(client_take_tcp(c), 2);
	turn_until(&f, f.fakes[0].heard == 1);
	assert_false(c->eof);
	fake_answer(&f.fakes[0], 0);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(client_take_tcp(c), 1);
	turn_until(&f, client_poll(c) == 0 && c->eof);
	client_free(c);
	fixture_close(&f);
}

static void a_client_that_is_gone_is_forgotten(void **state)
{
	static const struct linger hard = {.l_onoff = 1};
	struct fixture f;
	struct client *c;

	open_silent(&f);
	c = client_tcp(&f);
	client_ask_tcp(c, &g, 1);
	client_ask_tcp(c, &g, 2);
	turn_until(&f, f.fakes[0].heard == 2);
	assert_false(is_given_up(&f.fakes[0], 0));
	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
	client_free(c);
	turn_until(&f, is_given_up(&f.fakes[0], 0) && is_given_up(&f.fakes[0], 1));
	fixture_close(&f);
}

static size_t drain(struct client *c, uint8_t *rcode)
{
	size_t n = 0;

	for (c->got = 0; client_poll(c) > 0; c->got = 0) {
		*rcode = c->in[3] & 15;
		n++;
	}
	return n;
}

static void a_thousand_wait_and_no_more(void **state)
{
	struct rlimit limit;
	struct fixture f;
	struct client *c;
	size_t answers = 0;
	uint8_t rcode = 0;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < DNS_MAX_LOOKUPS + 100 || setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		print_message("too few descriptors allowed here: %llu\n",
			      (unsigned long long)limit.rlim_max);
		skip();
	}
	open_silent(&f);
	c = client_udp(&f);
	for (size_t i = 0; i < DNS_MAX_LOOKUPS; i++) {
		client_ask(c, &g);
		assert_int_equal(loop_turn(f.loop, 0), 0);
	}
	turn_until(&f, f.fakes[0].heard >= DNS_MAX_LOOKUPS);
	assert_int_equal(drain(c, &rcode), 0);
	for (size_t i = 0; i < 5; i++)
		client_ask(c, &g);
	turn_until(&f, (answers += drain(c, &rcode)) == 5);
	assert_int_equal(rcode, LDNS_RCODE_SERVFAIL);
	/* one that is answered makes room for another */
	fake_answer(&f.fakes[0], 7);
	turn_until(&f, drain(c, &rcode) == 1);
	assert_int_equal(rcode, LDNS_RCODE_NOERROR);
	f.fakes[0].silent = false;
	f.fakes[0].heard = 0;
	client_ask(c, &g);
	turn_until(&f, drain(c, &rcode) == 1);
	assert_int_equal(rcode, LDNS_RCODE_NOERROR);
	client_free(c);
	fixture_close(&f); /* with 999 that wait */
}

struct ending {
	struct loop_timer timer;
	struct dns_server *server;
};

static void end(struct loop_timer *t)
{
	dns_server_finish(((struct ending *)(void *)t)->server);
}

/* Runs the loop, in which the server is told to end, until it says that it has. */
static void run_to_the_end(struct fixture *f)
{
	struct ending e = {.timer.fn = end, .server = f->server};

	loop_timer_set(f->loop, &e.timer, 0);
	assert_int_equal(loop_run(f->loop), 0);
}

/* Both kinds of clients wait, the server is told to end, and then the answers come. */
static void the_end_waits_for_answers(void **state)
{
	struct fixture f;
	struct client *udp, *tcp, *idle;

	open_silent(&f);
	udp = client_udp(&f);
	tcp = client_tcp(&f);
	idle = client_tcp(&f);
	client_ask(udp, &g);
	client_ask_tcp(tcp, &g, 9);
	turn_until(&f, f.fakes[0].heard == 2);
	dns_server_finish(f.server);
	client_ask_tcp(tcp, &g, 10); /* by a client that does not know yet */
	turn_until(&f, f.fakes[0].heard == 3);
	turn_until(&f, client_poll(idle) == 0 && idle->eof);
	f.fakes[0].silent = false;
	for (size_t i = 0; i < 3; i++)
		fake_answer(&f.fakes[0], i);
	assert_int_equal(loop_run(f.loop), 0); /* ends by itself */
	assert_int_equal(client_poll(udp) > 0, 1);
	assert_int_equal(udp->in[3] & 15, LDNS_RCODE_NOERROR);
	assert_true(client_has_tcp(tcp));
	assert_int_equal(client_take_tcp(tcp) + client_take_tcp(tcp), 19);
	client_free(udp);
	client_free(tcp);
	client_free(idle);
	fixture_close(&f);
}

static void the_end_waits_for_failures(void **state)
{
	struct fixture f;
	struct client *c;

	open_silent(&f);
	c = client_udp(&f);
	client_ask(c, &g);
	turn_until(&f, f.fakes[0].heard == 1);
	run_to_the_end(&f);
	assert_true(client_poll(c) > 0);
	assert_int_equal(c->in[3] & 15, LDNS_RCODE_SERVFAIL);
	client_free(c);
	fixture_close(&f);
}

static void the_end_without_clients_is_at_once(void **state)
{
	struct fixture f;
	uint64_t start;

	open_silent(&f);
	start = loop_now(f.loop);
	run_to_the_end(&f);
	assert_in_range(loop_now(f.loop) - start, 0, 400); /* nobody could still ask over TCP */
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_answers_come_in_any_order),
		cmocka_unit_test(a_connection_waits_for_a_few_only),
		cmocka_unit_test(a_client_that_sends_no_more_gets_its_answers),
		cmocka_unit_test(a_client_that_is_gone_is_forgotten),
		cmocka_unit_test(a_thousand_wait_and_no_more),
		cmocka_unit_test(the_end_waits_for_answers),
		cmocka_unit_test(the_end_waits_for_failures),
		cmocka_unit_test(the_end_without_clients_is_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
