// SPDX-License-Identifier: GPL-2.0-only
/**
 * The plan: a lab as plain Linux objects. Pure data: no cloud, no kernel, no clock.
 *
 * Objects are found by their key (kind, namespace, own name); two plans are compared key by key.
 * Every string lives in the plan's arena. Built by compile/, read back by plan_read(), const after.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/name.h"

/** What asked for an object: "vpcs.vpc-1" and "lab.yaml:12". Never NULL in a built plan. */
struct plan_origin {
	const char *resource;
	const char *at;
};

/** Applied in this order, removed in the reverse one. */
enum plan_kind {
	PLAN_NAMESPACE,
	PLAN_BRIDGE,
	PLAN_LINK,
	PLAN_ADDRESS,
	PLAN_NEIGHBOUR,
	PLAN_ROUTE,
	PLAN_RULE,
	PLAN_SHAPER,
	PLAN_FILTER,
	PLAN_WORKER,
	PLAN_NODE,
	PLAN_N_KINDS
};
const char *plan_kind_name(enum plan_kind kind); /* "namespace" ... */

/** A network namespace, pinned as /run/netns/NAME where NAME is "LAB.ns". */
struct plan_namespace {
	struct plan_origin origin;
	const char *name; /* without the lab: "vpc-1", "cen-1.cn-hangzhou", "svc.cn-hangzhou" */
	const char *
		role; /* "ecs" "vpc" "transit-router" "services" "gateway"... for people, and plan_needs_lo() */
	bool router;       /* forwards IPv4 */
	const char *fault; /* see struct plan_end; of its lo */
};

/** A learning bridge without spanning tree: a LAN, or a carrier's equipment. Key: ns, dev. */
struct plan_bridge {
	struct plan_origin origin;
	const char *ns;
	const char *dev; /* at most 15 bytes */
	unsigned char mac[6];
	bool down; /* administratively: its ports keep their carrier, and nothing passes */
	const char *alias;
	const char *fault; /* see struct plan_end */
};

/** One end of a veth pair. */
struct plan_end {
	const char *ns;
	const char *dev; /* at most 15 bytes */
	unsigned char mac[6];
	bool proxy_arp;    /* answers ARP for all that is routed elsewhere, without delay */
	uint32_t gso_segs; /* IFLA_GSO_MAX_SEGS of this end; 0: the kernel's default */
	const char
		*master;   /* bridge of the same namespace that this end is a port of; NULL: none */
	const char *alias; /* ifalias: the cloud's name of it */
	/* Only where the kernel was looked at: it is down; and what else of the things that every device
	 * of a lab has alike is otherwise with this one, for people: "rp_filter 1, mtu 1400". NULL:
	 * nothing; in every plan. */
	bool down;
	const char *fault;
};

/** A veth pair. Key: ns and dev of end a. Both ends are up; MTU 1500; one queue each way. */
struct plan_link {
	struct plan_origin origin;
	struct plan_end a, b;
};

/** Key: ns, dev, prefix. dev may be "lo" or a bridge. */
struct plan_address {
	struct plan_origin origin;
	const char *ns, *dev;
	struct ip_prefix prefix; /* with host bits: the address itself and its length */
	bool noprefixroute;      /* no connected route comes with it */
};

/** A permanent neighbour, so that a link needs no ARP. Key: ns, dev, ip. */
struct plan_neighbour {
	struct plan_origin origin;
	const char *ns, *dev;
	uint32_t ip;
	unsigned char mac[6];
};

/** rtm_protocol of our routes says who put the route there, as the cloud would say it. */
enum plan_route_proto {
	PLAN_PROTO_SYSTEM = 200,  /* system route of a VPC, or plumbing */
	PLAN_PROTO_CUSTOM = 201,  /* written by the user into a route table */
	PLAN_PROTO_CEN = 202,     /* learned from a transit router, or by one */
	PLAN_PROTO_CIRCUIT = 203, /* static route over an Express Connect circuit */
	/* In no plan: written at run time by labctl-routing, with PLAN_METRIC_DYNAMIC. */
	PLAN_PROTO_LEARNED = 204, /* told by a transit router, while its source lives */
	PLAN_PROTO_TRACKED = 205, /* static route of a customer router, while its next hop lives */
	PLAN_PROTO_BIRD = 12      /* RTPROT_BIRD: by a BGP session */
};

/**
 * Metrics, so that routes of one destination stand beside each other in a table and never in each
 * other's way: the kernel takes the lowest. What a plan says is 0, and always wins over what is learned
 * while a lab runs; what drops all that nothing else matched comes last.
 */
enum plan_metric {
	PLAN_METRIC_DYNAMIC = 1000,
	PLAN_METRIC_BIRD =
		2000, /* and up: plus the length of the AS path; static routes come first */
	PLAN_METRIC_LAST = 65535,
};

enum plan_route_type {
	PLAN_UNICAST,
	PLAN_BLACKHOLE,
	PLAN_OTHER /* in no plan: of another type, or with several next hops; see plan.extra */
};

/** Numbers of route tables. */
enum plan_table {
	PLAN_TABLE_MAIN =
		254, /* the kernel's own: what is on link; default table of a transit router */
	PLAN_TABLE_SYSTEM = 1000, /* system route table of a VPC; custom ones follow */
};

/** Key: ns, table, destination. */
struct plan_route {
	struct plan_origin origin;
	const char *ns;
	uint32_t table;
	struct ip_prefix dst;
	enum plan_route_type type;
	enum plan_route_proto proto;
	const char *dev; /* NULL for a blackhole */
	uint32_t via;    /* 0: on link */
	uint32_t src;    /* preferred source, 0: none */
	bool onlink;     /* via is not covered by an address of dev */
	uint32_t metric; /* 0, or PLAN_METRIC_LAST */
};

/** Key: ns, priority. */
struct plan_rule {
	struct plan_origin origin;
	const char *ns;
	uint32_t priority;
	const char *iif;       /* NULL: any */
	const char *oif;       /* of sockets that are bound to a device; NULL: any */
	struct ip_prefix from; /* len 0: any source */
	uint32_t table;
};

/**
 * Rate, delay, loss of what leaves through dev. Key: ns, dev.
 * rate 0: not shaped. All behind `limit` takes netem: compile/ asks for it only where the kernel has it.
 */
struct plan_shaper {
	struct plan_origin origin;
	const char *ns, *dev;
	uint64_t rate;     /* bit/s on the wire, Ethernet header included */
	uint32_t burst;    /* bytes */
	uint32_t limit;    /* bytes of queue */
	uint32_t delay_us; /* one way */
	uint32_t jitter_us;
	/* Packets per million: lost, sent twice, sent without delay and so before others. */
	uint32_t loss_ppm, duplicate_ppm, reorder_ppm;
};

/** One nftables table, given as the commands that create it. Key: ns, table. Family ip. */
struct plan_filter {
	struct plan_origin origin;
	const char *ns;
	const char *table;
	const char *text; /* "table ip NAME { ... }"; replaced as a whole in one transaction */
};

/** A filter whose table is this and a device's name makes the link at that device one that is down; its
 * origin's resource is "links.NAME". */
#define PLAN_CUT "labctl-link."

enum plan_socket_type {
	PLAN_TCP,     /* listens on addr and port */
	PLAN_UDP,     /* bound to addr and port */
	PLAN_ICMP,    /* raw, bound to addr (0: any); port 0 */
	PLAN_NETLINK, /* rtnetlink; addr and port 0 */
	PLAN_PACKET,  /* whole frames, of no device until its worker binds it; addr and port 0 */
	PLAN_MEMORY, /* no socket: a memfd of WORKER_MEMORY bytes, zero at first; addr and port 0 */
	PLAN_TABLE,  /* the same with WORKER_TABLE bytes */
	PLAN_SECRET, /* no socket: a file that is not of the plan, to be read; addr and port 0 */
};

/** What the supervisor opens in `ns`, and holds while the worker is restarted or replaced. */
struct plan_socket {
	const char *name; /* unique within the worker: "vip-80" */
	const char *ns;
	enum plan_socket_type type;
	uint32_t addr;
	uint16_t port;
};

/** What a worker may do beside using its descriptors; each is the least that its kind needs. */
enum plan_privilege {
	PLAN_PRIVILEGE_NONE,
	PLAN_PRIVILEGE_SERVICE,  /* bind ports below 1024 */
	PLAN_PRIVILEGE_ROUTES,   /* write routes through the rtnetlink sockets that it was given */
	PLAN_PRIVILEGE_ROUTER,   /* a routing daemon: routes, ports below 1024 */
	PLAN_PRIVILEGE_NETWORKS, /* make networks for what it starts, when it begins */
	PLAN_PRIVILEGE_PROMPT /* run as soon as it has something to do, before other processes of the host */
};

/** Key: name. */
struct plan_worker {
	struct plan_origin origin;
	const char *name;    /* "apigw-1", "function-hello", "dns": also its log's name */
	const char *program; /* "labctl-gateway": a file of the libexec directory */
	const char *ns;      /* runs here */
	const struct plan_socket *sockets;
	size_t n_sockets;
	enum plan_privilege privilege;
	uint32_t copies;    /* so many processes, see base/worker.h; 0: one */
	const char *config; /* JSON object without "sockets", compact, keys sorted */
	/* A program of the host that it starts, and the package that has it; NULL: none. */
	const char *needs, *package;
};

/** How many processes it is, at least 1. */
static inline unsigned int plan_worker_copies(const struct plan_worker *w)
{
	return w->copies ? w->copies : 1;
}

/** A namespace that `exec`, `shell` and checks enter: what makes it feel like a host. Key: ns. */
struct plan_node {
	struct plan_origin origin;
	const char *ns;
	const char *hostname;
	const char *resolv_conf; /* text */
	const char *hosts;       /* text */
};

struct plan {
	struct arena *arena; /* owns all below */
	const char *lab;
	const char *title;
	/* The lab file, an absolute path; NULL: not known. Of no matter to diffs. */
	const char *file;
	const char *step; /* the step that the plan stops after; NULL: all */
	/* What a lab that is up has of `labctl link` and `labctl fault`, beyond its file; JSON, see
	 * fault/changes.h. NULL: nothing. */
	const char *changes;
	struct plan_namespace *namespaces;
	struct plan_bridge *bridges;
	struct plan_link *links;
	struct plan_address *addresses;
	struct plan_neighbour *neighbours;
	struct plan_route *routes;
	struct plan_rule *rules;
	struct plan_shaper *shapers;
	struct plan_filter *filters;
	struct plan_worker *workers;
	struct plan_node *nodes;
	size_t n_namespaces, n_bridges, n_links, n_addresses, n_neighbours, n_routes, n_rules,
		n_shapers, n_filters, n_workers, n_nodes;
	const char *summary; /* JSON: what `up` shows in the cloud's terms; see compile/summary.c */
	/* Only where the kernel was looked at: what stands in namespaces of the cloud and is of no plan.
	 * Not sorted, without origins; NULL: nothing. Owned. A device is a link whose ends are one; a
	 * rule of table 0, all with its priority; a filter's table may be "FAMILY NAME". */
	struct plan *extra;
	/* Of a part of a plan that is to be observed: of the lines of labctl-wire it has some only, and no others
	 * need be looked at. */
	bool some_lines;
};

struct plan *plan_new(const char *lab) __attribute__((returns_nonnull));
void plan_free(struct plan *p); /* NULL is fine */

/** Each gives a zeroed object at the end of its array; stale after the next call for that array. */
struct plan_namespace *plan_add_namespace(struct plan *p);
struct plan_bridge *plan_add_bridge(struct plan *p);
struct plan_link *plan_add_link(struct plan *p);
struct plan_address *plan_add_address(struct plan *p);
struct plan_neighbour *plan_add_neighbour(struct plan *p);
struct plan_route *plan_add_route(struct plan *p);
struct plan_rule *plan_add_rule(struct plan *p);
struct plan_shaper *plan_add_shaper(struct plan *p);
struct plan_filter *plan_add_filter(struct plan *p);
struct plan_worker *plan_add_worker(struct plan *p);
struct plan_node *plan_add_node(struct plan *p);

size_t plan_count(const struct plan *p, enum plan_kind kind);
/** Object i of a kind, as a pointer to its struct; every struct begins with its origin. */
const void *plan_object(const struct plan *p, enum plan_kind kind, size_t i);

/** Copies every text into the plan's arena, so that the plan may outlive what it was made from. */
void plan_own(struct plan *p);

/** Sorts every array by key. compile/ ends with it; all below need it. */
void plan_sort(struct plan *p);

/**
 * Says what is wrong with a sorted plan: two objects with one key, a namespace or device that does
 * not exist, an interface name that is too long. 0, or -1 with *err: a defect of compile/.
 */
int plan_verify(const struct plan *p, struct lab_error **err);

/** The object's key as text, for people: "route vpc-3 1000 172.16.1.0/24". Allocated from a. */
char *plan_describe(struct arena *a, enum plan_kind kind, const void *object);

/** The namespaces that the object lies in: one, or both ends' of a link; NULL behind it. */
void plan_places(enum plan_kind kind, const void *object, const char *ns[static 2]);

/** -1, 0, 1 by key; both objects of `kind`. */
int plan_key_cmp(enum plan_kind kind, const void *a, const void *b);
/** Whether two objects with one key are the same in all that the kernel would see (not origin). */
bool plan_same(enum plan_kind kind, const void *a, const void *b);

/**
 * Whether lo is up: everywhere but in a transit router, which has no address on it and nothing that runs there. An
 * address of lo that is added later brings it up.
 */
bool plan_needs_lo(const struct plan_namespace *ns);

/** Whether it is the middle of lines that labctl-wire carries, and has nothing but their ends. */
bool plan_is_wire(const struct plan_namespace *ns);

const struct plan_namespace *plan_find_namespace(const struct plan *p, const char *name);
const struct plan_node *plan_find_node(const struct plan *p, const char *ns);
const struct plan_worker *plan_find_worker(const struct plan *p, const char *name);

/** The document of include/labctl/plan.h, to be freed by the caller; same plan, same bytes. */
char *plan_write(const struct plan *p);
/** The list of one kind in it, as JSON; to be freed by the caller. */
char *plan_write_kind(const struct plan *p, enum plan_kind kind);
/** Reads what plan_write() wrote. NULL with *err (LAB_STATE: other version, LAB_FAILED: garbage). */
struct plan *plan_read(const char *text, size_t len, struct lab_error **err);

static inline void cleanup_plan(struct plan **p)
{
	plan_free(*p);
}
#define auto_plan __attribute__((cleanup(cleanup_plan)))
