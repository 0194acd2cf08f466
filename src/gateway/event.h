// SPDX-License-Identifier: GPL-2.0-only
/** What Function Compute gets from the gateway and gives back to it. Pure: text in, text out. */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "gateway/route.h"
#include "http/head.h"

struct gateway_set;

struct gateway_event {
	const struct http_head *head;
	struct http_slice path; /* normalised */
	struct http_slice body;
	const struct gateway_match *match;
	const struct gateway_set *sets; /* gateway/call.h */
	const char *request_id;
	const char *client_ip;
	const char *protocol;     /* "http" or "https" */
	struct http_slice domain; /* Host without its port */
	struct arena *scratch;
};

/**
 * Appends the event: {"path", "httpMethod", "headers", "queryParameters", "pathParameters", "body",
 * "isBase64Encoded"}. Headers are those of the request, each name once, without what concerns only
 * the connection, plus X-Ca-Api-Gateway (the request id), X-Forwarded-For (with the client added),
 * X-Forwarded-Proto, X-Real-IP, CA-Host: ours, whatever the client sent under these names.
 * Of a query parameter that occurs more than once, the first counts.
 */
void gateway_event_write(struct strbuf *out, const struct gateway_event *ev);

struct gateway_answer {
	int status;
	struct http_header headers[HTTP_MAX_HEADERS];
	size_t n_headers;
	struct http_slice body;
	void *free_body; /* of a decoded body: the caller frees it; else NULL, body lives in root */
	json_t *root;    /* owns all slices; the caller drops it when the answer is over */
};

/**
 * Reads the answer of a function: {"isBase64Encoded", "statusCode" (number or digits), "headers",
 * "body"}. NULL, or why it is not a valid one (a string literal; then there is nothing to free).
 * Headers that the gateway sets itself are dropped.
 */
const char *gateway_answer_read(struct arena *a, const char *text, size_t len,
				struct gateway_answer *answer);
