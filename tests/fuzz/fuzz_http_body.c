// layer: http
// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bodies. The first byte chooses the framing. Held to: the outcome and the data do not depend on how
 * the bytes are cut; a chunked body that we accept, llhttp accepts too, with the same data.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include <llhttp.h>

#include "http/body.h"

struct result {
	enum http_parse r;
	size_t used;
	char *data;
	size_t n;
};

static struct result decode(const struct http_head *h, const char *in, size_t size, size_t step)
{
	struct result out = {.r = HTTP_MORE, .data = malloc(size + 1)};
	struct http_body b;

	http_body_init(&b, h);
	while (out.used < size && out.r == HTTP_MORE) {
		size_t n = step < size - out.used ? step : size - out.used;
		struct http_slice piece = {in + out.used, n}, data;

		out.r = http_body_decode(&b, &piece, &data);
		assert(piece.n < n || out.r != HTTP_MORE);
		assert(data.n <= n);
		if (out.r != HTTP_BAD) {
			memcpy(out.data + out.n, data.p, data.n);
			out.n += data.n;
		}
		out.used += n - piece.n;
	}
	assert(out.r == HTTP_BAD || b.total == out.n);
	return out;
}

struct opinion {
	llhttp_t parser; /* first: the callback gets its address */
	const struct result *ours;
	size_t n;
	bool complete;
};

static int on_body(llhttp_t *p, const char *at, size_t n)
{
	struct opinion *o = (struct opinion *)(void *)p;

	assert(o->n + n <= o->ours->n && memcmp(o->ours->data + o->n, at, n) == 0);
	o->n += n;
	return 0;
}

static int on_complete(llhttp_t *p)
{
	((struct opinion *)(void *)p)->complete = true;
	return HPE_PAUSED;
}

/*
 * Without extensions and trailers, which both sides drop: llhttp is narrower there (no quoted
 * extension values, no second Content-Length among the trailers), which is no matter of framing.
 */
static bool comparable(const char *in, const struct result *ours)
{
	static const char end[] = "\n0\r\n\r\n";
	const size_t n = sizeof(end) - 1;

	return ours->used > n && memcmp(in + ours->used - n, end, n) == 0 &&
	       !memchr(in, ';', ours->used);
}

static void llhttp_agrees(const char *in, const struct result *ours)
{
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct opinion o = {.ours = ours};
	llhttp_settings_t settings;

	llhttp_settings_init(&settings);
	settings.on_body = on_body;
	settings.on_message_complete = on_complete;
	llhttp_init(&o.parser, HTTP_REQUEST, &settings);
	assert(llhttp_execute(&o.parser, head, sizeof(head) - 1) == HPE_OK);
	(void)llhttp_execute(&o.parser, in, ours->used);
	assert(o.complete && o.n == ours->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head h;
	struct result whole, cut;

	if (size < 1)
		return 0;
	http_head_init(&h);
	h.framing = data[0] == 'L' ? HTTP_BODY_LENGTH : HTTP_BODY_CHUNKED;
	h.content_length = h.framing == HTTP_BODY_LENGTH ? 7 : 0;
	whole = decode(&h, (const char *)data + 1, size - 1, size);
	cut = decode(&h, (const char *)data + 1, size - 1, 1);
	assert(whole.r == cut.r);
	if (whole.r != HTTP_BAD) {
		assert(whole.n == cut.n && memcmp(whole.data, cut.data, whole.n) == 0);
		assert(whole.used == cut.used);
	}
	if (whole.r == HTTP_DONE && h.framing == HTTP_BODY_CHUNKED &&
	    comparable((const char *)data + 1, &whole))
		llhttp_agrees((const char *)data + 1, &whole);
	free(whole.data);
	free(cut.data);
	return 0;
}
