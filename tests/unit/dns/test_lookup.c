// SPDX-License-Identifier: GPL-2.0-only
/* Other servers are asked: which, how often, over what, and what is believed. */
#include "unit/dns/forwarding.h"

static const struct ask g = {.name = "g.fwd.lab", .type = 1, .flags = 1};

#define G_ANSWER "NOERROR qr rd ra; ? g.fwd.lab. IN A; = g.fwd.lab. 60 IN A 172.16.1.10"
#define G_FAILED "SERVFAIL qr rd ra; ? g.fwd.lab. IN A"

static void asks_and_relays(void **state)
{
	static const struct ask spelled = {.name = "G.fWd.lab", .type = 1, .flags = 1};
	struct fixture f;

	fixture_open(&f, 1);
	for (size_t i = 0; i < 3; i++) {
		auto_free char *udp = ask_udp(&f, &g), *tcp = ask_tcp(&f, &g);
		auto_free char *own = ask_udp(&f, &(struct ask){.name = "one.lab", .type = 1});
		auto_free char *as_spelled = ask_udp(&f, &spelled);

		assert_string_equal(udp, G_ANSWER);
		assert_string_equal(tcp, G_ANSWER);
		assert_string_equal(as_spelled, "NOERROR qr rd ra; ? G.fWd.lab. IN A; "
						"= G.fWd.lab. 60 IN A 172.16.1.10");
		assert_string_equal(own,
				    "NOERROR qr ra; ? one.lab. IN A; = one.lab. 60 IN A 10.0.0.1");
	}
	/* nothing is remembered, and nothing of ours was asked for */
	assert_int_equal(f.fakes[0].heard, 9);
	assert_int_equal(f.fakes[0].heard_tcp, 0);
	fixture_close(&f);
}

static void ports_and_ids_are_random(void **state)
{
	struct fixture f;
	size_t same_port = 0, same_id = 0, next_port = 0;

	fixture_open(&f, 1);
	for (size_t i = 0; i < 32; i++) {
		auto_free char *got = ask_udp(&f, &g);

		assert_string_equal(got, G_ANSWER);
	}
	for (size_t i = 1; i < 32; i++) {
		unsigned port = ntohs(f.fakes[0].asks[i].from.sin_port);
		unsigned before = ntohs(f.fakes[0].asks[i - 1].from.sin_port);

		same_port += port == before;
		next_port += port == before + 1 || port == before + 2;
		same_id += memcmp(f.fakes[0].asks[i].q, f.fakes[0].asks[i - 1].q, 2) == 0;
	}
	assert_in_range(same_port, 0, 3);
	assert_in_range(next_port, 0, 3);
	assert_in_range(same_id, 0, 3);
	fixture_close(&f);
}

static void other_answers_are_relayed(void **state)
{
	static const struct {
		struct says says;
		struct ask ask;
		const char *want;
	} rows[] = {
		{{.rcode = LDNS_RCODE_NXDOMAIN},
		 {.name = "x.fwd.lab", .type = 1},
		 "NXDOMAIN qr ra; ? x.fwd.lab. IN A"},
		{{.authority = {"fwd.lab. 9 IN SOA a. b. 1 2 3 4 5"}},
		 {.name = "x.fwd.lab", .type = 28},
		 "NOERROR qr ra; ? x.fwd.lab. IN AAAA; ^ fwd.lab. 9 IN SOA a. b. 1 2 3 4 5"},
		{{.answer = {"x.fwd.lab. 9 IN CNAME y.lab.", "y.lab. 9 IN A 1.2.3.4"}},
		 {.name = "x.fwd.lab", .type = 1},
		 "NOERROR qr ra; ? x.fwd.lab. IN A; = x.fwd.lab. 9 IN CNAME y.lab.; "
		 "= y.lab. 9 IN A 1.2.3.4"},
		{{.answer = {"g.fwd.lab. 60 IN A 172.16.1.10"}},
		 {.name = "alias.lab", .type = 1},
		 "NOERROR qr ra; ? alias.lab. IN A; = alias.lab. 60 IN CNAME g.fwd.lab.; "
		 "= g.fwd.lab. 60 IN A 172.16.1.10"},
		/* what a server says is the answer, also when it says that it cannot */
		{{.rcode = LDNS_RCODE_SERVFAIL},
		 {.name = "x.fwd.lab", .type = 1},
		 "SERVFAIL qr ra; ? x.fwd.lab. IN A"},
	};
	struct fixture f;

	fixture_open(&f, 2);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = NULL;

		f.fakes[0].says = rows[i].says;
		got = ask_udp(&f, &rows[i].ask);
		assert_string_equal(got, rows[i].want);
	}
	assert_int_equal(f.fakes[1].heard, 0);
	fixture_close(&f);
}

static void truncated_answers_are_fetched_over_tcp(void **state)
{
	static const struct ask large = {
		.name = "g.fwd.lab", .type = 1, .flags = 1, .opt = true, .udp_size = 1232};
	struct fixture f;
	struct client *c;

	fixture_open(&f, 1);
	f.fakes[0].says = (struct says){.tc = true};
	f.fakes[0].says_tcp = (struct says){.n_fill = 40}; /* more than 512 bytes */
	c = client_tcp(&f);
	client_ask_tcp(c, &g, 0xabcd);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(c->in[2 + 7], 40);
	{
		auto_free char *small = ask_udp(&f, &g), *fits = ask_udp(&f, &large);

		assert_string_equal(small, "NOERROR qr tc rd ra; ? g.fwd.lab. IN A");
		assert_non_null(strstr(fits, "= filling.lab. 60 IN A 10.9.9.9"));
	}
	assert_int_equal(f.fakes[0].heard, 3);
	assert_int_equal(f.fakes[0].heard_tcp, 3);
	client_free(c);
	fixture_close(&f);
}

static void huge_answers(void **state)
{
	struct fixture f;
	struct client *c;
	auto_free char *udp = NULL;

	fixture_open(&f, 1);
	f.fakes[0].says = (struct says){.tc = true};
	f.fakes[0].says_tcp = (struct says){.n_fill = 4000}; /* 64,040 bytes */
	c = client_tcp(&f);
	client_ask_tcp(c, &g, 0xabcd);
	turn_until(&f, client_has_tcp(c));
	assert_int_equal(c->in[2 + 6] << 8 | c->in[2 + 7], 4000);
	udp = ask_udp(&f, &g);
	assert_string_equal(udp, "NOERROR qr tc rd ra; ? g.fwd.lab. IN A");
	client_free(c);
	fixture_close(&f);
}

static void only_the_server_that_was_asked_is_believed(void **state)
{
	struct fixture f;
	auto_free char *got = NULL;

	fixture_open(&f, 1);
	f.fakes[0].lies_first = true;
	got = ask_udp(&f, &g);
	assert_string_equal(got, G_ANSWER);
	fixture_close(&f);
}

/* Asks over UDP, and the answer is there without that any time has to pass. */
static char *ask_at_once(struct fixture *f, const struct ask *ask)
{
	struct client *c = client_udp(f);
	char *text;

	client_ask(c, ask);
	for (int i = 0; i < 50 && client_poll(c) == 0; i++)
		assert_int_equal(loop_turn(f->loop, 0), 0);
	text = describe(c->in, c->got);
	client_free(c);
	return text;
}

static void the_next_is_asked_at_once_where_one_refuses(void **state)
{
	struct fixture f;
	auto_free char *got = NULL;

	fixture_open(&f, 2);
	fake_stop(&f.fakes[0]);
	got = ask_at_once(&f, &g);
	assert_string_equal(got, G_ANSWER);
	assert_int_equal(f.fakes[1].heard, 1);
	fixture_close(&f);
}

static void the_next_is_asked_where_one_is_silent(void **state)
{
	struct fixture f;
	auto_free char *got = NULL;

	fixture_open(&f, 2);
	f.fakes[0].silent = true;
	got = ask_udp(&f, &g);
	assert_string_equal(got, G_ANSWER);
	assert_int_equal(f.fakes[0].heard, 1);
	assert_int_equal(f.fakes[1].heard, 1);
	fixture_close(&f);
}

/* The first server is slow: asked again, and the others too, before its answer to the first try. */
static void a_late_answer_counts(void **state)
{
	struct fixture f;
	struct client *c;
	auto_free char *got = NULL;

	fixture_open(&f, 2);
	f.fakes[0].silent = f.fakes[1].silent = true;
	c = client_udp(&f);
	client_ask(c, &g);
	turn_until(&f, f.fakes[0].heard == 2 && f.fakes[1].heard == 1);
	fake_answer(&f.fakes[0], 0);
	turn_until(&f, client_poll(c) > 0);
	got = describe(c->in, c->got);
	assert_string_equal(got, G_ANSWER);
	client_free(c);
	fixture_close(&f);
}

static void nobody_answers(void **state)
{
	struct fixture f;
	auto_free char *got = NULL;

	/* the C library asks for 2 s */
	static_assert(DNS_PATIENCE_MS <= 1900, "a client that waits for 2 s hears of the failure");
	fixture_open(&f, 2);
	f.fakes[0].silent = f.fakes[1].silent = true;
	got = ask_udp(&f, &g);
	assert_string_equal(got, G_FAILED);
	assert_int_equal(f.fakes[0].heard, 2);
	assert_int_equal(f.fakes[1].heard, 2);
	/* the same question on the same way, so that an answer to either is one to both */
	assert_memory_equal(f.fakes[0].asks[0].q, f.fakes[0].asks[1].q, f.fakes[0].asks[0].len);
	assert_int_equal(f.fakes[0].asks[0].from.sin_port, f.fakes[0].asks[1].from.sin_port);
	fixture_close(&f);
}

static void all_refuse(void **state)
{
	struct fixture f;
	auto_free char *got = NULL;

	fixture_open(&f, 2);
	fake_stop(&f.fakes[0]);
	fake_stop(&f.fakes[1]);
	got = ask_at_once(&f, &g);
	assert_string_equal(got, G_FAILED);
	fixture_close(&f);
}

/* TC, and then TCP says nothing: closed without an answer, twice; the second server has it all. */
static void tcp_fails(void **state)
{
	struct fixture f;
	auto_free char *got = NULL;

	fixture_open(&f, 2);
	f.fakes[0].silent = true;
	f.fakes[0].says = (struct says){.tc = true};
	{
		struct client *c = client_udp(&f);

		client_ask(c, &g);
		turn_until(&f, f.fakes[0].heard == 1);
		fake_answer(&f.fakes[0], 0);
		turn_until(&f, client_poll(c) > 0);
		got = describe(c->in, c->got);
		client_free(c);
	}
	assert_string_equal(got, G_ANSWER);
	assert_int_equal(f.fakes[0].heard_tcp, 1);
	assert_int_equal(f.fakes[1].heard, 1);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_and_relays),
		cmocka_unit_test(ports_and_ids_are_random),
		cmocka_unit_test(other_answers_are_relayed),
		cmocka_unit_test(truncated_answers_are_fetched_over_tcp),
		cmocka_unit_test(huge_answers),
		cmocka_unit_test(only_the_server_that_was_asked_is_believed),
		cmocka_unit_test(the_next_is_asked_at_once_where_one_refuses),
		cmocka_unit_test(the_next_is_asked_where_one_is_silent),
		cmocka_unit_test(a_late_answer_counts),
		cmocka_unit_test(nobody_answers),
		cmocka_unit_test(all_refuse),
		cmocka_unit_test(tcp_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
