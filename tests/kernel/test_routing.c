// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-routing against this kernel: routes come, follow circuits and what BIRD learned, survive
 * restarts and replacements without a gap, and leave nothing behind.
 */
#include "routing_lab.h"

#include <assert.h>

#include "plan/plan.h"
#include "routing/config.h"

static_assert(ROUTING_METRIC == (int)PLAN_METRIC_DYNAMIC &&
		      ROUTING_PROTO_LEARNED == (int)PLAN_PROTO_LEARNED &&
		      ROUTING_PROTO_TRACKED == (int)PLAN_PROTO_TRACKED,
	      "what plans say of dynamic routes");

#define MONITOR(n)                                                               \
	"{\"name\":\"vbr-" n "\",\"socket\":\"ping-" n "\",\"target\":\"10.0." n \
	".2\",\"interval_ms\":100,\"losses\":3}"
#define SOURCE(n, prefixes, limit)                                               \
	"{\"name\":\"a" n "\",\"monitor\":\"vbr-" n "\",\"prefixes\":[" prefixes \
	"],\"learn\":{\"ns\":\"vbr" n "\",\"table\":254,\"protocol\":12,\"limit\":" limit "}}"
#define OFFER(n, rank)                                                                          \
	"{\"source\":\"a" n "\",\"dev\":\"v" n "\",\"via\":\"100.64." n ".2\",\"onlink\":true," \
	"\"rank\":" rank "}"
#define SITE(ecmp, offers) \
	"{\"ns\":\"cen\",\"table\":254,\"protocol\":204,\"ecmp\":" ecmp ",\"offers\":[" offers "]}"
#define CONFIG(prefixes, limit, ecmp, offers)                                     \
	"{" ROUTING_SOCKETS                                                       \
	",\"monitors\":[" MONITOR("1") "," MONITOR("2") "],\"sources\":[" SOURCE( \
		"1", prefixes, limit) "," SOURCE("2", prefixes,                   \
						 limit) "],\"sites\":[" SITE(ecmp, offers) "]}"
#define ACTIVE_STANDBY OFFER("1", "0") "," OFFER("2", "1")

static const char usual[] = CONFIG("\"10.10.0.0/16\"", "110", "false", ACTIVE_STANDBY);

/* The far ends: their addresses stop answering. */
static void break_circuit(const struct routing_lab *lab, int n)
{
	run_in(lab, IDC, n == 1 ? "ip link set v1 down" : "ip link set v2 down");
}

static void mend_circuit(const struct routing_lab *lab, int n)
{
	run_in(lab, IDC, n == 1 ? "ip link set v1 up" : "ip link set v2 up");
}

/* How many processes have been in charge. */
static uint32_t generation(const struct routing_lab *lab)
{
	uint32_t n = 0;

	assert_int_equal(pread(lab->sockets[STATE], &n, sizeof(n), 0), sizeof(n));
	return n;
}

static void end(struct test_worker *w)
{
	signal_and_wait(w, SIGTERM, 0);
	close(w->log);
}

static void routes_come_before_it_is_ready_and_go_with_it(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);

	assert_true(has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	wait_until(5, noted(&w, "vbr-1 up, vbr-2 up, 0 learned, 1 routes"));
	run_in(lab, CEN, "ping -c1 -W5 -q 10.10.0.1");
	end(&w);
	assert_true(has_route(lab, CEN, "10.10.0.0/16", ""));
}

static void it_has_no_other_privilege(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);
	char command[64];
	auto_free char *status = NULL;

	snprintf(command, sizeof(command), "cat /proc/%d/status", w.pid);
	status = output_in(lab, CEN, command);
	assert_non_null(strstr(status, "\nCapEff:\t0000000000001000\n"));
	end(&w);
}

static void a_dead_circuit_gives_way_and_comes_back(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);
	struct traffic traffic;
	auto_free char *log = NULL;

	break_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	wait_until(5, noted(&w, " lost), vbr-2 up, 0 learned, 1 routes"));
	traffic = traffic_start(lab);
	break_circuit(lab, 2);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", ""));
	assert_false(traffic_flowed(&traffic)); /* it can tell */
	mend_circuit(lab, 2);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	mend_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	log = test_worker_log(&w);
	assert_non_null(strstr(log, "warning vbr-1: down: 10.0.1.2 has not answered for 0."));
	assert_null(strstr(strstr(log, "vbr-1: down") + 1, "vbr-1: down"));
	assert_non_null(strstr(log, "info vbr-1: up again after "));
	end(&w);
}

/* It is the answers that count, not the device. */
static void a_filter_is_as_good_as_a_cut(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);

	run_in(lab, IDC,
	       "nft 'add table ip t; add chain ip t c { type filter hook input priority 0; }; "
	       "add rule ip t c ip daddr 10.0.1.2 icmp type echo-request drop'");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	run_in(lab, IDC, "nft delete table ip t");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	end(&w);
}

static void what_bird_learns_is_passed_on(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);

	run_in(lab, VBR1, "ip route add 10.20.0.0/16 via 10.0.1.2 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", VIA_1));
	wait_until(5, noted(&w, "vbr-1 up, vbr-2 up, 1 learned, 2 routes"));
	run_in(lab, VBR2, "ip route add 10.20.0.0/16 via 10.0.2.2 proto bird metric 2003");
	run_in(lab, VBR1, "ip route del 10.20.0.0/16 proto bird");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", VIA_2));
	/* a route that is no longer unicast, and one of another protocol, are not offered */
	run_in(lab, VBR2, "ip route replace blackhole 10.20.0.0/16 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", ""));
	run_in(lab, VBR2, "ip route replace 10.20.0.0/16 via 10.0.2.2 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", VIA_2));
	run_in(lab, VBR2, "ip route replace 10.20.0.0/16 via 10.0.2.2 proto static metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", ""));
	end(&w);
}

/* Without monitors, by devices without a gateway; the shorter AS path has the lower metric. */
static void the_cheaper_route_is_taken_and_needs_no_monitor(void **state)
{
	const struct routing_lab *lab = *state;
#define FREE(n)                                                                              \
	"{\"name\":\"f" n "\",\"prefixes\":[],\"learn\":{\"ns\":\"vbr" n "\",\"table\":254," \
	"\"protocol\":12,\"limit\":110}}"
	struct test_worker w = start(
		lab,
		"{" ROUTING_SOCKETS ",\"monitors\":[],\"sources\":[" FREE("1") "," FREE(
			"2") "],"
			     "\"sites\":[{\"ns\":\"cen\",\"table\":77,\"protocol\":205,\"offers\":["
			     "{\"source\":\"f1\",\"dev\":\"v1\"},{\"source\":\"f2\",\"dev\":\"v2\"}]}]}");

	run_in(lab, VBR1, "ip route add 10.20.0.0/16 via 10.0.1.2 proto bird metric 2004");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", "dev v1 table 77 proto 205 scope link"));
	run_in(lab, VBR2, "ip route add 10.20.0.0/16 via 10.0.2.2 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", "dev v2 table 77 proto 205 scope link"));
	run_in(lab, VBR1, "ip route add 10.20.0.0/16 via 10.0.1.2 proto bird metric 2002");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", "dev v1 table 77 proto 205 scope link"));
	end(&w);
}

/* The kernel sends no event for what it drops with a device. */
static void what_the_kernel_drops_in_silence_is_withdrawn(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);

	run_in(lab, VBR1,
	       "ip link add d0 type veth peer name d1; ip link set d0 up; "
	       "ip link set d1 up; ip route add 10.20.0.0/16 dev d0 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", VIA_1));
	run_in(lab, VBR1, "ip link set d0 down");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", ""));
	assert_true(has_route(lab, CEN, "10.10.0.0/16", VIA_1)); /* the circuit lives */
	run_in(lab, VBR1,
	       "ip link set d0 up; ip addr add 10.99.0.1/32 dev d0; "
	       "ip route add 10.20.0.0/16 dev d0 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", VIA_1));
	run_in(lab, VBR1, "ip addr del 10.99.0.1/32 dev d0"); /* its last address */
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", ""));
	end(&w);
}

static void beyond_the_limit_nothing_is_learned(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, CONFIG("", "2", "false", OFFER("1", "0")));

	run_in(lab, VBR1,
	       "for i in 3 1 4 2; do ip route add 10.2$i.0.0/16 via 10.0.1.2 proto bird "
	       "metric 33; done");
	wait_until(5, has_route(lab, CEN, "10.22.0.0/16", VIA_1));
	wait_until(5, has_route(lab, CEN, "10.23.0.0/16", ""));
	assert_true(has_route(lab, CEN, "10.21.0.0/16", VIA_1));
	assert_true(logged(&w, "a1: 3 prefixes learned, the limit is 2"));
	assert_false(logged(&w, "a1: 4 prefixes learned")); /* said once */
	run_in(lab, VBR1, "ip route del 10.21.0.0/16 proto bird");
	wait_until(5, has_route(lab, CEN, "10.23.0.0/16", VIA_1));
	end(&w);
}

static void equal_offers_are_used_together(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, CONFIG("\"10.10.0.0/16\"", "110", "true",
						 OFFER("1", "0") "," OFFER("2", "0")));

	assert_true(has_route(lab, CEN, "10.10.0.0/16", "nexthop via 100.64.1.2 dev v1"));
	assert_true(has_route(lab, CEN, "10.10.0.0/16", "nexthop via 100.64.2.2 dev v2"));
	break_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	mend_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", "nexthop via 100.64.1.2 dev v1"));
	/* one device goes: the other one carries all, and both do when it is back */
	run_in(lab, CEN, "ip link del v1");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	run_in(lab, CEN, LINK("v1", "cen", "100.64.1", "vbr1"));
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", "nexthop via 100.64.1.2 dev v1"));
	end(&w);
}

static void a_route_deleted_by_hand_comes_back_at_its_pace(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, usual);
	auto_free char *out = NULL;

	run_in(lab, CEN, "ip route del 10.10.0.0/16 metric 1000");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	run_in(lab, CEN, "ip route replace 10.10.0.0/16 via 100.64.2.2 proto 204 metric 1000");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	/* for a second, whenever it is there: it comes ten times at most, and once at the end */
	out = output_in(lab, CEN,
			"end=$(($(date +%s%N) + 1000000000)); n=0; "
			"while [ $(date +%s%N) -lt $end ]; do "
			"ip route del 10.10.0.0/16 metric 1000 2>/dev/null && n=$((n + 1)) "
			"|| true; done; echo $n");
	assert_in_range(strtol(out, NULL, 10), 2, 11);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	end(&w);
}

static void routes_of_others_are_left_alone(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w;

	run_in(lab, CEN,
	       "ip route add 10.10.0.0/16 via 100.64.2.2 proto static; "
	       "ip route add 10.30.0.0/16 via 100.64.2.2 proto static metric 1000; "
	       "ip route add 10.31.0.0/16 via 100.64.2.2 proto 204 metric 999; "
	       "ip route add 10.32.0.0/16 via 100.64.2.2 proto 204 metric 1000; "
	       "ip route add 10.33.0.0/16 via 100.64.2.2 proto 205 metric 1000 table 77");
	w = launch(lab,
		   CONFIG("\"10.10.0.0/16\",\"10.30.0.0/16\"", "110", "false", ACTIVE_STANDBY));
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	wait_until(5, has_route(lab, CEN, "10.32.0.0/16", "")); /* what a predecessor left */
	wait_until(5, has_route(lab, CEN, "10.33.0.0/16", ""));
	wait_until(5, logged(&w, "cen: 1 routes wait, as others with metric 1000 have their place: "
				 "10.30.0.0/16"));
	(void)await_ready(&w); /* after some time, all the same */
	assert_true(has_route(lab, CEN, "10.30.0.0/16", "via 100.64.2.2 dev v2 proto static"));
	run_in(lab, CEN, "ip route del 10.30.0.0/16 proto static");
	wait_until(5, has_route(lab, CEN, "10.30.0.0/16", VIA_1));
	end(&w);
	run_in(lab, CEN,
	       "ip route show exact 10.10.0.0/16 | grep -q 'v2 proto static $'; "
	       "ip route show exact 10.31.0.0/16 | grep -q 'proto 204 metric 999'; "
	       "test -z \"$(ip route show table all metric 1000)\"");
}

static void a_replacement_leaves_no_gap_and_no_leftovers(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker old = start(
		lab, CONFIG("\"10.10.0.0/16\",\"10.30.0.0/16\"", "110", "false", ACTIVE_STANDBY));
	struct traffic traffic = traffic_start(lab);
	struct test_worker new = start(
		lab, CONFIG("\"10.10.0.0/16\",\"10.40.0.0/16\"", "110", "false", ACTIVE_STANDBY));

	assert_true(has_route(lab, CEN, "10.40.0.0/16", VIA_1));
	assert_true(has_route(lab, CEN, "10.30.0.0/16", ""));
	/* both live, and only the new one acts: the old one would bring 10.30.0.0/16 back */
	wait_until(5, logged(&old, "standing by"));
	break_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.40.0.0/16", VIA_2));
	assert_true(has_route(lab, CEN, "10.30.0.0/16", ""));
	assert_false(logged(&old, "vbr-1: down"));
	end(&old);
	assert_true(has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	assert_true(traffic_flowed(&traffic));
	run_in(lab, VBR2, "ip route add 10.20.0.0/16 via 10.0.2.2 proto bird metric 2003");
	wait_until(5, has_route(lab, CEN, "10.20.0.0/16", VIA_2));
	end(&new);
	assert_true(has_route(lab, CEN, "10.10.0.0/16", ""));
}

/* The load fails, or the new process crashes: the old one is in charge again. */
static void a_replacement_that_is_given_up_changes_nothing(void **state)
{
	const struct routing_lab *lab = *state;
	static const int signals[] = {SIGTERM, SIGKILL};
	struct test_worker old = start(lab, usual);
	struct traffic traffic = traffic_start(lab);

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct test_worker new = start(lab, CONFIG("\"10.10.0.0/16\",\"10.40.0.0/16\"",
							   "110", "false", ACTIVE_STANDBY));

		assert_true(has_route(lab, CEN, "10.40.0.0/16", VIA_1));
		signal_and_wait(&new, signals[i], signals[i] == SIGTERM ? 0 : -1);
		close(new.log);
		wait_until(5, has_route(lab, CEN, "10.40.0.0/16", "")); /* the old one cleans up */
		assert_true(has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	}
	break_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	assert_true(traffic_flowed(&traffic));
	end(&old);
	assert_true(has_route(lab, CEN, "10.10.0.0/16", ""));
}

static void a_crash_leaves_no_gap_and_no_leftovers(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(
		lab, CONFIG("\"10.10.0.0/16\",\"10.30.0.0/16\"", "110", "false", ACTIVE_STANDBY));
	struct traffic traffic;

	break_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.30.0.0/16", VIA_2));
	traffic = traffic_start(lab);
	signal_and_wait(&w, SIGKILL, -1);
	close(w.log);
	assert_true(has_route(lab, CEN, "10.30.0.0/16", VIA_2));
	/* what is learned or lost while nobody looks */
	run_in(lab, VBR2, "ip route add 10.20.0.0/16 via 10.0.2.2 proto bird metric 2003");
	w = start(lab, usual);
	assert_true(has_route(lab, CEN, "10.20.0.0/16", VIA_2));
	assert_true(has_route(lab, CEN, "10.30.0.0/16", ""));
	/* the dead circuit is remembered: nothing was sent its way */
	assert_true(has_route(lab, CEN, "10.10.0.0/16", VIA_2));
	assert_false(logged(&w, "vbr-1: down"));
	assert_true(traffic_flowed(&traffic));
	mend_circuit(lab, 1);
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	end(&w);
}

/* The supervisor starts workers beside the building of links. */
static void a_device_that_comes_late_is_waited_for(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w;

	run_in(lab, CEN, "ip link del v1");
	w = launch(lab, usual);
	wait_until(5, generation(lab) == 1); /* it is at work */
	run_in(lab, CEN, LINK("v1", "cen", "100.64.1", "vbr1"));
	assert_true(await_ready(&w) < 4000);
	assert_true(has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	/* goes and comes again, with another index; is set down and up */
	run_in(lab, CEN, "ip link del v1");
	run_in(lab, CEN, LINK("v1", "cen", "100.64.1", "vbr1"));
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	run_in(lab, CEN, "ip link set v1 down");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", ""));
	run_in(lab, CEN, "ip link set v1 up");
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	end(&w);
}

static void a_device_that_never_comes_is_not_waited_for_forever(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w;

	run_in(lab, CEN, "ip link del v1");
	w = launch(lab, usual);
	assert_in_range(await_ready(&w), 4000, 7000);
	assert_true(logged(&w, "warning cen: 1 routes wait for a device: v1"));
	run_in(lab, CEN, LINK("v1", "cen", "100.64.1", "vbr1"));
	wait_until(5, has_route(lab, CEN, "10.10.0.0/16", VIA_1));
	end(&w);
}

/* What the kernel refuses now it may take later; it is asked once a second, and said once. */
static void a_refusal_is_said_once_and_tried_again(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = launch(lab,
				      CONFIG("\"10.10.0.0/16\",\"10.30.0.0/16\"", "110", "false",
					     "{\"source\":\"a1\",\"dev\":\"v1\","
					     "\"via\":\"100.99.0.1\"}"));
	auto_free char *log = NULL;

	(void)await_ready(&w);
	wait_until(5, logged(&w, "cen: cannot create 10."));
	log = test_worker_log(&w);
	assert_null(strstr(strstr(log, "cannot create") + 1, "cannot create"));
	run_in(lab, CEN, "ip addr add 100.99.0.2/30 dev v1");
	wait_until(5, has_route(lab, CEN, "10.30.0.0/16", "via 100.99.0.1 dev v1"));
	end(&w);
}

/* Events that were lost because the queue was full. */
static void lost_events_are_made_up_for(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, CONFIG("", "1000", "false", OFFER("1", "0")));
	const int little = 1;

	assert_int_equal(kill(w.pid, SIGSTOP), 0);
	/* a doubled minimum: room for a handful of events */
	must_be(setsockopt(lab->sockets[ROUTES_VBR1], SOL_SOCKET, SO_RCVBUF, &little,
			   sizeof(little)) == 0,
		"SO_RCVBUF");
	run_in(lab, VBR1,
	       "for i in $(seq 0 199); do echo route add 10.50.$i.0/24 via 10.0.1.2 proto "
	       "bird metric 33; done | ip -batch -");
	assert_int_equal(kill(w.pid, SIGCONT), 0);
	wait_until(10, has_route(lab, CEN, "10.50.199.0/24", VIA_1));
	assert_true(has_route(lab, CEN, "10.50.7.0/24", VIA_1));
	assert_int_equal(kill(w.pid, SIGSTOP), 0);
	run_in(lab, VBR1,
	       "for i in $(seq 0 199); do echo route del 10.50.$i.0/24 proto bird; done | "
	       "ip -batch -");
	assert_int_equal(kill(w.pid, SIGCONT), 0);
	wait_until(10, has_route(lab, CEN, "10.50.7.0/24", ""));
	wait_until(10, has_route(lab, CEN, "10.50.199.0/24", ""));
	end(&w);
}

/* A thousand prefixes move from one circuit to the other. */
static void many_routes_move_at_once(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = start(lab, CONFIG("", "2000", "false", ACTIVE_STANDBY));
	static const char add[] =
		"for i in $(seq 0 3); do for k in $(seq 0 249); do echo route add "
		"10.6$i.$k.0/24 dev idc proto bird metric 2003; done; done | "
		"ip -batch -";

	run_in(lab, VBR1, add);
	run_in(lab, VBR2, add);
	wait_until(20, noted(&w, "vbr-1 up, vbr-2 up, 2000 learned, 1000 routes"));
	break_circuit(lab, 1);
	wait_until(10, has_route(lab, CEN, "10.63.249.0/24", VIA_2));
	wait_until(10, has_route(lab, CEN, "10.60.0.0/24", VIA_2));
	end(&w);
	assert_true(has_route(lab, CEN, "10.60.0.0/24", ""));
}

static void a_bad_configuration_ends_it(void **state)
{
	const struct routing_lab *lab = *state;
	struct test_worker w = launch(lab, "{}");

	assert_int_equal(test_worker_wait(&w), LAB_USAGE);
	assert_true(logged(&w, "error configuration: "));
	close(w.ready);
	close(w.log);
}

int main(void)
{
#define IN_A_LAB(fn) cmocka_unit_test_setup_teardown(fn, routing_lab_up, routing_lab_down)
	const struct CMUnitTest tests[] = {
		IN_A_LAB(routes_come_before_it_is_ready_and_go_with_it),
		IN_A_LAB(it_has_no_other_privilege),
		IN_A_LAB(a_dead_circuit_gives_way_and_comes_back),
		IN_A_LAB(a_filter_is_as_good_as_a_cut),
		IN_A_LAB(what_bird_learns_is_passed_on),
		IN_A_LAB(the_cheaper_route_is_taken_and_needs_no_monitor),
		IN_A_LAB(what_the_kernel_drops_in_silence_is_withdrawn),
		IN_A_LAB(beyond_the_limit_nothing_is_learned),
		IN_A_LAB(equal_offers_are_used_together),
		IN_A_LAB(a_route_deleted_by_hand_comes_back_at_its_pace),
		IN_A_LAB(routes_of_others_are_left_alone),
		IN_A_LAB(a_replacement_leaves_no_gap_and_no_leftovers),
		IN_A_LAB(a_replacement_that_is_given_up_changes_nothing),
		IN_A_LAB(a_crash_leaves_no_gap_and_no_leftovers),
		IN_A_LAB(a_device_that_comes_late_is_waited_for),
		IN_A_LAB(a_device_that_never_comes_is_not_waited_for_forever),
		IN_A_LAB(a_refusal_is_said_once_and_tried_again),
		IN_A_LAB(lost_events_are_made_up_for),
		IN_A_LAB(many_routes_move_at_once),
		IN_A_LAB(a_bad_configuration_ends_it),
	};

	sandbox_enter();
	must_be(mkdir("/run/netns", 0755) == 0, "/run/netns");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
