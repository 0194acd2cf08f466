// SPDX-License-Identifier: GPL-2.0-only
#include "service/echo_text.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"

static json_t *need(json_t *j)
{
	if (!j)
		abort(); /* out of memory: the supervisor starts us anew */
	return j;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, need(value)))
		abort(); /* as above */
}

/* What is not UTF-8 is taken as ISO 8859-1, as header values are. */
static json_t *text(struct http_slice s)
{
	auto_strbuf struct strbuf utf8 = {0};
	json_t *j;

	if (!s.p)
		return json_string("");
	j = json_stringn(s.p, s.n);
	if (j)
		return j;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80)
			strbuf_addc(&utf8, (char)(0xc0 | c >> 6));
		strbuf_addc(&utf8, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
	}
	return json_stringn(utf8.s, utf8.len);
}

static const char *same_name(json_t *headers, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach (headers, key, value)
		if (!strcasecmp(key, name))
			return key;
	return NULL;
}

static void add_header(json_t *headers, const struct http_header *h)
{
	auto_free char *name = strndup(h->name.p, h->name.n); /* a token: ASCII, no zero byte */
	json_t *value = need(text(h->value));
	const char *former;

	if (!name)
		abort();
	former = same_name(headers, name);
	if (former) {
		json_t *both = json_sprintf("%s, %s",
					    json_string_value(json_object_get(headers, former)),
					    json_string_value(value));

		json_decref(value);
		set(headers, former, both);
	} else {
		set(headers, name, value);
	}
}

static json_t *client_ip(const struct httpd_request *r)
{
	char ip[INET_ADDRSTRLEN] = "";

	if (r->client.sin_family == AF_INET)
		(void)inet_ntop(AF_INET, &r->client.sin_addr, ip, sizeof(ip)); /* it fits */
	return json_string(ip);
}

static char *dump(json_t *object, size_t flags) /* takes it */
{
	auto_free char *line = json_dumps(object, flags);
	char *text = NULL;

	json_decref(object);
	if (!line || asprintf(&text, "%s\n", line) < 0)
		abort();
	return text;
}

char *service_echo_text(const struct service_config *c, const struct httpd_request *r)
{
	json_t *object = need(json_object()), *headers = need(json_object());

	for (size_t i = 0; i < r->head->n_headers; i++)
		add_header(headers, &r->head->headers[i]);
	set(object, "service", json_string(c->echo_name));
	set(object, "node", json_string(c->echo_node));
	set(object, "method", text(r->head->method));
	set(object, "path", text(r->head->path));
	set(object, "query", text(r->head->query));
	set(object, "headers", headers);
	set(object, "client_ip", client_ip(r));
	set(object, "body_bytes", json_integer((json_int_t)r->body.n));
	return dump(object, 0); /* read by people, and searched by checks */
}

void service_echo_log(const struct service_config *c, const struct httpd_request *r, int status,
		      int fd)
{
	json_t *object = need(json_object());
	auto_free char *line = NULL;
	char when[LOG_STAMP_LEN];

	set(object, "time", json_string(log_stamp(when)));
	set(object, "service", json_string(c->echo_name));
	set(object, "client_ip", client_ip(r));
	set(object, "client_port", json_integer(ntohs(r->client.sin_port)));
	set(object, "method", text(r->head->method));
	set(object, "path", text(r->head->path));
	set(object, "status", json_integer(status));
	set(object, "host", text(r->head->host));
	set(object, "x_forwarded_for", text(http_head_get(r->head, "x-forwarded-for")));
	set(object, "ca_client_ip", text(http_head_get(r->head, "caclientip")));
	set(object, "x_ca_request_id", text(http_head_get(r->head, "x-ca-request-id")));
	line = dump(object, JSON_COMPACT);
	(void)!write(fd, line, strlen(line)); /* a line that cannot be written is lost */
}
