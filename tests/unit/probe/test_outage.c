// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long answers stay away, on a clock and a network of the test's own: what probe_outage() calls of
 * its layer is defined here, and the archive's is not linked.
 */
#include "lib/test.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/echo.h"
#include "probe/probe.h"

#define MS       1000u
#define INTERVAL 20
#define RTT      (2 * MS)

/* From `from` to `to` nothing that was sent is answered. Microseconds from the start. */
struct outage {
	uint64_t from, to;
};

static struct {
	uint64_t now, start;
	const struct outage *outages;
	size_t n_outages;
	uint64_t due[64]; /* when answers arrive: a ring */
	size_t n_sent, n_answered;
} net;

uint64_t probe_now_us(void)
{
	return net.now;
}

int probe_resolve(const char *host, struct in_addr *addr, const char **why)
{
	*why = "no such name";
	addr->s_addr = 0x0100007f;
	return strcmp(host, "nobody") == 0 ? -1 : 0;
}

static bool is_lost(uint64_t at)
{
	for (size_t i = 0; i < net.n_outages; i++)
		if (at >= net.outages[i].from && at < net.outages[i].to)
			return true;
	return false;
}

void echo_send(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t seq)
{
	if (!is_lost(net.now - net.start))
		net.due[net.n_sent++ % ARRAY_LEN(net.due)] = net.now + RTT;
}

/* Is asked whenever there is time; a millisecond goes by. */
bool echo_receive(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t *seq)
{
	net.now += MS;
	if (net.n_answered == net.n_sent || net.due[net.n_answered % ARRAY_LEN(net.due)] > net.now)
		return false;
	net.n_answered++;
	return true;
}

/* --- */

struct seen {
	uint64_t outage_ms, ms; /* ms: how long it took to see it */
	bool any, back;
};

static struct seen look(const struct outage *outages, size_t n)
{
	const struct probe_spec spec = {.kind = PROBE_OUTAGE,
					.host = "somebody",
					.timeout_ms = 12000,
					.interval_ms = INTERVAL,
					.quiet_ms = 3000};
	auto_close int readable = eventfd(1, EFD_CLOEXEC);
	struct seen seen;
	json_t *result;

	memset(&net, 0, sizeof(net));
	net.now = net.start = 1000000000;
	net.outages = outages;
	net.n_outages = n;
	assert_true(readable >= 0);
	result = probe_outage(&spec, readable);
	assert_string_equal(json_string_value(json_object_get(result, "kind")), "outage");
	assert_int_equal(json_integer_value(json_object_get(result, "received")), net.n_answered);
	seen = (struct seen){
		.outage_ms = (uint64_t)json_integer_value(json_object_get(result, "outage_us")) /
			     MS,
		.ms = (net.now - net.start) / MS,
		.any = net.n_answered > 0,
		.back = json_is_true(json_object_get(result, "back")),
	};
	json_decref(result);
	return seen;
}

#define FOR_GOOD UINT64_MAX
#define AT(ms)   ((uint64_t)(ms)*MS)

struct row {
	const char *what;
	struct outage outages[2];
	struct seen want;
};

static void outages(void **state)
{
	static const struct row rows[] = {
		{"none: seen after the time in which one was to begin, from the first answer on",
		 {{0, 0}},
		 {0, 3002, true, true}},
		{"one of 2 s: seen half a second after it",
		 {{AT(1000), AT(3000)}},
		 {2020, 3502, true, true}},
		/* with four lost in a row an answer is 5 paces late, which is loss */
		{"four lost in a row", {{AT(1000), AT(1080)}}, {0, 3002, true, true}},
		{"five lost in a row", {{AT(1000), AT(1100)}}, {120, 1602, true, true}},
		{"never there", {{0, FOR_GOOD}}, {0, 12000, false, false}},
		{"gone for good", {{AT(1000), FOR_GOOD}}, {0, 12000, true, false}},
		{"late at first, which is no outage", {{0, AT(1000)}}, {0, 4002, true, true}},
		{"back too late to be seen", {{AT(1000), AT(12001)}}, {0, 12000, true, false}},
		{"back just in time", {{AT(1000), AT(11980)}}, {11000, 12000, true, true}},
		/* the longest counts, wherever it stands */
		{"twice, the second one longer",
		 {{AT(1000), AT(1200)}, {AT(1500), AT(2500)}},
		 {1020, 3002, true, true}},
		{"twice, the second one shorter",
		 {{AT(1000), AT(2000)}, {AT(2300), AT(2400)}},
		 {1020, 2502, true, true}},
		{"twice, the second one for good",
		 {{AT(1000), AT(1200)}, {AT(1500), FOR_GOOD}},
		 {220, 12000, true, false}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct seen seen = look(rows[i].outages, ARRAY_LEN(rows[i].outages));

		print_message("%s: %ju ms\n", rows[i].what, (uintmax_t)seen.outage_ms);
		assert_int_equal(seen.outage_ms, rows[i].want.outage_ms);
		assert_int_equal(seen.ms, rows[i].want.ms);
		assert_int_equal(seen.any, rows[i].want.any);
		assert_int_equal(seen.back, rows[i].want.back);
	}
}

static void a_name_that_does_not_resolve(void **state)
{
	const struct probe_spec spec = {.kind = PROBE_OUTAGE, .host = "nobody"};
	json_t *result = probe_outage(&spec, -1);

	assert_string_equal(json_string_value(json_object_get(result, "error")), "no such name");
	assert_null(json_object_get(result, "received"));
	json_decref(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outages),
		cmocka_unit_test(a_name_that_does_not_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
