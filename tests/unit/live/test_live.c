// SPDX-License-Identifier: GPL-2.0-only
/* Counters and log lines of the shipped labs become what happens in their pictures. */
#include "live/live.h"

#include "base/cleanup.h"
#include "lib/compiled.h"

struct fixture {
	struct arena *arena;
	struct lab *lab;
	struct plan *plan;
	struct graph *graph;
	struct live *live;
};

static void open_source(struct fixture *f, const struct source *src, bool wire)
{
	auto_diags struct diag_list *diags = diag_list_new();
	struct lab *lab = parse_lab(src, NULL, diags);

	assert_non_null(lab);
	validate_lab(lab, diags);
	assert_int_equal(diag_errors(diags), 0);
	f->lab = lab;
	f->plan = compile_lab(lab, (struct compile_options){.no_netem = wire}, NULL);
	assert_non_null(f->plan);
	f->graph = graph_build(lab, &(struct graph_options){0});
	graph_layout(f->graph, &graph_pixels);
	f->live = live_new(f->graph, f->plan);
}

static void open_lab(struct fixture *f, const char *name, bool wire)
{
	char path[64];
	const struct source *src;

	(void)snprintf(path, sizeof(path), "labs/%s/lab.yaml", name);
	f->arena = arena_new(0);
	src = parse_source_read(f->arena, path, NULL);
	assert_non_null(src);
	open_source(f, src, wire);
}

static void close_lab(struct fixture *f)
{
	live_free(f->live);
	graph_free(f->graph);
	plan_free(f->plan);
	lab_free(f->lab);
	arena_free(f->arena);
}

static size_t link_of(const struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->graph->n_links; i++)
		if (!strcmp(f->graph->links[i]->id, id))
			return i;
	fail_msg("no link %s", id);
	return 0;
}

static size_t box_of(const struct fixture *f, const char *id)
{
	for (size_t i = 0; i < f->graph->n_boxes; i++)
		if (!strcmp(f->graph->boxes[i]->id, id))
			return i;
	fail_msg("no box %s", id);
	return 0;
}

static bool is_end(const struct plan_end *e, const char *ns, const char *dev)
{
	return ns && !strcmp(e->ns, ns) && !strcmp(e->dev, dev);
}

/* All devices of the plan are seen, up; one has counted this, and the other end of its cable the same. */
static void see_all(const struct fixture *f, const char *ns, const char *dev, uint64_t tx,
		    uint64_t rx, uint64_t drops, bool up)
{
	const struct plan *p = f->plan;

	for (size_t i = 0; i < p->n_links; i++)
		for (int b = 0; b < 2; b++) {
			const struct plan_end *e = b ? &p->links[i].b : &p->links[i].a;
			const struct plan_end *peer = b ? &p->links[i].a : &p->links[i].b;
			bool it = is_end(e, ns, dev), other = is_end(peer, ns, dev);

			live_see(f->live, e->ns, e->dev,
				 &(struct plan_counters){.up = !it || up,
							 .carrier = (!it && !other) || up,
							 .tx_bytes = it      ? tx
								     : other ? rx
									     : 0,
							 .rx_bytes = it      ? rx
								     : other ? tx
									     : 0,
							 .drops = it || other ? drops : 0});
		}
	for (size_t i = 0; i < p->n_bridges; i++) {
		bool it = ns && !strcmp(p->bridges[i].ns, ns) && !strcmp(p->bridges[i].dev, dev);

		live_see(f->live, p->bridges[i].ns, p->bridges[i].dev,
			 &(struct plan_counters){.up = !it || up, .carrier = true});
	}
}

/* Which device's counters are which link's, with and without netem: the wire changes nothing. */
static void every_link_has_its_device(void **state)
{
	static const struct {
		const char *lab, *link, *ns, *dev; /* at its beginning */
		bool turned;                       /* at its end */
	} rows[] = {
		{"scenario1", "invoke.gateway.apigw-1.function.hello", "svc.cn-hangzhou", "apigw-1",
		 true},
		{"scenario1", "attachment.vpc.vpc-3.tr.cen-1.cn-beijing", "vpc-3", "cen-1", false},
		{"scenario1", "peer.tr.cen-1.cn-hangzhou.tr.cen-1.cn-beijing", "cen-1.cn-hangzhou",
		 "cn-beijing", false},
		{"scenario1", "peer.tr.cen-1.cn-hangzhou.tr.cen-1.cn-beijing", "cen-1.cn-beijing",
		 "cn-hangzhou", true},
		{"scenario1", "bind.gateway.apigw-1.vpc.vpc-1", "vpc-1", "apigw-1", true},
		{"scenario3", "reach.gateway.apigw-1.vpc.vpc-1", "vpc-1", "access.apigw-1", true},
		{"hybrid", "line.vbr.vbr-1.circuit.pc-1", "vbr-1", "pc-1.110", false},
		{"hybrid", "line.circuit.pc-1.cpe.idc-1.to-cloud", "idc-1", "pc-1.110", true},
		{"hybrid", "interface.gateway.apigw-1.vpc.vpc-1", "vpc-1", "apigw-1.eni", true},
		{"hybrid", "public.internet.Internet.gateway.apigw-1", "internet", "apigw-1",
		 false},
	};

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		struct fixture f;
		const struct live_flow *flow;
		const bool wire = i % 2;
		size_t k = i / 2;

		open_lab(&f, rows[k].lab, wire);
		flow = live_link(f.live, link_of(&f, rows[k].link));
		see_all(&f, NULL, NULL, 0, 0, 0, true);
		live_tick(f.live, 1000);
		assert_int_equal(flow->state, LIVE_UP);
		see_all(&f, rows[k].ns, rows[k].dev, 1000, 125, 6, true);
		live_tick(f.live, 3000);
		if (rows[k].turned ? flow->back != 4000 : flow->there != 4000)
			fail_msg("%s of %s by %s/%s: %d there, %d back", rows[k].link, rows[k].lab,
				 rows[k].ns, rows[k].dev, (int)flow->there, (int)flow->back);
		assert_true(flow->drops == 3 || flow->drops == 6);
		see_all(&f, rows[k].ns, rows[k].dev, 1000, 125, 6, false);
		live_tick(f.live, 4000);
		assert_int_equal(flow->there + flow->back + flow->drops, 0);
		assert_int_equal(flow->state, LIVE_DOWN);
		close_lab(&f);
	}
}

static void what_is_not_seen_is_missing(void **state)
{
	struct fixture f;
	const struct live_flow *flow;

	open_lab(&f, "scenario1", false);
	flow = live_link(f.live, link_of(&f, "bind.gateway.apigw-1.vpc.vpc-1"));
	assert_int_equal(flow->state, LIVE_UNKNOWN);
	live_tick(f.live, 1000);
	assert_int_equal(flow->state, LIVE_MISSING);
	see_all(&f, "vpc-1", "apigw-1", 5000, 0, 0, true);
	live_tick(f.live, 2000);
	assert_int_equal(flow->state, LIVE_UP);
	assert_int_equal(flow->back, 0); /* what was counted before it was seen */
	see_all(&f, "vpc-1", "apigw-1", 100, 0, 0, true);
	live_tick(f.live, 3000);
	assert_int_equal(flow->back, 0); /* made anew: it counts from the beginning */
	close_lab(&f);
}

/* A circuit is cut by its carrier's bridge, while all its ports are up. */
static void a_bridge_that_is_down_cuts_a_circuit(void **state)
{
	struct fixture f;

	open_lab(&f, "dual-circuit", true);
	see_all(&f, "pc-1", "vlan110", 0, 0, 0, false);
	live_tick(f.live, 1000);
	assert_int_equal(live_box(f.live, box_of(&f, "circuit.pc-1"))->state, LIVE_DOWN);
	assert_int_equal(live_box(f.live, box_of(&f, "circuit.pc-2"))->state, LIVE_UP);
	assert_int_equal(live_link(f.live, link_of(&f, "line.vbr.vbr-1.circuit.pc-1"))->state,
			 LIVE_DOWN);
	assert_int_equal(live_link(f.live, link_of(&f, "line.vbr.vbr-2.circuit.pc-2"))->state,
			 LIVE_UP);
	close_lab(&f);
}

static void nodes_and_limits(void **state)
{
	struct fixture f;
	const struct live_flow *flow;
	size_t n;
	const char *const *ns;

	open_lab(&f, "scenario1", false);
	see_all(&f, NULL, NULL, 0, 0, 0, true);
	live_tick(f.live, 1000);
	see_all(&f, "vpc-3", "ecs-3", 250, 125000, 0, true);
	live_tick(f.live, 2000);
	flow = live_box(f.live, box_of(&f, "ecs.ecs-3")); /* the other end of its cable is read */
	assert_int_equal(flow->there, 1000000);
	assert_int_equal(flow->back, 2000);
	see_all(&f, "cen-1.cn-hangzhou", "cn-beijing", 187500, 0, 0, true);
	live_tick(f.live, 3000);
	flow = live_link(f.live, link_of(&f, "peer.tr.cen-1.cn-hangzhou.tr.cen-1.cn-beijing"));
	assert_int_equal(flow->limit_there, 2000000);
	assert_int_equal(flow->limit_back, 2000000);
	assert_int_equal(live_load(flow), 75);
	ns = live_namespaces(f.live, &n);
	for (size_t i = 0; i < n; i++)
		assert_string_not_equal(ns[i], "ecs-3");
	close_lab(&f);
}

/* One reading of everything after another; k is what one device of the plan has counted. */
static void see_one(const struct fixture *f, const char *ns, const char *dev,
		    const struct plan_counters *k)
{
	see_all(f, NULL, NULL, 0, 0, 0, true);
	live_see(f->live, ns, dev, k);
}

static const char peer[] = "peer.tr.cen-1.cn-hangzhou.tr.cen-1.cn-beijing";

/* The picture as it is told, of the same lab. */
static struct graph *told(const struct fixture *f, bool steady)
{
	struct graph *g = graph_build(f->lab, &(struct graph_options){0});

	live_draw(f->live, g, steady);
	return g;
}

static void load_and_loss_are_told(void **state)
{
	static const struct {
		uint64_t bytes, packets, drops; /* of a second */
		const char *text;
		enum graph_tone tone;
	} rows[] = {
		{0, 0, 0, "idle", GRAPH_IDLE},
		{1250, 10, 0, "→ 10.0 kbit/s of 2 Mbit/s, 0.0 % lost", GRAPH_FLOWING},
		{62500, 100, 0, "→ 0.50 of 2 Mbit/s, 0.0 % lost", GRAPH_FLOWING},
		{156250, 100, 0, "→ 1.25 of 2 Mbit/s, 0.0 % lost", GRAPH_BUSY},
		{250000, 200, 0, "→ 2.00 of 2 Mbit/s, 0.0 % lost", GRAPH_FULL},
		{62500, 99, 1, "→ 0.50 of 2 Mbit/s, 1.0 % lost", GRAPH_FULL},
		{0, 0, 5, "→ 0 bit/s of 2 Mbit/s, 100.0 % lost", GRAPH_FULL},
	};
	struct plan_counters k = {.up = true, .carrier = true};
	struct fixture f;
	uint64_t now = 1000;

	open_lab(&f, "scenario1", false);
	see_one(&f, "cen-1.cn-hangzhou", "cn-beijing", &k);
	live_tick(f.live, now);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_graph struct graph *g = NULL;
		const struct graph_link *l;

		k.tx_bytes += rows[i].bytes;
		k.tx_packets += rows[i].packets;
		k.drops += rows[i].drops;
		see_one(&f, "cen-1.cn-hangzhou", "cn-beijing", &k);
		live_tick(f.live, now += 1000);
		g = told(&f, false);
		l = g->links[link_of(&f, peer)];
		assert_string_equal(l->label[l->n_label - 1], rows[i].text);
		assert_int_equal(l->live.tone, rows[i].tone);
		assert_int_equal(l->n_live, 1);
	}
	close_lab(&f);
}

/* A picture that is drawn over another one has the same places, whatever is told. */
static void steady_pictures_have_the_same_size(void **state)
{
	struct plan_counters k = {.up = true, .carrier = true};
	struct fixture f;
	int width = 0;

	open_lab(&f, "scenario1", false);
	for (uint64_t i = 1; i < 4; i++) {
		auto_graph struct graph *steady = NULL, *loose = NULL;

		see_one(&f, "cen-1.cn-hangzhou", "cn-beijing", &k);
		live_tick(f.live, 1000 * i);
		steady = told(&f, true);
		loose = told(&f, false);
		graph_layout(steady, &graph_cells);
		graph_layout(loose, &graph_cells);
		width = i == 1 ? steady->size.w : width;
		assert_int_equal(steady->size.w, width);
		assert_true(loose->size.w < width);
		k.tx_bytes += 12345 * i * i;
	}
	close_lab(&f);
}

static void a_link_that_is_cut_is_down(void **state)
{
	struct fixture f;
	auto_graph struct graph *g = NULL;

	open_lab(&f, "scenario1", false);
	live_free(f.live);
	*plan_add_filter(f.plan) = (struct plan_filter){.ns = "cen-1.cn-hangzhou",
							.table = PLAN_CUT "cn-beijing",
							.text = "",
							.origin.resource = "links.x"};
	f.live = live_new(f.graph, f.plan);
	see_all(&f, NULL, NULL, 0, 0, 0, true);
	live_tick(f.live, 1000);
	assert_int_equal(live_link(f.live, link_of(&f, peer))->state, LIVE_DOWN);
	g = told(&f, false);
	assert_int_equal(g->links[link_of(&f, peer)]->live.tone, GRAPH_BROKEN);
	assert_string_equal(g->links[link_of(&f, peer)]->label[2], "down");
	assert_int_equal(
		g->links[link_of(&f, "attachment.vpc.vpc-3.tr.cen-1.cn-beijing")]->live.tone,
		GRAPH_IDLE);
	close_lab(&f);
}

/* 15 ms each way: of 1000 packets per second 15 are on their way, and those are not lost. */
static void a_wire_loses_what_did_not_come_out(void **state)
{
	static const struct {
		uint64_t sent, came; /* so far */
		unsigned int lost;
	} rows[] = {
		{1000, 985, 0},    /* the wire is full now */
		{2000, 1985, 0},   /* as many as before */
		{3000, 2885, 100}, /* 100 of them did not come, less what may still be there */
		{4000, 3785, 100}, {4000, 3800, 0}, /* what was on its way came */
	};
	struct plan_counters out = {.up = true, .carrier = true}, in = out;
	struct fixture f;
	const struct live_flow *flow;

	open_lab(&f, "scenario1", true);
	flow = live_link(f.live, link_of(&f, peer));
	see_all(&f, NULL, NULL, 0, 0, 0, true);
	live_tick(f.live, 1000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		out.tx_packets = rows[i].sent;
		in.rx_packets = rows[i].came;
		see_one(&f, "cen-1.cn-hangzhou", "cn-beijing", &out);
		live_see(f.live, "cen-1.cn-beijing", "cn-hangzhou", &in);
		live_tick(f.live, 2000 + 1000 * i);
		assert_in_range(flow->lost_there, rows[i].lost - (rows[i].lost ? 5 : 0),
				rows[i].lost);
		assert_int_equal(flow->lost_back, 0);
	}
	close_lab(&f);
}

static void only_news_is_told(void **state)
{
	struct fixture f;
	json_t *rates;

	open_lab(&f, "scenario1", false);
	see_all(&f, NULL, NULL, 0, 0, 0, true);
	live_tick(f.live, 1000);
	rates = live_rates(f.live, true);
	assert_int_equal(json_array_size(json_object_get(rates, "links")), f.graph->n_links);
	json_decref(rates);
	see_all(&f, NULL, NULL, 0, 0, 0, true);
	live_tick(f.live, 2000);
	assert_null(live_rates(f.live, true));
	see_all(&f, "vpc-3", "cen-1", 123456, 0, 0, true);
	live_tick(f.live, 3000);
	rates = live_rates(f.live, true);
	assert_int_equal(json_array_size(json_object_get(rates, "links")), 1);
	assert_int_equal(json_integer_value(json_array_get(
				 json_array_get(json_object_get(rates, "links"), 0), 1)),
			 987000); /* three digits */
	json_decref(rates);
	close_lab(&f);
}

static void calls_go_from_box_to_box(void **state)
{
	static const char line[] =
		"{\"requestId\":\"R\",\"requestHandleTime\":\"T\",\"apiName\":\"stock\","
		"\"httpMethod\":\"GET\",\"path\":\"/stock/7\",\"clientIp\":\"10.10.1.30\","
		"\"statusCode\":200,\"backendAddress\":\"192.168.1.10:8080\",\"totalLatency\":31}";
	static const char *const none[] = {"", "labctl-gateway: ready", "{}", "{\"requestId\":1}",
					   "{\"requestId\":\"R\""};
	struct fixture f;
	json_t *call;

	open_lab(&f, "hybrid", false);
	call = live_call(f.live, "apigw-1", line);
	assert_int_equal(json_integer_value(json_object_get(call, "from")),
			 box_of(&f, "host.idc-client"));
	assert_int_equal(json_integer_value(json_object_get(call, "gateway")),
			 box_of(&f, "gateway.apigw-1"));
	assert_int_equal(json_integer_value(json_object_get(call, "to")), box_of(&f, "ecs.ecs-3"));
	assert_int_equal(json_integer_value(json_object_get(call, "status")), 200);
	json_decref(call);
	assert_int_equal(live_box_at(f.live, 0x64645001), box_of(&f, "function.hello"));
	assert_int_equal(live_box_at(f.live, 0x08080808), SIZE_MAX);
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_null(live_call(f.live, "apigw-1", none[i]));
	close_lab(&f);
}

static void the_scene_is_the_picture(void **state)
{
	struct fixture f;
	json_t *scene, *box, *apis;

	open_lab(&f, "hybrid", false);
	scene = live_scene(f.live);
	assert_int_equal(json_array_size(json_object_get(scene, "boxes")), f.graph->n_boxes);
	assert_int_equal(json_array_size(json_object_get(scene, "links")), f.graph->n_links);
	box = json_array_get(json_object_get(scene, "boxes"), box_of(&f, "tr.cen-1.cn-beijing"));
	assert_string_equal(json_string_value(json_object_get(box, "ns")), "cen-1.cn-beijing");
	assert_int_equal(json_integer_value(json_object_get(box, "in")),
			 box_of(&f, "region.cn-beijing"));
	apis = json_object_get(scene, "apis");
	assert_int_equal(json_array_size(apis), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(apis, 0), "function")),
			    "hello");
	assert_null(json_object_get(json_array_get(apis, 1), "function"));
	json_decref(scene);
	close_lab(&f);
}

/* Of many instances one box is drawn: it stands for all of them. */
static void a_crowd_is_one_box(void **state)
{
	static const char text[] =
		"lab: crowd\nregions:\n  cn-hangzhou: {zones: [h]}\n"
		"vpcs:\n  vpc-1:\n    region: cn-hangzhou\n    cidr_block: 10.0.0.0/16\n"
		"    vswitches:\n      vsw-1: {zone: h, cidr_block: 10.0.0.0/24}\n"
		"security_groups:\n  sg-1: {vpc: vpc-1}\necs:\n"
		"  a: {vswitch: vsw-1, security_groups: [sg-1]}\n"
		"  b: {vswitch: vsw-1, security_groups: [sg-1]}\n"
		"  c: {vswitch: vsw-1, security_groups: [sg-1]}\n"
		"  d: {vswitch: vsw-1, security_groups: [sg-1]}\n"
		"  e: {vswitch: vsw-1, security_groups: [sg-1]}\n";
	const struct source src = {"lab.yaml", text, sizeof(text) - 1};
	struct fixture f = {.arena = arena_new(0)};
	size_t box;

	open_source(&f, &src, false);
	box = box_of(&f, "ecs.many.vswitch.vsw-1");
	assert_int_equal(f.graph->boxes[box]->n_members, 5);
	assert_int_equal(live_box_of(f.live, "c"), box);
	see_all(&f, NULL, NULL, 0, 0, 0, true);
	live_tick(f.live, 1000);
	see_all(&f, "vpc-1", "e", 0, 1250, 0, true);
	live_tick(f.live, 2000);
	assert_int_equal(live_box(f.live, box)->there, 10000);
	close_lab(&f);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void a_node_with_the_lines_that_made_it(void **state)
{
	static const char *const drift[] = {"route x: missing"}, *const log[] = {"fine", "\xff"};
	struct fixture f;
	struct live_route routes[2];
	struct live_node n = {.ns = "vpc-3", .drift = drift, .n_drift = 1, .log = log, .n_log = 2};
	json_t *json;

	open_lab(&f, "scenario1", false);
	for (size_t i = 0; i < f.plan->n_routes; i++)
		if (!strcmp(f.plan->routes[i].ns, "vpc-3"))
			routes[0] = (struct live_route){.table = f.plan->routes[i].table,
							.dst = f.plan->routes[i].dst,
							.metric = f.plan->routes[i].metric,
							.protocol = PLAN_PROTO_CEN};
	routes[1] = (struct live_route){.table = 254, .dst = {0x0a000000, 8}, .protocol = 4};
	n.observed = f.plan;
	n.routes = routes;
	n.n_routes = 2;
	json = live_node(f.live, &n);
	assert_string_equal(text_of(json, "role"), "vpc");
	assert_int_equal(json_array_size(json_object_get(json, "devices")), 3);
	assert_true(json_array_size(json_object_get(json, "addresses")) > 0);
	assert_string_equal(text_of(json_array_get(json_object_get(json, "routes"), 0), "source"),
			    "transit router");
	assert_non_null(strstr(text_of(json_array_get(json_object_get(json, "routes"), 0), "at"),
			       "lab.yaml:"));
	assert_string_equal(text_of(json_array_get(json_object_get(json, "routes"), 1), "source"),
			    "other");
	assert_string_equal(text_of(json_array_get(json_object_get(json, "routes"), 1), "at"), "");
	assert_int_equal(json_array_size(json_object_get(json, "log")), 2);
	json_decref(json);
	close_lab(&f);
}

static void the_lesson_has_its_places(void **state)
{
	auto_progress struct lesson_progress p = {0};
	struct fixture f;
	json_t *lesson, *places;

	open_lab(&f, "scenario1", false);
	lesson_move(&p, f.lab->steps[0].id.name);
	lesson_pass(&p);
	lesson = live_lesson(f.lab, &p, NULL, 0);
	places = json_object_get(lesson, "places");
	assert_string_equal(text_of(json_array_get(places, 0), "id"), LAB_BASE);
	assert_true(json_is_true(json_object_get(json_array_get(places, 1), "done")));
	assert_true(json_is_true(json_object_get(json_array_get(places, 1), "here")));
	assert_true(json_is_true(json_object_get(lesson, "next")));
	assert_string_equal(text_of(json_object_get(lesson, "here"), "id"),
			    f.lab->steps[0].id.name);
	json_decref(lesson);
	lesson_move(&p, f.lab->steps[f.lab->n_steps - 1].id.name);
	lesson = live_lesson(f.lab, &p, NULL, 0);
	assert_true(json_is_false(json_object_get(lesson, "next")));
	assert_true(json_is_true(json_object_get(lesson, "back")));
	json_decref(lesson);
	close_lab(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_has_its_device),
		cmocka_unit_test(what_is_not_seen_is_missing),
		cmocka_unit_test(a_bridge_that_is_down_cuts_a_circuit),
		cmocka_unit_test(nodes_and_limits),
		cmocka_unit_test(load_and_loss_are_told),
		cmocka_unit_test(steady_pictures_have_the_same_size),
		cmocka_unit_test(a_link_that_is_cut_is_down),
		cmocka_unit_test(a_wire_loses_what_did_not_come_out),
		cmocka_unit_test(only_news_is_told),
		cmocka_unit_test(calls_go_from_box_to_box),
		cmocka_unit_test(the_scene_is_the_picture),
		cmocka_unit_test(a_crowd_is_one_box),
		cmocka_unit_test(a_node_with_the_lines_that_made_it),
		cmocka_unit_test(the_lesson_has_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
