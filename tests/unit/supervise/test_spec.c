// SPDX-License-Identifier: GPL-2.0-only
/* What the supervisor believes of a worker's description, and what it passes on. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "supervise/spec.h"

#define SOCKET(ns, type, addr, port) \
	"{'name':'s','ns':'" ns "','type':'" type "','addr':'" addr "','port':" #port "}"
#define WORKER(name, program, ns, sockets, config)                                     \
	"{'name':'" name "','program':'" program "','ns':'" ns "','sockets':[" sockets \
	"],'config':" config "}"

/* Single quotes stand for double ones. */
static struct spec *parse(const char *text, struct lab_error **err)
{
	auto_free char *json = strdup(text);
	struct spec *s;
	json_t *item;

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	item = json_loads(json, 0, NULL);
	assert_non_null(item);
	s = supervise_spec_parse(item, err);
	json_decref(item);
	return s;
}

static void a_description_is_read(void **state)
{
	struct lab_error *err = NULL;
	struct spec *s = parse(WORKER("dns", "labctl-dns", "svc.cn-1",
				      SOCKET("vpc-1", "udp", "100.100.2.136", 53),
				      "{'b':1,'a':2,'handler':'/x/y'}"),
			       &err);
	auto_free char *config = NULL;

	assert_non_null(s);
	assert_int_equal(s->n_sockets, 1);
	assert_true(s->sockets[0].udp);
	assert_int_equal(s->sockets[0].addr, 0x64640288);
	assert_int_equal(s->sockets[0].port, 53);
	assert_string_equal(s->handler, "/x/y");
	config = supervise_spec_config(s);
	assert_string_equal(
		config, "{\"a\":2,\"b\":1,\"handler\":\"/x/y\",\"sockets\":[{\"name\":\"s\"}]}");
	supervise_spec_free(s);
}

static void malformed_ones_are_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{'name':'x'}",
		WORKER("../x", "p", "a", "", "{}"),
		WORKER("x", "../p", "a", "", "{}"),
		WORKER("x", "p", "../a", "", "{}"),
		WORKER("x", "p", "a/b", "", "{}"),
		WORKER("x", "p", "", "", "{}"),
		WORKER("x", "p", "a", "", "[]"),
		WORKER("x", "p", "a", "{}", "{}"),
		WORKER("x", "p", "a", SOCKET("a", "sctp", "1.2.3.4", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3", 1), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3.4", 0), "{}"),
		WORKER("x", "p", "a", SOCKET("a", "tcp", "1.2.3.4", 65536), "{}"),
		WORKER("x", "p", "a", SOCKET("..", "tcp", "1.2.3.4", 80), "{}"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct lab_error *err = NULL;
		struct spec *s = parse(bad[i], &err);

		if (s || !strstr(lab_error_message(err), "malformed"))
			fail_msg("taken for good: %s", bad[i]);
		lab_error_free(err);
	}
}

static void origins_and_key_order_do_not_count(void **state)
{
	struct spec *a = parse(WORKER("x", "p", "a", "", "{'k':1,'l':2}"), NULL);
	struct spec *b = parse("{'config':{'l':2,'k':1},'sockets':[],'ns':'a','program':'p',"
			       "'name':'x','origin':{'at':'lab.yaml:7'}}",
			       NULL);
	struct spec *c = parse(WORKER("x", "p", "a", "", "{'k':1,'l':3}"), NULL);

	assert_true(supervise_spec_same(a, b));
	assert_false(supervise_spec_same(a, c));
	supervise_spec_free(a);
	supervise_spec_free(b);
	supervise_spec_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_is_read),
		cmocka_unit_test(malformed_ones_are_refused),
		cmocka_unit_test(origins_and_key_order_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
