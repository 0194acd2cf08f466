// SPDX-License-Identifier: GPL-2.0-only
/*
 * The real labctl-supervisor with workers that are this very program: what a worker gets, what
 * happens when it crashes, is replaced, hangs, and when the supervisor or its parent dies.
 */
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
#include "supervise/client.h"

#define PROGRAM "labctl-test-worker"
#define LAB_DIR "/run/lab"
#define LIBEXEC "/run/libexec"
#define PORT    7001
#define LOAD_MS 15000

/* --- the worker --- */

static volatile sig_atomic_t told_to_stop;

static void on_term(int signal)
{
	told_to_stop = 1;
}

static void add_file(struct strbuf *b, const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	strbuf_addn(b, text, n < 0 ? 0 : (size_t)n);
	if (fd >= 0)
		(void)close(fd);
}

/* "0 1 2 3 ..." without the one that reads the folder. */
static void add_fds(struct strbuf *b)
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

static void answer_one(int client, const char *version)
{
	struct strbuf b = {0};
	char byte = 0;

	(void)!read(client, &byte, 1);
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
	(void)!write(client, b.s, b.len);
	(void)close(client);
	strbuf_done(&b);
}

static int serve(const char *version)
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
			answer_one(client, version);
	}
	_exit(0);
}

static int worker_main(void)
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
	return serve(mode);
}

/* --- the test's side --- */

struct fixture {
	int dir;
	struct process_id id;
};

static void must(bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s: %s", what, strerror(errno));
}

static void must_hold(int rc, struct lab_error **err)
{
	if (rc)
		fail_msg("%s", lab_error_message(*err));
}

static int start_lab(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct lab_error *err = NULL;

	must(mkdir(LAB_DIR, 0700) == 0, LAB_DIR);
	f->dir = open(LAB_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must_hold(supervise_start("t", f->dir, LIBEXEC, &f->id, &err), &err);
	*state = f;
	return 0;
}

static int stop_lab(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	must_hold(supervise_stop(&f->id, 5000, &err), &err);
	(void)waitpid(f->id.pid, NULL, 0);
	(void)close(f->dir);
	free(f);
	return system("rm -rf " LAB_DIR);
}

static char *item(const char *name, const char *mode)
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

static int load(struct fixture *f, const char *mode, struct lab_error **err)
{
	auto_free char *worker = item("w", mode);
	auto_free char *list = NULL;

	must(asprintf(&list, "[%s]", worker) > 0, "asprintf");
	return supervise_load(f->dir, list, strlen(list), LOAD_MS, err);
}

static int dial(void)
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

/* What the worker says to one byte; "" where it hangs up. */
static const char *say(char byte, char *buf, size_t room)
{
	int fd = dial();
	size_t len = 0;
	ssize_t n;

	must(fd >= 0 && write(fd, &byte, 1) == 1, "connect");
	while ((n = read(fd, buf + len, room - len - 1)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	(void)close(fd);
	return buf;
}

static json_t *status_of(struct fixture *f, const char *name)
{
	struct lab_error *err = NULL;
	auto_free char *text = supervise_status(f->dir, &err);
	json_t *all, *found = NULL, *w;
	size_t i;

	must_hold(text ? 0 : -1, &err);
	all = json_loads(text, 0, NULL);
	json_array_foreach (json_object_get(all, "workers"), i, w)
		if (!strcmp(json_string_value(json_object_get(w, "name")), name))
			found = json_incref(w);
	json_decref(all);
	return found;
}

static bool in_state(struct fixture *f, const char *wanted)
{
	json_t *w = status_of(f, "w");
	bool is = w && !strcmp(json_string_value(json_object_get(w, "state")), wanted);

	json_decref(w);
	return is;
}

/* Waits for a condition, up to a deadline; no test sleeps for a fixed time. */
#define wait_until(seconds, condition)                                                  \
	do {                                                                            \
		time_t deadline_ = time(NULL) + (seconds);                              \
		while (!(condition)) {                                                  \
			if (time(NULL) > deadline_)                                     \
				fail_msg("not within %d s: %s", (seconds), #condition); \
			(void)poll(NULL, 0, 5);                                         \
		}                                                                       \
	} while (0)

static bool gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

static pid_t worker_pid(struct fixture *f)
{
	json_t *w = status_of(f, "w");
	pid_t pid = (pid_t)json_integer_value(json_object_get(w, "pid"));

	json_decref(w);
	return pid;
}

static void a_worker_is_powerless(void **state)
{
	static const char *const lines[] = {
		"\nCapInh:\t0000000000000000\n",
		"\nCapPrm:\t0000000000000000\n",
		"\nCapEff:\t0000000000000000\n",
		"\nCapBnd:\t0000000000000000\n",
		"\nCapAmb:\t0000000000000000\n",
		"\nNoNewPrivs:\t1\n",
		"\nGroups:\t \n",
		"fds: 0 1 2 3 4 5;",             /* 3: the connection; 4: readiness and notes */
		"\nSigBlk:\t0000000000004000\n", /* its own: SIGTERM */
		"\nSigIgn:\t0000000000000000\n",
		"\nUmask:\t0022\n",
		"\nUmask:\t0022\n",
	};
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[8192];
	const char *uid;

	must_hold(load(f, "one", &err), &err);
	say('s', text, sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no \"%s\" in:\n%s", lines[i], text);
	uid = strstr(text, "\nUid:\t");
	assert_non_null(uid);
	assert_in_range(strtoul(uid + 6, NULL, 10), 0x7a000000, 0x7affffff);
}

static void a_crash_is_mended_and_connections_queue(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];
	json_t *w;

	must_hold(load(f, "one", &err), &err);
	assert_string_equal(say('c', text, sizeof(text)), "");
	/* no waiting here: the listening socket is held, so this connection waits instead */
	assert_non_null(strstr(say('v', text, sizeof(text)), "version=one"));
	w = status_of(f, "w");
	assert_int_equal(json_integer_value(json_object_get(w, "restarts")), 1);
	assert_string_equal(json_string_value(json_object_get(w, "reason")),
			    "exited with status 3; log: told to crash");
	json_decref(w);
}

static void ten_crashes_and_it_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];

	must_hold(load(f, "one", &err), &err);
	for (int i = 0; i < 10; i++)
		say('c', text, sizeof(text));
	wait_until(20, in_state(f, "failed"));
	assert_int_equal(dial(), -1);          /* refused, not left hanging */
	must_hold(load(f, "one", &err), &err); /* asked for anew, it gets another chance */
	assert_non_null(strstr(say('v', text, sizeof(text)), "version=one"));
}

/* Asks for its version until told to stop; its exit status is the number of failures. */
static pid_t client_loop(int stop)
{
	pid_t pid = fork();
	int failed = 0, asked = 0;

	if (pid)
		return pid;
	for (struct pollfd p = {.fd = stop, .events = POLLIN}; poll(&p, 1, 0) == 0; asked++) {
		char text[256];
		int fd = dial();
		ssize_t n = fd < 0 ? -1 : write(fd, "v", 1);

		n = n == 1 ? read(fd, text, sizeof(text)) : -1;
		failed += n <= 0 || memcmp(text, "version=", 8) != 0;
		if (fd >= 0)
			(void)close(fd);
	}
	_exit(asked < 10 ? 200 : failed > 100 ? 100 : failed);
}

static void a_replacement_loses_no_connection(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	int stop[2], wstatus;
	char text[256], version[32];
	pid_t client;

	must(pipe2(stop, O_CLOEXEC) == 0, "pipe");
	must_hold(load(f, "v0", &err), &err);
	client = client_loop(stop[0]);
	for (int i = 1; i <= 20; i++) {
		(void)snprintf(version, sizeof(version), "v%d", i);
		must_hold(load(f, version, &err), &err);
	}
	wait_until(5, strstr(say('v', text, sizeof(text)), "version=v20 "));
	(void)!write(stop[1], "", 1);
	must(waitpid(client, &wstatus, 0) == client, "wait");
	assert_true(WIFEXITED(wstatus));
	assert_int_equal(WEXITSTATUS(wstatus), 0);
	(void)close(stop[0]);
	(void)close(stop[1]);
}

static void an_unchanged_worker_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	pid_t pid;

	must_hold(load(f, "one", &err), &err);
	pid = worker_pid(f);
	must_hold(load(f, "one", &err), &err);
	assert_int_equal(worker_pid(f), pid);
	must_hold(supervise_load(f->dir, "[]", 2, LOAD_MS, &err), &err);
	wait_until(5, gone(pid));
}

static void a_failed_load_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];
	pid_t pid;

	must_hold(load(f, "one", &err), &err);
	pid = worker_pid(f);
	assert_int_equal(load(f, "crash", &err), -1);
	assert_string_equal(lab_error_message(err),
			    "worker w: exited with status 7; log: cannot go on");
	assert_int_equal(worker_pid(f), pid);
	assert_non_null(strstr(say('v', text, sizeof(text)), "version=one"));
	assert_int_equal(supervise_load(f->dir, "[{}]", 4, LOAD_MS, &err), -1);
	assert_non_null(strstr(lab_error_message(err), "malformed description"));
	assert_int_equal(worker_pid(f), pid);
	lab_error_free(err);
}

static void a_mute_worker_fails_the_load(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	assert_int_equal(load(f, "mute", &err), -1);
	assert_non_null(strstr(lab_error_message(err), "worker w: not ready within 10 s"));
	lab_error_free(err);
}

/* Number of processes below the supervisor, as the host sees them. */
static int descendants(const struct fixture *f)
{
	char path[64], text[4096];
	int fd, n = 0;
	ssize_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", f->id.pid, f->id.pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	for (ssize_t i = 0; i < len; i++)
		n += text[i] == ' ';
	if (fd >= 0)
		(void)close(fd);
	return n;
}

static void what_a_dead_worker_left_behind_is_killed(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];

	must_hold(load(f, "one", &err), &err);
	say('f', text, sizeof(text));
	assert_int_equal(descendants(f), 1); /* the other one is the worker's child */
	say('c', text, sizeof(text));
	say('v', text, sizeof(text)); /* restarted */
	wait_until(5, descendants(f) == 1);
}

static void killing_the_supervisor_ends_all(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	pid_t worker;

	must_hold(load(f, "one", &err), &err);
	worker = worker_pid(f);
	assert_false(gone(worker));
	(void)kill(f->id.pid, SIGKILL);
	must(waitpid(f->id.pid, NULL, 0) == f->id.pid, "wait"); /* after all others are dead */
	assert_true(gone(worker));
	assert_int_equal(load(f, "one", &err), -1);
	assert_int_equal(lab_error_status(err), LAB_STATE);
	lab_error_free(err);
}

/* A parent of the lab that is killed, before or after it detached. */
static void parent_dies(bool detach)
{
	struct fixture f = {.dir = -1};
	struct lab_error *err = NULL;
	int told[2];
	pid_t parent;
	char byte;

	must(mkdir(LAB_DIR, 0700) == 0 && pipe2(told, O_CLOEXEC) == 0, LAB_DIR);
	f.dir = open(LAB_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	parent = fork();
	if (!parent) {
		if (supervise_start("t", f.dir, LIBEXEC, &f.id, NULL) || load(&f, "one", NULL) ||
		    (detach && supervise_detach(f.dir, NULL)))
			_exit(1);
		(void)!write(told[1], &f.id, sizeof(f.id));
		for (;;)
			(void)pause();
	}
	must(read(told[0], &f.id, sizeof(f.id)) == (ssize_t)sizeof(f.id), "start");
	(void)kill(parent, SIGKILL);
	must(waitpid(parent, NULL, 0) == parent, "wait");
	if (detach) {
		assert_true(in_state(&f, "ready"));
		must_hold(supervise_stop(&f.id, 5000, &err), &err);
	}
	wait_until(5, process_id_open(&f.id) < 0);
	assert_int_equal(dial(), -1);
	must(read(told[0], &byte, 0) == 0 && !close(told[0]) && !close(told[1]), "pipe");
	(void)close(f.dir);
	assert_int_equal(system("rm -rf " LAB_DIR), 0);
}

static void a_lab_dies_with_its_parent_until_detached(void **state)
{
	parent_dies(false);
}

static void a_detached_lab_outlives_its_parent(void **state)
{
	parent_dies(true);
}

static void stop_spares_a_later_process_of_that_pid(void **state)
{
	struct lab_error *err = NULL;
	struct process_id id;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			(void)pause();
	assert_true(process_id_of(pid, &id));
	id.start++;
	must_hold(supervise_stop(&id, 100, &err), &err);
	assert_int_equal(kill(pid, 0), 0);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

/* --- the room in which it happens --- */

static void prepare(void)
{
	const char *build = getenv("LABCTL_BUILD_DIR");
	char self[4096] = "", path[4096];

	must(!unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare");
	must(!mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		     !mount("none", "/run", "tmpfs", 0, "mode=755") && !mkdir(LIBEXEC, 0755) &&
		     !mkdir("/run/netns", 0755),
	     "/run");
	must(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0 &&
		     !symlink(self, LIBEXEC "/" PROGRAM),
	     PROGRAM);
	(void)snprintf(path, sizeof(path), "%s/libexec/labctl/labctl-supervisor",
		       build ? build : ".");
	must(!access(path, X_OK) && !symlink(path, LIBEXEC "/labctl-supervisor"), path);
	must(close(open("/run/netns/t.a", O_CREAT | O_RDONLY | O_CLOEXEC, 0600)) == 0, "t.a");
	must(!mount("/proc/self/ns/net", "/run/netns/t.a", NULL, MS_BIND, NULL), "t.a");
	must(system("ip link set lo up") == 0, "lo");
}

static void skip_unless_root(void)
{
	const char *must_run = getenv("LABCTL_MUST_RUN");

	if (geteuid() == 0)
		return;
	(void)fprintf(stderr, "needs root: workers become other users\n");
	exit(must_run && strstr(must_run, "kernel") ? 1 : 77);
}

int main(int argc, char **argv)
{
#define IN_A_LAB(fn) cmocka_unit_test_setup_teardown(fn, start_lab, stop_lab)
	const struct CMUnitTest tests[] = {
		IN_A_LAB(a_worker_is_powerless),
		IN_A_LAB(a_crash_is_mended_and_connections_queue),
		IN_A_LAB(ten_crashes_and_it_is_given_up),
		IN_A_LAB(a_replacement_loses_no_connection),
		IN_A_LAB(an_unchanged_worker_is_left_alone),
		IN_A_LAB(a_failed_load_changes_nothing),
		IN_A_LAB(a_mute_worker_fails_the_load),
		IN_A_LAB(what_a_dead_worker_left_behind_is_killed),
		IN_A_LAB(killing_the_supervisor_ends_all),
		cmocka_unit_test(a_lab_dies_with_its_parent_until_detached),
		cmocka_unit_test(a_detached_lab_outlives_its_parent),
		cmocka_unit_test(stop_spares_a_later_process_of_that_pid),
	};

	if (strstr(argv[0], PROGRAM))
		return worker_main();
	skip_unless_root();
	prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
