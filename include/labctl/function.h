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
 * In C, with nothing but this header; it works either way, FC_REQUEST_ID included:
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

#include <labctl/function_json.h>

/** A body for which an answer has room as Base64, and as text of which less than half has to be escaped. */
#define FUNCTION_BODY_MAX (4u << 20)

/** An invocation as the gateway tells it. Everything is borrowed and lives until handle() returns. */
struct function_event {
	const char *path; /* NULL where the event has none, as all strings */
	const char *method;
	const char *body; /* decoded; a NUL follows its last byte */
	size_t body_len;
	struct function_pairs headers, query, parameters;
};

/** What handle() fills in. Zeroed but for status 200. */
struct function_answer {
	int status;
	struct function_pairs headers;
	char *body;
	size_t body_len;
};

/** A request header, in any letter case; NULL where there is none. */
static inline const char *function_event_header(const struct function_event *ev, const char *name)
{
	const char *key = NULL, *value = NULL, *found = NULL;

	while (function_pairs_next(&ev->headers, &key, &value)) {
		if (strcasecmp(key, name) == 0)
			found = value;
	}
	return found;
}

/** A parameter of the query string; NULL where there is none. */
static inline const char *function_event_query(const struct function_event *ev, const char *name)
{
	return function_pairs_get(&ev->query, name);
}

/** The value of "[name]" in the API's path; NULL where there is none. */
static inline const char *function_event_parameter(const struct function_event *ev,
						   const char *name)
{
	return function_pairs_get(&ev->parameters, name);
}

/** Sets a response header; a former value of that name is replaced. 0, or -1 (not UTF-8, no memory). */
static inline int function_answer_header(struct function_answer *out, const char *name,
					 const char *value)
{
	struct function_pairs *all = &out->headers;
	const size_t n = strlen(name) + 1, v = strlen(value) + 1;
	const char *key = NULL, *old = NULL;
	char *grown;

	if (!function_is_text(name, n) || !function_is_text(value, v))
		return -1;
	grown = (char *)realloc(all->at, all->len + n + v);
	if (!grown)
		return -1;
	all->at = grown;
	while (function_pairs_next(all, &key, &old)) {
		char *place = grown + (key - grown);
		const size_t len = (size_t)(old - key) + strlen(old) + 1;

		if (strcmp(key, name) != 0)
			continue;
		all->len -= len;
		memmove(place, place + len, all->len - (size_t)(place - grown));
		break;
	}
	memcpy(grown + all->len, name, n);
	memcpy(grown + all->len + n, value, v);
	all->len += n + v;
	return 0;
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

/* What is read of an event beside what a handler sees. */
struct function_reading {
	struct function_event *ev;
	bool base64;
};

static inline char *function_event_member(void *to, const char *name, char *p)
{
	struct function_reading *r = (struct function_reading *)to;
	struct function_event *ev = r->ev;
	size_t len;

	if (strcmp(name, "path") == 0)
		return function_json_text(p, &ev->path, &len);
	if (strcmp(name, "httpMethod") == 0)
		return function_json_text(p, &ev->method, &len);
	if (strcmp(name, "headers") == 0)
		return function_json_pairs(p, &ev->headers);
	if (strcmp(name, "queryParameters") == 0)
		return function_json_pairs(p, &ev->query);
	if (strcmp(name, "pathParameters") == 0)
		return function_json_pairs(p, &ev->parameters);
	if (strcmp(name, "body") == 0)
		return function_json_text(p, &ev->body, &ev->body_len);
	if (strcmp(name, "isBase64Encoded") == 0)
		r->base64 = *p == 't';
	return function_json_skip(p);
}

/* Takes an event apart, within its text, behind which there is a NUL. NULL, or what is wrong with it. */
static inline const char *function_event_read(struct function_event *ev, char *text, size_t len)
{
	struct function_reading r = {ev, false};
	char *p;

	memset(ev, 0, sizeof(*ev));
	p = function_json_object(function_json_space(text), function_event_member, &r);
	if (!p || function_json_space(p) != text + len)
		return "not a JSON object";
	if (!ev->body)
		ev->body = "";
	else if (r.base64 && function_base64_decode(text + (ev->body - text), &ev->body_len))
		return "the body is not Base64";
	return NULL;
}

/* Appends the answer as JSON: the body as text where it is UTF-8, else as Base64. 0 or -1. */
static inline int function_answer_add(struct function_text *t, const struct function_answer *out)
{
	const bool text = function_is_text(out->body, out->body_len);
	char start[80];
	int n = snprintf(start, sizeof(start), "{\"isBase64Encoded\":%s,\"statusCode\":%d",
			 text ? "false" : "true", out->status);

	if (function_text_add(t, start, (size_t)n) || function_text_add_headers(t, &out->headers) ||
	    function_text_add(t, ",\"body\":", 8))
		return -1;
	if (text ? function_text_add_string(t, out->body, out->body_len)
		 : function_text_add_base64(t, out->body, out->body_len))
		return -1;
	return function_text_add(t, "}", 1);
}

typedef int function_handle(const struct function_event *ev, struct function_answer *out);

/* One invocation: appends the answer to an event. 0, or -1, whatever was appended. */
static inline int function_invocation(function_handle *handle, char *event, size_t len,
				      struct function_text *t)
{
	struct function_event ev;
	struct function_answer out = {0};
	const char *why = function_event_read(&ev, event, len);
	int rc = -1;

	out.status = 200;
	if (why)
		fprintf(stderr, "event: %s\n", why);
	else if (handle(&ev, &out) == 0)
		rc = function_answer_add(t, &out);
	free(out.headers.at);
	free(out.body);
	return rc;
}

/* --- a custom runtime: an HTTP server for the worker of a function, which sends whole heads with a
 * Content-Length and waits for an answer before it sends more --- */

#define FUNCTION_CONNECTIONS 256
#define FUNCTION_HEAD_MAX    (64u << 10)
#define FUNCTION_EVENT_MAX   (64u << 20)

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

/* Calls handle and sends its answer. 0 or -1. */
static inline int function_call(int fd, function_handle *handle, char *event, size_t len)
{
	static const char room[FUNCTION_ROOM] = {0};
	struct function_text text = {0};
	int rc = function_text_add(&text, room, sizeof(room));

	if (rc == 0)
		rc = function_invocation(handle, event, len, &text);
	rc = function_reply(fd, &text, rc);
	free(text.s);
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

/* All of f, with a NUL behind it; 0 or -1. */
static inline int function_read_all(FILE *f, struct function_text *t)
{
	char *to;
	size_t n;

	while ((to = function_text_room(t, 16384))) {
		n = fread(to, 1, 16383, f);
		t->len += n;
		if (n)
			continue;
		*to = '\0';
		return ferror(f) ? -1 : 0;
	}
	return -1;
}

/* One invocation: the event from f, the answer to `to`. 0 or -1. */
static inline int function_run_once(FILE *f, FILE *to, function_handle *handle)
{
	struct function_text event = {0}, answer = {0};
	int rc = function_read_all(f, &event);

	if (rc == 0)
		rc = function_invocation(handle, event.s, event.len, &answer);
	if (rc == 0 && (fwrite(answer.s, 1, answer.len, to) != answer.len || fflush(to)))
		rc = -1;
	free(event.s);
	free(answer.s);
	return rc;
}

/**
 * Reads the event, calls handle, writes its answer; or does so again and again, as a custom runtime.
 * The exit status of the program.
 */
static inline int function_run(function_handle *handle)
{
	const char *port = getenv("FC_SERVER_PORT");

	if (port)
		return function_serve((unsigned short)atoi(port), handle);
	return function_run_once(stdin, stdout, handle) ? 1 : 0;
}

/** Defines main(). handle gives 0, or anything else to fail: FunctionUnhandledError. */
#define FUNCTION_MAIN(handle)                \
	int main(void)                       \
	{                                    \
		return function_run(handle); \
	}
