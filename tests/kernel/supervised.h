// SPDX-License-Identifier: GPL-2.0-only
/**
 * For tests of the real labctl-supervisor: a lab "t" in mount and network namespaces of the test's own,
 * with workers that are the test program itself, which answer on a TCP socket.
 */
#pragma once

#include "lib/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/worker.h"
#include "lib/wait.h"
#include "supervise/client.h"

#define PROGRAM "labctl-test-worker"
#define LAB_DIR "/run/lab"
#define LIBEXEC "/run/libexec"
#define PORT    7001
#define LOAD_MS 30000

/* --- the worker --- */

static volatile sig_atomic_t told_to_stop;

static inline void on_term(int signal)
{
	told_to_stop = 1;
}

static inline void add_file(struct strbuf *b, const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	strbuf_addn(b, text, n < 0 ? 0 : (size_t)n);
	if (fd >= 0)
		(void)close(fd);
}

/* "0 1 2 3 ..." without the one that reads the folder. */
static inline void add_fds(struct strbuf *b)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;

	strbuf_add(b, "fds:");
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
			strbuf_printf(b, " %s", e->d_name);
	strbuf_add(b, ";\n");
	if (d)
		(void)closedir(d);
}

/* Commands beyond those of answer_one(): a byte and what followed it. */
typedef void answer_more(char byte, const char *text, struct strbuf *answer);

static inline void answer_one(int client, const char *version, answer_more *more)
{
	struct strbuf b = {0};
	char said[1024] = "", byte;

	(void)!read(client, said, sizeof(said) - 1);
	byte = said[0];
	if (byte == 'c') {
		fprintf(stderr, "told to crash\n");
		_exit(3);
	}
	if (byte == 'f' && fork() == 0) { /* leaves a process behind */
		(void)close(client);
		for (;;)
			(void)pause();
	}
	strbuf_printf(&b, "version=%s pid=%d\n", version, getpid());
	if (byte == 's') {
		add_file(&b, "/proc/self/status");
		add_fds(&b);
	}
	if (more)
		more(byte, said + 1, &b);
	(void)!write(client, b.s, b.len);
	(void)close(client);
	strbuf_done(&b);
}

static inline int serve(const char *version, answer_more *more)
{
	sigset_t term, before;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, &before);
	(void)signal(SIGTERM, on_term);
	worker_ready();
	while (!told_to_stop) {
		struct pollfd p = {.fd = WORKER_FD_SOCKET_0, .events = POLLIN};
		int client;

		if (ppoll(&p, 1, NULL, &before) < 0)
			continue;
		client = accept4(WORKER_FD_SOCKET_0, NULL, NULL, SOCK_CLOEXEC);
		if (client >= 0)
			answer_one(client, version, more);
		else if (errno == EINVAL) /* it listens no more: about to be told to end */
			(void)sigsuspend(&before);
	}
	fprintf(stderr, "ended\n");
	_exit(0);
}

/* before: what the worker does before it is ready, by its mode; both may be NULL. */
static inline int worker_main(answer_more *more, void (*before)(const char *mode))
{
	struct lab_error *err = NULL;
	size_t len = 0;
	char *text = worker_read_config(&len, &err);
	json_t *config = text ? json_loads(text, 0, NULL) : NULL;
	const char *mode = json_string_value(json_object_get(config, "mode"));

	if (!mode)
		_exit(99);
	if (!strcmp(mode, "crash")) {
		fprintf(stderr, "cannot go on\n");
		_exit(7);
	}
	if (!strcmp(mode, "mute"))
		for (;;)
			(void)pause();
	if (before)
		before(mode);
	return serve(mode, more);
}

/* --- the test's side --- */

struct fixture {
	int dir;
	struct process_id id;
};

static inline void must(bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s: %s", what, strerror(errno));
}

static inline void must_hold(int rc, struct lab_error **err)
{
	if (rc)
		fail_msg("%s", lab_error_message(*err));
}

static inline int start_lab(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct lab_error *err = NULL;

	must(mkdir(LAB_DIR, 0700) == 0, LAB_DIR);
	f->dir = open(LAB_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must_hold(supervise_start("t", f->dir, LIBEXEC, &f->id, &err), &err);
	*state = f;
	return 0;
}

static inline int stop_lab(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	must_hold(supervise_stop(&f->id, 5000, &err), &err);
	(void)waitpid(f->id.pid, NULL, 0);
	(void)close(f->dir);
	free(f);
	return system("rm -rf " LAB_DIR);
}

static inline char *item(const char *name, const char *mode)
{
	char *text = NULL;

	must(asprintf(
		     &text,
		     "{\"name\":\"%s\",\"program\":\"" PROGRAM
		     "\",\"ns\":\"a\",\"sockets\":[{\"name\":"
		     "\"s\",\"ns\":\"a\",\"type\":\"tcp\",\"addr\":\"127.0.0.1\",\"port\":%d}],"
		     "\"config\":{\"mode\":\"%s\"},\"origin\":{\"resource\":\"x\",\"at\":\"y:1\"}}",
		     name, PORT, mode) > 0,
	     "asprintf");
	return text;
}

static inline int load(struct fixture *f, const char *mode, struct lab_error **err)
{
	auto_free char *worker = item("w", mode);
	auto_free char *list = NULL;

	must(asprintf(&list, "[%s]", worker) > 0, "asprintf");
	return supervise_load(f->dir, list, strlen(list), LOAD_MS, err);
}

static inline int dial(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval timeout = {10, 0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), "timeout");
	if (connect(fd, (const struct sockaddr *)&sin, sizeof(sin)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* What the worker says to a command; "" where it hangs up. */
static inline const char *say_text(const char *text, char *buf, size_t room)
{
	int fd = dial();
	size_t len = 0;
	ssize_t n;

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "connect");
	while ((n = read(fd, buf + len, room - len - 1)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	(void)close(fd);
	return buf;
}

static inline const char *say(char byte, char *buf, size_t room)
{
	return say_text((const char[]){byte, '\0'}, buf, room);
}

static inline json_t *status_of(struct fixture *f, const char *name)
{
	struct lab_error *err = NULL;
	auto_free char *text = supervise_status(f->dir, &err);
	json_t *all, *found = NULL, *w;
	size_t i;

	must_hold(text ? 0 : -1, &err);
	all = json_loads(text, 0, NULL);
	json_array_foreach (json_object_get(all, "workers"), i, w)
		/* the newest one comes first; one that it replaced may still be ending */
		if (!found && !strcmp(json_string_value(json_object_get(w, "name")), name))
			found = json_incref(w);
	json_decref(all);
	return found;
}

static inline bool in_state(struct fixture *f, const char *wanted)
{
	json_t *w = status_of(f, "w");
	bool is = w && !strcmp(json_string_value(json_object_get(w, "state")), wanted);

	json_decref(w);
	return is;
}

static inline bool gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

static inline pid_t pid_of(struct fixture *f, const char *name)
{
	json_t *w = status_of(f, name);
	pid_t pid = (pid_t)json_integer_value(json_object_get(w, "pid"));

	json_decref(w);
	return pid;
}

static inline pid_t worker_pid(struct fixture *f)
{
	return pid_of(f, "w");
}

/* --- the room in which it happens --- */

/* A program of this build, where the supervisor of the tests looks for it. */
static inline void install(const char *name)
{
	const char *build = getenv("LABCTL_BUILD_DIR");
	char path[4096], place[256];

	(void)snprintf(path, sizeof(path), "%s/libexec/labctl/%s", build ? build : ".", name);
	(void)snprintf(place, sizeof(place), LIBEXEC "/%s", name);
	must(!access(path, X_OK) && !symlink(path, place), path);
}

static inline void prepare(void)
{
	char self[4096] = "";

	must(!unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare");
	must(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		     !mount("none", "/run", "tmpfs", 0, "mode=755") && !mkdir(LIBEXEC, 0755) &&
		     !mkdir("/run/netns", 0755),
	     "/run");
	must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 &&
		     !symlink(self, LIBEXEC "/" PROGRAM),
	     PROGRAM);
	install("labctl-supervisor");
	must(close(open("/run/netns/t.a", O_CREAT | O_RDONLY | O_CLOEXEC, 0600)) == 0, "t.a");
	must(!mount("/proc/self/ns/net", "/run/netns/t.a", NULL, MS_BIND, NULL), "t.a");
	must(system("ip link set lo up") == 0, "lo");
}

static inline void skip_unless_root(void)
{
	const char *must_run = getenv("LABCTL_MUST_RUN");

	if (geteuid() == 0)
		return;
	(void)fprintf(stderr, "needs root: workers become other users\n");
	exit(must_run && strstr(must_run, "kernel") ? 1 : 77);
}
