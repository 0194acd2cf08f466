// SPDX-License-Identifier: GPL-2.0-only
/* What is asked elsewhere, with which bytes, what counts as its answer, and what the client gets. */
#include "unit/dns/wire.h"

static struct dns_view *view;

static void add_forward(const char *zone)
{
	const struct sockaddr_in server = {.sin_family = AF_INET};

	assert_int_equal(dns_view_add_forward(view, zone, &server, 1, NULL), 0);
}

static int set_up(void **state)
{
	static const char *const records[][3] = {
		{"printer.corp.lab", "A", "10.10.1.9"},
		{"one.alicloudapi.com", "A", "10.10.1.10"},
		{"deep.under.alicloudapi.com", "A", "10.10.1.11"},
		{"api.corp.lab", "CNAME", "G-vpc.alicloudapi.com"},
		{"longer.corp.lab", "CNAME", "api.corp.lab"},
		{"ours.corp.lab", "CNAME", "printer.corp.lab"},
		{"out.corp.lab", "CNAME", "nowhere.else"},
	};

	view = dns_view_new();
	assert_int_equal(dns_view_add_zone(view, "corp.lab", NULL), 0);
	assert_int_equal(dns_view_add_zone(view, "alicloudapi.com", NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(records); i++)
		assert_int_equal(
			dns_view_add(view, records[i][0], records[i][1], records[i][2], 60, NULL),
			0);
	add_forward("alicloudapi.com");
	add_forward("cn-Beijing.alicloudapi.com");
	add_forward("internal");
	return 0;
}

static int tear_down(void **state)
{
	dns_view_free(view);
	return 0;
}

static void the_longest_zone_wins(void **state)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{"g-vpc.alicloudapi.com", "alicloudapi.com."},
		{"alicloudapi.com", "alicloudapi.com."},
		{"a.b.c.ALICLOUDAPI.com", "alicloudapi.com."},
		{"x.cn-beijing.alicloudapi.com", "cn-beijing.alicloudapi.com."},
		{"xcn-beijing.alicloudapi.com", "alicloudapi.com."},
		{"notalicloudapi.com", NULL},
		{"com", NULL},
		{".", NULL},
		{"i-1.cn-hangzhou.ecs.internal", "internal."},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ldns_rdf *name = ldns_dname_new_frm_str(rows[i].name);
		const struct dns_forward *f = dns_view_forward(view, name);

		if (!f != !rows[i].want || (f && strcmp(f->text, rows[i].want) != 0))
			fail_msg("%s: got %s", rows[i].name, f ? f->text : "none");
		ldns_rdf_deep_free(name);
	}
}

static struct dns_relay *relay_for(const struct ask *ask, uint8_t *out, size_t *n)
{
	struct dns_relay *relay;
	uint8_t q[512];
	const char *trouble;

	*n = dns_answer(view, q, make_query(ask, q), DNS_UDP, out, DNS_UDP_MAX, &relay, &trouble);
	assert_null(trouble);
	assert_true(!relay == (*n > 0));
	return relay;
}

static struct dns_relay *must_relay(const struct ask *ask)
{
	uint8_t out[DNS_UDP_MAX];
	size_t n;
	struct dns_relay *relay = relay_for(ask, out, &n);

	assert_non_null(relay);
	return relay;
}

/* "NAME at ZONE" where it is to be asked elsewhere, else rcode and number of records. */
static char *where(const struct ask *ask)
{
	uint8_t out[DNS_UDP_MAX];
	size_t n;
	struct strbuf b = {0};
	struct dns_relay *relay = relay_for(ask, out, &n);
	auto_free char *name = relay ? ldns_rdf2str(relay->name) : NULL;

	if (relay)
		strbuf_printf(&b, "%s at %s%s", name, relay->forward->text,
			      relay->exists ? " exists" : "");
	else
		strbuf_printf(&b, "rcode %d, %d records", out[3] & 15, out[7]);
	dns_relay_free(relay);
	return strbuf_take(&b);
}

static void own_names_come_first(void **state)
{
	static const struct {
		struct ask ask;
		const char *want;
	} rows[] = {
		{{.name = "g-vpc.alicloudapi.com", .type = 1},
		 "g-vpc.alicloudapi.com. at alicloudapi.com."},
		{{.name = "one.alicloudapi.com", .type = 1}, "rcode 0, 1 records"},
		/* a name of ours, whatever the type */
		{{.name = "one.alicloudapi.com", .type = 28}, "rcode 0, 0 records"},
		{{.name = "x.one.alicloudapi.com", .type = 1},
		 "x.one.alicloudapi.com. at alicloudapi.com."},
		/* without records of its own; also the apex of a zone that we have too */
		{{.name = "under.alicloudapi.com", .type = 1},
		 "under.alicloudapi.com. at alicloudapi.com. exists"},
		{{.name = "alicloudapi.com", .type = 6},
		 "alicloudapi.com. at alicloudapi.com. exists"},
		{{.name = "corp.lab", .type = 6}, "rcode 0, 1 records"},
		{{.name = "nothing.corp.lab", .type = 1}, "rcode 3, 0 records"},
		{{.name = "example.org", .type = 1}, "rcode 3, 0 records"},
		/* our CNAMEs: to theirs, to ours, to nowhere; asked for itself */
		{{.name = "api.corp.lab", .type = 1}, "G-vpc.alicloudapi.com. at alicloudapi.com."},
		{{.name = "longer.corp.lab", .type = 1},
		 "G-vpc.alicloudapi.com. at alicloudapi.com."},
		{{.name = "ours.corp.lab", .type = 1}, "rcode 0, 2 records"},
		{{.name = "out.corp.lab", .type = 1}, "rcode 3, 1 records"},
		{{.name = "api.corp.lab", .type = 5}, "rcode 0, 1 records"},
		/* the root, which no zone of the forwards holds */
		{{.name = "", .type = 2}, "rcode 0, 0 records"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = where(&rows[i].ask);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got '%s', want '%s'", rows[i].ask.name, got, rows[i].want);
	}
}

static void the_root_takes_the_rest(void **state)
{
	static const struct {
		struct ask ask;
		const char *want;
	} rows[] = {
		{{.name = "example.org", .type = 1}, "example.org. at ."},
		{{.name = "", .type = 2}, ". at . exists"},
		{{.name = "nothing.corp.lab", .type = 1}, "nothing.corp.lab. at ."},
		{{.name = "printer.corp.lab", .type = 28}, "rcode 0, 0 records"},
		{{.name = "a.alicloudapi.com", .type = 1},
		 "a.alicloudapi.com. at alicloudapi.com."},
	};

	add_forward(".");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = where(&rows[i].ask);

		assert_string_equal(got, rows[i].want);
	}
	tear_down(NULL);
	set_up(NULL);
}

static void refused_queries_are_not_forwarded(void **state)
{
	static const struct ask rows[] = {
		{.name = "g-vpc.alicloudapi.com", .type = 252},
		{.name = "g-vpc.alicloudapi.com", .type = 1, .class = 3},
		{.name = "g-vpc.alicloudapi.com", .type = 1, .flags = 4 << 3},
		{.name = "g-vpc.alicloudapi.com", .type = 1, .opt = true, .opt_ttl = 1 << 16},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_relay *relay;
		uint8_t q[512], out[DNS_UDP_MAX];
		const char *trouble;

		assert_true(dns_answer(view, q, make_query(&rows[i], q), DNS_UDP, out, sizeof(out),
				       &relay, &trouble) > 0);
		assert_null(relay);
		assert_non_null(trouble);
	}
}

static void questions_carry_what_matters(void **state)
{
	static const struct {
		struct ask ask;
		const char *want;
		uint8_t flags; /* fourth byte: CD is 0x10 */
	} rows[] = {
		{{.name = "G-Vpc.alicloudapi.com", .type = 1},
		 "NOERROR rd; ? G-Vpc.alicloudapi.com. IN A",
		 0},
		{{.name = "longer.corp.lab", .type = 28, .flags = 1},
		 "NOERROR rd; ? G-vpc.alicloudapi.com. IN AAAA",
		 0},
		{{.name = "g.alicloudapi.com", .type = 1, .opt = true, .udp_size = 4096},
		 "NOERROR rd; ? g.alicloudapi.com. IN A; OPT v0 1232 ext 0",
		 0},
		{{.name = "g.alicloudapi.com", .type = 1, .opt = true, .opt_ttl = 0x8000},
		 "NOERROR rd; ? g.alicloudapi.com. IN A; OPT v0 1232 ext 0 do",
		 0},
		{{.name = "g.alicloudapi.com", .type = 1, .flags2 = 0x10},
		 "NOERROR rd; ? g.alicloudapi.com. IN A",
		 0x10},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_relay *relay = must_relay(&rows[i].ask);
		uint8_t q[DNS_ASK_MAX];
		size_t n = dns_relay_ask(relay, 0xabcd, q);
		auto_free char *got = describe(q, n);

		assert_string_equal(got, rows[i].want);
		assert_int_equal(q[3], rows[i].flags);
		dns_relay_free(relay);
	}
}

static void the_longest_question_fits(void **state)
{
	char label[64], name[256];
	struct ask ask = {.name = name, .type = 1, .opt = true};
	struct dns_relay *relay;
	uint8_t q[DNS_ASK_MAX];

	memset(label, 'x', 63);
	label[63] = '\0';
	snprintf(name, sizeof(name), "%s.%s.%s.%.46s.internal", label, label, label, label);
	relay = must_relay(&ask);
	assert_int_equal(dns_relay_ask(relay, 1, q), 12 + (3 * 64 + 47 + 9 + 1) + 4 + 11);
	dns_relay_free(relay);
}

#define PLAIN                                              \
	{                                                  \
		.name = "g-vpc.alicloudapi.com", .type = 1 \
	}

static const struct ask plain = PLAIN;

#define G_A "g-vpc.alicloudapi.com. 60 IN A 172.16.1.10"

static void only_the_answer_is_heard(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		uint8_t to; /* that byte becomes */
		int cut;    /* bytes less, or more */
		enum dns_heard udp, tcp;
	} rows[] = {
		{"as it is", 0, 0xab, 0, DNS_WHOLE, DNS_WHOLE},
		{"other letter case", 13, 'G', 0, DNS_WHOLE, DNS_WHOLE},
		{"wrong id", 1, 0xce, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"a query", 2, 0x01, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"a NOTIFY", 2, 0xa1, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"another name", 13, 'h', 0, DNS_FOREIGN, DNS_FOREIGN},
		{"another type", 36, 28, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"another class", 38, 3, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"no question", 5, 0, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"two questions", 5, 2, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"truncated", 2, 0x83, 0, DNS_TRUNCATED, DNS_WHOLE},
		{"truncated in a record", 2, 0x83, 5, DNS_TRUNCATED, DNS_FOREIGN},
		{"cut short", 0, 0xab, 1, DNS_FOREIGN, DNS_FOREIGN},
		{"one byte more", 0, 0xab, -1, DNS_FOREIGN, DNS_FOREIGN},
		{"one record too few", 7, 2, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"a name that points ahead", 40, 0xff, 0, DNS_FOREIGN, DNS_FOREIGN},
		{"half a header", 0, 0xab, 49, DNS_FOREIGN, DNS_FOREIGN},
	};
	struct dns_relay *relay = must_relay(&plain);
	struct says says = {.answer = {G_A}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dns_message udp = {0}, tcp = {0};
		uint8_t q[DNS_ASK_MAX], wire[65535] = {0};
		size_t n = make_answer(q, dns_relay_ask(relay, 0xabcd, q), &says, wire);
		enum dns_heard got_udp, got_tcp;

		wire[rows[i].at] = rows[i].to;
		n -= (size_t)rows[i].cut;
		got_udp = dns_relay_hear(relay, 0xabcd, DNS_UDP, wire, n, &udp);
		got_tcp = dns_relay_hear(relay, 0xabcd, DNS_TCP, wire, n, &tcp);
		if (got_udp != rows[i].udp || got_tcp != rows[i].tcp)
			fail_msg("%s: got %d, %d", rows[i].what, got_udp, got_tcp);
		dns_message_done(&udp);
		dns_message_done(&tcp);
	}
	dns_relay_free(relay);
}

/* What the client of `ask` gets when another server says that (NULL: nothing). */
static char *relayed(const struct ask *ask, const struct says *says)
{
	struct dns_relay *relay = must_relay(ask);
	uint8_t q[DNS_ASK_MAX], out[DNS_UDP_MAX];
	static uint8_t wire[65535];
	auto_message struct dns_message m = {0};
	size_t n;

	if (says) {
		n = make_answer(q, dns_relay_ask(relay, 7, q), says, wire);
		assert_int_equal(dns_relay_hear(relay, 7, DNS_TCP, wire, n, &m), DNS_WHOLE);
	}
	n = dns_relay_answer(relay, says ? &m : NULL, out, sizeof(out));
	dns_relay_free(relay);
	return describe(out, n);
}

#define SOA "alicloudapi.com. 10 IN SOA ns.alicloudapi.com. h.alicloudapi.com. 1 2 3 4 5"
#define Q   "? g-vpc.alicloudapi.com. IN A"

static void answers_are_relayed(void **state)
{
	static const struct {
		struct ask ask;
		struct says says;
		const char *want;
	} rows[] = {
		{{.name = "G-vPC.alicloudapi.com", .type = 1, .flags = 1},
		 {.answer = {G_A}, .aa = true, .ad = true},
		 "NOERROR qr rd ra; ? G-vPC.alicloudapi.com. IN A; "
		 "= G-vPC.alicloudapi.com. 60 IN A 172.16.1.10"},
		{PLAIN, {.authority = {SOA}}, "NOERROR qr ra; " Q "; ^ " SOA},
		{PLAIN,
		 {.rcode = LDNS_RCODE_NXDOMAIN, .authority = {SOA}},
		 "NXDOMAIN qr ra; " Q "; ^ " SOA},
		{PLAIN, {.rcode = LDNS_RCODE_REFUSED}, "REFUSED qr ra; " Q},
		{PLAIN, {.rcode = LDNS_RCODE_SERVFAIL}, "SERVFAIL qr ra; " Q},
		/* the additional section stays behind; TC of a TCP answer means nothing */
		{PLAIN,
		 {.answer = {G_A}, .additional = {"x.lab. 60 IN A 1.2.3.4"}, .tc = true},
		 "NOERROR qr ra; " Q "; = " G_A},
		/* CNAMEs: theirs, and ours before theirs */
		{PLAIN,
		 {.answer = {"g-vpc.alicloudapi.com. 60 IN CNAME y.lab.", "y.lab. 5 IN A 1.2.3.4"}},
		 "NOERROR qr ra; " Q
		 "; = g-vpc.alicloudapi.com. 60 IN CNAME y.lab.; = y.lab. 5 IN A 1.2.3.4"},
		{{.name = "api.corp.lab", .type = 1},
		 {.answer = {G_A}},
		 "NOERROR qr ra; ? api.corp.lab. IN A; "
		 "= api.corp.lab. 60 IN CNAME G-vpc.alicloudapi.com.; "
		 "= G-vpc.alicloudapi.com. 60 IN A 172.16.1.10"},
		{{.name = "api.corp.lab", .type = 1},
		 {.rcode = LDNS_RCODE_NXDOMAIN, .authority = {SOA}},
		 "NXDOMAIN qr ra; ? api.corp.lab. IN A; "
		 "= api.corp.lab. 60 IN CNAME G-vpc.alicloudapi.com.; ^ " SOA},
		/* there are names of ours below it, so it exists */
		{{.name = "under.alicloudapi.com", .type = 1},
		 {.rcode = LDNS_RCODE_NXDOMAIN, .authority = {SOA}},
		 "NOERROR qr ra; ? under.alicloudapi.com. IN A; ^ " SOA},
		/* EDNS is between two neighbours */
		{{.name = "g-vpc.alicloudapi.com", .type = 1, .opt = true, .opt_ttl = 0x8000},
		 {.answer = {G_A}},
		 "NOERROR qr ra; " Q "; = " G_A "; OPT v0 1232 ext 0 do"},
		{PLAIN, {.answer = {G_A}, .opt = true}, "NOERROR qr ra; " Q "; = " G_A},
		{PLAIN,
		 {.rcode = LDNS_RCODE_NOERROR, .opt = true, .extended_rcode = 1},
		 "SERVFAIL qr ra; " Q},
		{{.name = "g-vpc.alicloudapi.com", .type = 1, .opt = true},
		 {.opt = true, .extended_rcode = 1},
		 "NOERROR qr ra; " Q "; OPT v0 1232 ext 1"},
		/* what does not fit: TC, and no half of an answer */
		{PLAIN, {.n_fill = 40}, "NOERROR qr tc ra; " Q},
		{{.name = "api.corp.lab", .type = 1, .opt = true, .udp_size = 4096},
		 {.n_fill = 4000},
		 "NOERROR qr tc ra; ? api.corp.lab. IN A; OPT v0 1232 ext 0"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *got = relayed(&rows[i].ask, &rows[i].says);

		assert_string_equal(got, rows[i].want);
	}
}

static void no_answer_is_servfail(void **state)
{
	static const struct ask ask = {.name = "api.corp.lab", .type = 1, .opt = true, .flags = 1};
	auto_free char *got = relayed(&ask, NULL);

	assert_string_equal(got, "SERVFAIL qr rd ra; ? api.corp.lab. IN A; OPT v0 1232 ext 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_zone_wins),
		cmocka_unit_test(own_names_come_first),
		cmocka_unit_test(the_root_takes_the_rest),
		cmocka_unit_test(refused_queries_are_not_forwarded),
		cmocka_unit_test(questions_carry_what_matters),
		cmocka_unit_test(the_longest_question_fits),
		cmocka_unit_test(only_the_answer_is_heard),
		cmocka_unit_test(answers_are_relayed),
		cmocka_unit_test(no_answer_is_servfail),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
