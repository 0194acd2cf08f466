// SPDX-License-Identifier: GPL-2.0-only
/* What routers change does not matter; what senders change does. */
#include "base/cleanup.h"
#include "capture/capture.h"
#include "lib/test.h"

/* 10.0.0.1:4660 > 10.0.0.2:80 TCP [ACK], 54 bytes */
static const unsigned char segment[54] = {
	0x02, 0,    0,    0,    0, 2, 0x02, 0, 0,  0, 0,    1,    0x08, 0x00, /* Ethernet */
	0x45, 0,    0,    40,   0, 7, 0x40, 0, 64, 6, 0xaa, 0xbb, 10,   0,
	0,    1,    10,   0,    0, 2, /* IP */
	0x12, 0x34, 0,    80,   0, 0, 0,    1, 0,  0, 0,    2,    0x50, 0x10,
	0xff, 0xff, 0xcc, 0xdd, 0, 0,
};

static struct capture_identity identity(const unsigned char *data, size_t n)
{
	struct capture_identity id;

	assert_true(capture_identify(data, n, &id));
	return id;
}

/* The segment with one byte changed. */
static struct capture_identity changed(size_t at)
{
	unsigned char copy[sizeof(segment)];

	memcpy(copy, segment, sizeof(copy));
	copy[at] ^= 1;
	return identity(copy, sizeof(copy));
}

static void what_matters(void **state)
{
	static const struct {
		const char *what;
		size_t at;
		bool same_key, same_flow;
	} rows[] = {
		{"MAC address", 0, true, true},         {"time to live", 22, true, true},
		{"IP checksum", 24, true, true},        {"TCP checksum", 50, true, true},
		{"identification", 19, false, true},    {"sequence", 41, false, true},
		{"source", 29, false, false},           {"source port", 35, false, false},
		{"destination port", 37, false, false},
	};
	struct capture_identity id = identity(segment, sizeof(segment));

	assert_true(id.bare);
	assert_int_equal(id.to, 0x0a000002);
	assert_int_equal(id.ttl, 64);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct capture_identity other = changed(rows[i].at);

		if ((other.key == id.key) != rows[i].same_key ||
		    (other.flow == id.flow) != rows[i].same_flow)
			fail_msg("%s", rows[i].what);
	}
	assert_false(changed(47).bare); /* FIN */
}

static void both_directions_are_one_flow(void **state)
{
	unsigned char back[sizeof(segment)];

	memcpy(back, segment, sizeof(back));
	memcpy(back + 26, segment + 30, 4);
	memcpy(back + 30, segment + 26, 4);
	memcpy(back + 34, segment + 36, 2);
	memcpy(back + 36, segment + 34, 2);
	assert_true(identity(back, sizeof(back)).flow == identity(segment, sizeof(segment)).flow);
}

static void what_icmp_complains_about(void **state)
{
	unsigned char error[14 + 20 + 8 + 40] = {0};

	memcpy(error, segment, 34);
	error[17] = sizeof(error) - 14;
	error[23] = 1; /* ICMP */
	error[34] = 3; /* unreachable */
	error[29] = 9; /* a router's own address */
	memcpy(error + 42, segment + 14, 40);
	assert_true(identity(error, sizeof(error)).flow == identity(segment, sizeof(segment)).flow);
}

/* In memory of exactly that size, so that AddressSanitizer sees one byte too many. */
static void cut_short(void **state)
{
	struct capture_identity id;

	for (size_t n = 0; n < sizeof(segment); n++) {
		auto_free unsigned char *exact = malloc(n ? n : 1);

		memcpy(exact, segment, n);
		assert_int_equal(capture_identify(exact, n, &id), n > 34);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_matters),
		cmocka_unit_test(both_directions_are_one_flow),
		cmocka_unit_test(what_icmp_complains_about),
		cmocka_unit_test(cut_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
