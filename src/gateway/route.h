// SPDX-License-Identifier: GPL-2.0-only
/**
 * Which API answers: host -> group, then stage, method and path -> API. Built once, never changed.
 *
 * Paths form a tree of segments, whose edges are all in one hash table keyed by (node, segment): the
 * cost of a match depends on the length of the path, not on the number of APIs. A fixed segment
 * wins over a "[parameter]", an exact method over ANY; where the winning branch leads to no API for
 * this method and stage, the other one is tried.
 */
#pragma once

#include "gateway/config.h"
#include "gateway/error.h"
#include "http/slice.h"

struct gateway_routes;

struct gateway_match {
	const struct gateway_api *api;
	struct http_slice params[GATEWAY_MAX_SEGMENTS]; /* api->n_params of them, still encoded */
};

/** NULL with *err where two APIs claim the same method, path and stage, or two groups a domain. */
struct gateway_routes *gateway_routes_new(struct arena *a, const struct gateway_config *config,
					  struct lab_error **err);

/**
 * The group and domain of a Host header (any case, with or without a port); both stay as they are where the answer is
 * not GATEWAY_OK: GATEWAY_UNKNOWN_DOMAIN; GATEWAY_OTHER_INSTANCE, its group is on another one; GATEWAY_NO_INTERNET, a VPC
 * domain that is called from the Internet.
 */
enum gateway_error gateway_route_group(const struct gateway_routes *t, struct http_slice host,
				       bool internet, const struct gateway_group **group,
				       const struct gateway_domain **domain);

/** Whether somebody at that address may call the group, over the Internet or not; else GATEWAY_VPC_REFUSED. */
bool gateway_route_lets_in(const struct gateway_group *g, bool internet, uint32_t client);

/** The number of a stage in the group (either case), or -1. */
int gateway_route_stage(const struct gateway_group *g, struct http_slice name);

/** path: normalised. True with *m filled in, or false. */
bool gateway_route_match(const struct gateway_routes *t, const struct gateway_group *g, int stage,
			 struct http_slice method, struct http_slice path, struct gateway_match *m);
