// SPDX-License-Identifier: GPL-2.0-only
/* Queries as bytes in, answers as bytes out, compared as text. */
#include "unit/dns/wire.h"

static struct dns_view *view;

static int set_up(void **state)
{
	view = dns_view_new();
	assert_int_equal(dns_view_add_zone(view, "alicloudapi.com", NULL), 0);
	assert_int_equal(dns_view_add_zone(view, "cn-beijing.ecs.internal", NULL), 0);
	assert_int_equal(dns_view_add(view, "g-vpc.alicloudapi.com", "A", "172.16.1.10", 60, NULL),
			 0);
	assert_int_equal(dns_view_add(view, "deep.under.alicloudapi.com", "A", "1.2.3.4", 60, NULL),
			 0);
	assert_int_equal(dns_view_add(view, "alias.alicloudapi.com", "CNAME",
				      "g-vpc.alicloudapi.com", 60, NULL),
			 0);
	assert_int_equal(dns_view_add(view, "loop.alicloudapi.com", "CNAME", "loop.alicloudapi.com",
				      60, NULL),
			 0);
	assert_int_equal(dns_view_add(view, "10.1.16.172.in-addr.arpa", "PTR",
				      "g-vpc.alicloudapi.com", 60, NULL),
			 0);
	for (int i = 1; i <= 100; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "10.0.0.%d", i);
		assert_int_equal(dns_view_add(view, "big.alicloudapi.com", "A", ip, 60, NULL), 0);
	}
	return 0;
}

static int tear_down(void **state)
{
	dns_view_free(view);
	return 0;
}

/* As dns_answer(), where nothing is to be asked elsewhere. */
static size_t answer(const struct dns_view *v, const uint8_t *q, size_t len,
		     enum dns_transport transport, uint8_t *out, size_t room, const char **trouble)
{
	struct dns_relay *relay;
	size_t n = dns_answer(v, q, len, transport, out, room, &relay, trouble);

	assert_null(relay);
	return n;
}

#define SOA_ALI \
	"alicloudapi.com. 10 IN SOA ns.alicloudapi.com. hostmaster.alicloudapi.com. 1 1800 900 604800 10"
#define SOA_ROOT ". 10 IN SOA a.root-servers.net. nstld.verisign-grs.com. 1 1800 900 604800 10"

static void test_answers(void **state)
{
	static const struct {
		struct ask ask;
		const char *want;
	} rows[] = {
		{{.name = "g-vpc.alicloudapi.com", .type = 1, .flags = 1},
		 "NOERROR qr rd ra; ? g-vpc.alicloudapi.com. IN A; = g-vpc.alicloudapi.com. 60 IN A 172.16.1.10"},
		{{.name = "g-vpc.alicloudapi.com", .type = 1},
		 "NOERROR qr ra; ? g-vpc.alicloudapi.com. IN A; = g-vpc.alicloudapi.com. 60 IN A 172.16.1.10"},
		/* 0x20: the letters come back as they were sent, in question and owner */
		{{.name = "G-vPc.aLiCloudAPI.com", .type = 1},
		 "NOERROR qr ra; ? G-vPc.aLiCloudAPI.com. IN A; = G-vPc.aLiCloudAPI.com. 60 IN A 172.16.1.10"},
		{{.name = "g-vpc.alicloudapi.com", .type = 28},
		 "NOERROR qr ra; ? g-vpc.alicloudapi.com. IN AAAA; ^ " SOA_ALI},
		{{.name = "10.1.16.172.in-addr.arpa", .type = 12},
		 "NOERROR qr ra; ? 10.1.16.172.in-addr.arpa. IN PTR; "
		 "= 10.1.16.172.in-addr.arpa. 60 IN PTR g-vpc.alicloudapi.com."},
		{{.name = "nothing.alicloudapi.com", .type = 1},
		 "NXDOMAIN qr ra; ? nothing.alicloudapi.com. IN A; ^ " SOA_ALI},
		{{.name = "example.org", .type = 1},
		 "NXDOMAIN qr ra; ? example.org. IN A; ^ " SOA_ROOT},
		{{.name = "notalicloudapi.com", .type = 1},
		 "NXDOMAIN qr ra; ? notalicloudapi.com. IN A; ^ " SOA_ROOT},
		{{.name = "", .type = 2}, "NOERROR qr ra; ? . IN NS; ^ " SOA_ROOT},
		{{.name = "", .type = 6}, "NOERROR qr ra; ? . IN SOA; = " SOA_ROOT},
		{{.name = "alicloudapi.com", .type = 6},
		 "NOERROR qr ra; ? alicloudapi.com. IN SOA; = " SOA_ALI},
		/* names above a name exist (RFC 8020) */
		{{.name = "under.alicloudapi.com", .type = 1},
		 "NOERROR qr ra; ? under.alicloudapi.com. IN A; ^ " SOA_ALI},
		{{.name = "16.172.in-addr.arpa", .type = 12},
		 "NOERROR qr ra; ? 16.172.in-addr.arpa. IN PTR; ^ " SOA_ROOT},
		{{.name = "alias.alicloudapi.com", .type = 1},
		 "NOERROR qr ra; ? alias.alicloudapi.com. IN A; "
		 "= alias.alicloudapi.com. 60 IN CNAME g-vpc.alicloudapi.com.; "
		 "= g-vpc.alicloudapi.com. 60 IN A 172.16.1.10"},
		{{.name = "loop.alicloudapi.com", .type = 5},
		 "NOERROR qr ra; ? loop.alicloudapi.com. IN CNAME; "
		 "= loop.alicloudapi.com. 60 IN CNAME loop.alicloudapi.com."},
		/* ANY: one set */
		{{.name = "g-vpc.alicloudapi.com", .type = 255},
		 "NOERROR qr ra; ? g-vpc.alicloudapi.com. IN ANY; = g-vpc.alicloudapi.com. 60 IN A 172.16.1.10"},
		{{.name = "alicloudapi.com", .type = 252},
		 "REFUSED qr ra; ? alicloudapi.com. IN AXFR"},
		{{.name = "alicloudapi.com", .type = 251},
		 "REFUSED qr ra; ? alicloudapi.com. IN IXFR"},
		{{.name = "g-vpc.alicloudapi.com", .type = 1, .class = 3},
		 "REFUSED qr ra; ? g-vpc.alicloudapi.com. CH A"},
		{{.name = "g-vpc.alicloudapi.com", .type = 1, .class = 255},
		 "REFUSED qr ra; ? g-vpc.alicloudapi.com. ANY A"},
		{{.name = "g-vpc.alicloudapi.com", .type = 41},
		 "FORMERR qr ra; ? g-vpc.alicloudapi.com. IN OPT"},
		/* NOTIFY; UPDATE */
		{{.name = "alicloudapi.com", .type = 6, .flags = 4 << 3}, "NOTIMPL qr ra"},
		{{.name = "alicloudapi.com", .type = 6, .flags = 5 << 3}, "NOTIMPL qr ra"},
		{{.name = "alicloudapi.com", .type = 6, .flags = 0x80}, "silence"},
		/* EDNS */
		{{.name = "g-vpc.alicloudapi.com", .type = 1, .opt = true, .udp_size = 4096},
		 "NOERROR qr ra; ? g-vpc.alicloudapi.com. IN A; "
		 "= g-vpc.alicloudapi.com. 60 IN A 172.16.1.10; OPT v0 1232 ext 0"},
		{{.name = "g-vpc.alicloudapi.com",
		  .type = 28,
		  .opt = true,
		  .udp_size = 0,
		  .opt_ttl = 0x8000},
		 "NOERROR qr ra; ? g-vpc.alicloudapi.com. IN AAAA; ^ " SOA_ALI
		 "; OPT v0 1232 ext 0 do"},
		{{.name = "g-vpc.alicloudapi.com",
		  .type = 1,
		  .opt = true,
		  .udp_size = 512,
		  .opt_ttl = 1 << 16},
		 "NOERROR qr ra; ? g-vpc.alicloudapi.com. IN A; OPT v0 1232 ext 1"},
		/* too large for the transport */
		{{.name = "big.alicloudapi.com", .type = 1},
		 "NOERROR qr tc ra; ? big.alicloudapi.com. IN A"},
		{{.name = "big.alicloudapi.com", .type = 1, .opt = true, .udp_size = 65535},
		 "NOERROR qr tc ra; ? big.alicloudapi.com. IN A; OPT v0 1232 ext 0"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t q[512], out[DNS_UDP_MAX];
		const char *trouble;
		size_t len = make_query(&rows[i].ask, q);
		size_t n = answer(view, q, len, DNS_UDP, out, sizeof(out), &trouble);
		auto_free char *got = describe(out, n);

		assert_string_equal(got, rows[i].want);
	}
}

static void test_cname_loop_ends(void **state)
{
	uint8_t q[512], out[DNS_UDP_MAX];
	const char *trouble;
	struct ask a = {.name = "loop.alicloudapi.com", .type = 1};
	size_t n = answer(view, q, make_query(&a, q), DNS_UDP, out, sizeof(out), &trouble);

	assert_true(n > 12);
	assert_int_equal(out[3] & 15, 2);
}

static void test_tcp_takes_large_answers(void **state)
{
	static uint8_t out[16384];
	uint8_t q[512];
	const char *trouble;
	struct ask a = {.name = "big.alicloudapi.com", .type = 1};
	size_t n = answer(view, q, make_query(&a, q), DNS_TCP, out, sizeof(out), &trouble);

	assert_in_range(n, 1600, 4000);
	assert_int_equal(out[2] & 2, 0);
	assert_int_equal(out[7], 100);
}

static void test_udp_size_decides(void **state)
{
	uint8_t q[512], out[DNS_UDP_MAX];
	const char *trouble;
	struct dns_view *v = dns_view_new();
	struct ask a = {.name = "forty.lab", .type = 1, .opt = true, .udp_size = 1000};

	for (int i = 1; i <= 40; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "10.0.0.%d", i);
		assert_int_equal(dns_view_add(v, "forty.lab", "A", ip, 60, NULL), 0);
	}
	/* 40 records are 678 bytes */
	assert_int_equal(answer(v, q, make_query(&a, q), DNS_UDP, out, sizeof(out), &trouble),
			 12 + 15 + 40 * 16 + 11);
	a.udp_size = 600;
	assert_in_range(answer(v, q, make_query(&a, q), DNS_UDP, out, sizeof(out), &trouble), 12,
			100);
	assert_int_equal(out[2] & 2, 2);
	dns_view_free(v);
}

static void test_malformed(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[64];
		size_t len;
		const char *want;
	} rows[] = {
		{"nothing", {0}, 0, "silence"},
		{"half a header", {0xab, 0xcd, 1, 0, 0, 1}, 6, "silence"},
		{"no question", {0xab, 0xcd, 1, 0, 0, 0}, 12, "FORMERR qr rd ra"},
		{"two questions",
		 {0xab, 0xcd, 1, 0, 0, 2, [12] = 0, 0, 1, 0, 1, 0, 0, 1, 0, 1},
		 22,
		 "FORMERR qr rd ra"},
		{"name runs out",
		 {0xab, 0xcd, 1, 0, 0, 1, [12] = 63, 'a', 'b'},
		 15,
		 "FORMERR qr rd ra"},
		{"pointer to itself",
		 {0xab, 0xcd, 1, 0, 0, 1, [12] = 0xc0, 12, 0, 1, 0, 1},
		 18,
		 "FORMERR qr rd ra"},
		{"class is missing",
		 {0xab, 0xcd, 1, 0, 0, 1, [12] = 0, 0, 1},
		 15,
		 "FORMERR qr rd ra"},
		{"trailing bytes",
		 {0xab, 0xcd, 1, 0, 0, 1, [12] = 0, 0, 1, 0, 1, 9, 9},
		 19,
		 "FORMERR qr rd ra; ? . IN A"},
		{"additional is missing",
		 {0xab, 0xcd, 1, 0, 0, 1, [11] = 1, [12] = 0, 0, 1, 0, 1},
		 17,
		 "FORMERR qr rd ra; ? . IN A"},
		{"two OPT",
		 {0xab, 0xcd, 1, 0, 0, 1, [11] = 2, [12] = 0, 0,  1, 0, 1, [17] = 0, 0, 41, 2, 0,
		  0,    0,    0, 0, 0, 0, 0,        0,        41, 2, 0, 0, 0,        0, 0,  0, 0},
		 39,
		 "FORMERR qr rd ra; ? . IN A; OPT v0 1232 ext 0"},
		{"OPT below the root",
		 {0xab, 0xcd, 1, 0,  0, 1, [11] = 1, [12] = 0, 0, 1, 0, 1, [17] = 1,
		  'x',  0,    0, 41, 2, 0, 0,        0,        0, 0, 0, 0},
		 30,
		 "FORMERR qr rd ra; ? . IN A"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t out[DNS_UDP_MAX];
		const char *trouble;
		size_t n = answer(view, rows[i].bytes, rows[i].len, DNS_UDP, out, sizeof(out),
				  &trouble);
		auto_free char *got = describe(out, n);

		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got '%s', want '%s'", rows[i].what, got, rows[i].want);
		assert_non_null(trouble);
	}
}

static void test_bad_records(void **state)
{
	static const struct {
		const char *name, *type, *data, *want;
	} rows[] = {
		{"a..b", "A", "1.2.3.4", "dns: 'a..b': not a domain name"},
		{"a.b", "MX", "1.2.3.4", "dns: 'a.b': unknown record type 'MX'"},
		{"a.b", "A", "1.2.3", "dns: 'a.b': bad data '1.2.3' for type A"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;

		assert_int_equal(
			dns_view_add(view, rows[i].name, rows[i].type, rows[i].data, 60, &err), -1);
		assert_string_equal(lab_error_message(err), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_cname_loop_ends),
		cmocka_unit_test(test_tcp_takes_large_answers),
		cmocka_unit_test(test_udp_size_decides),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_bad_records),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
