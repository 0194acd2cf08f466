// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the backend gets in place of the client's request: parameters are read from the path, the query, the
 * headers and a form, checked, and written under other names to other places; constants and what the gateway
 * knows of the call join them. Pure.
 *
 * What the API does not name is dropped in mode MAPPING (but for a few headers that say how to read the message),
 * and goes on as it came in the other two; mode PASSTHROUGH looks at parameters of the path only. Of a name that
 * occurs more than once, the first counts. What the API itself says (constants, what the gateway knows, and parameters
 * under the names that the backend knows) never comes from the client.
 */
#pragma once

#include "base/strbuf.h"
#include "gateway/config.h"
#include "gateway/error.h"
#include "http/head.h"

#define GATEWAY_MAP_FIELDS 4096u      /* of a query or a form, as in a signature */
#define GATEWAY_MAP_FORM   (1u << 20) /* bytes of a form */

struct gateway_map_input {
	const struct http_head *head;
	struct http_slice body;
	const struct http_slice *params; /* api->n_params of them, still encoded */
	const char *
		systems[GATEWAY_N_SYSTEM_VALUES]; /* what the gateway knows; NULL: not known, "-" */
	bool partial; /* headers and body are not known: what is missing there may be there */
};

struct gateway_mapped {
	const struct http_head *head;  /* headers and query that go on */
	struct http_slice body;        /* may be in form */
	const struct http_slice *path; /* values for the template of the backend's path */
	const struct http_header *own; /* headers of the API, beside those of head */
	size_t n_own;
	struct strbuf form;
};

/**
 * Fills *out, which lives in the arena but for the form: see gateway_mapped_done(). Else gives the error, and
 * what it is about. An API without a mapping: the request as it is.
 */
enum gateway_error gateway_map(struct arena *a, const struct gateway_api *api,
			       const struct gateway_map_input *in, struct gateway_mapped *out,
			       const char **about);

void gateway_mapped_done(struct gateway_mapped *m);
