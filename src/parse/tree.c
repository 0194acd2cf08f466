// SPDX-License-Identifier: GPL-2.0-only
/*
 * YAML events to nodes.
 *
 * The event interface of libfyaml, not its documents: nothing is ever expanded or kept twice, so a
 * file costs memory in proportion to its size whatever is in it, and reading stops at the depth
 * limit. What the lab file does without (aliases, tags, several documents) is refused here.
 */
#include "parse/tree.h"

#include <libfyaml.h>
#include <string.h>

#include "base/hash.h"
#include "parse/events.h"
#include "parse/halves.h"
#include "parse/part.h"
#include "parse/slip.h"

struct frame {
	struct node *node;
	const char *key; /* of a map: read, its value comes next */
	struct span key_at;
};

struct block { /* bytes of a literal or folded scalar, in which tabs are text */
	size_t from, to;
};

#define KNOWN 256u

struct builder {
	struct part *part;
	struct arena *arena, *texts;
	const char *known[KNOWN]; /* keys that were there before, one for each hash */
	struct report *r;
	struct frame stack[PARSE_MAX_DEPTH];
	size_t depth;
	struct node *root;
	struct block *blocks;
	size_t n_blocks;
	size_t documents;
	bool refused; /* an anchor, a tag */
	bool stop;    /* a refusal after which going on makes no sense */
};

/* Of the bytes [from, to) of the part. */
static struct span part_span(struct builder *b, size_t from, size_t to)
{
	return parse_lines_span(&b->part->lines, from + b->part->offset, to + b->part->offset);
}

static struct span mark_span(struct builder *b, const struct fy_mark *from,
			     const struct fy_mark *to)
{
	size_t start = from ? from->input_pos : 0;

	return part_span(b, start, to ? to->input_pos : start);
}

static struct span event_span(struct builder *b, struct fy_event *e)
{
	return mark_span(b, fy_event_start_mark(e), fy_event_end_mark(e));
}

/* An anchor or an alias with the & or * that libfyaml leaves out. */
static struct span sign_span(struct builder *b, struct fy_token *token)
{
	size_t from = fy_token_start_mark(token)->input_pos;
	size_t to = fy_token_end_mark(token)->input_pos;
	const char *text = b->part->text;

	if (from > 0 && (text[from - 1] == '&' || text[from - 1] == '*'))
		from--;
	return part_span(b, from, to);
}

/* Where a scalar stands: with its quotes, or from the first word of a block. */
static struct span scalar_span(struct builder *b, struct fy_token *token)
{
	const struct fy_mark *s = fy_token_start_mark(token), *e = fy_token_end_mark(token);
	const char *text = b->part->text;
	size_t from = s->input_pos, to = e->input_pos;

	switch (fy_token_scalar_style(token)) {
	case FYSS_SINGLE_QUOTED:
	case FYSS_DOUBLE_QUOTED: return part_span(b, from - 1, to + 1);
	case FYSS_LITERAL:
	case FYSS_FOLDED:
		*arena_push(b->arena, b->blocks, b->n_blocks) =
			(struct block){from + b->part->offset, to + b->part->offset};
		from += strspn(text + from, " \r\n");
		break;
	case FYSS_PLAIN:
	case FYSS_ANY:
	case FYSS_MAX: break;
	}
	return part_span(b, from, to);
}

static bool refuse_extras(struct builder *b, struct fy_event *e)
{
	struct fy_token *anchor = fy_event_get_anchor_token(e), *tag = fy_event_get_tag_token(e);

	if (anchor) {
		parse_error(b->r, "yaml-anchor", sign_span(b, anchor),
			    "anchors (&name) are not used in a lab file");
		parse_hint(b->r, "write the value out where it is needed");
	}
	if (tag) {
		parse_error(b->r, "yaml-tag",
			    mark_span(b, fy_token_start_mark(tag), fy_token_end_mark(tag)),
			    "tags (!name) are not used in a lab file");
		parse_hint(b->r, "the type of a value follows from its key; leave the tag out");
	}
	return anchor || tag;
}

/* Hands a finished or just opened node to the collection that is being read. */
static void put(struct builder *b, struct node *node)
{
	struct frame *top = b->depth ? &b->stack[b->depth - 1] : NULL;
	struct node_item *old;

	if (!top) {
		b->root = node;
		return;
	}
	if (top->node->kind == NODE_LIST) {
		(void)parse_node_add(b->arena, top->node, NULL, node->at, node);
		return;
	}
	old = parse_node_find(top->node, top->key);
	if (old) {
		parse_error(b->r, "duplicate-key", top->key_at, "'%s' is already in this map",
			    top->key);
		parse_note(b->r, old->key_at, "first declared here");
	} else {
		(void)parse_node_add(b->arena, top->node, top->key, top->key_at, node);
	}
	top->key = NULL;
}

static bool wants_key(const struct builder *b)
{
	return b->depth && b->stack[b->depth - 1].node->kind == NODE_MAP &&
	       !b->stack[b->depth - 1].key;
}

static void on_open(struct builder *b, struct fy_event *e, enum node_kind kind)
{
	struct node *node;
	struct span at = event_span(b, e);

	if (wants_key(b)) {
		parse_error(b->r, "bad-key", at, "a key must be text, not a map or a list");
		parse_hint(b->r, "a value that begins with { or [ needs quotes");
		b->stop = true;
		return;
	}
	if (b->depth == PARSE_MAX_DEPTH) {
		parse_error(b->r, "too-deep", at, "nested deeper than %d levels", PARSE_MAX_DEPTH);
		b->stop = true;
		return;
	}
	node = arena_alloc(b->arena, sizeof(*node));
	node->kind = kind;
	node->at = at;
	node->at.len = 1;
	put(b, node);
	b->stack[b->depth++] = (struct frame){.node = node};
}

/* What a scalar without a token stands on: the key that has nothing behind it. */
static struct span nothing_span(const struct builder *b)
{
	const struct frame *top = b->depth ? &b->stack[b->depth - 1] : NULL;

	if (top && top->key)
		return top->key_at;
	return top ? top->node->at
		   : (struct span){.src = b->part->lines.src, .line = 1, .col = 1, .len = 1};
}

/* What a scalar means; at: where it stands. */
static const char *meaning(struct builder *b, struct fy_token *token, struct span at, size_t *len)
{
	const enum fy_scalar_style style = fy_token_scalar_style(token);
	const size_t from = fy_token_start_mark(token)->input_pos;
	const char *text = b->part->text + from;

	*len = fy_token_end_mark(token)->input_pos - from;
	if (style == FYSS_PLAIN && *len == at.len)
		return text; /* on one line, and so as it is written */
	if (style != FYSS_SINGLE_QUOTED)
		return fy_token_get_text(token, len);
	text = parse_single_quoted(b->arena, text, *len);
	*len = strlen(text);
	return text;
}

/* A key's copy. Those of a large file are there thousands of times. */
static const char *copy_key(struct builder *b, const char *text, size_t len)
{
	const char **known = &b->known[hash_bytes(0, text, len) % KNOWN];

	if (!*known || strncmp(*known, text, len) != 0 || (*known)[len])
		*known = arena_strndup(b->texts, text, len);
	return *known;
}

static const char *scalar_text(struct builder *b, struct fy_token *token, struct span at)
{
	size_t len = 0;
	const char *text = token ? meaning(b, token, at, &len) : "";
	long control;

	control = parse_control_byte(text, len);
	if (control >= 0) {
		parse_error(b->r, "control-character", at,
			    "a control character (0x%02x) in the text",
			    (unsigned char)text[control]);
		return "?";
	}
	return wants_key(b) ? copy_key(b, text, len) : arena_strndup(b->texts, text, len);
}

static void on_scalar(struct builder *b, struct fy_event *e)
{
	struct fy_token *token = fy_event_get_token(e);
	struct span at = token ? scalar_span(b, token) : nothing_span(b);
	const char *text = scalar_text(b, token, at);
	bool plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
	struct node *node;

	if (wants_key(b)) {
		if (!*text) {
			parse_error(b->r, "bad-key", at, "a key must not be empty");
			text = "?";
		}
		b->stack[b->depth - 1].key = text;
		b->stack[b->depth - 1].key_at = at;
		return;
	}
	node = arena_alloc(b->arena, sizeof(*node));
	*node = (struct node){.kind = NODE_SCALAR, .at = at, .text = text, .plain = plain};
	put(b, node);
}

/* Where a document that begins without `---` has no mark of its own, its first event has one. */
static void refuse_document(struct builder *b, struct fy_event *e)
{
	if (!fy_event_start_mark(e))
		return;
	parse_error(b->r, "many-documents", event_span(b, e),
		    "a second YAML document; a lab file has one");
	parse_hint(b->r, "remove what divides them, '---' or '...', or use two files");
	b->stop = true;
}

/* The size of a file does not bound what it costs: "[1,1,1,..." is two bytes a value. */
static void refuse_masses(struct builder *b, struct fy_event *e)
{
	parse_error(b->r, "too-many-values", event_span(b, e),
		    "the lab file has more than %d keys and values", PARSE_MAX_NODES);
	b->stop = true;
}

static void on_event(struct builder *b, struct fy_event *e)
{
	b->documents += e->type == FYET_DOCUMENT_START;
	if (b->documents > 1) {
		refuse_document(b, e);
		return;
	}
	if (++b->part->nodes > PARSE_MAX_NODES) {
		refuse_masses(b, e);
		return;
	}
	switch (e->type) {
	case FYET_MAPPING_START: on_open(b, e, NODE_MAP); break;
	case FYET_SEQUENCE_START: on_open(b, e, NODE_LIST); break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END: b->depth--; break;
	case FYET_SCALAR: on_scalar(b, e); break;
	case FYET_ALIAS:
		parse_error(b->r, "yaml-alias", sign_span(b, fy_event_get_token(e)),
			    "aliases (*name) are not used in a lab file");
		parse_hint(b->r, "write the value out, or quote text that begins with *");
		b->stop = true;
		break;
	case FYET_DOCUMENT_START: b->part->marked |= !e->document_start.implicit; break;
	case FYET_DOCUMENT_END: b->part->marked |= !e->document_end.implicit; break;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END: break;
	}
}

static bool in_block(const struct builder *b, size_t offset)
{
	size_t low = 0, high = b->n_blocks; /* blocks come in order */

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (offset >= b->blocks[mid].to)
			low = mid + 1;
		else if (offset < b->blocks[mid].from)
			high = mid;
		else
			return true;
	}
	return false;
}

/*
 * YAML allows a tab in some places and means different things by it; here it never indents. Only
 * the lines up to `end` are looked at: beyond a syntax error nobody knows what is a block of text.
 */
static bool refuse_tabs(struct builder *b, size_t end)
{
	struct lines *lines = &b->part->lines;
	const char *text = lines->src->text;
	bool found = false;

	for (size_t i = b->part->first_line; i < b->part->end_line && i < end; i++) {
		size_t start = lines->start[i], at = start + strspn(text + start, " ");

		if (text[at] != '\t' || in_block(b, at))
			continue;
		at += strspn(text + at, " \t");
		if (text[at] == '\n' || text[at] == '\r' || text[at] == '#' || !text[at])
			continue;
		at = start + strspn(text + start, " ");
		parse_error(b->r, "tab", parse_lines_span(lines, at, at + 1),
			    "a tab in the indentation");
		parse_hint(b->r, "indent with spaces");
		found = true;
	}
	return found;
}

/* Of a half, whose errors nobody is told of, its place is not that of the file. */
static void on_fault(void *data, const struct fy_diag_error *e)
{
	struct builder *b = data;
	struct lines *lines = &b->part->lines;
	size_t at = e ? parse_lines_offset(lines, e->line, e->column) : lines->src->len;
	struct span span = parse_lines_span(lines, at, at + 1);

	if (b->r->muted || refuse_tabs(b, span.line))
		return;
	parse_slip(b->r, lines, e && e->msg ? e->msg : "not YAML", at);
}

static bool on_one(void *data, struct fy_event *e)
{
	struct builder *b = data;

	b->refused |= refuse_extras(b, e);
	on_event(b, e);
	return !b->stop;
}

static bool read_yaml(struct builder *b)
{
	const struct parse_reader reader = {on_one, on_fault, b};
	const struct part *part = b->part;

	switch (parse_events(part->text, part->len, &reader)) {
	case PARSE_ALL: return !refuse_tabs(b, part->end_line) && !b->refused;
	case PARSE_STOPPED:
	case PARSE_FAULT: break;
	case PARSE_NOT_BEGUN:
		parse_error(b->r, "yaml", (struct span){.src = part->lines.src},
			    "the YAML parser did not start");
	}
	return false;
}

bool parse_part(struct part *part, struct arena *arena, struct arena *texts, struct report *r)
{
	struct builder b = {.part = part, .arena = arena, .texts = texts, .r = r};

	if (!read_yaml(&b))
		return false;
	part->root = b.root;
	return true;
}

struct part parse_part_whole(const struct lines *lines)
{
	const struct source *src = lines->src;
	const size_t mark = parse_mark(src);

	return (struct part){
		.lines = *lines,
		.text = src->text + mark,
		.len = src->len - mark,
		.offset = mark,
		.end_line = lines->n,
	};
}

struct node *parse_tree(struct arena *arena, struct arena *texts, const struct source *src,
			struct report *r)
{
	struct node *root = NULL;
	struct lines lines;
	struct part all;

	parse_lines(arena, src, &lines);
	if (!parse_scan(&lines, r))
		return NULL;
	all = parse_part_whole(&lines);
	if (src->len >= PARSE_HALVES_BYTES)
		root = parse_halves(&all, src->len / 2, arena, texts);
	if (root)
		return root;
	if (!parse_part(&all, arena, texts, r))
		return NULL;
	if (!all.root || parse_node_is_empty(all.root)) {
		parse_error(r, "empty-file", (struct span){.src = src}, "the lab file is empty");
		parse_hint(r, "the smallest lab is 'lab: NAME'");
		return NULL;
	}
	return all.root;
}
