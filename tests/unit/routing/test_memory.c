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
#include "routing/memory.h"

/* A process that takes charge and then does as it is told, a byte at a time. */
struct other {
	pid_t pid;
	int ask, answer;
};

static int new_memory(void)
{
	int fd = memfd_create("state", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, WORKER_MEMORY), 0);
	return fd;
}

static char obey(struct routing_memory *m, char what)
{
	enum routing_turn turn;

	switch (what) {
	case 'h': return routing_memory_has_heir(m) ? 'y' : 'n';
	case 't': /* tries to have a turn */
		turn = routing_memory_enter(m);
		if (turn != ROUTING_NO_TURN)
			routing_memory_leave(m);
		return (char)('0' + (int)turn);
	case 'k': /* has a turn that does not end */
		return (char)('0' + (int)routing_memory_enter(m));
	case 'm': routing_memory_mark(m, 42, 1234); return '.';
	default: return '?';
	}
}

static struct other start(int memory)
{
	int ask[2], answer[2];
	struct other o;
	char byte = 0;

	assert_int_equal(pipe2(ask, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	o.pid = fork();
	if (o.pid == 0) {
		struct routing_memory *m = routing_memory_open(memory, NULL);

		close(ask[1]);
		byte = m ? '.' : '!';
		while (write(answer[1], &byte, 1) == 1 && read(ask[0], &byte, 1) == 1 &&
		       byte != 'q')
			byte = obey(m, byte);
		routing_memory_free(m);
		_exit(0);
	}
	close(ask[0]);
	close(answer[1]);
	o.ask = ask[1];
	o.answer = answer[0];
	assert_int_equal(read(o.answer, &byte, 1), 1);
	assert_int_equal(byte, '.');
	return o;
}

static char tell(struct other *o, char what)
{
	char byte = 0;

	assert_int_equal(write(o->ask, &what, 1), 1);
	assert_int_equal(read(o->answer, &byte, 1), 1);
	return byte;
}

/* By a signal; 0: of its own will. */
static void finish(struct other *o, int signal)
{
	if (signal)
		assert_int_equal(kill(o->pid, signal), 0);
	else
		assert_int_equal(write(o->ask, "q", 1), 1);
	close(o->ask);
	assert_int_equal(waitpid(o->pid, NULL, 0), o->pid);
	close(o->answer);
}

static void the_youngest_that_lives_is_in_charge(void **state)
{
	auto_close int memory = new_memory();
	struct other a = start(memory), b;

	assert_int_equal(tell(&a, 't'), '0' + ROUTING_TURN);
	assert_int_equal(tell(&a, 'h'), 'n');
	b = start(memory);
	assert_int_equal(tell(&a, 't'), '0' + ROUTING_NO_TURN);
	assert_int_equal(tell(&b, 't'), '0' + ROUTING_TURN);
	assert_int_equal(tell(&b, 'h'), 'y');
	finish(&a, 0);
	assert_int_equal(tell(&b, 't'), '0' + ROUTING_TURN);
	assert_int_equal(tell(&b, 'h'), 'n');
	finish(&b, 0);
}

static void one_that_was_replaced_in_vain_begins_anew(void **state)
{
	static const int signals[] = {0, SIGKILL};
	auto_close int memory = new_memory();
	struct other a = start(memory);

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct other b = start(memory);

		if (i) /* whether it noticed or not */
			assert_int_equal(tell(&a, 't'), '0' + ROUTING_NO_TURN);
		finish(&b, signals[i]);
		assert_int_equal(tell(&a, 't'), '0' + ROUTING_TURN_ANEW);
		assert_int_equal(tell(&a, 't'), '0' + ROUTING_TURN);
	}
	finish(&a, 0);
}

static void a_turn_ends_with_its_process(void **state)
{
	auto_close int memory = new_memory();
	struct other a = start(memory), b;

	assert_int_equal(tell(&a, 'k'), '0' + ROUTING_TURN);
	finish(&a, SIGKILL);
	b = start(memory); /* would wait forever */
	assert_int_equal(tell(&b, 't'), '0' + ROUTING_TURN);
	finish(&b, 0);
}

static void marks_outlive_the_process(void **state)
{
	auto_close int memory = new_memory();
	struct other a = start(memory);
	struct routing_memory *m;

	assert_int_equal(tell(&a, 'm'), '.');
	finish(&a, SIGKILL);
	m = routing_memory_open(memory, NULL);
	assert_non_null(m);
	assert_int_equal(routing_memory_down_since(m, 42), 1234);
	assert_int_equal(routing_memory_down_since(m, 43), 0);
	routing_memory_mark(m, 42, 0);
	assert_int_equal(routing_memory_down_since(m, 42), 0);
	for (uint64_t key = 1; key < 10000; key++)
		routing_memory_mark(m, key, key); /* more than there is room for */
	assert_int_equal(routing_memory_down_since(m, 1000), 1000);
	assert_int_equal(routing_memory_down_since(m, 9999), 0);
	routing_memory_clear(m);
	assert_int_equal(routing_memory_down_since(m, 1000), 0);
	routing_memory_free(m);
}

static void a_memory_that_is_none_is_refused(void **state)
{
	auto_close int small = memfd_create("small", MFD_CLOEXEC);
	auto_error struct lab_error *err = NULL;

	assert_null(routing_memory_open(-1, &err));
	assert_string_equal(lab_error_message(err), "memory: Bad file descriptor");
	assert_null(routing_memory_open(small, &err));
	assert_string_equal(lab_error_message(err), "memory: File too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_youngest_that_lives_is_in_charge),
		cmocka_unit_test(one_that_was_replaced_in_vain_begins_anew),
		cmocka_unit_test(a_turn_ends_with_its_process),
		cmocka_unit_test(marks_outlive_the_process),
		cmocka_unit_test(a_memory_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
