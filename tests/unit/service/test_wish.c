// SPDX-License-Identifier: GPL-2.0-only
/* Paths that change what the echo service answers. */
#include "lib/test.h"

#include "base/cleanup.h"
#include "service/wish.h"

static void paths_say_what_is_wanted(void **state)
{
	static const struct {
		const char *path;
		int status;
		unsigned int delay_ms;
		size_t bytes;
		int answer;
	} rows[] = {
		{"/", 200, 0, 0, WISH_ECHO},
		{"", 200, 0, 0, WISH_ECHO},
		{"*", 200, 0, 0, WISH_ECHO},
		{"/status", 200, 0, 0, WISH_ECHO},
		{"/statuses/503", 200, 0, 0, WISH_ECHO},
		{"/a/status/503", 200, 0, 0, WISH_ECHO},
		{"/status/200", 200, 0, 0, WISH_ECHO},
		{"/status/503", 503, 0, 0, WISH_ECHO},
		{"/status/599", 599, 0, 0, WISH_ECHO},
		{"/status/199", 400, 0, 0, WISH_REFUSED},
		{"/status/600", 400, 0, 0, WISH_REFUSED},
		{"/status/0503", 400, 0, 0, WISH_REFUSED},
		{"/status/", 400, 0, 0, WISH_REFUSED},
		{"/status/5o3", 400, 0, 0, WISH_REFUSED},
		{"/status/503/", 400, 0, 0, WISH_REFUSED},
		{"/delay/0", 200, 0, 0, WISH_ECHO},
		{"/delay/2.5", 200, 2500, 0, WISH_ECHO},
		{"/delay/0.05", 200, 50, 0, WISH_ECHO},
		{"/delay/0.125", 200, 125, 0, WISH_ECHO},
		{"/delay/300", 200, 300000, 0, WISH_ECHO},
		{"/delay/300.000", 200, 300000, 0, WISH_ECHO},
		{"/delay/300.001", 400, 0, 0, WISH_REFUSED},
		{"/delay/999999999", 400, 0, 0, WISH_REFUSED},
		{"/delay/99999999999999999999", 400, 0, 0, WISH_REFUSED},
		{"/delay/.5", 400, 0, 0, WISH_REFUSED},
		{"/delay/1.", 400, 0, 0, WISH_REFUSED},
		{"/delay/1.0000", 400, 0, 0, WISH_REFUSED},
		{"/delay/-1", 400, 0, 0, WISH_REFUSED},
		{"/delay/1e3", 400, 0, 0, WISH_REFUSED},
		{"/bytes/0", 200, 0, 0, WISH_BYTES},
		{"/bytes/67108864", 200, 0, 67108864, WISH_BYTES},
		{"/bytes/67108865", 400, 0, 0, WISH_REFUSED},
		{"/bytes/18446744073709551617", 400, 0, 0, WISH_REFUSED},
		{"/bytes/1k", 400, 0, 0, WISH_REFUSED},
		{"/bytes/", 400, 0, 0, WISH_REFUSED},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wish w = service_wish(http_slice(rows[i].path));

		if (w.status != rows[i].status || w.delay_ms != rows[i].delay_ms ||
		    w.bytes != rows[i].bytes || (int)w.answer != rows[i].answer)
			fail_msg("%s: status %d, delay %u, bytes %zu", rows[i].path, w.status,
				 w.delay_ms, w.bytes);
		assert_int_equal(w.why != NULL, w.answer == WISH_REFUSED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(paths_say_what_is_wanted)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
