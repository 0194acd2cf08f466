// SPDX-License-Identifier: GPL-2.0-only
#include "web/guard.h"

#include <string.h>

static struct http_slice without_port(struct http_slice host)
{
	const char *colon = host.n ? memrchr(host.p, ':', host.n) : NULL;

	if (colon)
		host.n = (size_t)(colon - host.p);
	return host;
}

bool web_host_fits(struct http_slice host, const char *const *names, size_t n)
{
	struct http_slice name = without_port(host);

	for (size_t i = 0; i < n; i++)
		if (name.n && http_slice_is(name, names[i]))
			return true;
	return false;
}

bool web_token_fits(const struct http_head *head, const char *token)
{
	static const char scheme[] = "Bearer ";
	struct http_slice given = http_head_get(head, "authorization");
	size_t n = strlen(token);
	unsigned char differ = 0;

	if (given.n != sizeof(scheme) - 1 + n ||
	    strncasecmp(given.p, scheme, sizeof(scheme) - 1) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		differ |= (unsigned char)(given.p[sizeof(scheme) - 1 + i] ^ token[i]);
	return n && !differ;
}

bool web_origin_fits(const struct http_head *head)
{
	static const char scheme[] = "http://";
	struct http_slice origin = http_head_get(head, "origin");
	struct http_slice site = http_head_get(head, "sec-fetch-site");

	if (site.p && !http_slice_is(site, "same-origin") && !http_slice_is(site, "none"))
		return false;
	if (!origin.p)
		return true;
	if (origin.n <= sizeof(scheme) - 1 ||
	    strncasecmp(origin.p, scheme, sizeof(scheme) - 1) != 0)
		return false;
	origin.p += sizeof(scheme) - 1;
	origin.n -= sizeof(scheme) - 1;
	return http_slice_same(origin, head->host);
}
