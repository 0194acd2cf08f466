// SPDX-License-Identifier: GPL-2.0-only
/* What happens in a namespace is told by its name, and nothing else is. */
#include <poll.h>

#include "build.h"
#include "lib/sandbox.h"
#include "lib/wait.h"
#include "small_lab.h"

#include "base/cleanup.h"
#include "kernel/watch.h"

static struct plan *plan;
static struct backend *backend;
static struct kernel_watch *watched;
static struct backend_namespace_id ids[BUILD_MAX_NAMESPACES];

static const char *news(int ms);

/* A bridge hears of its carrier up to a second after its port has one (net/core/link_watch.c). */
static bool bridge_settled(void)
{
	return sandbox_sh("ip -n small.r -o link show lan | grep -q 'state UP'") == 0;
}

static int set_up(void **state)
{
	struct lab_error *err = NULL;

	plan = small_lab();
	backend = build_backend("small");
	must_hold(build_to(backend, NULL, plan, ids, &err), &err);
	watched = kernel_watch_new("small", &err);
	must_hold(watched ? 0 : -1, &err);
	must_hold(kernel_watch_follow(watched, "r", &err), &err);
	must_hold(kernel_watch_follow(watched, "h1", &err), &err);
	must_hold(kernel_watch_follow(watched, "nobody", &err), &err);
	wait_until(5, bridge_settled());
	while (*news(20))
		; /* of that */
	return 0;
}

static int tear_down(void **state)
{
	kernel_watch_free(watched);
	build_undo(backend, plan, ids);
	return 0;
}

static void add_name(const char *ns, void *data)
{
	char *names = data;

	if (!strstr(names, ns))
		(void)strcat(strcat(names, ns), " ");
}

/* Names of namespaces with news, within the time that it takes until there are some. */
static const char *news(int ms)
{
	static char names[256];
	struct pollfd p = {.fd = kernel_watch_fd(watched), .events = POLLIN};

	names[0] = '\0';
	while (!*names && poll(&p, 1, ms) > 0)
		kernel_watch_read(watched, add_name, names);
	return names;
}

static const struct {
	const char *command, *news;
} events[] = {
	{"ip -n small.r link set h1 mtu 1400", "r "},
	{"ip -n small.r addr add 10.66.0.1/32 dev h1", "r "},
	{"ip -n small.r route add 10.77.0.0/16 dev h1", "r "},
	{"ip -n small.r rule add pref 77 lookup 77", "r "},
	{"ip -n small.r neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev h2 nud permanent", "r "},
	{"tc -n small.r qdisc del dev h1 root", "r "},
	{"ip netns exec small.r nft add table ip other", "r "},
	{"ip netns exec small.r sh -c 'echo 1 >/proc/sys/net/ipv4/conf/h1/rp_filter'", "r "},
	{"ip -n small.h1 link set lo down", "h1 "},
	{"ip -n small.h2 link set lo down", ""}, /* is not followed */
	{"ip netns add small.nobody", "nobody "},
	{"ip netns add other.nobody; ip netns del other.nobody", ""},
	{"ip netns del small.h1", "h1 "}, /* the last one: that a link of r goes is told later */
};

static void what_happens_is_told(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		while (*news(20))
			; /* what else came of the one before */
		if (sandbox_sh(events[i].command) != 0)
			fail_msg("%s: failed", events[i].command);
		if (!*events[i].news)
			assert_string_equal(news(50), "");
		else
			wait_until(2, strstr(news(20), events[i].news));
	}
	(void)sandbox_sh("ip netns del small.nobody");
}

/* Two hosts that find each other by ARP are no news. */
static void neighbours_that_come_by_themselves_are_no_news(void **state)
{
	assert_int_equal(sandbox_sh("ip netns exec small.h1 ping -q -c1 -W2 10.0.1.253 >/dev/null"),
			 0);
	assert_string_equal(news(100), "");
}

static void a_namespace_that_was_made_anew_is_followed_anew(void **state)
{
	struct lab_error *err = NULL;

	assert_int_equal(sandbox_sh("ip netns del small.h1; ip netns add small.h1"), 0);
	wait_until(5, strstr(news(20), "h1 "));
	must_hold(kernel_watch_follow(watched, "h1", &err), &err);
	assert_int_equal(sandbox_sh("ip -n small.h1 link set lo up"), 0);
	wait_until(5, strstr(news(20), "h1 "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_happens_is_told),
		TEST(neighbours_that_come_by_themselves_are_no_news),
		TEST(a_namespace_that_was_made_anew_is_followed_anew),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
