// SPDX-License-Identifier: GPL-2.0-only
/* What a worker may do, as the kernel sees the program that it was executed into, and that one's own. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "priv/priv.h"

#define USER 0x7a001001u

#define BIND  (1ull << 10) /* bits of capability.h */
#define ADMIN (1ull << 12)
#define RAW   (1ull << 13)
#define SYS   (1ull << 21)
#define NICE  (1ull << 23)

static const struct {
	enum priv_grant grant;
	unsigned long long caps;
} cases[] = {
	{PRIV_GRANT_NONE, 0},       {PRIV_GRANT_SERVICE, BIND},
	{PRIV_GRANT_ROUTES, ADMIN}, {PRIV_GRANT_ROUTER, BIND | ADMIN},
	{PRIV_GRANT_PROMPT, NICE},  {PRIV_GRANT_NETWORKS, SYS | ADMIN},
};

/* Through a shell, so that a second exec has its say. */
static _Noreturn void become_worker(enum priv_grant grant, int out)
{
	struct lab_error *err = NULL;
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)"cat /proc/self/status; id -G", NULL};

	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(125);
	/* as the supervisor does: it has been reduced itself */
	if (priv_supervisor(&err) || priv_worker(USER, USER, grant, &err)) {
		(void)fprintf(stderr, "%s\n", lab_error_message(err));
		_exit(126);
	}
	(void)execv("/bin/sh", argv);
	_exit(127);
}

static void run(enum priv_grant grant, char *text, size_t room)
{
	int out[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (!pid)
		become_worker(grant, out[1]);
	(void)close(out[1]);
	while ((n = read(out[0], text + len, room - len - 1)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	(void)close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static unsigned long long field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		fail_msg("no %s in\n%s", name, text);
	return strtoull(at + strlen(name), NULL, 16);
}

static void a_grant_is_exact_and_passes_through_exec(void **state)
{
	static const char *const sets[] = {"\nCapInh:\t", "\nCapPrm:\t", "\nCapEff:\t",
					   "\nCapBnd:\t", "\nCapAmb:\t"};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[8192];

		run(cases[i].grant, text, sizeof(text));
		for (size_t k = 0; k < ARRAY_LEN(sets); k++)
			if (field(text, sets[k]) != cases[i].caps)
				fail_msg("grant %zu: %s is not %llx in\n%s", i, sets[k] + 1,
					 cases[i].caps, text);
		assert_int_equal(field(text, "\nNoNewPrivs:\t"), 1);
		assert_non_null(strstr(text, "\nUid:\t2046824449\t2046824449\t2046824449\t"));
		assert_non_null(strstr(text, "\n2046824449\n")); /* its only group */
	}
}

/* As in a container that does not have it: said, instead of a worker that cannot do its work. */
static int grant_without(cap_value_t missing, enum priv_grant grant)
{
	struct lab_error *err = NULL;
	cap_t set = cap_get_proc();

	if (!set || cap_set_flag(set, CAP_PERMITTED, 1, &missing, CAP_CLEAR) ||
	    cap_set_flag(set, CAP_EFFECTIVE, 1, &missing, CAP_CLEAR) || cap_set_proc(set) ||
	    priv_supervisor(&err))
		return 200;
	return priv_worker(USER, USER, grant, &err) ? (int)lab_error_status(err) : 0;
}

static void nobody_grants_what_he_has_not(void **state)
{
	static const struct {
		cap_value_t missing;
		enum priv_grant grant;
		int status;
	} rows[] = {
		{CAP_NET_ADMIN, PRIV_GRANT_NONE, 0},
		{CAP_NET_ADMIN, PRIV_GRANT_SERVICE, 0},
		{CAP_NET_ADMIN, PRIV_GRANT_ROUTES, LAB_DENIED},
		{CAP_NET_RAW, PRIV_GRANT_ROUTES, 0},
		{CAP_NET_RAW, PRIV_GRANT_ROUTER, 0},
		{CAP_NET_BIND_SERVICE, PRIV_GRANT_ROUTER, LAB_DENIED},
		{CAP_SYS_ADMIN, PRIV_GRANT_NETWORKS, LAB_DENIED},
		{CAP_SYS_NICE, PRIV_GRANT_PROMPT, 0}, /* late at times, and otherwise well */
	};

	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(grant_without(rows[i].missing, rows[i].grant));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) != rows[i].status)
			fail_msg("row %zu: %d", i, WEXITSTATUS(status));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_is_exact_and_passes_through_exec),
		cmocka_unit_test(nobody_grants_what_he_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
