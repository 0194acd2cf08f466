// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads back what a plan left in the kernel. Every namespace that is there is entered once and its
 * caches are read; each object found is looked up among the wanted ones, so the cost is that of what
 * is there. Filters: those that nobody touched since they were set need no look (ledger.h). Of others, nft's listing
 * of the table is compared with its listing of the wanted text, loaded for the purpose into a throw-away namespace;
 * another process does that meanwhile. The kernel keeps no text, and a comparison of two listings by the same program
 * is exact whatever its version and however the text was written.
 */
#include <errno.h>
#include <netlink/errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/filter.h"
#include "kernel/kernel.h"
#include "kernel/netns.h"
#include "kernel/sight.h"

static void cleanup_nl_socket(struct nl_sock **sock)
{
	nl_socket_free(*sock); /* NULL is fine */
}
#define auto_nl_socket __attribute__((cleanup(cleanup_nl_socket)))

#define GROUP    64          /* namespaces that are open at once */
#define MESSAGES (32 * 1024) /* as much as the kernel puts together */

struct observation {
	struct kernel_sight sight;
	const char *lab;
	struct kernel_ledger *ledger;
	const char **foreign;
	size_t n_foreign;
};

/* In the namespace: what it has of the wanted. */
static int read_caches(struct kernel_sight *s, struct lab_error **err)
{
	auto_nl_socket struct nl_sock *sock = nl_socket_alloc();
	int res = sock ? nl_connect(sock, NETLINK_ROUTE) : -NLE_NOMEM;
	const struct timeval patience = {.tv_sec = 5};

	/* libnl waits for the answer also to a request that could not be sent */
	if (res >= 0 && setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &patience,
				   sizeof(patience)) < 0)
		res = -NLE_NOMEM;
	if (res >= 0)
		res = nl_socket_set_msg_buf_size(sock, MESSAGES);
	if (res < 0)
		return kernel_sight_error(s, "objects", res, err);
	nl_socket_disable_msg_peek(sock); /* else each is received twice, and few at a time */
	s->sock = nl_socket_get_fd(sock);
	if (kernel_sight_links(s, err) < 0 || kernel_sight_addresses(s, err) < 0 ||
	    kernel_sight_neighbours(s, err) < 0 || kernel_sight_routes(s, err) < 0 ||
	    kernel_sight_rules(s, sock, err) < 0 || kernel_sight_shapers(s, sock, err) < 0)
		return -1;
	return s->cloud ? kernel_sight_tables(s, err) : 0;
}

static int read_namespace(struct observation *o, const struct plan_namespace *ns, int fd,
			  struct lab_error **err)
{
	int res;

	if (kernel_netns_enter(fd, err) < 0)
		return -1;
	o->sight.ns = ns->name;
	o->sight.router = ns->router;
	o->sight.some_lines = o->sight.wanted->some_lines && plan_is_wire(ns);
	o->sight.cloud = !plan_find_node(o->sight.wanted, ns->name);
	(void)kernel_sight_note(&o->sight, PLAN_NAMESPACE, ns); /* has no more than its identity */
	res = read_caches(&o->sight, err);
	if (kernel_netns_enter(o->sight.home, res < 0 ? NULL : err) < 0)
		res = -1;
	return res;
}

/* 1: it is there and the one that was journalled; 0: not; one that is there and is not: foreign. */
static int is_ours(struct observation *o, const struct plan_namespace *ns,
		   const struct backend_namespace_id *id, struct lab_error **err)
{
	struct backend_namespace_id there;
	bool known = !id || id->ino;

	switch (kernel_pin_look(o->lab, ns->name, &there)) {
	case KERNEL_PIN_ABSENT: return 0;
	case KERNEL_PIN_LEFTOVER:
		if (known)
			return 0; /* kernel_unpin() removes it */
		break;
	case KERNEL_PIN_THERE:
		if (!id || (id->dev == there.dev && id->ino == there.ino))
			return 1;
		break;
	case KERNEL_PIN_FOREIGN: break;
	case KERNEL_PIN_UNKNOWN:
		return lab_error_errno(err, LAB_FAILED, errno, "%s.%s: cannot look at it", o->lab,
				       ns->name);
	}
	*(const char **)arena_push(o->sight.arena, o->foreign, o->n_foreign) = ns->name;
	return 0;
}

/* Namespaces whose filters nft reads while all else of them is read here. */
struct group {
	struct member {
		const struct plan_namespace *ns;
		int fd;
	} members[GROUP];
	size_t n;
	struct kernel_filter_looks looks;
};

static void add_looks(const struct observation *o, struct group *g, const struct member *m,
		      size_t *filter)
{
	const struct plan *p = o->sight.wanted;

	/* both are sorted by namespace */
	while (*filter < p->n_filters && strcmp(p->filters[*filter].ns, m->ns->name) < 0)
		(*filter)++;
	for (; *filter < p->n_filters && strcmp(p->filters[*filter].ns, m->ns->name) == 0;
	     (*filter)++)
		*arena_push(o->sight.arena, g->looks.v, g->looks.n) =
			(struct kernel_filter_look){.filter = &p->filters[*filter], .ns = m->fd};
}

static void note_filters(struct observation *o, const struct group *g)
{
	for (size_t i = 0; i < g->looks.n; i++) {
		const struct kernel_filter_look *look = &g->looks.v[i];
		struct plan_filter *seen;

		if (look->seen == KERNEL_FILTER_ABSENT)
			continue;
		seen = kernel_sight_note(&o->sight, PLAN_FILTER, look->filter);
		if (look->seen == KERNEL_FILTER_OTHER)
			seen->text = "changed";
	}
}

static int read_members(struct observation *o, const struct group *g, struct lab_error **err)
{
	for (size_t i = 0; i < g->n; i++)
		if (read_namespace(o, g->members[i].ns, g->members[i].fd, err) < 0)
			return -1;
	return 0;
}

static int read_group(struct observation *o, struct group *g, struct lab_error **err)
{
	int res = kernel_filter_look_start(&g->looks, err);

	if (res == 0)
		res = read_members(o, g, err);
	if (res == 0)
		res = kernel_filter_look_finish(&g->looks, err);
	if (res == 0)
		note_filters(o, g);
	kernel_nft_end(&g->looks.job);
	return res;
}

/* From *next on, as many as there is room for. */
static int open_group(struct observation *o, const struct backend_namespace_id *ids,
		      struct group *g, size_t *next, size_t *filter, struct lab_error **err)
{
	const struct plan *p = o->sight.wanted;

	for (; *next < p->n_namespaces && g->n < GROUP; (*next)++) {
		const struct plan_namespace *ns = &p->namespaces[*next];
		const int ours = is_ours(o, ns, ids ? &ids[*next] : NULL, err);
		struct member *m = &g->members[g->n];

		if (ours < 0)
			return -1;
		if (!ours)
			continue;
		*m = (struct member){ns, kernel_pin_open(o->lab, ns->name, err)};
		if (m->fd < 0)
			return -1;
		g->n++;
		add_looks(o, g, m, filter);
	}
	return 0;
}

static void close_group(const struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		(void)close(g->members[i].fd); /* only entered */
}

static int read_all(struct observation *o, const struct backend_namespace_id *ids,
		    struct lab_error **err)
{
	size_t next = 0, filter = 0;
	int res = 0;

	while (res == 0 && next < o->sight.wanted->n_namespaces) {
		struct group g = {.looks = {.home = o->sight.home, .ledger = o->ledger}};

		res = open_group(o, ids, &g, &next, &filter, err);
		if (res == 0)
			res = read_group(o, &g, err);
		close_group(&g);
	}
	if (res == 0)
		kernel_sight_pairs(&o->sight);
	return res;
}

/* The noted objects, in the order of the wanted ones: sorted. */
#define COLLECT(to, s, kind, one)                                                                \
	do {                                                                                     \
		for (size_t i_ = 0; i_ < plan_count((s)->wanted, (kind)); i_++)                  \
			if ((s)->seen[kind][i_])                                                 \
				*plan_add_##one(to) = *(struct plan_##one *)(s)->seen[kind][i_]; \
	} while (0)

static void collect(struct plan *to, const struct kernel_sight *s)
{
	const struct plan *wanted = s->wanted;

	to->title = wanted->title;
	to->step = wanted->step;
	to->summary = wanted->summary;
	COLLECT(to, s, PLAN_NAMESPACE, namespace);
	COLLECT(to, s, PLAN_BRIDGE, bridge);
	COLLECT(to, s, PLAN_LINK, link);
	COLLECT(to, s, PLAN_ADDRESS, address);
	COLLECT(to, s, PLAN_NEIGHBOUR, neighbour);
	COLLECT(to, s, PLAN_ROUTE, route);
	COLLECT(to, s, PLAN_RULE, rule);
	COLLECT(to, s, PLAN_SHAPER, shaper);
	COLLECT(to, s, PLAN_FILTER, filter);
	for (size_t i = 0; i < wanted->n_workers; i++)
		*plan_add_worker(to) = wanted->workers[i];
	for (size_t i = 0; i < wanted->n_nodes; i++)
		*plan_add_node(to) = wanted->nodes[i];
}

struct plan *kernel_observe(const char *lab, const struct plan *wanted,
			    const struct backend_namespace_id *ids, struct kernel_ledger *ledger,
			    const char ***foreign, size_t *n_foreign, struct lab_error **err)
{
	auto_plan struct plan *result = plan_new(lab);
	auto_close int home = kernel_netns_current(err);
	struct observation o = {
		.lab = lab,
		.ledger = ledger,
		.sight = {.arena = result->arena, .wanted = wanted, .lab = lab, .home = home},
	};
	int res;

	if (home < 0)
		return NULL;
	o.sight.extra = result->extra = plan_new(lab);
	for (int k = 0; k < PLAN_N_KINDS; k++)
		o.sight.seen[k] =
			arena_alloc(result->arena,
				    (plan_count(wanted, (enum plan_kind)k) + 1) * sizeof(void *));
	res = read_all(&o, ids, err);
	if (res < 0)
		return NULL;
	collect(result, &o.sight);
	*foreign = o.foreign;
	*n_foreign = o.n_foreign;
	return steal_ptr(result);
}
