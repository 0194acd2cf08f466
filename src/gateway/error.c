// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/error.h"

#include <string.h>

static const struct {
	const char *code, *format;
} errors[] = {
	[GATEWAY_OK] = {"", ""},
	[GATEWAY_BAD_HEADER] = {"I400HD", "Invalid Header `%s`"},     /* [mem] */
	[GATEWAY_BAD_BODY] = {"I400BD", "Invalid Body `%s`"},         /* [mem] */
	[GATEWAY_BAD_PATH] = {"I400PA", "Invalid Request Path `%s`"}, /* [mem] */
	[GATEWAY_BAD_URI] = {"I400RU", "Invalid Request Uri `%s`"},
	[GATEWAY_BAD_CONTENT_TYPE] = {"I400CT", "Invalid Content-Type: %s"},    /* [mem] */
	[GATEWAY_PARAMETER_MISSING] = {"I400MP", "Parameter `%s` is required"}, /* [mem] */
	[GATEWAY_BAD_PARAMETER] = {"I400IP", "Invalid Parameter `%s`"},         /* [mem] */
	[GATEWAY_BAD_STAGE] = {"I400SG", "Invalid Stage"},
	[GATEWAY_BAD_METHOD] = {"I405UM", "Unsupported Method"}, /* [mem] */
	[GATEWAY_BAD_PROTOCOL] = {"I403PT", "Invalid protocol %s unsupported"},
	[GATEWAY_UNKNOWN_DOMAIN] = {"I404DO", "Invalid Domain `%s`"},
	[GATEWAY_UNKNOWN_API] = {"I404NF", "API not found with `%s`"},
	[GATEWAY_SLOW_REQUEST] = {"I408RT", "Request timeout"}, /* our own */
	[GATEWAY_HEADER_MISSING] = {"I400MH", "Header `%s` is Required"},
	[GATEWAY_UNAUTHENTICATED] = {"A400MA", /* [mem] */
				     "Need authorization, X-Ca-Key or Authorization: APPCODE ... "
				     "is required"},
	[GATEWAY_UNKNOWN_KEY] = {"A400IK", "Invalid AppKey"},
	[GATEWAY_UNKNOWN_CODE] = {"A400AC", "Invalid AppCode"},
	[GATEWAY_BAD_SIGNATURE] = {"A403IS", "Invalid Signature, Server StringToSign:`%s`"},
	[GATEWAY_BAD_MD5] = {"I400I5", "Invalid Content-MD5"},                 /* [mem] */
	[GATEWAY_TIMESTAMP_EXPIRED] = {"S403TE", "X-Ca-Timestamp is expired"}, /* [mem] */
	[GATEWAY_NONCE_MISSING] = {"I400NC", "X-Ca-Nonce is required"},        /* [mem] */
	[GATEWAY_NONCE_USED] = {"S403NU", "Nonce Used"},                       /* [mem] */
	[GATEWAY_UNAUTHORIZED] = {"I403AA", "Unauthorized"},
	[GATEWAY_IP_REFUSED] = {"A403IP", "Client IP `%s` is not allowed"},          /* [mem] */
	[GATEWAY_API_THROTTLED] = {"T429PA", "Throttled by API Flow Control"},       /* [mem] */
	[GATEWAY_APP_THROTTLED] = {"T429PR", "Throttled by PLUGIN Flow Control"},    /* [mem] */
	[GATEWAY_DOMAIN_THROTTLED] = {"T429ID", "Throttled by DOMAIN Flow Control"}, /* [mem] */
	[GATEWAY_BODY_TOO_LARGE] = {"I413RL", "Request body too Large"},
	[GATEWAY_URL_TOO_LARGE] = {"I413UL", "Request URL too Large"},
	[GATEWAY_FUNCTION_DENIED] = {"A403FC", "Function `%s` access denied"},    /* [mem] */
	[GATEWAY_FUNCTION_FAILED] = {"D502FC", "Function response invalid `%s`"}, /* [mem] */
	[GATEWAY_BACKEND_INVALID] = {"D502BR",
				     "Backend service response invalid `%s`"}, /* our own */
	[GATEWAY_CONNECT_FAILED] = {"D504CO", "Backend service connect failed `%s`"},
	[GATEWAY_UNRESOLVED] = {"D504RE", "Backend service domain resolve failed `%s`"}, /* [mem] */
	[GATEWAY_ACCESS_INVALID] = {"X504VE", "Vpc access authorization `%s` invalid"},  /* [mem] */
	[GATEWAY_BACKEND_TIMEOUT] = {"D504TO", "Backend service request timeout"},
	[GATEWAY_OVERLOADED] = {"D503BB", "Server busy"}, /* [mem] */
	[GATEWAY_CLIENT_GONE] = {"N502RE", "Client closed the connection"},
};

_Static_assert(sizeof(errors) / sizeof(errors[0]) == GATEWAY_N_ERRORS, "one row per error");

const char *gateway_error_code(enum gateway_error e)
{
	return errors[e].code;
}

char *gateway_error_text(struct arena *a, enum gateway_error e, const char *about)
{
	const char *format = errors[e].format, *hole = strstr(format, "%s");

	if (!hole)
		return arena_strdup(a, format);
	return arena_printf(a, "%.*s%s%s", (int)(hole - format), format, about ? about : "",
			    hole + strlen("%s"));
}

int gateway_error_status(enum gateway_error e)
{
	const char *code = errors[e].code;

	return *code ? (code[1] - '0') * 100 + (code[2] - '0') * 10 + (code[3] - '0') : 200;
}

enum gateway_error gateway_error_of_refusal(int status, int reading_body)
{
	switch (status) {
	case 408: return GATEWAY_SLOW_REQUEST;
	case 413: return GATEWAY_BODY_TOO_LARGE;
	case 414:
	case 431: /* the vendor has one limit, of 8 KB, for the URL and the headers together */
		return reading_body ? GATEWAY_BAD_BODY : GATEWAY_URL_TOO_LARGE;
	case 501: return GATEWAY_BAD_METHOD;
	case 503: return GATEWAY_OVERLOADED;
	case 505: return GATEWAY_BAD_PROTOCOL;
	default: return reading_body ? GATEWAY_BAD_BODY : GATEWAY_BAD_HEADER;
	}
}
