// SPDX-License-Identifier: GPL-2.0-only
/* Each type of value: what is taken, what it means, what is refused and where the caret stands. */
#include "unit/parse/lab_text.h"

#include <inttypes.h>

#include "base/cleanup.h"
#include "parse/values.h"

static const struct {
	const struct value_units *units;
	const char *text;
	enum value_parse status;
	uint64_t v;
} quantities[] = {
	{&parse_rate_units, "1bit", VALUE_OK, 1},
	{&parse_rate_units, "0bit", VALUE_OK, 0},
	{&parse_rate_units, "1kbit", VALUE_OK, 1000},
	{&parse_rate_units, "2Mbit", VALUE_OK, 2000000},
	{&parse_rate_units, "1.5Gbit", VALUE_OK, 1500000000},
	{&parse_rate_units, "0.001kbit", VALUE_OK, 1},
	{&parse_rate_units, "0.5bit", VALUE_INEXACT, 0},
	{&parse_rate_units, "0.0001kbit", VALUE_INEXACT, 0},
	{&parse_rate_units, "2.50000000000kbit", VALUE_OK, 2500},
	{&parse_rate_units, "2", VALUE_NO_UNIT, 0},
	{&parse_rate_units, "2Mbps", VALUE_BAD_UNIT, 0},
	{&parse_rate_units, "2 Mbit", VALUE_BAD_UNIT, 0},
	{&parse_rate_units, "2mbit", VALUE_BAD_UNIT, 0},
	{&parse_rate_units, "2ms", VALUE_BAD_UNIT, 0},
	{&parse_rate_units, "Mbit", VALUE_BAD, 0},
	{&parse_rate_units, ".5Mbit", VALUE_BAD, 0},
	{&parse_rate_units, "5.Mbit", VALUE_BAD, 0},
	{&parse_rate_units, "-2Mbit", VALUE_BAD, 0},
	{&parse_rate_units, "+2Mbit", VALUE_BAD, 0},
	{&parse_rate_units, "02Mbit", VALUE_BAD, 0},
	{&parse_rate_units, "1e3bit", VALUE_BAD_UNIT, 0},
	{&parse_rate_units, "", VALUE_BAD, 0},
	{&parse_rate_units, "18446744073709551615bit", VALUE_OK, UINT64_MAX},
	{&parse_rate_units, "18446744073709551616bit", VALUE_TOO_BIG, 0},
	{&parse_rate_units, "18446744073709551615kbit", VALUE_TOO_BIG, 0},
	{&parse_duration_units, "30ms", VALUE_OK, 30000},
	{&parse_duration_units, "0.5ms", VALUE_OK, 500},
	{&parse_duration_units, "5s", VALUE_OK, 5000000},
	{&parse_duration_units, "2m", VALUE_OK, 120000000},
	{&parse_duration_units, "1h", VALUE_OK, 3600000000},
	{&parse_duration_units, "0.0001ms", VALUE_INEXACT, 0},
	{&parse_duration_units, "2M", VALUE_BAD_UNIT, 0},
	{&parse_size_units, "128MiB", VALUE_OK, 134217728},
	{&parse_size_units, "512kB", VALUE_OK, 512000},
	{&parse_size_units, "1.5KiB", VALUE_OK, 1536},
	{&parse_size_units, "7", VALUE_NO_UNIT, 0},
	{&parse_size_units, "128M", VALUE_BAD_UNIT, 0},
	{&parse_share_units, "0.1%", VALUE_OK, 1000},
	{&parse_share_units, "0%", VALUE_OK, 0},
	{&parse_share_units, "100%", VALUE_OK, 1000000},
	{&parse_share_units, "101%", VALUE_OK, 1010000}, /* too much, says who asks */
	{&parse_share_units, "0.0001%", VALUE_OK, 1},
	{&parse_share_units, "33.3333%", VALUE_OK, 333333},
	{&parse_share_units, "0.00005%", VALUE_INEXACT, 0},
	{&parse_share_units, "5", VALUE_NO_UNIT, 0},
	{&parse_share_units, "0.1", VALUE_NO_UNIT, 0},
	{&parse_share_units, "5 %", VALUE_BAD_UNIT, 0},
	{&parse_share_units, "5%%", VALUE_BAD_UNIT, 0},
	{&parse_share_units, "%", VALUE_BAD, 0},
	{&parse_share_units, "-1%", VALUE_BAD, 0},
};

static void quantity(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(quantities); i++) {
		uint64_t v = 0;
		enum value_parse status = parse_quantity(quantities[i].units, quantities[i].text,
							 &v);

		if (status != quantities[i].status || v != quantities[i].v)
			fail_msg("'%s': status %d, %" PRIu64, quantities[i].text, (int)status, v);
	}
}

static void unit_guesses(void **state)
{
	assert_string_equal(parse_quantity_unit_guess(&parse_rate_units, "2Mbps"), "Mbit");
	assert_string_equal(parse_quantity_unit_guess(&parse_rate_units, "2 mbit"), "Mbit");
	assert_string_equal(parse_quantity_unit_guess(&parse_duration_units, "2sec"), "s");
	assert_string_equal(parse_quantity_unit_guess(&parse_size_units, "128M"), "MiB");
	assert_null(parse_quantity_unit_guess(&parse_rate_units, "2 parsec"));
}

static void ports(void **state)
{
	static const char *const bad[] = {"",       "80",      "80-80", "0/80",
					  "80/",    "/80",     "81/80", "80/65536",
					  "080/80", "80/80/1", "-1/80", " 80/80"};
	uint16_t first, last;

	assert_true(parse_ports("80/443", &first, &last));
	assert_int_equal(first, 80);
	assert_int_equal(last, 443);
	assert_true(parse_ports("1/65535", &first, &last));
	assert_int_equal(last, 65535);
	assert_true(parse_ports("-1/-1", &first, &last));
	assert_int_equal(first, 0);
	assert_int_equal(last, 65535);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (parse_ports(bad[i], &first, &last))
			fail_msg("'%s' was taken", bad[i]);
}

/* One value each, in a lab that is otherwise fine; the value begins at the column of `%s`. */
#define RATE  "lab: x\ncen: {c: {bandwidth_packages: {p: {bandwidth: %s}}}}\n"
#define RTT   "lab: x\nregion_pairs: {p: {regions: [a, b], rtt: %s}}\n"
#define CIDR  "lab: x\nvpcs: {v: {region: r, cidr_block: %s}}\n"
#define IP    "lab: x\necs: {e: {vswitch: s, security_groups: [g], private_ip: %s}}\n"
#define SIZE  "lab: x\nfunctions: {f: {region: r, code: c, memory_size: %s}}\n"
#define SHARE "lab: x\nphysical_connections: {p: {region: r, loss: %s}}\n"
#define PAIRS "lab: x\ndata_centers: {d: {hosts: {h: {lan: l, dns: {forward: %s}}}}}\n"
#define ENV   "lab: x\nfunctions: {f: {region: r, code: c, environment: %s}}\n"
#define BOOL  "lab: x\napi_groups: {g: {instance: i, vpc_domain: %s}}\n"
#define ID    "lab: x\napi_groups: {g: {instance: i, sub_domain_id: %s}}\n"
#define NUMBER \
	"lab: x\nsecurity_groups: {g: {vpc: v, rules: {r: {type: ingress, cidr_ip: 0.0.0.0/0, priority: %s}}}}\n"
#define PORTS \
	"lab: x\nsecurity_groups: {g: {vpc: v, rules: {r: {type: ingress, cidr_ip: 0.0.0.0/0, port_range: %s}}}}\n"
#define ENUM   "lab: x\ncen: {c: {edition: %s}}\n"
#define STAGES "lab: x\napis: {a: {group: g, path: /, backend: {mock: m}, stages: %s}}\n"
#define REFS   "lab: x\nregion_pairs: {p: {regions: %s}}\n"
#define NAME   "lab: %s\n"
#define TITLE  "lab: x\ntitle: %s\n"
#define SYSTEM "lab: x\nvpcs: %s\n"
#define CHECKS "lab: x\nchecks: %s\n"

static const struct {
	const char *lab, *value;
	uint32_t offset, len; /* of the caret; len 0: there is no error */
	const char *id, *hint;
} values[] = {
	{RATE, "2Mbit", 0, 0, NULL, NULL},
	{RATE, "2", 0, 1, "bad-rate", "such as 2Mbit"},
	{RATE, "2000000", 0, 7, "bad-rate", "such as 2Mbit"},
	{RATE, "2Mbps", 0, 5, "bad-rate", "did you mean '2Mbit'?"},
	{RATE, "0.5bit", 0, 6, "bad-rate", NULL},
	{RATE, "much", 0, 4, "bad-rate", NULL},
	{RATE, "1001Gbit", 0, 8, "out-of-range", NULL},
	{RATE, "{a: b}", 0, 1, "bad-type", NULL},
	{RATE, "[2Mbit]", 0, 1, "bad-type", NULL},
	{RATE, "null", 0, 4, "empty-value", NULL},
	{RATE, "''", 0, 2, "bad-rate", NULL},
	{RTT, "0.5ms", 0, 0, NULL, NULL},
	{RTT, "30", 0, 2, "bad-duration", "such as 30ms"},
	{RTT, "30sec", 0, 5, "bad-duration", "did you mean '30s'?"},
	{RTT, "25h", 0, 3, "out-of-range", NULL},
	{SIZE, "128MiB", 0, 0, NULL, NULL},
	{SIZE, "128", 0, 3, "bad-size", NULL},
	{SIZE, "128M", 0, 4, "bad-size", "did you mean '128MiB'?"},
	{CIDR, "10.0.0.0/8", 0, 0, NULL, NULL},
	{CIDR, "10.0.0.1/8", 0, 10, "host-bits", "10.0.0.0/8"},
	{CIDR, "172.16.1.0/16", 0, 13, "host-bits", "172.16.0.0/16"},
	{CIDR, "10.0.0.0", 0, 8, "bad-cidr", NULL},
	{CIDR, "10.0.0.0/33", 0, 11, "bad-cidr", NULL},
	{CIDR, "10.0.0/8", 0, 8, "bad-cidr", NULL},
	{CIDR, "'10.0.0.256/8'", 0, 14, "bad-cidr", NULL},
	{IP, "10.0.0.1", 0, 0, NULL, NULL},
	{IP, "10.0.0.01", 0, 9, "bad-address", NULL},
	{IP, "10.0.0.1/24", 0, 11, "bad-address", NULL},
	{BOOL, "true", 0, 0, NULL, NULL},
	{BOOL, "yes", 0, 3, "bad-bool", NULL},
	{BOOL, "\"true\"", 0, 6, "bad-bool", "without quotes"},
	{ID, "0123456789abcdef0123456789abcdef", 0, 0, NULL, NULL},
	{ID, "0123456789ABCDEF0123456789abcdef", 0, 32, "bad-id", NULL},
	{ID, "abc", 0, 3, "bad-id", NULL},
	{NUMBER, "100", 0, 0, NULL, NULL},
	{NUMBER, "0", 0, 1, "out-of-range", NULL},
	{NUMBER, "101", 0, 3, "out-of-range", NULL},
	{NUMBER, "99999999999999999999", 0, 20, "out-of-range", NULL},
	{NUMBER, "1.5", 0, 3, "bad-number", NULL},
	{NUMBER, "0x10", 0, 4, "bad-number", NULL},
	{NUMBER, "-1", 0, 2, "bad-number", NULL},
	{PORTS, "80/443", 0, 0, NULL, NULL},
	{PORTS, "80", 0, 2, "bad-port-range", "\"80/80\""},
	{ENUM, "enterprise", 0, 0, NULL, NULL},
	{ENUM, "enterprize", 0, 10, "unknown-value", "did you mean 'enterprise'?"},
	{ENUM, "gold", 0, 4, "unknown-value", "one of: basic, enterprise"},
	{ENUM, "Basic", 0, 5, "unknown-value", "did you mean 'basic'?"},
	{STAGES, "[RELEASE, TEST]", 0, 0, NULL, NULL},
	{STAGES, "[]", 0, 0, NULL, NULL},
	{STAGES, "[RELEASE, UAT]", 0, 0, NULL, NULL},
	{STAGES, "RELEASE", 0, 7, "bad-type", NULL},
	{STAGES, "[RELEASE, [TEST]]", 10, 1, "bad-type", NULL},
	{REFS, "[a, b]", 0, 0, NULL, NULL},
	{REFS, "[a]", 0, 1, "bad-count", NULL},
	{REFS, "[a, b, c]", 0, 1, "bad-count", NULL},
	{REFS, "[a, '']", 4, 2, "bad-name", NULL},
	{NAME, "x-1", 0, 0, NULL, NULL},
	{NAME, "1", 0, 0, NULL, NULL},
	{NAME, "X", 0, 1, "bad-name", "a-z, 0-9"},
	{NAME, "-x", 0, 2, "bad-name", NULL},
	{NAME, "a/b", 0, 3, "bad-name", NULL},
	{NAME, "a2345678901234567890123456789012", 0, 32, "bad-name", NULL},
	{TITLE, "5", 0, 0, NULL, NULL},
	{TITLE, "''", 0, 0, NULL, NULL},
	{TITLE, "{a: b}", 0, 1, "bad-type", "needs quotes"},
	{SYSTEM, "[a]", 0, 1, "bad-type", NULL},
	{SYSTEM, "~", 0, 1, "empty-value", "{}"},
	{SYSTEM, "{}", 0, 0, NULL, NULL},
	{SYSTEM, "{V: {}}", 1, 1, "bad-name", NULL},
	{SYSTEM, "{v: x}", 4, 1, "bad-type", NULL},
	{CHECKS, "{}", 0, 1, "bad-type", NULL},
	{CHECKS, "[x]", 1, 1, "bad-type", NULL},
	{ENV, "{A: 1, B_2: ''}", 0, 0, NULL, NULL},
	{ENV, "{A=B: 1}", 1, 3, "bad-variable", NULL},
	{ENV, "{2A: 1}", 1, 2, "bad-variable", NULL},
	{ENV, "{A: [1]}", 4, 1, "bad-type", NULL},
	{SHARE, "0.1%", 0, 0, NULL, NULL},
	{SHARE, "100%", 0, 0, NULL, NULL},
	{SHARE, "101%", 0, 4, "out-of-range", NULL},
	{SHARE, "100.0001%", 0, 9, "out-of-range", NULL},
	{SHARE, "5", 0, 1, "bad-share", "such as 0.1%"},
	{SHARE, "5 percent", 0, 9, "bad-share", NULL},
	{SHARE, "0.00005%", 0, 8, "bad-share", NULL},
	{PAIRS, "{a.example: 10.0.0.1 10.0.0.2, \".\": 10.0.0.3}", 0, 0, NULL, NULL},
	{PAIRS, "{}", 0, 0, NULL, NULL},
	{PAIRS, "{a: ''}", 0, 0, NULL, NULL}, /* what it means is for validate/ to say */
	{PAIRS, "{a: null}", 4, 4, "empty-value", NULL},
	{PAIRS, "{a: [10.0.0.1]}", 4, 1, "bad-type", NULL},
	{PAIRS, "{a: {b: c}}", 4, 1, "bad-type", NULL},
	{PAIRS, "{a: b, a: c}", 7, 1, "duplicate-key", NULL},
	{PAIRS, "[a]", 0, 1, "bad-type", NULL},
	{PAIRS, "a", 0, 1, "bad-type", NULL},
	{PAIRS, "null", 0, 4, "empty-value", "{}"},
};

/* The lab with its value put in, and where it was put. Caller frees. */
static char *lab_with(const char *lab, const char *value, uint32_t *line, uint32_t *col)
{
	const char *place = strstr(lab, "%s"), *start = place;
	struct strbuf b = {0};

	while (start > lab && start[-1] != '\n')
		start--;
	*line = start == lab ? 1 : 2;
	*col = (uint32_t)(place - start) + 1;
	strbuf_addn(&b, lab, (size_t)(place - lab));
	strbuf_add(&b, value);
	strbuf_add(&b, place + 2);
	return strbuf_take(&b);
}

static bool has_hint(struct diag_view v, const char *hint)
{
	for (size_t i = 0; i < v.n_notes; i++)
		if (strstr(v.notes[i].message, hint))
			return true;
	return false;
}

static void in_labs(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		uint32_t line, col;
		auto_free char *text = lab_with(values[i].lab, values[i].value, &line, &col);
		struct lab_text t;
		struct diag_view v;
		bool wanted;

		lab_text_read(&t, text, NULL);
		wanted = diag_count(t.diags) == (values[i].len ? 1 : 0);
		if (wanted && values[i].len) {
			v = diag_get(t.diags, 0);
			wanted = v.at.line == line && v.at.col == col + values[i].offset &&
				 v.at.len == values[i].len && strcmp(v.id, values[i].id) == 0 &&
				 (!values[i].hint || has_hint(v, values[i].hint));
		}
		if (!wanted) {
			diag_print(t.diags, stderr, false);
			fail_msg("%s", text);
		}
		lab_text_done(&t);
	}
}

/* What a value is finer than is not always its first unit. */
static void too_fine(void **state)
{
	static const struct {
		const char *lab, *value, *message;
	} rows[] = {
		{RATE, "0.5bit", "0.5bit is not a whole number of bit"},
		{RTT, "0.0005ms", "0.0005ms is not a whole number of us"},
		{SIZE, "0.5B", "0.5B is not a whole number of B"},
		{SHARE, "0.00005%", "0.00005% is not a whole number of millionths"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t line, col;
		auto_free char *text = lab_with(rows[i].lab, rows[i].value, &line, &col);
		struct lab_text t;

		lab_text_read(&t, text, NULL);
		assert_int_equal(diag_count(t.diags), 1);
		assert_string_equal(diag_get(t.diags, 0).message, rows[i].message);
		lab_text_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantity), cmocka_unit_test(unit_guesses), cmocka_unit_test(ports),
		cmocka_unit_test(in_labs),  cmocka_unit_test(too_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
