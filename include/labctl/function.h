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
 * Standard output: the answer, one JSON object, at most 32 MiB, of which a gateway takes 6 MiB unless the lab file's
 * `limits` say otherwise (`function_answer`):
 *	{"statusCode": 200, "headers": {"Content-Type": "text/plain"},
 *	 "body": "Hello", "isBase64Encoded": false}
 * statusCode may be a number or a string of digits. A body that is not UTF-8 text goes as Base64
 * with isBase64Encoded true, which makes it 4/3 as long: of 6 MiB about 4.5 arrive.
 *
 * Standard error: goes to the function's log line by line, up to 64 KiB per invocation.
 *
 * Environment: FC_FUNCTION_NAME, FC_REGION, FC_TIMEOUT (seconds), FC_MEMORY_MB, FC_REQUEST_ID, PATH,
 * HOME=/tmp, LANG=C.UTF-8, and what the lab file's `environment` says. The memory size is told, not
 * enforced.
 *
 * Exit status 0: the answer counts. What the caller of the gateway sees otherwise:
 *	another status, a signal					502, FunctionUnhandledError
 *	output that is not such a JSON object				502, and what is wrong with it
 *	not done within the function's `timeout`: it is killed		504, FunctionTimeout
 *	cannot be executed						502, FunctionNotStarted
 *	more than 32 MiB of output: it is killed			502, ResponseTooLarge
 *	more than the gateway takes					502, and that it is too large
 * Whatever it left running is killed when it exits: at once in its own process group, elsewhere as
 * soon as no other invocation can have started it. At most 10 invocations run at a time, 100 more wait
 * for their turn; all together may have 1024 processes.
 *
 * With `runtime: custom` in the lab file the executable is an HTTP server instead. It is started without
 * arguments at the first invocation, listens on 0.0.0.0 or 127.0.0.1, port 9000 or what the lab file's `ca_port`
 * says (FC_SERVER_PORT of its environment), within 25 s, and lives on. Each process has a network of its own, with
 * nothing in it. With `internet_access: true` it is in the network of its region, which it shares with others, and
 * only FC_SERVER_PORT says where to listen. Each invocation is a
 *	POST /invoke
 * with the event as its body and the headers x-fc-request-id, x-fc-function-name, x-fc-function-handler
 * (the name of the executable), x-fc-function-memory (MB), x-fc-function-timeout (seconds), x-fc-region and
 * x-fc-control-path; where the function has a `role`, also x-fc-access-key-id, x-fc-access-key-secret and
 * x-fc-security-token, which are made up (they say LabFake) and the same each time. Connections are kept open. The answer is status 200
 * with the JSON object above as its body. Standard output and standard error both go to the log, 64 KiB per
 * invocation. What the caller sees otherwise:
 *	another status, x-fc-status other than 200, the process ends	502, FunctionUnhandledError
 *	no answer, or none that is HTTP/1.1				502, FunctionUnhandledError
 *	a body that is not such a JSON object				502, and what is wrong with it
 *	no answer within the function's `timeout`			504, FunctionTimeout
 *	cannot be executed, does not listen in time			502, FunctionNotStarted
 *	more than 32 MiB						502, ResponseTooLarge
 *	more than the gateway takes					502, and that it is too large
 * With `trigger: http` beside it, each invocation is the client's request instead: its method, path, query,
 * headers and body as they came through the API, the headers from above (x-fc-control-path: /http-invoke, else
 * /invoke), and none of the client's that begin with x-fc-. The answer goes to the client with its status, headers
 * and body; Date, Server, Content-Length (but of an answer to HEAD), what concerns the connection, and x-fc-... are not passed on. The table
 * above holds, but for status and JSON.
 * One process has `instance_concurrency` invocations at a time (1); while all are busy others are started,
 * at most 10; 100 more invocations wait. A process that has let an invocation time out, broke a connection
 * off, or whose caller has left, gets no more and is killed when its other invocations are over; so is one
 * that had nothing to do for 5 minutes.
 *
 * In C, with jansson (link with -ljansson); it works either way, FC_REQUEST_ID included:
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

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* Takes the event, whose json is there, apart; the decoded body is *body, to be freed. 0, or -1. */
static inline int function_event_take(struct function_event *ev, char **body)
{
	json_t *text;

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

/* Reads the event from f; the decoded body is *body, to be freed. 0, or -1 with a message. */
static inline int function_event_read(FILE *f, struct function_event *ev, char **body)
{
	json_error_t why;

	ev->json = json_loadf(f, JSON_ALLOW_NUL, &why);
	if (json_is_object(ev->json))
		return function_event_take(ev, body);
	fprintf(stderr, "event: %s\n", ev->json ? "not a JSON object" : why.text);
	return -1;
}

/* Text that grows. */
struct function_text {
	char *s;
	size_t len, room;
};

/* Appends; 0, or -1 (no memory). Also what json_dump_callback() calls. */
static inline int function_text_add(const char *s, size_t n, void *text)
{
	struct function_text *t = (struct function_text *)text;

	if (n > t->room - t->len) {
		size_t room = 2 * (t->len + n) + 1024;
		char *grown = (char *)realloc(t->s, room);

		if (!grown)
			return -1;
		t->s = grown;
		t->room = room;
	}
	memcpy(t->s + t->len, s, n);
	t->len += n;
	return 0;
}

/* The body as JSON: as text where it is UTF-8, else as Base64. NULL where it cannot be. */
static inline json_t *function_answer_body_json(const struct function_answer *out, int *binary)
{
	const char *body = out->body ? out->body : "";
	json_t *text = json_stringn(body, out->body_len); /* NULL: not UTF-8 */
	char *encoded;

	*binary = !text;
	if (text)
		return text;
	encoded = function_base64_encode(body, out->body_len);
	text = encoded ? json_string(encoded) : NULL;
	free(encoded);
	return text;
}

/* Appends the answer as JSON, in pieces: an object of it all would take twice the time. 0 or -1. */
static inline int function_answer_add(struct function_text *t, const struct function_answer *out)
{
	const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
	int binary, n, rc = -1;
	json_t *body = function_answer_body_json(out, &binary);
	char start[80];

	n = snprintf(start, sizeof(start), "{\"isBase64Encoded\":%s,\"statusCode\":%d",
		     binary ? "true" : "false", out->status);
	if (body && function_text_add(start, (size_t)n, t) == 0 &&
	    (!out->headers ||
	     (function_text_add(",\"headers\":", 11, t) == 0 &&
	      json_dump_callback(out->headers, function_text_add, t, flags) == 0)) &&
	    function_text_add(",\"body\":", 8, t) == 0 &&
	    json_dump_callback(body, function_text_add, t, flags) == 0)
		rc = function_text_add("}", 1, t);
	json_decref(body);
	return rc;
}

/* Writes the answer to f. 0 or -1. */
static inline int function_answer_write(FILE *f, const struct function_answer *out)
{
	struct function_text t = {0};
	int rc = function_answer_add(&t, out);

	if (rc == 0 && fwrite(t.s, 1, t.len, f) != t.len)
		rc = -1;
	free(t.s);
	return rc || fflush(f) ? -1 : 0;
}

/* --- a custom runtime: an HTTP server for the worker of a function, which sends whole heads with a
 * Content-Length and waits for an answer before it sends more --- */

#define FUNCTION_CONNECTIONS 256
#define FUNCTION_HEAD_MAX    (64u << 10)
#define FUNCTION_EVENT_MAX   (64u << 20)

typedef int function_handle(const struct function_event *ev, struct function_answer *out);

/* A connection; `in` holds what has arrived of a request. */
struct function_conn {
	int fd;
	char *in;
	size_t len, room;
};

static inline int function_send(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Room in front of an answer, for its head. */
#define FUNCTION_ROOM 160

/* Sends an answer, if rc is 0: what is behind the room for its head. 0 or -1. */
static inline int function_reply(int fd, struct function_text *t, int rc)
{
	char head[FUNCTION_ROOM];
	const size_t body = rc ? 0 : t->len - FUNCTION_ROOM;
	const int n = snprintf(head, sizeof(head),
			       "HTTP/1.1 %s\r\nContent-Type: application/octet-stream\r\n"
			       "x-fc-status: %d\r\nContent-Length: %zu\r\n\r\n",
			       rc ? "404 Not Found" : "200 OK", rc ? 404 : 200, body);
	char *start;

	if (rc)
		return function_send(fd, head, (size_t)n);
	start = t->s + FUNCTION_ROOM - n;
	memcpy(start, head, (size_t)n);
	return function_send(fd, start, (size_t)n + body);
}

/* Calls handle and sends its answer. 0 or -1. What it took is given back while the answer is on its way. */
static inline int function_call(int fd, function_handle *handle, const char *event, size_t len)
{
	static const char room[FUNCTION_ROOM] = {0};
	struct function_event ev = {0};
	struct function_answer out = {0};
	struct function_text text = {0};
	char *body = NULL;
	json_error_t why;
	int rc = -1;

	out.status = 200;
	ev.json = json_loadb(event, len, JSON_ALLOW_NUL, &why);
	if (!json_is_object(ev.json))
		fprintf(stderr, "event: %s\n", ev.json ? "not a JSON object" : why.text);
	else if (function_event_take(&ev, &body) == 0 && handle(&ev, &out) == 0 &&
		 function_text_add(room, sizeof(room), &text) == 0)
		rc = function_answer_add(&text, &out);
	rc = function_reply(fd, &text, rc);
	free(text.s);
	free(body);
	free(out.body);
	json_decref(out.headers);
	json_decref(ev.json);
	return rc;
}

/* The value of a header in a head that ends in a NUL, or NULL. */
static inline const char *function_head_value(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1 + strspn(line + n + 1, " \t");
	}
	return NULL;
}

#if defined(__STRICT_ANSI__) && !defined(__cplusplus)
int putenv(char *string); /* POSIX; hidden by -std=c17 */
#endif

/*
 * Makes the request's id what a handler that is started for each invocation finds. Not by setenv(), which keeps
 * every value for ever.
 */
static inline void function_set_id(const char *value)
{
	static char entry[96];

	snprintf(entry, sizeof(entry), "FC_REQUEST_ID=%.*s", value ? (int)strcspn(value, "\r") : 1,
		 value ? value : "-");
	putenv(entry);
}

/* Answers a request that is whole. 1: done, 0: more has to arrive, -1: not to be understood. */
static inline int function_conn_answer(struct function_conn *c, function_handle *handle)
{
	char *end;
	const char *length;
	size_t head, body;

	c->in[c->len] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return c->len > FUNCTION_HEAD_MAX ? -1 : 0;
	head = (size_t)(end + 4 - c->in);
	end[2] = '\0'; /* the empty line is no header */
	length = function_head_value(c->in, "content-length");
	body = length ? strtoul(length, NULL, 10) : 0;
	if (body > FUNCTION_EVENT_MAX)
		return -1;
	if (c->len < head + body) {
		end[2] = '\r';
		return 0;
	}
	function_set_id(function_head_value(c->in, "x-fc-request-id"));
	if (c->len > head + body || function_call(c->fd, handle, c->in + head, body))
		return -1;
	c->len = 0;
	return 1;
}

/* Something has arrived, or the end. False: the connection is over. */
static inline bool function_conn_read(struct function_conn *c, function_handle *handle)
{
	ssize_t n;

	if (c->len + 1 >= c->room) {
		size_t room = c->room ? 2 * c->room : 16384;
		char *in = (char *)realloc(c->in, room);

		if (!in)
			return false;
		c->in = in;
		c->room = room;
	}
	n = recv(c->fd, c->in + c->len, c->room - c->len - 1, 0);
	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0)
		return false;
	c->len += (size_t)n;
	return function_conn_answer(c, handle) >= 0;
}

static inline int function_listen(unsigned short port)
{
	struct sockaddr_in where;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	memset(&where, 0, sizeof(where));
	where.sin_family = AF_INET;
	where.sin_port = htons(port);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (const struct sockaddr *)&where, sizeof(where)) ||
	    listen(fd, FUNCTION_CONNECTIONS)) {
		perror("port of the runtime");
		return -1;
	}
	return fd;
}

/* A new connection, where there is room for one. */
static inline size_t function_accept(int fd, struct function_conn *conns, size_t n)
{
	int one = 1;
	int got = accept(fd, NULL, NULL);

	if (got < 0)
		return n;                                             /* it has left already */
	fcntl(got, F_SETFD, FD_CLOEXEC);                              /* cannot fail */
	setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* only faster */
	memset(&conns[n], 0, sizeof(conns[n]));
	conns[n].fd = got;
	return n + 1;
}

/* Serves one request after another, for ever. The exit status of the program. */
static inline int function_serve(unsigned short port, function_handle *handle)
{
	static struct function_conn conns[FUNCTION_CONNECTIONS];
	static struct pollfd fds[FUNCTION_CONNECTIONS + 1];
	size_t n = 0;

	fds[FUNCTION_CONNECTIONS].fd = function_listen(port);
	if (fds[FUNCTION_CONNECTIONS].fd < 0)
		return 1;
	for (;;) {
		struct pollfd *listening = &fds[n];

		*listening = fds[FUNCTION_CONNECTIONS];
		listening->events = n < FUNCTION_CONNECTIONS ? POLLIN : 0;
		for (size_t i = 0; i < n; i++) {
			fds[i].fd = conns[i].fd;
			fds[i].events = POLLIN;
		}
		if (poll(fds, (nfds_t)n + 1, -1) < 0) {
			if (errno != EINTR)
				return 1;
			continue;
		}
		for (size_t i = n; i-- > 0;) { /* the last takes the place of one that is over */
			if (!fds[i].revents || function_conn_read(&conns[i], handle))
				continue;
			close(conns[i].fd);
			free(conns[i].in);
			conns[i] = conns[--n];
		}
		if (listening->revents)
			n = function_accept(listening->fd, conns, n);
	}
}

/**
 * Reads the event, calls handle, writes its answer; or does so again and again, as a custom runtime.
 * The exit status of the program.
 */
static inline int function_run(function_handle *handle)
{
	const char *port = getenv("FC_SERVER_PORT");
	struct function_event ev = {0};
	struct function_answer out = {0};
	char *body = NULL;
	int rc = 1;

	if (port)
		return function_serve((unsigned short)atoi(port), handle);
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
