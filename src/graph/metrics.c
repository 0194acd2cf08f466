// SPDX-License-Identifier: GPL-2.0-only
/*
 * How wide texts are: columns on a terminal; in a picture those of DejaVu Sans, one of the widest fonts
 * in use, so that a text is never longer than was thought.
 */
#include "base/cleanup.h"
#include "graph/graph.h"

/* Thousandths of the font size, from the font's tables, for ' ' to '~'. */
static const short widths[] = {
	318,  401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
	636,  636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
	1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
	603,  787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
	500,  613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
	635,  635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
};
_Static_assert(ARRAY_LEN(widths) == '~' - ' ' + 1, "a width for each character");

#define NAME_SIZE  14
#define SMALL_SIZE 12

static int pixel_width(const char *s, enum graph_font font)
{
	long sum = 0;

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= ' ' && c <= '~')
			sum += widths[c - ' '];
		else if ((c & 0xc0) != 0x80) /* first byte of a character beyond ASCII */
			sum += 838;
	}
	/* bold is wider by a ninth */
	return (int)(font == GRAPH_NAME ? sum * NAME_SIZE * 10 / 9000 + 1
					: sum * SMALL_SIZE / 1000 + 1);
}

int graph_columns(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int cell_width(const char *s, enum graph_font font)
{
	(void)font; /* all the same */
	return graph_columns(s);
}

const struct graph_metrics graph_pixels = {
	.width = pixel_width,
	.name_height = 20,
	.line_height = 17,
	.pad_x = 12,
	.pad_y = 9,
	.gap_x = 16,
	.gap_y = 12,
	.title_gap = 8,
	.channel = 30,
	.lane = 14,
	.label_gap = 7,
};

const struct graph_metrics graph_cells = {
	.width = cell_width,
	.name_height = 1,
	.line_height = 1,
	.pad_x = 2,
	.pad_y = 1,
	.gap_x = 2,
	.gap_y = 0,
	.title_gap = 2,
	.channel = 1,
	.lane = 1,
	.label_gap = 1,
};
