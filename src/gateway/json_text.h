// SPDX-License-Identifier: GPL-2.0-only
/** JSON written as text, without a tree: for events and log lines, made once per request. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "http/slice.h"

/** A quoted JSON string. Bytes that are not UTF-8 are taken as ISO 8859-1, as header values are. */
void gateway_json_string(struct strbuf *b, struct http_slice s);

/** `"name":`, with a comma before it unless it comes right after '{'. Names need no escaping. */
void gateway_json_name(struct strbuf *b, const char *name);

/** The two together; NULL gives "". */
void gateway_json_pair(struct strbuf *b, const char *name, const char *value);

/** A name that is written out, with its quotes, colon and what comes before it, and a string: in one piece. */
void gateway_json_member(struct strbuf *b, struct http_slice name, struct http_slice value);
