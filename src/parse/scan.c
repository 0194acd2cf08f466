// SPDX-License-Identifier: GPL-2.0-only
#include "parse/scan.h"

#include <string.h>

#include "parse/parse.h"

size_t parse_mark(const struct source *src)
{
	return src->len >= 3 && memcmp(src->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

void parse_lines(struct arena *arena, const struct source *src, struct lines *lines)
{
	const char *p = src->text, *end = p + src->len;

	*lines = (struct lines){.src = src};
	*arena_push(arena, lines->start, lines->n) = 0;
	while ((p = memchr(p, '\n', (size_t)(end - p))))
		*arena_push(arena, lines->start, lines->n) = (size_t)(++p - src->text);
}

/* The last line that begins at or before the offset: from the one that was asked for last, or by halves. */
static size_t line_of(struct lines *lines, size_t offset)
{
	size_t low = lines->near, high = lines->n;

	if (lines->start[low] <= offset) {
		while (low + 1 < high && lines->start[low + 1] <= offset)
			low++;
		return lines->near = low;
	}
	low = 0;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (lines->start[mid] <= offset)
			low = mid;
		else
			high = mid;
	}
	return lines->near = low;
}

static size_t line_end(const struct lines *lines, size_t line)
{
	const char *text = lines->src->text;
	size_t end = line + 1 < lines->n ? lines->start[line + 1] - 1 : lines->src->len;

	while (end > lines->start[line] && text[end - 1] == '\r')
		end--;
	return end;
}

struct span parse_lines_span(struct lines *lines, size_t from, size_t to)
{
	size_t line = line_of(lines, from), end = line_end(lines, line);

	if (to > end)
		to = end;
	return (struct span){
		.src = lines->src,
		.line = (uint32_t)(line + 1),
		.col = (uint32_t)(from - lines->start[line] + 1),
		.len = to > from ? (uint32_t)(to - from) : 1,
	};
}

size_t parse_lines_offset(const struct lines *lines, int line, int column)
{
	const char *text = lines->src->text;
	size_t n = line > 0 ? (size_t)line - 1 : 0, at, end;

	if (n >= lines->n)
		return lines->src->len;
	at = lines->start[n];
	end = line_end(lines, n);
	for (int i = 1; i < column && at < end; i++)
		do
			at++;
		while (at < end && ((unsigned char)text[at] & 0xc0) == 0x80);
	return at;
}

/* Length of the UTF-8 sequence at p, 0 where there is none: no surrogates, nothing overlong. */
static size_t utf8_len(const unsigned char *p, size_t room)
{
	uint32_t c;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > room)
		return 0;
	c = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
	    (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	return n;
}

/* How many bytes from i on are ASCII and not zero, looked at in eights: nearly all of them are. */
static size_t plain_bytes(const struct source *src, size_t i)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t n = 0;
	uint64_t eight;

	for (; src->len - i - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, src->text + i + n, sizeof(eight));
		if ((eight | (eight - ones)) & tops)
			break;
	}
	return n;
}

bool parse_scan(struct lines *lines, struct report *r)
{
	const struct source *src = lines->src;
	const unsigned char *text = (const unsigned char *)src->text;

	if (src->len > PARSE_MAX_BYTES) {
		parse_error(r, "file-too-big", (struct span){.src = src},
			    "the lab file has %zu bytes; at most %d are read", src->len,
			    PARSE_MAX_BYTES);
		return false;
	}
	for (size_t i = plain_bytes(src, 0), n; i < src->len; i += n, i += plain_bytes(src, i)) {
		n = utf8_len(text + i, src->len - i);
		if (n == 0) {
			parse_error(r, "bad-utf8", parse_lines_span(lines, i, i + 1),
				    "byte 0x%02x is not UTF-8", text[i]);
			parse_hint(r, "save the file as UTF-8");
			return false;
		}
		if (text[i] == 0) {
			parse_error(r, "nul-byte", parse_lines_span(lines, i, i + 1),
				    "a zero byte: this is not a text file");
			return false;
		}
	}
	return true;
}

/* How many lines end among the blanks that begin at `i`; *end is behind the last of them. */
static size_t line_ends(const char *s, size_t n, size_t i, size_t *end)
{
	size_t ends = 0;

	for (; i < n && strchr(" \t\r\n", s[i]); i++)
		ends += s[i] == '\n' || (s[i] == '\r' && (i + 1 == n || s[i + 1] != '\n'));
	*end = i;
	return ends;
}

char *parse_single_quoted(struct arena *arena, const char *s, size_t n)
{
	char *out = arena_alloc(arena, n + 1);
	size_t len = 0, i = 0, end;

	while (i < n) {
		size_t ends = line_ends(s, n, i, &end);

		if (ends == 0) {
			memcpy(out + len, s + i, end - i);
			len += end - i;
		}
		if (ends == 1)
			out[len++] = ' ';
		for (; ends > 1; ends--)
			out[len++] = '\n';
		if (end == n)
			break;
		i = end + (s[end] == '\'' && end + 1 < n && s[end + 1] == '\'');
		out[len++] = s[i++];
	}
	out[len] = '\0';
	return out;
}

long parse_control_byte(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c < 0x7f)
			continue; /* nearly all */
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return (long)i;
		if (c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0)
			return (long)i;
	}
	return -1;
}
