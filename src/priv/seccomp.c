// SPDX-License-Identifier: GPL-2.0-only
/*
 * System call filters. Workers that run only code of ours, and probes, have allow-lists: a common base
 * and a few additions.
 *
 * Function and service workers execute programs that others wrote: Python, shells, routing daemons,
 * anything. An allow-list would break them with every release, so their filter is the deny-list alone;
 * what holds such a program is its user without capabilities (but those that a service was granted),
 * NO_NEW_PRIVS (inherited, like the filter) and its namespaces. The deny-list fails with EPERM there:
 * runtimes probe for some of these calls (perf, io_uring, keyrings) and must live when they are refused.
 */
#include "priv/priv.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* What attacks kernels or other processes. No honest worker makes any of these. */
static const char *const hostile[] = {
	"acct",
	"add_key",
	"adjtimex",
	"bpf",
	"chroot",
	"clock_adjtime",
	"clock_settime",
	"delete_module",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"init_module",
	"io_uring_register",
	"io_uring_setup",
	"ioperm",
	"iopl",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"lookup_dcookie",
	"mount",
	"mount_setattr",
	"move_mount",
	"name_to_handle_at",
	"nfsservctl",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pidfd_getfd",
	"pivot_root",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"quotactl",
	"quotactl_fd",
	"reboot",
	"request_key",
	"setdomainname",
	"sethostname",
	"setns",
	"settimeofday",
	"swapoff",
	"swapon",
	"syslog",
	"umount",
	"umount2",
	"unshare",
	"userfaultfd",
	"vhangup",
};

/* Who has a ring does what it was made for, whatever the filter says of it: see gateway/ring.h. */
static const char *const uses_rings[] = {"io_uring_enter"};

/* Only function and service workers may start programs. */
static const char *const starts_programs[] = {"execve", "execveat", "fork", "vfork"};

/* Memory, time, signals, waiting, and descriptors that are open already. */
static const char *const base[] = {
	"accept",
	"accept4",
	"brk",
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"close",
	"close_range",
	"dup",
	"dup2",
	"dup3",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"exit",
	"exit_group",
	"fcntl",
	"fstat",
	"ftruncate",
	"futex",
	"getcpu",
	"getegid",
	"geteuid",
	"getgid",
	"getpeername",
	"getpid",
	"getppid",
	"getrandom",
	"getrlimit",
	"getrusage",
	"getsockname",
	"getsockopt",
	"gettid",
	"gettimeofday",
	"getuid",
	"lseek",
	"madvise",
	"membarrier",
	"mmap",
	"mprotect",
	"mremap",
	"munmap",
	"nanosleep",
	"newfstatat",
	"pipe2",
	"poll",
	"ppoll",
	"pread64",
	"preadv",
	"prlimit64",
	"pselect6",
	"read",
	"readv",
	"recvfrom",
	"recvmmsg",
	"recvmsg",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_yield",
	"select",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"set_robust_list",
	"set_tid_address",
	"setsockopt",
	"shutdown",
	"sigaltstack",
	"signalfd4",
	"splice",
	"statx",
	"sysinfo",
	"tgkill",
	"time",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	"uname",
	"write",
	"writev",
};

/* Connections to backends, and a ring that can do no more than send. Its listening sockets were bound for it. */
static const char *const gateway_more[] = {"bind", "connect", "io_uring_enter"};

/* To a device, of which SIOCGIFINDEX tells the number. */
static const char *const wire_more[] = {"bind"};

static const char *const probe_more[] = {
	"access",         "bind",
	"connect",        "faccessat",
	"faccessat2",     "getdents64",
	"ioctl",          "listen",
	"pipe",           "readlink",
	"readlinkat",     "rt_sigsuspend",
	"sched_getparam", "sched_getscheduler",
	"setitimer",      "socketpair",
	"stat",           "lstat",
	"fstatfs",        "statfs",
	"getcwd",         "alarm",
};

static int add_named(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);
		int rc;

		if (nr == __NR_SCMP_ERROR)
			continue; /* libseccomp is older than the call: the default action holds */
		rc = seccomp_rule_add(ctx, action, nr, 0);
		/* -EDOM: the call does not exist on this architecture */
		if (rc && rc != -EDOM)
			return rc;
	}
	return 0;
}

/* libc reads /etc/localtime and the like: open without any way to write or create. */
static int allow_reading(scmp_filter_ctx ctx)
{
	const uint64_t writing = 0x3 /* O_ACCMODE */ | 0x40 /* O_CREAT */ | 0x200 /* O_TRUNC */;
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				  SCMP_A2(SCMP_CMP_MASKED_EQ, writing, 0));

	if (rc)
		return rc;
	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
			      SCMP_A1(SCMP_CMP_MASKED_EQ, writing, 0));
	return rc == -EDOM ? 0 : rc;
}

static int allow_sockets(scmp_filter_ctx ctx, const int *families, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));

		if (rc)
			return rc;
	}
	return 0;
}

/* Threads, not processes: libcurl resolves names in one. */
static int allow_threads(scmp_filter_ctx ctx)
{
	const uint64_t thread = 0x00010000; /* CLONE_THREAD */

	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
}

static int allow_ioctl(scmp_filter_ctx ctx, unsigned long operation)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				SCMP_A1(SCMP_CMP_EQ, operation));
}

/* Of the calling process, which is number 0 here. */
static int allow_own_scheduling(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sched_setscheduler), 1,
				SCMP_A0(SCMP_CMP_EQ, 0));
}

static int allow_common(scmp_filter_ctx ctx)
{
	int rc = add_named(ctx, SCMP_ACT_ALLOW, base, ARRAY_LEN(base));

	/* prctl and ioctl by operation: names of threads, bytes waiting, non-blocking */
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				      SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				      SCMP_A0(SCMP_CMP_EQ, PR_SET_VMA));
	if (!rc)
		rc = allow_ioctl(ctx, FIONREAD);
	if (!rc)
		rc = allow_ioctl(ctx, FIONBIO);
	return rc ? rc : allow_reading(ctx);
}

static int fill_allow_list(scmp_filter_ctx ctx, enum priv_profile profile)
{
	static const int internet[] = {AF_INET};
	static const int any[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
	int rc = allow_common(ctx);

	if (!rc)
		rc = add_named(ctx, SCMP_ACT_KILL_PROCESS, hostile, ARRAY_LEN(hostile));
	if (!rc)
		rc = add_named(ctx, SCMP_ACT_KILL_PROCESS, starts_programs,
			       ARRAY_LEN(starts_programs));
	if (!rc && profile != PRIV_GATEWAY)
		rc = add_named(ctx, SCMP_ACT_KILL_PROCESS, uses_rings, ARRAY_LEN(uses_rings));
	if (rc)
		return rc;
	switch (profile) {
	case PRIV_GATEWAY:
		rc = add_named(ctx, SCMP_ACT_ALLOW, gateway_more, ARRAY_LEN(gateway_more));
		return rc ? rc : allow_sockets(ctx, internet, ARRAY_LEN(internet));
	case PRIV_PROBE:
		rc = add_named(ctx, SCMP_ACT_ALLOW, probe_more, ARRAY_LEN(probe_more));
		if (!rc)
			rc = allow_threads(ctx);
		return rc ? rc : allow_sockets(ctx, any, ARRAY_LEN(any));
	case PRIV_WIRE:
		rc = add_named(ctx, SCMP_ACT_ALLOW, wire_more, ARRAY_LEN(wire_more));
		if (!rc)
			rc = allow_ioctl(ctx, SIOCGIFINDEX);
		return rc ? rc : allow_own_scheduling(ctx);
	case PRIV_DNS:
	case PRIV_ROUTING:
	case PRIV_ECHO:
	case PRIV_FUNCTION: break;
	}
	return 0;
}

/*
 * A user namespace of one's own is the way to most of the kernel's attack surface: unshare() is on the
 * list above, and clone() makes one too. clone3() keeps its flags in memory, where no filter can look:
 * it is told to be missing, and libc falls back to clone(), as in container engines.
 */
static int deny_user_namespaces(scmp_filter_ctx ctx)
{
	const uint64_t flag = CLONE_NEWUSER;
	/* s390's clone() has its first two arguments the other way round */
	const struct scmp_arg_cmp wants = SCMP_CMP(seccomp_arch_native() == SCMP_ARCH_S390X ? 1 : 0,
						   SCMP_CMP_MASKED_EQ, flag, flag);
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, wants);

	return rc ? rc : seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/*
 * Network namespaces hold only some families. AF_VSOCK leads to the host of a virtual machine, AF_ALG
 * to ciphers that nobody audits; what is not named here is one of those, or older than all of us.
 */
static int deny_odd_sockets(scmp_filter_ctx ctx)
{
	static const int usual[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
				  SCMP_A0(SCMP_CMP_GT, AF_PACKET));

	for (int family = 0; !rc && family < AF_PACKET; family++) {
		bool is_usual = false;

		for (size_t i = 0; i < ARRAY_LEN(usual); i++)
			is_usual = is_usual || usual[i] == family;
		if (!is_usual)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
					      1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
	}
	return rc;
}

/* rings: of a gateway, which has this list in sanitizer builds. */
static int fill_deny_list(scmp_filter_ctx ctx, bool rings)
{
	int rc = deny_user_namespaces(ctx);

	if (!rc)
		rc = deny_odd_sockets(ctx);
	if (!rc && !rings)
		rc = add_named(ctx, SCMP_ACT_ERRNO(EPERM), uses_rings, ARRAY_LEN(uses_rings));
	for (size_t i = 0; !rc && i < ARRAY_LEN(hostile); i++) {
		/* LeakSanitizer traces its own threads when the program ends */
		if (SANITIZED && __builtin_strcmp(hostile[i], "ptrace") == 0)
			continue;
		rc = add_named(ctx, SCMP_ACT_ERRNO(EPERM), &hostile[i], 1);
	}
	return rc;
}

int priv_hide(struct lab_error **err)
{
	/* a sanitizer build stays dumpable: the leak check at exit must be able to trace itself */
	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "become undumpable");
	return 0;
}

int priv_seccomp(enum priv_profile profile, struct lab_error **err)
{
	const bool rings = profile == PRIV_GATEWAY;
	scmp_filter_ctx ctx;
	int rc;

	if (SANITIZED && profile != PRIV_FUNCTION) {
		log_warning("sanitizer build: the system call filter is only the deny-list");
		profile = PRIV_FUNCTION;
	}
	if (priv_hide(err) < 0)
		return -1;
	ctx = seccomp_init(profile == PRIV_FUNCTION ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
	if (!ctx)
		return lab_error_make(err, LAB_FAILED, "system call filter: out of memory");
	rc = profile == PRIV_FUNCTION ? fill_deny_list(ctx, rings) : fill_allow_list(ctx, profile);
	if (!rc)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!rc)
		rc = seccomp_load(ctx); /* sets NO_NEW_PRIVS too */
	seccomp_release(ctx);
	return rc ? lab_error_errno(err, LAB_DENIED, -rc, "system call filter") : 0;
}
