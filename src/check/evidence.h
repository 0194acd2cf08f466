// SPDX-License-Identifier: GPL-2.0-only
/** What to show beside a check that failed. */
#pragma once

#include "base/strbuf.h"
#include "check/check.h"

/**
 * Appends, under headings "NAMESPACE: routes" and the like: routes and neighbours of the node, routes
 * of its VPC, counters of the lab's shapers, and of each gateway's log the line of the request (or
 * the last one where the answer named none). request_id may be NULL.
 */
void check_evidence(const struct check *check, const struct plan *plan, int lab_dir,
		    const char *request_id, struct strbuf *out);

/** The last line of text (n bytes) that contains word; with NULL the last line. "" for none. */
void check_last_line(const char *text, size_t n, const char *word, struct strbuf *out);

/**
 * Makes text that came from the network fit for terminals, XML and JSON, in place: control
 * characters become '?', and where it is not UTF-8 all bytes beyond ASCII do.
 */
void check_clean(char *text);
