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

/* At `at` the probe stands still. */
struct stall {
	uint64_t at, us;
};

static struct {
	uint64_t now, start;
	const struct outage *outages;
	size_t n_outages;
	struct stall stall;
	struct {
		uint64_t at;
		uint16_t seq;
	} due[64]; /* when answers arrive: a ring */
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
	if (!is_lost(net.now - net.start)) {
		net.due[net.n_sent % ARRAY_LEN(net.due)].at = net.now + RTT;
		net.due[net.n_sent++ % ARRAY_LEN(net.due)].seq = seq;
	}
}

static void go_by(uint64_t us)
{
	net.now += us;
	if (net.stall.us && net.now - net.start >= net.stall.at) {
		net.now += net.stall.us;
		net.stall.us = 0;
	}
}

/* Is asked whenever there is time; a millisecond goes by. */
bool echo_receive(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t *seq,
		  uint64_t *waited_us)
{
	const size_t next = net.n_answered % ARRAY_LEN(net.due);

	go_by(MS);
	if (net.n_answered == net.n_sent || net.due[next].at > net.now)
		return false;
	*seq = net.due[next].seq;
	*waited_us = net.now - net.due[next].at;
	net.n_answered++;
	return true;
}

/* --- */

struct seen {
	uint64_t outage_ms, ms; /* ms: how long it took to see it */
	bool any, back;
};

static struct seen look(const struct outage *outages, size_t n, struct stall stall,
			uint64_t *unseen_ms)
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
	net.stall = stall;
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
	*unseen_ms = (uint64_t)json_integer_value(json_object_get(result, "unseen_us")) / MS;
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
		uint64_t unseen_ms;
		struct seen seen = look(rows[i].outages, ARRAY_LEN(rows[i].outages),
					(struct stall){0}, &unseen_ms);

		print_message("%s: %ju ms\n", rows[i].what, (uintmax_t)seen.outage_ms);
		assert_int_equal(seen.outage_ms, rows[i].want.outage_ms);
		assert_int_equal(seen.ms, rows[i].want.ms);
		assert_int_equal(seen.any, rows[i].want.any);
		assert_int_equal(seen.back, rows[i].want.back);
		assert_int_equal(unseen_ms, 0);
	}
}

/* Pings go at 0, 20, 40 ... and are answered 2 ms later. */
static void stalls_of_the_probe(void **state)
{
	static const struct {
		const char *what;
		struct stall stall;
		struct outage outage;
		uint64_t outage_ms, unseen_ms;
	} rows[] = {
		{"between an answer and the next ping", {AT(1010), AT(800)}, {0, 0}, 0, 780},
		{"between a ping and its answer", {AT(1001), AT(800)}, {0, 0}, 0, 780},
		{"of six paces", {AT(1010), AT(120)}, {0, 0}, 0, 110},
		{"within an outage", {AT(2000), AT(800)}, {AT(1000), AT(3000)}, 2018, 0},
		{"as long as an outage, which nobody can see",
		 {AT(1010), AT(800)},
		 {AT(1015), AT(1700)},
		 0,
		 780},
		{"an outage begins in it: from the first ping that was lost on",
		 {AT(1010), AT(800)},
		 {AT(1100), AT(3000)},
		 1220,
		 780},
		{"an outage ends in it: up to the last ping that was lost",
		 {AT(2510), AT(800)},
		 {AT(1000), AT(3000)},
		 1520,
		 780},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t unseen_ms;
		struct seen seen = look(&rows[i].outage, 1, rows[i].stall, &unseen_ms);

		print_message("%s: %ju ms, unseen %ju\n", rows[i].what, (uintmax_t)seen.outage_ms,
			      (uintmax_t)unseen_ms);
		assert_true(seen.back);
		assert_in_range(seen.outage_ms, rows[i].outage_ms ? rows[i].outage_ms - 20 : 0,
				rows[i].outage_ms ? rows[i].outage_ms + 20 : 0);
		assert_in_range(unseen_ms, rows[i].unseen_ms ? rows[i].unseen_ms - 20 : 0,
				rows[i].unseen_ms ? rows[i].unseen_ms + 20 : 0);
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
		cmocka_unit_test(stalls_of_the_probe),
		cmocka_unit_test(a_name_that_does_not_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
