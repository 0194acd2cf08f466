// SPDX-License-Identifier: GPL-2.0-only
/** The plug-ins that the tests of a plugged gateway bind to their APIs, and how a client meets them. */
#pragma once

#include "unit/gateway/plugged.h"
#include "unit/gateway/tokens.h"

#define PLUGGED_AND(a, b)                                               \
	"\"plugins\":[{\"plugin\":\"" a "\",\"stages\":[\"RELEASE\"]}," \
	"{\"plugin\":\"" b "\",\"stages\":[\"RELEASE\"]}],"
#define BEARER(token) "Authorization: Bearer " token "\r\n"

#define JWT(name, more)                                                                      \
	"{\"name\":\"" name "\",\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"keys\":[" \
	"{\"kid\":\"h\",\"alg\":\"HS256\",\"a\":\"bGFiLXNlY3JldA\"},"                        \
	"{\"kid\":\"r\",\"alg\":\"RS256\",\"a\":\"" TOKEN_RSA_N "\",\"b\":\"AQAB\"},"        \
	"{\"alg\":\"ES256\",\"a\":\"" TOKEN_EC_X "\",\"b\":\"" TOKEN_EC_Y "\"}],"            \
	"\"claims\":[{\"claim\":\"sub\",\"parameter\":\"X-User\",\"location\":\"header\"},"  \
	"{\"claim\":\"userId\",\"parameter\":\"id\",\"location\":\"query\"}]," more "},"
#define CLAIM(n) "{\"claim\":\"sub\",\"parameter\":\"X-U" n "\",\"location\":\"header\"}"
#define TEN_CLAIMS(n)                                                                  \
	CLAIM(n "0")                                                                   \
	"," CLAIM(n "1") "," CLAIM(n "2") "," CLAIM(n "3") "," CLAIM(n "4") "," CLAIM( \
		n "5") "," CLAIM(n "6") "," CLAIM(n "7") "," CLAIM(n "8") "," CLAIM(n "9")
/* Of a user who is known, 40 headers. */
#define MANY_CLAIMS                                                                                    \
	"{\"name\":\"many\",\"kind\":\"jwtAuth\",\"ignore_expiration\":false,\"keys\":["               \
	"{\"kid\":\"h\",\"alg\":\"HS256\",\"a\":\"bGFiLXNlY3JldA\"}],\"parameter\":\"Authorization\"," \
	"\"location\":\"header\",\"prevent_jti_replay\":false,\"bypass_empty_token\":false,"           \
	"\"claims\":[" TEN_CLAIMS("0") "," TEN_CLAIMS("1") "," TEN_CLAIMS("2") "," TEN_CLAIMS(         \
		"3") "]},"
#define CORS(name, more) "{\"name\":\"" name "\",\"kind\":\"cors\"," more "},"
#define CACHING(name, more) \
	"{\"name\":\"" name "\",\"kind\":\"caching\",\"duration_s\":60," more "},"
/* Long enough for a call in between on a busy machine; wait_until_open_is_over() knows it. */
#define BREAKER(name, more)                                                                       \
	"{\"name\":\"" name "\",\"kind\":\"circuitBreaker\",\"threshold\":2,\"window_ms\":60000," \
	"\"open_ms\":300" more "},"

#define ROUTE(name, condition, body)                                                    \
	"{\"name\":\"" name "\",\"condition\":\"" condition "\",\"backend\":{\"kind\":" \
	"\"mock\",\"status\":200,\"body\":\"" body "\"}}"
#define BY_SYSTEM                                                                                  \
	"{\"name\":\"by-system\",\"kind\":\"routing\",\"routes\":[" ROUTE("App", "$CaAppId = '1'", \
									  "of an app") "]},"
#define SPARE                                                    \
	BREAKER("spare", ",\"condition\":\"$StatusCode = 503\"," \
			 "\"fallback\":{\"kind\":\"mock\",\"status\":200,\"body\":\"spare\"}")

#define USERS                                                    \
	"{\"name\":\"users\",\"kind\":\"basicAuth\",\"users\":[" \
	"{\"username\":\"alice\",\"password\":\"123456\"},"      \
	"{\"username\":\"bob\",\"password\":\"a:b\"}]},"
#define TOKENS                                                                  \
	JWT("jwt", "\"parameter\":\"Authorization\",\"location\":\"header\","   \
		   "\"prevent_jti_replay\":false,\"bypass_empty_token\":true")  \
	JWT("once", "\"parameter\":\"token\",\"location\":\"query\","           \
		    "\"prevent_jti_replay\":true,\"bypass_empty_token\":false") \
	JWT("cookie", "\"parameter\":\"t\",\"location\":\"cookie\","            \
		      "\"prevent_jti_replay\":false,\"bypass_empty_token\":false")
#define PAGES                                                                            \
	CORS("pages", "\"origins\":\"foo.com, *.bar.com,https://x.com:8443,y.com:81\","  \
		      "\"methods\":\"GET,POST\",\"headers\":\"X-A\",\"expose\":\"X-B\"," \
		      "\"credentials\":true,\"max_age\":600")                            \
	CORS("any-page", "\"origins\":\"*\",\"credentials\":false")
#define CACHES                                                                                        \
	CACHING("cached",                                                                             \
		"\"by_app\":false,\"parameters\":[\"p\",\"id\"],"                                     \
		"\"headers\":[\"Accept\"],\"client\":\"off\",\"apps\":[],\"cacheable\":[\"X-Kept\"]") \
	CACHING("by-all", "\"by_app\":true,\"parameters\":[],\"headers\":[],\"client\":\"all\","      \
			  "\"apps\":[],\"cacheable\":[]")
#define BREAKERS                                                                             \
	BREAKER("timeouts", "")                                                              \
	BREAKER("failures", ",\"condition\":\"$StatusCode >= 500 and $LatencySeconds < 5\"") \
	BREAKER("fallback", ",\"condition\":\"$StatusCode = 503\","                          \
			    "\"fallback\":{\"kind\":\"mock\",\"status\":418,\"body\":\"tea\"}")
#define ROUTED                                                                                       \
	"{\"name\":\"routed\",\"kind\":\"routing\",\"routes\":["                                     \
	"{\"name\":\"Old\",\"condition\":\"$version < '2.0'\",\"backend\":{\"kind\":\"mock\","       \
	"\"status\":400,\"body\":\"too old\"}},"                                                     \
	"{\"name\":\"Vip\",\"condition\":\"$tenant = 'vip' and $CaClientIp in_cidr '127.0.0.0/8'\"," \
	"\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"vip\",\"address\":"           \
	"\"127.0.0.1\",\"port\":PORT,\"path\":\"/vip\",\"timeout_ms\":500}}," ROUTE(                 \
		"Test", "$X-Test = 1 or $CaStage = 'TEST'", "test") "]},"
#define SIGNED                                                                     \
	"{\"name\":\"signed\",\"kind\":\"backendSignature\",\"key\":\"DemoKey1\"," \
	"\"secret\":\"DemoSecret1\"}"

static const char more[] = PLUGGED_STATE
	",\"apps\":[{\"name\":\"app-1\",\"id\":\"1\",\"key\":\"k1\",\"secret\":\"s\",\"code\":\"c1\"}]"
	",\"plugins\":[" MANY_CLAIMS BY_SYSTEM SPARE USERS TOKENS PAGES CACHES BREAKERS ROUTED
		SIGNED "]";
