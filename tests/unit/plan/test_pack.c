// SPDX-License-Identifier: GPL-2.0-only
#include "plan/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "unit/plan/sample.h"

static const struct plan_stamp stamp = {{1, 2, 3, 4, 5, 6}};

struct packed {
	char *bytes;
	size_t len;
};

static int pack_sample(void **state)
{
	auto_plan struct plan *p = sample_plan();
	struct packed *k = calloc(1, sizeof(*k));

	if (!k)
		return -1;
	k->bytes = plan_pack(p, &stamp, &k->len);
	*state = k;
	return 0;
}

static int forget(void **state)
{
	struct packed *k = *state;

	free(k->bytes);
	free(k);
	return 0;
}

/* NULL where it is refused. */
static struct plan *unpack_of(const char *bytes, size_t len, const struct plan_stamp *of)
{
	auto_plan struct plan *p = plan_new("");

	return plan_unpack(p, bytes, len, of) ? steal_ptr(p) : NULL;
}

/* From a block of exactly that size, to be freed after the plan, so that what is read beyond it is seen. */
static struct plan *unpack(const char *bytes, size_t len, char **exact)
{
	*exact = malloc(len ? len : 1);
	assert_non_null(*exact);
	memcpy(*exact, bytes, len);
	return unpack_of(*exact, len, &stamp);
}

static void a_copy_is_what_the_document_says(void **state)
{
	const struct packed *k = *state;
	auto_plan struct plan *p = sample_plan();
	auto_free char *document = plan_write(p);
	auto_free char *exact = NULL;
	auto_plan struct plan *q = unpack(k->bytes, k->len, &exact);
	auto_free char *text = q ? plan_write(q) : NULL;

	assert_non_null(q);
	assert_string_equal(text, document);
	assert_int_equal(plan_verify(q, NULL), 0);
	assert_ptr_equal(q->links[0].origin.at, q->rules[0].origin.at); /* each text once */
}

static void a_small_plan_is_one_too(void **state)
{
	auto_plan struct plan *p = plan_new("empty");
	auto_free char *document = plan_write(p);
	size_t len;
	auto_free char *bytes = plan_pack(p, &stamp, &len), *exact = NULL;
	auto_plan struct plan *q = unpack(bytes, len, &exact);
	auto_free char *text = q ? plan_write(q) : NULL;

	assert_non_null(q);
	assert_string_equal(text, document);
	assert_null(q->title);
}

static void what_only_a_kernel_shows_is_left_out(void **state)
{
	auto_plan struct plan *p = sample_plan();
	auto_free char *bytes = NULL, *exact = NULL;
	auto_plan struct plan *q = NULL;
	size_t len;

	p->links[0].a.down = true;
	p->links[0].a.fault = p->bridges[0].fault = "mtu 1400";
	bytes = plan_pack(p, &stamp, &len);
	q = unpack(bytes, len, &exact);
	assert_non_null(q);
	assert_false(q->links[0].a.down);
	assert_null(q->links[0].a.fault);
	assert_null(q->bridges[0].fault);
}

static void copies_of_other_documents_are_refused(void **state)
{
	const struct packed *k = *state;

	for (size_t i = 0; i < sizeof(stamp.of) / sizeof(stamp.of[0]); i++) {
		struct plan_stamp other = stamp;

		other.of[i]++;
		assert_null(unpack_of(k->bytes, k->len, &other));
	}
}

static void a_part_is_refused(void **state)
{
	const struct packed *k = *state;

	for (size_t len = 0; len < k->len; len++) {
		auto_free char *exact = NULL;

		assert_null(unpack(k->bytes, len, &exact));
	}
}

static void a_bit_that_fell_over_is_seen(void **state)
{
	struct packed *k = *state;

	for (size_t i = 0; i < 8 * k->len; i++) {
		k->bytes[i / 8] ^= (char)(1 << i % 8);
		assert_null(unpack_of(k->bytes, k->len, &stamp));
		k->bytes[i / 8] ^= (char)(1 << i % 8);
	}
}

/* With the right sum over wrong bytes: refused, or a plan all of which may be looked at. */
static bool is_survived(const char *bytes, size_t len)
{
	auto_free char *copy = malloc(len);
	auto_plan struct plan *p = NULL;
	auto_free char *text = NULL;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	plan_pack_seal(copy, len);
	p = unpack_of(copy, len, &stamp);
	text = p ? plan_write(p) : NULL;
	if (p)
		(void)plan_verify(p, NULL); /* whatever it says of that */
	return p;
}

static void bytes_that_make_no_sense_do_no_harm(void **state)
{
	static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
	struct packed *k = *state;
	size_t taken = 0, refused = 0;

	for (size_t i = 0; i < k->len; i++)
		for (size_t v = 0; v < sizeof(values); v++) {
			const char was = k->bytes[i];

			k->bytes[i] = (char)values[v];
			if (is_survived(k->bytes, k->len))
				taken++;
			else
				refused++;
			k->bytes[i] = was;
		}
	/* both come up: another number is a plan, a text outside of the texts is none */
	assert_true(taken > 100);
	assert_true(refused > 100);
}

static void a_part_with_the_right_sum_is_refused(void **state)
{
	struct packed *k = *state;

	for (size_t len = 24; len < k->len; len++)
		assert_false(is_survived(k->bytes, len));
}

static void copies_by_other_tables_are_refused(void **state)
{
	struct packed *k = *state;

	assert_true(is_survived(k->bytes, k->len));
	k->bytes[16] ^= 1; /* the tables' hash, behind magic and sum */
	assert_false(is_survived(k->bytes, k->len));
	k->bytes[16] ^= 1;
	k->bytes[6]++; /* the version of the format */
	assert_false(is_survived(k->bytes, k->len));
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, pack_sample, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SAMPLE(a_copy_is_what_the_document_says),
		cmocka_unit_test(a_small_plan_is_one_too),
		cmocka_unit_test(what_only_a_kernel_shows_is_left_out),
		WITH_SAMPLE(copies_of_other_documents_are_refused),
		WITH_SAMPLE(a_part_is_refused),
		WITH_SAMPLE(a_bit_that_fell_over_is_seen),
		WITH_SAMPLE(bytes_that_make_no_sense_do_no_harm),
		WITH_SAMPLE(a_part_with_the_right_sum_is_refused),
		WITH_SAMPLE(copies_by_other_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
