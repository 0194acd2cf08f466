// SPDX-License-Identifier: GPL-2.0-only
/*
 * Most of the time in which a large lab file is read goes by in libfyaml, which has no state beyond its parsers: so
 * this thread reads the first half, another the second. The text is cut before a line that begins with a key of the
 * root map or of a map right below it; in the latter case the second half is read with the line of the root map's key
 * in front of it:
 *
 *     vpcs:                   vpcs:                  vpcs:
 *       vpc-1: {...}            vpc-1: {...}           vpc-2: {...}
 *       vpc-2: {...}    =                      +     ecs:
 *     ecs:                                             ...
 *       ...
 *
 * Where to cut is a guess: the line may be part of a text. That it was right is seen afterwards. The first half is read
 * up to the colon of the key before which it is cut, and there must be free of errors, hence of open quotes and
 * brackets, with that key the last one of the map. The second half begins with it. Wherever that is not so, nothing is
 * said here, and the file is read again in one go. (To end the first half before the key is not enough: at the end of
 * a text, libfyaml 0.7.12 takes a word in the column of the keys for a value.)
 */
#include "parse/halves.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define LINGER_TURNS 100000 /* of a thread that has ended, in the kernel: it takes microseconds */

struct cut {
	size_t line, column; /* of the key before which it is cut, both from 0 */
	size_t to;           /* offset of what is behind its colon */
	const char *above;   /* the root map's key above, and how long it is with its colon */
	size_t above_len;    /* 0: it is the root map that is cut */
};

struct half {
	struct part part;
	const struct cut *cut;
	struct arena *arena, *texts;
	bool good;
	pid_t tid;
};

static bool begins_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t blanks(const char *s)
{
	return strspn(s, " ");
}

/* The length of a key and its colon, with which the text begins; 0: something else does. */
static size_t key_at(const char *s)
{
	size_t len = begins_key(*s) ? strcspn(s, ": \r\n") : 0;

	return len && s[len] == ':' && strchr(" \r\n", s[len + 1]) ? len + 1 : 0;
}

/* In which column the keys of the map below the root's key of that line are; 0 where none is below. */
static size_t column_below(const struct lines *lines, size_t line)
{
	while (++line < lines->n) {
		const char *s = lines->src->text + lines->start[line];
		size_t column = blanks(s);

		if (!strchr("\r\n#", s[column]))
			return key_at(s + column) ? column : 0;
	}
	return 0;
}

/* The nearest line at or above the given one that begins with a key of the root map, else the first. */
static size_t line_above(const struct lines *lines, size_t line)
{
	while (line > 0 && !key_at(lines->src->text + lines->start[line]))
		line--;
	return line;
}

static bool find_cut(const struct part *whole, size_t near, struct cut *cut)
{
	struct lines lines = whole->lines;
	const char *text = lines.src->text;
	size_t line = parse_lines_span(&lines, near, near).line - 1;
	const size_t above = line_above(&lines, line), below = column_below(&lines, above);

	*cut = (struct cut){.above = text + lines.start[above]};
	while (++line < lines.n) {
		const char *s = text + lines.start[line];
		const size_t column = blanks(s), len = key_at(s + column);

		if (!len || (column && column != below))
			continue;
		cut->line = line;
		cut->column = column;
		cut->to = lines.start[line] + column + len;
		cut->above_len = column ? key_at(cut->above) : 0;
		return true;
	}
	return false;
}

/* The second half, with the key in front of it; where that stands does not matter, as it is dropped. */
static void set_second(struct half *h)
{
	const struct lines *lines = &h->part.lines;
	const size_t start = lines->start[h->cut->line], len = lines->src->len - start;
	const size_t before = h->cut->above_len ? h->cut->above_len + 1 : 0;
	char *text = arena_alloc(h->arena, before + len + 1);

	if (before) {
		memcpy(text, h->cut->above, before - 1);
		text[before - 1] = '\n';
	}
	memcpy(text + before, lines->src->text + start, len);
	h->part.text = text;
	h->part.len = before + len;
	h->part.offset = start - before;
	h->part.first_line = h->cut->line;
}

static void set_first(struct half *h)
{
	h->part.len = h->cut->to - h->part.offset;
	h->part.end_line = h->cut->line;
}

static void read_half(struct half *h)
{
	struct report r = {.muted = true};

	h->good = parse_part(&h->part, h->arena, h->texts, &r) && !r.wrong && !h->part.marked;
}

static void *read_second(void *data)
{
	struct half *h = data;

	h->tid = gettid();
	set_second(h);
	read_half(h);
	return NULL;
}

/*
 * A thread can be joined a moment before the kernel forgets it, and as long as it counts, setns() and unshare() of
 * user namespaces are refused (userns_install() in kernel/user_namespace.c).
 */
static void await_end(pid_t tid)
{
	for (int i = 0; i < LINGER_TURNS && tgkill(getpid(), tid, 0) == 0; i++)
		(void)sched_yield(); /* never fails */
}

/* The map that is cut: the root, or what is the value of its item of that number. */
static struct node *cut_map(const struct half *h, size_t item)
{
	struct node *root = h->part.root;

	if (!root || root->kind != NODE_MAP || root->n <= item)
		return NULL;
	if (h->cut->column)
		root = root->items[item].value;
	return root->kind == NODE_MAP && root->n ? root : NULL;
}

static bool is_cut_key(const struct cut *cut, const struct node_item *item)
{
	return item->key_at.line == cut->line + 1 && item->key_at.col == cut->column + 1;
}

/* The items behind the first; false where a key is in both. */
static bool append(struct arena *arena, struct node *to, const struct node *from)
{
	for (size_t i = 1; i < from->n; i++) {
		const struct node_item *item = &from->items[i];

		if (parse_node_find(to, item->key))
			return false;
		(void)parse_node_add(arena, to, item->key, item->key_at, item->value);
	}
	return true;
}

/* The second half becomes part of the first, if they are what the cut was meant to give. */
static bool join(struct half *first, const struct half *second)
{
	struct node *root = first->part.root, *next = second->part.root, *to, *from;

	if (!first->good || !second->good ||
	    first->part.nodes + second->part.nodes > PARSE_MAX_NODES)
		return false;
	to = cut_map(first, root ? root->n - 1 : 0);
	from = cut_map(second, 0);
	if (!to || !from || root->at.col != 1 || !is_cut_key(first->cut, &to->items[to->n - 1]) ||
	    !is_cut_key(first->cut, &from->items[0]))
		return false;
	to->items[to->n - 1].value = from->items[0].value; /* there it was cut off */
	return append(first->arena, to, from) && (to == root || append(first->arena, root, next));
}

/* False, too, where there is no thread to be had. */
static bool read_both(struct half halves[2])
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, read_second, &halves[1]))
		return false;
	set_first(&halves[0]);
	read_half(&halves[0]);
	(void)pthread_join(thread, NULL); /* it exists, and nobody else waits */
	await_end(halves[1].tid);
	return join(&halves[0], &halves[1]);
}

struct node *parse_halves(const struct part *whole, size_t near, struct arena *arena,
			  struct arena *texts)
{
	struct half halves[2];
	struct cut cut;
	bool good;

	if (!find_cut(whole, near, &cut))
		return NULL;
	for (size_t i = 0; i < 2; i++)
		halves[i] = (struct half){
			.part = *whole, .cut = &cut, .arena = arena_new(0), .texts = arena_new(0)};
	good = read_both(halves);
	for (size_t i = 0; i < 2; i++) {
		if (good) {
			arena_adopt(arena, halves[i].arena);
			arena_adopt(texts, halves[i].texts);
		} else {
			arena_free(halves[i].arena);
			arena_free(halves[i].texts);
		}
	}
	return good ? halves[0].part.root : NULL;
}
