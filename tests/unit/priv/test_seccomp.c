// SPDX-License-Identifier: GPL-2.0-only
/* Each profile in a child of its own: what passes, what fails, what kills. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "priv/priv.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define KILLED 1000 /* instead of an errno: ended by SIGSYS */
#define WORKS  0

static int result(long rc)
{
	return rc < 0 ? errno : WORKS;
}

static int try_nothing(void)
{
	return getppid() > 0 ? WORKS : EINVAL;
}

static int try_reading(void)
{
	return result(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_writing(void)
{
	return result(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static int try_creating(void)
{
	return result(open("/dev/null", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_packet(void)
{
	int e = result(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));

	return e == EPERM ? WORKS : e; /* the kernel was asked, and said no for want of privilege */
}

static int try_exec(void)
{
	char *argv[] = {(char *)"true", NULL};

	(void)execv("/bin/true", argv);
	return errno;
}

static int try_mount(void)
{
	return result(mount("none", "/nowhere", "tmpfs", 0, NULL)) == EPERM ? EPERM : WORKS;
}

static int try_unshare(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int try_clone_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int try_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static int try_vsock(void)
{
	return result(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_alg(void)
{
	return result(socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

static int try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* The kernel takes families as int, the filter sees the whole register. */
static int try_vsock_in_disguise(void)
{
	return result(syscall(SYS_socket, (1L << 32) | AF_VSOCK, SOCK_STREAM, 0));
}

/* What a supervisor would have opened for it. */
static int given_netlink = -1, given_memory = -1;

static int try_netlink(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}

static int try_given_netlink(void)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg link;
	} ask = {{sizeof(ask), RTM_GETLINK, NLM_F_REQUEST, 1, 0}, {.ifi_index = 1}};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct iovec iov = {&ask, sizeof(ask)};
	struct msghdr m = {.msg_name = &kernel,
			   .msg_namelen = sizeof(kernel),
			   .msg_iov = &iov,
			   .msg_iovlen = 1};
	char answer[8192];

	if (sendmsg(given_netlink, &m, 0) < 0)
		return errno;
	iov = (struct iovec){answer, sizeof(answer)};
	return result(recvmsg(given_netlink, &m, 0));
}

static int try_given_memory(void)
{
	volatile char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, given_memory, 0);

	if (p == MAP_FAILED)
		return errno;
	*p = 'x';
	return WORKS;
}

static int ask_for_device(unsigned long operation)
{
	struct ifreq r = {.ifr_name = "no-such-device"};

	return result(ioctl(given_netlink, operation, &r));
}

static int try_device(void)
{
	return ask_for_device(SIOCGIFINDEX);
}

static int set_ordinary(pid_t pid)
{
	const struct sched_param param = {0};

	return result(sched_setscheduler(pid, SCHED_OTHER, &param));
}

static int try_own_scheduling(void)
{
	return set_ordinary(0);
}

static int try_scheduling(void)
{
	return set_ordinary(INT_MAX);
}

static int try_device_down(void)
{
	return ask_for_device(SIOCSIFFLAGS);
}

static int try_bind(void)
{
	struct sockaddr_nl own = {.nl_family = AF_NETLINK};
	socklen_t len = sizeof(own);

	/* again, where it has been used before */
	if (getsockname(given_netlink, (struct sockaddr *)&own, &len) < 0)
		return errno;
	return result(bind(given_netlink, (struct sockaddr *)&own, sizeof(own)));
}

static int open_given(void **state)
{
	given_netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	given_memory = memfd_create("given", MFD_CLOEXEC);
	return given_netlink < 0 || given_memory < 0 || ftruncate(given_memory, 4096) ? -1 : 0;
}

static int try_ring(void)
{
	return result((int)syscall(__NR_io_uring_enter, -1, 0, 0, 0, NULL, 0));
}

static int try_new_ring(void)
{
	return result((int)syscall(__NR_io_uring_setup, 1, NULL));
}

static int try_trace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static const struct {
	const char *name;
	enum priv_profile profile;
	int (*attempt)(void);
	int expected, sanitized;
} cases[] = {
	{"gateway lives", PRIV_GATEWAY, try_nothing, WORKS, WORKS},
	{"gateway reads files", PRIV_GATEWAY, try_reading, WORKS, WORKS},
	{"gateway writes no file", PRIV_GATEWAY, try_writing, ENOSYS, WORKS},
	{"gateway makes no file", PRIV_GATEWAY, try_creating, ENOSYS, WORKS},
	{"gateway connects", PRIV_GATEWAY, try_inet, WORKS, WORKS},
	{"gateway has no packet socket", PRIV_GATEWAY, try_packet, ENOSYS, WORKS},
	{"gateway executes nothing", PRIV_GATEWAY, try_exec, KILLED, WORKS},
	{"gateway mounts nothing", PRIV_GATEWAY, try_mount, KILLED, EPERM},
	{"gateway traces nothing", PRIV_GATEWAY, try_trace, KILLED, WORKS},
	{"gateway uses rings", PRIV_GATEWAY, try_ring, EBADF, EBADF},
	{"gateway makes no ring", PRIV_GATEWAY, try_new_ring, KILLED, EPERM},
	{"dns uses no rings", PRIV_DNS, try_ring, KILLED, EPERM},
	{"dns lives", PRIV_DNS, try_nothing, WORKS, WORKS},
	{"dns has its sockets and no other", PRIV_DNS, try_inet, ENOSYS, WORKS},
	{"dns executes nothing", PRIV_DNS, try_exec, KILLED, WORKS},
	{"routing lives", PRIV_ROUTING, try_nothing, WORKS, WORKS},
	{"routing talks to the kernel through what it was given", PRIV_ROUTING, try_given_netlink,
	 WORKS, WORKS},
	{"routing keeps its memory", PRIV_ROUTING, try_given_memory, WORKS, WORKS},
	{"routing has its descriptors and no other", PRIV_ROUTING, try_netlink, ENOSYS, WORKS},
	{"routing has no other address", PRIV_ROUTING, try_inet, ENOSYS, WORKS},
	{"routing executes nothing", PRIV_ROUTING, try_exec, KILLED, WORKS},
	{"wire lives", PRIV_WIRE, try_nothing, WORKS, WORKS},
	{"wire looks for devices", PRIV_WIRE, try_device, ENODEV, ENODEV},
	{"wire does nothing to them", PRIV_WIRE, try_device_down, ENOSYS, ENODEV},
	{"wire binds what it was given", PRIV_WIRE, try_bind, WORKS, WORKS},
	{"routing does not", PRIV_ROUTING, try_bind, ENOSYS, WORKS},
	{"wire has no other packet socket", PRIV_WIRE, try_packet, ENOSYS, WORKS},
	{"wire runs when it wants to", PRIV_WIRE, try_own_scheduling, WORKS, WORKS},
	{"wire does not say when others run", PRIV_WIRE, try_scheduling, ENOSYS, ESRCH},
	{"wire executes nothing", PRIV_WIRE, try_exec, KILLED, WORKS},
	{"echo has its sockets and no other", PRIV_ECHO, try_inet, ENOSYS, WORKS},
	{"echo executes nothing", PRIV_ECHO, try_exec, KILLED, WORKS},
	{"function executes handlers", PRIV_FUNCTION, try_exec, WORKS, WORKS},
	{"function writes files", PRIV_FUNCTION, try_writing, WORKS, WORKS},
	{"function makes no namespace", PRIV_FUNCTION, try_unshare, EPERM, EPERM},
	{"function traces nothing", PRIV_FUNCTION, try_trace, EPERM, WORKS},
	{"function makes no user namespace by clone", PRIV_FUNCTION, try_clone_user, EPERM, EPERM},
	{"function falls back to clone", PRIV_FUNCTION, try_clone3, ENOSYS, ENOSYS},
	{"function forks", PRIV_FUNCTION, try_fork, WORKS, WORKS},
	{"function has local sockets", PRIV_FUNCTION, try_unix, WORKS, WORKS},
	{"function does not reach a hypervisor", PRIV_FUNCTION, try_vsock, EAFNOSUPPORT,
	 EAFNOSUPPORT},
	{"nor with a number that only looks odd", PRIV_FUNCTION, try_vsock_in_disguise,
	 EAFNOSUPPORT, EAFNOSUPPORT},
	{"function has no ciphers of the kernel", PRIV_FUNCTION, try_alg, EAFNOSUPPORT,
	 EAFNOSUPPORT},
	{"probe starts no process", PRIV_PROBE, try_clone3, ENOSYS, ENOSYS},
	{"probe connects", PRIV_PROBE, try_inet, WORKS, WORKS},
	{"probe executes nothing", PRIV_PROBE, try_exec, KILLED, WORKS},
};

/* WORKS, an errno, or KILLED. */
static int in_child(enum priv_profile profile, int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* the notice about sanitizer builds is not what is tested here */
		(void)!freopen("/dev/null", "w", stderr);
		if (priv_seccomp(profile, NULL))
			_exit(255);
		_exit(attempt());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGSYS);
		return KILLED;
	}
	return WEXITSTATUS(status);
}

static void profiles_hold(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int wanted = SANITIZED ? cases[i].sanitized : cases[i].expected;
		int is = in_child(cases[i].profile, cases[i].attempt);

		if (is != wanted)
			fail_msg("%s: %d instead of %d", cases[i].name, is, wanted);
	}
}

static void users_are_distinct_and_stable(void **state)
{
	struct lab_error *err = NULL;
	uid_t a, again, b;

	assert_int_equal(priv_worker_user("lab", 0, &a, &err), 0);
	assert_int_equal(priv_worker_user("lab", 0, &again, &err), 0);
	assert_int_equal(priv_worker_user("lab", 1, &b, &err), 0);
	assert_int_equal(a, again);
	assert_true(a >= 1000);
	if (a != PRIV_SHARED_USER)
		assert_int_not_equal(a, b);
}

static void nothing_is_dropped_without_privilege(void **state)
{
	struct lab_error *err = NULL;

	if (geteuid() == 0)
		skip();
	assert_int_equal(priv_worker(65534, 65534, PRIV_GRANT_NONE, &err), -1);
	assert_int_equal(lab_error_status(err), LAB_DENIED);
	lab_error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(profiles_hold),
		cmocka_unit_test(users_are_distinct_and_stable),
		cmocka_unit_test(nothing_is_dropped_without_privilege),
	};

	return cmocka_run_group_tests(tests, open_given, NULL);
}
