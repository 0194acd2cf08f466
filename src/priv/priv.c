// SPDX-License-Identifier: GPL-2.0-only
#include "priv/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

static const cap_value_t supervisor_caps[] = {
	CAP_SYS_ADMIN,        CAP_SETUID,          CAP_SETGID,    CAP_SETPCAP, CAP_KILL,
	CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_NICE,
};

static const cap_value_t granted[] = {CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_SYS_ADMIN,
				      CAP_SYS_NICE};

/* Each grant is a part of the list above. */
static const struct {
	size_t first, n;
} grants[] = {
	[PRIV_GRANT_NONE] = {0, 0},   [PRIV_GRANT_SERVICE] = {0, 1}, [PRIV_GRANT_ROUTES] = {1, 1},
	[PRIV_GRANT_ROUTER] = {0, 2}, [PRIV_GRANT_PROMPT] = {3, 1},  [PRIV_GRANT_NETWORKS] = {1, 2},
};

static const cap_value_t exec_caps[] = {
	CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,     CAP_SETGID,
	CAP_SETUID,  CAP_SETFCAP,      CAP_SETPCAP,          CAP_SYS_CHROOT, CAP_KILL,
	CAP_NET_RAW, CAP_AUDIT_WRITE,  CAP_NET_BIND_SERVICE, CAP_NET_ADMIN,
};

static const cap_value_t indispensable[] = {CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SETUID,
					    CAP_SETGID,    CAP_SETPCAP,   CAP_KILL};

static bool holds(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value = CAP_CLEAR;

	return cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

static void list_missing(cap_t caps, struct strbuf *names)
{
	for (size_t i = 0; i < ARRAY_LEN(indispensable); i++) {
		char *name = holds(caps, indispensable[i]) ? NULL : cap_to_name(indispensable[i]);

		if (name)
			strbuf_printf(names, "%s%s", names->len ? ", " : "", name);
		(void)cap_free(name); /* NULL is fine */
	}
}

int priv_suffices(struct lab_error **err)
{
	auto_strbuf struct strbuf names = {0};
	cap_t caps = cap_get_proc();

	if (!caps)
		return lab_error_errno(err, LAB_FAILED, errno, "capabilities");
	list_missing(caps, &names);
	(void)cap_free(caps); /* its own object: cannot fail */
	if (!names.len)
		return 0;
	(void)lab_error_make(err, LAB_DENIED, "this root has not the capabilities %s", names.s);
	return lab_error_hint(err,
			      "in a container: grant them (docker run --cap-add, or --privileged)");
}

static bool listed(cap_value_t cap, const cap_value_t *caps, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (caps[i] == cap)
			return true;
	return false;
}

/* Needs CAP_SETPCAP, so it comes first. What is not in the bounding set cannot come back by exec. */
static int limit_bounding_set(const cap_value_t *caps, size_t n, struct lab_error **err)
{
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		if (listed(cap, caps, n) || cap_get_bound(cap) <= 0)
			continue;
		if (cap_drop_bound(cap))
			return lab_error_errno(err, LAB_DENIED, errno,
					       "drop capability %d from the bounding set", cap);
	}
	return 0;
}

/* Inheritable becomes empty: it would pass capabilities through exec to programs that expect none. */
static int set_caps(const cap_value_t *caps, size_t n, struct lab_error **err)
{
	cap_t now = cap_get_proc();
	cap_t set = cap_init();
	int failed = 0;

	if (!now || !set)
		failed = errno;
	/* what was never there (a container) is not asked for: a phase only takes away */
	for (size_t i = 0; !failed && i < n; i++) {
		cap_flag_value_t has = CAP_CLEAR;

		if (cap_get_flag(now, caps[i], CAP_PERMITTED, &has) || has == CAP_CLEAR)
			continue;
		if (cap_set_flag(set, CAP_PERMITTED, 1, &caps[i], CAP_SET) ||
		    cap_set_flag(set, CAP_EFFECTIVE, 1, &caps[i], CAP_SET))
			failed = errno;
	}
	if (!failed && cap_set_proc(set))
		failed = errno;
	cap_free(set);
	cap_free(now);
	return failed ? lab_error_errno(err, LAB_DENIED, failed, "set capabilities") : 0;
}

static int reduce(const cap_value_t *caps, size_t n, struct lab_error **err)
{
	if (limit_bounding_set(caps, n, err))
		return -1;
	if (cap_reset_ambient())
		return lab_error_errno(err, LAB_DENIED, errno, "clear ambient capabilities");
	return set_caps(caps, n, err);
}

int priv_supervisor(struct lab_error **err)
{
	return reduce(supervisor_caps, ARRAY_LEN(supervisor_caps), err);
}

int priv_exec(struct lab_error **err)
{
	return reduce(exec_caps, ARRAY_LEN(exec_caps), err);
}

/* Counted per user, so it means something only where the user is this worker's alone. */
static int limit_processes(uid_t uid, struct lab_error **err)
{
	struct rlimit limit;

	if (priv_user_is_shared(uid))
		return 0;
	if (getrlimit(RLIMIT_NPROC, &limit))
		return lab_error_errno(err, LAB_DENIED, errno, "limit processes");
	if (limit.rlim_max > PRIV_WORKER_PROCESSES)
		limit.rlim_max = PRIV_WORKER_PROCESSES;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NPROC, &limit))
		return lab_error_errno(err, LAB_DENIED, errno, "limit processes");
	return 0;
}

/* Permitted, effective and inheritable; ambient, which an exec by a user other than root keeps, is a
 * part of the last. What is missing is an error here: the worker could not do its work. */
static int grant_caps(const cap_value_t *caps, size_t n, struct lab_error **err)
{
	static const cap_flag_t flags[] = {CAP_PERMITTED, CAP_EFFECTIVE, CAP_INHERITABLE};
	cap_t set = cap_init();
	int failed = set ? 0 : errno;

	for (size_t i = 0; !failed && n && i < ARRAY_LEN(flags); i++)
		if (cap_set_flag(set, flags[i], (int)n, caps, CAP_SET))
			failed = errno;
	if (!failed && cap_set_proc(set))
		failed = errno;
	for (size_t i = 0; !failed && i < n; i++)
		if (cap_set_ambient(caps[i], CAP_SET))
			failed = errno;
	cap_free(set);
	if (!failed)
		return 0;
	(void)lab_error_errno(err, LAB_DENIED, failed, "grant capabilities");
	return lab_error_hint(err, "a container needs NET_ADMIN, NET_RAW and NET_BIND_SERVICE");
}

/* Where one's groups may not be left, because membership may also mean less access than others have:
 * user_namespaces(7). */
static bool groups_are_fixed(void)
{
	auto_close int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
	char text[8] = "";

	return fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && !strncmp(text, "deny", 4);
}

static int become(uid_t uid, gid_t gid, bool keep_caps, struct lab_error **err)
{
	if (setgroups(0, NULL) && !(errno == EPERM && groups_are_fixed()))
		return lab_error_errno(err, LAB_DENIED, errno, "leave supplementary groups");
	if (setresgid(gid, gid, gid))
		return lab_error_errno(err, LAB_DENIED, errno, "become group %u", gid);
	/* else leaving uid 0 would empty the permitted set; exec forgets it */
	if ((keep_caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)) || setresuid(uid, uid, uid))
		return lab_error_errno(err, LAB_DENIED, errno, "become user %u", uid);
	return 0;
}

/* A container may be without what makes a worker prompt, and such a worker works all the same. */
static bool may_be_prompt(void)
{
	cap_t caps = cap_get_proc();
	const bool may = caps && holds(caps, CAP_SYS_NICE);

	(void)cap_free(caps); /* NULL is fine */
	return may;
}

int priv_worker(uid_t uid, gid_t gid, enum priv_grant grant, struct lab_error **err)
{
	const cap_value_t *caps = granted + grants[grant].first;
	const size_t n = grant == PRIV_GRANT_PROMPT && !may_be_prompt() ? 0 : grants[grant].n;
	const struct rlimit none = {0, 0};

	if (limit_bounding_set(caps, n, err))
		return -1;
	if (cap_reset_ambient())
		return lab_error_errno(err, LAB_DENIED, errno, "clear ambient capabilities");
	if (become(uid, gid, n > 0, err) || grant_caps(caps, n, err))
		return -1;
	if (limit_processes(uid, err))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "set NO_NEW_PRIVS");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "become undumpable");
	if (setrlimit(RLIMIT_CORE, &none))
		return lab_error_errno(err, LAB_DENIED, errno, "forbid core files");
	return 0;
}

int priv_give_back(struct lab_error **err)
{
	cap_t none = cap_init();
	const int rc = none ? cap_set_proc(none) : -1; /* what is ambient must be permitted */

	if (rc)
		(void)lab_error_errno(err, LAB_DENIED, errno, "give capabilities back");
	(void)cap_free(none); /* NULL is fine */
	return rc;
}

int priv_keeper(struct lab_error **err)
{
	if (reduce(NULL, 0, err))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "give privileges away");
	return 0;
}

int priv_ordinary_user(struct lab_error **err)
{
	if (become(PRIV_SHARED_USER, PRIV_SHARED_USER, false, err))
		return -1;
	/* a process that was root is undumpable, and could not write the maps of its own children */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))
		return lab_error_errno(err, LAB_DENIED, errno, "become an ordinary user");
	return 0;
}

int priv_close_fds(unsigned int first, struct lab_error **err)
{
	if (close_range(first, ~0U, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "close descriptors from %u", first);
	return 0;
}
