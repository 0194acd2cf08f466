// SPDX-License-Identifier: GPL-2.0-only
/**
 * The lab's directory and its lock.
 *
 * Invariant: from state_open() on, everything is reached from dir_fd, never by path, so that nobody
 * can put another directory in its place. Owner and mode are checked on the descriptor itself.
 */
#include "state/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"

#define LOCK_WAIT_MS  2000
#define LOCK_PAUSE_MS 10
#define LOCK_TRIES    100 /* times that the directory may vanish between opening and locking it */

static const char *root = "/run/labctl";

void state_set_root(const char *dir)
{
	root = dir;
}

const char *state_root(void)
{
	return root;
}

/* The caller's own (root's, in production) and closed to everybody else. */
static int check_directory(int fd, const char *path, struct lab_error **err)
{
	struct stat st;

	if (fstat(fd, &st))
		return lab_error_errno(err, LAB_FAILED, errno, "state: %s", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077)) {
		(void)lab_error_make(err, LAB_DENIED,
				     "state: %s: belongs to user %u with mode %04o, not to user %u "
				     "with mode 0700; nothing was written",
				     path, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777,
				     (unsigned)geteuid());
		return lab_error_hint(err, "find out who made it, remove it, and try again");
	}
	return 0;
}

static int open_error(const char *path, int errnum, struct lab_error **err)
{
	switch (errnum) {
	case ELOOP:
	case ENOTDIR:
		return lab_error_make(err, LAB_DENIED,
				      "state: %s: is not a directory; nothing was written", path);
	case EACCES:
	case EPERM:
		(void)lab_error_errno(err, LAB_DENIED, errnum, "state: %s", path);
		return lab_error_hint(err, "labs belong to root: use sudo");
	default: return lab_error_errno(err, LAB_FAILED, errnum, "state: %s", path);
	}
}

/*
 * Opens `name` in parent (AT_FDCWD: name is a path), making it first where create is set. The
 * descriptor; -1 with *err; -2 where it is not there.
 */
static int open_directory(int parent, const char *name, const char *path, bool create, bool *made,
			  struct lab_error **err)
{
	auto_close int fd = -1;

	if (create) {
		*made = !mkdirat(parent, name, 0700);
		if (!*made && errno != EEXIST)
			return open_error(path, errno, err);
	}
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -2;
	if (fd < 0)
		return open_error(path, errno, err);
	if (check_directory(fd, path, err))
		return -1;
	return steal_fd(&fd);
}

static int not_up(const char *lab, struct lab_error **err)
{
	(void)lab_error_make(err, LAB_STATE, "lab %s: is not up", lab);
	return lab_error_hint(err, "labctl up %s", lab);
}

static pid_t holder(int fd)
{
	char text[32] = "";

	/* a file that is being written right now names nobody */
	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* "1: FLOCK  ADVISORY  WRITE 1234 00:1a:567 0 EOF"; proc_locks(5). A process of a foreign PID
 * namespace is left out of it. */
static pid_t holder_of(const char *line, const struct stat *st)
{
	unsigned major, minor;
	unsigned long ino;
	int pid;

	if (sscanf(line, "%*d: FLOCK %*s WRITE %d %x:%x:%lu", &pid, &major, &minor, &ino) != 4)
		return 0;
	return makedev(major, minor) == st->st_dev && ino == st->st_ino ? (pid_t)pid : 0;
}

pid_t state_holder(const struct state *s)
{
	auto_fclose FILE *f = fopen("/proc/locks", "re");
	char line[256];
	struct stat st;
	pid_t pid = 0;

	if (!f || fstatat(s->dir_fd, "lock", &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	while (pid <= 0 && fgets(line, sizeof(line), f))
		pid = holder_of(line, &st);
	return pid > 0 ? pid : 0;
}

static int locked(const struct state *s, int fd, struct lab_error **err)
{
	pid_t pid = holder(fd);

	if (pid <= 0)
		return lab_error_make(err, LAB_STATE, "lab %s: is locked by another labctl",
				      s->lab);
	(void)lab_error_make(err, LAB_STATE, "lab %s: is locked by process %d", s->lab, (int)pid);
	return lab_error_hint(err, "another `labctl up` or `down` works on it; wait for it");
}

/*
 * A run that was killed while it started the supervisor leaves a child that shares the lock for the
 * moment until it is executed or dies too. That is waited for; a living holder is not.
 */
static int lock(int fd)
{
	for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB); ms += LOCK_PAUSE_MS) {
		pid_t pid;

		if (errno != EWOULDBLOCK)
			return -1;
		pid = holder(fd);
		if (ms >= LOCK_WAIT_MS || pid <= 0 || !kill(pid, 0) || errno != ESRCH) {
			errno = EWOULDBLOCK;
			return -1;
		}
		(void)poll(NULL, 0, LOCK_PAUSE_MS); /* a signal only shortens the pause */
	}
	return 0;
}

/* 0: locked; 1: the directory was removed meanwhile, try again; -1 with *err. */
static int take_lock(struct state *s, struct lab_error **err)
{
	auto_close int fd = openat(s->dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
				   0600);
	struct stat here, there;
	char pid[32];

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return state_file_error(s, "lock", errno, err);
	if (lock(fd))
		return errno == EWOULDBLOCK ? locked(s, fd, err)
					    : state_file_error(s, "lock", errno, err);
	/* a holder that ended with state_destroy() has unlinked what we have locked now */
	if (fstat(fd, &here) || fstatat(s->dir_fd, "lock", &there, AT_SYMLINK_NOFOLLOW) ||
	    here.st_ino != there.st_ino || here.st_dev != there.st_dev)
		return 1;
	(void)snprintf(pid, sizeof(pid), "%d\n", (int)getpid()); /* always fits */
	/* only told to others; on a full disk `down` must still work */
	if (!ftruncate(fd, 0))
		(void)!pwrite(fd, pid, strlen(pid), 0);
	s->lock_fd = steal_fd(&fd);
	return 0;
}

/* What was made only now, and is of no use without the lock. */
static void unmake(struct state *s, bool made_root, bool made)
{
	/* best effort: the error being reported matters more, and an empty directory is harmless */
	if (made && s->dir_fd >= 0)
		(void)unlinkat(s->dir_fd, "lock", 0);
	if (made)
		(void)unlinkat(s->root_fd, s->lab, AT_REMOVEDIR);
	if (made_root)
		(void)rmdir(root);
}

static int open_lab(struct state *s, enum state_mode mode, struct lab_error **err)
{
	bool made_root = false, made = false;
	char path[256];
	int fd, r;

	(void)snprintf(path, sizeof(path), "%s/%s", root, s->lab); /* cut in messages only */
	fd = open_directory(AT_FDCWD, root, root, mode == STATE_CREATE, &made_root, err);
	if (fd >= 0) {
		s->root_fd = fd;
		fd = open_directory(s->root_fd, s->lab, path, mode == STATE_CREATE, &made, err);
	}
	if (fd == -2 && mode != STATE_CREATE)
		return not_up(s->lab, err);
	if (fd == -2)
		return 1; /* removed between mkdir and open */
	s->dir_fd = fd;
	if (fd < 0)
		return -1;
	if (mode == STATE_READ)
		return 0;
	r = take_lock(s, err);
	if (r < 0)
		unmake(s, made_root, made);
	return r;
}

static void close_fds(struct state *s)
{
	int *fds[] = {&s->journal_fd, &s->lock_fd, &s->dir_fd, &s->root_fd};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			(void)close(*fds[i]); /* nothing useful can be done about it */
		*fds[i] = -1;
	}
}

struct state *state_open(const char *lab, enum state_mode mode, struct lab_error **err)
{
	struct state *s;
	int r = 1;

	if (!name_valid(lab)) {
		(void)lab_error_make(err, LAB_USAGE, "lab %s: is not a valid name", lab);
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s || !(s->lab = strdup(lab)))
		abort();
	s->root_fd = s->dir_fd = s->lock_fd = s->journal_fd = -1;
	for (int i = 0; r == 1 && i < LOCK_TRIES; i++) {
		close_fds(s);
		r = open_lab(s, mode, err);
	}
	if (r == 1)
		(void)lab_error_make(err, LAB_STATE, "lab %s: its directory keeps vanishing", lab);
	if (r || state_journal_load(s, err)) {
		state_close(s);
		return NULL;
	}
	return s;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	close_fds(s);
	state_journal_done(s);
	free(s->lab);
	free(s);
}

const char *state_lab(const struct state *s)
{
	return s->lab;
}

int state_dir_fd(const struct state *s)
{
	return s->dir_fd;
}

const char *state_boot_id(const struct state *s)
{
	return s->boot_id;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **state_list(size_t *n, struct lab_error **err)
{
	int fd = open_directory(AT_FDCWD, root, root, false, NULL, err);
	char **names = calloc(1, sizeof(*names));
	const struct dirent *e;
	DIR *dir;

	*n = 0;
	if (!names)
		abort();
	if (fd == -2)
		return names;
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		free(names);
		return NULL;
	}
	while ((e = readdir(dir))) {
		if (!name_valid(e->d_name))
			continue;
		names = reallocarray(names, *n + 2, sizeof(*names));
		if (!names || !(names[*n] = strdup(e->d_name)))
			abort();
		(*n)++;
	}
	(void)closedir(dir); /* only read from */
	qsort(names, *n, sizeof(*names), compare_names);
	return names;
}
