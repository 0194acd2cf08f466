// SPDX-License-Identifier: GPL-2.0-only
/** Configurations for the tests of the gateway, as text with the ports filled in. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

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

/* One group on every API; `apis` without the brackets. To be freed. */
/* not inlined: gcc 12 then takes what asprintf() stores for a pointer to the variable itself */
__attribute__((noinline, unused)) static char *test_config(const char *apis)
{
	char *text = NULL;

	assert_true(
		asprintf(
			&text,
			"{\"instance\":\"apigw-1\",\"instance_id\":\"apigateway-1\",\"region\":"
			"\"cn-hangzhou\",\"type\":\"normal\",\"listeners\":[{\"socket\":\"vip-80\","
			"\"protocol\":\"HTTP\"}],\"groups\":[{\"name\":\"group-1\",\"id\":\"" TEST_GROUP_ID
			"\",\"base_path\":\"/\",\"stages\":[\"RELEASE\",\"PRE\",\"TEST\"],"
			"\"domains\":[{\"name\":\"" TEST_VPC
			"\",\"kind\":\"vpc\"},{\"name\":\"" TEST_PUBLIC
			"\",\"kind\":\"public\"}]}],\"apis\":[%s],\"sockets\":[{\"name\":\"vip-80\"}]}",
			apis) > 0);
	return text;
}
