// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "base/name.h"

#define MAX_SOCKETS 4096

/* Names of namespaces end up in paths; they are ours, but this process checks for itself. */
static bool ns_valid(const char *s)
{
	return *s && *s != '.' && strlen(s) < 100 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(s);
}

static bool program_valid(const char *s)
{
	return *s && strlen(s) < 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(s);
}

static int parse_socket(struct spec_socket *s, json_t *item, struct lab_error **err)
{
	const char *type, *addr;
	json_int_t port;

	if (json_unpack(item, "{s:s, s:s, s:s, s:s, s:I}", "name", &s->name, "ns", &s->ns, "type",
			&type, "addr", &addr, "port", &port))
		return lab_error_make(err, LAB_FAILED, "socket: malformed description");
	s->udp = !strcmp(type, "udp");
	if (!ns_valid(s->ns) || (!s->udp && strcmp(type, "tcp") != 0) ||
	    !ip_parse(addr, &s->addr) || port < 1 || port > UINT16_MAX)
		return lab_error_make(err, LAB_FAILED, "socket %s: malformed description", s->name);
	s->port = (uint16_t)port;
	return 0;
}

static int parse_sockets(struct spec *s, json_t *items, struct lab_error **err)
{
	json_t *item;
	size_t i;

	if (json_array_size(items) > MAX_SOCKETS)
		return lab_error_make(err, LAB_FAILED, "worker %s: too many sockets", s->name);
	s->sockets = calloc(json_array_size(items) + 1, sizeof(*s->sockets));
	if (!s->sockets)
		abort();
	json_array_foreach (items, i, item) {
		if (parse_socket(&s->sockets[i], item, err))
			return lab_error_prefix(err, "worker %s", s->name);
		s->n_sockets++;
	}
	return 0;
}

struct spec *supervise_spec_parse(json_t *item, struct lab_error **err)
{
	struct spec *s = calloc(1, sizeof(*s));
	json_t *sockets, *config;

	if (!s)
		abort();
	s->json = json_incref(item);
	if (json_unpack(item, "{s:s, s:s, s:s, s:o, s:o}", "name", &s->name, "program", &s->program,
			"ns", &s->ns, "sockets", &sockets, "config", &config) ||
	    !json_is_array(sockets) || !json_is_object(config)) {
		(void)lab_error_make(err, LAB_FAILED, "worker %s: malformed description",
				     s->name ? s->name : "without a name");
		goto fail;
	}
	if (!name_valid(s->name) || !program_valid(s->program) || !ns_valid(s->ns)) {
		(void)lab_error_make(err, LAB_FAILED, "worker %s: malformed name", s->name);
		goto fail;
	}
	s->handler = json_string_value(json_object_get(config, "handler"));
	if (parse_sockets(s, sockets, err))
		goto fail;
	return s;
fail:
	supervise_spec_free(s);
	return NULL;
}

void supervise_spec_free(struct spec *s)
{
	if (!s)
		return;
	free(s->sockets);
	json_decref(s->json);
	free(s);
}

bool supervise_spec_same(const struct spec *a, const struct spec *b)
{
	static const char *const parts[] = {"name", "program", "ns", "sockets", "config"};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!json_equal(json_object_get(a->json, parts[i]),
				json_object_get(b->json, parts[i])))
			return false;
	return true;
}

char *supervise_spec_config(const struct spec *s)
{
	json_t *config = json_deep_copy(json_object_get(s->json, "config"));
	json_t *names = json_array();
	char *text;

	for (size_t i = 0; i < s->n_sockets; i++)
		if (json_array_append_new(names, json_pack("{s:s}", "name", s->sockets[i].name)))
			abort();
	if (json_object_set_new(config, "sockets", names))
		abort();
	text = json_dumps(config, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		abort();
	json_decref(config);
	return text;
}
