// SPDX-License-Identifier: GPL-2.0-only
/**
 * What passes through the gateway: the same for events of functions and requests to HTTP backends.
 * What concerns only one connection never does; what the gateway says itself (who the client is, the
 * error of the call) is dropped from what others send under these names.
 */
#pragma once

#include "base/arena.h"
#include "http/head.h"

/** Whether a client's header goes on to the backend. */
bool gateway_forward_request_header(const struct http_head *h, struct http_slice name);

/** What follows the scheme ("Basic ", either case) in an Authorization header; p == NULL: it is another. */
struct http_slice gateway_forward_scheme(struct http_slice authorization, const char *scheme);

/** The code of an Authorization header of the scheme APPCODE, which is for the gateway; p == NULL: it is another. */
struct http_slice gateway_forward_app_code(struct http_slice authorization);

/** It belongs to the protocol between client and gateway: X-Ca-Signature and the like. */
bool gateway_forward_is_ca(struct http_slice name);

/** Whether a backend's header goes on to the client. */
bool gateway_forward_answer_header(const struct http_head *h, struct http_slice name);

/** All values of the header at `first`, joined as RFC 9110 5.3 allows (RFC 6265 for cookies). */
struct http_slice gateway_forward_joined(struct arena *a, const struct http_head *h, size_t first);

/** X-Forwarded-For: what the client sent under this name, and the client. */
struct http_slice gateway_forward_for(struct arena *a, const struct http_head *h,
				      const char *client_ip);
