// SPDX-License-Identifier: GPL-2.0-only
/**
 * The strict rules for the lines of a head. Each closes a family of published attacks (request
 * smuggling, response splitting, cache confusion); no parser that we know is safe without them.
 *
 *  - A request line is exactly `token SP target SP HTTP/1.(0|1)`, target bytes 0x21-0x7e without '#'.
 *  - A status line is exactly `HTTP/1.(0|1) SP 3DIGIT SP [reason]`.
 *  - A header line is `1*tchar ":" value`; no space before the colon, no line that begins with space.
 *  - Exactly one Host in HTTP/1.1, at most one in 1.0; an absolute target must agree with it.
 *  - Content-Length: one field of 1*19DIGIT. Transfer-Encoding: one field, exactly "chunked", in 1.1.
 *    Both in one message: refused.
 *  - CONNECT and TRACE are refused; "*" goes with OPTIONS only.
 *
 * Lines come without their CRLF and hold no CR, LF or NUL: head.c has seen to that.
 */
#pragma once

#include "http/head.h"

/**
 * Each sets the slices of its line, a header's behind those before it, for which there has to be room; true, or false
 * with h->error and h->error_text set.
 */
bool http_guard_request_line(struct http_head *h, struct http_slice line);
bool http_guard_status_line(struct http_head *h, struct http_slice line);
bool http_guard_header_line(struct http_head *h, struct http_slice line);

/** The rules across lines, when all lines have been seen; decides the framing. */
bool http_guard_message(struct http_head *h);

/** Refuses the message. Returns false. For responses every status becomes 502. */
bool http_guard_refuse(struct http_head *h, int status, const char *why);
