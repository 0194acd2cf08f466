// SPDX-License-Identifier: GPL-2.0-only
/* The stages in order: tree, values of every piece, merge, the whole. */
#include "parse/parse.h"

#include <string.h>

#include "parse/decode.h"
#include "parse/finish.h"
#include "parse/merge.h"
#include "parse/tree.h"

static const char *dir_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	return slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path));
}

static const char *step_id(const struct node *step)
{
	const struct node *id = step->kind == NODE_MAP ? parse_node_get(step, "id") : NULL;

	return id && id->kind == NODE_SCALAR ? id->text : NULL;
}

/* The map of that id in a list; id has n bytes. */
static const struct node *find_item(const struct node *list, const char *id, size_t n)
{
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const char *found = step_id(list->items[i].value);

		if (found && strlen(found) == n && strncmp(found, id, n) == 0)
			return list->items[i].value;
	}
	return NULL;
}

/* "STEP/EXERCISE": the exercise, else NULL. */
static const struct node *find_exercise(const struct node *steps, const char *id)
{
	size_t n = strcspn(id, "/");
	const struct node *step = id[n] ? find_item(steps, id, n) : NULL;

	return step ? find_item(parse_node_get(step, "exercises"), id + n + 1, strlen(id + n + 1))
		    : NULL;
}

static bool has_step(const struct node *steps, const char *id)
{
	return strchr(id, '/') ? find_exercise(steps, id) != NULL
			       : find_item(steps, id, strlen(id)) != NULL;
}

static void unknown_step(const struct lab *lab, const char *step, const struct node *steps,
			 struct report *r)
{
	const char **ids = arena_alloc(lab->arena, (steps ? steps->n : 0) * sizeof(*ids) + 1);
	const char *list = "", *near;
	size_t n = 0;

	parse_error(r, "unknown-step", (struct span){.src = lab->source},
		    "there is no step '%.60s'", step);
	for (size_t i = 0; steps && i < steps->n && n < 64; i++) {
		const char *id = step_id(steps->items[i].value);

		if (!id)
			continue;
		list = arena_printf(lab->arena, "%s%s%s", list, n ? ", " : "", id);
		ids[n++] = id;
	}
	near = diag_nearest(step, ids, n);
	if (near)
		parse_hint(r, "did you mean '%s'?", near);
	if (n)
		parse_hint(r, "the steps are: %s", list);
	else
		parse_hint(r, "this lab has no steps");
}

/* Two of one name would make `--step` ambiguous. */
static void check_id(struct arena *scratch, struct node *seen, const struct named *id,
		     const char *rule, const char *what, struct report *r)
{
	const struct node_item *first = id->name ? parse_node_find(seen, id->name) : NULL;

	if (!id->name)
		return;
	if (!first) {
		(void)parse_node_add(scratch, seen, id->name, id->at, NULL);
		return;
	}
	parse_error(r, rule, id->at, "%s '%s' exists already", what, id->name);
	parse_note(r, first->key_at, "first declared here");
}

static void check_step_ids(const struct lab *lab, struct arena *scratch, struct report *r)
{
	struct node seen = {.kind = NODE_MAP};

	for (size_t i = 0; i < lab->n_steps; i++) {
		const struct step *s = &lab->steps[i];
		struct node in_step = {.kind = NODE_MAP};

		check_id(scratch, &seen, &s->id, "duplicate-step", "a step", r);
		for (size_t j = 0; j < s->n_exercises; j++)
			check_id(scratch, &in_step, &s->exercises[j].id, "duplicate-exercise",
				 "an exercise", r);
	}
}

static void merge_one(struct arena *nodes, struct node *root, const struct node *item,
		      struct report *r)
{
	const struct node *apply = item && item->kind == NODE_MAP ? parse_node_get(item, "apply")
								  : NULL;

	if (apply && apply->kind == NODE_MAP)
		parse_merge(nodes, root, apply, r);
}

static void merge_steps(struct lab *lab, struct arena *nodes, struct node *root, const char *step,
			struct report *r)
{
	struct node *steps = parse_node_get(root, "steps");

	if (steps && steps->kind != NODE_LIST)
		steps = NULL;
	if (step && strcmp(step, LAB_BASE) == 0) {
		lab->step = LAB_BASE;
		return;
	}
	if (step && (!steps || !has_step(steps, step)))
		unknown_step(lab, step, steps, r);
	else if (step)
		lab->step = arena_strdup(lab->arena, step);
	for (size_t i = 0; steps && i < steps->n; i++) {
		const struct node *item = steps->items[i].value;

		merge_one(nodes, root, item, r);
		if (lab->step && item == find_item(steps, lab->step, strcspn(lab->step, "/")))
			break;
	}
	if (lab->step && steps)
		merge_one(nodes, root, find_exercise(steps, lab->step), r);
}

static bool is_lab(const struct node *root, struct report *r)
{
	if (root->kind == NODE_MAP)
		return true;
	parse_error(r, "not-a-map", root->at, "a lab file is a map, found %s",
		    parse_node_kind(root));
	parse_hint(r, "the smallest lab is 'lab: NAME'");
	return false;
}

/* A fragment that is in no step: as one, but checked here, because the file does not hold it. */
static void merge_change(struct lab *lab, struct arena *nodes, struct node *root,
			 const struct source *change, struct report *r)
{
	struct decode d = {.arena = lab->arena,
			   .r = r,
			   .src = change,
			   .pass = DECODE_PIECES,
			   .fragment = true};
	struct node *fragment = parse_tree(nodes, lab->arena, change, r);

	if (!fragment || !is_lab(fragment, r))
		return;
	parse_decode(&d, &parse_table_lab, fragment, arena_alloc(lab->arena, sizeof(*lab)));
	parse_merge(nodes, root, fragment, r);
}

struct lab *parse_lab(const struct source *src, const char *step, struct diag_list *diags)
{
	return parse_lab_changed(src, step, NULL, 0, diags);
}

struct lab *parse_lab_changed(const struct source *src, const char *step,
			      const struct source *changes, size_t n, struct diag_list *diags)
{
	auto_arena struct arena *nodes = arena_new(0); /* the lab needs none of them */
	struct lab *lab = lab_new();
	struct report r = {.diags = diags, .arena = lab->arena};
	struct decode d = {.arena = lab->arena, .r = &r, .src = src, .pass = DECODE_AT_ONCE};
	struct node *root = parse_tree(nodes, lab->arena, src, &r);

	if (!root || !is_lab(root, &r)) {
		lab_free(lab);
		return NULL;
	}
	lab->source = src;
	lab->dir = dir_of(lab->arena, src->path);
	if (n || step || parse_node_find(root, "steps")) {
		d.pass = DECODE_PIECES;
		parse_decode(&d, &parse_table_lab, root, arena_alloc(lab->arena, sizeof(*lab)));
		merge_steps(lab, nodes, root, step, &r);
		for (size_t i = 0; i < n; i++)
			merge_change(lab, nodes, root, &changes[i], &r);
		d.pass = DECODE_WHOLE;
	}
	parse_decode(&d, &parse_table_lab, root, lab);
	if (!lab->id.name)
		lab->id = (struct named){.name = "lab", .at = {.src = src}};
	check_step_ids(lab, nodes, &r);
	parse_finish_lab(lab);
	return lab;
}
