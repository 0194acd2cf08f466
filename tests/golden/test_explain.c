// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `labctl explain` says of the plans of LAB-STEP.json, before and after the step that decides, as text in
 * explain/LAB-STEP.txt. UPDATE_GOLDEN=1 in the environment writes the files anew.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "explain/explain.h"
#include "lib/golden.h"
#include "lib/test.h"

#define DOMAIN1 "9ef6123a3ffc87d94034f0d6191fcabe-cn-hangzhou-vpc.alicloudapi.com"
#define DOMAIN2 "c2d47ddb6b298a0e174bb74dc11e3149-cn-hangzhou-vpc.alicloudapi.com"
#define DOMAIN3 "15b77282e06aa25b20052243d45cb244-cn-hangzhou-vpc.alicloudapi.com"

static const struct {
	const char *plan, *from, *to;
} cases[] = {
	{"scenario1-create-cen", "ecs-3", "172.16.1.10"},
	{"scenario1-bandwidth", "ecs-3", "http://" DOMAIN1 "/hello"},
	{"scenario1-grant", "ecs-3", "http://" DOMAIN1 "/hello"},
	{"scenario2-attach", "idc-client", "ecs-1"},
	{"scenario2-cpe-route", "idc-client", "ecs-1"},
	{"scenario2-dns", "idc-client", "http://" DOMAIN2 "/hello"},
	{"scenario2-grant", "idc-client", "http://" DOMAIN2 "/hello"},
	{"scenario3-bind", "ecs-1", "idc-service:8080"},
	{"scenario3-connect", "ecs-1", "idc-service:8080"},
	{"scenario3-authorize", "ecs-1", "http://" DOMAIN3 "/orders"},
	{"scenario3-create-api", "ecs-1", "http://" DOMAIN3 "/orders"},
};

static void check(size_t i)
{
	auto_strbuf struct strbuf path = {0}, got = {0}, golden = {0};
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *p = NULL;
	auto_explanation struct explanation *e = NULL;
	const struct explain_request r = {.from = cases[i].from, .to = cases[i].to};
	auto_free char *document = NULL;
	struct analyse *a;

	strbuf_printf(&path, "tests/golden/%s.json", cases[i].plan);
	document = golden_read(strbuf_str(&path));
	assert_non_null(document);
	p = plan_read(document, strlen(document), &err);
	assert_non_null(p);
	a = analyse_new(p);
	e = explain_new(a, &r, &err);
	assert_non_null(e);
	explain_text(e, &got);
	analyse_free(a);
	strbuf_printf(&golden, "tests/golden/explain/%s.txt", cases[i].plan);
	golden_compare(strbuf_str(&golden), strbuf_str(&got));
}

static void test_shipped_labs(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_shipped_labs)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
