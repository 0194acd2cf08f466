// SPDX-License-Identifier: GPL-2.0-only
/*
 * Straight from bytes to nodes. libfyaml is thorough, and its events cost a microsecond each: forty
 * milliseconds for a lab of a thousand routers, which is half a megabyte of text.
 *
 * Whatever is not surely of the simple kind is refused, without a word; libfyaml then reads the file from its
 * beginning. So there is no error to report here, and every doubt is a refusal. That both give the same
 * tree is compared by tests, for all labs.
 */
#include "parse/plain.h"

#include <string.h>

#include "parse/parse.h"

#define KEY_MAX     128 /* YAML's own limit is 1024 */
#define OTHER_NODES 8   /* events of libfyaml that are no node */

struct reader {
	struct arena *arena;
	const struct source *src;
	const char *line, *end; /* of the line that is being read */
	const char *next;       /* line; NULL: that was the last one */
	const char *at;         /* what comes next */
	uint32_t number;
	size_t depth, nodes;
	bool done; /* no line is left */
};

static bool is_ascii(const struct source *src)
{
	unsigned int bad = 0;

	for (size_t i = 0; i < src->len; i++) {
		const unsigned int c = (unsigned char)src->text[i];

		/* without a branch: the compiler makes it sixteen bytes at a time */
		bad |= (unsigned int)(c - 0x20u > 0x7eu - 0x20u) & (unsigned int)(c != '\n');
	}
	return !bad;
}

/* --- lines --- */

static void skip_spaces(struct reader *r)
{
	while (*r->at == ' ')
		r->at++;
}

/* Goes on to the next line that is neither empty nor a comment. */
static void next_line(struct reader *r)
{
	do {
		r->done = !r->next;
		if (r->done)
			return;
		r->at = r->line = r->next;
		r->end = memchr(r->line, '\n', (size_t)(r->src->text + r->src->len - r->line));
		r->next = r->end ? r->end + 1 : NULL;
		if (!r->end)
			r->end = r->src->text + r->src->len;
		r->number++;
		skip_spaces(r);
	} while (r->at == r->end || *r->at == '#');
}

static size_t column(const struct reader *r)
{
	return (size_t)(r->at - r->line);
}

static bool is_rest_empty(struct reader *r)
{
	skip_spaces(r);
	return r->at == r->end || (*r->at == '#' && r->at[-1] == ' ');
}

static struct span span_of(const struct reader *r, const char *from, const char *to)
{
	return (struct span){.src = r->src,
			     .line = r->number,
			     .col = (uint32_t)(from - r->line + 1),
			     .len = (uint32_t)(to - from)};
}

static bool is_dash(const struct reader *r)
{
	return r->at[0] == '-' && r->at[1] == ' ';
}

/* --- scalars --- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static struct node *node_new(struct reader *r, enum node_kind kind, const char *from,
			     const char *to)
{
	struct node *node = arena_alloc(r->arena, sizeof(*node));

	node->kind = kind;
	node->at = span_of(r, from, to);
	r->nodes++;
	return node;
}

/* NULL: no simple key. Else stands behind the colon and blanks. */
static const char *read_key(struct reader *r, struct span *at)
{
	const char *from = r->at, *to = from;

	if (!is_word(*to))
		return NULL;
	while (is_word(*to) || *to == '-' || *to == '.' || *to == '/')
		to++;
	if (to[0] != ':' || (to[1] != ' ' && to + 1 != r->end) || to - from > KEY_MAX)
		return NULL;
	*at = span_of(r, from, to);
	r->at = to + 1;
	r->nodes++;
	skip_spaces(r);
	return arena_strndup(r->arena, from, (size_t)(to - from));
}

static bool has_key(const struct reader *r)
{
	const char *p = r->at;

	while (is_word(*p) || *p == '-' || *p == '.' || *p == '/')
		p++;
	return p[0] == ':' && (p[1] == ' ' || p + 1 == r->end);
}

static struct node *read_quoted(struct reader *r)
{
	const char quote = *r->at, *from = r->at + 1;
	const char *to = memchr(from, quote, (size_t)(r->end - from));
	struct node *node;

	if (!to || to[1] == quote || (quote == '"' && memchr(from, '\\', (size_t)(to - from))))
		return NULL;
	node = node_new(r, NODE_SCALAR, r->at, to + 1);
	node->text = arena_strndup(r->arena, from, (size_t)(to - from));
	r->at = to + 1;
	return node;
}

/* Where a plain scalar stops; NULL where that is not plain to see. */
static const char *end_of_word(const struct reader *r, bool flow)
{
	const char *p = r->at;

	for (; p < r->end; p++) {
		if (*p == ':' &&
		    (p + 1 == r->end || p[1] == ' ' || (flow && strchr(",[]{}", p[1]))))
			return NULL;
		if (*p == '#' && p[-1] == ' ')
			return flow ? NULL : p;
		if (flow && (*p == ',' || *p == '}' || *p == ']'))
			return p;
		if (flow && (*p == '{' || *p == '['))
			return NULL;
	}
	return flow ? NULL : p;
}

static struct node *read_word(struct reader *r, bool flow)
{
	const char *to = is_word(*r->at) || *r->at == '/' || *r->at == '$' ? end_of_word(r, flow)
									   : NULL;
	struct node *node;

	if (!to)
		return NULL;
	while (to[-1] == ' ')
		to--;
	node = node_new(r, NODE_SCALAR, r->at, to);
	node->text = arena_strndup(r->arena, r->at, (size_t)(to - r->at));
	node->plain = true;
	r->at = to;
	return node;
}

/* --- collections --- */

static struct node *open_node(struct reader *r, enum node_kind kind)
{
	if (r->depth == PARSE_MAX_DEPTH)
		return NULL;
	r->depth++;
	r->nodes++; /* its end is an event, too */
	return node_new(r, kind, r->at, r->at + 1);
}

static struct node *read_value(struct reader *r, bool flow);

static bool flow_item(struct reader *r, struct node *node)
{
	struct span at = {0};
	const char *key = node->kind == NODE_MAP ? read_key(r, &at) : NULL;
	struct node *value;

	if (node->kind == NODE_MAP && (!key || parse_node_find(node, key)))
		return false;
	value = read_value(r, true);
	if (value)
		(void)parse_node_add(r->arena, node, key, at, value);
	return value != NULL;
}

static struct node *read_flow(struct reader *r)
{
	const char close = *r->at == '{' ? '}' : ']';
	struct node *node = open_node(r, *r->at == '{' ? NODE_MAP : NODE_LIST);

	if (!node)
		return NULL;
	do {
		r->at++;
		skip_spaces(r);
		if (node->n == 0 && *r->at == close)
			break;
		if (!flow_item(r, node))
			return NULL;
		skip_spaces(r);
	} while (*r->at == ',');
	if (*r->at != close)
		return NULL;
	r->at++;
	r->depth--;
	return node;
}

static struct node *read_value(struct reader *r, bool flow)
{
	switch (*r->at) {
	case '{':
	case '[': return read_flow(r);
	case '"':
	case '\'': return read_quoted(r);
	default: return read_word(r, flow);
	}
}

/* A value on what is left of a line, and nothing behind it. */
static struct node *read_rest(struct reader *r)
{
	struct node *value = read_value(r, false);

	if (!value || !is_rest_empty(r))
		return NULL;
	next_line(r);
	return value;
}

static struct node *read_block(struct reader *r);

/* Behind a key of a map in column n. */
static struct node *map_value(struct reader *r, size_t n)
{
	if (!is_rest_empty(r))
		return read_rest(r);
	next_line(r);
	if (r->done || column(r) < n || (column(r) == n && !is_dash(r)))
		return NULL; /* nothing is a value */
	return read_block(r);
}

static bool block_item(struct reader *r, struct node *node, size_t n)
{
	struct span at = {0};
	const char *key = NULL;
	struct node *value;

	if (node->kind == NODE_MAP) {
		key = read_key(r, &at);
		value = key && !parse_node_find(node, key) ? map_value(r, n) : NULL;
	} else {
		r->at++;
		if (is_rest_empty(r))
			return false;
		value = is_dash(r) || has_key(r) ? read_block(r) : read_rest(r);
	}
	if (value)
		(void)parse_node_add(r->arena, node, key, at, value);
	return value != NULL;
}

static struct node *read_block(struct reader *r)
{
	const size_t n = column(r);
	const bool list = is_dash(r);
	struct node *node = open_node(r, list ? NODE_LIST : NODE_MAP);

	if (!node)
		return NULL;
	while (!r->done && column(r) == n && (!list || is_dash(r)))
		if (!block_item(r, node, n))
			return NULL;
	if (!r->done && column(r) > n)
		return NULL; /* a scalar of several lines, or no YAML */
	r->depth--;
	return node;
}

struct node *parse_plain(struct arena *arena, const struct source *src)
{
	struct reader r = {.arena = arena, .src = src, .next = src->text};
	struct node *root;

	if (src->len > PARSE_MAX_BYTES || !is_ascii(src))
		return NULL;
	next_line(&r);
	root = r.done || column(&r) ? NULL : read_block(&r);
	return root && r.done && r.nodes + OTHER_NODES <= PARSE_MAX_NODES ? root : NULL;
}
