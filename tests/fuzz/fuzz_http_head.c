// layer: http
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heads. The first byte chooses request or response. Held to: the outcome does not depend on how the
 * bytes are cut; slices lie inside the head; what is accepted, written again by our own writer and
 * parsed again, is the same message.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "http/head.h"
#include "http/write.h"

static void init(struct http_head *h, bool response)
{
	if (response)
		http_head_init_response(h, false);
	else
		http_head_init(h);
}

static void inside(const char *text, size_t n, struct http_slice s)
{
	assert(s.n == 0 || (s.p >= text && s.p + s.n <= text + n));
}

static void slices_are_inside(const struct http_head *h, const char *text)
{
	inside(text, h->size, h->method);
	inside(text, h->size, h->target);
	inside(text, h->size, h->query);
	inside(text, h->size, h->host);
	inside(text, h->size, h->reason);
	for (size_t i = 0; i < h->n_headers; i++) {
		inside(text, h->size, h->headers[i].name);
		inside(text, h->size, h->headers[i].value);
		assert(http_header_valid(h->headers[i].name, h->headers[i].value));
	}
}

static void same(const struct http_head *a, const struct http_head *b)
{
	assert(http_slice_equal(a->method, b->method) && http_slice_equal(a->target, b->target));
	assert(http_slice_equal(a->path, b->path) && http_slice_equal(a->host, b->host));
	assert(a->status == b->status && a->n_headers == b->n_headers);
	assert(a->framing == b->framing && a->content_length == b->content_length);
	for (size_t i = 0; i < a->n_headers; i++) {
		assert(http_slice_equal(a->headers[i].name, b->headers[i].name));
		assert(http_slice_equal(a->headers[i].value, b->headers[i].value));
	}
}

static void reads_back(const struct http_head *h)
{
	static char buf[2 * HTTP_MAX_HEAD];
	struct http_writer w = http_writer(buf, sizeof(buf));
	struct http_head again;
	bool sound;

	if (h->minor == 0)
		return; /* we write 1.1, where other rules hold */
	if (h->is_response)
		http_write_status_line(&w, h->status);
	else
		http_write_request_line(&w, h->method, h->target);
	for (size_t i = 0; i < h->n_headers; i++)
		http_write_header(&w, h->headers[i].name, h->headers[i].value);
	sound = http_write_end(&w);
	assert(sound);
	if (w.len > HTTP_MAX_HEAD)
		return; /* "a:b" became "a: b" */
	init(&again, h->is_response);
	assert(http_head_parse(&again, buf, w.len) == HTTP_DONE);
	assert(again.size == w.len);
	same(h, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct http_head whole, cut;
	enum http_parse r, s = HTTP_MORE;
	bool response;

	if (size < 1)
		return 0;
	response = data[0] == 'R';
	size--;
	init(&whole, response);
	r = http_head_parse(&whole, text, size);
	init(&cut, response);
	for (size_t n = 0; n <= size && s == HTTP_MORE; n++)
		s = http_head_parse(&cut, text, n);
	assert(r == s);
	assert(r != HTTP_BAD || (whole.error == cut.error && whole.error_text == cut.error_text));
	if (r == HTTP_DONE) {
		assert(whole.size == cut.size);
		slices_are_inside(&whole, text);
		same(&whole, &cut);
		reads_back(&whole);
	}
	return 0;
}
