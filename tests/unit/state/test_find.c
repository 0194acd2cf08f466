// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wait.h"
#include "state/state.h"

static void a_process_is_found_by_its_first_two_arguments(void **state)
{
	struct process_id id = {0};
	char seconds[32];
	pid_t pid;

	(void)snprintf(seconds, sizeof(seconds), "60.%d", (int)getpid()); /* nobody else's */
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl("/bin/sleep", "/bin/sleep", seconds, "0", (char *)NULL);
		_exit(127);
	}
	wait_until(10, process_id_find("/bin/sleep", seconds, &id));
	assert_int_equal(id.pid, pid);
	assert_true(id.start > 0);
	assert_false(process_id_find("/bin/slee", seconds, &id));
	seconds[strlen(seconds) - 1] = '\0';
	assert_false(process_id_find("/bin/sleep", seconds, &id));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_found_by_its_first_two_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
