// SPDX-License-Identifier: GPL-2.0-only
#include "plan/fields.h"

#include <string.h>

#define AT(s, f) offsetof(struct s, f)
#define FIELD(s, f, t, flag, ...)                                                               \
	{                                                                                       \
		.name = #f, .type = FIELD_##t, .flags = (flag), .offset = AT(s, f), __VA_ARGS__ \
	}
#define KEY (FIELD_KEY | FIELD_REQUIRED)
#define END                  \
	{                    \
		.name = NULL \
	}

static const struct field origin_fields[] = {
	FIELD(plan_origin, resource, STRING, FIELD_REQUIRED),
	FIELD(plan_origin, at, STRING, FIELD_REQUIRED),
	END,
};
static const struct field_set origin_set = {"origin", sizeof(struct plan_origin), origin_fields};

static const struct field namespace_fields[] = {
	FIELD(plan_namespace, name, STRING, KEY),
	FIELD(plan_namespace, role, STRING, FIELD_REQUIRED | FIELD_PEOPLE),
	FIELD(plan_namespace, router, BOOL, 0),
	FIELD(plan_namespace, fault, STRING, FIELD_SEEN),
	END,
};

static const struct field bridge_fields[] = {
	FIELD(plan_bridge, ns, STRING, KEY),
	FIELD(plan_bridge, dev, STRING, KEY),
	FIELD(plan_bridge, mac, MAC, FIELD_REQUIRED),
	FIELD(plan_bridge, down, BOOL, 0),
	FIELD(plan_bridge, alias, STRING, 0),
	FIELD(plan_bridge, fault, STRING, FIELD_SEEN),
	END,
};

static const struct field end_fields[] = {
	FIELD(plan_end, ns, STRING, KEY),           FIELD(plan_end, dev, STRING, KEY),
	FIELD(plan_end, mac, MAC, FIELD_REQUIRED),  FIELD(plan_end, proxy_arp, BOOL, 0),
	FIELD(plan_end, gso_segs, U32, 0),          FIELD(plan_end, master, STRING, 0),
	FIELD(plan_end, alias, STRING, 0),          FIELD(plan_end, down, BOOL, FIELD_SEEN),
	FIELD(plan_end, fault, STRING, FIELD_SEEN), END,
};
static const struct field_set end_set = {"end", sizeof(struct plan_end), end_fields};

static const struct field link_fields[] = {
	FIELD(plan_link, a, STRUCT, KEY, .inner = &end_set),
	FIELD(plan_link, b, STRUCT, FIELD_REQUIRED, .inner = &end_set),
	END,
};

static const struct field address_fields[] = {
	FIELD(plan_address, ns, STRING, KEY),
	FIELD(plan_address, dev, STRING, KEY),
	FIELD(plan_address, prefix, PREFIX, KEY | FIELD_HOST_BITS),
	FIELD(plan_address, noprefixroute, BOOL, 0),
	END,
};

static const struct field neighbour_fields[] = {
	FIELD(plan_neighbour, ns, STRING, KEY),
	FIELD(plan_neighbour, dev, STRING, KEY),
	FIELD(plan_neighbour, ip, IP, KEY),
	FIELD(plan_neighbour, mac, MAC, FIELD_REQUIRED),
	END,
};

static const struct field_name route_types[] = {
	{"unicast", PLAN_UNICAST}, {"blackhole", PLAN_BLACKHOLE}, {NULL, 0}};
static const struct field_name route_protos[] = {{"system", PLAN_PROTO_SYSTEM},
						 {"custom", PLAN_PROTO_CUSTOM},
						 {"cen", PLAN_PROTO_CEN},
						 {"circuit", PLAN_PROTO_CIRCUIT},
						 {NULL, 0}};

static const struct field route_fields[] = {
	FIELD(plan_route, ns, STRING, KEY),
	FIELD(plan_route, table, U32, KEY),
	FIELD(plan_route, dst, PREFIX, KEY),
	FIELD(plan_route, type, ENUM, FIELD_REQUIRED, .names = route_types),
	FIELD(plan_route, proto, ENUM, FIELD_REQUIRED, .names = route_protos),
	FIELD(plan_route, dev, STRING, 0),
	FIELD(plan_route, via, IP, 0),
	FIELD(plan_route, src, IP, 0),
	FIELD(plan_route, onlink, BOOL, 0),
	FIELD(plan_route, metric, U32, 0),
	END,
};

static const struct field rule_fields[] = {
	FIELD(plan_rule, ns, STRING, KEY),
	FIELD(plan_rule, priority, U32, KEY),
	FIELD(plan_rule, iif, STRING, 0),
	FIELD(plan_rule, oif, STRING, 0),
	FIELD(plan_rule, from, PREFIX, 0),
	FIELD(plan_rule, table, U32, FIELD_REQUIRED),
	END,
};

static const struct field shaper_fields[] = {
	FIELD(plan_shaper, ns, STRING, KEY),
	FIELD(plan_shaper, dev, STRING, KEY),
	FIELD(plan_shaper, rate, U64, 0),
	FIELD(plan_shaper, burst, U32, 0),
	FIELD(plan_shaper, limit, U32, 0),
	FIELD(plan_shaper, delay_us, U32, 0),
	FIELD(plan_shaper, jitter_us, U32, 0),
	FIELD(plan_shaper, loss_ppm, U32, 0),
	FIELD(plan_shaper, duplicate_ppm, U32, 0),
	FIELD(plan_shaper, reorder_ppm, U32, 0),
	END,
};

static const struct field filter_fields[] = {
	FIELD(plan_filter, ns, STRING, KEY),
	FIELD(plan_filter, table, STRING, KEY),
	FIELD(plan_filter, text, STRING, FIELD_REQUIRED),
	END,
};

static const struct field_name socket_types[] = {
	{"tcp", PLAN_TCP},         {"udp", PLAN_UDP},       {"icmp", PLAN_ICMP},
	{"netlink", PLAN_NETLINK}, {"packet", PLAN_PACKET}, {"memory", PLAN_MEMORY},
	{"table", PLAN_TABLE},     {"secret", PLAN_SECRET}, {NULL, 0}};
static const struct field socket_fields[] = {
	FIELD(plan_socket, name, STRING, FIELD_REQUIRED),
	FIELD(plan_socket, ns, STRING, FIELD_REQUIRED),
	FIELD(plan_socket, type, ENUM, FIELD_REQUIRED, .names = socket_types),
	FIELD(plan_socket, addr, IP, 0),
	FIELD(plan_socket, port, U16, 0),
	END,
};
static const struct field_set socket_set = {"sockets", sizeof(struct plan_socket), socket_fields};

static const struct field_name privileges[] = {{"none", PLAN_PRIVILEGE_NONE},
					       {"service", PLAN_PRIVILEGE_SERVICE},
					       {"routes", PLAN_PRIVILEGE_ROUTES},
					       {"router", PLAN_PRIVILEGE_ROUTER},
					       {"networks", PLAN_PRIVILEGE_NETWORKS},
					       {"prompt", PLAN_PRIVILEGE_PROMPT},
					       {NULL, 0}};

static const struct field worker_fields[] = {
	FIELD(plan_worker, name, STRING, KEY),
	FIELD(plan_worker, program, STRING, FIELD_REQUIRED),
	FIELD(plan_worker, ns, STRING, FIELD_REQUIRED),
	FIELD(plan_worker, sockets, LIST, FIELD_REQUIRED, .count = AT(plan_worker, n_sockets),
	      .inner = &socket_set),
	FIELD(plan_worker, privilege, ENUM, 0, .names = privileges),
	FIELD(plan_worker, copies, U32, 0),
	FIELD(plan_worker, config, JSON, FIELD_REQUIRED),
	FIELD(plan_worker, needs, STRING, FIELD_PEOPLE),
	FIELD(plan_worker, package, STRING, FIELD_PEOPLE),
	END,
};

static const struct field node_fields[] = {
	FIELD(plan_node, ns, STRING, KEY),
	FIELD(plan_node, hostname, STRING, FIELD_REQUIRED),
	FIELD(plan_node, resolv_conf, STRING, FIELD_REQUIRED),
	FIELD(plan_node, hosts, STRING, FIELD_REQUIRED),
	END,
};

static const struct {
	struct field_set set;
	const char *singular;
	size_t items, n;
} kinds[PLAN_N_KINDS] = {
#define KIND(constant, one, many)                                       \
	[constant] = {{#many, sizeof(struct plan_##one), one##_fields}, \
		      #one,                                             \
		      AT(plan, many),                                   \
		      AT(plan, n_##many)}
	KIND(PLAN_NAMESPACE, namespace, namespaces),
	KIND(PLAN_BRIDGE, bridge, bridges),
	KIND(PLAN_LINK, link, links),
	KIND(PLAN_ADDRESS, address, addresses),
	KIND(PLAN_NEIGHBOUR, neighbour, neighbours),
	KIND(PLAN_ROUTE, route, routes),
	KIND(PLAN_RULE, rule, rules),
	KIND(PLAN_SHAPER, shaper, shapers),
	KIND(PLAN_FILTER, filter, filters),
	KIND(PLAN_WORKER, worker, workers),
	KIND(PLAN_NODE, node, nodes),
#undef KIND
};

const struct field_set *plan_fields(enum plan_kind kind)
{
	return &kinds[kind].set;
}

const struct field_set *plan_origin_fields(void)
{
	return &origin_set;
}

const char *plan_kind_name(enum plan_kind kind)
{
	return kinds[kind].singular;
}

struct plan_array plan_array(struct plan *p, enum plan_kind kind)
{
	char *base = (char *)p;

	return (struct plan_array){(void **)(void *)(base + kinds[kind].items),
				   (size_t *)(void *)(base + kinds[kind].n)};
}

int plan_text_cmp(const char *a, const char *b)
{
	if (a == b)
		return 0; /* most objects of one name share its text */
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}
