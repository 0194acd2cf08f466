// layer: gateway
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers of functions. Held to: what is accepted has a status that a backend may have, and headers that may stand in
 * a head and neither frame it nor are the gateway's own; the head that is written from it reads back as the
 * same; what is refused leaves nothing behind.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "gateway/event.h"
#include "http/write.h"

static const char *const not_a_functions[] = {"connection",
					      "content-length",
					      "keep-alive",
					      "te",
					      "trailer",
					      "upgrade",
					      "date",
					      "transfer-encoding",
					      "expect",
					      "x-ca-error-code",
					      "x-ca-request-id",
					      "x-ca-error-message"};

static bool is(struct http_slice s, const char *name)
{
	return s.n == strlen(name) && !strncasecmp(s.p, name, s.n);
}

static void header_is_a_functions(const struct http_header *h)
{
	for (size_t i = 0; i < ARRAY_LEN(not_a_functions); i++)
		assert(!is(h->name, not_a_functions[i]));
	assert(h->name.n && !memchr(h->name.p, ':', h->name.n) &&
	       !memchr(h->name.p, ' ', h->name.n));
	for (size_t i = 0; i < h->value.n; i++)
		assert(h->value.p[i] != '\r' && h->value.p[i] != '\n' && h->value.p[i] != '\0');
}

/* False: it is longer than what a client takes. */
static bool write_head(struct http_writer *w, const struct gateway_answer *answer)
{
	http_write_status_line(w, answer->status);
	for (size_t i = 0; i < answer->n_headers; i++)
		http_write_header(w, answer->headers[i].name, answer->headers[i].value);
	http_write_length(w, answer->body.n);
	return http_write_end(w);
}

static struct http_slice trimmed(struct http_slice s)
{
	for (; s.n && (*s.p == ' ' || *s.p == '\t'); s.p++)
		s.n--;
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static void reads_back(const struct gateway_answer *answer)
{
	static char buf[HTTP_MAX_HEAD];
	struct http_writer w = http_writer(buf, sizeof(buf));
	struct http_head h;

	if (answer->n_headers == HTTP_MAX_HEADERS || !write_head(&w, answer))
		return;
	http_head_init_response(&h, false);
	assert(http_head_parse(&h, buf, w.len) == HTTP_DONE && h.size == w.len);
	assert(h.status == answer->status && h.content_length == answer->body.n);
	assert(h.n_headers == answer->n_headers + 1);
	for (size_t i = 0; i < answer->n_headers; i++) {
		assert(http_slice_equal(h.headers[i].name, answer->headers[i].name));
		assert(http_slice_equal(h.headers[i].value, trimmed(answer->headers[i].value)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena *a = arena_new(1u << 20);
	struct gateway_answer answer;

	if (gateway_answer_read(a, (const char *)data, size, &answer)) {
		assert(!answer.root && !answer.free_body);
		return 0;
	}
	assert(answer.status >= 200 && answer.status <= 599);
	assert(answer.n_headers <= HTTP_MAX_HEADERS);
	assert(!answer.free_body || answer.body.p == answer.free_body);
	assert(answer.body.n <= size);
	for (size_t i = 0; i < answer.n_headers; i++)
		header_is_a_functions(&answer.headers[i]);
	reads_back(&answer);
	free(answer.free_body);
	json_decref(answer.root);
	return 0;
}
