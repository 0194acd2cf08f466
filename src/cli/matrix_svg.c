// SPDX-License-Identifier: GPL-2.0-only
#include "cli/matrix_svg.h"

#include "graph/graph.h"

#define MARGIN 20
#define SIDE   28 /* of a cell */
#define LINE   18
#define HEAD   34 /* title and the columns' numbers */

/* Colour and mark say the same, so that neither is needed to understand the other. */
static const char style[] =
	"    text { font: 12px 'DejaVu Sans', Verdana, 'Segoe UI', sans-serif; fill: #57606a }\n"
	"    .name { font-size: 14px; font-weight: 600; fill: #1f2328 }\n"
	"    .mark { text-anchor: middle; font-weight: 600; fill: #1f2328 }\n"
	"    .paper { fill: #ffffff }\n"
	"    .all { fill: #aceebb }\n"
	"    .part { fill: #f8e3a1 }\n"
	"    .nothing { fill: #ffcecb }\n"
	"    .unknown { fill: #d0d7de }\n"
	"    .none { fill: #f6f8fa }\n"
	"    @media (prefers-color-scheme: dark) {\n"
	"      text { fill: #9da7b1 }\n"
	"      .name, .mark { fill: #e6edf3 }\n"
	"      .paper { fill: #0d1117 }\n"
	"      .all { fill: #196c2e }\n"
	"      .part { fill: #845306 }\n"
	"      .nothing { fill: #8e1519 }\n"
	"      .unknown { fill: #484f58 }\n"
	"      .none { fill: #161b22 }\n"
	"    }\n";

static const char *class_of(char mark)
{
	switch (mark) {
	case '+': return "all";
	case '.': return "nothing";
	case '?': return "unknown";
	case ' ': return "none";
	default: return "part";
	}
}

static int widest(const char *const *texts, size_t n)
{
	int w = 0;

	for (size_t i = 0; i < n; i++) {
		int own = graph_pixels.width(texts[i], GRAPH_SMALL);

		w = own > w ? own : w;
	}
	return w + w / 10; /* fonts differ */
}

static void put_text(struct strbuf *out, int x, int y, const char *class, const char *s)
{
	strbuf_printf(out, "  <text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	strbuf_add_xml(out, s);
	strbuf_add(out, "</text>\n");
}

static void put_number(struct strbuf *out, int x, int y, size_t n)
{
	strbuf_printf(out, "  <text x=\"%d\" y=\"%d\">%zu</text>\n", x, y, n);
}

static char mark_at(const struct cli_matrix_picture *p, size_t row, size_t column)
{
	return p->marks[row * p->n_columns + column];
}

/* Row by row, for those who do not see it. */
static void describe(struct strbuf *out, const struct cli_matrix_picture *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		strbuf_printf(out, "%sFrom ", i ? " " : "");
		strbuf_add_xml(out, p->rows[i]);
		for (size_t k = 0; k < p->n_columns; k++) {
			if (mark_at(p, i, k) == ' ')
				continue;
			strbuf_printf(out, "; to ");
			strbuf_add_xml(out, p->columns[k]);
			strbuf_printf(out, ": %s", class_of(mark_at(p, i, k)));
		}
		strbuf_addc(out, '.');
	}
}

static void put_row(struct strbuf *out, const struct cli_matrix_picture *p, size_t row, int left)
{
	int y = HEAD + (int)row * SIDE;

	put_text(out, 0, y + SIDE / 2 + 4, "of", p->rows[row]);
	for (size_t k = 0; k < p->n_columns; k++) {
		const char mark[] = {mark_at(p, row, k), '\0'};
		int x = left + (int)k * SIDE;

		strbuf_printf(
			out,
			"  <rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n",
			class_of(*mark), x + 1, y + 1, SIDE - 2, SIDE - 2);
		if (*mark != ' ')
			put_text(out, x + SIDE / 2, y + SIDE / 2 + 4, "mark", mark);
	}
}

static void put_head(struct strbuf *out, const struct cli_matrix_picture *p, int w, int h)
{
	w += 2 * MARGIN;
	h += 2 * MARGIN;
	strbuf_printf(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%d %d %d %d\" width=\"%d\" "
		"height=\"%d\" role=\"img\" aria-labelledby=\"title desc\">\n  <title id=\"title\">",
		-MARGIN, -MARGIN, w, h, w, h);
	strbuf_add_xml(out, p->title);
	strbuf_add(out, "</title>\n  <desc id=\"desc\">");
	describe(out, p);
	strbuf_printf(
		out,
		"</desc>\n  <style>\n%s  </style>\n"
		"  <rect class=\"paper\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
		style, -MARGIN, -MARGIN, w, h);
	put_text(out, 0, 4, "name", p->title);
}

void cli_matrix_svg(struct strbuf *out, const struct cli_matrix_picture *p)
{
	const int left = widest(p->rows, p->n_rows) + 12;
	const int under = HEAD + (int)p->n_rows * SIDE + LINE;
	const int columns = widest(p->columns, p->n_columns) + 30;
	const int legend = widest(p->legend, p->n_legend);
	int w = left + (int)p->n_columns * SIDE;
	int y = under;

	w = columns > w ? columns : w;
	w = legend > w ? legend : w;
	w = graph_pixels.width(p->title, GRAPH_NAME) > w ? graph_pixels.width(p->title, GRAPH_NAME)
							 : w;
	put_head(out, p, w, under + (int)(p->n_columns + p->n_legend) * LINE);
	for (size_t k = 0; k < p->n_columns; k++)
		put_number(out, left + (int)k * SIDE + (k < 9 ? SIDE / 2 - 4 : SIDE / 2 - 8),
			   HEAD - 6, k + 1);
	for (size_t i = 0; i < p->n_rows; i++)
		put_row(out, p, i, left);
	for (size_t k = 0; k < p->n_columns; k++, y += LINE) {
		put_number(out, 0, y, k + 1);
		put_text(out, 30, y, "of", p->columns[k]);
	}
	for (size_t i = 0; i < p->n_legend; i++, y += LINE)
		put_text(out, 0, y + LINE / 2, "of", p->legend[i]);
	strbuf_add(out, "</svg>\n");
}
