// SPDX-License-Identifier: GPL-2.0-only
/* Closing many descriptors at once. */
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "supervise/closing.h"

#define MOST 700 /* more than there are threads, and no multiple of them */

/* Each of them is closed, whatever their number, and no other. */
static void each_is_closed(void **state)
{
	static const size_t numbers[] = {0, 1, 2, 127, 128, 129, MOST};
	int fds[MOST], other = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (size_t row = 0; row < ARRAY_LEN(numbers); row++) {
		for (size_t i = 0; i < numbers[row]; i++) {
			fds[i] = fcntl(other, F_DUPFD_CLOEXEC, 0);
			assert_true(fds[i] >= 0);
		}
		supervise_close_all(fds, numbers[row]);
		for (size_t i = 0; i < numbers[row]; i++) {
			assert_int_equal(fcntl(fds[i], F_GETFD), -1);
			assert_int_equal(errno, EBADF);
		}
		assert_true(fcntl(other, F_GETFD) >= 0);
	}
	assert_int_equal(close(other), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
