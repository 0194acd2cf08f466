// SPDX-License-Identifier: GPL-2.0-only
/* Lines on a kernel without netem: what stands where, and what labctl-wire is told. */
#include "unit/compile/hybrid.h"

#define PAIR                                                               \
	"region_pairs: {p: {regions: [r1, r2], rtt: 50ms, jitter: 2ms}}\n" \
	"cen: {c: {attachments: {v: {vpc: v}, w: {vpc: w}}}}\n"

static int without_netem(void **state)
{
	compiled_options.no_netem = true;
	return 0;
}

static void assert_cut(const struct plan *p, const char *ns, const char *dev, const char *port)
{
	const struct plan_end *far = far_end(p, ns, dev);

	assert_non_null(far);
	assert_string_equal(far->ns, "wire");
	assert_string_equal(far->dev, port);
}

static void a_circuit_is_cut_before_the_vbr(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(", jitter: 1ms"), VBR(""), IDC(""));
	const struct plan_shaper *vbr = shaper_of(p, "b", "pc.10"),
				 *cpe = shaper_of(p, "idc", "pc.10");

	assert_cut(p, "b", "pc.10", "b.pc.10");
	assert_cut(p, "pc", "b.10", "pc.b.10");
	assert_string_equal(near_end(p, "pc", "b.10")->master, "vlan10");
	/* the customer's end is at the line as ever: one cut delays both ways */
	assert_string_equal(far_end(p, "idc", "pc.10")->ns, "pc");
	assert_string_equal(plan_find_namespace(p, "wire")->role, "wire");
	assert_false(plan_find_namespace(p, "wire")->router);
	/* rates stay where they were */
	assert_int_equal(vbr->rate, 1000000000);
	assert_int_equal(cpe->rate, 1000000000);
	assert_int_equal(vbr->delay_us + vbr->jitter_us + cpe->delay_us + cpe->jitter_us, 0);
	assert_has(p->summary, "\"wire\":[\"b.pc.10\"]");
	assert_has(p->summary, "delay of 1 line in user space");
}

static void a_pair_of_regions_too(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, PAIR);
	unsigned char mac[6];

	assert_cut(p, "c.r1", "r2", "c.r1.r2");
	assert_cut(p, "c.r2", "r1", "c.r2.r1");
	assert_int_equal(shaper_of(p, "c.r1", "r2")->delay_us, 0);
	/* neighbours are those behind the wire */
	name_mac("t", "c.r2", "r1", mac);
	for (size_t i = 0; i < p->n_neighbours; i++)
		if (strcmp(p->neighbours[i].ns, "c.r1") == 0 &&
		    strcmp(p->neighbours[i].dev, "r2") == 0)
			assert_memory_equal(p->neighbours[i].mac, mac, 6);
	assert_has(config_of(p, "wire"),
		   "{\"a\":\"c.r1.r2\",\"b\":\"c.r2.r1\",\"delay_us\":25000,"
		   "\"hold\":1048576,\"jitter_us\":1000,\"name\":\"c.r1.r2\"}");
}

static void one_worker_has_all_lines(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(""), IDC(""), PAIR);
	const struct plan_worker *w = plan_find_worker(p, "wire");

	assert_non_null(w);
	assert_string_equal(w->program, "labctl-wire");
	assert_string_equal(w->ns, "wire");
	assert_int_equal(w->privilege, PLAN_PRIVILEGE_PROMPT);
	assert_int_equal(w->n_sockets, 5);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(w->sockets[i].type, PLAN_PACKET);
		assert_non_null(far_end(p, "wire", w->sockets[i].name)); /* its device */
	}
	assert_int_equal(w->sockets[4].type, PLAN_MEMORY);
	assert_has(w->config, "\"lab\":\"t\"");
	assert_has(p->summary, "delay of 2 lines in user space");
}

/* 1 Gbit/s over 4 ms and 1 ms of jitter: twice 312,500 bytes, and 100 ms of queue. */
static void it_holds_twice_what_fits_on_the_line(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(", jitter: 1ms"), VBR(""), IDC(""));

	assert_has(config_of(p, "wire"), "\"hold\":13125000,");
}

static void no_delay_no_wire(void **state)
{
	auto_plan struct plan *p = PLAN(
		CLOUD, "physical_connections: {pc: {region: r1, rtt: 0ms}}\n", VBR(""), IDC(""));

	assert_null(plan_find_namespace(p, "wire"));
	assert_null(plan_find_worker(p, "wire"));
	assert_string_equal(far_end(p, "b", "pc.10")->ns, "pc");
	assert_lacks(p->summary, "wire");
}

static void loss_alone_is_enough(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, "physical_connections: {pc: {region: r1, rtt: 0ms, loss: 3%}}\n",
		     VBR(""), IDC(""));

	assert_has(config_of(p, "wire"), "\"loss_ppm\":30000");
	assert_int_equal(shaper_of(p, "b", "pc.10")->loss_ppm, 0);
	/* frames are cut where they enter, so that one at a time is lost */
	assert_int_equal(near_end(p, "b", "pc.10")->gso_segs, 1);
	assert_int_equal(near_end(p, "pc", "b.10")->gso_segs, 1);
}

static void a_sound_line_batches(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(""), IDC(""));

	assert_int_equal(near_end(p, "b", "pc.10")->gso_segs, 0);
	assert_int_equal(near_end(p, "pc", "b.10")->gso_segs, 0);
}

/* Names that no interface could have: each gets one of its own, and the same again. */
static void long_names_get_short_ports(void **state)
{
#define REGIONS                                                                    \
	"lab: t\nregions: {cn-hangzhou: {zones: [h]}, cn-beijing: {zones: [a]}}\n" \
	"vpcs:\n"                                                                  \
	"  v: {region: cn-hangzhou, cidr_block: 10.1.0.0/16}\n"                    \
	"  w: {region: cn-beijing, cidr_block: 10.2.0.0/16}\n"                     \
	"cen: {c: {attachments: {v: {vpc: v}, w: {vpc: w}}}}\n"
	auto_plan struct plan *p = PLAN(REGIONS), *again = PLAN(REGIONS);
	const struct plan_end *a = far_end(p, "c.cn-hangzhou", "cn-beijing");
	const struct plan_end *b = far_end(p, "c.cn-beijing", "cn-hangzhou");

	assert_memory_equal(a->dev, "line_", 5);
	assert_int_equal(strlen(a->dev), 15);
	assert_string_not_equal(a->dev, b->dev);
	assert_string_equal(a->alias, "line at c.cn-hangzhou.cn-beijing");
	assert_string_equal(far_end(again, "c.cn-hangzhou", "cn-beijing")->dev, a->dev);
}

static void who_has_netem_has_no_wire(void **state)
{
	auto_plan struct plan *p = NULL;

	compiled_options.no_netem = false;
	p = PLAN(CLOUD, LINE(""), VBR(""), IDC(""), PAIR);
	compiled_options.no_netem = true;
	assert_null(plan_find_worker(p, "wire"));
	assert_int_equal(shaper_of(p, "b", "pc.10")->delay_us, 2000);
	assert_string_equal(far_end(p, "c.r1", "r2")->ns, "c.r2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_circuit_is_cut_before_the_vbr),
		cmocka_unit_test(a_pair_of_regions_too),
		cmocka_unit_test(one_worker_has_all_lines),
		cmocka_unit_test(it_holds_twice_what_fits_on_the_line),
		cmocka_unit_test(no_delay_no_wire),
		cmocka_unit_test(loss_alone_is_enough),
		cmocka_unit_test(a_sound_line_batches),
		cmocka_unit_test(long_names_get_short_ports),
		cmocka_unit_test(who_has_netem_has_no_wire),
	};

	return cmocka_run_group_tests(tests, without_netem, NULL);
}
