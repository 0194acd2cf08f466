// SPDX-License-Identifier: GPL-2.0-only
/**
 * Writes heads with our own framing into the caller's buffer. Nothing that could end a line early
 * gets through: a name or value with a byte outside the strict grammar marks the writer as bad.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/slice.h"

struct http_writer {
	char *buf;
	size_t room, len;
	bool bad; /* did not fit, or was refused; what was written must not be sent */
};

static inline struct http_writer http_writer(char *buf, size_t room)
{
	return (struct http_writer){.buf = buf, .room = room};
}

void http_write_request_line(struct http_writer *w, struct http_slice method,
			     struct http_slice target);
/** The reason phrase is the usual one of the status. */
void http_write_status_line(struct http_writer *w, int status);
void http_write_header(struct http_writer *w, struct http_slice name, struct http_slice value);
/** The same of a name that stands in the caller's source: it is one. */
void http_write_named(struct http_writer *w, const char *name, struct http_slice value);
void http_write_length(struct http_writer *w, uint64_t content_length);
/** Header lines that another writer has: what is the same in many heads is written once. */
void http_write_lines(struct http_writer *w, const struct http_writer *lines);
/** The empty line. True where the whole head is sound and fitted. */
bool http_write_end(struct http_writer *w) __attribute__((warn_unused_result));

/** Whether name and value may stand in a head. */
bool http_header_valid(struct http_slice name, struct http_slice value);
