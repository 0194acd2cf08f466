// SPDX-License-Identifier: GPL-2.0-only
/* Steps merged onto the lab: by key, in order, with the places of what was written last. */
#include "unit/parse/lab_text.h"

#include "base/cleanup.h"
#include "parse/merge.h"

static void print_node(struct strbuf *b, const struct node *node)
{
	const char *comma = "";

	if (node->kind == NODE_SCALAR) {
		strbuf_printf(b, "%s@%u", node->text, node->at.line);
		return;
	}
	strbuf_addc(b, node->kind == NODE_MAP ? '{' : '[');
	for (size_t i = 0; i < node->n; i++) {
		if (!node->items[i].value)
			continue;
		strbuf_add(b, comma);
		comma = " ";
		if (node->items[i].key)
			strbuf_printf(b, "%s:", node->items[i].key);
		print_node(b, node->items[i].value);
	}
	strbuf_addc(b, node->kind == NODE_MAP ? '}' : ']');
}

/* Texts of one line each; the base has line 1, fragments follow as lines 2... */
static const struct {
	const char *what, *text, *merged, *errors;
} merges[] = {
	{"new keys come last", "- {a: x}\n- {b: y}\n", "{a:x@1 b:y@2}", ""},
	{"a scalar is replaced in its place", "- {a: x, b: y}\n- {a: z}\n", "{a:z@2 b:y@1}", ""},
	{"maps merge by key", "- {a: {b: x, c: x}}\n- {a: {c: y, d: y}}\n",
	 "{a:{b:x@1 c:y@2 d:y@2}}", ""},
	{"deeply", "- {a: {b: {c: {d: x}}}}\n- {a: {b: {c: {e: y}}}}\n",
	 "{a:{b:{c:{d:x@1 e:y@2}}}}", ""},
	{"a list is replaced", "- {a: [x, y]}\n- {a: [z]}\n", "{a:[z@2]}", ""},
	{"a map replaces a scalar", "- {a: x}\n- {a: {b: y}}\n", "{a:{b:y@2}}", ""},
	{"a scalar replaces a map", "- {a: {b: x}}\n- {a: y}\n", "{a:y@2}", ""},
	{"an empty map changes nothing", "- {a: {b: x}}\n- {a: {}}\n", "{a:{b:x@1}}", ""},
	{"null deletes", "- {a: x, b: y}\n- {a: null}\n", "{b:y@1}", ""},
	{"null deletes inside", "- {a: {b: x, c: y}}\n- {a: {b: ~}}\n", "{a:{c:y@1}}", ""},
	{"null deletes a map", "- {a: {b: x}}\n- {a: null}\n", "{}", ""},
	{"deleted and back, in the old place", "- {a: x, b: y}\n- {a: null}\n- {a: z}\n",
	 "{a:z@3 b:y@1}", ""},
	{"quoted null is text", "- {a: x}\n- {a: 'null'}\n", "{a:null@2}", ""},
	{"nothing to delete", "- {a: x}\n- {b: null}\n", "{a:x@1}", "2:4+1 nothing-to-delete\n"},
	{"nothing to delete inside of what is new", "- {a: x}\n- {b: {c: null, d: y}}\n",
	 "{a:x@1 b:{d:y@2}}", "2:8+1 nothing-to-delete\n"},
	{"deleted twice", "- {a: x}\n- {a: null}\n- {a: null}\n", "{}",
	 "3:4+1 nothing-to-delete\n"},
	{"a fragment is not changed by later ones", "- {}\n- {a: {b: x}}\n- {a: {b: y}}\n",
	 "{a:{b:y@3}}", ""},
};

static void merged(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(merges); i++) {
		auto_arena struct arena *arena = arena_new(0);
		auto_strbuf struct strbuf out = {0};
		auto_strbuf struct strbuf second = {0};
		struct lab_text t = {.diags = diag_list_new()};
		struct report r = {.diags = t.diags, .arena = arena};
		struct source src = {
			.path = "t", .text = merges[i].text, .len = strlen(merges[i].text)};
		struct node *list = parse_tree(arena, arena, &src, &r);
		auto_free char *errors = NULL, *before = NULL;

		assert_non_null(list);
		print_node(&second, list->items[1].value);
		before = strbuf_take(&second);
		for (size_t j = 1; j < list->n; j++)
			parse_merge(arena, list->items[0].value, list->items[j].value, &r);
		print_node(&out, list->items[0].value);
		errors = lab_text_errors(&t);
		if (strcmp(strbuf_str(&out), merges[i].merged) != 0)
			print_error("%s:\n", merges[i].what);
		assert_string_equal(strbuf_str(&out), merges[i].merged);
		assert_string_equal(errors, merges[i].errors);
		print_node(&second, list->items[1].value);
		assert_string_equal(before, strbuf_str(&second));
		diag_list_free(t.diags);
	}
}

static const char steps[] = "lab: x\n"
			    "vpcs: {v: {region: r, cidr_block: 10.0.0.0/8}}\n"
			    "steps:\n"
			    "  - id: one\n"
			    "    apply: {vpcs: {w: {region: r, cidr_block: 11.0.0.0/8}}}\n"
			    "  - id: two\n"
			    "    apply: {vpcs: {v: {cidr_block: 12.0.0.0/8}}}\n"
			    "  - id: three\n"
			    "    apply: {vpcs: {v: null}}\n";

static void up_to_a_step(void **state)
{
	static const struct {
		const char *step;
		size_t n_vpcs;
		const char *first;
		uint32_t addr, line;
	} rows[] = {
		{"one", 2, "v", 10u << 24, 2},
		{"two", 2, "v", 12u << 24, 7},
		{"three", 1, "w", 11u << 24, 5},
		{NULL, 1, "w", 11u << 24, 5},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lab_text t;

		lab_text_read(&t, steps, rows[i].step);
		assert_int_equal(diag_count(t.diags), 0);
		assert_int_equal(t.lab->n_vpcs, rows[i].n_vpcs);
		assert_string_equal(t.lab->vpcs[0].id.name, rows[i].first);
		assert_int_equal(t.lab->vpcs[0].cidr_block.p.addr, rows[i].addr);
		assert_int_equal(t.lab->vpcs[0].cidr_block.at.line, rows[i].line);
		assert_int_equal(t.lab->n_steps, 3);
		if (rows[i].step)
			assert_string_equal(t.lab->step, rows[i].step);
		else
			assert_null(t.lab->step);
		lab_text_done(&t);
	}
}

static const char deletions[] =
	"lab: x\n"
	"vpcs: {v: {region: r, cidr_block: 10.0.0.0/8}, w: {region: r, cidr_block: 11.0.0.0/8}}\n"
	"vpc_accesses: {a: {vpc: v, instance_id: e, port: 80}, b: {vpc: w, instance_id: f, port: "
	"81}}\n"
	"data_centers: {d: {hosts: {h: {lan: l, services: {s: {port: 1}, t: {port: 2}}, dns: "
	"{forward: {a.example: 10.0.0.1, b.example: 10.0.0.2}}}}}}\n"
	"steps:\n"
	"  - id: one\n"
	"    apply: {vpcs: {v: null}, vpc_accesses: {a: null}}\n"
	"  - id: two\n"
	"    apply: {data_centers: {d: {hosts: {h: {services: {s: null}, dns: {forward: "
	"{a.example: null}}}}}}}\n"
	"  - id: three\n"
	"    apply: {vpc_accesses: {a: {vpc: w, instance_id: g, port: 82}}}\n"
	"  - id: four\n"
	"    apply: {vpc_accesses: null}\n";

/* Of an authorization that a step deletes a stone is left: an API that uses it fails in its own way. */
static void an_authorization_leaves_a_stone(void **state)
{
	const struct vpc_access *a;
	struct lab_text t;

	lab_text_read(&t, deletions, "one");
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(t.lab->n_vpc_accesses, 2);
	a = t.lab->vpc_accesses;
	assert_true(a[0].deleted);
	assert_string_equal(a[0].id.name, "a");
	assert_int_equal(a[0].id.at.line, 3); /* where it was declared */
	assert_null(a[0].vpc.name);
	assert_null(a[0].instance_id.s);
	assert_false(a[0].port.set);
	assert_false(a[1].deleted);
	assert_int_equal(a[1].port.v, 81);
	lab_text_done(&t);
}

/* Of anything else nothing is left. */
static void what_else_is_deleted_is_gone(void **state)
{
	const struct host *h;
	struct lab_text t;

	lab_text_read(&t, deletions, "two");
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(t.lab->n_vpcs, 1);
	assert_string_equal(t.lab->vpcs[0].id.name, "w");
	h = &t.lab->data_centers[0].hosts[0];
	assert_int_equal(h->n_services, 1);
	assert_string_equal(h->services[0].id.name, "t");
	assert_int_equal(h->dns.n_forward, 1);
	assert_string_equal(h->dns.forward[0].key, "b.example");
	assert_string_equal(h->dns.forward[0].value.s, "10.0.0.2");
	lab_text_done(&t);
}

static void a_stone_is_moved_away(void **state)
{
	struct lab_text t;

	lab_text_read(&t, deletions, "three");
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(t.lab->n_vpc_accesses, 2);
	assert_false(t.lab->vpc_accesses[0].deleted);
	assert_string_equal(t.lab->vpc_accesses[0].instance_id.s, "g");
	assert_int_equal(t.lab->vpc_accesses[0].id.at.line, 11);
	lab_text_done(&t);
	lab_text_read(&t, deletions, "four"); /* without its map there is nothing to put it on */
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(t.lab->n_vpc_accesses, 0);
	lab_text_done(&t);
}

static void unknown_step(void **state)
{
	struct lab_text t;
	struct diag_view v;

	lab_text_read(&t, steps, "thre");
	assert_int_equal(diag_count(t.diags), 1);
	v = diag_get(t.diags, 0);
	assert_string_equal(v.id, "unknown-step");
	assert_int_equal(v.n_notes, 2);
	assert_string_equal(v.notes[0].message, "did you mean 'three'?");
	assert_string_equal(v.notes[1].message, "the steps are: one, two, three");
	lab_text_done(&t);
	lab_text_expect("lab: x\n", "one", "0:0+0 unknown-step\n");
}

/* What a step says is checked also where the step is not reached, or is overruled later. */
static void every_piece_is_checked(void **state)
{
	static const char text[] =
		"lab: x\n"
		"vpcs: {v: {region: r, cidr_block: 10.0.0.1/8}}\n"
		"steps:\n"
		"  - id: one\n"
		"    apply: {vpcs: {v: {cidr_block: 10.0.0.0/8}}}\n"
		"  - id: two\n"
		"    apply: {vpcs: {v: {cidr_blok: 10.0.0.0/8, cidr_block: 9}}, title: y}\n";
	static const char errors[] = "2:35+10 host-bits\n"
				     "7:24+9 unknown-key\n"
				     "7:59+1 bad-cidr\n"
				     "7:64+5 fragment-key\n";

	lab_text_expect(text, "one", errors);
	lab_text_expect(text, "two", errors);
	lab_text_expect(text, NULL, errors);
}

/* Required keys and exclusive ones are those of the merged map, not of its pieces. */
static void the_whole_is_checked(void **state)
{
	static const char split[] =
		"lab: x\n"
		"apis: {a: {group: g, backend: {function: f}}}\n"
		"steps:\n"
		"  - {id: one, apply: {apis: {a: {path: /a}}}}\n"
		"  - {id: two, apply: {apis: {a: {backend: {mock: m}}}}}\n"
		"  - {id: three, apply: {apis: {a: {backend: {function: null}}}}}\n";

	lab_text_expect(split, "one", "");
	lab_text_expect(split, "two", "5:44+4 one-of\n");
	lab_text_expect(split, "three", "");
	lab_text_expect("lab: x\n"
			"apis: {a: {group: g, path: /a, backend: {function: f}}}\n"
			"steps:\n"
			"  - {id: one, apply: {apis: {a: {path: null}}}}\n",
			NULL, "2:8+1 missing-key\n");
}

static void empty_is_not_null(void **state)
{
	lab_text_expect("lab: x\n"
			"cen: {c: {}}\n"
			"steps:\n"
			"  - id: one\n"
			"    apply:\n"
			"      cen:\n"
			"        c:\n",
			NULL, "7:9+1 empty-value\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged),
		cmocka_unit_test(up_to_a_step),
		cmocka_unit_test(an_authorization_leaves_a_stone),
		cmocka_unit_test(what_else_is_deleted_is_gone),
		cmocka_unit_test(a_stone_is_moved_away),
		cmocka_unit_test(unknown_step),
		cmocka_unit_test(every_piece_is_checked),
		cmocka_unit_test(the_whole_is_checked),
		cmocka_unit_test(empty_is_not_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
