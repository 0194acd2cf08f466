// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of network namespaces, as iproute2 keeps them: an empty file in /run/netns with the namespace
 * bound over it, the directory being a shared mount so that every mount namespace sees them come and go.
 *
 * On a host where nobody used `ip netns add` yet, labctl has to make the directory and the mount. It
 * notes that in MARKER, and the lab that leaves last takes both away again: the host is as it was.
 * A flock on the directory (iproute2 takes the same one) orders labs: shared while a lab may add names,
 * exclusive to set up and to tidy.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "kernel/netns.h"

#define PINS       "/run/netns"
#define MARKER_DIR "/run/labctl"
#define MARKER     MARKER_DIR "/.netns-mount"

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

static bool is_namespace(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
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
		return errno == ENOENT || errno == ENOTDIR ? KERNEL_PIN_ABSENT : KERNEL_PIN_FOREIGN;
	if (fstat(fd, &st) < 0 || stat(PINS, &dir) < 0)
		return KERNEL_PIN_FOREIGN;
	if (is_namespace(fd)) {
		id->dev = st.st_dev;
		id->ino = st.st_ino;
		return KERNEL_PIN_THERE;
	}
	if (S_ISREG(st.st_mode) && st.st_size == 0 && st.st_dev == dir.st_dev &&
	    st.st_uid == geteuid())
		return KERNEL_PIN_LEFTOVER;
	return KERNEL_PIN_FOREIGN;
}

/* Whether the directory that was locked is still the one that the name leads to. */
static bool still_named(int fd)
{
	struct stat locked, named;

	return fstat(fd, &locked) == 0 && stat(PINS, &named) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

static int note_mount(bool made_dir)
{
	auto_close int fd = -1;

	if (mkdir(MARKER_DIR, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = open(MARKER, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	return write(fd, made_dir ? "dir\n" : "mount\n", made_dir ? 4 : 6) < 0 ? -1 : 0;
}

static bool is_mount_point(void)
{
	struct statx x;

	/* STATX_ATTR_MOUNT_ROOT: since 5.8 */
	return statx(AT_FDCWD, PINS, AT_SYMLINK_NOFOLLOW, 0, &x) == 0 &&
	       (x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Under the exclusive lock. The note is written before the mount: a note too many does no harm. */
static int set_up(bool made_dir, struct lab_error **err)
{
	if (!is_mount_point()) {
		if (note_mount(made_dir) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, MARKER ": cannot write");
		if (mount(PINS, PINS, "none", MS_BIND | MS_REC, NULL) < 0)
			return lab_error_errno(err, LAB_FAILED, errno,
					       PINS ": cannot bind it over itself");
	}
	if (mount("", PINS, "none", MS_SHARED | MS_REC, NULL) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, PINS ": cannot share it");
	return 0;
}

static int open_pins(struct lab_error **err)
{
	int fd = open(PINS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return lab_error_errno(err, errno == ENOENT ? LAB_FAILED : LAB_DENIED, errno,
				       PINS ": cannot open");
	return fd;
}

int kernel_pins_ready(struct kernel_pins *p, struct lab_error **err)
{
	bool made_dir = false;

	if (p->lock >= 0)
		return 0;
	for (;;) {
		auto_close int fd = -1;

		if (mkdir(PINS, 0755) == 0)
			made_dir = true;
		else if (errno != EEXIST)
			return lab_error_errno(err, errno == EACCES ? LAB_DENIED : LAB_FAILED,
					       errno, PINS ": cannot make it");
		fd = open_pins(err);
		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, PINS ": cannot lock");
		if (!still_named(fd))
			continue; /* another lab tidied up meanwhile */
		if (set_up(made_dir, err) < 0)
			return -1;
		/* the conversion may let a tidying lab in between */
		if (flock(fd, LOCK_SH) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, PINS ": cannot lock");
		if (!still_named(fd) || !is_mount_point())
			continue;
		p->lock = steal_fd(&fd);
		return 0;
	}
}

/* Reads no further than the first name, so that it costs the same with a thousand of them. */
static bool is_empty_dir(int fd)
{
	char buf[128] __attribute__((aligned(8)));
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

static void take_down(int lock)
{
	char what[8] = "";
	auto_close int fd = open(MARKER, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ours = fd >= 0 && read(fd, what, sizeof(what) - 1) > 0;

	if (!ours || !is_empty_dir(lock) || !still_named(lock))
		return;
	if (is_mount_point() && umount2(PINS, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return; /* stays noted; the next lab tries again */
	if (strcmp(what, "dir\n") == 0)
		(void)rmdir(PINS); /* not empty under the mount: then it was not ours alone */
	(void)unlink(MARKER);      /* no note, no harm: the mount is gone */
}

void kernel_pins_tidy(struct kernel_pins *p)
{
	auto_close int fd = -1;

	if (access(MARKER, F_OK) < 0)
		return;
	fd = open(PINS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !is_empty_dir(fd))
		return;
	kernel_pins_done(p);
	/* somebody else holds it: whoever leaves last tidies */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		take_down(fd);
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
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
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
	if (fd < 0)
		return lab_error_errno(err, errno == ENOENT ? LAB_STATE : LAB_FAILED, errno,
				       "%s: cannot open", path);
	if (!is_namespace(fd))
		return lab_error_make(err, LAB_STATE, "%s: not a namespace", path);
	return steal_fd(&fd);
}
