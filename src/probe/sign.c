// SPDX-License-Identifier: GPL-2.0-only
/* The headers of a request, signed where an app does that: every try has a nonce and a time of its own. */
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "probe/probe.h"
#include "sign/sign.h"

struct lines {
	struct arena *a;
	struct http_header *headers;
	size_t n;
	struct curl_slist *list;
};

static void append(struct lines *l, const char *line)
{
	l->list = curl_slist_append(l->list, line);
	if (!l->list)
		abort(); /* out of memory */
}

/* "Name: value" */
static void add(struct lines *l, const char *line)
{
	const size_t name = strcspn(line, ":");
	const char *value = line + name + (line[name] == ':');

	value += strspn(value, " \t");
	append(l, line);
	*arena_push(l->a, l->headers, l->n) = (struct http_header){{line, name}, http_slice(value)};
}

/* As curl does it, but where it is signed the signature has to know. */
static void add_default(struct lines *l, const char *name, const char *line)
{
	for (size_t i = 0; i < l->n; i++) {
		if (http_slice_is(l->headers[i].name, name))
			return;
	}
	add(l, line);
}

/* 16 random bytes in hexadecimal. */
static const char *nonce(struct arena *a)
{
	unsigned char b[16];
	char *text = arena_alloc(a, 2 * sizeof(b) + 1);

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		abort(); /* as many come whole, always */
	for (size_t i = 0; i < sizeof(b); i++)
		(void)snprintf(text + 2 * i, 3, "%02x", b[i]); /* it fits */
	return text;
}

static const char *timestamp(struct arena *a)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail for this clock */
	return arena_printf(a, "%lld%03ld", (long long)ts.tv_sec, ts.tv_nsec / 1000000);
}

static void sign(const struct probe_spec *spec, struct lines *l)
{
	struct sign_request r = {.method = http_slice(spec->method)};
	struct sign_headers s;

	add_default(l, "accept", "Accept: */*");
	if (spec->body)
		add_default(l, "content-type", "Content-Type: application/x-www-form-urlencoded");
	sign_target(spec->url, &r.path, &r.query);
	r.headers = l->headers;
	r.n_headers = l->n;
	s = sign_call(l->a, &r, http_slice(spec->body ? spec->body : ""), spec->key, spec->secret,
		      timestamp(l->a), nonce(l->a));
	for (size_t i = 0; i < s.n; i++)
		append(l, arena_printf(l->a, "%.*s: %.*s", (int)s.list[i].name.n, s.list[i].name.p,
				       (int)s.list[i].value.n, s.list[i].value.p));
}

struct curl_slist *probe_headers(const struct probe_spec *spec)
{
	auto_arena struct arena *a = arena_new(0);
	struct lines l = {.a = a};
	const json_t *header;
	size_t i;

	json_array_foreach (spec->headers, i, header)
		add(&l, json_string_value(header));
	if (spec->key)
		sign(spec, &l);
	return l.list;
}
