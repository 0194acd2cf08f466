// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of network namespaces, as iproute2 keeps them: an empty file in /run/netns with the namespace
 * bound over it, the directory being a shared mount so that every mount namespace sees them come and go.
 *
 * On a host where nobody used `ip netns add` yet, labctl has to make the directory and the mount. It
 * notes that in MARKER, and the lab that leaves last takes both away again: the host is as it was.
 * A flock on labctl's own directory orders labs: shared while a lab may add names, exclusive to set up
 * and to tidy. iproute2 locks the directory of names for each `ip netns add`: to set up and to tidy that
 * lock is taken as well, but never for longer, or those commands would hang while a lab is built.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "kernel/netns.h"

#include "base/pins.h"

#define LABS   "/run/labctl"
#define TRIES  100
#define MARKER LABS "/.netns-mount"

/* Of a name that no namespace is bound over yet. iproute2 makes them with mode 0. */
#define UNUSED_MODE S_ISVTX

/* LAB.NAME, where NAME may be CEN.REGION. */
#define PIN_NAME_MAX (3 * (NAME_MAX_LEN + 1))

static int pin_path(char path[static sizeof(PINS) + 1 + PIN_NAME_MAX], const char *lab,
		    const char *name)
{
	size_t room = sizeof(PINS) + 1 + PIN_NAME_MAX;
	int n = snprintf(path, room, PINS "/%s.%s", lab, name);

	/* plan_verify() vouches for the names; this is the last gate before a path is used */
	return n < 0 || (size_t)n >= room || strchr(path + sizeof(PINS), '/') ? -1 : 0;
}

enum kernel_pin kernel_pin_look(const char *lab, const char *name, struct backend_namespace_id *id)
{
	char path[sizeof(PINS) + 1 + PIN_NAME_MAX];
	auto_close int fd = -1;
	struct stat st, dir;

	*id = (struct backend_namespace_id){0};
	if (pin_path(path, lab, name) < 0)
		return KERNEL_PIN_FOREIGN;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? KERNEL_PIN_ABSENT : KERNEL_PIN_UNKNOWN;
	if (fstat(fd, &st) < 0 || stat(PINS, &dir) < 0)
		return KERNEL_PIN_UNKNOWN;
	if (kernel_netns_is(fd)) {
		id->dev = st.st_dev;
		id->ino = st.st_ino;
		return KERNEL_PIN_THERE;
	}
	if (S_ISREG(st.st_mode) && st.st_size == 0 && st.st_dev == dir.st_dev &&
	    st.st_uid == geteuid())
		return KERNEL_PIN_LEFTOVER;
	return KERNEL_PIN_FOREIGN;
}

bool kernel_pin_unused(const char *lab, const char *name)
{
	char path[sizeof(PINS) + 1 + PIN_NAME_MAX];
	struct stat st;

	return pin_path(path, lab, name) == 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & 07777) == UNUSED_MODE && st.st_size == 0 && st.st_uid == geteuid();
}

/* Whether a directory that was locked is still the one that the name leads to. */
static bool still_named(int fd, const char *name)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 && stat(name, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

static int note_mount(bool made_dir)
{
	auto_close int fd = open(MARKER, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
				 0600);

	if (fd < 0)
		return -1;
	return write(fd, made_dir ? "dir\n" : "mount\n", made_dir ? 4 : 6) < 0 ? -1 : 0;
}

static bool is_absent(void)
{
	return access(PINS, F_OK) < 0 && errno == ENOENT;
}

static bool is_mount_point(void)
{
	struct statx x;

	/* STATX_ATTR_MOUNT_ROOT: since 5.8 */
	return statx(AT_FDCWD, PINS, AT_SYMLINK_NOFOLLOW, 0, &x) == 0 &&
	       (x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Shared twice is no error. */
static int share(struct lab_error **err)
{
	if (mount("", PINS, "none", MS_SHARED | MS_REC, NULL) == 0)
		return 0;
	return lab_error_errno(err, errno == EPERM ? LAB_DENIED : LAB_FAILED, errno,
			       PINS ": cannot share it");
}

static int write_note(bool dir_is_ours, struct lab_error **err)
{
	if (note_mount(dir_is_ours) == 0)
		return 0;
	return lab_error_errno(err, LAB_FAILED, errno, MARKER ": cannot write");
}

/* noted: before the directory was made. A note too many does no harm, as long as it is true. */
static int set_up(bool noted, struct lab_error **err)
{
	if (is_mount_point()) {
		if (noted)
			(void)unlink(MARKER); /* somebody else was faster; LABS is locked */
		return share(err);
	}
	if (!noted && write_note(false, err) < 0)
		return -1;
	if (mount(PINS, PINS, "none", MS_BIND | MS_REC, NULL) < 0)
		return lab_error_errno(err, errno == EPERM ? LAB_DENIED : LAB_FAILED, errno,
				       PINS ": cannot bind it over itself");
	return share(err);
}

static int open_dir(const char *path, struct lab_error **err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return lab_error_errno(err, errno == ENOENT ? LAB_FAILED : LAB_DENIED, errno,
				       "%s: cannot open", path);
	return fd;
}

static int make_dir(const char *path, mode_t mode, bool *made, struct lab_error **err)
{
	*made = mkdir(path, mode) == 0;
	if (*made || errno == EEXIST)
		return 0;
	return lab_error_errno(err, errno == EACCES || errno == EPERM ? LAB_DENIED : LAB_FAILED,
			       errno, "%s: cannot make it", path);
}

/* labctl's directory, locked; it may have been removed by a lab that left while this one waited. */
static int lock_labs(int how, struct lab_error **err)
{
	for (;;) {
		auto_close int fd = -1;
		bool made;

		if (make_dir(LABS, 0700, &made, err) < 0)
			return -1;
		fd = open_dir(LABS, err);
		if (fd < 0)
			return -1;
		if (flock(fd, how) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, LABS ": cannot lock");
		if (still_named(fd, LABS))
			return steal_fd(&fd);
	}
}

static int set_up_locked(struct lab_error **err)
{
	bool noted = is_absent(), made;
	auto_close int fd = -1;

	if ((noted && write_note(true, err) < 0) || make_dir(PINS, 0755, &made, err) < 0)
		return -1;
	fd = open_dir(PINS, err);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, PINS ": cannot lock");
	return set_up(noted, err);
}

/* All is there: what every lab but the first meets; labs do not wait for each other. */
static bool join(struct kernel_pins *p, struct lab_error **err)
{
	auto_close int fd = lock_labs(LOCK_SH, err);

	if (fd < 0 || !is_mount_point() || share(err) < 0)
		return false;
	p->lock = steal_fd(&fd);
	return true;
}

int kernel_pins_ready(struct kernel_pins *p, struct lab_error **err)
{
	/* between the exclusive lock and the shared one, a lab that leaves may tidy: hence the loop */
	for (int tries = 0; p->lock < 0 && !join(p, NULL); tries++) {
		auto_close int fd = lock_labs(LOCK_EX, err);

		if (fd < 0 || set_up_locked(err) < 0)
			return -1;
		if (tries == TRIES)
			return lab_error_make(err, LAB_FAILED,
					      PINS ": does not stay a mount point");
	}
	return 0;
}

/* Reads no further than the first name, so that it costs the same with a thousand of them. */
static bool is_empty_dir(int fd)
{
	char buf[sizeof(struct dirent64)] __attribute__((aligned(8)));
	bool empty = true;
	long n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return false;
	while (empty && (n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent64 *d = (void *)(buf + at);

			empty &= strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
			at += d->d_reclen;
		}
	/* a name too long for the buffer gives EINVAL: then it is not empty either */
	return empty && n == 0;
}

/* Under both locks. */
static void take_down(void)
{
	char what[8] = "";
	auto_close int fd = open(MARKER, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, what, sizeof(what) - 1);

	if (n < 0)
		return;
	/* an empty note: who wrote it was killed before it did anything */
	if (n > 0 && is_mount_point() && umount2(PINS, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return; /* stays noted; the next lab tries again */
	if (strcmp(what, "dir\n") == 0)
		(void)rmdir(PINS); /* not empty under the mount: then it was not ours alone */
	(void)unlink(MARKER);      /* no note, no harm: the mount is gone */
	(void)rmdir(LABS);         /* only where no lab has a directory in it */
}

/* The directory of names, locked. -1 with true: it is not there. */
static bool lock_empty(int *pins)
{
	*pins = open_dir(PINS, NULL);
	if (*pins < 0)
		return is_absent();
	return flock(*pins, LOCK_EX | LOCK_NB) == 0 && is_empty_dir(*pins);
}

void kernel_pins_tidy(struct kernel_pins *p)
{
	auto_close int labs = -1, pins = -1;

	if (!kernel_pins_forgotten())
		return;
	kernel_pins_done(p);
	/* where another lab holds it: whoever leaves last tidies */
	labs = lock_labs(LOCK_EX | LOCK_NB, NULL);
	if (labs >= 0 && lock_empty(&pins))
		take_down();
}

bool kernel_pins_forgotten(void)
{
	auto_close int pins = -1;

	if (access(MARKER, F_OK) < 0)
		return false;
	pins = open_dir(PINS, NULL);
	return pins < 0 ? is_absent() : is_empty_dir(pins);
}

void kernel_pins_done(struct kernel_pins *p)
{
	if (p->lock >= 0)
		(void)close(p->lock); /* only ever read */
	p->lock = -1;
}

int kernel_pin(const char *lab, const char *name, int ns, struct lab_error **err)
{
	char path[sizeof(PINS) + 1 + PIN_NAME_MAX], from[64];
	int fd, saved;

	if (pin_path(path, lab, name) < 0)
		return lab_error_make(err, LAB_FAILED, "%s.%s: not a name", lab, name);
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, UNUSED_MODE);
	if (fd < 0 && errno == EEXIST) {
		(void)lab_error_make(err, LAB_STATE, "%s: exists, and labctl did not make it",
				     path);
		return lab_error_hint(err, "rename the lab, or look at `ip netns list`");
	}
	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s: cannot make it", path);
	(void)close(fd); /* empty */
	(void)snprintf(from, sizeof(from), "/proc/thread-self/fd/%d", ns);
	if (mount(from, path, "none", MS_BIND, NULL) == 0)
		return 0;
	saved = errno;
	(void)unlink(path); /* best effort; the journal knows the name */
	return lab_error_errno(err, saved == EPERM ? LAB_DENIED : LAB_FAILED, saved,
			       "%s: cannot bind a namespace to it", path);
}

int kernel_unpin(const char *lab, const char *name, const struct backend_namespace_id *id,
		 bool *foreign, struct lab_error **err)
{
	char path[sizeof(PINS) + 1 + PIN_NAME_MAX];
	struct backend_namespace_id there;
	enum kernel_pin pin = kernel_pin_look(lab, name, &there);

	*foreign = false;
	if (pin == KERNEL_PIN_ABSENT)
		return 0;
	if (pin == KERNEL_PIN_UNKNOWN)
		return lab_error_errno(err, LAB_FAILED, errno, "%s.%s: cannot look at it", lab,
				       name);
	if (pin == KERNEL_PIN_FOREIGN || pin_path(path, lab, name) < 0 ||
	    (pin == KERNEL_PIN_THERE && (there.dev != id->dev || there.ino != id->ino))) {
		*foreign = true;
		return 0;
	}
	if (pin == KERNEL_PIN_THERE && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return lab_error_errno(err, errno == EPERM ? LAB_DENIED : LAB_FAILED, errno,
				       "%s: cannot unmount", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return lab_error_errno(err, LAB_FAILED, errno, "%s: cannot remove", path);
	return 0;
}

int kernel_pin_open(const char *lab, const char *name, struct lab_error **err)
{
	char path[sizeof(PINS) + 1 + PIN_NAME_MAX];
	auto_close int fd = -1;

	if (pin_path(path, lab, name) < 0)
		return lab_error_make(err, LAB_FAILED, "%s.%s: not a name", lab, name);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return lab_error_make(err, LAB_STATE,
				      "%s is not there: the lab went down meanwhile, or it was "
				      "removed by hand, which `labctl up` repairs",
				      path);
	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s: cannot open", path);
	if (!kernel_netns_is(fd))
		return lab_error_make(err, LAB_STATE, "%s: not a namespace", path);
	return steal_fd(&fd);
}
