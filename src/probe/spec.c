// SPDX-License-Identifier: GPL-2.0-only
#include "probe/probe.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define MAX_TIMEOUT_MS 3600000

static int read_text(const json_t *json, const char *key, const char **out, struct lab_error **err)
{
	*out = json_string_value(json_object_get(json, key));
	return *out ? 0 : lab_error_make(err, LAB_FAILED, "probe: \"%s\": no text", key);
}

static int read_number(const json_t *json, const char *key, uint64_t least, uint64_t most,
		       uint64_t *out, struct lab_error **err)
{
	const json_t *number = json_object_get(json, key);
	json_int_t v = json_integer_value(number);

	if (!json_is_integer(number) || v < 0 || (uint64_t)v < least || (uint64_t)v > most)
		return lab_error_make(err, LAB_FAILED, "probe: \"%s\": no number from %ju to %ju",
				      key, (uintmax_t)least, (uintmax_t)most);
	*out = (uint64_t)v;
	return 0;
}

/* Both are optional. */
static int read_content(const json_t *json, struct probe_spec *s, struct lab_error **err)
{
	const json_t *app = json_object_get(json, "app");

	if (json_object_get(json, "body") && read_text(json, "body", &s->body, err) < 0)
		return -1;
	if (app && (read_text(app, "key", &s->key, err) < 0 ||
		    read_text(app, "secret", &s->secret, err) < 0))
		return -1;
	return 0;
}

static int read_http(const json_t *json, struct probe_spec *s, struct lab_error **err)
{
	const json_t *header;
	size_t i;

	s->headers = json_object_get(json, "headers");
	json_array_foreach (s->headers, i, header) {
		if (!json_is_string(header))
			return lab_error_make(err, LAB_FAILED, "probe: \"headers\": %zu: no text",
					      i);
	}
	if (json_object_get(json, "body_size") &&
	    read_number(json, "body_size", 0, UINT64_C(1) << 40, &s->body_size, err) < 0)
		return -1;
	return read_content(json, s, err) < 0 || read_text(json, "method", &s->method, err) < 0
		       ? -1
		       : read_text(json, "url", &s->url, err);
}

static int read_ping(const json_t *json, struct probe_spec *s, struct lab_error **err)
{
	uint64_t count = 0, interval = 0;

	if (read_text(json, "host", &s->host, err) < 0 ||
	    read_number(json, "count", 1, 10000, &count, err) < 0 ||
	    read_number(json, "interval_ms", 1, MAX_TIMEOUT_MS, &interval, err) < 0)
		return -1;
	s->count = (uint32_t)count;
	s->interval_ms = (uint32_t)interval;
	return 0;
}

static int read_dns(const json_t *json, struct probe_spec *s, struct lab_error **err)
{
	return read_text(json, "name", &s->name, err) < 0 ? -1
							  : read_text(json, "type", &s->type, err);
}

static int read_tcp(const json_t *json, struct probe_spec *s, struct lab_error **err)
{
	uint64_t port = 0;

	if (read_text(json, "host", &s->host, err) < 0 ||
	    read_number(json, "port", 1, 65535, &port, err) < 0)
		return -1;
	s->port = (uint16_t)port;
	return 0;
}

static int read_outage(const json_t *json, struct probe_spec *s, struct lab_error **err)
{
	uint64_t interval = 0, quiet = 0;

	if (read_text(json, "host", &s->host, err) < 0 ||
	    read_number(json, "interval_ms", 1, 60000, &interval, err) < 0 ||
	    read_number(json, "quiet_ms", 1, MAX_TIMEOUT_MS, &quiet, err) < 0)
		return -1;
	s->interval_ms = (uint32_t)interval;
	s->quiet_ms = (uint32_t)quiet;
	return 0;
}

int probe_spec_read(const json_t *json, struct probe_spec *spec, struct lab_error **err)
{
	static const struct {
		const char *name;
		int (*read)(const json_t *json, struct probe_spec *s, struct lab_error **err);
		enum probe_kind kind;
	} kinds[] = {
		{"http", read_http, PROBE_HTTP},       {"ping", read_ping, PROBE_PING},
		{"dns", read_dns, PROBE_DNS},          {"tcp", read_tcp, PROBE_TCP},
		{"outage", read_outage, PROBE_OUTAGE},
	};
	const char *kind;
	uint64_t timeout = 0;

	memset(spec, 0, sizeof(*spec));
	if (read_text(json, "kind", &kind, err) < 0 ||
	    read_number(json, "timeout_ms", 1, MAX_TIMEOUT_MS, &timeout, err) < 0)
		return -1;
	spec->timeout_ms = (uint32_t)timeout;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, kind) != 0)
			continue;
		spec->kind = kinds[i].kind;
		return kinds[i].read(json, spec, err);
	}
	return lab_error_make(err, LAB_FAILED, "probe: unknown kind '%s'", kind);
}

int probe_resolve(const char *host, struct in_addr *addr, const char **why)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
	struct sockaddr_in sin;
	int rc = getaddrinfo(host, NULL, &hints, &found);

	if (rc) {
		*why = gai_strerror(rc);
		return -1;
	}
	memcpy(&sin, found->ai_addr, sizeof(sin));
	*addr = sin.sin_addr;
	freeaddrinfo(found);
	return 0;
}

uint64_t probe_now_us(void)
{
	return clock_us();
}
