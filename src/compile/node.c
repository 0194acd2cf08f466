// SPDX-License-Identifier: GPL-2.0-only
/* What makes a namespace feel like a host, and the programs that run on it. */
#include <jansson.h>
#include <string.h>

#include "compile/context.h"

void compile_node(struct compile *c, struct plan_origin origin, const char *ns,
		  const char *resolv_conf, const char *hosts)
{
	*plan_add_node(c->plan) = (struct plan_node){
		.origin = origin,
		.ns = ns,
		.hostname = ns,
		.resolv_conf = resolv_conf,
		.hosts = arena_join(c->arena, "127.0.0.1 localhost\n", hosts, NULL),
	};
}

/* --- services --- */

static const struct plan_node *find_node(const struct compile *c, const char *ns)
{
	for (size_t i = 0; i < c->plan->n_nodes; i++)
		if (strcmp(c->plan->nodes[i].ns, ns) == 0)
			return &c->plan->nodes[i];
	return NULL;
}

static json_t *argv_of(const struct service *s)
{
	json_t *argv = json_array();

	for (size_t i = 0; i < s->n_command; i++)
		compile_json_append(argv, json_string(s->command[i].s));
	return argv;
}

static json_t *ready_of(const struct service *s)
{
	if (!s->port.set)
		return NULL;
	return json_pack("{s:I}", s->protocol == SERVICE_TCP ? "tcp" : "udp",
			 (json_int_t)s->port.v);
}

static json_t *command_config(struct compile *c, const struct plan_node *node,
			      const struct service *s)
{
	return json_pack("{s:o, s:s, s:o, s:o*, s:{s:s, s:s, s:s}}", "command", argv_of(s),
			 "folder", c->lab->dir, "environment",
			 compile_environment(s->environment, s->n_environment), "ready",
			 ready_of(s), "node", "hostname", node->hostname, "resolv_conf",
			 node->resolv_conf, "hosts", node->hosts);
}

/* A command without a port may have any. */
static enum plan_privilege privilege_of(const struct service *s)
{
	if (!s->n_command || (s->port.set && s->port.v >= 1024))
		return PLAN_PRIVILEGE_NONE;
	return PLAN_PRIVILEGE_SERVICE;
}

static void compile_command(struct compile *c, const struct lab_node *node, const struct service *s,
			    struct plan_worker *w)
{
	w->program = "labctl-service";
	w->privilege = privilege_of(s);
	w->config = compile_json(c, command_config(c, find_node(c, node->id->name), s));
}

static void compile_echo(struct compile *c, const struct lab_node *node, const struct service *s,
			 struct plan_worker *w)
{
	const struct plan_socket sockets[] = {
		{"listen", node->id->name, PLAN_TCP, 0, (uint16_t)s->port.v},
		{"certificates", node->id->name, PLAN_SECRET, 0, 0}, /* of TLS only */
	};

	w->program = s->tls ? "labctl-tls-echo" : "labctl-service";
	w->n_sockets = s->tls ? 2 : 1;
	w->sockets = arena_memdup(c->arena, sockets, w->n_sockets * sizeof(*sockets));
	w->config = compile_json(c, json_pack("{s:{s:s, s:s, s:s*}}", "echo", "name", s->id.name,
					      "node", node->id->name, "tls",
					      s->tls ? compile_node_names(c, node) : NULL));
}

static void compile_service(struct compile *c, const struct lab_node *node, const struct service *s)
{
	struct plan_worker *w = plan_add_worker(c->plan);

	*w = (struct plan_worker){
		.origin = compile_origin_in(c, "nodes", node->id, "services", &s->id),
		.name = lab_service_worker(c->lab, node->id->name, s->id.name),
		.ns = node->id->name,
	};
	(s->n_command ? compile_command : compile_echo)(c, node, s, w);
}

void compile_node_services(struct compile *c)
{
	struct lab_node_cursor at = {0};
	struct lab_node node;

	while (lab_next_node(c->lab, &at, &node))
		for (size_t j = 0; j < node.n_services; j++)
			compile_service(c, &node, &node.services[j]);
}
