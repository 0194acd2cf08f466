// SPDX-License-Identifier: GPL-2.0-only
/*
 * The picture on a terminal: a grid of cells. A line leaves in each cell the directions that it goes
 * to; what meets there becomes one character, so that crossings and corners need no thought.
 */
#include <stdint.h>
#include <string.h>

#include "graph/layout.h"

enum { NORTH = 1, EAST = 2, SOUTH = 4, WEST = 8 };

enum paint { PLAIN, DIM, BOLD, GREEN, BLUE, YELLOW, RED };

struct cell {
	uint8_t lines; /* directions */
	uint8_t paint;
	bool dashed;  /* of something broken */
	char text[5]; /* a character of UTF-8; "" for none */
};

struct canvas {
	struct cell *cells;
	int w, h;
};

static struct cell *cell_at(struct canvas *c, int x, int y)
{
	static struct cell outside; /* nothing is drawn there on purpose */

	if (x < 0 || y < 0 || x >= c->w || y >= c->h)
		return &outside;
	return &c->cells[y * c->w + x];
}

static enum paint paint_of(enum graph_change change, enum paint same)
{
	switch (change) {
	case GRAPH_SAME: return same;
	case GRAPH_ADDED: return GREEN;
	case GRAPH_CHANGED: return BLUE;
	}
	return same;
}

static enum paint paint_of_tone(enum graph_tone tone, enum paint other)
{
	switch (tone) {
	case GRAPH_NOT_LIVE: return other;
	case GRAPH_IDLE: return DIM;
	case GRAPH_FLOWING: return GREEN;
	case GRAPH_BUSY: return YELLOW;
	case GRAPH_FULL:
	case GRAPH_BROKEN: return RED;
	}
	return other;
}

/* --- lines --- */

struct pen {
	enum paint paint;
	bool dashed;
};

static void add_lines(struct canvas *c, int x, int y, uint8_t lines, struct pen pen)
{
	struct cell *cell = cell_at(c, x, y);

	cell->lines |= lines;
	cell->dashed = pen.dashed;
	if (pen.paint != DIM || !cell->paint)
		cell->paint = (uint8_t)pen.paint;
}

static void draw_piece(struct canvas *c, struct graph_point a, struct graph_point b, struct pen pen)
{
	bool across = a.y == b.y;
	int from = across ? (a.x < b.x ? a.x : b.x) : (a.y < b.y ? a.y : b.y);
	int to = across ? (a.x < b.x ? b.x : a.x) : (a.y < b.y ? b.y : a.y);

	for (int i = from; i <= to; i++) {
		uint8_t lines = 0;

		if (i > from)
			lines |= across ? WEST : NORTH;
		if (i < to)
			lines |= across ? EAST : SOUTH;
		add_lines(c, across ? i : a.x, across ? a.y : i, lines, pen);
	}
}

static void draw_frame(struct canvas *c, const struct graph_box *b)
{
	int right = graph_right(b) - 1, bottom = graph_bottom(b) - 1;
	struct graph_point corners[] = {
		{b->at.x, b->at.y}, {right, b->at.y}, {right, bottom}, {b->at.x, bottom}};
	struct pen pen = {paint_of(b->change, DIM), b->live.tone == GRAPH_BROKEN};

	if (b->live.tone >= GRAPH_BUSY)
		pen.paint = paint_of_tone(b->live.tone, DIM);
	for (int i = 0; i < 4; i++)
		draw_piece(c, corners[i], corners[(i + 1) % 4], pen);
}

/* Boxes end a cell before their right and lower sides. */
static struct graph_point onto_border(const struct graph_box *b, struct graph_point p)
{
	if (p.x == graph_right(b))
		p.x--;
	if (p.y == graph_bottom(b))
		p.y--;
	return p;
}

static void draw_link(struct canvas *c, const struct graph_link *l)
{
	struct graph_point last = onto_border(l->to, l->points[l->n_points - 1]);
	struct graph_point here = onto_border(l->from, l->points[0]);
	struct pen pen = {paint_of_tone(l->live.tone, paint_of(l->change, PLAIN)),
			  l->live.tone == GRAPH_BROKEN};

	for (size_t i = 1; i < l->n_points; i++) {
		struct graph_point next = i + 1 == l->n_points ? last : l->points[i];

		if (i == 1 && l->kind == GRAPH_INVOKE)
			next.y = here.y;
		draw_piece(c, here, next, pen);
		here = next;
	}
}

/* --- text --- */

static size_t character_length(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80 && n < 4)
		n++;
	return n;
}

static int put(struct canvas *c, int x, int y, const char *s, enum paint paint)
{
	while (*s) {
		struct cell *cell = cell_at(c, x++, y);
		size_t n = character_length(s);

		memcpy(cell->text, s, n);
		cell->text[n] = '\0';
		cell->paint = (uint8_t)paint;
		s += n;
	}
	return x;
}

static void put_words(struct canvas *c, const struct graph_box *b)
{
	struct graph_word w;

	for (size_t i = 0; graph_word_at(b, i, &graph_cells, &w); i++) {
		enum paint paint = paint_of_tone(
			w.tone, paint_of(w.change, w.font == GRAPH_NAME ? BOLD : PLAIN));

		(void)put(c, put(c, w.x, w.y, w.mark, paint), w.y, w.s, paint);
	}
}

static void put_label(struct canvas *c, const struct graph_link *l)
{
	for (size_t i = 0; i < l->n_label; i++) {
		enum paint paint = paint_of_tone(graph_is_live(l, i) ? l->live.tone
								     : GRAPH_NOT_LIVE,
						 paint_of(l->change, PLAIN));
		int x = l->label_at[i].x, y = l->label_at[i].y;

		x = put(c, x, y, i ? "" : graph_mark(l->change), paint);
		(void)put(c, x, y, l->label[i], paint);
	}
}

static void put_tip(struct canvas *c, const struct graph_link *l)
{
	struct graph_point to = l->points[l->n_points - 1];

	if (l->kind == GRAPH_INVOKE)
		(void)put(c, to.x - 1, to.y, "▶", paint_of(l->change, PLAIN));
	else if (l->kind == GRAPH_REACH)
		(void)put(c, to.x, to.y - 1, "▼", paint_of(l->change, PLAIN));
	else if (l->kind == GRAPH_BIND)
		(void)put(c, l->points[0].x, l->points[0].y, "▲", paint_of(l->change, PLAIN));
}

/* --- out --- */

static const char *line_character(uint8_t lines, bool dashed, bool unicode)
{
	static const char *const drawn[] = {" ", "╵", "╶", "└", "╷", "│", "┌", "├",
					    "╴", "┘", "─", "┴", "┐", "┤", "┬", "┼"};
	static const char plain[][2] = {" ", "|", "-", "+", "|", "|", "+", "+",
					"-", "+", "-", "+", "+", "+", "+", "+"};

	if (dashed && lines == (NORTH | SOUTH))
		return unicode ? "╎" : ":";
	if (dashed && lines == (EAST | WEST))
		return unicode ? "╌" : ".";
	return unicode ? drawn[lines & 15] : plain[lines & 15];
}

static const char *in_ascii(const char *s)
{
	static const struct {
		const char *from, *to;
	} words[] = {{"→", ">"}, {"×", "x"}, {"▶", ">"}, {"▼", "v"},
		     {"▲", "^"}, {"←", "<"}, {"↓", "v"}, {"↑", "^"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].from, s))
			return words[i].to;
	return (unsigned char)*s < 0x80 ? s : "?";
}

static const char *escape(uint8_t paint)
{
	static const char *const codes[] = {
		[PLAIN] = "\033[0m",    [DIM] = "\033[0;2m",     [BOLD] = "\033[0;1m",
		[GREEN] = "\033[0;32m", [BLUE] = "\033[0;34;1m", [YELLOW] = "\033[0;33m",
		[RED] = "\033[0;31;1m",
	};

	return codes[paint];
}

static int line_end(struct canvas *c, int y)
{
	int end = c->w;

	while (end && !*cell_at(c, end - 1, y)->text && !cell_at(c, end - 1, y)->lines)
		end--;
	return end;
}

static void write_line(struct strbuf *out, struct canvas *c, int y, const struct graph_style *style)
{
	int end = line_end(c, y);
	uint8_t now = PLAIN;

	for (int x = 0; x < end; x++) {
		const struct cell *cell = cell_at(c, x, y);
		const char *s = line_character(cell->lines, cell->dashed, style->unicode);

		if (*cell->text)
			s = style->unicode ? cell->text : in_ascii(cell->text);
		if (style->colour && cell->paint != now)
			strbuf_add(out, escape(now = cell->paint));
		strbuf_add(out, s);
	}
	if (style->colour && now != PLAIN)
		strbuf_add(out, escape(PLAIN));
	strbuf_addc(out, '\n');
}

void graph_text(struct strbuf *out, struct graph *g, const struct graph_style *style)
{
	struct canvas c;

	graph_layout(g, &graph_cells);
	c = (struct canvas){.w = g->size.w, .h = g->size.h};
	c.cells = arena_alloc(g->arena, (size_t)c.w * (size_t)c.h * sizeof(*c.cells) + 1);
	for (size_t i = 0; i < g->n_boxes; i++)
		draw_frame(&c, g->boxes[i]);
	for (size_t i = 0; i < g->n_links; i++)
		draw_link(&c, g->links[i]);
	for (size_t i = 0; i < g->n_boxes; i++)
		put_words(&c, g->boxes[i]);
	for (size_t i = 0; i < g->n_links; i++) {
		put_label(&c, g->links[i]);
		put_tip(&c, g->links[i]);
	}
	(void)put(&c, 0, c.h - 1, graph_caption(g), PLAIN);
	for (int y = 0; y < c.h; y++)
		write_line(out, &c, y, style);
}
