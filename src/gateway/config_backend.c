// SPDX-License-Identifier: GPL-2.0-only
/* The backends of the configuration: one function for each kind. */
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "gateway/config_read.h"
#include "gateway/forward.h"
#include "gateway/path.h"
#include "http/write.h"

#define MAX_TIMEOUT_MS 86400000 /* of a function, in the cloud: a day */

static const char *const kind_names[] = {
	[GATEWAY_FUNCTION] = "function",
	[GATEWAY_HTTP] = "http",
	[GATEWAY_HTTP_VPC] = "http-vpc",
	[GATEWAY_MOCK] = "mock",
};

const char *gateway_backend_kind_name(enum gateway_backend_kind kind)
{
	return kind_names[kind];
}

static int wrong(struct config_reader *r, struct config_place at, const char *why)
{
	return config_wrong(r, at.list, at.i, why);
}

static bool read_address(const char *text, json_int_t port, struct sockaddr_in *out)
{
	uint32_t ip;

	if (!ip_parse(text, &ip) || port < 0 || port > 65535)
		return false;
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)port);
	out->sin_addr.s_addr = htonl(ip);
	return true;
}

static int read_endpoint(struct config_reader *r, struct config_place at, const char *address,
			 json_int_t port, struct gateway_backend *b)
{
	if (port < 1 || !read_address(address, port, &b->address))
		return wrong(r, at, "malformed address or port of the backend");
	b->endpoint = arena_printf(r->a, "%s:%d", address, (int)port);
	return 0;
}

static int read_timeout(struct config_reader *r, struct config_place at, json_int_t ms,
			struct gateway_backend *b)
{
	if (ms < 1 || ms > MAX_TIMEOUT_MS)
		return wrong(r, at, "timeout_ms out of range");
	b->timeout_ms = (unsigned int)ms;
	return 0;
}

static bool valid_device(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n < IFNAMSIZ && strcspn(s, "/ \t\r\n") == n;
}

static int read_way(struct config_reader *r, struct config_place at, const char *device,
		    const char *source, struct gateway_backend *b)
{
	if (device && !valid_device(device))
		return wrong(r, at, "malformed device");
	if (source && !read_address(source, 0, &b->source))
		return wrong(r, at, "malformed source");
	b->device = config_copy(r, device);
	return 0;
}

static int read_path(struct config_reader *r, struct config_place at, const char *path,
		     struct gateway_api *api)
{
	const struct gateway_mapping *x = api->mapping;
	struct http_slice text;
	const char *why;

	if (!path)
		return 0;
	if (!config_valid_path(path) || gateway_path_normalise(r->a, http_slice(path), &text))
		return wrong(r, at, "malformed path of the backend");
	api->backend.path = gateway_template_read(r->a, text, x ? x->path_names : api->params,
						  x ? x->n_path_names : api->n_params, &why);
	if (!api->backend.path)
		return wrong(r, at, arena_printf(r->a, "path of the backend: %s", why));
	return 0;
}

static int read_method(struct config_reader *r, struct config_place at, const char *method,
		       struct gateway_backend *b)
{
	if (method && !config_valid_method(method))
		return wrong(r, at, "malformed method of the backend");
	b->method = config_copy(r, method);
	return 0;
}

static int function_backend(struct config_reader *r, json_t *j, struct config_place at,
			    struct gateway_api *api)
{
	struct gateway_backend *b = &api->backend;
	const char *kind, *function, *address, *role = NULL, *trigger = NULL;
	const char *path = NULL, *method = NULL;
	json_int_t port, timeout;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:I, s:I, s?s, s?s, s?s, s?s !}", "kind",
			   &kind, "function", &function, "address", &address, "port", &port,
			   "timeout_ms", &timeout, "role", &role, "trigger", &trigger, "path",
			   &path, "method", &method) < 0)
		return wrong(r, at, e.text);
	if (trigger && strcmp(trigger, "http") != 0)
		return wrong(r, at, "trigger must be http");
	if (!trigger && (path || method))
		return wrong(r, at, "path and method need a trigger");
	b->function = config_copy(r, function);
	b->role = config_copy(r, role);
	b->http_trigger = trigger;
	if (read_endpoint(r, at, address, port, b) < 0 || read_method(r, at, method, b) < 0 ||
	    read_path(r, at, path, api) < 0)
		return -1;
	b->host = b->endpoint;
	return read_timeout(r, at, timeout, b);
}

static int http_backend(struct config_reader *r, json_t *j, struct config_place at,
			struct gateway_api *api)
{
	struct gateway_backend *b = &api->backend;
	bool vpc = b->kind == GATEWAY_HTTP_VPC;
	const char *kind, *via, *host, *address = NULL, *path = NULL, *method = NULL;
	const char *device = NULL, *source = NULL;
	json_int_t port = 0, timeout;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s?s, s?I, s?s, s?s, s?s, s?s, s:I !}", "kind",
			   &kind, vpc ? "access" : "scheme", &via, "host", &host, "address",
			   &address, "port", &port, "path", &path, "method", &method, "device",
			   &device, "source", &source, "timeout_ms", &timeout) < 0)
		return wrong(r, at, e.text);
	if (!vpc && strcmp(via, "http") != 0)
		return wrong(r, at, "scheme must be http");
	if (!config_valid_host(host))
		return wrong(r, at, "malformed host");
	b->access = vpc ? config_copy(r, via) : NULL;
	b->host = config_copy(r, host);
	if (read_method(r, at, method, b) < 0 ||
	    (address && read_endpoint(r, at, address, port, b) < 0) ||
	    read_way(r, at, device, source, b) < 0 || read_path(r, at, path, api) < 0)
		return -1;
	return read_timeout(r, at, timeout, b);
}

static int mock_headers(struct config_reader *r, json_t *j, struct config_place at,
			struct gateway_backend *b)
{
	static const struct http_head none;
	const char *name;
	json_t *value;

	if (j && (!json_is_object(j) || json_object_size(j) > HTTP_MAX_HEADERS / 2))
		return wrong(r, at, "headers of the mock: an object of at most 50");
	json_object_foreach (j, name, value) {
		struct http_header *h = arena_push(r->a, b->headers, b->n_headers);

		if (!json_is_string(value))
			return wrong(r, at, "headers of the mock must be texts");
		h->name = http_slice(config_copy(r, name));
		h->value = http_slice(config_copy(r, json_string_value(value)));
		if (!http_header_valid(h->name, h->value) ||
		    !gateway_forward_answer_header(&none, h->name))
			return wrong(r, at, "a header that a mock cannot have");
	}
	return 0;
}

static int mock_backend(struct config_reader *r, json_t *j, struct config_place at,
			struct gateway_api *api)
{
	struct gateway_backend *b = &api->backend;
	const char *kind, *body = "";
	json_int_t status = 200;
	json_t *headers = NULL;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s?I, s?s, s?o !}", "kind", &kind, "status", &status,
			   "body", &body, "headers", &headers) < 0)
		return wrong(r, at, e.text);
	if (status < 200 || status > 599)
		return wrong(r, at, "status of the mock out of range");
	b->status = (int)status;
	b->body = config_copy(r, body);
	return mock_headers(r, headers, at, b);
}

static int (*const readers[])(struct config_reader *, json_t *, struct config_place,
			      struct gateway_api *) = {
	[GATEWAY_FUNCTION] = function_backend,
	[GATEWAY_HTTP] = http_backend,
	[GATEWAY_HTTP_VPC] = http_backend,
	[GATEWAY_MOCK] = mock_backend,
};

int config_backend(struct config_reader *r, json_t *j, struct config_place at,
		   struct gateway_api *api)
{
	const char *kind = json_string_value(json_object_get(j, "kind"));
	const int k = kind ? config_word(kind, kind_names, ARRAY_LEN(kind_names)) : -1;

	if (k < 0)
		return wrong(r, at, "kind of the backend must be function, http, http-vpc or mock");
	api->backend.kind = (enum gateway_backend_kind)k;
	return readers[k](r, j, at, api);
}

int config_plugin_backend(struct config_reader *r, json_t *j, size_t i,
			  const struct gateway_backend **out)
{
	struct gateway_api *api = arena_alloc(r->a, sizeof(*api)); /* that has no parameters */

	*out = &api->backend;
	return config_backend(r, j, (struct config_place){"plugins", i}, api);
}
