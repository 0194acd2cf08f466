// SPDX-License-Identifier: GPL-2.0-only
/* The configuration of labctl-routing: what a good one says, and what is wrong with bad ones. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "routing/config.h"

/* The parts of a configuration; NULL: the good one. */
struct parts {
	const char *state, *tables, *monitors, *sources, *sites, *more;
};

#define TABLES  "{\"ns\":\"cen\",\"socket\":\"r-cen\"},{\"ns\":\"vbr-1\",\"socket\":\"r-vbr\"}"
#define MONITOR "{\"name\":\"m\",\"socket\":\"ping\",\"target\":\"10.0.0.2\","
#define TIMES   "\"interval_ms\":2000,\"losses\":8}"
#define LEARN   "\"learn\":{\"ns\":\"vbr-1\",\"table\":254,\"protocol\":12,\"limit\":110}"
#define SOURCE  "{\"name\":\"s\",\"monitor\":\"m\",\"prefixes\":[\"10.20.0.0/16\",\"10.10.0.0/16\"],"
#define STATIC  "{\"name\":\"t\",\"prefixes\":[]}"
#define SITE    "{\"ns\":\"cen\",\"table\":254,\"protocol\":204,\"offers\":["
#define OFFER \
	"{\"source\":\"s\",\"dev\":\"vbr-1\",\"via\":\"100.64.1.2\",\"onlink\":true,\"rank\":3,"
#define GATES                                                                           \
	"\"gates\":[[{\"deny\":true,\"prefixes\":[\"10.10.0.0/16\"],\"include\":true}," \
	"{\"preference\":10}],[]]}"
#define GATE(clause) SITE "{\"source\":\"s\",\"dev\":\"d\",\"gates\":[[" clause "]]}]}"

static char *text_of(const struct parts *p)
{
	char *text = NULL;

	assert_true(asprintf(&text,
			     "{\"state\":%s,\"tables\":[%s],\"monitors\":[%s],\"sources\":[%s],"
			     "\"sites\":[%s],\"sockets\":[{\"name\":\"r-cen\"},{\"name\":\"ping\"},"
			     "{\"name\":\"state\"},{\"name\":\"r-vbr\"}]%s}",
			     p->state ? p->state : "\"state\"", p->tables ? p->tables : TABLES,
			     p->monitors ? p->monitors : MONITOR TIMES,
			     p->sources ? p->sources : SOURCE LEARN "}," STATIC,
			     p->sites ? p->sites : SITE OFFER GATES "],\"ecmp\":true}",
			     p->more ? p->more : "") > 0);
	return text;
}

static void a_good_one_is_read_whole(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_error struct lab_error *err = NULL;
	auto_free char *text = text_of(&(struct parts){0});
	const struct routing_config *c = routing_config_read(a, text, strlen(text), &err);
	const struct routing_offer *o;

	if (!c)
		fail_msg("%s", lab_error_message(err));
	assert_int_equal(c->n_tables, 2);
	assert_string_equal(c->tables[1].ns, "vbr-1");
	assert_int_equal(c->tables[0].fd, 5); /* by place among the sockets */
	assert_int_equal(c->tables[1].fd, 8);
	assert_int_equal(c->state, 7);
	assert_int_equal(c->n_monitors, 1);
	assert_int_equal(c->monitors[0].fd, 6);
	assert_int_equal(c->monitors[0].target, 0x0a000002);
	assert_int_equal(c->monitors[0].interval_ms, 2000);
	assert_int_equal(c->monitors[0].losses, 8);
	assert_int_equal(c->n_sources, 2);
	assert_int_equal(c->sources[0].monitor, 0);
	assert_int_equal(c->sources[0].prefixes[0].addr, 0x0a0a0000); /* sorted */
	assert_true(c->sources[0].learns);
	assert_int_equal(c->sources[0].learn.table_ns, 1);
	assert_int_equal(c->sources[0].learn.limit, 110);
	assert_true(c->sources[1].monitor == ROUTING_ALWAYS);
	assert_false(c->sources[1].learns);
	assert_int_equal(c->n_sites, 1);
	assert_int_equal(c->sites[0].table_ns, 0);
	assert_int_equal(c->sites[0].protocol, 204);
	assert_true(c->sites[0].ecmp);
	o = c->sites[0].offers;
	assert_int_equal(o->via, 0x64400102);
	assert_int_equal(o->rank, 3);
	assert_true(o->onlink);
	assert_int_equal(o->n_gates, 2);
	assert_true(o->gates[0].clauses[0].deny && o->gates[0].clauses[0].include);
	assert_int_equal(o->gates[0].clauses[0].preference, -1);
	assert_true(o->gates[0].clauses[1].all);
	assert_int_equal(o->gates[0].clauses[1].preference, 10);
	assert_int_equal(o->gates[1].n_clauses, 0);
}

static void bad_ones_are_refused_with_their_place(void **state)
{
	static const struct {
		struct parts parts;
		const char *message;
	} rows[] = {
		{{.more = ",\"x\":1"}, "1 object item(s) left unpacked: x"},
		{{.more = ",\"state\":\"ping\""}, "line 1: duplicate object key near '\"state\"'"},
		{{.state = "\"nowhere\""}, "state: no socket 'nowhere'"},
		{{.state = "\"ping\""}, "monitors[0]: socket 'ping' has a use already"},
		{{.tables = TABLES ",{\"ns\":\"cen\",\"socket\":\"ping\"}"},
		 "tables[2]: 'cen' is there already"},
		{{.tables = "{\"ns\":\"cen\"}"}, "tables[0]: Object item not found: socket"},
		{{.tables = "{\"ns\":\"cen\",\"socket\":\"x\"}"}, "tables[0]: no socket 'x'"},
		{{.monitors = MONITOR "\"interval_ms\":9,\"losses\":8}"},
		 "monitors[0]: interval_ms must be 10 to 60000"},
		{{.monitors = MONITOR "\"interval_ms\":10,\"losses\":1}"},
		 "monitors[0]: losses must be 2 to 60"},
		{{.monitors = "{\"name\":\"m\",\"socket\":\"ping\",\"target\":\"10.0.0\"," TIMES},
		 "monitors[0]: target is not an address"},
		{{.monitors = MONITOR "\"also\":1," TIMES},
		 "monitors[0]: 1 object item(s) left unpacked: also"},
		{{.sources = SOURCE "\"more\":1}"},
		 "sources[0]: 1 object item(s) left unpacked: more"},
		{{.sources = "{\"name\":\"s\",\"monitor\":\"n\",\"prefixes\":[]}"},
		 "sources[0]: no monitor 'n'"},
		{{.sources = STATIC "," STATIC}, "sources[1]: 't' is there already"},
		{{.sources = "{\"name\":\"s\",\"prefixes\":{}}"},
		 "sources[0]: prefixes: must be a list"},
		{{.sources = "{\"name\":\"s\",\"prefixes\":[\"10.0.0.0/8\",\"10.0.0.1/8\"]}"},
		 "sources[0]: prefixes[1]: not a prefix"},
		{{.sources = "{\"name\":\"s\",\"prefixes\":[],\"learn\":{\"ns\":\"x\",\"table\":1,"
			     "\"protocol\":12,\"limit\":1}}"},
		 "sources[0]: learn: 'x' is not among the tables"},
		{{.sources =
			  "{\"name\":\"s\",\"prefixes\":[],\"learn\":{\"ns\":\"cen\",\"table\":0,"
			  "\"protocol\":12,\"limit\":1}}"},
		 "sources[0]: learn: table must be 1 to 4294967295"},
		{{.sources =
			  "{\"name\":\"s\",\"prefixes\":[],\"learn\":{\"ns\":\"cen\",\"table\":1,"
			  "\"protocol\":256,\"limit\":1}}"},
		 "sources[0]: learn: protocol must be 1 to 255"},
		{{.sources =
			  "{\"name\":\"s\",\"prefixes\":[],\"learn\":{\"ns\":\"cen\",\"table\":1,"
			  "\"protocol\":12,\"limit\":0}}"},
		 "sources[0]: learn: limit must be 1 to 1000000"},
		{{.sites = "{\"ns\":\"idc\",\"table\":254,\"protocol\":204,\"offers\":[]}"},
		 "sites[0]: 'idc' is not among the tables"},
		{{.sites = "{\"ns\":\"cen\",\"table\":254,\"protocol\":4,\"offers\":[]}"},
		 "sites[0]: protocol must be 204 to 205"},
		{{.sites = SITE "]}," SITE "]}"}, "sites[1]: the same table twice"},
		{{.sites = SITE "{\"source\":\"u\",\"dev\":\"d\"}]}"},
		 "sites[0]: offers[0]: no source 'u'"},
		{{.sites = SITE "{\"source\":\"s\",\"dev\":\"0123456789abcdef\"}]}"},
		 "sites[0]: offers[0]: dev is not the name of a device"},
		{{.sites = SITE "{\"source\":\"s\",\"dev\":\"d\",\"via\":\"x\"}]}"},
		 "sites[0]: offers[0]: via is not an address"},
		{{.sites = SITE "{\"source\":\"s\",\"dev\":\"d\",\"onlink\":true}]}"},
		 "sites[0]: offers[0]: onlink without via"},
		{{.sites = SITE "{\"source\":\"s\",\"dev\":\"d\",\"rank\":-1}]}"},
		 "sites[0]: offers[0]: rank must be 0 to 65535"},
		{{.sites = SITE "{\"source\":\"s\",\"dev\":\"d\",\"told_by\":{\"ns\":\"no\","
				"\"table\":9}}]}"},
		 "sites[0]: offers[0]: told_by: no such site"},
		{{.sites = SITE "{\"source\":\"s\",\"dev\":\"d\",\"gates\":[{}]}]}"},
		 "sites[0]: offers[0]: gates[0]: must be a list of clauses"},
		{{.sites = GATE("{\"permit\":true}")},
		 "sites[0]: offers[0]: gates[0]: clauses[0]: 1 object item(s) left unpacked: permit"},
		{{.sites = GATE("{},{\"deny\":true,\"preference\":1}")},
		 "sites[0]: offers[0]: gates[0]: clauses[1]: deny and preference exclude each other"},
		{{.sites = GATE("{\"preference\":-1}")},
		 "sites[0]: offers[0]: gates[0]: clauses[0]: preference must be 0 to 65535"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_error struct lab_error *err = NULL;
		auto_free char *text = text_of(&rows[i].parts);
		const char prefix[] = "configuration: ";

		assert_null(routing_config_read(a, text, strlen(text), &err));
		assert_int_equal(lab_error_status(err), LAB_USAGE);
		assert_memory_equal(lab_error_message(err), prefix, strlen(prefix));
		assert_string_equal(lab_error_message(err) + strlen(prefix), rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_read_whole),
		cmocka_unit_test(bad_ones_are_refused_with_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
