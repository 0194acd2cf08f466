// SPDX-License-Identifier: GPL-2.0-only
/** Configurations for the tests of the gateway, as text with the ports filled in. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "gateway/config.h"
#include "lib/test.h"

#define TEST_GROUP_ID "0123456789abcdef0123456789abcdef"
#define TEST_VPC      "g1-cn-hangzhou-vpc.alicloudapi.com"
#define TEST_PUBLIC   "g1-cn-hangzhou.alicloudapi.com"

#define TEST_API(name, method, path, more)                                                         \
	"{\"name\":\"" name "\",\"id\":\"id-" name "\",\"group\":\"group-1\",\"method\":\"" method \
	"\",\"path\":\"" path "\"," more "}"
#define TEST_OPEN  "\"protocol\":[\"HTTP\",\"HTTPS\"],\"stages\":[\"RELEASE\"],"
#define TEST_MOCK  "\"backend\":{\"kind\":\"mock\",\"status\":200,\"body\":\"mock\"}"
#define TEST_CALLS "\"backend\":{\"kind\":\"function\",\"function\":\"f\",\"address\":\"127.0.0.1\""
#define TEST_ROLE  ",\"role\":\"acs:ram::1:role/r\"}"

/* All that is `what` becomes `by`: ports into texts. In the arena. */
__attribute__((unused)) static const char *test_replace(struct arena *a, const char *text,
							const char *what, const char *by)
{
	const char *out = "", *at;

	while ((at = strstr(text, what))) {
		out = arena_printf(a, "%s%.*s%s", out, (int)(at - text), text, by);
		text = at + strlen(what);
	}
	return arena_printf(a, "%s%s", out, text);
}

/* One text of many, with commas between them. In the arena. */
__attribute__((unused)) static const char *test_join(struct arena *a, const char *const *texts,
						     size_t n)
{
	const char *out = texts[0];

	for (size_t i = 1; i < n; i++)
		out = arena_printf(a, "%s,%s", out, texts[i]);
	return out;
}

#define TEST_LISTENER(name) "{\"socket\":\"" name "\",\"protocol\":\"HTTP\"}"
#define TEST_SECURE(name)   "{\"socket\":\"" name "\",\"protocol\":\"HTTPS\"}"

/*
 * One group on every API; `apis` and `listeners` without the brackets, `more` begins with a comma. The
 * sockets are vip-80, public-80 and state. To be freed.
 */
/* not inlined: gcc 12 then takes what asprintf() stores for a pointer to the variable itself */
__attribute__((noinline, unused)) static char *test_config_with(const char *apis,
								const char *listeners,
								const char *more)
{
	char *text = NULL;

	assert_true(
		asprintf(&text,
			 "{\"instance\":\"apigw-1\",\"instance_id\":\"apigateway-1\",\"region\":"
			 "\"cn-hangzhou\",\"type\":\"normal\",\"listeners\":[%s],\"groups\":["
			 "{\"name\":\"group-1\",\"id\":\"" TEST_GROUP_ID
			 "\",\"base_path\":\"/\",\"stages\":[\"RELEASE\",\"PRE\",\"TEST\"],"
			 "\"domains\":[{\"name\":\"" TEST_VPC
			 "\",\"kind\":\"vpc\"},{\"name\":\"" TEST_PUBLIC
			 "\",\"kind\":\"public\"}]}],\"apis\":[%s],\"sockets\":[{\"name\":"
			 "\"vip-80\"},{\"name\":\"public-80\"},{\"name\":\"state\"}]%s}",
			 listeners, apis, more) > 0);
	return text;
}

__attribute__((unused)) static char *test_config(const char *apis)
{
	return test_config_with(apis, TEST_LISTENER("vip-80"), "");
}

/* Row i of a table: it is not read, and the message has the place, "apis[0]", and why. */
__attribute__((unused)) static void test_config_refused(struct arena *a, size_t i, const char *text,
							const char *place, const char *why)
{
	auto_error struct lab_error *err = NULL;

	if (gateway_config_read(a, text, strlen(text), &err))
		fail_msg("row %zu was read", i);
	if (!strstr(lab_error_message(err), place) || !strstr(lab_error_message(err), why))
		fail_msg("row %zu: not %s, %s: %s", i, place, why, lab_error_message(err));
}
