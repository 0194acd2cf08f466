// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/error.h"

#include <string.h>

/*
 * [table]: read in the vendor's error code table, help.aliyun.com/document_detail/43906.htm. [mem]: recalled from the rest
 * of that table, whose stored copies end early; codes among them that a client of the vendor's lists too are [code].
 * [own]: the vendor says nothing of it.
 */
static const struct {
	const char *code, *format;
} errors[] = {
	[GATEWAY_OK] = {"", ""},
	[GATEWAY_BAD_HEADER] = {"I400HD", "Invalid Header `%s`"},              /* [table] */
	[GATEWAY_BAD_BODY] = {"I400BD", "Invalid Body: %s"},                   /* [table] */
	[GATEWAY_BAD_PATH] = {"I400PA", "Invalid Request Path `%s`"},          /* [table] */
	[GATEWAY_BAD_URI] = {"I400RU", "Invalid Request Uri `%s`"},            /* [table] */
	[GATEWAY_BAD_CONTENT_TYPE] = {"I400CT", "Invalid Content-Type: `%s`"}, /* [table] */
	[GATEWAY_PARAMETER_MISSING] = {"I400MP",
				       "Parameter `%s` is required"},   /* [code], text [mem] */
	[GATEWAY_BAD_PARAMETER] = {"I400IP", "Invalid Parameter `%s`"}, /* [code], text [mem] */
	[GATEWAY_BAD_STAGE] = {"I400SG", "Invalid Stage"},              /* [table] */
	[GATEWAY_BAD_METHOD] = {"I405UM", "Unsupported Method `%s`"},   /* [table] */
	[GATEWAY_BAD_PROTOCOL] = {"I403PT", "Invalid protocol %s unsupported"}, /* [table] */
	[GATEWAY_UNKNOWN_DOMAIN] = {"I404DO", "Invalid Domain `%s`"},           /* [table] */
	[GATEWAY_OTHER_INSTANCE] = {"I410GG", "Group's instance invalid"},      /* [table] */
	[GATEWAY_NO_INTERNET] = {"A403IN",
				 "Access from Internet disabled"}, /* [code], text [mem] */
	[GATEWAY_VPC_REFUSED] = {"A403VN",
				 "Access denied by VPC whitelist"},       /* [code], text [own] */
	[GATEWAY_UNKNOWN_API] = {"I404NF", "API not found with `%s`"},    /* [table] */
	[GATEWAY_SLOW_REQUEST] = {"I408RT", "Request timeout"},           /* [own] */
	[GATEWAY_HEADER_MISSING] = {"I400MH", "Header `%s` is Required"}, /* [table] */
	[GATEWAY_UNAUTHENTICATED] = {"A400MA",                            /* [code], text [mem] */
				     "Need authorization, X-Ca-Key or Authorization: APPCODE ... "
				     "is required"},
	[GATEWAY_UNKNOWN_KEY] = {"A400IK", "Invalid AppKey"},
	/* [code]; the text is what samples for the vendor's market compare answers with */
	[GATEWAY_UNKNOWN_CODE] = {"A400AC", "Invalid AppCode `not exists`"},
	[GATEWAY_BAD_SIGNATURE] = {"A403IS", "Invalid Signature, Server StringToSign:`%s`"},
	[GATEWAY_BAD_MD5] = {"I400I5", "Invalid Content-MD5"}, /* [code], text [mem] */
	[GATEWAY_TIMESTAMP_EXPIRED] = {"S403TE", "X-Ca-Timestamp is expired"}, /* [mem] */
	[GATEWAY_NONCE_MISSING] = {"I400NC", "X-Ca-Nonce is required"}, /* [code], text [mem] */
	[GATEWAY_NONCE_USED] = {"S403NU", "Nonce Used"},                /* [mem] */
	[GATEWAY_UNAUTHORIZED] = {"I403AA", "Unauthorized"},
	/* [code]; the text is what the vendor's own file service says in its clients' tests */
	[GATEWAY_IP_REFUSED] = {"A403IP", "Access denied by IP Control Policy"},
	[GATEWAY_BASIC_AUTH_FAILED] = {"A401BA", "Basic authentication failed"}, /* [own] */
	[GATEWAY_JWT_MISSING] = {"I400JR", "JWT required"},                      /* [mem] */
	[GATEWAY_JWT_MALFORMED] = {"I400JD", "JWT Deserialize Failed: `%s`"},    /* [mem] */
	[GATEWAY_JWT_INVALID] = {"A403JT", "Invalid JWT: %s"},                   /* [mem] */
	[GATEWAY_JWT_NO_KEY] = {"A403JK", "No matching JWK, `%s` not found"},    /* [mem] */
	[GATEWAY_JWT_EXPIRED] = {"A403JE", "JWT is expired at `%s`"},            /* [mem] */
	[GATEWAY_JWT_BAD_CONFIG] = {"I400JP",
				    "Invalid JWT plugin config: %s"}, /* [code], text [mem] */
	[GATEWAY_JWT_NO_JTI] = {"S403JI",                             /* [mem] */
				"Claim jti is required when preventJtiReplay:true configured in "
				"plugin"},
	[GATEWAY_JWT_JTI_USED] = {"S403JU", "Claim jti in JWT is used"}, /* [mem] */
	[GATEWAY_ORIGIN_REFUSED] = {"A403CO",
				    "Cross origin resource forbidden %s"}, /* [code], text [mem] */
	[GATEWAY_ORIGIN_NOTHING] = {"I404CO", "Cross origin resource not found %s"}, /* [mem] */
	[GATEWAY_NOT_CACHED] = {"I404CH",                                            /* [mem] */
				"Content not cached, with `Cache-Control:only-if-cached`"},
	/* code and status: help.aliyun.com, plug-ins-of-the-circuit-breaker-type; text [mem] */
	[GATEWAY_BREAKER_IS_OPEN] = {"D503CB", "Backend circuit breaker open"},
	[GATEWAY_BREAKER_IS_BUSY] = {"D503BB",
				     "Backend circuit breaker busy"}, /* [code], text [mem] */
	[GATEWAY_API_THROTTLED] = {"T429PA",
				   "Throttled by API Flow Control"}, /* [code], text [mem] */
	[GATEWAY_APP_THROTTLED] = {"T429PR",
				   "Throttled by PLUGIN Flow Control"}, /* [code], text [mem] */
	[GATEWAY_DOMAIN_THROTTLED] = {"T429ID",
				      "Throttled by DOMAIN Flow Control"}, /* [code], text [mem] */
	[GATEWAY_INSTANCE_THROTTLED] = {"T429IN",                          /* [code], text [mem] */
					"Throttled by INSTANCE Flow Control"},
	[GATEWAY_GROUP_THROTTLED] = {"T429GR",
				     "Throttled by GROUP Flow Control"}, /* [code], text [mem] */
	[GATEWAY_BODY_TOO_LARGE] = {"I413RL", "Request body too Large"}, /* [table] */
	[GATEWAY_URL_TOO_LARGE] = {"I413UL", "Request URL too Large"},   /* [table] */
	[GATEWAY_FUNCTION_DENIED] = {"A403FC",
				     "Function `%s` access denied"}, /* [code], text [mem] */
	[GATEWAY_FUNCTION_FAILED] = {"D502FC",
				     "Function response invalid `%s`"}, /* [code], text [mem] */
	[GATEWAY_BACKEND_INVALID] = {"D502BR", "Backend service response invalid `%s`"}, /* [own] */
	[GATEWAY_CONNECT_FAILED] = {"D504CO", "Backend service connect failed `%s`"},
	[GATEWAY_TLS_FAILED] = {"D504CS", /* [code], text [mem] */
				"Backend http ssl connect failed `%s`"},
	[GATEWAY_UNRESOLVED] = {"D504RE", /* [code], text [mem] */
				"Backend service domain resolve failed `%s`"},
	[GATEWAY_ACCESS_INVALID] = {"X504VE", /* [code], text [mem] */
				    "Vpc access authorization `%s` invalid"},
	[GATEWAY_BACKEND_TIMEOUT] = {"D504TO", "Backend service request timeout"},
	[GATEWAY_OVERLOADED] = {"X503BZ", "Service Busy"}, /* [code] */
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
