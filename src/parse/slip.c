// SPDX-License-Identifier: GPL-2.0-only
/*
 * A YAML parser says where it could not go on, and which of its own states that was in. Who forgot a
 * colon or a brace needs another place, often a line or many before, and other words. One row per
 * message of libfyaml; a function where the place is to be found. All of this looks at lines and
 * brackets only: it runs on text that is no YAML, and needs to be right about the usual slip.
 */
#include "parse/slip.h"

#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

#define NONE SIZE_MAX

#define HINT_INDENT "keys of one map are indented alike, those inside of it further"
#define HINT_QUOTES "text with ': ' or ' #' in it needs quotes"

struct slip {
	struct report *r;
	struct lines *lines;
	size_t at;           /* where libfyaml gave up */
	const char *message; /* its words */
};

static const char *text_of(const struct slip *s)
{
	return s->lines->src->text;
}

static struct span span_at(struct slip *s, size_t from, size_t to)
{
	return parse_lines_span(s->lines, from, to);
}

/* --- lines --- */

static size_t line_at(struct slip *s, size_t offset)
{
	return parse_lines_span(s->lines, offset, offset).line - 1;
}

static const char *line_text(const struct slip *s, size_t line)
{
	return text_of(s) + s->lines->start[line];
}

static size_t line_len(const struct slip *s, size_t line)
{
	size_t n = strcspn(line_text(s, line), "\r\n");

	while (n && line_text(s, line)[n - 1] == ' ')
		n--;
	return n;
}

static size_t indent(const struct slip *s, size_t line)
{
	return strspn(line_text(s, line), " ");
}

/* The column, from 0, of what a line says: behind its indentation and the dashes of lists. Not behind line_len(). */
static size_t words(const struct slip *s, size_t line)
{
	const char *text = line_text(s, line);
	size_t i = indent(s, line), n = line_len(s, line);

	while (text[i] == '-' && text[i + 1] == ' ')
		i += 1 + strspn(text + i + 1, " ");
	return i < n ? i : n;
}

static bool says_something(const struct slip *s, size_t line)
{
	return !strchr("\r\n#", line_text(s, line)[indent(s, line)]);
}

static size_t line_before(const struct slip *s, size_t line)
{
	while (line-- > 0)
		if (says_something(s, line))
			return line;
	return NONE;
}

/* All that a line says, without a comment: where the words begin, as far as they go. */
static struct span line_span(struct slip *s, size_t line)
{
	size_t start = s->lines->start[line];

	return span_at(s, start + words(s, line), start + line_len(s, line));
}

/* Where a ':' ends a key in the n bytes; n: nowhere. */
static size_t colon(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == ':' && (i + 1 == n || strchr(" \t", text[i + 1])))
			return i;
	return n;
}

/* --- brackets --- */

/* What is open at a place: the brackets, one in the other, and the last text in quotes before it. */
struct open {
	size_t stack[64];
	size_t depth;
	size_t quote;
};

static size_t skip_quoted(const char *text, size_t i, size_t end)
{
	const char quote = text[i++];

	for (; i < end && text[i] != quote; i++)
		i += quote == '"' && text[i] == '\\';
	return i;
}

/* One byte of what stands between brackets; gives where to go on. */
static size_t step_inside(struct open *o, const char *text, size_t i, size_t end)
{
	switch (text[i]) {
	case '{':
	case '[':
		if (o->depth < ARRAY_LEN(o->stack))
			o->stack[o->depth++] = i;
		break;
	case '}':
	case ']': o->depth -= o->depth > 0; break;
	case '"':
	case '\'':
		if (!strchr(" {[,:\n", text[i - 1]))
			break;
		o->quote = i;
		return skip_quoted(text, i, end) + 1;
	case '#':
		if (strchr(" \t\n", text[i - 1]))
			return i + strcspn(text + i, "\n");
		break;
	default: break;
	}
	return i + 1;
}

/* The line behind a block of text that is introduced on `line`, by a key or an entry of a list in that column. */
static size_t skip_block(const struct slip *s, size_t line, size_t column)
{
	size_t i = line + 1;

	while (i < s->lines->n && (indent(s, i) > column || !line_len(s, i)))
		i++;
	return i;
}

/* Where the value begins that a line has behind its key, or the line's words where it has none. */
static size_t value_in(const struct slip *s, size_t line)
{
	const char *text = line_text(s, line);
	size_t from = words(s, line), n = line_len(s, line), i;

	i = from < n ? from + colon(text + from, n - from) : n;
	if (i < n && !strchr("{[\"'", text[from]))
		from = i + 1 + strspn(text + i + 1, " ");
	return s->lines->start[line] + from;
}

static struct open open_at(struct slip *s, size_t at)
{
	const char *text = text_of(s);
	struct open o = {.quote = NONE};

	for (size_t line = 0; line < s->lines->n;) {
		size_t i = value_in(s, line);

		if (i >= at)
			break;
		if (!says_something(s, line)) {
			line++;
			continue;
		}
		if (text[i] == '|' || text[i] == '>') {
			const bool of_key = i > s->lines->start[line] + words(s, line);

			line = skip_block(s, line, of_key ? words(s, line) : indent(s, line));
			continue;
		}
		if (text[i] == '"' || text[i] == '\'') {
			o.quote = i;
			i = skip_quoted(text, i, at);
		} else if (text[i] == '{' || text[i] == '[') {
			do
				i = step_inside(&o, text, i, at);
			while (o.depth && i < at);
		}
		if (i >= at)
			break;
		line = line_at(s, i) + 1;
	}
	return o;
}

static size_t innermost(const struct open *o)
{
	return o->depth ? o->stack[o->depth - 1] : NONE;
}

static char closing(char open)
{
	return open == '{' ? '}' : ']';
}

/* --- slips --- */

static void as_it_is(struct slip *s)
{
	parse_error(s->r, "yaml", span_at(s, s->at, s->at + 1), "%s", s->message);
	parse_hint(s->r, HINT_INDENT "; " HINT_QUOTES);
}

/* A line that has a key's place, and no ':'. */
static void no_colon(struct slip *s, size_t line)
{
	const char *text = line_text(s, line) + words(s, line);
	size_t n = line_len(s, line) - words(s, line);
	const char *tight = memchr(text, ':', n), *blank = memchr(text, ' ', n);
	struct span at = line_span(s, line);

	if (text[0] == '-' && n > 1) {
		parse_error(s->r, "yaml", at, "no space behind the '-' of a list");
		parse_hint(s->r, "write `- %.*s`", (int)n - 1, text + 1);
	} else if (strchr("{[\"'", text[0])) {
		as_it_is(s);
	} else if (tight && tight > text && !strchr("/ \t", tight[1])) {
		parse_error(s->r, "yaml", at, "no space behind the ':' of a key");
		parse_hint(s->r, "write `%.*s: %.*s`", (int)(tight - text), text,
			   (int)(text + n - tight) - 1, tight + 1);
	} else {
		parse_error(s->r, "yaml", at, "a key without a ':'");
		parse_hint(s->r, "write `%.*s:%s`", (int)(blank ? (size_t)(blank - text) : n), text,
			   blank ? blank == text ? "" : " ..." : "");
	}
}

/* The first line behind `line` with a ':' in it: what libfyaml took for more of the same text. */
static size_t line_with_key(const struct slip *s, size_t line)
{
	for (size_t i = line + 1; i < s->lines->n; i++) {
		size_t n = line_len(s, i);

		if (says_something(s, i) && colon(line_text(s, i), n) < n)
			return i;
	}
	return NONE;
}

/*
 * Text over several lines cannot be a key. It begins at s->at: a line of its own lacks a colon; behind
 * a key, it is that key's value, and the next line is too far right.
 */
static void key_over_lines(struct slip *s)
{
	size_t line = line_at(s, s->at), key = line_with_key(s, line);
	size_t column = s->at - s->lines->start[line];

	/* `-name: a` has its words at the dash, and its value behind it */
	if (column == words(s, line) || key == NONE || line_text(s, line)[words(s, line)] == '-') {
		no_colon(s, line);
		return;
	}
	parse_error(s->r, "yaml", line_span(s, key),
		    "a key below one that has a value: is it indented too far?");
	parse_note(s->r, span_at(s, s->at, s->lines->start[line] + line_len(s, line)),
		   "this is the value");
	parse_hint(s->r, HINT_INDENT "; " HINT_QUOTES);
}

/* The line beside which `line` should stand: the first one inside of what is above it, or the last one. */
static size_t sibling(const struct slip *s, size_t line)
{
	size_t found = line_before(s, line);

	for (size_t i = found; i != NONE && words(s, i) >= indent(s, line); i = line_before(s, i)) {
		found = i;
		if (words(s, i) == indent(s, line))
			break;
	}
	return found;
}

static void indented_unlike(struct slip *s)
{
	size_t line = line_at(s, s->at), beside = sibling(s, line), has = indent(s, line), want;

	if (beside == NONE) {
		as_it_is(s);
		return;
	}
	want = words(s, beside);
	parse_error(s->r, "yaml", line_span(s, line), "indented by %zu space%s, %s", has,
		    has == 1 ? "" : "s",
		    has > want ? "further than what is beside it" : "less than what is beside it");
	parse_note(s->r, line_span(s, beside), "this is indented by %zu", want);
	parse_hint(s->r, HINT_INDENT);
}

/* A line without a ':', or one that is out of line. */
static void key_alone(struct slip *s)
{
	size_t line = line_at(s, s->at), beside = sibling(s, line), n = line_len(s, line);

	if (beside == NONE || words(s, beside) == words(s, line) ||
	    s->lines->start[line] + words(s, line) != s->at || colon(line_text(s, line), n) < n)
		no_colon(s, line);
	else
		indented_unlike(s);
}

static void key_in_list(struct slip *s)
{
	size_t line = line_at(s, s->at), before = line_before(s, line);

	parse_error(s->r, "yaml", line_span(s, line), "no '- ' before an entry of a list");
	if (before != NONE)
		parse_note(s->r, line_span(s, before), "the list is here");
	parse_hint(s->r, "every entry of a list begins with '- '; the keys of an entry are "
			 "indented further than its '-'");
}

static void entry_in_map(struct slip *s)
{
	size_t line = line_at(s, s->at), before = line_before(s, line);

	if (before == NONE || strncmp(line_text(s, line) + indent(s, line), "- ", 2) != 0) {
		as_it_is(s);
		return;
	}
	parse_error(s->r, "yaml", line_span(s, line), "an entry of a list among the keys of a map");
	parse_note(s->r, line_span(s, before), "a key of the map is here");
	parse_hint(s->r, "indent its '- ' as that of the other entries; the keys of a map have "
			 "none");
}

/* Something goes on inside of brackets where it should not, in the line of the bracket or in one below it. */
static void no_comma(struct slip *s, size_t from)
{
	const size_t line = line_at(s, s->at);
	const char *text = text_of(s);

	if (line_at(s, from) == line)
		parse_error(s->r, "yaml", span_at(s, s->at, s->at + 1),
			    "a ',' is missing before this");
	else
		parse_error(s->r, "yaml", line_span(s, line),
			    "a ',' or a '%c' is missing before this line", closing(text[from]));
	parse_note(s->r, span_at(s, from, from + 1), "inside of this '%c'", text[from]);
	parse_hint(s->r, "what stands in { } or [ ] is divided by ','; a text in quotes needs both "
			 "of them, and one with ': ' in it needs quotes");
}

/* What is indented no further than the line of the bracket is meant to be outside of it. */
static void inside_brackets(struct slip *s)
{
	const struct open o = open_at(s, s->at);
	const size_t from = innermost(&o), line = line_at(s, s->at);
	const char *text = text_of(s);

	if (from == NONE) {
		as_it_is(s);
		return;
	}
	if (says_something(s, line) &&
	    (line_at(s, from) == line || indent(s, line) > indent(s, line_at(s, from)))) {
		no_comma(s, from);
		return;
	}
	parse_error(s->r, "yaml", span_at(s, from, from + 1), "this '%c' is not closed",
		    text[from]);
	if (!says_something(s, line)) {
		parse_hint(s->r, "a '%c' is missing", closing(text[from]));
		return;
	}
	parse_note(s->r, line_span(s, line), "it is still open here");
	parse_hint(s->r,
		   "a '%c' is missing before this line; what does belong inside of it is "
		   "indented further",
		   closing(text[from]));
}

static void closes_another(struct slip *s)
{
	const struct open o = open_at(s, s->at);
	const size_t from = innermost(&o);
	const char *text = text_of(s);

	if (from == NONE) {
		as_it_is(s);
		return;
	}
	parse_error(s->r, "yaml", span_at(s, s->at, s->at + 1), "'%c' where a '%c' is due",
		    text[s->at], closing(text[from]));
	parse_note(s->r, span_at(s, from, from + 1), "this '%c' is open", text[from]);
	parse_hint(s->r, "a '%c' is missing, or the '%c' is one too many", closing(text[from]),
		   text[s->at]);
}

static void closes_nothing(struct slip *s)
{
	char c = text_of(s)[s->at];

	parse_error(s->r, "yaml", span_at(s, s->at, s->at + 1), "this '%c' closes nothing", c);
	parse_hint(s->r, "it is one too many, or a '%c' is missing before it",
		   c == '}' ? '{' : '[');
}

static void quote_open(struct slip *s)
{
	const struct open o = open_at(s, s->at + 1);
	size_t from = o.quote == NONE ? s->at : o.quote;

	parse_error(s->r, "yaml", span_at(s, from, from + 1), "this quote is not closed");
	parse_hint(s->r, "a %c is missing at the end of the text", text_of(s)[from]);
}

static void behind_quote(struct slip *s)
{
	const struct open o = open_at(s, s->at);

	parse_error(s->r, "yaml", span_at(s, s->at, s->at + 1), "text behind a closing quote");
	if (o.quote != NONE)
		parse_note(s->r, span_at(s, o.quote, o.quote + 1), "the quote was opened here");
	parse_hint(s->r, "inside of '...' a ' is written twice (''), inside of \"...\" a \" is "
			 "written \\\"");
}

static void needs_quotes(struct slip *s)
{
	parse_error(s->r, "yaml", span_at(s, s->at, s->at + 1),
		    "text that begins with %c needs quotes", text_of(s)[s->at]);
	parse_hint(s->r, "write \"%c...\"", text_of(s)[s->at]);
}

/*
 * The first row is it that has `words` and, behind them, `and` in the message. Where libfyaml's place is the right one,
 * what is wrong there (NULL: by its own words) and what to do.
 */
static const struct row {
	const char *words, *and;
	void (*say)(struct slip *s);
	const char *error, *hint;
} slips[] = {
	{"invalid multiline", "quoted scalar", quote_open, NULL, NULL},
	{"invalid multiline", "key", key_over_lines, NULL, NULL},
	{"could not find expected ':'", "", key_alone, NULL, NULL},
	{"missing ':'", "", key_alone, NULL, NULL},
	{"invalid value after mapping", "", key_alone, NULL, NULL},
	{"closing quote", "", quote_open, NULL, NULL},
	{"wrongly indented", "flow", inside_brackets, NULL, NULL},
	{"wrongly indented", "quoted scalar", quote_open, NULL, NULL},
	{"invalid trailing content after", "quoted scalar", behind_quote, NULL, NULL},
	{"mismatched flow", "end", closes_another, NULL, NULL},
	{"invalid extra closing", "", closes_nothing, NULL, NULL},
	{"without a closing bracket", "", inside_brackets, NULL, NULL},
	{"missing comma in flow", "", inside_brackets, NULL, NULL},
	{"invalid scalar at the end of block sequence", "", key_in_list, NULL, NULL},
	{"did not find expected '-' indicator", "", indented_unlike, NULL, NULL},
	{"did not find expected key", "", entry_in_map, NULL, NULL},
	{"wrong indendation in sequence", "", indented_unlike, NULL, NULL},
	{"invalid indentation in mapping", "", indented_unlike, NULL, NULL},
	{"wrongly indented", "", indented_unlike, NULL, NULL},
	{"plain scalar cannot start with", "", needs_quotes, NULL, NULL},
	{"invalid nested block mapping on the same line", "", NULL, "a second ': ' in one line",
	 "text with ': ' in it needs quotes; a map in one line is written {key: value}"},
	{"block sequence on the same line", "", NULL, "a list with '- ' in the line of its key",
	 "begin it in the next line, or write [a, b]"},
	{"invalid escape", "", NULL, NULL,
	 "inside of \"...\" a backslash is written twice (\\\\); inside of '...' it means itself"},
	{"block scalar no linebreak found", "", NULL, "text in the line of a '|' or '>'",
	 "it begins in the next line, indented"},
	{"", "", as_it_is, NULL, NULL},
};

static bool is_of(const struct row *row, const char *message)
{
	const char *found = strstr(message, row->words);

	return found && strstr(found + strlen(row->words), row->and);
}

void parse_slip(struct report *r, struct lines *lines, const char *message, size_t at)
{
	struct slip s = {.r = r, .lines = lines, .message = message, .at = at};
	const struct row *row = slips;

	while (!is_of(row, message))
		row++; /* the last one is of all */
	if (row->say) {
		row->say(&s);
		return;
	}
	parse_error(r, "yaml", span_at(&s, at, at + 1), "%s", row->error ? row->error : message);
	parse_hint(r, "%s", row->hint);
}
