// SPDX-License-Identifier: GPL-2.0-only
/* What is learned from the routes of a BGP daemon. */
#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "routing/feed.h"

static const struct ip_prefix ten = {0x0a000000, 8}, eleven = {0x0b000000, 8};

static struct routing_told told(struct ip_prefix dst, uint32_t metric)
{
	return (struct routing_told){
		.unicast = true, .protocol = 12, .table = 254, .metric = metric, .dst = dst};
}

static void expect_(struct routing_feed *f, const char *text, int line)
{
	struct strbuf b = {0};
	char buf[IP_PREFIX_STRLEN];
	size_t n;
	auto_free struct routing_offered *items = routing_feed_list(f, &n);

	for (size_t i = 0; i < n; i++)
		strbuf_printf(&b, "%s%s:%u", i ? " " : "", ip_prefix_format(items[i].prefix, buf),
			      items[i].cost);
	if (strcmp(strbuf_str(&b), text) != 0)
		fail_msg("line %d: \"%s\"", line, strbuf_str(&b));
	strbuf_done(&b);
}
#define expect(f, text) expect_((f), (text), __LINE__)

static bool comes(struct routing_feed *f, struct routing_told t)
{
	return routing_feed_route(f, &t);
}

static bool goes(struct routing_feed *f, struct routing_told t)
{
	t.gone = true;
	return routing_feed_route(f, &t);
}

static void each_prefix_counts_once_at_its_lowest_metric(void **state)
{
	struct routing_feed f = {.table = 254, .protocol = 12};

	assert_false(comes(&f, told(eleven, 33)));
	assert_true(f.changed);
	assert_false(comes(&f, told(ten, 40)));
	assert_false(comes(&f, told(ten, 34)));
	expect(&f, "10.0.0.0/8:34 11.0.0.0/8:33");
	f.changed = false;
	assert_false(comes(&f, told(ten, 34))); /* again */
	assert_false(f.changed);
	assert_true(goes(&f, told(ten, 34))); /* another may be left: only a dump tells */
	assert_true(f.changed);
	expect(&f, "10.0.0.0/8:40 11.0.0.0/8:33");
	routing_feed_clear(&f);
	expect(&f, "");
	routing_feed_done(&f);
}

static void what_others_do_is_of_no_matter(void **state)
{
	struct routing_feed f = {.table = 254, .protocol = 12};
	struct routing_told table = told(ten, 33), protocol = table, blackhole = table;

	table.table = 255;
	protocol.protocol = 4;
	blackhole.unicast = false;
	assert_false(comes(&f, table));
	assert_false(comes(&f, protocol));
	assert_false(comes(&f, blackhole));
	assert_false(goes(&f, told(ten, 33)));
	assert_false(f.changed);
	expect(&f, "");
	assert_false(comes(&f, told(ten, 33)));
	assert_false(goes(&f, table));
	assert_false(goes(&f, protocol));
	expect(&f, "10.0.0.0/8:33");
	/* unless they take its place, which the kernel tells in one event */
	protocol.replaces = true;
	assert_true(comes(&f, protocol));
	expect(&f, "");
	assert_false(comes(&f, told(ten, 33)));
	blackhole.replaces = true;
	assert_true(comes(&f, blackhole));
	expect(&f, "");
	routing_feed_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_prefix_counts_once_at_its_lowest_metric),
		cmocka_unit_test(what_others_do_is_of_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
