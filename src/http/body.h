// SPDX-License-Identifier: GPL-2.0-only
/**
 * The body of an HTTP/1 message, decoded as its bytes arrive. Chunks follow one strict grammar:
 * size of 1-16 hexadecimal digits with nothing before it, CRLF ends every line, extensions are
 * checked and dropped, trailers obey the rules of header lines and are dropped. What surrounds the
 * data is bounded, so that one-byte chunks and endless extensions cannot be used to burn time.
 */
#pragma once

#include "http/head.h"

struct http_body {
	enum http_framing framing;
	uint64_t left;  /* bytes of the body, or of this chunk, still to come */
	uint64_t total; /* data bytes given out */
	int error;      /* HTTP_BAD: 400, or 431 for trailers; 502 for responses */
	const char *error_text;
	/* progress */
	bool is_response;
	int state;
	unsigned int digits;
	size_t line; /* bytes of the current line; for trailers: of all lines */
	size_t overhead;
};

/** Prepares for the body that belongs to a parsed head. */
void http_body_init(struct http_body *b, const struct http_head *h);

/**
 * Takes bytes from the front of `in` and moves it behind them; *data gets the next piece of the
 * body, a part of `in`, empty where there is none. HTTP_MORE with `in` not empty: call again.
 * HTTP_DONE (maybe with data): the message ends here, what is left of `in` belongs to the next one.
 */
enum http_parse http_body_decode(struct http_body *b, struct http_slice *in,
				 struct http_slice *data);

/** The sender has closed: HTTP_DONE where that is how this body ends, else HTTP_BAD. */
enum http_parse http_body_eof(struct http_body *b);
