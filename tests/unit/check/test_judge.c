// SPDX-License-Identifier: GPL-2.0-only
/* What a probe saw against what a check expects, as tables. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "check/judge.h"
#include "model/api.h"

#define SET(x)                        \
	{                             \
		.v = (x), .set = true \
	}
#define WAIT .wait = {.v = 5000000}, .duration = {.v = 3000000}
#define FROM .from = {.name = "ecs-3"}

struct row {
	const char *what;
	struct check check;
	const char *result; /* JSON; of a route check the origin */
	enum check_verdict verdict;
	const char *why;
};

static void judge(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *result = json_loads(rows[i].result, 0, NULL);
		auto_strbuf struct strbuf why = {0};
		enum check_verdict verdict;

		assert_non_null(result);
		verdict = check_judge(&rows[i].check, result, &why);
		json_decref(result);
		if (verdict != rows[i].verdict || strcmp(strbuf_str(&why), rows[i].why) != 0)
			fail_msg("%s: got %d '%s', want %d '%s'", rows[i].what, (int)verdict,
				 strbuf_str(&why), (int)rows[i].verdict, rows[i].why);
	}
}

#define HTTP .kind = CHECK_HTTP, .target = {.s = "GET http://d/hello"}, FROM, WAIT
#define ANSWER                                                                                \
	"{\"kind\":\"http\",\"curl\":0,\"status\":200,\"headers\":[\"X-Ca-Request-Id: A-1\"," \
	"\"content-type:  text/plain\"],\"body\":\"Hello, 192.168.1.10\",\"bytes\":1048576,"  \
	"\"time_us\":4300000}"
#define REFUSAL                                                                \
	"{\"curl\":0,\"status\":404,\"headers\":[\"x-ca-error-code: I404NF\"," \
	"\"X-Ca-Error-Message: API not found\"],\"body\":\"\",\"bytes\":0,\"time_us\":900}"
#define SILENCE "{\"curl\":28,\"error\":\"Operation timed out\",\"time_us\":3000000}"

static void test_http(void **state)
{
	static const struct row rows[] = {
		{"nothing expected: any answer", {HTTP}, REFUSAL, CHECK_OK, ""},
		{"nothing expected: no answer",
		 {HTTP},
		 SILENCE,
		 CHECK_FAILED,
		 "Operation timed out (curl 28)"},
		{"all at once",
		 {HTTP, .expect = {.status = SET(200),
				   .error_code = {.s = ""},
				   .header = {.s = "x-ca-request-id"},
				   .body = {.s = "192.168.1.10"},
				   .bytes = SET(1048576),
				   .min_time = SET(4200000),
				   .max_time = SET(6000000)}},
		 ANSWER,
		 CHECK_OK,
		 "it took 4.30 s"},
		{"status",
		 {HTTP, .expect = {.status = SET(404)}},
		 ANSWER,
		 CHECK_FAILED,
		 "status is 200, not 404"},
		{"status with a code",
		 {HTTP, .expect = {.status = SET(200)}},
		 REFUSAL,
		 CHECK_FAILED,
		 "status is 404 I404NF, not 200"},
		{"code", {HTTP, .expect = {.error_code = {.s = "I404NF"}}}, REFUSAL, CHECK_OK, ""},
		{"another code",
		 {HTTP, .expect = {.error_code = {.s = "I404DO"}}},
		 REFUSAL,
		 CHECK_FAILED,
		 "X-Ca-Error-Code is I404NF (API not found), not I404DO"},
		{"a code where none should be",
		 {HTTP, .expect = {.error_code = {.s = ""}}},
		 REFUSAL,
		 CHECK_FAILED,
		 "X-Ca-Error-Code is I404NF (API not found)"},
		{"no code",
		 {HTTP, .expect = {.error_code = {.s = "I404NF"}}},
		 ANSWER,
		 CHECK_FAILED,
		 "the answer has no X-Ca-Error-Code, not I404NF"},
		{"header and value",
		 {HTTP, .expect = {.header = {.s = "Content-Type: text/plain"}}},
		 ANSWER,
		 CHECK_OK,
		 ""},
		{"header of another value",
		 {HTTP, .expect = {.header = {.s = "Content-Type: text/html"}}},
		 ANSWER,
		 CHECK_FAILED,
		 "header Content-Type is 'text/plain', not 'text/html'"},
		{"no such header",
		 {HTTP, .expect = {.header = {.s = "Content"}}},
		 ANSWER,
		 CHECK_FAILED,
		 "the answer has no header Content"},
		{"body",
		 {HTTP, .expect = {.body = {.s = "Bye"}}},
		 ANSWER,
		 CHECK_FAILED,
		 "the body does not contain 'Bye': it is 'Hello, 192.168.1.10'"},
		{"bytes",
		 {HTTP, .expect = {.bytes = SET(1048575)}},
		 ANSWER,
		 CHECK_FAILED,
		 "the body has 1048576 bytes, not 1048575"},
		{"too early",
		 {HTTP, .expect = {.min_time = SET(4300001)}},
		 ANSWER,
		 CHECK_FAILED,
		 "it took 4.30 s, not at least 4.30 s"},
		{"just in time",
		 {HTTP, .expect = {.min_time = SET(4300000), .max_time = SET(4300000)}},
		 ANSWER,
		 CHECK_OK,
		 "it took 4.30 s"},
		{"too late",
		 {HTTP, .expect = {.max_time = SET(42000)}},
		 ANSWER,
		 CHECK_FAILED,
		 "it took 4.30 s, not at most 42.00 ms"},
		{"rate",
		 {HTTP, .expect = {.rate = SET(2000000)}},
		 ANSWER,
		 CHECK_OK,
		 "it took 4.30 s"},
		{"too fast",
		 {HTTP, .expect = {.rate = SET(1900000)}},
		 ANSWER,
		 CHECK_FAILED,
		 "1048576 bytes came at 1950839 bit/s, not at most 1900000"},
		{"silence",
		 {HTTP, .expect = {.timeout = true, .timeout_set = true}},
		 SILENCE,
		 CHECK_OK,
		 ""},
		{"no silence",
		 {HTTP, .expect = {.timeout = true, .timeout_set = true}},
		 REFUSAL,
		 CHECK_FAILED,
		 "no silence: status 404"},
		{"a name that does not resolve is no silence",
		 {HTTP, .expect = {.timeout = true, .timeout_set = true}},
		 "{\"curl\":6,\"error\":\"Could not resolve host\"}",
		 CHECK_FAILED,
		 "no silence: Could not resolve host (curl 6)"},
		{"cut off in the middle",
		 {HTTP, .expect = {.status = SET(200)}},
		 "{\"curl\":18,\"status\":200,\"error\":\"transfer closed\",\"bytes\":5}",
		 CHECK_FAILED,
		 "transfer closed (curl 18)"},
	};

	judge(rows, ARRAY_LEN(rows));
}

#define PING     .kind = CHECK_PING, .target = {.s = "172.16.1.10"}, FROM, WAIT
#define RTT(min) "{\"sent\":5,\"received\":5,\"min_us\":" #min ",\"avg_us\":90000,\"max_us\":99999}"
#define LOST     "{\"sent\":3,\"received\":0}"

static void test_ping(void **state)
{
	static const struct row rows[] = {
		{"answered", {PING}, RTT(30000), CHECK_OK, ""},
		{"one of five is enough", {PING}, "{\"sent\":5,\"received\":1}", CHECK_OK, ""},
		{"lost", {PING}, LOST, CHECK_FAILED, "none of 3 pings was answered"},
		{"no address",
		 {PING},
		 "{\"error\":\"Name or service not known\"}",
		 CHECK_FAILED,
		 "172.16.1.10: Name or service not known"},
		{"rtt",
		 {PING, .expect = {.rtt = SET(30000)}},
		 RTT(30200),
		 CHECK_OK,
		 "the round trip takes 30.20 ms"},
		{"20 % below",
		 {PING, .expect = {.rtt = SET(30000)}},
		 RTT(24000),
		 CHECK_OK,
		 "the round trip takes 24.00 ms"},
		{"20 % above",
		 {PING, .expect = {.rtt = SET(30000)}},
		 RTT(36000),
		 CHECK_OK,
		 "the round trip takes 36.00 ms"},
		{"too short",
		 {PING, .expect = {.rtt = SET(30000)}},
		 RTT(23999),
		 CHECK_FAILED,
		 "the round trip takes 23.99 ms, not 30.00 ms"},
		{"too long",
		 {PING, .expect = {.rtt = SET(30000)}},
		 RTT(36001),
		 CHECK_FAILED,
		 "the round trip takes 36.00 ms, not 30.00 ms"},
		{"1 ms of slack",
		 {PING, .expect = {.rtt = SET(300)}},
		 RTT(1300),
		 CHECK_OK,
		 "the round trip takes 1.30 ms"},
		{"beyond it",
		 {PING, .expect = {.rtt = SET(300)}},
		 RTT(1301),
		 CHECK_FAILED,
		 "the round trip takes 1.30 ms, not 0.30 ms"},
		{"silence",
		 {PING, .expect = {.timeout = true, .timeout_set = true}},
		 LOST,
		 CHECK_OK,
		 ""},
		{"no silence",
		 {PING, .expect = {.timeout = true, .timeout_set = true}},
		 "{\"sent\":3,\"received\":1}",
		 CHECK_FAILED,
		 "no silence: 1 of 3 pings were answered"},
	};

	judge(rows, ARRAY_LEN(rows));
}

#define DNS     .kind = CHECK_DNS, .target = {.s = "d.example"}, FROM, WAIT
#define FOUND   "{\"rcode\":\"NOERROR\",\"answers\":[\"172.16.1.10\",\"172.16.1.11\"]}"
#define EMPTY   "{\"rcode\":\"NOERROR\",\"answers\":[]}"
#define NOTHING "{\"rcode\":\"NXDOMAIN\",\"answers\":[]}"

static void test_dns(void **state)
{
	static const struct row rows[] = {
		{"any address", {DNS}, FOUND, CHECK_OK, ""},
		{"none", {DNS}, NOTHING, CHECK_FAILED, "d.example is NXDOMAIN, not an address"},
		{"the address",
		 {DNS, .expect = {.answer = {.s = "172.16.1.11"}}},
		 FOUND,
		 CHECK_OK,
		 ""},
		{"another",
		 {DNS, .expect = {.answer = {.s = "172.16.1.1"}}},
		 FOUND,
		 CHECK_FAILED,
		 "d.example is 172.16.1.10, not 172.16.1.1"},
		{"NXDOMAIN", {DNS, .expect = {.answer = {.s = "NXDOMAIN"}}}, NOTHING, CHECK_OK, ""},
		{"NODATA is not NXDOMAIN",
		 {DNS, .expect = {.answer = {.s = "NXDOMAIN"}}},
		 EMPTY,
		 CHECK_FAILED,
		 "d.example is NODATA, not NXDOMAIN"},
		{"NODATA", {DNS, .expect = {.answer = {.s = "NODATA"}}}, EMPTY, CHECK_OK, ""},
		{"NXDOMAIN is not NODATA",
		 {DNS, .expect = {.answer = {.s = "NODATA"}}},
		 NOTHING,
		 CHECK_FAILED,
		 "d.example is NXDOMAIN, not NODATA"},
		{"an address is not NODATA",
		 {DNS, .expect = {.answer = {.s = "NODATA"}}},
		 FOUND,
		 CHECK_FAILED,
		 "d.example is 172.16.1.10, not NODATA"},
		{"nobody",
		 {DNS, .expect = {.answer = {.s = "NONE"}}},
		 "{\"error\":\"no answer from any server\"}",
		 CHECK_OK,
		 ""},
		{"somebody",
		 {DNS, .expect = {.answer = {.s = "NONE"}}},
		 NOTHING,
		 CHECK_FAILED,
		 "d.example is NXDOMAIN, not NONE"},
		{"no server",
		 {DNS, .expect = {.answer = {.s = "NXDOMAIN"}}},
		 "{\"error\":\"no answer from any server\"}",
		 CHECK_FAILED,
		 "no answer from any server"},
	};

	judge(rows, ARRAY_LEN(rows));
}

#define OUTAGE      .kind = CHECK_OUTAGE, .target = {.s = "10.10.1.20"}, FROM, WAIT
#define MISSING(us) "{\"received\":400,\"outage_us\":" #us ",\"back\":true}"

static void test_outage(void **state)
{
	static const struct row rows[] = {
		{"within",
		 {OUTAGE, .expect = {.min_outage = SET(1000000), .max_outage = SET(3000000)}},
		 MISSING(2710000),
		 CHECK_OK,
		 "answers were missing for 2.71 s"},
		{"too long",
		 {OUTAGE, .expect = {.max_outage = SET(3000000)}},
		 MISSING(3000001),
		 CHECK_FAILED,
		 "answers were missing for 3.00 s, not at most 3.00 s"},
		{"a cut that nobody notices is no failover",
		 {OUTAGE, .expect = {.min_outage = SET(1000000)}},
		 MISSING(0),
		 CHECK_FAILED,
		 "answers were missing for 0.00 ms, not at least 1.00 s"},
		{"the probe stood still",
		 {OUTAGE, .expect = {.max_outage = SET(3000000)}},
		 "{\"received\":400,\"outage_us\":2710000,\"unseen_us\":1500000,\"back\":true}",
		 CHECK_OK,
		 "answers were missing for 2.71 s, without 1.50 s in which the probe itself stood "
		 "still"},
		{"gone for good",
		 {OUTAGE, .expect = {.max_outage = SET(3000000)}},
		 "{\"received\":40,\"outage_us\":0,\"back\":false}",
		 CHECK_FAILED,
		 "10.10.1.20 does not answer any more"},
		{"never there",
		 {OUTAGE},
		 "{\"received\":0,\"outage_us\":0,\"back\":false}",
		 CHECK_FAILED,
		 "10.10.1.20 did not answer before anything was cut"},
		{"no name",
		 {OUTAGE},
		 "{\"error\":\"no such name\"}",
		 CHECK_FAILED,
		 "10.10.1.20: no such name"},
	};

	judge(rows, ARRAY_LEN(rows));
}

#define TCP .kind = CHECK_TCP, .target = {.s = "172.16.1.10:80"}, FROM, WAIT

static void test_tcp(void **state)
{
	static const struct row rows[] = {
		{"open by default", {TCP}, "{\"state\":\"open\"}", CHECK_OK, ""},
		{"refused",
		 {TCP},
		 "{\"state\":\"refused\"}",
		 CHECK_FAILED,
		 "172.16.1.10:80 is refused, not open"},
		{"wanted",
		 {TCP, .expect = {.connect = {.s = "refused"}}},
		 "{\"state\":\"refused\"}",
		 CHECK_OK,
		 ""},
		{"timeout",
		 {TCP, .expect = {.connect = {.s = "timeout"}}},
		 "{\"state\":\"timeout\"}",
		 CHECK_OK,
		 ""},
		{"unreachable is not timeout",
		 {TCP, .expect = {.connect = {.s = "timeout"}}},
		 "{\"state\":\"unreachable\"}",
		 CHECK_FAILED,
		 "172.16.1.10:80 is unreachable, not timeout"},
		{"error",
		 {TCP},
		 "{\"error\":\"Name or service not known\"}",
		 CHECK_FAILED,
		 "172.16.1.10:80: Name or service not known"},
	};

	judge(rows, ARRAY_LEN(rows));
}

static void test_route(void **state)
{
#define ROUTE .kind = CHECK_ROUTE, .target = {.s = "172.16.1.0/24"}, .from = {.name = "vpc-3" }
	static const struct row rows[] = {
		{"any", {ROUTE}, "cen", CHECK_OK, ""},
		{"none where any",
		 {ROUTE},
		 "none",
		 CHECK_FAILED,
		 "vpc-3 has no route to 172.16.1.0/24"},
		{"none", {ROUTE, .expect = {.origin = {.s = "none"}}}, "none", CHECK_OK, ""},
		{"cen", {ROUTE, .expect = {.origin = {.s = "cen"}}}, "cen", CHECK_OK, ""},
		{"another",
		 {ROUTE, .expect = {.origin = {.s = "cen"}}},
		 "custom",
		 CHECK_FAILED,
		 "vpc-3 has a route to 172.16.1.0/24 of origin custom, not cen"},
		{"one too many",
		 {ROUTE, .expect = {.origin = {.s = "none"}}},
		 "system",
		 CHECK_FAILED,
		 "vpc-3 has a route to 172.16.1.0/24 of origin system, not none"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_strbuf struct strbuf why = {0};

		assert_int_equal(check_judge_route(&rows[i].check, rows[i].result, &why),
				 rows[i].verdict);
		assert_string_equal(strbuf_str(&why), rows[i].why);
	}
}

static void test_specs(void **state)
{
	static struct text headers[] = {{.s = "X-Ca-Stage: FOO"}};
	static const struct app app = {.app_key = {.s = "k"}, .app_secret = {.s = "s"}};
	static const struct {
		struct check check;
		const char *want;
	} rows[] = {
		{{.kind = CHECK_HTTP,
		  .target = {.s = "POST http://d/x?size=1"},
		  WAIT,
		  .headers = headers,
		  .n_headers = 1,
		  .body_size = {.v = 7}},
		 "{\"body_size\":7,\"headers\":[\"X-Ca-Stage: FOO\"],\"kind\":\"http\",\"method\":\"POST\","
		 "\"timeout_ms\":5000,\"url\":\"http://d/x?size=1\"}"},
		{{HTTP, .expect = {.timeout = true, .timeout_set = true}},
		 "{\"body_size\":0,\"headers\":[],\"kind\":\"http\",\"method\":\"GET\",\"timeout_ms\":3000,"
		 "\"url\":\"http://d/hello\"}"},
		{{HTTP, .app = {.to = &app}},
		 "{\"app\":{\"key\":\"k\",\"secret\":\"s\"},\"body_size\":0,\"headers\":[],\"kind\":"
		 "\"http\",\"method\":\"GET\",\"timeout_ms\":5000,\"url\":\"http://d/hello\"}"},
		/* a transfer may take longer than `within` */
		{{HTTP, .expect = {.min_time = SET(4200000), .max_time = SET(6000000)}},
		 "{\"body_size\":0,\"headers\":[],\"kind\":\"http\",\"method\":\"GET\",\"timeout_ms\":8000,"
		 "\"url\":\"http://d/hello\"}"},
		{{HTTP, .expect = {.min_time = SET(42000000)}},
		 "{\"body_size\":0,\"headers\":[],\"kind\":\"http\",\"method\":\"GET\",\"timeout_ms\":84000,"
		 "\"url\":\"http://d/hello\"}"},
		{{PING},
		 "{\"count\":1,\"host\":\"172.16.1.10\",\"interval_ms\":200,\"kind\":\"ping\","
		 "\"timeout_ms\":2000}"},
		{{PING, .expect = {.rtt = SET(1)}},
		 "{\"count\":5,\"host\":\"172.16.1.10\",\"interval_ms\":200,\"kind\":\"ping\","
		 "\"timeout_ms\":2000}"},
		{{PING, .expect = {.timeout = true, .timeout_set = true}},
		 "{\"count\":3,\"host\":\"172.16.1.10\",\"interval_ms\":1000,\"kind\":\"ping\","
		 "\"timeout_ms\":1000}"},
		{{DNS},
		 "{\"kind\":\"dns\",\"name\":\"d.example\",\"timeout_ms\":2000,\"type\":\"A\"}"},
		{{.kind = CHECK_DNS, .target = {.s = "172.16.1.10"}, WAIT},
		 "{\"kind\":\"dns\",\"name\":\"10.1.16.172.in-addr.arpa\",\"timeout_ms\":2000,"
		 "\"type\":\"PTR\"}"},
		{{TCP},
		 "{\"host\":\"172.16.1.10\",\"kind\":\"tcp\",\"port\":80,\"timeout_ms\":3000}"},
		/* twice what is allowed, but no less than `within`, and room for what is around it */
		{{OUTAGE, .expect = {.max_outage = SET(3000000)}},
		 "{\"host\":\"10.10.1.20\",\"interval_ms\":20,\"kind\":\"outage\",\"quiet_ms\":3000,"
		 "\"timeout_ms\":11000}"},
		{{OUTAGE, .expect = {.max_outage = SET(1000000)}},
		 "{\"host\":\"10.10.1.20\",\"interval_ms\":20,\"kind\":\"outage\",\"quiet_ms\":3000,"
		 "\"timeout_ms\":10000}"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *spec = check_spec(&rows[i].check);
		auto_free char *text = json_dumps(spec, JSON_COMPACT | JSON_SORT_KEYS);

		json_decref(spec);
		assert_string_equal(text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),  cmocka_unit_test(test_ping),
		cmocka_unit_test(test_dns),   cmocka_unit_test(test_outage),
		cmocka_unit_test(test_tcp),   cmocka_unit_test(test_route),
		cmocka_unit_test(test_specs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
