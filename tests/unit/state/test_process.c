// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wait.h"
#include "state/process.h"

#define PROGRAM "labctl-test-program"

static char folder[] = "/tmp/labctl-test-process-XXXXXX";
static char program[sizeof(folder) + sizeof("/libexec/labctl/" PROGRAM)];

static int make_program(void **state)
{
	char command[512];

	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(program, sizeof(program), "%s/libexec/labctl/" PROGRAM, folder);
	/* a shell that waits by itself, in a script that is called like a lab */
	(void)snprintf(command, sizeof(command),
		       "cd %s && chmod 755 . && mkdir -p libexec/labctl && cp /bin/sh %s && "
		       "for f in lab-1 Not-a-lab; do echo 'read -r line' >$f; done",
		       folder, program);
	return system(command) ? -1 : 0; /* NOLINT(cert-env33-c): all of it is ours */
}

static int remove_program(void **state)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) ? -1 : 0; /* NOLINT(cert-env33-c): as above */
}

struct running {
	pid_t pid;
	int input; /* it ends with this */
};

static struct running start(const char *name, const char *argument, uid_t uid)
{
	struct running r;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	r.pid = fork();
	assert_true(r.pid >= 0);
	if (r.pid == 0) {
		if (dup2(fds[0], 0) == 0 && chdir(folder) == 0 &&
		    (uid == geteuid() || setresuid(uid, uid, uid) == 0))
			execl(program, name, argument, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(close(fds[0]), 0);
	r.input = fds[1];
	return r;
}

static void end(const struct running *r)
{
	assert_int_equal(close(r->input), 0);
	assert_int_equal(waitpid(r->pid, NULL, 0), r->pid);
}

static bool is_listed(const char *what, pid_t pid, char lab[static NAME_MAX_LEN + 1])
{
	size_t n;
	struct state_process *list = state_processes(what, &n);
	bool found = false;

	for (size_t i = 0; i < n && !found; i++) {
		found = list[i].id.pid == pid && list[i].id.start > 0;
		if (found)
			memcpy(lab, list[i].lab, sizeof(list[i].lab));
	}
	free(list);
	return found;
}

static bool has_started(pid_t pid)
{
	char path[64], exe[256];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	n = readlink(path, exe, sizeof(exe));
	return n == (ssize_t)strlen(program) && memcmp(exe, program, (size_t)n) == 0;
}

static void it_is_told_by_its_executable_whatever_it_calls_itself(void **state)
{
	struct running r = start("something", "lab-1", geteuid());
	char lab[NAME_MAX_LEN + 1] = "";

	wait_until(10, is_listed(PROGRAM, r.pid, lab));
	assert_string_equal(lab, "lab-1");
	assert_false(is_listed("labctl-test-progra", r.pid, lab));
	assert_false(is_listed("program", r.pid, lab));
	assert_int_equal(unlink(program), 0); /* as an update of labctl does */
	assert_true(is_listed(PROGRAM, r.pid, lab));
	end(&r);
	assert_false(is_listed(PROGRAM, r.pid, lab));
	assert_int_equal(remove_program(NULL), 0);
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_int_equal(make_program(NULL), 0);
}

static void without_a_lab_it_is_none(void **state)
{
	struct running r = start(program, "Not-a-lab", geteuid());
	char lab[NAME_MAX_LEN + 1];

	wait_until(10, has_started(r.pid));
	assert_false(is_listed(PROGRAM, r.pid, lab));
	end(&r);
}

static void another_users_is_none(void **state)
{
	char lab[NAME_MAX_LEN + 1];
	struct running r;

	if (geteuid())
		skip(); /* only root can be somebody else */
	r = start(program, "lab-1", 65534);
	wait_until(10, has_started(r.pid));
	assert_false(is_listed(PROGRAM, r.pid, lab));
	end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_told_by_its_executable_whatever_it_calls_itself),
		cmocka_unit_test(without_a_lab_it_is_none),
		cmocka_unit_test(another_users_is_none),
	};

	return cmocka_run_group_tests(tests, make_program, remove_program);
}
