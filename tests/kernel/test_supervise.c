// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a worker: what it gets, what happens when it crashes, is replaced, hangs, and when the
 * supervisor or its parent dies.
 */
#include "kernel/supervised.h"

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

static void must_have_lost_nothing(pid_t client, const int stop[2])
{
	int wstatus;

	(void)!write(stop[1], "", 1);
	must(waitpid(client, &wstatus, 0) == client, "wait");
	assert_true(WIFEXITED(wstatus));
	assert_int_equal(WEXITSTATUS(wstatus), 0);
	(void)close(stop[0]);
	(void)close(stop[1]);
}

static void a_replacement_loses_no_connection(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	int stop[2];
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
	must_have_lost_nothing(client, stop);
}

static void load_copies(struct fixture *f, unsigned int copies, const char *mode)
{
	auto_free char *worker = item("w", mode);
	struct lab_error *err = NULL;
	auto_free char *list = NULL;

	worker[strlen(worker) - 1] = '\0'; /* the last brace */
	must(asprintf(&list, "[%s,\"copies\":%u}]", worker, copies) > 0, "asprintf");
	must_hold(supervise_load(f->dir, list, strlen(list), LOAD_MS, &err), &err);
}

/* How many different processes answer 60 connections; each of them has to be answered. */
static size_t answering(void)
{
	int pids[8], pid;
	char text[256];
	size_t n = 0;

	for (int i = 0; i < 60; i++) {
		size_t at = 0;

		must(sscanf(say('v', text, sizeof(text)), "version=%*s pid=%d", &pid) == 1, text);
		while (at < n && pids[at] != pid)
			at++;
		if (at == n && n < ARRAY_LEN(pids))
			pids[n++] = pid;
	}
	return n;
}

static void copies_share_a_port(void **state)
{
	struct fixture *f = *state;
	pid_t first, second;

	load_copies(f, 3, "v1");
	wait_until(5, answering() == 3);
	assert_true(pid_of(f, "w") > 0 && pid_of(f, "w.2") > 0 && pid_of(f, "w.3") > 0);
	first = pid_of(f, "w");
	second = pid_of(f, "w.2");
	load_copies(f, 2, "v1"); /* the others are left alone */
	wait_until(5, answering() == 2);
	assert_int_equal(pid_of(f, "w"), first);
	assert_int_equal(pid_of(f, "w.2"), second);
	load_copies(f, 1, "v1");
	wait_until(5, answering() == 1);
}

/* What waits in the queue of one that is killed goes to the other; where both are, it waits for them to come back. */
static void connections_outlive_copies(void **state)
{
	static const char *const names[] = {"w", "w.2"};
	struct fixture *f = *state;
	int waiting[40];
	pid_t pids[2];
	char text[256];

	load_copies(f, 2, "v1");
	for (size_t killed = 1; killed <= 2; killed++) {
		for (size_t i = 0; i < killed; i++) {
			wait_until(5, (pids[i] = pid_of(f, names[i])) > 0);
			must(kill(pids[i], SIGSTOP) == 0, "stop");
		}
		for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
			waiting[i] = dial();
			must(waiting[i] >= 0 && write(waiting[i], "v", 1) == 1, "connect");
		}
		for (size_t i = 0; i < killed; i++)
			must(kill(pids[i], SIGKILL) == 0, "kill");
		for (size_t i = 0; i < ARRAY_LEN(waiting); i++) {
			must(read(waiting[i], text, 8) == 8 && !memcmp(text, "version=", 8),
			     "answer");
			(void)close(waiting[i]);
		}
	}
	wait_until(5, answering() == 2);
}

/* The port is still the other one's when the one that was killed shall be the only one. */
static void one_remains_where_it_was_just_killed(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 5; i++) {
		load_copies(f, 2, "v1");
		const pid_t pid = pid_of(f, "w");

		must(kill(pid, SIGKILL) == 0, "kill");
		wait_until(5, pid_of(f, "w") != pid);
		load_copies(f, 1, "v1");
		wait_until(5, answering() == 1);
	}
}

static void copies_are_replaced_and_come_and_go_without_a_loss(void **state)
{
	struct fixture *f = *state;
	int stop[2];
	char version[32];
	pid_t client;

	must(pipe2(stop, O_CLOEXEC) == 0, "pipe");
	load_copies(f, 1, "v0");
	client = client_loop(stop[0]);
	for (unsigned int i = 1; i <= 30; i++) {
		(void)snprintf(version, sizeof(version), "v%u", i / 4);
		load_copies(f, i % 4 ? i % 4 : 2, version);
	}
	must_have_lost_nothing(client, stop);
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

/* Whoever watches is told of it, and of a change of mind. */
static void a_stopped_worker_is_seen_and_goes_on_with_a_load(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];
	pid_t worker;
	int watch;

	must_hold(load(f, "one", &err), &err);
	watch = supervise_watch(f->dir, &err);
	must_hold(watch < 0 ? -1 : 0, &err);
	worker = worker_pid(f);
	(void)kill(worker, SIGSTOP);
	must(poll(&(struct pollfd){.fd = watch, .events = POLLIN}, 1, 5000) == 1, "told");
	assert_true(supervise_watch_read(watch));
	assert_true(in_state(f, "stopped"));
	must_hold(load(f, "one", &err), &err);
	assert_true(in_state(f, "ready"));
	assert_int_equal(worker_pid(f), worker);
	assert_non_null(strstr(say('v', text, sizeof(text)), "version=one"));
	(void)kill(worker, SIGSTOP);
	wait_until(5, in_state(f, "stopped"));
	must_hold(load(f, "two", &err), &err); /* its end comes at once, not after its grace */
	wait_until(5, gone(worker));
	must_hold(supervise_stop(&f->id, 5000, &err), &err);
	wait_until(5, !supervise_watch_read(watch));
	(void)close(watch);
}

static void a_stopped_supervisor_ends_and_goes_on(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	must_hold(load(f, "one", &err), &err);
	(void)kill(f->id.pid, SIGSTOP);
	wait_until(5, process_id_stopped(&f->id));
	supervise_wake(&f->id);
	wait_until(5, !process_id_stopped(&f->id));
	assert_true(in_state(f, "ready"));
	(void)kill(f->id.pid, SIGSTOP);
	wait_until(5, process_id_stopped(&f->id));
	must_hold(supervise_stop(&f->id, 60000, &err), &err); /* long before that */
	assert_false(process_id_stopped(&f->id));
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

int main(int argc, char **argv)
{
#define IN_A_LAB(fn) cmocka_unit_test_setup_teardown(fn, start_lab, stop_lab)
	const struct CMUnitTest tests[] = {
		IN_A_LAB(a_worker_is_powerless),
		IN_A_LAB(a_crash_is_mended_and_connections_queue),
		IN_A_LAB(ten_crashes_and_it_is_given_up),
		IN_A_LAB(a_replacement_loses_no_connection),
		IN_A_LAB(copies_share_a_port),
		IN_A_LAB(connections_outlive_copies),
		IN_A_LAB(one_remains_where_it_was_just_killed),
		IN_A_LAB(copies_are_replaced_and_come_and_go_without_a_loss),
		IN_A_LAB(an_unchanged_worker_is_left_alone),
		IN_A_LAB(a_failed_load_changes_nothing),
		IN_A_LAB(a_mute_worker_fails_the_load),
		IN_A_LAB(what_a_dead_worker_left_behind_is_killed),
		IN_A_LAB(killing_the_supervisor_ends_all),
		IN_A_LAB(a_stopped_worker_is_seen_and_goes_on_with_a_load),
		IN_A_LAB(a_stopped_supervisor_ends_and_goes_on),
		cmocka_unit_test(a_lab_dies_with_its_parent_until_detached),
		cmocka_unit_test(a_detached_lab_outlives_its_parent),
		cmocka_unit_test(stop_spares_a_later_process_of_that_pid),
	};

	if (strstr(argv[0], PROGRAM))
		return worker_main(NULL, NULL);
	skip_unless_root();
	prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
