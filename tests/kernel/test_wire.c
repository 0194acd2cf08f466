// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-wire between real devices, started, replaced and restarted by the real supervisor. Frames go in at
 * e0 and come out at e1; the line's own ports are p0 and p1.
 */
#include "kernel/supervised.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#define FRAME 200 /* bytes */
#define TYPE  0x0800

static int e0, e1; /* sockets at the lab's ends */

/* --- frames --- */

static int open_end(const char *device)
{
	const struct timeval timeout = {2, 0};
	const int on = 1, room = 4 << 20;
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(TYPE),
				 .sll_ifindex = (int)if_nametoindex(device)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	must(fd >= 0 && !setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) &&
		     !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) &&
		     !setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) &&
		     !bind(fd, (struct sockaddr *)&at, sizeof(at)),
	     device);
	return fd;
}

static uint64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void send_frame(int fd, uint32_t number)
{
	unsigned char frame[FRAME] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, TYPE >> 8, TYPE & 0xff};

	memcpy(frame + 14, &number, sizeof(number));
	memset(frame + 18, (int)number, sizeof(frame) - 18);
	must(send(fd, frame, sizeof(frame), 0) == sizeof(frame), "send");
}

/* The number of the next frame, whose bytes are those that were sent; UINT32_MAX: none came. */
static uint32_t receive_frame(int fd)
{
	unsigned char frame[FRAME + 100];
	uint32_t number;
	ssize_t n = recv(fd, frame, sizeof(frame), 0);

	if (n < 0)
		return UINT32_MAX;
	assert_int_equal(n, FRAME);
	memcpy(&number, frame + 14, sizeof(number));
	for (size_t i = 18; i < FRAME; i++)
		assert_int_equal(frame[i], (unsigned char)number);
	return number;
}

/* Microseconds from one end to the other. */
static uint64_t cross(int from, int to, uint32_t number)
{
	uint64_t start = now_us();

	send_frame(from, number);
	assert_int_equal(receive_frame(to), number);
	return now_us() - start;
}

/* --- the line --- */

static int load_line(struct fixture *f, unsigned int delay_us, const char *more,
		     struct lab_error **err)
{
	auto_free char *text = NULL;

	must(asprintf(&text,
		      "[{\"name\":\"w\",\"program\":\"labctl-wire\",\"ns\":\"a\",\"sockets\":["
		      "{\"name\":\"p0\",\"ns\":\"a\",\"type\":\"packet\"},"
		      "{\"name\":\"p1\",\"ns\":\"a\",\"type\":\"packet\"},"
		      "{\"name\":\"state\",\"ns\":\"a\",\"type\":\"memory\"}],"
		      "\"config\":{\"lab\":\"t\",\"state\":\"state\",\"lines\":[{\"name\":\"l\","
		      "\"a\":\"p0\",\"b\":\"p1\",\"hold\":1000000,\"delay_us\":%u%s}]}}]",
		      delay_us, more) > 0,
	     "asprintf");
	return supervise_load(f->dir, text, strlen(text), LOAD_MS, err);
}

static void lay_line(struct fixture *f, unsigned int delay_us, const char *more)
{
	struct lab_error *err = NULL;

	must_hold(load_line(f, delay_us, more, &err), &err);
}

static int add_devices(void)
{
	return system("for i in 0 1; do ip link add e$i type veth peer name p$i && "
		      "ip link set e$i up && ip link set p$i up || exit 1; done");
}

static void make_ends(void)
{
	must(add_devices() == 0, "devices");
	e0 = open_end("e0");
	e1 = open_end("e1");
}

static int remove_ends(void)
{
	(void)close(e0); /* nothing to flush */
	(void)close(e1);
	return system("ip link del e0 && ip link del e1");
}

static int start_line(void **state)
{
	make_ends();
	return start_lab(state);
}

static int stop_line(void **state)
{
	return stop_lab(state) || remove_ends();
}

static bool says(struct fixture *f, const char *part)
{
	json_t *w = status_of(f, "w");
	bool does = strstr(json_string_value(json_object_get(w, "note")), part) != NULL;

	json_decref(w);
	return does;
}

/* --- tests --- */

static void frames_arrive_later_both_ways(void **state)
{
	lay_line(*state, 20000, "");
	for (uint32_t i = 0; i < 5; i++) {
		/* never too early, but for what sending takes; late on a busy host */
		assert_in_range(cross(e0, e1, i), 19900, 60000);
		assert_in_range(cross(e1, e0, i), 19900, 60000);
	}
}

/* A worker that has more to delay than its loop reads at once: all of it, in order, with jitter. */
static void a_burst_is_whole_and_in_order(void **state)
{
	lay_line(*state, 20000, ",\"jitter_us\":15000");
	for (uint32_t i = 0; i < 1000; i++)
		send_frame(e0, i);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(receive_frame(e1), i);
}

static void what_does_not_fit_is_dropped_and_told(void **state)
{
	struct fixture *f = *state;
	uint32_t n = 0;

	lay_line(f, 300000, "");
	for (uint32_t i = 0; i < 6000; i++)
		send_frame(e0, i);
	while (receive_frame(e1) == n)
		n++;
	assert_in_range(n, 1000000 / (FRAME + 10), 1000000 / (FRAME + 10) + 1);
	wait_until(5, says(f, "lost for want of room"));
}

/* A worker that does not get to reading loses what its socket has no room for, and says so. */
static void what_it_is_too_slow_for_is_told(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	lay_line(f, 1000, "");
	pid = worker_pid(f);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	for (uint32_t i = 0; i < 100000; i++)
		send_frame(e0, i);
	assert_int_equal(kill(pid, SIGCONT), 0);
	wait_until(5, says(f, "lost for want of room"));
}

/* New values under a stream of frames: each arrives once, in order, also where the delay is shorter now. */
static void a_change_loses_and_turns_nothing(void **state)
{
	static const unsigned int delays[] = {30000, 2000, 50000, 50000, 1000};
	struct fixture *f = *state;
	const uint32_t each = 400;
	uint32_t next = 0;
	pid_t sender;

	lay_line(f, delays[0], "");
	sender = fork();
	if (sender == 0) {
		for (uint32_t i = 0; i < each * ARRAY_LEN(delays); i++) {
			send_frame(e0, i);
			(void)usleep(500); /* the pace of the stream */
		}
		_exit(0);
	}
	for (size_t i = 0; i < ARRAY_LEN(delays); i++) {
		lay_line(f, delays[i], i == 3 ? ",\"loss_ppm\":0" : "");
		for (; next < each * (i + 1); next++)
			assert_int_equal(receive_frame(e1), next);
	}
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	assert_in_range(cross(e0, e1, 0), 900, 30000);
}

static void a_load_that_fails_changes_nothing(void **state)
{
	auto_error struct lab_error *err = NULL;
	struct fixture *f = *state;

	lay_line(f, 20000, "");
	assert_int_equal(load_line(f, 1000, ",\"jitter_us\":1001", &err), -1);
	assert_non_null(strstr(lab_error_message(err), "jitter_us must be 0 to 1000"));
	assert_in_range(cross(e0, e1, 1), 19900, 60000);
}

/* What arrives while no worker lives waits for the next one. */
static void a_crash_costs_less_than_a_second(void **state)
{
	struct fixture *f = *state;
	uint64_t start;
	pid_t pid;

	lay_line(f, 1000, "");
	pid = worker_pid(f);
	assert_int_equal(kill(pid, SIGKILL), 0);
	wait_until(5, gone(pid));
	start = now_us();
	for (uint32_t i = 0; i < 100; i++)
		send_frame(e0, i);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(receive_frame(e1), i);
	assert_in_range(now_us() - start, 0, 1000000);
}

static void a_device_may_come_back(void **state)
{
	struct fixture *f = *state;
	uint32_t seen = UINT32_MAX;

	lay_line(f, 1000, "");
	assert_in_range(cross(e0, e1, 1), 900, 30000);
	assert_int_equal(remove_ends(), 0);
	make_ends();
	for (uint32_t i = 0; i < 20 && seen == UINT32_MAX; i++) {
		send_frame(e0, i);
		seen = receive_frame(e1);
	}
	assert_int_not_equal(seen, UINT32_MAX);
	assert_in_range(cross(e0, e1, 100), 900, 30000);
	assert_true(in_state(f, "ready"));
}

/* One that begins while an end is missing does not wait for it for ever: it may have other lines. */
static void a_missing_device_is_told(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	lay_line(f, 1000, "");
	assert_int_equal(system("ip link del e1"), 0);
	wait_until(5, says(f, ", 1 end without a device"));
	pid = worker_pid(f);
	assert_int_equal(kill(pid, SIGKILL), 0);
	wait_until(5, gone(pid)); /* else it would be the old one that says it */
	wait_until(10, in_state(f, "ready") && says(f, ", 1 end without a device"));
	assert_int_equal(system("ip link add e1 type veth peer name p1 && ip link set e1 up && "
				"ip link set p1 up"),
			 0);
	(void)close(e1); /* of the device that is gone */
	e1 = open_end("e1");
	wait_until(5, !says(f, "without a device"));
	assert_in_range(cross(e0, e1, 1), 900, 30000);
}

int main(int argc, char **argv)
{
#define ON_A_LINE(fn) cmocka_unit_test_setup_teardown(fn, start_line, stop_line)
	const struct CMUnitTest tests[] = {
		ON_A_LINE(frames_arrive_later_both_ways),
		ON_A_LINE(a_burst_is_whole_and_in_order),
		ON_A_LINE(what_does_not_fit_is_dropped_and_told),
		ON_A_LINE(what_it_is_too_slow_for_is_told),
		ON_A_LINE(a_change_loses_and_turns_nothing),
		ON_A_LINE(a_load_that_fails_changes_nothing),
		ON_A_LINE(a_crash_costs_less_than_a_second),
		ON_A_LINE(a_device_may_come_back),
		ON_A_LINE(a_missing_device_is_told),
	};

	skip_unless_root();
	prepare();
	install("labctl-wire");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
