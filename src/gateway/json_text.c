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

void gateway_json_string(struct strbuf *b, struct http_slice s)
{
	bool latin1 = !utf8_valid(s.p, s.n);
	size_t i = 0;

	strbuf_addc(b, '"');
	while (i < s.n) {
		size_t run = i;

		while (run < s.n && plain((unsigned char)s.p[run]))
			run++;
		if (run > i)
			strbuf_addn(b, s.p + i, run - i);
		if (run < s.n)
			add_char(b, (unsigned char)s.p[run++], latin1);
		i = run;
	}
	strbuf_addc(b, '"');
}

void gateway_json_name(struct strbuf *b, const char *name)
{
	if (b->len && b->s[b->len - 1] != '{')
		strbuf_addc(b, ',');
	strbuf_addc(b, '"');
	strbuf_add(b, name);
	strbuf_add(b, "\":");
}

void gateway_json_pair(struct strbuf *b, const char *name, const char *value)
{
	gateway_json_name(b, name);
	gateway_json_string(b, http_slice(value ? value : ""));
}

void gateway_json_number(struct strbuf *b, const char *name, uint64_t value)
{
	gateway_json_name(b, name);
	strbuf_printf(b, "%llu", (unsigned long long)value);
}
