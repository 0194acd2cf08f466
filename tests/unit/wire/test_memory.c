// SPDX-License-Identifier: GPL-2.0-only
/* Who is in charge, among real processes: record locks belong to them. */
#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"
#include "wire/memory.h"

static int new_memory(void)
{
	int fd = memfd_create("state", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, WORKER_MEMORY), 0);
	return fd;
}

/* A process that takes charge, says so, and lives until it is killed or told to go. */
struct other {
	pid_t pid;
	int ask, answer;
};

static struct other start(int memory)
{
	int ask[2], answer[2];
	struct other o;
	char byte;

	assert_int_equal(pipe2(ask, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	o.pid = fork();
	if (o.pid == 0) {
		struct wire_memory *m = wire_memory_open(memory, NULL);

		for (;;) {
			byte = wire_memory_take_charge(m) ? 'y' : 'n';
			if (write(answer[1], &byte, 1) != 1 || read(ask[0], &byte, 1) != 1)
				_exit(1);
			if (byte == 'g')
				wire_memory_give_up(m);
			if (byte == 'r') {
				byte = wire_memory_is_replaced(m) ? 'y' : 'n';
				if (write(answer[1], &byte, 1) != 1)
					_exit(1);
			}
			if (byte == 'g' && read(ask[0], &byte, 1) != 1)
				_exit(1);
		}
	}
	(void)close(ask[0]); /* the child's ends */
	(void)close(answer[1]);
	o.ask = ask[1];
	o.answer = answer[0];
	return o;
}

static char hear(const struct other *o)
{
	char byte = 0;

	assert_int_equal(read(o->answer, &byte, 1), 1);
	return byte;
}

static void tell(const struct other *o, char byte)
{
	assert_int_equal(write(o->ask, &byte, 1), 1);
}

static void end(const struct other *o)
{
	assert_int_equal(kill(o->pid, SIGKILL), 0);
	assert_int_equal(waitpid(o->pid, NULL, 0), o->pid);
	(void)close(o->ask); /* only written to and read from */
	(void)close(o->answer);
}

static void one_is_in_charge(void **state)
{
	auto_close int fd = new_memory();
	struct other o = start(fd);
	struct wire_memory *m;

	assert_int_equal(hear(&o), 'y');
	m = wire_memory_open(fd, NULL);
	assert_non_null(m);
	assert_false(wire_memory_take_charge(m));
	tell(&o, 'r');
	assert_int_equal(hear(&o), 'y'); /* replaced */
	assert_int_equal(hear(&o), 'y'); /* but still in charge */
	tell(&o, 'g');
	while (!wire_memory_take_charge(m))
		assert_int_equal(waitpid(o.pid, NULL, WNOHANG), 0);
	assert_false(wire_memory_is_replaced(m));
	end(&o);
	wire_memory_free(m);
}

static void the_dead_are_not_in_charge(void **state)
{
	auto_close int fd = new_memory();
	struct other o = start(fd);
	struct wire_memory *m;

	assert_int_equal(hear(&o), 'y');
	m = wire_memory_open(fd, NULL);
	assert_false(wire_memory_take_charge(m));
	end(&o);
	assert_true(wire_memory_take_charge(m));
	wire_memory_free(m);
}

static void marks_are_found_again(void **state)
{
	auto_close int fd = new_memory();
	struct wire_memory *m = wire_memory_open(fd, NULL), *later;

	wire_memory_mark(m, 7)->count[0] = 99;
	assert_ptr_not_equal(wire_memory_mark(m, 8), wire_memory_mark(m, 7));
	later = wire_memory_open(fd, NULL);
	assert_true(wire_memory_is_replaced(m));
	assert_int_equal(wire_memory_mark(later, 7)->count[0], 99);
	assert_int_equal(wire_memory_mark(later, 8)->count[0], 0);
	wire_memory_free(later);
	wire_memory_free(m);
}

static void there_is_an_end_to_it(void **state)
{
	auto_close int fd = new_memory();
	struct wire_memory *m = wire_memory_open(fd, NULL);
	uint64_t n = 0;

	while (wire_memory_mark(m, n + 1))
		n++;
	assert_true(n >= 1600); /* 800 lines */
	assert_non_null(wire_memory_mark(m, 1));
	assert_null(wire_memory_mark(m, n + 1));
	wire_memory_free(m);
}

static void a_short_memory_is_refused(void **state)
{
	auto_error struct lab_error *err = NULL;
	auto_close int fd = memfd_create("state", MFD_CLOEXEC);

	assert_null(wire_memory_open(fd, &err));
	assert_non_null(strstr(lab_error_message(err), "memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_is_in_charge),
		cmocka_unit_test(the_dead_are_not_in_charge),
		cmocka_unit_test(marks_are_found_again),
		cmocka_unit_test(there_is_an_end_to_it),
		cmocka_unit_test(a_short_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
