// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads back what a plan left in the kernel. Every namespace that is there is entered once and its
 * caches are read; each object found is looked up among the wanted ones, so the cost is that of what
 * is there. Filters: nft's listing of the table is compared with its listing of the wanted text,
 * loaded for the purpose into a throw-away namespace. The kernel keeps no text, and a comparison of two
 * listings by the same program is exact whatever its version and however the text was written.
 */
#include <errno.h>
#include <netlink/errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

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

struct observation {
	struct kernel_sight sight;
	const char *lab;
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
	if (res < 0)
		return kernel_sight_error(s, "objects", res, err);
	if (kernel_sight_links(s, sock, err) < 0 || kernel_sight_addresses(s, sock, err) < 0 ||
	    kernel_sight_neighbours(s, sock, err) < 0 || kernel_sight_routes(s, sock, err) < 0 ||
	    kernel_sight_rules(s, sock, err) < 0)
		return -1;
	if (kernel_sight_shapers(s, sock, err) < 0)
		return -1;
	return s->cloud ? kernel_sight_tables(s, err) : 0;
}

/* Each sample gets a namespace of its own: cheaper than to remove the one before (see kernel_filter_set()). */
static int read_filter(struct observation *o, int fd, const struct plan_filter *f,
		       struct lab_error **err)
{
	auto_close int sample = kernel_netns_new(o->sight.home, NULL, err);
	enum kernel_filter_sight how;
	struct plan_filter *seen;

	if (sample < 0 || kernel_filter_compare(f, fd, sample, &how, err) < 0)
		return -1;
	if (how == KERNEL_FILTER_ABSENT)
		return 0;
	seen = kernel_sight_note(&o->sight, PLAN_FILTER, f);
	if (how == KERNEL_FILTER_OTHER)
		seen->text = "changed";
	return 0;
}

static int read_filters(struct observation *o, int fd, struct lab_error **err)
{
	const struct plan *p = o->sight.wanted;

	for (size_t i = 0; i < p->n_filters; i++)
		if (strcmp(p->filters[i].ns, o->sight.ns) == 0 &&
		    read_filter(o, fd, &p->filters[i], err) < 0)
			return lab_error_prefix(err, "cannot read filter %s %s", o->sight.ns,
						p->filters[i].table);
	return 0;
}

static int read_namespace(struct observation *o, const struct plan_namespace *ns,
			  struct lab_error **err)
{
	auto_close int fd = kernel_pin_open(o->lab, ns->name, err);
	int res = fd < 0 ? -1 : kernel_netns_enter(fd, err);

	if (res < 0)
		return -1;
	o->sight.ns = ns->name;
	o->sight.router = ns->router;
	o->sight.cloud = !plan_find_node(o->sight.wanted, ns->name);
	(void)kernel_sight_note(&o->sight, PLAN_NAMESPACE, ns); /* has no more than its identity */
	res = read_caches(&o->sight, err);
	if (res == 0)
		res = read_filters(o, fd, err);
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

static int read_all(struct observation *o, const struct backend_namespace_id *ids,
		    struct lab_error **err)
{
	const struct plan *p = o->sight.wanted;

	for (size_t i = 0; i < p->n_namespaces; i++) {
		int ours = is_ours(o, &p->namespaces[i], ids ? &ids[i] : NULL, err);

		if (ours < 0 || (ours && read_namespace(o, &p->namespaces[i], err) < 0))
			return -1;
	}
	kernel_sight_pairs(&o->sight);
	return 0;
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
			    const struct backend_namespace_id *ids, const char ***foreign,
			    size_t *n_foreign, struct lab_error **err)
{
	auto_plan struct plan *result = plan_new(lab);
	auto_close int home = kernel_netns_current(err);
	struct observation o = {
		.lab = lab,
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
