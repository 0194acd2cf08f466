// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include "base/cleanup.h"
#include "base/worker.h"
#include "wire/config.h"

#define SOCKETS \
	"\"sockets\":[{\"name\":\"p0\"},{\"name\":\"p1\"},{\"name\":\"p2\"},{\"name\":\"p3\"},{\"name\":\"s\"}]"
#define HEAD "{\"lab\":\"t\",\"state\":\"s\"," SOCKETS ","
#define LINE_OF(name, a, b, more)                           \
	"{\"name\":\"" name "\",\"a\":\"" a "\",\"b\":\"" b \
	"\",\"hold\":1000,\"delay_us\":500" more "}"

static struct wire_config *read_text(struct arena *a, const char *text, struct lab_error **err)
{
	return wire_config_read(a, text, strlen(text), err);
}

static void all_of_it_is_read(void **state)
{
	auto_arena struct arena *a = arena_new(0);
	auto_error struct lab_error *err = NULL;
	const struct wire_config *c = read_text(
		a,
		HEAD
		"\"lines\":[" LINE_OF("x", "p2", "p0",
				      ",\"jitter_us\":400,\"loss_ppm\":1,\"duplicate_ppm\":2,"
				      "\"reorder_ppm\":3") "," LINE_OF("y", "p1", "p3", "") "]}",
		&err);

	assert_non_null(c);
	assert_string_equal(c->lab, "t");
	assert_int_equal(c->state, WORKER_FD_SOCKET_0 + 4);
	assert_int_equal(c->n_lines, 2);
	assert_int_equal(c->n_ports, 4);
	assert_string_equal(c->lines[0].name, "x");
	assert_string_equal(c->ports[c->lines[0].ports[0]].name, "p2");
	assert_int_equal(c->ports[c->lines[0].ports[0]].fd, WORKER_FD_SOCKET_0 + 2);
	assert_int_equal(c->ports[c->lines[0].ports[1]].fd, WORKER_FD_SOCKET_0);
	assert_int_equal(c->lines[0].traits.delay_ns, 500000);
	assert_int_equal(c->lines[0].traits.jitter_ns, 400000);
	assert_int_equal(c->lines[0].traits.loss_ppm, 1);
	assert_int_equal(c->lines[0].traits.duplicate_ppm, 2);
	assert_int_equal(c->lines[0].traits.reorder_ppm, 3);
	assert_int_equal(c->lines[0].hold, 1000);
	assert_int_equal(c->lines[1].traits.loss_ppm, 0);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"[", "line 1"},
		{"{}", "configuration: "},
		{HEAD "\"lines\":{}}", "must be lists"},
		{HEAD "\"lines\":[], \"more\":1}", "configuration: "},
		{"{\"lab\":\"t\",\"state\":\"z\"," SOCKETS ",\"lines\":[]}", "no socket 'z'"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "p9", "") "]}", "lines[0]: no socket 'p9'"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "p0", "") "]}",
		 "lines[0]: no socket 'p0' that"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "s", "") "]}",
		 "lines[0]: no socket 's' that"},
		{HEAD
		 "\"lines\":[" LINE_OF("x", "p0", "p1", "") "," LINE_OF("x", "p2", "p3", "") "]}",
		 "lines[1]: 'x' is there already"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "p1", ",\"jitter_us\":501") "]}",
		 "jitter_us must be 0 to 500"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "p1", ",\"loss_ppm\":1000001") "]}",
		 "loss_ppm must be 0 to 1000000"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "p1", ",\"reorder_ppm\":-1") "]}",
		 "reorder_ppm must be"},
		{HEAD "\"lines\":[" LINE_OF("x", "p0", "p1", ",\"rate\":1") "]}", "lines[0]: "},
		{HEAD "\"lines\":[{\"name\":\"x\",\"a\":\"p0\",\"b\":\"p1\",\"hold\":1}]}",
		 "lines[0]: "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_error struct lab_error *err = NULL;

		assert_null(read_text(a, rows[i].text, &err));
		if (!strstr(lab_error_message(err), rows[i].why))
			fail_msg("row %zu: %s", i, lab_error_message(err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_read),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
