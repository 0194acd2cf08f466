// SPDX-License-Identifier: GPL-2.0-only
/* Configurations of BIRD: those of compile/bgp.c are understood, others are refused. */
#include "analyse/bird.h"
#include "lib/test.h"

#define HEAD   "log stderr { info };\nrouter id 10.0.1.2;\nprotocol device { scan time 60; }\n"
#define KERNEL "protocol kernel {\n  scan time 60; learn; metric 0;\n  ipv4 {\n"
#define ENDS   "  local 10.0.1.2 as 65010; neighbor 10.0.1.1 as 45104;\n"

static const char customer[] = HEAD KERNEL
	"    import none;\n  };\n}\n"
	"protocol static {\n  ipv4;\n  route 10.10.1.0/24 blackhole;\n}\n"
	"protocol bgp 'pc-1.110' {\n" ENDS "  password \"secret\";\n"
	"    import filter { bgp_local_pref = 990; accept; };\n  };\n}\n"
	"protocol bgp 'pc-2.120' {\n" ENDS "  };\n}\n";

static void test_customer_router(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct bird *b = analyse_bird_read(a, customer);

	assert_non_null(b);
	assert_false(b->tells_kernel);
	assert_int_equal(b->n_networks, 1);
	assert_int_equal(b->networks[0].len, 24);
	assert_int_equal(b->n_sessions, 2);
	assert_string_equal(b->sessions[0].dev, "pc-1.110");
	assert_int_equal(b->sessions[0].own_asn, 65010);
	assert_int_equal(b->sessions[0].far_asn, 45104);
	assert_int_equal(b->sessions[0].preference, 990);
	assert_string_equal(b->sessions[0].password, "secret");
	assert_null(b->sessions[1].password);
	assert_int_equal(b->sessions[1].preference, 100);
}

static void test_vbr(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	const struct bird *b = analyse_bird_read(
		a, HEAD KERNEL "    import where krt_source = 202 || krt_source = 204;\n  };\n}\n");

	assert_non_null(b);
	assert_true(b->tells_kernel);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		HEAD "protocol ospf {\n",
		HEAD "protocol bgp x {\n",
		HEAD "protocol bgp 'x' {\n  local 10.0.1.2 as x; neighbor 10.0.1.1 as 1;\n}\n",
		HEAD "protocol bgp 'x' {\n    import all;\n}\n",
		HEAD "protocol bgp 'x' {\n  password secret;\n}\n",
		HEAD "protocol static {\n  route 10.10.1.0 blackhole;\n}\n",
	};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (analyse_bird_read(a, rows[i]))
			fail_msg("%s", rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_customer_router),
		cmocka_unit_test(test_vbr),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
