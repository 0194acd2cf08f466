// SPDX-License-Identifier: GPL-2.0-only
/**
 * The vendor's error codes. Characters 2-4 of a code are its HTTP status, so the table needs none.
 * Marks in error.c say where each was read, and which were not.
 */
#pragma once

#include "base/arena.h"

enum gateway_error {
	GATEWAY_OK, /* no code: the backend's own status passes through */
	GATEWAY_BAD_HEADER,
	GATEWAY_BAD_BODY,
	GATEWAY_BAD_PATH,
	GATEWAY_BAD_URI, /* of the query */
	GATEWAY_BAD_CONTENT_TYPE,
	GATEWAY_PARAMETER_MISSING,
	GATEWAY_BAD_PARAMETER, /* about: NAME` `WHY */
	GATEWAY_BAD_STAGE,
	GATEWAY_BAD_METHOD,
	GATEWAY_BAD_PROTOCOL,
	GATEWAY_UNKNOWN_DOMAIN,
	GATEWAY_OTHER_INSTANCE,
	GATEWAY_NO_INTERNET,
	GATEWAY_VPC_REFUSED, /* by the group's whitelist */
	GATEWAY_UNKNOWN_API,
	GATEWAY_SLOW_REQUEST,
	GATEWAY_HEADER_MISSING,
	GATEWAY_UNAUTHENTICATED, /* neither AppKey nor AppCode */
	GATEWAY_UNKNOWN_KEY,
	GATEWAY_UNKNOWN_CODE,
	GATEWAY_BAD_SIGNATURE, /* about: the text to sign, as the gateway sees it */
	GATEWAY_BAD_MD5,
	GATEWAY_TIMESTAMP_EXPIRED,
	GATEWAY_NONCE_MISSING,
	GATEWAY_NONCE_USED,
	GATEWAY_UNAUTHORIZED,
	GATEWAY_IP_REFUSED, /* by ipControl */
	GATEWAY_BASIC_AUTH_FAILED,
	GATEWAY_JWT_MISSING,
	GATEWAY_JWT_MALFORMED,
	GATEWAY_JWT_INVALID,
	GATEWAY_JWT_NO_KEY, /* about: kid */
	GATEWAY_JWT_EXPIRED,
	GATEWAY_JWT_BAD_CONFIG,
	GATEWAY_JWT_NO_JTI,
	GATEWAY_JWT_JTI_USED,
	GATEWAY_ORIGIN_REFUSED,
	GATEWAY_ORIGIN_NOTHING, /* of a preflight: about: "METHOD - PATH" */
	GATEWAY_NOT_CACHED,
	GATEWAY_BREAKER_IS_OPEN,
	GATEWAY_BREAKER_IS_BUSY,
	GATEWAY_API_THROTTLED,
	GATEWAY_APP_THROTTLED, /* of the app, or all of its owner */
	GATEWAY_DOMAIN_THROTTLED,
	GATEWAY_INSTANCE_THROTTLED,
	GATEWAY_GROUP_THROTTLED,
	GATEWAY_BODY_TOO_LARGE,
	GATEWAY_URL_TOO_LARGE,
	GATEWAY_FUNCTION_DENIED,
	GATEWAY_FUNCTION_FAILED,
	GATEWAY_BACKEND_INVALID, /* of an HTTP backend: closed, reset, not HTTP, too large */
	GATEWAY_CONNECT_FAILED,
	GATEWAY_TLS_FAILED, /* of an HTTPS backend */
	GATEWAY_UNRESOLVED,
	GATEWAY_ACCESS_INVALID,
	GATEWAY_BACKEND_TIMEOUT,
	GATEWAY_OVERLOADED,
	GATEWAY_CLIENT_GONE, /* in the log only */
	GATEWAY_N_ERRORS,
};

/** "I404DO"; "" for GATEWAY_OK. */
const char *gateway_error_code(enum gateway_error e);
int gateway_error_status(enum gateway_error e);

/**
 * The text of X-Ca-Error-Message, in the arena; NULL where that is full. about: what it is about, NULL for
 * nothing; of no matter to errors that speak of themselves.
 */
char *gateway_error_text(struct arena *a, enum gateway_error e, const char *about);

/** The error for a request that httpd refuses with this status. */
enum gateway_error gateway_error_of_refusal(int status, int reading_body);
