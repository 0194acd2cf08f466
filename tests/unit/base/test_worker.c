// SPDX-License-Identifier: GPL-2.0-only
#include "base/worker.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lib/test.h"

static void a_memory_is_shared(void **state)
{
	auto_close int fd = memfd_create("state", MFD_CLOEXEC);
	struct lab_error *err = NULL;
	char *one, *other;

	assert_int_equal(ftruncate(fd, WORKER_MEMORY), 0);
	one = worker_map_memory(fd, &err);
	other = worker_map_memory(fd, &err);
	assert_true(one && other && one != other);
	one[WORKER_MEMORY - 1] = 'x';
	assert_int_equal(other[WORKER_MEMORY - 1], 'x');
	worker_unmap_memory(one);
	worker_unmap_memory(other);
	worker_unmap_memory(NULL);
}

static void what_is_no_memory_is_refused(void **state)
{
	auto_close int fd = memfd_create("state", MFD_CLOEXEC);
	const int fds[] = {fd, -1};

	assert_int_equal(ftruncate(fd, WORKER_MEMORY - 1), 0);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		auto_error struct lab_error *err = NULL;

		assert_null(worker_map_memory(fds[i], &err));
		assert_non_null(strstr(lab_error_message(err), "memory"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_memory_is_shared),
		cmocka_unit_test(what_is_no_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
