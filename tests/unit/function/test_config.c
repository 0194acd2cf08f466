// SPDX-License-Identifier: GPL-2.0-only
/* The function worker's configuration, and the environment that it makes of it. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "function/config.h"

static struct function_config *read_text(const char *text, struct lab_error **err)
{
	return function_config_read(text, strlen(text), err);
}

static void test_good(void **state)
{
	static const char *const want[] = {"PATH=/mine",         "HOME=/tmp",   "LANG=C.UTF-8",
					   "FC_FUNCTION_NAME=f", "FC_REGION=r", "FC_TIMEOUT=2",
					   "FC_MEMORY_MB=64",    "A=b=c"};
	struct function_config *c = read_text(
		"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"timeout_ms\":1500,"
		"\"memory_mb\":64,\"environment\":{\"A\":\"b=c\",\"PATH\":\"/mine\"},"
		"\"service_address\":\"100.100.80.1\",\"instance_concurrency\":5,\"trigger\":\"http\",\"ca_port\":9000,"
		"\"credentials\":{\"access_key_id\":\"i\",\"access_key_secret\":\"s\",\"security_token\":\"t\"}}",
		NULL);

	assert_non_null(c);
	assert_int_equal(c->settings.timeout_ms, 1500);
	assert_int_equal(c->settings.memory_mb, 64);
	assert_int_equal(c->settings.concurrency, 5);
	assert_true(c->settings.http_trigger);
	assert_int_equal(c->settings.port, 9000);
	assert_string_equal(c->settings.access_key_id, "i");
	assert_string_equal(c->settings.access_key_secret, "s");
	assert_string_equal(c->settings.security_token, "t");
	assert_string_equal(c->settings.handler, "/h");
	assert_int_equal(c->environment.n, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(c->settings.environ[i], want[i]);
	assert_null(c->settings.environ[ARRAY_LEN(want)]);
	function_config_free(c);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"{}", "configuration: function, region or handler is missing"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"h\"}",
		 "configuration: handler is out of range"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"timeout_ms\":0}",
		 "configuration: timeout_ms is out of range"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"instance_concurrency\":201}",
		 "configuration: instance_concurrency is out of range"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"trigger\":\"http\"}",
		 "configuration: trigger: http, of a custom runtime"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"credentials\":{\"access_key_id\":\"\"}}",
		 "configuration: credentials: malformed"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"ca_port\":9000}",
		 "configuration: ca_port is out of range"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"memory_mb\":-1}",
		 "configuration: memory_mb is out of range"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"environment\":{\"A=\":\"\"}}",
		 "configuration: environment: 'A=': malformed"},
		{"{\"function\":\"f\",\"region\":\"r\",\"handler\":\"/h\",\"environment\":{\"A\":1}}",
		 "configuration: environment: 'A': malformed"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;

		assert_null(read_text(rows[i].text, &err));
		assert_string_equal(lab_error_message(err), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
