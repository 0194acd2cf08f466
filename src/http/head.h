// SPDX-License-Identifier: GPL-2.0-only
/**
 * The head of an HTTP/1 message: request or response, parsed from bytes that may arrive one by one.
 *
 * Two parsers must agree: our own guard (guard.h), which knows only the strict grammar, and llhttp,
 * which never sees a head that the guard refused. No I/O, no allocation; the result is a set of
 * slices of the caller's buffer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/slice.h"

#define HTTP_MAX_HEADERS 100
#define HTTP_MAX_HEAD    8192 /* bytes: start line, headers and the empty line */

enum http_parse {
	HTTP_MORE, /* the message goes on */
	HTTP_DONE, /* complete */
	HTTP_BAD,  /* refuse: answer, then close; never resynchronise */
};

enum http_framing {
	HTTP_BODY_NONE,        /* no body follows */
	HTTP_BODY_LENGTH,      /* content_length bytes, at least 1 */
	HTTP_BODY_CHUNKED,     /* chunks and trailers */
	HTTP_BODY_UNTIL_CLOSE, /* responses only */
};

enum http_form { HTTP_FORM_ORIGIN, HTTP_FORM_ABSOLUTE, HTTP_FORM_ASTERISK };

struct http_header {
	struct http_slice name;  /* as sent */
	struct http_slice value; /* as sent, without spaces and tabs around it */
};

struct http_head {
	/* A request. path and query are parts of the target as sent; query is without the '?'. */
	struct http_slice method, target, path, query, host; /* host: as sent, maybe with a port */
	enum http_form form;
	bool has_query;
	bool expect_continue;

	/* A response. */
	int status;
	struct http_slice reason;

	/* Both. */
	int minor; /* of HTTP/1.minor */
	struct http_header headers[HTTP_MAX_HEADERS];
	size_t n_headers;
	enum http_framing framing;
	uint64_t content_length; /* as sent, also where no body follows (HEAD, 304); else 0 */
	bool keep_alive;
	bool no_connection; /* no header of that name: known of what was parsed */
	size_t size;        /* bytes of the head; the body begins there */

	/* HTTP_BAD: the status to answer with (400, 414, 431, 501, 505; 502 for responses), and why. */
	int error;
	const char *error_text; /* a string literal */

	/* Progress, of no interest to callers. */
	bool is_response, head_request;
	size_t pos, line_start, n_lines;
};

/** Prepares for a request. */
void http_head_init(struct http_head *h);

/** Prepares for a response; head_request: it answers a HEAD, so no body follows whatever it says. */
void http_head_init_response(struct http_head *h, bool head_request);

/**
 * Looks at buf, which holds all bytes of the message received so far, also the ones of earlier calls, at the same
 * place. The outcome is the same however the bytes are cut into calls.
 * HTTP_DONE: the slices point into buf. Bytes after h->size are not looked at.
 */
enum http_parse http_head_parse(struct http_head *h, const char *buf, size_t len);

/** The value of the first header of that name (either case), or one with p == NULL. */
struct http_slice http_head_value(const struct http_head *h, struct http_slice name);

/** The same; inline: the length of a literal is known then. */
static inline struct http_slice http_head_get(const struct http_head *h, const char *name)
{
	return http_head_value(h, http_slice(name));
}

/** One element of a comma-separated list, spaces around it trimmed; *rest moves behind it. */
struct http_slice http_list_next(struct http_slice *rest);

/**
 * A header that concerns one connection only and is never forwarded: Connection and what it names,
 * Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, Proxy-*, Content-Length (framing is always
 * our own) and Expect; also spellings of the framing headers with '_', which some backends take
 * for the real ones.
 */
bool http_head_hop_by_hop(const struct http_head *h, struct http_slice name);

/** Whether they name one header: in either case, and '_' is a '-', as it is for backends that see headers as variables. */
bool http_header_same(struct http_slice a, struct http_slice b);
/** Whether the name begins so, in the same sense. */
bool http_header_begins(struct http_slice name, const char *begin);

/** Whether a request with that method has a length even where it has no body (RFC 9110, 8.6). */
bool http_expects_body(struct http_slice method);
