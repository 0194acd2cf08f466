// SPDX-License-Identifier: GPL-2.0-only
#include "base/ip.h"

#include "base/cleanup.h"
#include "lib/test.h"

static void parses_addresses(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint32_t addr;
	} rows[] = {
		{"0.0.0.0", true, 0},
		{"192.168.1.10", true, 0xc0a8010a},
		{"255.255.255.255", true, 0xffffffff},
		{"256.0.0.0", false, 0},
		{"1.2.3", false, 0},
		{"1.2.3.4.5", false, 0},
		{"01.2.3.4", false, 0}, /* leading zeros read as octal elsewhere */
		{"0x1.2.3.4", false, 0},
		{"1.2.3.4 ", false, 0},
		{" 1.2.3.4", false, 0},
		{"1..3.4", false, 0},
		{"", false, 0},
		{"-1.2.3.4", false, 0},
		{"99999999999.2.3.4", false, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t addr = 0;

		print_message("%s\n", rows[i].text);
		assert_int_equal(ip_parse(rows[i].text, &addr), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(addr, rows[i].addr);
	}
}

static void parses_prefixes(void **state)
{
	static const struct {
		const char *text;
		enum ip_parse result;
	} rows[] = {
		{"10.0.0.0/8", IP_OK},          {"0.0.0.0/0", IP_OK},
		{"1.2.3.4/32", IP_OK},          {"172.16.1.0/16", IP_HOST_BITS},
		{"10.0.0.1/0", IP_HOST_BITS},   {"10.0.0.0", IP_BAD_LENGTH},
		{"10.0.0.0/", IP_BAD_LENGTH},   {"10.0.0.0/33", IP_BAD_LENGTH},
		{"10.0.0.0/08", IP_BAD_LENGTH}, {"10.0.0.0/8x", IP_BAD_LENGTH},
		{"10.0.0/8", IP_BAD_SYNTAX},    {"ten", IP_BAD_SYNTAX},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix p;

		print_message("%s\n", rows[i].text);
		assert_int_equal(ip_prefix_parse(rows[i].text, &p), rows[i].result);
	}
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	assert_int_equal(ip_prefix_parse(text, &p), IP_OK);
	return p;
}

static void compares_prefixes(void **state)
{
	static const struct {
		const char *a, *b;
		bool contains, overlaps;
		int cmp;
	} rows[] = {
		{"10.0.0.0/8", "10.1.0.0/16", true, true, -1},
		{"10.1.0.0/16", "10.0.0.0/8", false, true, 1},
		{"10.0.0.0/8", "10.0.0.0/8", true, true, 0},
		{"10.0.0.0/16", "10.1.0.0/16", false, false, -1},
		{"0.0.0.0/0", "255.255.255.255/32", true, true, -1},
		{"10.0.0.0/8", "10.0.0.0/16", true, true, -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip_prefix a = prefix(rows[i].a), b = prefix(rows[i].b);
		int cmp = ip_prefix_cmp(a, b);

		print_message("%s %s\n", rows[i].a, rows[i].b);
		assert_int_equal(ip_prefix_contains(a, b), rows[i].contains);
		assert_int_equal(ip_prefix_overlaps(a, b), rows[i].overlaps);
		assert_int_equal(ip_prefix_overlaps(b, a), rows[i].overlaps);
		assert_int_equal((cmp > 0) - (cmp < 0), rows[i].cmp);
		assert_int_equal(ip_prefix_equal(a, b), cmp == 0);
	}
}

static void formats(void **state)
{
	char a[IP_STRLEN], p[IP_PREFIX_STRLEN];

	assert_string_equal(ip_format(0xffffffff, a), "255.255.255.255");
	assert_string_equal(ip_prefix_format(prefix("172.16.0.0/12"), p), "172.16.0.0/12");
	assert_int_equal(ip_prefix_first(prefix("192.168.1.0/24")), 0xc0a80100);
	assert_int_equal(ip_prefix_last(prefix("192.168.1.0/24")), 0xc0a801ff);
	assert_int_equal(ip_mask(0), 0);
	assert_int_equal(ip_mask(32), 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_addresses),
		cmocka_unit_test(parses_prefixes),
		cmocka_unit_test(compares_prefixes),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
