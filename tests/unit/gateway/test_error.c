// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/error.h"

#include "lib/test.h"

/* Six characters, the second to fourth of them the status; one place for what it is about. */
static void codes(void **state)
{
	auto_arena struct arena *a = arena_new(0);

	for (int i = GATEWAY_OK + 1; i < GATEWAY_N_ERRORS; i++) {
		enum gateway_error e = (enum gateway_error)i;
		const char *code = gateway_error_code(e);
		const char *text = gateway_error_text(a, e, NULL);

		assert_int_equal(strlen(code), 6);
		assert_in_range(gateway_error_status(e), 400, 599);
		assert_true(strlen(text) > 0);
		assert_null(strchr(text, '%'));
		for (int k = GATEWAY_OK; k < i; k++)
			assert_string_not_equal(gateway_error_code((enum gateway_error)k), code);
	}
	assert_string_equal(gateway_error_code(GATEWAY_OK), "");
}

static void backends(void **state)
{
	static const struct {
		enum gateway_error error;
		const char *code;
		int status;
	} rows[] = {
		{GATEWAY_CONNECT_FAILED, "D504CO", 504},
		{GATEWAY_BACKEND_TIMEOUT, "D504TO", 504},
		{GATEWAY_BACKEND_INVALID, "D502BR", 502},
		{GATEWAY_UNRESOLVED, "D504RE", 504},
		{GATEWAY_ACCESS_INVALID, "X504VE", 504},
		{GATEWAY_DOMAIN_THROTTLED, "T429ID", 429},
		{GATEWAY_INSTANCE_THROTTLED, "T429IN", 429},
		{GATEWAY_GROUP_THROTTLED, "T429GR", 429},
		{GATEWAY_VPC_REFUSED, "A403VN", 403},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(gateway_error_code(rows[i].error), rows[i].code);
		assert_int_equal(gateway_error_status(rows[i].error), rows[i].status);
	}
}

static void texts(void **state)
{
	auto_arena struct arena *a = arena_new(0), *full = arena_new(1);

	assert_string_equal(gateway_error_text(a, GATEWAY_BAD_PROTOCOL, "HTTP %s"),
			    "Invalid protocol HTTP %s unsupported");
	assert_string_equal(gateway_error_text(a, GATEWAY_UNKNOWN_DOMAIN, NULL),
			    "Invalid Domain ``");
	assert_string_equal(gateway_error_text(a, GATEWAY_BAD_STAGE, "of no matter"),
			    "Invalid Stage");
	assert_string_equal(gateway_error_text(a, GATEWAY_BAD_CONTENT_TYPE, "a form is expected"),
			    "Invalid Content-Type: `a form is expected`");
	assert_string_equal(gateway_error_text(a, GATEWAY_UNKNOWN_CODE, NULL),
			    "Invalid AppCode `not exists`");
	assert_null(gateway_error_text(full, GATEWAY_UNKNOWN_DOMAIN, "a.example"));
	assert_null(gateway_error_text(full, GATEWAY_BAD_STAGE, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes),
		cmocka_unit_test(texts),
		cmocka_unit_test(backends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
