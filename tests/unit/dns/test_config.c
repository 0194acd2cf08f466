// SPDX-License-Identifier: GPL-2.0-only
/* The DNS worker's configuration. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "dns/config.h"

static struct dns_config *read_text(const char *text, struct lab_error **err)
{
	return dns_config_read(text, strlen(text), err);
}

static void test_good(void **state)
{
	struct dns_config *c = read_text(
		"{\"views\":[{\"name\":\"vpc-1\",\"sockets\":[\"b\",\"a\"],\"records\":[{\"name\":\"x.lab\","
		"\"type\":\"A\",\"data\":\"10.0.0.1\",\"ttl\":5}]},{\"name\":\"vpc-2\",\"sockets\":[\"c\"]}],"
		"\"zones\":[\"lab\"],\"sockets\":[{\"name\":\"a\"},{\"name\":\"c\"},{\"name\":\"b\"}]}",
		NULL);
	ldns_rdf *name = ldns_dname_new_frm_str("X.lab");

	assert_non_null(c);
	assert_int_equal(c->n_views, 2);
	assert_int_equal(c->n_sockets, 3);
	assert_false(c->forwards);
	assert_string_equal(c->sockets[0].view_name, "vpc-1");
	assert_string_equal(c->sockets[1].view_name, "vpc-2");
	assert_ptr_equal(c->sockets[2].view, c->sockets[0].view);
	assert_ptr_not_equal(c->sockets[1].view, c->sockets[0].view);
	assert_non_null(dns_view_find(c->sockets[0].view, name));
	assert_null(dns_view_find(c->sockets[1].view, name));
	ldns_rdf_deep_free(name);
	dns_config_free(c);
}

#define FORWARD(entries) "{\"views\":[{\"name\":\"v\",\"sockets\":[],\"forward\":" entries "}]}"

static void test_forwards(void **state)
{
	struct dns_config *c = read_text(
		FORWARD("[{\"zone\":\"AliCloudAPI.com\",\"servers\":[\"100.100.2.136\","
			"\"100.100.2.138\"]},{\"zone\":\".\",\"servers\":[\"10.0.0.1\"]}]"),
		NULL);
	ldns_rdf *name = ldns_dname_new_frm_str("x.alicloudapi.com");
	const struct dns_forward *f;

	assert_non_null(c);
	assert_true(c->forwards);
	f = dns_view_forward(c->views[0], name);
	assert_string_equal(f->text, "alicloudapi.com.");
	assert_int_equal(f->n_servers, 2);
	assert_int_equal(f->servers[1].sin_family, AF_INET);
	assert_int_equal(ntohl(f->servers[1].sin_addr.s_addr), 0x6464028a);
	assert_int_equal(ntohs(f->servers[1].sin_port), 53);
	ldns_rdf_deep_free(name);
	dns_config_free(c);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"{}", "configuration: no \"views\""},
		{"{\"views\":[{}]}", "configuration: view 0: malformed"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[\"a\"]}]}",
		 "configuration: v: no socket 'a'"},
		{"{\"views\":[],\"sockets\":[{\"name\":\"a\"}]}",
		 "configuration: socket 'a': belongs to no view"},
		{"{\"views\":[],\"sockets\":[{}]}", "configuration: socket 0: no name"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[],\"records\":[{\"name\":\"x\"}]}]}",
		 "configuration: record 0: malformed"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[],\"records\":[{\"name\":\"x\",\"type\":\"A\","
		 "\"data\":\"1.2.3.4\",\"ttl\":-1}]}]}",
		 "configuration: record 0: malformed"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[],\"records\":[{\"name\":\"x\",\"type\":\"A\","
		 "\"data\":\"y\"}]}]}",
		 "configuration: record 0: dns: 'x': bad data 'y' for type A"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[]}],\"zones\":[\"a..b\"]}",
		 "configuration: dns: 'a..b': not a domain name"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[],\"vpc\":\"v\"}]}",
		 "configuration: view 0: malformed"},
		{"{\"views\":[{\"name\":\"v\",\"sockets\":[],\"records\":[{\"name\":\"x\",\"type\":\"A\","
		 "\"data\":\"1.2.3.4\",\"TTL\":9}]}]}",
		 "configuration: record 0: malformed"},
		{FORWARD("{}"), "configuration: \"forward\": no list"},
		{FORWARD("[7]"), "configuration: forward 0: malformed"},
		{FORWARD("[{\"zone\":\".\"}]"), "configuration: forward 0: malformed"},
		{FORWARD("[{\"zone\":\".\",\"servers\":[\"1.2.3.4\"],\"port\":53}]"),
		 "configuration: forward 0: malformed"},
		{FORWARD("[{\"zone\":\".\",\"servers\":\"1.2.3.4\"}]"),
		 "configuration: forward 0: not a list of 1 to 4 servers"},
		{FORWARD("[{\"zone\":\".\",\"servers\":[]}]"),
		 "configuration: forward 0: not a list of 1 to 4 servers"},
		{FORWARD("[{\"zone\":\".\",\"servers\":[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\","
			 "\"1.1.1.5\"]}]"),
		 "configuration: forward 0: not a list of 1 to 4 servers"},
		{FORWARD("[{\"zone\":\".\",\"servers\":[\"dns.lab\"]}]"),
		 "configuration: forward 0: server 'dns.lab': not an IPv4 address"},
		{FORWARD("[{\"zone\":\".\",\"servers\":[\"1.2.3.4\",7]}]"),
		 "configuration: forward 0: server '?': not an IPv4 address"},
		{FORWARD("[{\"zone\":\"a..b\",\"servers\":[\"1.2.3.4\"]}]"),
		 "configuration: forward 0: dns: 'a..b': not a domain name"},
		{FORWARD("[{\"zone\":\"x.lab\",\"servers\":[\"1.2.3.4\"]},"
			 "{\"zone\":\"X.lab.\",\"servers\":[\"1.2.3.5\"]}]"),
		 "configuration: forward 1: dns: zone 'X.lab.': forwarded twice"},
		{"{\"views\":[],\"views\":[]}",
		 "configuration: duplicate object key near '\"views\"'"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;

		assert_null(read_text(rows[i].text, &err));
		assert_string_equal(lab_error_message(err), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
