// SPDX-License-Identifier: GPL-2.0-only
/**
 * The contract between a lab and the handler of a function, and all that a handler in C needs.
 *
 * A handler is any executable: a compiled program, a Python or shell script with a "#!" line. It is
 * executed once per invocation, without arguments, in the folder that it lies in, as an
 * unprivileged user who can read and execute what everybody can, with these descriptors only:
 *
 * Standard input: the event, one JSON object, then end of file. As Function Compute gets it from an
 * API gateway:
 *	{"path": "/hello", "httpMethod": "GET",
 *	 "headers": {"X-Forwarded-For": "192.168.1.10", "X-Forwarded-Proto": "http",
 *		     "X-Real-IP": "192.168.1.10", "CA-Host": "...", "X-Ca-Api-Gateway": REQUEST-ID, ...},
 *	 "queryParameters": {"size": "1024"}, "pathParameters": {"id": "7"},
 *	 "body": "aGVsbG8=", "isBase64Encoded": true}
 * A handler may leave it unread.
 *
 * Standard output: the answer, one JSON object, at most 6 MiB:
 *	{"statusCode": 200, "headers": {"Content-Type": "text/plain"},
 *	 "body": "Hello", "isBase64Encoded": false}
 * statusCode may be a number or a string of digits. A body that is not UTF-8 text goes as Base64
 * with isBase64Encoded true, which makes it 4/3 as long: about 4.5 MiB is the most that arrives.
 *
 * Standard error: goes to the function's log line by line, up to 64 KiB per invocation.
 *
 * Environment: FC_FUNCTION_NAME, FC_REGION, FC_TIMEOUT (seconds), FC_MEMORY_MB, FC_REQUEST_ID, PATH,
 * HOME=/tmp, LANG=C.UTF-8, and what the lab file's `environment` says. The memory size is told, not
 * enforced.
 *
 * Exit status 0: the answer counts. What the caller of the gateway sees otherwise:
 *	another status, a signal, output that is not a JSON object	502, FunctionUnhandledError
 *	not done within the function's `timeout`: it is killed		504, FunctionTimeout
 *	cannot be executed						502, FunctionNotStarted
 *	more than 6 MiB of output: it is killed				502, ResponseTooLarge
 * Whatever it left running is killed when it exits: at once in its own process group, elsewhere as
 * soon as no other invocation can have started it. At most 10 invocations run at a time, 100 more wait
 * for their turn; all together may have 1024 processes.
 *
 * In C, with jansson (link with -ljansson):
 *
 *	#include <labctl/function.h>
 *
 *	static int handle(const struct function_event *ev, struct function_answer *out)
 *	{
 *		function_answer_text(out, "Hello");
 *		return 0;
 *	}
 *	FUNCTION_MAIN(handle)
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

/** The largest body that fits into an answer in any encoding. */
#define FUNCTION_BODY_MAX (4u << 20)

/** An invocation as the gateway tells it. Everything is borrowed and lives until handle() returns. */
struct function_event {
	json_t *json; /* the whole event */
	const char *path;
	const char *method;
	const char *body; /* decoded; a NUL follows its last byte */
	size_t body_len;
};

/** What handle() fills in. Zeroed but for status 200. */
struct function_answer {
	int status;
	json_t *headers;
	char *body;
	size_t body_len;
};

/** A request header, in any letter case; NULL where there is none. */
static inline const char *function_event_header(const struct function_event *ev, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach (json_object_get(ev->json, "headers"), key, value) {
		if (strcasecmp(key, name) == 0)
			return json_string_value(value);
	}
	return NULL;
}

/** A parameter of the query string; NULL where there is none. */
static inline const char *function_event_query(const struct function_event *ev, const char *name)
{
	return json_string_value(
		json_object_get(json_object_get(ev->json, "queryParameters"), name));
}

/** The value of "[name]" in the API's path; NULL where there is none. */
static inline const char *function_event_parameter(const struct function_event *ev,
						   const char *name)
{
	return json_string_value(
		json_object_get(json_object_get(ev->json, "pathParameters"), name));
}

/** Sets a response header; a former value of that name is replaced. 0, or -1 (not UTF-8). */
static inline int function_answer_header(struct function_answer *out, const char *name,
					 const char *value)
{
	if (!out->headers)
		out->headers = json_object();
	return json_object_set_new(out->headers, name, json_string(value));
}

/** Sets the body to a copy of any bytes. 0, or -1 (no memory). */
static inline int function_answer_body(struct function_answer *out, const void *body, size_t len)
{
	char *copy = (char *)malloc(len + 1);

	if (!copy)
		return -1;
	memcpy(copy, body, len);
	copy[len] = '\0';
	free(out->body);
	out->body = copy;
	out->body_len = len;
	return 0;
}

/** Sets the body to a copy of a text. 0, or -1 (no memory). */
static inline int function_answer_text(struct function_answer *out, const char *text)
{
	return function_answer_body(out, text, strlen(text));
}

/* --- below: what FUNCTION_MAIN() is made of --- */

static inline char *function_base64_encode(const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)data;
	char *text = (char *)malloc((len + 2) / 3 * 4 + 1), *at = text;

	for (size_t i = 0; text && i < len; i += 3) {
		unsigned long v = (unsigned long)in[i] << 16;

		v |= i + 1 < len ? (unsigned long)in[i + 1] << 8 : 0;
		v |= i + 2 < len ? (unsigned long)in[i + 2] : 0;
		*at++ = digits[v >> 18];
		*at++ = digits[v >> 12 & 63];
		*at++ = i + 1 < len ? digits[v >> 6 & 63] : '=';
		*at++ = i + 2 < len ? digits[v & 63] : '=';
	}
	if (text)
		*at = '\0';
	return text;
}

static inline int function_base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The bytes, with a NUL after them, to be freed; NULL where it is not padded Base64. */
static inline char *function_base64_decode(const char *text, size_t len, size_t *out_len)
{
	size_t pad = len && text[len - 1] == '=' ? len > 1 && text[len - 2] == '=' ? 2 : 1 : 0;
	char *out = len % 4 ? NULL : (char *)malloc(len / 4 * 3 + 1);

	for (size_t i = 0, n = 0; out && i < len; i += 4) {
		unsigned long v = 0;

		for (size_t k = 0; k < 4; k++) {
			bool padding = i + k >= len - pad;
			int digit = padding ? 0 : function_base64_digit(text[i + k]);

			if (digit < 0) {
				free(out);
				return NULL;
			}
			v = v << 6 | (unsigned long)digit;
		}
		out[n++] = (char)(v >> 16);
		out[n++] = (char)(v >> 8 & 255);
		out[n++] = (char)(v & 255);
	}
	if (out) {
		*out_len = len / 4 * 3 - pad;
		out[*out_len] = '\0';
	}
	return out;
}

/* Reads the event from f; the decoded body is *body, to be freed. 0, or -1 with a message. */
static inline int function_event_read(FILE *f, struct function_event *ev, char **body)
{
	json_error_t why;
	json_t *text;

	ev->json = json_loadf(f, JSON_ALLOW_NUL, &why);
	if (!json_is_object(ev->json)) {
		fprintf(stderr, "event: %s\n", ev->json ? "not a JSON object" : why.text);
		return -1;
	}
	ev->path = json_string_value(json_object_get(ev->json, "path"));
	ev->method = json_string_value(json_object_get(ev->json, "httpMethod"));
	text = json_object_get(ev->json, "body");
	ev->body = json_is_string(text) ? json_string_value(text) : "";
	ev->body_len = json_string_length(text);
	if (!json_is_true(json_object_get(ev->json, "isBase64Encoded")))
		return 0;
	ev->body = *body = function_base64_decode(ev->body, ev->body_len, &ev->body_len);
	if (!*body)
		fprintf(stderr, "event: the body is not Base64\n");
	return *body ? 0 : -1;
}

/* Writes the answer to f: the body as text where it is UTF-8, else as Base64. 0 or -1. */
static inline int function_answer_write(FILE *f, const struct function_answer *out)
{
	const char *body = out->body ? out->body : "";
	json_t *text = json_stringn(body, out->body_len); /* NULL: not UTF-8 */
	bool binary = !text;
	json_t *answer;
	int rc;

	if (binary) {
		char *encoded = function_base64_encode(body, out->body_len);

		text = encoded ? json_string(encoded) : NULL;
		free(encoded);
	}
	answer = json_pack("{s:b, s:i, s:O*, s:o}", "isBase64Encoded", (int)binary, "statusCode",
			   out->status, "headers", out->headers, "body", text);
	rc = answer ? json_dumpf(answer, f, JSON_COMPACT) : -1;
	json_decref(answer);
	return rc || fflush(f) ? -1 : 0;
}

/** Reads the event, calls handle, writes its answer. The exit status of the program. */
static inline int function_run(int (*handle)(const struct function_event *ev,
					     struct function_answer *out))
{
	struct function_event ev = {0};
	struct function_answer out = {0};
	char *body = NULL;
	int rc = 1;

	out.status = 200;
	if (function_event_read(stdin, &ev, &body) == 0 && handle(&ev, &out) == 0)
		rc = function_answer_write(stdout, &out) ? 1 : 0;
	free(body);
	free(out.body);
	json_decref(out.headers);
	json_decref(ev.json);
	return rc;
}

/** Defines main(). handle gives 0, or anything else to fail: FunctionUnhandledError. */
#define FUNCTION_MAIN(handle)                \
	int main(void)                       \
	{                                    \
		return function_run(handle); \
	}
