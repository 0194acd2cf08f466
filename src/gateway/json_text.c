// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/json_text.h"

#include "base/bytes.h"
#include "base/utf8.h"

static void add_char(struct strbuf *b, unsigned char c, bool latin1)
{
	if (c == '"' || c == '\\') {
		strbuf_addc(b, '\\');
		strbuf_addc(b, (char)c);
	} else if (c < 0x20 || c == 0x7f) {
		strbuf_printf(b, "\\u%04x", c);
	} else if (c >= 0x80 && latin1) {
		strbuf_addc(b, (char)(0xc0 | c >> 6));
		strbuf_addc(b, (char)(0x80 | (c & 0x3f)));
	} else {
		strbuf_addc(b, (char)c);
	}
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static uint64_t none_plain(uint64_t w)
{
	/* not in 0x20 to 0x7e */
	const uint64_t outside = (w - BYTES_EACH(0x20)) | w | (w + BYTES_EACH(1));

	return (outside & BYTES_EACH(0x80)) | bytes_equal(w, '"') | bytes_equal(w, '\\');
}

static bool all_plain(struct http_slice s)
{
	size_t i = 0;

	for (; s.n - i >= 8; i += 8) {
		if (none_plain(bytes_load(s.p + i)))
			return false;
	}
	if (s.n >= 8) /* the last ones, with some before them once more */
		return !none_plain(bytes_load(s.p + s.n - 8));
	while (i < s.n && plain((unsigned char)s.p[i]))
		i++;
	return i == s.n;
}

/* In one piece: with the name before it. */
static void add_plain(struct strbuf *b, struct http_slice name, struct http_slice s)
{
	char *to = strbuf_extend(b, name.n + s.n + 2);

	if (name.n)
		memcpy(to, name.p, name.n);
	to += name.n;
	to[0] = '"';
	if (s.n)
		memcpy(to + 1, s.p, s.n);
	to[s.n + 1] = '"';
}

static size_t plain_run(struct http_slice s, size_t from)
{
	size_t i = from;

	while (i < s.n && plain((unsigned char)s.p[i]))
		i++;
	return i - from;
}

static void add_escaped(struct strbuf *b, struct http_slice s)
{
	const bool latin1 = !utf8_valid(s.p, s.n);
	size_t i = plain_run(s, 0);

	strbuf_addc(b, '"');
	strbuf_addn(b, s.p, i);
	while (i < s.n) {
		size_t run;

		add_char(b, (unsigned char)s.p[i++], latin1);
		run = plain_run(s, i);
		strbuf_addn(b, s.p + i, run);
		i += run;
	}
	strbuf_addc(b, '"');
}

void gateway_json_member(struct strbuf *b, struct http_slice name, struct http_slice value)
{
	if (all_plain(value)) { /* as most are */
		add_plain(b, name, value);
		return;
	}
	strbuf_addn(b, name.p, name.n);
	add_escaped(b, value);
}

void gateway_json_string(struct strbuf *b, struct http_slice s)
{
	gateway_json_member(b, (struct http_slice){NULL, 0}, s);
}

void gateway_json_name(struct strbuf *b, const char *name)
{
	const bool comma = b->len && b->s[b->len - 1] != '{';

	strbuf_add(b, comma ? ",\"" : "\"");
	strbuf_add(b, name);
	strbuf_addn(b, "\":", 2);
}

void gateway_json_pair(struct strbuf *b, const char *name, const char *value)
{
	gateway_json_name(b, name);
	gateway_json_string(b, http_slice(value ? value : ""));
}
