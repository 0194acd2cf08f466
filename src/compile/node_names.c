// SPDX-License-Identifier: GPL-2.0-only
/* What a node is called by others: the names in its certificate. */
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "base/strbuf.h"
#include "compile/context.h"

static bool has_name(const struct strbuf *names, const char *name)
{
	const size_t len = strlen(name);
	const char *at = strbuf_str(names);

	while (*at) {
		const size_t n = strcspn(at, " ");

		if (n == len && !memcmp(at, name, n))
			return true;
		at += n + (at[n] == ' ');
	}
	return false;
}

static void add_name(struct strbuf *names, const char *name)
{
	if (has_name(names, name))
		return;
	if (names->len)
		strbuf_addc(names, ' ');
	strbuf_add(names, name);
}

static void add_instance(struct compile *c, struct strbuf *names, const struct named *id)
{
	for (size_t i = 0; i < c->lab->n_ecs; i++)
		if (&c->lab->ecs[i].id == id)
			add_name(names, compile_ecs_domain(c, &c->lab->ecs[i]));
}

static void add_public(const struct compile *c, struct strbuf *names, uint32_t ip)
{
	struct lab_name name;

	for (size_t i = 0; lab_public_name_at(c->lab, i, &name); i++)
		if (name.ip == ip)
			add_name(names, name.name);
}

/* Records lead to an address, or to another name (CNAME). */
static void add_zone(struct compile *c, struct strbuf *names, const struct private_zone *z)
{
	for (size_t i = 0; i < z->n_records; i++)
		if (has_name(names, z->records[i].value.s))
			add_name(names, compile_zone_name(c, z, z->records[i].key));
}

static void add_server(struct strbuf *names, const struct dns_server *dns)
{
	for (size_t i = 0; i < dns->n_records; i++)
		if (has_name(names, dns->records[i].value.s))
			add_name(names, dns->records[i].key);
}

static void add_records(struct compile *c, struct strbuf *names)
{
	const struct lab *lab = c->lab;

	for (size_t i = 0; i < lab->n_private_zones; i++)
		add_zone(c, names, &lab->private_zones[i]);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		for (size_t k = 0; k < lab->data_centers[i].n_hosts; k++)
			add_server(names, &lab->data_centers[i].hosts[k].dns);
}

const char *compile_node_names(struct compile *c, const struct lab_node *node)
{
	auto_strbuf struct strbuf names = {0};
	char ip[IP_STRLEN];
	size_t before;

	add_name(&names, ip_format(node->ip, ip));
	add_name(&names, node->id->name);
	add_instance(c, &names, node->id);
	add_public(c, &names, node->ip);
	/* names of names: until there are no more */
	do {
		before = names.len;
		add_records(c, &names);
	} while (names.len > before);
	return arena_strdup(c->arena, strbuf_str(&names));
}
