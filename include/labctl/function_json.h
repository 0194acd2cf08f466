// SPDX-License-Identifier: GPL-2.0-only
/**
 * The text of events and answers, for function.h: JSON, Base64, UTF-8. Only what these need, so that a handler needs no
 * library. It is read in place, without memory of its own: reading an event is most of what a small handler does.
 */
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** Names and values of an event or an answer, as they came; of equal names the last one counts. */
struct function_pairs {
	char *at; /* name, value, name, value, ..., each with a NUL behind it */
	size_t len;
};

/** Goes through pairs: *name is NULL at first. False: there are no more. */
static inline bool function_pairs_next(const struct function_pairs *pairs, const char **name,
				       const char **value)
{
	const char *next = *name ? *value + strlen(*value) + 1 : pairs->at;

	if (!pairs->len || next == pairs->at + pairs->len)
		return false;
	*name = next;
	*value = next + strlen(next) + 1;
	return true;
}

static inline const char *function_pairs_get(const struct function_pairs *pairs, const char *name)
{
	const char *key = NULL, *value = NULL, *found = NULL;

	while (function_pairs_next(pairs, &key, &value)) {
		if (strcmp(key, name) == 0)
			found = value;
	}
	return found;
}

/* The length of the UTF-8 sequence at s, 0 where there is none (Unicode 15, table 3-7). */
static inline size_t function_utf8(const unsigned char *s, size_t n)
{
	const size_t len = s[0] < 0x80   ? 1
			   : s[0] < 0xc2 ? 0
			   : s[0] < 0xe0 ? 2
			   : s[0] < 0xf0 ? 3
			   : s[0] < 0xf5 ? 4
					 : 0;

	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* longer than it has to be, a surrogate, beyond the last character */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static inline bool function_is_text(const char *s, size_t n)
{
	for (size_t i = 0, step; i < n; i += step) {
		step = (unsigned char)s[i] < 0x80
			       ? 1
			       : function_utf8((const unsigned char *)s + i, n - i);
		if (!step)
			return false;
	}
	return true;
}

static inline int function_base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Text becomes the bytes, with a NUL after them, whose number *len is. -1 where it is not padded Base64. */
static inline int function_base64_decode(char *text, size_t *len)
{
	const size_t n = *len;
	size_t pad = n && text[n - 1] == '=' ? n > 1 && text[n - 2] == '=' ? 2 : 1 : 0;
	char *out = text;

	if (n % 4)
		return -1;
	for (size_t i = 0; i < n; i += 4) {
		unsigned long v = 0;

		for (size_t k = 0; k < 4; k++) {
			bool padding = i + k >= n - pad;
			int digit = padding ? 0 : function_base64_digit(text[i + k]);

			if (digit < 0)
				return -1;
			v = v << 6 | (unsigned long)digit;
		}
		*out++ = (char)(v >> 16);
		*out++ = (char)(v >> 8 & 255);
		*out++ = (char)(v & 255);
	}
	*len = n / 4 * 3 - pad;
	text[*len] = '\0';
	return 0;
}

/* --- reading: a string becomes what it says, with a NUL behind it, which is never longer. All of these take where
 * they begin and give what follows, or NULL where the text is not as it should be --- */

static inline char *function_json_space(char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* The number that four digits are, or -1. */
static inline long function_json_hex(const char *p)
{
	char digits[5] = "";

	if (strspn(p, "0123456789abcdefABCDEF") < 4)
		return -1;
	memcpy(digits, p, 4);
	return strtol(digits, NULL, 16);
}

static inline char *function_json_add_utf8(char *to, unsigned long c)
{
	if (c < 0x80) {
		*to++ = (char)c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*to++ = (char)(0x80 | (c & 0x3f));
	return to;
}

/* What a backslash begins; written to *to, which moves on. */
static inline char *function_json_escape(char *p, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *known = p[1] ? strchr(from, p[1]) : NULL;
	long c, low;

	if (known) {
		*(*to)++ = into[known - from];
		return p + 2;
	}
	c = p[1] == 'u' ? function_json_hex(p + 2) : -1;
	if (c < 0 || (c >= 0xdc00 && c <= 0xdfff))
		return NULL;
	p += 6;
	if (c >= 0xd800 && c < 0xdc00) { /* half a character */
		low = p[0] == '\\' && p[1] == 'u' ? function_json_hex(p + 2) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return NULL;
		c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
		p += 6;
	}
	*to = function_json_add_utf8(*to, (unsigned long)c);
	return p;
}

/* A string goes to `to`, not behind its place, and has *len bytes; p is at its quote. */
static inline char *function_json_string(char *p, char *to, size_t *len)
{
	char *const start = to;

	for (p++; p && *p && *p != '"';) {
		if (*p == '\\')
			p = function_json_escape(p, &to);
		else
			*to++ = *p++;
	}
	if (!p || !*p)
		return NULL;
	*len = (size_t)(to - start);
	*to = '\0';
	return p + 1;
}

/* Any value, which nobody wants. */
static inline char *function_json_skip(char *p)
{
	size_t depth = 0, len;

	do {
		if (*p == '"') {
			p = function_json_string(p, p, &len);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (depth && *p) { /* what closes, and all between */
			depth -= *p == '}' || *p == ']';
			p++;
		} else {
			size_t n = strspn(
				p, "+-.0123456789aeflnrstuE"); /* a number, true, false, null */

			p = n ? p + n : NULL;
		}
	} while (p && depth);
	return p;
}

/* What becomes of a member of an object; p: its value. */
typedef char *function_json_member(void *to, const char *name, char *p);

static inline char *function_json_object(char *p, function_json_member *member, void *to)
{
	size_t len;

	if (*p != '{')
		return NULL;
	p = function_json_space(p + 1);
	if (*p == '}')
		return p + 1;
	for (;;) {
		char *name = p;

		p = *p == '"' ? function_json_string(p, p, &len) : NULL;
		p = p ? function_json_space(p) : NULL;
		if (!p || *p != ':')
			return NULL;
		p = member(to, name, function_json_space(p + 1));
		p = p ? function_json_space(p) : NULL;
		if (p && *p == '}')
			return p + 1;
		if (!p || *p != ',')
			return NULL;
		p = function_json_space(p + 1);
	}
}

/* A name goes behind the pairs before it, as does its value, where that is a string. */
static inline char *function_json_pair(void *to, const char *name, char *p)
{
	struct function_pairs *pairs = (struct function_pairs *)to;
	const size_t n = strlen(name) + 1;
	char *at = pairs->at + pairs->len;
	size_t len;

	memmove(at, name, n);
	if (*p != '"')
		return function_json_skip(p);
	p = function_json_string(p, at + n, &len);
	if (!p)
		return NULL;
	pairs->len += n + strlen(at + n) + 1; /* a NUL within cuts it off */
	return p;
}

static inline char *function_json_pairs(char *p, struct function_pairs *pairs)
{
	pairs->at = p;
	pairs->len = 0;
	return *p == '{' ? function_json_object(p, function_json_pair, pairs)
			 : function_json_skip(p);
}

static inline char *function_json_text(char *p, const char **text, size_t *len)
{
	if (*p != '"')
		return function_json_skip(p);
	*text = p;
	return function_json_string(p, p, len);
}

/* --- writing --- */

/* Text that grows. */
struct function_text {
	char *s;
	size_t len, room;
};

/* Room for n more bytes behind what there is, or NULL (no memory). */
static inline char *function_text_room(struct function_text *t, size_t n)
{
	if (n > t->room - t->len) {
		size_t room = 2 * t->len + n + 1024;
		char *grown = (char *)realloc(t->s, room);

		if (!grown)
			return NULL;
		t->s = grown;
		t->room = room;
	}
	return t->s + t->len;
}

/* Appends; 0, or -1 (no memory). */
static inline int function_text_add(struct function_text *t, const char *s, size_t n)
{
	char *to = function_text_room(t, n);

	if (!to)
		return -1;
	memcpy(to, s, n);
	t->len += n;
	return 0;
}

/* Appends text as a JSON string. */
static inline int function_text_add_string(struct function_text *t, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	char *to = function_text_room(t, 6 * n + 2), *const start = to;

	if (!to)
		return -1;
	*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\' || c == '\n') {
			*to++ = '\\';
			*to++ = c == '\n' ? 'n' : s[i];
		} else if (c < 0x20) {
			*to++ = '\\';
			*to++ = 'u';
			*to++ = '0';
			*to++ = '0';
			*to++ = hex[c >> 4];
			*to++ = hex[c & 15];
		} else {
			*to++ = s[i];
		}
	}
	*to++ = '"';
	t->len += (size_t)(to - start);
	return 0;
}

/* Appends bytes as Base64, as a JSON string. */
static inline int function_text_add_base64(struct function_text *t, const char *s, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)s;
	char *to = function_text_room(t, (n + 2) / 3 * 4 + 2);

	if (!to)
		return -1;
	*to++ = '"';
	for (size_t i = 0; i < n; i += 3) {
		unsigned long v = (unsigned long)in[i] << 16;

		v |= i + 1 < n ? (unsigned long)in[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned long)in[i + 2] : 0;
		*to++ = digits[v >> 18];
		*to++ = digits[v >> 12 & 63];
		*to++ = i + 1 < n ? digits[v >> 6 & 63] : '=';
		*to++ = i + 2 < n ? digits[v & 63] : '=';
	}
	*to = '"';
	t->len += (n + 2) / 3 * 4 + 2;
	return 0;
}

/* Appends a member `headers`, where there are any. */
static inline int function_text_add_headers(struct function_text *t,
					    const struct function_pairs *headers)
{
	const char *name = NULL, *value = NULL;
	bool first = true;

	while (function_pairs_next(headers, &name, &value)) {
		if (function_text_add(t, first ? ",\"headers\":{" : ",", first ? 12 : 1) ||
		    function_text_add_string(t, name, strlen(name)) ||
		    function_text_add(t, ":", 1) ||
		    function_text_add_string(t, value, strlen(value)))
			return -1;
		first = false;
	}
	return first ? 0 : function_text_add(t, "}", 1);
}
