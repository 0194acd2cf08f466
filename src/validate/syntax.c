// SPDX-License-Identifier: GPL-2.0-only
#include "validate/syntax.h"

#include <string.h>

#include "base/ip.h"

bool validate_is_host_name(const char *s, size_t n)
{
	size_t label = 0;

	if (n == 0 || n > 254 || (n == 254 && s[n - 1] != '.'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
			    s[i]) ||
		    ++label > 63)
			return false;
	}
	return true;
}

bool validate_is_host(const char *s, size_t n)
{
	char buf[256];
	uint32_t ip;

	if (n == 0 || n >= sizeof(buf))
		return false;
	memcpy(buf, s, n);
	buf[n] = '\0';
	if (strspn(buf, "0123456789.") == n)
		return ip_parse(buf, &ip);
	return validate_is_host_name(buf, n);
}

bool validate_is_host_header(const char *s)
{
	size_t n = strcspn(s, ":");

	return validate_is_host(s, n) && (!s[n] || validate_is_port(s + n + 1, strlen(s + n + 1)));
}

bool validate_is_port(const char *s, size_t n)
{
	unsigned long p = 0;

	if (n == 0 || n > 5 || *s == '0')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		p = p * 10 + (unsigned long)(s[i] - '0');
	}
	return p <= 65535;
}

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Why a segment of a path cannot be matched, or NULL. */
static const char *segment_fault(const char *s, size_t n, bool params)
{
	if (n == 0)
		return "it has an empty segment (//)";
	if ((n == 1 && *s == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
		return "it has a . or .. segment";
	if (*s == '[' && params) {
		if (n < 3 || s[n - 1] != ']' || strspn(s + 1, ALNUM "_-") != n - 2)
			return "a parameter is a whole segment [name] of letters, digits, - and _";
		return NULL;
	}
	if (params && (memchr(s, '[', n) || memchr(s, ']', n)))
		return "a parameter [name] is a whole segment";
	/* RFC 3986 pchar; a percent sign would have to be decoded before it is compared */
	if (strspn(s, ALNUM "-._~!$&'()+,;=:@") < n)
		return "it has a character that no path can have";
	return NULL;
}

const char *validate_path_fault(const char *path, bool params)
{
	const char *p = path;

	if (*p != '/')
		return "it does not start with /";
	while (*p == '/' && p[1]) {
		size_t n = strcspn(p + 1, "/");
		const char *why = segment_fault(p + 1, n, params);

		if (why)
			return why;
		p += n + 1;
	}
	return *p && p > path ? "it ends with /" : NULL;
}
