// SPDX-License-Identifier: GPL-2.0-only
/*
 * Line by line: a blank line ends a paragraph, a fence switches to literal text. Words of a paragraph
 * are put one after the other; marks inside of a line have no width, and may go on over its end.
 * Code with blanks in it is one word: whoever copies a command gets it in one line.
 */
#include "ui/markdown.h"

#include <string.h>

#define BOLD  "\033[1m"
#define CODE  "\033[36m"
#define PLAIN "\033[0m"

struct writer {
	struct strbuf *out;
	const struct ui_markdown *style;
	int column;  /* of the present line, 0: nothing stands on it */
	int hanging; /* more blanks: in an item of a list */
	bool bold, code, literal;
	bool gap;           /* a blank line is due before what comes next */
	struct strbuf word; /* that is read just now */
	bool in_code;       /* of that word: a blank does not end it */
};

static void begin_line(struct writer *w)
{
	for (int i = 0; i < w->style->indent + w->hanging; i++)
		strbuf_addc(w->out, ' ');
	w->column = w->style->indent + w->hanging;
}

static void end_line(struct writer *w)
{
	if (w->column)
		strbuf_addc(w->out, '\n');
	w->column = 0;
}

/* Before a paragraph, a list or a heading. */
static void open_block(struct writer *w)
{
	end_line(w);
	if (w->gap)
		strbuf_addc(w->out, '\n');
	w->gap = false;
}

static void set_style(struct writer *w)
{
	if (!w->style->colour)
		return;
	strbuf_add(w->out, PLAIN);
	if (w->bold)
		strbuf_add(w->out, BOLD);
	if (w->code)
		strbuf_add(w->out, CODE);
}

/* Length of the mark at s, which it switches; 0: none. */
static size_t take_mark(struct writer *w, const char *s)
{
	if (*s == '`')
		w->code = !w->code;
	else if (!w->code && s[0] == '*' && s[1] == '*')
		w->bold = !w->bold;
	else
		return 0;
	return *s == '`' ? 1 : 2;
}

static size_t mark_length(const char *s, bool code)
{
	return *s == '`' ? 1 : !code && s[0] == '*' && s[1] == '*' ? 2 : 0;
}

/* Columns of a word of n bytes, without its marks where they are not shown. */
static int word_width(const struct writer *w, const char *s, size_t n)
{
	bool code = w->code;
	int width = 0;

	for (size_t i = 0; i < n;) {
		size_t mark = w->style->colour ? mark_length(s + i, code) : 0;

		if (mark) {
			code = code != (s[i] == '`');
			i += mark;
			continue;
		}
		width += ((unsigned char)s[i] & 0xc0) != 0x80;
		i++;
	}
	return width;
}

static void put_word(struct writer *w, const char *s, size_t n)
{
	int width = word_width(w, s, n);

	if (w->column > w->style->indent + w->hanging) {
		if (w->column + 1 + width > w->style->width) {
			end_line(w);
		} else {
			strbuf_addc(w->out, ' ');
			w->column++;
		}
	}
	if (!w->column)
		begin_line(w);
	w->column += width;
	for (size_t i = 0; i < n;) {
		size_t mark = w->style->colour ? take_mark(w, s + i) : 0;

		if (mark)
			set_style(w);
		else
			strbuf_addc(w->out, s[i++]);
		i += mark;
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where no second mark followed the first one, it was no code. */
static void end_word(struct writer *w)
{
	const char *s = strbuf_str(&w->word);

	if (!w->in_code && w->word.len)
		put_word(w, s, w->word.len);
	while (w->in_code && *s) {
		const size_t n = strcspn(s, " \t");

		if (n)
			put_word(w, s, n);
		s += n + (s[n] != '\0');
	}
	strbuf_trunc(&w->word, 0);
	w->in_code = false;
}

/* What is code at the end of the line goes on in the next one. */
static void put_words(struct writer *w, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_blank(s[i]) && !w->in_code) {
			end_word(w);
			continue;
		}
		w->in_code = w->in_code != (s[i] == '`');
		strbuf_addc(&w->word, s[i]);
	}
	if (w->in_code)
		strbuf_addc(&w->word, ' ');
	else
		end_word(w);
}

static void put_literal(struct writer *w, const char *s, size_t n)
{
	end_line(w);
	begin_line(w);
	strbuf_add(w->out, w->style->colour ? "    " CODE : "    ");
	strbuf_addn(w->out, s, n);
	strbuf_add(w->out, w->style->colour ? PLAIN "\n" : "\n");
	w->column = 0;
}

/* Length of "- ", "* ", "12. " at the start of a line; 0: no item. */
static size_t bullet_length(const char *s, size_t n)
{
	size_t digits = strspn(s, "0123456789");

	if (n > 2 && (*s == '-' || *s == '*') && s[1] == ' ')
		return 2;
	return digits && digits + 2 < n && s[digits] == '.' && s[digits + 1] == ' ' ? digits + 2
										    : 0;
}

static void put_item(struct writer *w, const char *s, size_t bullet, size_t n)
{
	w->hanging = 0;
	open_block(w);
	begin_line(w);
	strbuf_addn(w->out, s, bullet);
	w->column += (int)bullet;
	w->hanging = (int)bullet;
	put_words(w, s + bullet, n - bullet);
}

static void put_heading(struct writer *w, const char *s, size_t n)
{
	size_t level = strspn(s, "#");

	open_block(w);
	w->bold = true;
	begin_line(w);
	set_style(w);
	put_words(w, s + level, n - level);
	end_word(w);
	w->bold = false;
	set_style(w);
	end_line(w);
	w->gap = true;
}

/* A paragraph, or an item, that the next line belongs to. */
static bool is_open(const struct writer *w)
{
	return w->column || w->word.len;
}

static void put_line(struct writer *w, const char *s, size_t n)
{
	size_t blanks = strspn(s, " "), bullet;

	if (n >= 3 && !strncmp(s, "```", 3)) {
		end_word(w);
		if (!w->literal)
			open_block(w);
		w->literal = !w->literal;
		w->gap = !w->literal;
		return;
	}
	if (w->literal || (blanks >= 4 && !w->hanging && !is_open(w) && blanks < n)) {
		if (!w->literal)
			open_block(w);
		put_literal(w, w->literal ? s : s + 4, w->literal ? n : n - 4);
		return;
	}
	if (blanks >= n) { /* the paragraph ends, and a list with it */
		end_word(w);
		w->gap = w->gap || w->column || w->hanging;
		end_line(w);
		w->hanging = 0;
		return;
	}
	s += blanks;
	n -= blanks;
	bullet = bullet_length(s, n);
	if (*s == '#' || bullet)
		end_word(w);
	if (*s == '#') {
		put_heading(w, s, n);
	} else if (bullet) {
		put_item(w, s, bullet, n);
	} else {
		if (!is_open(w))
			open_block(w);
		put_words(w, s, n);
	}
}

void ui_markdown(struct strbuf *out, const char *text, const struct ui_markdown *style)
{
	struct writer w = {.out = out, .style = style};

	while (*text) {
		size_t n = strcspn(text, "\n");

		put_line(&w, text, n);
		text += n + (text[n] == '\n');
	}
	end_word(&w);
	end_line(&w);
	strbuf_done(&w.word);
	if (style->colour && (w.bold || w.code))
		strbuf_add(out, PLAIN);
}
