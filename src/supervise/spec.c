// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "base/name.h"
#include "base/worker.h"

#define MAX_SOCKETS 16384

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

static const struct {
	const char *name;
	bool has_addr, has_port; /* may have an address; has to have a port */
} socket_types[] = {
	[SPEC_TCP] = {"tcp", true, true},         [SPEC_UDP] = {"udp", true, true},
	[SPEC_ICMP] = {"icmp", true, false},      [SPEC_NETLINK] = {"netlink", false, false},
	[SPEC_PACKET] = {"packet", false, false}, [SPEC_MEMORY] = {"memory", false, false},
	[SPEC_TABLE] = {"table", false, false},   [SPEC_SECRET] = {"secret", false, false},
};

const char *supervise_socket_type_name(enum spec_socket_type type)
{
	return socket_types[type].name;
}

static bool parse_type(struct spec_socket *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(socket_types); i++) {
		s->type = (enum spec_socket_type)i;
		if (!strcmp(socket_types[i].name, name))
			return true;
	}
	return false;
}

/* The plan document leaves out what is zero. */
static int parse_socket(struct spec_socket *s, json_t *item, struct lab_error **err)
{
	const char *type, *addr = "0.0.0.0";
	json_int_t port = 0;

	if (json_unpack(item, "{s:s, s:s, s:s, s?s, s?I}", "name", &s->name, "ns", &s->ns, "type",
			&type, "addr", &addr, "port", &port))
		return lab_error_make(err, LAB_FAILED, "socket: malformed description");
	if (strchr(s->name, '/') || !ns_valid(s->ns) || !parse_type(s, type) ||
	    !ip_parse(addr, &s->addr) || (s->addr && !socket_types[s->type].has_addr) || port < 0 ||
	    port > UINT16_MAX || (port != 0) != socket_types[s->type].has_port)
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
		s->sockets[i].copy = s->sockets[i].type == SPEC_TCP ? s->copy : 1;
		s->sockets[i].spread = s->sockets[i].type == SPEC_TCP && s->copies > 1;
		s->n_sockets++;
	}
	return 0;
}

static int parse_privilege(struct spec *s, const char *name, struct lab_error **err)
{
	static const char *const names[] = {
		[PRIV_GRANT_NONE] = "none",         [PRIV_GRANT_SERVICE] = "service",
		[PRIV_GRANT_ROUTES] = "routes",     [PRIV_GRANT_ROUTER] = "router",
		[PRIV_GRANT_NETWORKS] = "networks", [PRIV_GRANT_PROMPT] = "prompt",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		s->privilege = (enum priv_grant)i;
		if (!strcmp(names[i], name))
			return 0;
	}
	return lab_error_make(err, LAB_FAILED, "worker %s: malformed privilege", s->name);
}

/* The folder that a handler is in. */
static char *folder_of(const char *handler)
{
	const char *slash = strrchr(handler, '/');

	return slash && slash != handler ? strndup(handler, (size_t)(slash - handler)) : NULL;
}

/* What of the configuration concerns the supervisor: see base/worker.h. */
static int parse_config(struct spec *s, json_t *config, struct lab_error **err)
{
	const char *handler = NULL, *folder = NULL;
	json_int_t ready_ms = SPEC_READY_MS - SPEC_READY_GRACE;
	json_t *node = NULL;

	if (json_unpack(config, "{s?s, s?s, s?o, s?I}", "handler", &handler, "folder", &folder,
			"node", &node, "ready_ms", &ready_ms) ||
	    (node && json_unpack(node, "{s:s, s:s, s:s}", "hostname", &s->node.hostname,
				 "resolv_conf", &s->node.resolv_conf, "hosts", &s->node.hosts)) ||
	    (handler && (folder || handler[0] != '/')) || (folder && folder[0] != '/') ||
	    ready_ms < 1 || ready_ms > SPEC_READY_MS_MAX)
		return lab_error_make(err, LAB_FAILED, "worker %s: malformed configuration",
				      s->name);
	s->reloads = json_object_get(config, "reload") != NULL;
	s->in_node = node != NULL;
	s->node.trust = "secrets/trust.pem"; /* from LAB-DIR on */
	s->alone = node || folder;
	s->sheltered = s->alone || handler;
	s->ready_ms = (unsigned int)ready_ms + SPEC_READY_GRACE;
	s->reach = handler ? folder_of(handler) : folder ? strdup(folder) : NULL;
	if (handler && !s->reach)
		return lab_error_make(err, LAB_FAILED, "worker %s: handler %s: is not in a folder",
				      s->name, handler);
	return 0;
}

unsigned int supervise_spec_copies(const json_t *item)
{
	const json_int_t n = json_integer_value(json_object_get(item, "copies"));

	return n > 1 && n <= WORKER_COPIES ? (unsigned int)n : 1;
}

/* Programs of others, at ports of their own, cannot be there several times. */
static int parse_copies(struct spec *s, struct lab_error **err)
{
	const json_t *n = json_object_get(s->json, "copies");

	if (n && (!json_is_integer(n) || json_integer_value(n) < 1 ||
		  json_integer_value(n) > WORKER_COPIES || (s->copies > 1 && s->sheltered)))
		return lab_error_make(err, LAB_FAILED, "worker %s: malformed number of copies",
				      s->name);
	s->family = s->name;
	if (s->copy == 1)
		return 0;
	s->own_name = malloc(WORKER_NAME_LEN);
	if (!s->own_name)
		abort();
	s->name = worker_copy_name(s->own_name, s->family, s->copy);
	return 0;
}

static int parse(struct spec *s, struct lab_error **err)
{
	const char *privilege = "none";
	json_t *sockets, *config;

	if (json_unpack(s->json, "{s:s, s:s, s:s, s:o, s:o, s?s}", "name", &s->name, "program",
			&s->program, "ns", &s->ns, "sockets", &sockets, "config", &config,
			"privilege", &privilege) ||
	    !json_is_array(sockets) || !json_is_object(config))
		return lab_error_make(err, LAB_FAILED, "worker %s: malformed description",
				      s->name ? s->name : "without a name");
	if (!name_valid(s->name) || !program_valid(s->program) || !ns_valid(s->ns))
		return lab_error_make(err, LAB_FAILED, "worker %s: malformed name", s->name);
	if (parse_privilege(s, privilege, err) || parse_config(s, config, err) ||
	    parse_copies(s, err))
		return -1;
	return parse_sockets(s, sockets, err);
}

struct spec *supervise_spec_parse(json_t *item, unsigned int copy, struct lab_error **err)
{
	struct spec *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->json = json_incref(item);
	s->copy = copy;
	s->copies = supervise_spec_copies(item);
	if (!parse(s, err))
		return s;
	supervise_spec_free(s);
	return NULL;
}

void supervise_spec_free(struct spec *s)
{
	if (!s)
		return;
	free(s->sockets);
	free(s->reach);
	free(s->own_name);
	json_decref(s->json);
	free(s);
}

static bool same_process(const struct spec *a, const struct spec *b)
{
	static const char *const parts[] = {"name", "program", "ns", "sockets"};

	if (a->privilege != b->privilege) /* absent or "none" */
		return false;
	/* one more or less of several: nothing to those that stay */
	if ((a->copies > 1) != (b->copies > 1))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!json_equal(json_object_get(a->json, parts[i]),
				json_object_get(b->json, parts[i])))
			return false;
	return true;
}

bool supervise_spec_same(const struct spec *a, const struct spec *b)
{
	return same_process(a, b) &&
	       json_equal(json_object_get(a->json, "config"), json_object_get(b->json, "config"));
}

/* A copy, to be freed. */
static json_t *config_without_files(const struct spec *s)
{
	json_t *config = json_copy(json_object_get(s->json, "config"));

	if (!config)
		abort();
	(void)json_object_del(config, "files"); /* there may be none */
	return config;
}

bool supervise_spec_reloads(const struct spec *a, const struct spec *b)
{
	json_t *of_a = config_without_files(a), *of_b = config_without_files(b);
	bool can = a->reloads && same_process(a, b) && json_equal(of_a, of_b);

	json_decref(of_a);
	json_decref(of_b);
	return can;
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
