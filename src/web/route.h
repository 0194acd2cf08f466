// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a request asks for.
 *
 *	GET  /, /app.js, ...            the page itself; nothing of the lab is in it
 *	GET  /api/events                server-sent events: "snapshot" first, then what changes
 *	GET  /api/node?name=NS          addresses, routes, rules, filters, log of a namespace
 *	GET  /api/explain?from=NS&to=NS[&api=N]   how a request would go; api: to an API of the snapshot
 *	POST /api/run?do=WORD           only with --control: test, start, next, back, hint, check
 *
 * The last three are handed to labctl as {"what": "node", "name": ...}: names and numbers only, so that
 * there is nothing in them that would have to be quoted.
 */
#pragma once

#include <stddef.h>

#include "base/strbuf.h"
#include "http/head.h"

enum web_kind {
	WEB_ASSET,
	WEB_EVENTS,
	WEB_ASK,
	WEB_RUN,
	WEB_NOT_FOUND,
	WEB_WRONG_METHOD,
	WEB_BAD_REQUEST,
};

struct web_route {
	enum web_kind kind;
	const struct web_asset *asset; /* of WEB_ASSET */
	const char *allow;             /* methods that this path knows */
};

/** A file of the page, in the program itself. */
struct web_asset {
	const char *path, *type;
	const unsigned char *data;
	size_t size;
};
extern const struct web_asset web_assets[];
extern const size_t web_n_assets;

/** ask: gets the JSON of WEB_ASK and WEB_RUN, and of WEB_EVENTS. */
struct web_route web_route(const struct http_head *head, struct strbuf *ask);
