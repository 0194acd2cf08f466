// SPDX-License-Identifier: GPL-2.0-only
/* Names of namespaces: taken, foreign, left over, and the directory that they stand in. */
#include "build.h"
#include "lib/sandbox.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "kernel/traces.h"
#include "lib/wait.h"

static const struct plan_namespace one = {
	.origin = {"vpcs.one", "lab.yaml:1"}, .name = "one", .role = "vpc", .router = true};
static const struct plan_namespace transit = {.origin = {"cen.c", "lab.yaml:2"},
					      .name = "c.cn-hangzhou",
					      .role = "transit-router",
					      .router = true};

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_mount(const char *path)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "grep -q ' %s ' /proc/self/mountinfo", path);
	return sandbox_sh(command) == 0;
}

static struct backend_namespace_id make(struct backend *b, const struct plan_namespace *ns)
{
	struct backend_namespace_id id;
	struct lab_error *err = NULL;

	must_hold(b->ops->namespace_make(b, ns, &id, &err), &err);
	assert_true(id.ino != 0);
	return id;
}

static void publish(struct backend *b, const struct plan_namespace *ns)
{
	struct lab_error *err = NULL;

	must_hold(b->ops->namespace_publish(b, ns, &err), &err);
}

static bool remove_is_foreign(struct backend *b, const char *name, struct backend_namespace_id id)
{
	struct lab_error *err = NULL;
	bool foreign = false;

	must_hold(b->ops->namespace_remove(b, name, &id, &foreign, &err), &err);
	return foreign;
}

/* What `up` and `down` leave of a host without /run/netns: nothing. */
static void the_directory_comes_and_goes(void **state)
{
	struct backend *b = build_backend("lab");
	struct backend_namespace_id id, second;

	assert_false(exists("/run/netns"));
	id = make(b, &one);
	assert_false(exists("/run/netns")); /* made, and nobody can see it */
	publish(b, &one);
	second = make(b, &transit);
	publish(b, &transit);
	assert_true(is_mount("/run/netns"));
	assert_true(is_mount("/run/netns/lab.one"));
	assert_int_equal(sandbox_sh("ip netns exec lab.one true"), 0);
	assert_false(remove_is_foreign(b, "one", id));
	assert_false(exists("/run/netns/lab.one"));
	assert_true(is_mount("/run/netns"));
	assert_false(remove_is_foreign(b, "c.cn-hangzhou", second));
	kernel_backend_part(b);
	assert_false(exists("/run/netns"));
	assert_false(exists("/run/labctl"));
	kernel_backend_free(b);
}

static void a_directory_of_others_stays(void **state)
{
	struct backend *b = build_backend("lab");
	struct backend_namespace_id id;

	assert_int_equal(sandbox_sh("ip netns add theirs; ip netns del theirs"), 0);
	id = make(b, &one);
	publish(b, &one);
	assert_false(remove_is_foreign(b, "one", id));
	assert_true(is_mount("/run/netns"));
	kernel_backend_free(b);
	assert_int_equal(sandbox_sh("umount /run/netns && rmdir /run/netns"), 0);
}

/* The other lab's backend is alive: its `up` may be about to add names. */
static void the_last_lab_tidies(void **state)
{
	struct backend *a = build_backend("a"), *b = build_backend("b");
	struct backend_namespace_id in_a = make(a, &one), in_b = make(b, &one);

	publish(a, &one);
	publish(b, &one);
	assert_false(remove_is_foreign(a, "one", in_a));
	assert_true(is_mount("/run/netns/b.one"));
	assert_false(remove_is_foreign(b, "one", in_b));
	kernel_backend_free(a);
	kernel_backend_free(b);
	assert_false(is_mount("/run/netns/b.one"));
	/* both let go at once: whoever comes next takes it away */
	a = build_backend("a");
	in_a = make(a, &one);
	publish(a, &one);
	assert_false(remove_is_foreign(a, "one", in_a));
	kernel_backend_free(a);
	assert_false(exists("/run/netns"));
}

/* `ip netns add` locks the directory: it must not hang while a lab is being built. */
static void others_may_add_names_meanwhile(void **state)
{
	struct backend *b = build_backend("lab");
	struct backend_namespace_id id = make(b, &one);

	publish(b, &one);
	assert_int_equal(sandbox_sh("timeout 5 ip netns add theirs"), 0);
	assert_false(remove_is_foreign(b, "one", id));
	assert_true(exists("/run/netns/theirs"));
	kernel_backend_free(b);
	assert_int_equal(sandbox_sh("ip netns del theirs; umount /run/netns; rm -r /run/netns "
				    "/run/labctl"),
			 0);
}

static void a_taken_name_is_an_error(void **state)
{
	struct backend *b = build_backend("lab");
	auto_error struct lab_error *err = NULL;
	struct backend_namespace_id id;

	assert_int_equal(sandbox_sh("ip netns add lab.one"), 0);
	id = make(b, &one);
	assert_int_equal(b->ops->namespace_publish(b, &one, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_STATE);
	assert_non_null(strstr(lab_error_message(err), "/run/netns/lab.one"));
	assert_true(remove_is_foreign(b, "one", id));
	assert_true(is_mount("/run/netns/lab.one"));
	kernel_backend_free(b);
	assert_int_equal(sandbox_sh("ip netns del lab.one; umount /run/netns; rmdir /run/netns"),
			 0);
}

static void leftovers_go_and_files_of_others_stay(void **state)
{
	struct backend *b = build_backend("lab");
	struct backend_namespace_id id = {.dev = 4, .ino = 1};

	assert_int_equal(sandbox_sh("mkdir /run/netns; : > /run/netns/lab.one; "
				    "echo x > /run/netns/lab.two; ln -s /etc /run/netns/lab.three"),
			 0);
	assert_false(remove_is_foreign(b, "one", id)); /* died between file and mount */
	assert_false(exists("/run/netns/lab.one"));
	assert_true(remove_is_foreign(b, "two", id));
	assert_true(exists("/run/netns/lab.two"));
	assert_true(remove_is_foreign(b, "three", id));
	assert_true(exists("/run/netns/lab.three"));
	assert_false(remove_is_foreign(b, "nothing", id));
	assert_true(remove_is_foreign(b, "../../etc", id)); /* never a path out of the directory */
	kernel_backend_free(b);
	assert_int_equal(sandbox_sh("rm -r /run/netns"), 0);
}

static void lo_is_up_where_something_runs(void **state)
{
	struct backend *b = build_backend("lab");
	struct backend_namespace_id id = make(b, &one), second = make(b, &transit);

	publish(b, &one);
	publish(b, &transit);
	assert_int_equal(sandbox_sh("ip -n lab.one link show lo | grep -q UP"), 0);
	assert_int_not_equal(sandbox_sh("ip -n lab.c.cn-hangzhou link show lo | grep -q UP"), 0);
	assert_false(remove_is_foreign(b, "one", id));
	assert_false(remove_is_foreign(b, "c.cn-hangzhou", second));
	kernel_backend_free(b);
}

static void a_strict_host_is_loosened_in_the_lab_only(void **state)
{
	struct backend *b;
	struct backend_namespace_id id;

	/* the sandbox's own network namespace plays the host; where new ones inherit from the
	 * initial namespace instead, the check below holds all the same */
	assert_int_equal(sandbox_sh("echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter"), 0);
	b = build_backend("lab");
	id = make(b, &one);
	publish(b, &one);
	assert_int_equal(sandbox_sh("ip netns exec lab.one grep -q 0 "
				    "/proc/sys/net/ipv4/conf/all/rp_filter"),
			 0);
	assert_int_equal(sandbox_sh("grep -q 1 /proc/sys/net/ipv4/conf/all/rp_filter"), 0);
	assert_false(remove_is_foreign(b, "one", id));
	kernel_backend_free(b);
	assert_int_equal(sandbox_sh("echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter"), 0);
}

static void released_is_awaited(void **state)
{
	struct backend *b = build_backend("lab");
	struct backend_namespace_id id = make(b, &one);
	struct lab_error *err = NULL;

	publish(b, &one);
	assert_false(remove_is_foreign(b, "one", id));
	kernel_backend_free(b);
	must_hold(kernel_wait_released(20000, &err), &err);
	assert_int_equal(kernel_wait_released(0, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_FAILED);
	lab_error_free(err);
}

/* Its mount table says "net:[...]" of both paths; at one of them a FIFO is what one comes to. */
static const char disguise[] = "mkdir /run/hidden && : >/run/hidden/fifo && : >/run/plain && "
			       "unshare -n mount --bind /proc/self/ns/net /run/plain && "
			       "mount --bind /run/plain /run/hidden/fifo && "
			       "mount -t tmpfs none /run/hidden && mkfifo /run/hidden/fifo && "
			       ": >/run/ready && exec sleep 60";

static void what_stands_where_a_namespace_was_is_not_opened(void **state)
{
	auto_traces struct kernel_traces t = {0};
	struct lab_error *err = NULL;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		execlp("unshare", "unshare", "-m", "--propagation", "private", "sh", "-c", disguise,
		       (char *)NULL);
		_exit(127);
	}
	wait_until(10, exists("/run/ready"));
	(void)alarm(20); /* instead of hanging */
	must_hold(kernel_traces_find(&t, &err), &err);
	(void)alarm(0);
	assert_int_equal(t.namespaces, 2); /* this one, and that at the other path */
	assert_int_equal(t.closed, 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(sandbox_sh("rm -r /run/hidden /run/plain /run/ready"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_directory_comes_and_goes),
		cmocka_unit_test(a_directory_of_others_stays),
		cmocka_unit_test(the_last_lab_tidies),
		cmocka_unit_test(others_may_add_names_meanwhile),
		cmocka_unit_test(a_taken_name_is_an_error),
		cmocka_unit_test(leftovers_go_and_files_of_others_stay),
		cmocka_unit_test(lo_is_up_where_something_runs),
		cmocka_unit_test(a_strict_host_is_loosened_in_the_lab_only),
		cmocka_unit_test(released_is_awaited),
		cmocka_unit_test(what_stands_where_a_namespace_was_is_not_opened),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
