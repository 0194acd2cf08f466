// SPDX-License-Identifier: GPL-2.0-only
#include "trace/trace.h"

#include <string.h>

#define LEFT   90  /* pixels for the times */
#define STEP   150 /* between two lifelines */
#define TOP    96
#define ROW    34
#define MARGIN 40
#define CHAR   8 /* at the most, of a character */

static const char style_sheet[] =
	"<style>\n"
	"svg{background:#fff;color:#1f2328;font:12px ui-monospace,SFMono-Regular,Menlo,monospace}\n"
	"text{fill:currentColor}\n"
	".t{font:600 16px system-ui,sans-serif}.n{font:600 12px system-ui,sans-serif;text-anchor:middle}\n"
	".s{stroke:#fff;stroke-width:4;paint-order:stroke}\n"
	".l{stroke:#8c959f;stroke-dasharray:2 4}.m{fill:#59636e;text-anchor:end}\n"
	".a{stroke:#59636e;stroke-width:1.5;fill:none}.d{fill:#59636e}\n"
	".http .a{stroke:#0969da;stroke-width:2}.http .d,.http .s{fill:#0969da}\n"
	".dns .a{stroke:#1a7f37}.dns .d,.dns .s{fill:#1a7f37}\n"
	".lost .a{stroke:#cf222e}.lost .d,.lost .s{fill:#cf222e}\n"
	"@media (prefers-color-scheme:dark){svg{background:#0d1117;color:#e6edf3}.s{stroke:#0d1117}\n"
	".l{stroke:#656c76}.m{fill:#9198a1}.a{stroke:#9198a1}.d{fill:#9198a1}\n"
	".http .a{stroke:#4493f8}.http .d,.http .s{fill:#4493f8}\n"
	".dns .a{stroke:#3fb950}.dns .d,.dns .s{fill:#3fb950}\n"
	".lost .a{stroke:#f85149}.lost .d,.lost .s{fill:#f85149}}\n"
	"</style>\n";

static size_t x_of(size_t column)
{
	return LEFT + MARGIN + column * STEP;
}

static const char *class_of(const struct trace_journey *j)
{
	if (j->lost)
		return "lost";
	if (strstr(j->says, " DNS "))
		return "dns";
	return strstr(j->says, "HTTP/1.") ? "http" : "tcp";
}

static size_t left_of(const struct trace_journey *j)
{
	size_t left = x_of(j->hops[0].column);

	for (size_t i = 1; i < j->n; i++)
		left = x_of(j->hops[i].column) < left ? x_of(j->hops[i].column) : left;
	return left;
}

/* As wide as the widest text needs. */
static size_t width_of(const struct trace *t, const char *title)
{
	size_t width = x_of(t->n_columns) + MARGIN, need = strlen(title) * (CHAR + 2) + MARGIN;

	width = need > width ? need : width;
	for (size_t i = 0; i < t->n_journeys; i++) {
		const struct trace_journey *j = &t->journeys[i];

		need = left_of(j) + MARGIN +
		       CHAR * (strlen(j->says) +
			       (j->lost ? strlen(t->columns[j->hops[j->n - 1].column]) + 10 : 0));
		width = need > width ? need : width;
	}
	return width;
}

static void add_head(const struct trace *t, const char *title, size_t height, struct strbuf *out)
{
	size_t width = width_of(t, title);

	strbuf_printf(out,
		      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" "
		      "width=\"%zu\" height=\"%zu\" role=\"img\">\n<title>",
		      width, height, width, height);
	strbuf_add_xml(out, title);
	strbuf_printf(out, "</title>\n%s<text class=\"t\" x=\"20\" y=\"30\">", style_sheet);
	strbuf_add_xml(out, title);
	strbuf_add(out, "</text>\n");
	for (size_t i = 0; i < t->n_columns; i++) {
		strbuf_printf(out, "<path class=\"l\" d=\"M%zu %d V%zu\"/>", x_of(i), TOP - 24,
			      height - 12);
		strbuf_printf(out, "<text class=\"n\" x=\"%zu\" y=\"%d\">", x_of(i),
			      TOP - 34 - (i & 1 ? 16 : 0)); /* neighbours' names may be long */
		strbuf_add_xml(out, t->columns[i]);
		strbuf_add(out, "</text>\n");
	}
}

static void add_end(const struct trace_journey *j, size_t y, struct strbuf *out)
{
	size_t last = j->hops[j->n - 1].column, x = x_of(last);
	bool right = j->n < 2 || last > j->hops[j->n - 2].column;

	if (j->lost)
		strbuf_printf(out, "<path class=\"a\" d=\"M%zu %zu l10 10 m0 -10 l-10 10\"/>",
			      x - 5, y - 5);
	else if (right)
		strbuf_printf(out, "<path class=\"d\" d=\"M%zu %zu l-9 -5 v10 z\"/>", x, y);
	else
		strbuf_printf(out, "<path class=\"d\" d=\"M%zu %zu l9 -5 v10 z\"/>", x, y);
}

static void add_row(const struct trace *t, const struct trace_journey *j, size_t y,
		    struct strbuf *out)
{
	strbuf_printf(out,
		      "<g class=\"%s\"><text class=\"m\" x=\"%d\" y=\"%zu\">%.3f ms</text>"
		      "<path class=\"a\" d=\"M%zu %zu",
		      class_of(j), LEFT, y + 4, (double)(j->hops[0].at - t->start) / 1e6,
		      x_of(j->hops[0].column), y);
	for (size_t i = 1; i < j->n; i++)
		strbuf_printf(out, " H%zu", x_of(j->hops[i].column));
	strbuf_add(out, "\"/>");
	for (size_t i = 0; i + 1 < j->n || i == 0; i++)
		strbuf_printf(out, "<circle class=\"d\" cx=\"%zu\" cy=\"%zu\" r=\"3\"/>",
			      x_of(j->hops[i].column), y);
	add_end(j, y, out);
	strbuf_printf(out, "<text class=\"s\" x=\"%zu\" y=\"%zu\">", left_of(j) + 8, y - 7);
	strbuf_add_xml(out, j->says);
	if (j->lost) {
		strbuf_add(out, " (lost in ");
		strbuf_add_xml(out, t->columns[j->hops[j->n - 1].column]);
		strbuf_addc(out, ')');
	}
	strbuf_add(out, "</text></g>\n");
}

void trace_svg(const struct trace *t, const char *title, bool all, struct strbuf *out)
{
	size_t rows = 0, y = TOP + ROW / 2;

	for (size_t i = 0; i < t->n_journeys; i++)
		rows += all || !t->journeys[i].bare;
	add_head(t, title, TOP + rows * ROW + 24, out);
	for (size_t i = 0; i < t->n_journeys; i++) {
		if (!all && t->journeys[i].bare)
			continue;
		add_row(t, &t->journeys[i], y, out);
		y += ROW;
	}
	strbuf_add(out, "</svg>\n");
}
