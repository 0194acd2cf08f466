// SPDX-License-Identifier: GPL-2.0-only
/* Whether a lab fits on a host that has so much memory and so many descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kernel/kernel.h"

struct room_case {
	int (*check)(uint64_t has, size_t namespaces, struct lab_error **err);
	uint64_t has;
	size_t namespaces;
	const char *says; /* NULL: there is room */
};

static const struct room_case cases[] = {
	{kernel_room_memory, 64 * 1024 + 290, 1, NULL},
	{kernel_room_memory, 64 * 1024 + 289, 1, "1 namespaces need about 64 MiB"},
	{kernel_room_memory, 1024 * 1024, 5000, "need about 1480 MiB of memory, and 1024 MiB are"},
	{kernel_room_memory, 2048 * 1024, 5000, NULL},
	{kernel_room_memory, UINT64_MAX, 1000000, NULL},
};

static void what_does_not_fit_is_refused(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct room_case *c = &cases[i];
		struct lab_error *err = NULL;

		print_message("row %zu\n", i);
		assert_int_equal(c->check(c->has, c->namespaces, &err), c->says ? -1 : 0);
		if (!c->says)
			continue;
		assert_int_equal(lab_error_status(err), LAB_DENIED);
		assert_non_null(strstr(lab_error_message(err), c->says));
		assert_non_null(lab_error_hint_get(err));
		lab_error_free(err);
	}
}

/* This host: it has room for one more, and for no billion. */
static void this_host_is_asked(void **state)
{
	struct lab_error *err = NULL;

	assert_int_equal(kernel_check_room(1, &err), 0);
	assert_int_equal(kernel_check_room(1000000000, &err), -1);
	lab_error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(this_host_is_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
