// SPDX-License-Identifier: GPL-2.0-only
/** Places: whatever the lab, texts lie apart, in their boxes, and boxes in theirs. */
#include "drawn.h"

#include <stdlib.h>

/* All faults are told, and counted. */
static size_t faults;

#define fault(...) (print_error(__VA_ARGS__), print_error("\n"), faults++)

struct words {
	struct graph_area at[4096];
	const char *s[4096];
	const struct graph_box *of[4096]; /* NULL: a label */
	size_t n;
};

static bool overlap(const struct graph_area *a, const struct graph_area *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static bool inside(const struct graph_area *a, const struct graph_area *outer)
{
	return a->x >= outer->x && a->y >= outer->y && a->x + a->w <= outer->x + outer->w &&
	       a->y + a->h <= outer->y + outer->h;
}

static void add(struct words *all, struct graph_area at, const char *s, const struct graph_box *of)
{
	if (!*s)
		return;
	assert_in_range(all->n, 0, 4095);
	all->at[all->n] = at;
	all->s[all->n] = s;
	all->of[all->n++] = of;
}

static void collect(struct words *all, const struct graph *g, const struct graph_metrics *m)
{
	struct graph_word w;

	all->n = 0;
	for (size_t i = 0; i < g->n_boxes; i++)
		for (size_t j = 0; graph_word_at(g->boxes[i], j, m, &w); j++)
			add(all,
			    (struct graph_area){w.x, w.y,
						m->width(w.mark, w.font) + m->width(w.s, w.font),
						j > 1 ? m->line_height : m->name_height},
			    w.s, g->boxes[i]);
	for (size_t i = 0; i < g->n_links; i++)
		for (size_t j = 0; j < g->links[i]->n_label; j++)
			add(all, g->links[i]->label_at[j], g->links[i]->label[j], NULL);
}

static void check_words(const struct graph *g, const struct words *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (all->of[i] && !inside(&all->at[i], &all->of[i]->at))
			fault("%s: '%s' is not in its box", g->lab, all->s[i]);
		if (!inside(&all->at[i], &g->size))
			fault("%s: '%s' is not in the picture", g->lab, all->s[i]);
		for (size_t j = 0; j < i; j++)
			if (overlap(&all->at[i], &all->at[j]))
				fault("%s: '%s' lies on '%s'", g->lab, all->s[i], all->s[j]);
	}
}

static void check_boxes(const struct graph *g)
{
	for (size_t i = 0; i < g->n_boxes; i++) {
		const struct graph_box *b = g->boxes[i];

		if (b->parent && !inside(&b->at, &b->parent->at))
			fault("%s: %s is not in %s", g->lab, b->id, b->parent->id);
		for (size_t j = 0; j < i; j++)
			if (b->parent == g->boxes[j]->parent && overlap(&b->at, &g->boxes[j]->at))
				fault("%s: %s lies on %s", g->lab, b->id, g->boxes[j]->id);
	}
}

/* A piece of a link as the area that it takes. */
static struct graph_area piece(const struct graph_link *l, size_t i)
{
	struct graph_point a = l->points[i], b = l->points[i + 1];

	if (a.x != b.x && a.y != b.y)
		fault("%s has a slanting piece", l->id);
	return (struct graph_area){a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y, abs(a.x - b.x) + 1,
				   abs(a.y - b.y) + 1};
}

static bool touches(const struct graph_box *b, struct graph_point p)
{
	return p.x >= b->at.x && p.x <= b->at.x + b->at.w && p.y >= b->at.y &&
	       p.y <= b->at.y + b->at.h;
}

static void check_links(const struct graph *g, const struct words *all)
{
	for (size_t i = 0; i < g->n_links; i++) {
		const struct graph_link *l = g->links[i];

		if (!touches(l->from, l->points[0]) || !touches(l->to, l->points[l->n_points - 1]))
			fault("%s: %s does not end at its boxes", g->lab, l->id);
		for (size_t j = 0; j + 1 < l->n_points; j++) {
			struct graph_area at = piece(l, j);

			for (size_t k = 0; k < all->n; k++)
				if (overlap(&at, &all->at[k]))
					fault("%s: %s goes through '%s'", g->lab, l->id, all->s[k]);
		}
	}
}

/* links: whether they may not go through texts either; in labs of any shape they sometimes must */
static void check_picture(struct graph *g, bool links)
{
	static const struct graph_metrics *const media[] = {&graph_pixels, &graph_cells};
	struct words *all = calloc(1, sizeof(*all));

	for (size_t i = 0; i < ARRAY_LEN(media); i++) {
		graph_layout(g, media[i]);
		collect(all, g, media[i]);
		check_words(g, all);
		check_boxes(g);
		if (links)
			check_links(g, all);
	}
	free(all);
}

static void shipped_labs(void **state)
{
	static const char *const labs[] = {"scenario1", "scenario2", "scenario3", "hybrid",
					   "dual-circuit"};

	(void)state;
	faults = 0;
	for (size_t i = 0; i < ARRAY_LEN(labs); i++) {
		auto_arena struct arena *a = arena_new(0);
		const struct source *src =
			parse_source_read(a, arena_printf(a, "labs/%s/lab.yaml", labs[i]), NULL);
		auto_diags struct diag_list *diags = diag_list_new();
		auto_lab struct lab *lab = parse_lab(src, NULL, diags);
		auto_graph struct graph *before = drawn_source(src, LAB_BASE, false);

		check_picture(before, true);
		for (size_t j = 0; j < lab->n_steps; j++) {
			auto_graph struct graph *g = drawn_source(src, lab->steps[j].id.name,
								  false);

			graph_compare(g, before, lab->steps[j].id.name);
			check_picture(g, true);
			graph_free(before);
			before = drawn_source(src, lab->steps[j].id.name, false);
		}
	}
	assert_int_equal(faults, 0);
}

/* --- labs of many shapes --- */

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

static void add_nodes(struct strbuf *b, unsigned vpcs, unsigned ecs)
{
	strbuf_add(b, "security_groups:\n");
	for (unsigned v = 0; v < vpcs; v++)
		strbuf_printf(b, "  sg-%u: {vpc: vpc-%u}\n", v, v);
	strbuf_add(b, "ecs:\n");
	for (unsigned v = 0; v < vpcs; v++)
		for (unsigned e = 0; e < ecs; e++)
			strbuf_printf(b,
				      "  ecs-%u-%u: {vswitch: vsw-%u, security_groups: [sg-%u]}\n",
				      v, e, v, v);
}

static void add_circuits(struct strbuf *b, unsigned n)
{
	strbuf_add(b, "physical_connections:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(b, "  a-leased-line-with-a-long-n-%u: {region: r-%u}\n", i, i % 2);
	strbuf_add(b, "virtual_border_routers:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(
			b,
			"  vbr-%u: {physical_connection: a-leased-line-with-a-long-n-%u, vlan_id: 1,"
			" local_gateway_ip: 10.200.%u.1, peer_gateway_ip: 10.200.%u.2}\n",
			i, i, i, i);
	strbuf_add(b, "data_centers:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(
			b,
			"  idc-%u:\n    lans: {lan: {cidr_block: 192.168.%u.0/24}}\n"
			"    circuits: {c: {physical_connection: a-leased-line-with-a-long-n-%u,"
			" vlan_id: 1, ip: 10.200.%u.2, peer_ip: 10.200.%u.1}}\n",
			i, i, i, i, i);
}

static void add_cens(struct strbuf *b, unsigned vpcs, unsigned cens, unsigned vbrs)
{
	strbuf_add(b, "cen:\n");
	for (unsigned c = 0; c < cens; c++) {
		strbuf_printf(b, "  cen-%u:\n    attachments:\n", c);
		for (unsigned v = c; v < vpcs; v += cens)
			strbuf_printf(b, "      a-%u: {vpc: vpc-%u}\n", v, v);
		for (unsigned v = c; v < vbrs; v += cens)
			strbuf_printf(b, "      b-%u: {vbr: vbr-%u}\n", v, v);
	}
}

static void add_gateways(struct strbuf *b, unsigned regions, unsigned n)
{
	strbuf_add(b, "internet: {hosts: {web: {}}}\napi_gateways:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(b, "  gw-%u: {region: r-%u, bind: {vpc: vpc-%u}}\n", i, i % regions,
			      i % regions);
	strbuf_add(b, "vpc_accesses:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(b, "  access-%u: {vpc: vpc-%u, instance_id: 10.%u.1.77, port: %u}\n",
			      i, i % regions, i % regions, 8000 + i);
	strbuf_add(b, "functions:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(b, "  f-%u: {region: r-%u, code: f}\n", i, i % regions);
	strbuf_add(b, "api_groups:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(b, "  g-%u: {instance: gw-%u}\n", i, i);
	strbuf_add(b, "apis:\n");
	for (unsigned i = 0; i < n; i++)
		strbuf_printf(
			b,
			"  api-%u: {group: g-%u, path: /a, backend: {function: f-%u, arn_role: r}}\n",
			i, i, i);
}

static char *random_lab(unsigned seed)
{
	unsigned regions = 1 + next(&seed) % 5, vpcs = regions + next(&seed) % 9;
	unsigned circuits = next(&seed) % 5, cens = 1 + next(&seed) % 3;
	struct strbuf b = {0};

	if (regions < 2)
		circuits = 0;
	strbuf_add(&b, "lab: many\nregions:\n");
	for (unsigned i = 0; i < regions; i++)
		strbuf_printf(&b, "  r-%u: {zones: [a]}\n", i);
	strbuf_add(&b, "vpcs:\n");
	for (unsigned v = 0; v < vpcs; v++)
		strbuf_printf(&b,
			      "  vpc-%u: {region: r-%u, cidr_block: 10.%u.0.0/16, vswitches: "
			      "{vsw-%u: {zone: a, cidr_block: 10.%u.1.0/24}}}\n",
			      v, v % regions, v, v, v);
	add_nodes(&b, vpcs, next(&seed) % 7);
	if (circuits)
		add_circuits(&b, circuits);
	add_cens(&b, vpcs, cens > vpcs ? vpcs : cens, circuits);
	add_gateways(&b, regions, next(&seed) % 6);
	return strbuf_take(&b);
}

/* Empty maps are written without braces there. */
static char *without_empty_maps(char *text)
{
	struct strbuf b = {0};

	for (char *line = strtok(text, "\n"), *following; line; line = following) {
		following = strtok(NULL, "\n");
		if (*line != ' ' && line[strlen(line) - 1] == ':' &&
		    (!following || *following != ' '))
			continue;
		strbuf_printf(&b, "%s\n", line);
	}
	free(text);
	return strbuf_take(&b);
}

static void labs_of_many_shapes(void **state)
{
	(void)state;
	faults = 0;
	for (unsigned seed = 1; seed <= 150; seed++) {
		auto_free char *text = without_empty_maps(random_lab(seed));
		auto_graph struct graph *g = NULL;
		size_t before = faults;

		g = drawn_text(text, NULL);
		check_picture(g, false);
		if (faults > before)
			print_error("seed %u\n", seed);
	}
	assert_int_equal(faults, 0);
}

static void many_instances_are_one_box(void **state)
{
	auto_strbuf struct strbuf b = {0};
	auto_graph struct graph *few = NULL, *all = NULL;
	struct source src = {.path = "lab.yaml"};

	(void)state;
	strbuf_add(&b, "lab: big\nregions: {r: {zones: [a]}}\nvpcs:\n"
		       "  vpc-0: {region: r, cidr_block: 10.0.0.0/16, vswitches: "
		       "{vsw-0: {zone: a, cidr_block: 10.0.0.0/20}}}\n");
	add_nodes(&b, 1, 500);
	src.text = b.s;
	src.len = b.len;
	few = drawn_source(&src, NULL, false);
	assert_int_equal(few->n_boxes, 4);
	assert_string_equal(few->boxes[3]->name, "500 instances");
	assert_string_equal(few->boxes[3]->lines[0].s, "10.0.0.1 to 10.0.1.244");
	assert_int_equal(few->boxes[3]->count, 500);
	all = drawn_source(&src, NULL, true);
	assert_int_equal(all->n_boxes, 503);
	check_picture(all, true);
}

static void many_vpcs_are_one_box_for_each_router(void **state)
{
	auto_strbuf struct strbuf b = {0};
	auto_graph struct graph *g = NULL;

	(void)state;
	strbuf_add(&b, "lab: big\nregions: {r: {zones: [a]}}\nvpcs:\n");
	for (unsigned v = 0; v < 20; v++)
		strbuf_printf(&b,
			      "  vpc-%u: {region: r, cidr_block: 10.%u.0.0/16, vswitches: "
			      "{vsw-%u: {zone: a, cidr_block: 10.%u.1.0/24}}}\n",
			      v, v, v, v);
	add_nodes(&b, 20, 2);
	add_cens(&b, 18, 1, 0);
	g = drawn_text(b.s, NULL);
	assert_int_equal(g->n_boxes, 4);
	assert_string_equal(g->boxes[1]->name, "18 VPCs");
	assert_string_equal(g->boxes[1]->lines[0].s, "36 instances");
	assert_string_equal(g->boxes[2]->name, "2 VPCs");
	assert_int_equal(g->n_links, 1);
	check_picture(g, true);
	assert_int_equal(faults, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_labs),
		cmocka_unit_test(labs_of_many_shapes),
		cmocka_unit_test(many_instances_are_one_box),
		cmocka_unit_test(many_vpcs_are_one_box_for_each_router),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
