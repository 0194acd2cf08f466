// SPDX-License-Identifier: GPL-2.0-only
#include "http/body.h"

#include "http/chars.h"

enum state {
	SIZE,      /* in the hexadecimal size */
	EXTENSION, /* behind ';' */
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER,      /* at the start of a trailer line, or in its name */
	TRAILER_TEXT, /* in its value */
	TRAILER_LF,
	LAST_LF, /* of the empty line */
	END,
};

/*
 * What a sender may spend on framing beyond 16 bytes per chunk and the size of the data itself
 * (the rule that Go's net/http took after CVE-2023-39326).
 */
#define MAX_OVERHEAD (16u << 10)

void http_body_init(struct http_body *b, const struct http_head *h)
{
	*b = (struct http_body){
		.framing = h->framing,
		.left = h->content_length,
		.is_response = h->is_response,
		.state = SIZE,
	};
}

static enum http_parse refuse(struct http_body *b, int status, const char *why)
{
	b->error = b->is_response ? 502 : status;
	b->error_text = why;
	return HTTP_BAD;
}

static enum http_parse size_char(struct http_body *b, unsigned char c)
{
	int digit = http_hex_value(c);

	if (digit >= 0) {
		if (++b->digits > 16)
			return refuse(b, 400, "chunk size too long");
		b->left = b->left << 4 | (unsigned int)digit;
		return HTTP_MORE;
	}
	if (b->digits == 0 || (c != ';' && c != '\r'))
		return refuse(b, 400, "malformed chunk size");
	b->state = c == ';' ? EXTENSION : SIZE_LF;
	return HTTP_MORE;
}

static enum http_parse extension_char(struct http_body *b, unsigned char c)
{
	if (c == '\r')
		b->state = SIZE_LF;
	else if (!http_is_value_char(c))
		return refuse(b, 400, "malformed chunk extension");
	return HTTP_MORE;
}

static enum http_parse size_end(struct http_body *b)
{
	size_t allowed = 16;

	/* 2^62 is more than anybody sends, and leaves room for sums */
	if (b->left >> 62)
		return refuse(b, 400, "chunk too large");
	if (b->left < MAX_OVERHEAD)
		allowed += 2 * (size_t)b->left;
	else
		allowed += 2 * (size_t)MAX_OVERHEAD;
	b->overhead += b->line;
	b->overhead = b->overhead > allowed ? b->overhead - allowed : 0;
	b->state = b->left ? DATA : TRAILER;
	b->line = 0;
	b->digits = 0;
	return HTTP_MORE;
}

/* Trailers are dropped, yet must be well-formed: another parser may stand behind us. */
static enum http_parse trailer_char(struct http_body *b, unsigned char c)
{
	if (c == '\r' && b->digits == 0) {
		b->state = LAST_LF;
	} else if (c == ':' && b->digits > 0) {
		b->state = TRAILER_TEXT;
	} else if (http_is_token_char(c)) {
		b->digits = 1; /* the name has begun */
	} else {
		return refuse(b, 400, "malformed trailer");
	}
	return HTTP_MORE;
}

static enum http_parse trailer_text_char(struct http_body *b, unsigned char c)
{
	if (c == '\r')
		b->state = TRAILER_LF;
	else if (!http_is_value_char(c))
		return refuse(b, 400, "malformed trailer");
	return HTTP_MORE;
}

static enum http_parse expect(struct http_body *b, unsigned char c, unsigned char wanted, int next)
{
	if (c != wanted)
		return refuse(b, 400, "a line of the chunked body must end in CR LF");
	b->state = next;
	return HTTP_MORE;
}

static enum http_parse line_char(struct http_body *b, unsigned char c)
{
	if (b->state != DATA_CR && b->state != DATA_LF) {
		b->line++;
		if (b->overhead + b->line > MAX_OVERHEAD)
			return refuse(b, 400, "chunk framing out of proportion");
	}
	switch ((enum state)b->state) {
	case SIZE: return size_char(b, c);
	case EXTENSION: return extension_char(b, c);
	case SIZE_LF: return c == '\n' ? size_end(b) : expect(b, c, '\n', SIZE_LF);
	case DATA_CR: return expect(b, c, '\r', DATA_LF);
	case DATA_LF: return expect(b, c, '\n', SIZE);
	case TRAILER:
	case TRAILER_TEXT:
	case TRAILER_LF:
		if (b->line > HTTP_MAX_HEAD)
			return refuse(b, 431, "trailers too large");
		if (b->state == TRAILER_LF) {
			b->digits = 0;
			return expect(b, c, '\n', TRAILER);
		}
		return b->state == TRAILER ? trailer_char(b, c) : trailer_text_char(b, c);
	case LAST_LF: return expect(b, c, '\n', END);
	case DATA:
	case END: break; /* handled by the caller */
	}
	return HTTP_MORE;
}

static void give(struct http_body *b, struct http_slice *in, struct http_slice *data, size_t n)
{
	*data = (struct http_slice){in->p, n};
	in->p += n;
	in->n -= n;
	b->total += n;
}

static enum http_parse decode_chunked(struct http_body *b, struct http_slice *in,
				      struct http_slice *data)
{
	while (in->n && b->state != END) {
		enum http_parse r;

		if (b->state == DATA) {
			give(b, in, data, in->n < b->left ? in->n : (size_t)b->left);
			b->left -= data->n;
			if (b->left == 0)
				b->state = DATA_CR;
			return HTTP_MORE;
		}
		r = line_char(b, (unsigned char)*in->p);
		if (r == HTTP_BAD)
			return r;
		in->p++;
		in->n--;
	}
	return b->state == END ? HTTP_DONE : HTTP_MORE;
}

enum http_parse http_body_decode(struct http_body *b, struct http_slice *in,
				 struct http_slice *data)
{
	*data = (struct http_slice){in->p, 0};
	switch (b->framing) {
	case HTTP_BODY_NONE: return HTTP_DONE;
	case HTTP_BODY_LENGTH:
		give(b, in, data, in->n < b->left ? in->n : (size_t)b->left);
		b->left -= data->n;
		return b->left ? HTTP_MORE : HTTP_DONE;
	case HTTP_BODY_CHUNKED: return decode_chunked(b, in, data);
	case HTTP_BODY_UNTIL_CLOSE: give(b, in, data, in->n); return HTTP_MORE;
	}
	return HTTP_BAD;
}

enum http_parse http_body_eof(struct http_body *b)
{
	if (b->framing == HTTP_BODY_UNTIL_CLOSE || b->framing == HTTP_BODY_NONE)
		return HTTP_DONE;
	return refuse(b, 400, "the body was cut off");
}
