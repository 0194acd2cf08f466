// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/json_text.h"

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

/* Without a way out of the loop, so that many bytes are looked at at once. */
static bool all_plain(struct http_slice s)
{
	bool all = true;

	for (size_t i = 0; i < s.n; i++)
		all &= plain((unsigned char)s.p[i]);
	return all;
}

static void add_plain(struct strbuf *b, struct http_slice s)
{
	char *to = strbuf_extend(b, s.n + 2);

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

void gateway_json_string(struct strbuf *b, struct http_slice s)
{
	bool latin1;
	size_t i;

	if (all_plain(s)) { /* as most are */
		add_plain(b, s);
		return;
	}
	latin1 = !utf8_valid(s.p, s.n);
	i = plain_run(s, 0);
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

void gateway_json_name(struct strbuf *b, const char *name)
{
	const bool comma = b->len && b->s[b->len - 1] != '{';
	const size_t n = strlen(name);
	char *to = strbuf_extend(b, n + 3 + comma);

	if (comma)
		*to++ = ',';
	*to = '"';
	memcpy(to + 1, name, n);
	memcpy(to + 1 + n, "\":", 2);
}

void gateway_json_pair(struct strbuf *b, const char *name, const char *value)
{
	gateway_json_name(b, name);
	gateway_json_string(b, http_slice(value ? value : ""));
}

void gateway_json_number(struct strbuf *b, const char *name, uint64_t value)
{
	gateway_json_name(b, name);
	strbuf_add_number(b, value);
}
