// SPDX-License-Identifier: GPL-2.0-only
/** What a picture says in each format, and what it marks. */
#include "drawn.h"

#include <jansson.h>
#include <stdlib.h>

static const char small[] =
	"lab: small\n"
	"title: A & B\n"
	"regions: {r-1: {zones: [a]}, r-2: {zones: [a]}}\n"
	"region_pairs: {p: {regions: [r-1, r-2], rtt: 20ms}}\n"
	"vpcs:\n"
	"  v-1: {region: r-1, cidr_block: 10.1.0.0/16, vswitches: {s-1: {zone: a, cidr_block: 10.1.1.0/24}}}\n"
	"  v-2: {region: r-2, cidr_block: 10.2.0.0/16, vswitches: {s-2: {zone: a, cidr_block: 10.2.1.0/24}}}\n"
	"steps:\n"
	"  - id: attach\n"
	"    apply: {cen: {c: {attachments: {a: {vpc: v-1}, b: {vpc: v-2}}}}}\n"
	"  - id: widen\n"
	"    apply:\n"
	"      cen: {c: {bandwidth_packages: {p: {bandwidth: 5Mbit}}, bandwidth_limits: {l: {regions: [r-1, r-2], bandwidth_limit: 5Mbit}}}}\n"
	"  - id: remove\n"
	"    apply: {cen: {c: {attachments: {b: null}, bandwidth_limits: null}}}\n";

static struct graph *after(const char *step, const char *before)
{
	struct graph *g = drawn_text(small, step);

	if (before) {
		auto_graph struct graph *old = drawn_text(small, before);

		graph_compare(g, old, step);
	}
	return g;
}

static void draws_text(void **state)
{
	const struct graph_style unicode = {.unicode = true};
	auto_graph struct graph *g = after("widen", "attach");
	auto_strbuf struct strbuf out = {0};

	(void)state;
	graph_text(&out, g, &unicode);
	assert_string_equal(
		strbuf_str(&out),
		"┌──────────────────────────────┐              ┌──────────────────────────────┐\n"
		"│ r-1                          │              │ r-2                          │\n"
		"│ ┌──────────────────────┐     │              │ ┌──────────────────────┐     │\n"
		"│ │ v-1  10.1.0.0/16     │     │              │ │ v-2  10.2.0.0/16     │     │\n"
		"│ │ ┌──────────────────┐ │     │              │ │ ┌──────────────────┐ │     │\n"
		"│ │ │ s-1  10.1.1.0/24 │ │     │              │ │ │ s-2  10.2.1.0/24 │ │     │\n"
		"│ │ └──────────────────┘ │     │              │ │ └──────────────────┘ │     │\n"
		"│ └───────────┬──────────┘     │              │ └───────────┬──────────┘     │\n"
		"│             │                │              │             │                │\n"
		"│ ┌───────────┴──────────────┐ │  ~ 5 Mbit/s  │ ┌───────────┴──────────────┐ │\n"
		"│ │ c  transit router, basic ├─┼──────────────┼─┤ c  transit router, basic │ │\n"
		"│ └──────────────────────────┘ │  rtt 20 ms   │ └──────────────────────────┘ │\n"
		"└──────────────────────────────┘              └──────────────────────────────┘\n"
		"step widen (+ added, ~ changed)\n");
}

static void draws_ascii(void **state)
{
	const struct graph_style plain = {0};
	auto_graph struct graph *g = after("widen", NULL);
	auto_strbuf struct strbuf out = {0};

	(void)state;
	graph_text(&out, g, &plain);
	for (const char *s = out.s; *s; s++)
		assert_in_range((unsigned char)*s, '\n', '~');
	assert_non_null(strstr(out.s, "| v-1  10.1.0.0/16 "));
	assert_non_null(strstr(out.s, "5 Mbit/s"));
}

static void colours_only_what_changed(void **state)
{
	const struct graph_style colour = {.unicode = true, .colour = true};
	auto_graph struct graph *g = after("widen", "attach");
	auto_strbuf struct strbuf out = {0};

	(void)state;
	graph_text(&out, g, &colour);
	assert_non_null(strstr(out.s, "\033[0;34;1m~ 5 Mbit/s"));
	assert_null(strstr(out.s, "\033[0;32m"));
}

static const char mermaid[] = "flowchart TB\n"
			      "  subgraph b0[\"r-1\"]\n"
			      "    subgraph b2[\"v-1 10.1.0.0/16\"]\n"
			      "      b3[\"s-1 10.1.1.0/24\"]\n"
			      "    end\n"
			      "    b6[\"+ c transit router, basic\"]\n"
			      "  end\n"
			      "  subgraph b1[\"r-2\"]\n"
			      "    subgraph b4[\"v-2 10.2.0.0/16\"]\n"
			      "      b5[\"s-2 10.2.1.0/24\"]\n"
			      "    end\n"
			      "    b7[\"+ c transit router, basic\"]\n"
			      "  end\n"
			      "  b2 --- b6\n"
			      "  b4 --- b7\n"
			      "  b6 ---|\"+ 1 kbit/s<br>rtt 20 ms\"| b7\n"
			      "  classDef added stroke:#1a7f37,stroke-width:3px\n"
			      "  classDef changed stroke:#0969da,stroke-width:3px\n"
			      "  class b6 added\n"
			      "  class b7 added\n";

static void writes_mermaid(void **state)
{
	auto_graph struct graph *g = after("attach", LAB_BASE);
	auto_strbuf struct strbuf out = {0};

	(void)state;
	graph_mermaid(&out, g);
	assert_string_equal(strbuf_str(&out), mermaid);
}

static const char *change_of(const struct graph *g, const char *id)
{
	static const char *const names[] = {"same", "added", "changed"};

	for (size_t i = 0; i < g->n_boxes; i++)
		if (!strcmp(g->boxes[i]->id, id))
			return names[g->boxes[i]->change];
	for (size_t i = 0; i < g->n_links; i++)
		if (!strcmp(g->links[i]->id, id))
			return names[g->links[i]->change];
	return "absent";
}

static void marks_what_a_step_does(void **state)
{
	auto_graph struct graph *attach = after("attach", LAB_BASE);
	auto_graph struct graph *widen = after("widen", "attach");
	auto_graph struct graph *removed = after("remove", "widen");
	auto_graph struct graph *nothing = after("widen", "widen");

	(void)state;
	assert_string_equal(change_of(attach, "tr.c.r-1"), "added");
	assert_string_equal(change_of(attach, "vpc.v-1"), "same");
	assert_string_equal(change_of(attach, "attachment.vpc.v-1.tr.c.r-1"), "added");
	assert_string_equal(change_of(widen, "peer.tr.c.r-1.tr.c.r-2"), "changed");
	assert_string_equal(change_of(widen, "tr.c.r-1"), "same");
	assert_string_equal(change_of(removed, "tr.c.r-2"), "absent");
	assert_int_equal(removed->n_removed, 1);
	assert_string_equal(removed->removed[0], "c");
	assert_false(graph_has_changes(nothing));
	assert_true(graph_has_changes(removed));
}

/* What was taken away between boxes that stay is named, too. */
static void names_links_that_went(void **state)
{
	auto_graph struct graph *g = after(LAB_BASE, NULL);
	auto_graph struct graph *old = after(LAB_BASE, NULL);
	struct graph_link l = {.id = "peer.x", .kind = GRAPH_PEER};
	struct graph_link *links[] = {&l};

	(void)state;
	l.from = old->boxes[0];
	l.to = old->boxes[1];
	old->links = links;
	old->n_links = 1;
	graph_compare(g, old, "s");
	assert_int_equal(g->n_removed, 1);
	assert_string_equal(g->removed[0], "peer r-1 to r-2");
}

static void writes_json(void **state)
{
	auto_graph struct graph *g = after("attach", LAB_BASE);
	auto_strbuf struct strbuf out = {0};
	json_t *root;

	(void)state;
	graph_json(&out, g);
	root = json_loads(out.s, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "title")), "A & B");
	assert_int_equal(json_array_size(json_object_get(root, "boxes")), 8);
	assert_int_equal(json_array_size(json_object_get(root, "links")), 3);
	json_decref(root);
}

static void escapes_what_xml_means(void **state)
{
	auto_graph struct graph *g = after("widen", NULL);
	auto_strbuf struct strbuf svg = {0};

	(void)state;
	graph_svg(&svg, g);
	assert_non_null(strstr(svg.s, "<title id=\"title\">A &amp; B</title>"));
	assert_non_null(strstr(svg.s, "prefers-color-scheme: dark"));
}

static void write_dot(struct strbuf *out, struct graph *g)
{
	graph_dot(out, g);
}

static void write_mermaid(struct strbuf *out, struct graph *g)
{
	graph_mermaid(out, g);
}

static void write_json(struct strbuf *out, struct graph *g)
{
	graph_json(out, g);
}

/* The first link is broken, the last one busy, as every format says it. */
static struct graph *live(void)
{
	struct graph *g = after("widen", NULL);

	g->caption = "now";
	for (size_t i = 0; i < g->n_links; i++)
		g->links[i]->live = (struct graph_live){.tone = GRAPH_IDLE, .state = "up"};
	g->links[0]->live = (struct graph_live){.tone = GRAPH_BROKEN, .state = "down"};
	graph_live_line(g, g->links[0]->from, GRAPH_BROKEN, "down");
	g->links[g->n_links - 1]->live = (struct graph_live){.tone = GRAPH_BUSY, .state = "up"};
	graph_live_label(g, g->links[g->n_links - 1], "→ 4 & 5");
	return g;
}

static void live_text_is_dashed_where_broken_and_coloured(void **state)
{
	auto_graph struct graph *g = live();
	auto_strbuf struct strbuf plain = {0}, ascii = {0}, colour = {0};

	(void)state;
	graph_text(&plain, g, &(struct graph_style){.unicode = true});
	graph_text(&ascii, g, &(struct graph_style){0});
	graph_text(&colour, g, &(struct graph_style){.unicode = true, .colour = true});
	assert_non_null(strstr(plain.s, "│             ╎ "));
	assert_non_null(strstr(plain.s, "│ down "));
	assert_non_null(strstr(plain.s, "  rtt 20 ms  │"));
	assert_non_null(strstr(plain.s, "  → 4 & 5 "));
	assert_non_null(strstr(plain.s, "now\n"));
	assert_non_null(strstr(ascii.s, "|             : "));
	assert_non_null(strstr(ascii.s, "> 4 & 5"));
	assert_non_null(strstr(colour.s, "\033[0;31;1m╎"));
	assert_non_null(strstr(colour.s, "\033[0;33m→ 4 & 5"));
}

static void live_formats_say_tone_and_text(void **state)
{
	static const struct {
		void (*write)(struct strbuf *out, struct graph *g);
		const char *broken, *busy;
	} rows[] = {
		{graph_svg, "class=\"link attachment broken\"",
		 "class=\"busy\">→ 4 &amp; 5</text>"},
		{graph_drawio, "strokeColor=#cf222e;strokeWidth=3;dashed=1;",
		 "→ 4 &amp; 5\" style=\"edgeStyle=orthogonalEdgeStyle;html=1;endArrow=none;startArrow=none;"
		 "strokeColor=#6e7781;strokeColor=#9a6700;strokeWidth=3;"},
		{write_dot, "color=\"#cf222e\", fontcolor=\"#cf222e\", penwidth=3, style=dashed]",
		 "→ 4 & 5\", dir=none, color=\"#9a6700\""},
		{write_mermaid,
		 "  linkStyle 0 stroke:#cf222e,stroke-width:4px,stroke-dasharray:4 4\n",
		 "<br>→ 4 & 5\"| b7"},
		{write_json, "\"state\": \"down\"", "\"tone\": \"busy\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_graph struct graph *g = live();
		auto_strbuf struct strbuf out = {0};

		rows[i].write(&out, g);
		if (!strstr(out.s, rows[i].broken) || !strstr(out.s, rows[i].busy))
			fail_msg("format %zu: %s", i, out.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_text),
		cmocka_unit_test(draws_ascii),
		cmocka_unit_test(colours_only_what_changed),
		cmocka_unit_test(writes_mermaid),
		cmocka_unit_test(marks_what_a_step_does),
		cmocka_unit_test(names_links_that_went),
		cmocka_unit_test(writes_json),
		cmocka_unit_test(escapes_what_xml_means),
		cmocka_unit_test(live_text_is_dashed_where_broken_and_coloured),
		cmocka_unit_test(live_formats_say_tone_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
