// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps as netlink messages. Messages of one namespace that follow each other travel together; where
 * one of them is refused, the kernel has carried out those behind it all the same, so they are undone
 * here: to the caller, a run stops exactly where it failed.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/filter.h"
#include "kernel/real.h"
#include "kernel/shaper.h"

struct run {
	struct kernel_real *r;
	const struct plan_step *steps;
	size_t step;  /* that is being turned into messages */
	size_t first; /* step of the oldest message in the batch */
	struct kernel_refusal refusal;
	struct kernel_nft_job filters; /* tables that were begun ahead of their turn */
	size_t next_filter;            /* the step whose table is the next of them */
	struct lab_error **err;
};

/* 0, or -1 with *err and run->refusal.tag = the step that failed. */
static int flush(struct run *run)
{
	int res = kernel_batch_send(&run->r->batch, &run->refusal);

	run->first = run->step;
	return res == 0 ? 0 : kernel_refusal_error(&run->refusal, run->err);
}

/* Room for one message to the namespace; NULL where sending the ones before it failed. */
static void *room(struct run *run, const struct kernel_ns *ns)
{
	struct kernel_batch *b = &run->r->batch;

	if ((b->fd != ns->sock || kernel_batch_full(b)) && flush(run) < 0)
		return NULL;
	if (!b->n)
		run->first = run->step;
	b->fd = ns->sock;
	return kernel_batch_room(b);
}

static int queue(struct run *run, struct nlmsghdr *h, enum kernel_fine fine)
{
	kernel_batch_add(&run->r->batch, h, run->step, fine);
	return 0;
}

/* Builds with an encoder straight into the batch. */
#define SEND(run, ns, fine, encode, ...)                                     \
	({                                                                   \
		void *buf_ = room((run), (ns));                              \
		buf_ ? queue((run), encode(buf_, __VA_ARGS__), (fine)) : -1; \
	})

static int no_device(struct run *run, const char *ns, const char *dev)
{
	run->refusal.tag = run->step;
	return lab_error_make(run->err, LAB_FAILED, "no device %s in namespace %s", dev, ns);
}

static struct kernel_ns *get_ns(struct run *run, const char *name)
{
	struct kernel_ns *ns = kernel_ns_get(run->r, name, run->err);

	if (!ns)
		run->refusal.tag = run->step;
	return ns;
}

/* As get_ns(), but a namespace that is not there is no error: *ns is NULL then. */
static int get_ns_or_none(struct run *run, const char *name, struct kernel_ns **ns)
{
	struct lab_error *gone = NULL;

	*ns = kernel_ns_get(run->r, name, &gone);
	if (*ns || lab_error_status(gone) == LAB_STATE) {
		lab_error_free(gone);
		return 0;
	}
	run->refusal.tag = run->step;
	(void)lab_error_make(run->err, lab_error_status(gone), "%s", lab_error_message(gone));
	lab_error_free(gone);
	return -1;
}

/* ---- links ---- */

static int remove_end(struct run *run, struct kernel_ns *ns, const char *name)
{
	struct kernel_dev *d = kernel_dev_find(run->r, ns, name);
	int res;

	if (!d)
		return 0;
	res = SEND(run, ns, KERNEL_FINE_ABSENT, kernel_encode_link_remove, d->index);
	kernel_dev_forget(run->r, d);
	return res;
}

/*
 * Either end takes the other with it; both are named, since a namespace that is being torn down may
 * hold one that the kernel has cut off already. A namespace that is gone holds nothing.
 */
static int remove_link(struct run *run, const struct plan_link *l)
{
	const struct plan_end *ends[] = {&l->a, &l->b};

	for (size_t i = 0; i < 2; i++) {
		struct kernel_ns *ns;

		if (get_ns_or_none(run, ends[i]->ns, &ns) < 0)
			return -1;
		if (ns && remove_end(run, ns, ends[i]->dev) < 0)
			return -1;
	}
	return 0;
}

/* Whether both ends are there, belong together and are who they should be. */
static bool is_pair(const struct plan_link *l, const struct kernel_dev *a,
		    const struct kernel_dev *b)
{
	return a && b && a->peer_index == b->index && b->peer_index == a->index &&
	       memcmp(a->mac, l->a.mac, 6) == 0 && memcmp(b->mac, l->b.mac, 6) == 0;
}

static int conduct(struct run *run, struct kernel_ns *ns, const struct plan_end *end, int index,
		   bool fresh)
{
	const struct kernel_dev *bridge = end->master ? kernel_dev_find(run->r, ns, end->master)
						      : NULL;
	struct kernel_conduct c = {.router = ns->router,
				   .ipv6 = run->r->ipv6,
				   .master = bridge  ? bridge->index
					     : fresh ? -1
						     : 0,
				   .reset = !fresh};

	if (end->master && !bridge)
		return no_device(run, ns->name, end->master);
	if (SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_conduct, end, index, c) < 0)
		return -1;
	if (end->proxy_arp &&
	    SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_proxy_delay, index) < 0)
		return -1;
	return SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_up, index);
}

static struct kernel_dev *note_end(struct run *run, struct kernel_ns *ns,
				   const struct plan_end *end, int index, int peer_index)
{
	struct kernel_dev *d = kernel_dev_add(run->r, ns, end->dev, index);

	memcpy(d->mac, end->mac, sizeof(d->mac));
	d->peer_index = peer_index;
	d->up = true;
	return d;
}

/*
 * The pair is born down: a device that comes up before it is told to make no IPv6 address makes one.
 * End a goes up first, without carrier while its peer is down; end b brings the carrier.
 */
static int add_link(struct run *run, const struct plan_link *l)
{
	struct kernel_ns *na = get_ns(run, l->a.ns), *nb = na ? get_ns(run, l->b.ns) : NULL;
	struct kernel_dev *a, *b;
	bool fresh = false;
	int ia, ib;

	if (!nb)
		return -1;
	a = kernel_dev_find(run->r, na, l->a.dev);
	b = kernel_dev_find(run->r, nb, l->b.dev);
	if (is_pair(l, a, b)) {
		ia = a->index;
		ib = b->index;
	} else {
		if ((a || b) && (remove_link(run, l) < 0 || flush(run) < 0))
			return -1;
		ia = na->next_index++;
		ib = nb->next_index++;
		/*
		 * linkwatch treats the carrier of a device whose link index is its own as not urgent
		 * and lets up to a second pass (linkwatch_urgent_event()), while its queue drops.
		 */
		if (ia == ib)
			ib = nb->next_index++;
		if (SEND(run, na, KERNEL_FINE_NEVER, kernel_encode_veth, l, ia, ib, nb->fd) < 0)
			return -1;
		(void)note_end(run, na, &l->a, ia, ib); /* stay in the table */
		(void)note_end(run, nb, &l->b, ib, ia);
		fresh = true;
	}
	if (conduct(run, na, &l->a, ia, fresh) < 0)
		return -1;
	return conduct(run, nb, &l->b, ib, fresh);
}

static int run_link(struct run *run, const struct plan_step *s)
{
	/* a pair that is there is made to behave as it should, and stays */
	return s->after ? add_link(run, s->after) : remove_link(run, s->before);
}

/* ---- bridges ---- */

/*
 * A bridge that is up tells each new port to all others, in a time that grows with their number: it
 * comes up behind the last link, in rise(), if it shall.
 */
static int settle_bridge(struct run *run, struct kernel_ns *ns, struct kernel_dev *d,
			 const struct plan_bridge *b, bool fresh)
{
	const struct plan_end as_end = {.ns = b->ns, .dev = b->dev, .alias = b->alias};
	struct kernel_conduct c = {
		.router = ns->router, .ipv6 = run->r->ipv6, .master = -1, .reset = !fresh};

	if (SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_conduct, &as_end, d->index, c) < 0)
		return -1;
	kernel_dev_rises(run->r, d, !b->down);
	if (!b->down)
		return 0;
	return SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_down, d->index);
}

static int add_bridge(struct run *run, const struct plan_bridge *b)
{
	struct kernel_ns *ns = get_ns(run, b->ns);
	struct kernel_dev *d;

	if (!ns)
		return -1;
	/* whatever has the name: its addresses and routes went with the removal of ours */
	if (kernel_dev_find(run->r, ns, b->dev) &&
	    (remove_end(run, ns, b->dev) < 0 || flush(run) < 0))
		return -1;
	d = kernel_dev_add(run->r, ns, b->dev, ns->next_index);
	memcpy(d->mac, b->mac, sizeof(d->mac));
	if (SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_bridge, b, d->index) < 0)
		return -1;
	return settle_bridge(run, ns, d, b, true);
}

static int change_bridge(struct run *run, const struct plan_bridge *b)
{
	struct kernel_ns *ns = get_ns(run, b->ns);
	struct kernel_dev *d = ns ? kernel_dev_find(run->r, ns, b->dev) : NULL;

	if (!ns)
		return -1;
	if (!d)
		return no_device(run, b->ns, b->dev);
	if (SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_mac, b->mac, d->index) < 0 ||
	    SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_bridge_reset, d->index) < 0)
		return -1;
	return settle_bridge(run, ns, d, b, false);
}

static int run_bridge(struct run *run, const struct plan_step *s)
{
	const struct plan_bridge *before = s->before;
	struct kernel_ns *ns;

	if (s->after)
		return before ? change_bridge(run, s->after) : add_bridge(run, s->after);
	if (get_ns_or_none(run, before->ns, &ns) < 0)
		return -1;
	return ns ? remove_end(run, ns, before->dev) : 0;
}

static int rise(struct run *run)
{
	for (size_t i = 0; run->r->n_rising && i < KERNEL_DEV_BUCKETS; i++)
		for (struct kernel_dev *d = run->r->devices[i]; d; d = d->next) {
			if (!d->rises)
				continue;
			kernel_dev_rises(run->r, d, false);
			if (SEND(run, d->ns, KERNEL_FINE_NEVER, kernel_encode_up, d->index) < 0)
				return -1;
		}
	return 0;
}

/* ---- what hangs on a device ---- */

/* The device's index; on removal 0 where it is gone, and with it what hung on it. */
static int index_of(struct run *run, bool add, const char *ns_name, const char *dev,
		    struct kernel_ns **ns, int *index)
{
	const struct kernel_dev *d;

	*index = 0;
	if (add)
		*ns = get_ns(run, ns_name);
	else if (get_ns_or_none(run, ns_name, ns) < 0)
		return -1;
	if (!*ns)
		return add ? -1 : 0;
	if (!dev)
		return 0;
	d = kernel_dev_find(run->r, *ns, dev);
	if (!d && strcmp(dev, "lo") == 0)
		*index = 1;
	else if (d)
		*index = d->index;
	else if (add)
		return no_device(run, ns_name, dev);
	return 0;
}

static enum kernel_fine fine(bool add)
{
	return add ? KERNEL_FINE_PRESENT : KERNEL_FINE_ABSENT;
}

static int one_address(struct run *run, bool add, const struct plan_address *a)
{
	struct kernel_ns *ns;
	int index;

	if (index_of(run, add, a->ns, a->dev, &ns, &index) < 0)
		return -1;
	if (!index)
		return 0;
	if (add && index == 1 && SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_up, index) < 0)
		return -1; /* lo was set down by somebody, or is of a namespace that needed none */
	return SEND(run, ns, fine(add), kernel_encode_address, add, a, index);
}

static int one_neighbour(struct run *run, bool add, const struct plan_neighbour *n)
{
	struct kernel_ns *ns;
	int index;

	if (index_of(run, add, n->ns, n->dev, &ns, &index) < 0)
		return -1;
	return index ? SEND(run, ns, fine(add), kernel_encode_neighbour, add, n, index) : 0;
}

static int one_route(struct run *run, bool add, const struct plan_route *r)
{
	struct kernel_ns *ns;
	int index;

	if (index_of(run, add, r->ns, r->dev, &ns, &index) < 0)
		return -1;
	if (!ns || (!index && r->type == PLAN_UNICAST)) /* its device went, and took it along */
		return 0;
	return SEND(run, ns, fine(add), kernel_encode_route, add, r, index);
}

static int one_rule(struct run *run, bool add, const struct plan_rule *r)
{
	struct kernel_ns *ns;
	int index;

	if (index_of(run, add, r->ns, NULL, &ns, &index) < 0)
		return -1;
	return ns ? SEND(run, ns, fine(add), kernel_encode_rule, add, r) : 0;
}

static int run_address(struct run *run, const struct plan_step *s)
{
	if (s->before && one_address(run, false, s->before) < 0)
		return -1;
	return s->after ? one_address(run, true, s->after) : 0;
}

static int run_neighbour(struct run *run, const struct plan_step *s)
{
	if (s->before && !s->after)
		return one_neighbour(run, false, s->before);
	return one_neighbour(run, true, s->after);
}

/* A changed route takes the old one's place in one message: no packet meets a gap. */
static int run_route(struct run *run, const struct plan_step *s)
{
	if (s->before && !s->after)
		return one_route(run, false, s->before);
	return one_route(run, true, s->after);
}

/* Two rules of one priority may stand beside each other: the new one first, then the old one out. */
static int run_rule(struct run *run, const struct plan_step *s)
{
	if (s->after && one_rule(run, true, s->after) < 0)
		return -1;
	return s->before ? one_rule(run, false, s->before) : 0;
}

/* ---- shapers ---- */

static int remove_shaper(struct run *run, const struct plan_shaper *s)
{
	struct kernel_ns *ns;
	int index;

	if (index_of(run, false, s->ns, s->dev, &ns, &index) < 0)
		return -1;
	if (!index)
		return 0;
	if (SEND(run, ns, KERNEL_FINE_ABSENT, kernel_encode_qdisc_remove, index, TC_H_INGRESS) < 0)
		return -1;
	return SEND(run, ns, KERNEL_FINE_ABSENT, kernel_encode_qdisc_remove, index, TC_H_ROOT);
}

/* An htb that stands already keeps its class, which is changed in place. */
static int add_htb(struct run *run, struct kernel_ns *ns, const struct plan_shaper *s, int index,
		   bool child, bool fresh)
{
	if (fresh && SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_htb, index, child) < 0)
		return -1;
	if (SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_htb_class, s, index, child) < 0)
		return -1;
	return SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_htb_queue, s, index, child);
}

static int add_shaper(struct run *run, const struct plan_shaper *s, bool fresh)
{
	struct kernel_shape shape = kernel_shape_of(s);
	struct kernel_ns *ns;
	int index;

	if (index_of(run, true, s->ns, s->dev, &ns, &index) < 0)
		return -1;
	if (shape.netem && SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_netem, s, index) < 0)
		return -1;
	if (shape.tbf &&
	    SEND(run, ns, KERNEL_FINE_NEVER, kernel_encode_tbf, s, index, shape.netem) < 0)
		return -1;
	return shape.htb ? add_htb(run, ns, s, index, shape.netem, fresh) : 0;
}

/*
 * A change that keeps the kinds of queue is made in place and loses no packet. Otherwise, and where
 * a shaper is added, what stands there goes first: it may be of another kind.
 */
static int run_shaper(struct run *run, const struct plan_step *s)
{
	const struct plan_shaper *old = s->before, *new = s->after;
	struct kernel_shape a, b;
	bool fresh;

	if (!new)
		return remove_shaper(run, old);
	b = kernel_shape_of(new);
	a = old ? kernel_shape_of(old) : (struct kernel_shape){0};
	fresh = !old || a.netem != b.netem || a.tbf != b.tbf || a.htb != b.htb;
	if (fresh && remove_shaper(run, new) < 0)
		return -1;
	return add_shaper(run, new, fresh);
}

/* ---- filters ---- */

static int set_filter(struct run *run, const struct plan_filter *f)
{
	if (!run->filters.pid || run->step != run->next_filter)
		return kernel_filter_set(f, run->r->ledger, run->err);
	run->next_filter++;
	return kernel_filter_set_finish(f, &run->filters, run->r->ledger, run->err);
}

static int run_filter(struct run *run, const struct plan_step *s)
{
	const struct plan_filter *f = s->after ? s->after : s->before;
	struct kernel_ns *ns;
	int index, res;

	if (flush(run) < 0 || index_of(run, s->after, f->ns, NULL, &ns, &index) < 0)
		return -1;
	if (!ns)
		return 0;
	run->refusal.tag = run->step;
	if (kernel_netns_enter(ns->fd, run->err) < 0)
		return -1;
	res = s->after ? set_filter(run, f) : kernel_filter_remove(f, run->r->ledger, run->err);
	if (kernel_netns_enter(run->r->home, res < 0 ? NULL : run->err) < 0)
		res = -1;
	return res;
}

/*
 * New tables name interfaces as text and need none of them to be there, so nft may read them while
 * the links are being made: those at the end of the steps, in namespaces that this run knows. What
 * cannot be begun here is done, or fails, in its turn.
 */
static void start_filters(struct run *run, size_t n)
{
	struct kernel_nft_request *requests = NULL;
	const struct kernel_ns *ns;
	size_t first = n;

	while (first && run->steps[first - 1].kind == PLAN_FILTER &&
	       run->steps[first - 1].op == PLAN_ADD &&
	       kernel_ns_known(run->r,
			       ((const struct plan_filter *)run->steps[first - 1].after)->ns))
		first--;
	if (first < n)
		requests = calloc(n - first, sizeof(*requests));
	if (!requests)
		return;
	for (size_t i = first; i < n; i++) {
		const struct plan_filter *f = run->steps[i].after;

		ns = kernel_ns_known(run->r, f->ns);
		requests[i - first] = (struct kernel_nft_request){
			ns ? ns->fd : -1, kernel_filter_set_commands(f), true};
	}
	(void)kernel_nft_start(requests, n - first, &run->filters, NULL); /* see above */
	run->next_filter = first;
	for (size_t i = first; i < n; i++)
		free((char *)(uintptr_t)requests[i - first].commands);
	free(requests);
}

/* A run has failed: what was begun for steps whose turn has not come goes again. */
static void abandon_filters(struct run *run, size_t n)
{
	for (size_t i = run->next_filter; run->filters.pid && i < n; i++) {
		const struct plan_filter *f = run->steps[i].after;
		const struct kernel_ns *ns = kernel_ns_known(run->r, f->ns);

		/* in a namespace that cannot be entered nothing can be removed either */
		if (ns && kernel_netns_enter(ns->fd, NULL) == 0)
			kernel_filter_set_abandon(f, &run->filters, run->r->ledger);
	}
	if (run->filters.pid)
		(void)kernel_netns_enter(run->r->home,
					 NULL); /* an error is being handled already */
}

/* ---- */

static int run_step(struct run *run, const struct plan_step *s)
{
	if (s->kind > PLAN_LINK && run->r->n_rising && rise(run) < 0)
		return -1;
	switch (s->kind) {
	case PLAN_BRIDGE: return run_bridge(run, s);
	case PLAN_LINK: return run_link(run, s);
	case PLAN_ADDRESS: return run_address(run, s);
	case PLAN_NEIGHBOUR: return run_neighbour(run, s);
	case PLAN_ROUTE: return run_route(run, s);
	case PLAN_RULE: return run_rule(run, s);
	case PLAN_SHAPER: return run_shaper(run, s);
	case PLAN_FILTER: return run_filter(run, s);
	case PLAN_NAMESPACE:
	case PLAN_WORKER:
	case PLAN_NODE:
	case PLAN_N_KINDS: break;
	}
	run->refusal.tag = run->step;
	return lab_error_make(run->err, LAB_FAILED, "a %s is not the kernel's business",
			      plan_kind_name(s->kind));
}

/* Takes back steps [from, to], newest first, as far as they were carried out. */
static void undo(struct kernel_real *r, const struct plan_step *steps, size_t from, size_t to)
{
	for (size_t i = to + 1; i-- > from;) {
		struct plan_step inverse = plan_step_inverse(steps[i]);
		const struct plan_origin *origin = steps[i].before;
		struct lab_error *ignored = NULL;
		struct run run = {.r = r, .steps = &inverse, .err = &ignored};

		/* a step that was never carried out cannot be undone, and need not be; what is of no
		 * plan is not known well enough to be made again */
		if ((!origin || origin->resource) && run_step(&run, &inverse) == 0)
			(void)flush(&run);
		r->batch.n = 0;
		r->batch.len = 0;
		lab_error_free(ignored);
	}
}

static int explain(const struct plan_step *s, struct lab_error **err)
{
	static const char *const verbs[] = {
		[PLAN_REMOVE] = "remove", [PLAN_CHANGE] = "change", [PLAN_ADD] = "add"};
	const void *object = s->after ? s->after : s->before;
	const struct plan_origin *origin = object; /* every struct begins with it */
	auto_arena struct arena *a = arena_new(0);

	return lab_error_prefix(
		err, "cannot %s %s (%s, %s)", verbs[s->op], plan_describe(a, s->kind, object),
		origin->resource ? origin->resource : "?", origin->at ? origin->at : "?");
}

int kernel_settle(struct backend *b, struct lab_error **err)
{
	struct run run = {.r = (struct kernel_real *)b, .err = err};

	if (rise(&run) == 0 && flush(&run) == 0)
		return 0;
	return lab_error_prefix(err, "cannot set up a bridge");
}

int kernel_run(struct backend *b, const struct plan_step *steps, size_t n, size_t *done,
	       struct lab_error **err)
{
	struct kernel_real *r = (struct kernel_real *)b;
	struct run run = {.r = r, .steps = steps, .err = err};
	int res = 0;

	start_filters(&run, n);
	for (run.step = 0; run.step < n && res == 0; run.step++)
		res = run_step(&run, &steps[run.step]);
	if (res == 0)
		res = flush(&run);
	if (res < 0)
		abandon_filters(&run, n);
	kernel_nft_end(&run.filters);
	if (res == 0) {
		*done = n;
		return 0;
	}
	*done = run.refusal.tag;
	/* what was queued but not sent when it failed is dropped */
	r->batch.n = 0;
	r->batch.len = 0;
	(void)explain(&steps[*done], err); /* -1 always */
	undo(r, steps, *done, run.step ? run.step - 1 : 0);
	return -1;
}
