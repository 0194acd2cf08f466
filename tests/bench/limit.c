// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that a lab's kernel objects cost: the same netlink messages, nftables transactions and pins as
 * `labctl up` sends for a plan, with nothing around them (no lab file, no diff, no journal, no check that
 * anything is there), and as many idle processes as the lab has workers, and one for its supervisor.
 * Then all of it is removed until the kernel has let go.
 *
 *	labctl plan LAB --json --from-nothing >PLAN.json; bench-limit PLAN.json PATH-OF-pause [ROUNDS]
 *
 * prints one line per round: "up MS down MS". `bench-limit --released` only waits until the kernel has let go of
 * namespaces that others dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/encode.h"
#include "kernel/kernel.h"
#include "kernel/netlink.h"
#include "kernel/netns.h"
#include "kernel/shaper.h"

#define LAB "limit"

struct place {
	const char *name;
	int fd, sock, next_index;
	bool router;
};

struct device {
	const char *ns, *dev;
	int index;
};

struct limit {
	const struct plan *plan;
	const char *pause;
	int home;
	struct place *places;   /* sorted as the plan's namespaces */
	struct device *devices; /* bridges and both ends of every link; sorted as soon as built */
	size_t n_devices, n_bridges;
	pid_t *pids;
	size_t n_pids;
	struct kernel_pins pins;
	struct kernel_batch batch;
};

static void die(struct lab_error *err, const char *what)
{
	(void)fprintf(stderr, "limit: %s: %s\n", what,
		      err ? lab_error_message(err) : strerror(errno));
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct place *place_of(struct limit *l, const char *ns)
{
	return &l->places[plan_find_namespace(l->plan, ns) - l->plan->namespaces];
}

static int compare_device(const void *a, const void *b)
{
	const struct device *x = a, *y = b;
	int c = strcmp(x->ns, y->ns);

	return c ? c : strcmp(x->dev, y->dev);
}

static int index_of(const struct limit *l, const char *ns, const char *dev)
{
	struct device key = {.ns = ns, .dev = dev};
	const struct device *d;

	if (!dev)
		return 0;
	if (strcmp(dev, "lo") == 0)
		return 1;
	d = bsearch(&key, l->devices, l->n_devices, sizeof(key), compare_device);
	return d ? d->index : 0;
}

static void flush(struct limit *l)
{
	struct kernel_refusal r;
	struct lab_error *err = NULL;

	if (kernel_batch_send(&l->batch, &r) < 0) {
		(void)kernel_refusal_error(&r, &err);
		die(err, "netlink");
	}
}

static void *room(struct limit *l, const struct place *p)
{
	if (l->batch.fd != p->sock || kernel_batch_full(&l->batch))
		flush(l);
	l->batch.fd = p->sock;
	return kernel_batch_room(&l->batch);
}

#define SEND(l, p, encode, ...) \
	kernel_batch_add(&(l)->batch, encode(room((l), (p)), __VA_ARGS__), 0, KERNEL_FINE_NEVER)

/* libnftables waits with select(2), which knows no descriptor from 1,024 on: the low ones stay free. */
#define HIGH 64

static int move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);

	if (high < 0)
		die(NULL, "descriptor");
	(void)close(fd);
	return high;
}

static void make_namespaces(struct limit *l)
{
	struct lab_error *err = NULL;

	for (size_t i = 0; i < l->plan->n_namespaces; i++) {
		const struct plan_namespace *ns = &l->plan->namespaces[i];
		struct place *p = &l->places[i];

		*p = (struct place){ns->name, -1, -1, 2, ns->router};
		p->fd = kernel_netns_new(l->home, &p->sock, &err);
		if (p->fd < 0 || kernel_pins_ready(&l->pins, &err) < 0 ||
		    kernel_pin(LAB, ns->name, p->fd, &err) < 0)
			die(err, "namespace");
		p->fd = move_up(p->fd);
		p->sock = move_up(p->sock);
		if (plan_needs_lo(ns))
			SEND(l, p, kernel_encode_up, 1);
	}
}

static void add_device(struct limit *l, const char *ns, const char *dev, int index)
{
	l->devices[l->n_devices++] = (struct device){ns, dev, index};
}

static void sort_devices(struct limit *l)
{
	qsort(l->devices, l->n_devices, sizeof(*l->devices), compare_device);
}

static void make_bridges(struct limit *l)
{
	for (size_t i = 0; i < l->plan->n_bridges; i++) {
		const struct plan_bridge *b = &l->plan->bridges[i];
		const struct plan_end as_end = {.ns = b->ns, .dev = b->dev, .alias = b->alias};
		struct place *p = place_of(l, b->ns);
		struct kernel_conduct c = {.router = p->router, .ipv6 = true, .master = -1};
		int index = p->next_index++;

		add_device(l, b->ns, b->dev, index);
		SEND(l, p, kernel_encode_bridge, b, index);
		SEND(l, p, kernel_encode_conduct, &as_end, index, c);
	}
	sort_devices(l);
	l->n_bridges = l->n_devices;
}

/* As the backend: behind the last of their ports. */
static void raise_bridges(struct limit *l)
{
	for (size_t i = 0; i < l->plan->n_bridges; i++) {
		const struct plan_bridge *b = &l->plan->bridges[i];

		if (!b->down)
			SEND(l, place_of(l, b->ns), kernel_encode_up, index_of(l, b->ns, b->dev));
	}
}

static int master_of(const struct limit *l, const struct plan_end *e)
{
	struct device key = {.ns = e->ns, .dev = e->master};
	const struct device *d = e->master ? bsearch(&key, l->devices, l->n_bridges, sizeof(key),
						     compare_device)
					   : NULL;

	return d ? d->index : -1;
}

static void add_end(struct limit *l, struct place *p, const struct plan_end *e, int index)
{
	struct kernel_conduct c = {.router = p->router, .ipv6 = true, .master = master_of(l, e)};

	add_device(l, e->ns, e->dev, index);
	SEND(l, p, kernel_encode_conduct, e, index, c);
	if (e->proxy_arp)
		SEND(l, p, kernel_encode_proxy_delay, index);
	SEND(l, p, kernel_encode_up, index);
}

static void make_links(struct limit *l)
{
	for (size_t i = 0; i < l->plan->n_links; i++) {
		const struct plan_link *k = &l->plan->links[i];
		struct place *a = place_of(l, k->a.ns), *b = place_of(l, k->b.ns);
		int ia = a->next_index++, ib = b->next_index++;

		if (ia == ib) /* as the backend: equal indexes delay the carrier */
			ib = b->next_index++;
		SEND(l, a, kernel_encode_veth, k, ia, ib, b->fd);
		add_end(l, a, &k->a, ia);
		add_end(l, b, &k->b, ib);
	}
	sort_devices(l);
}

static void make_addresses(struct limit *l)
{
	const struct plan *p = l->plan;

	for (size_t i = 0; i < p->n_addresses; i++) {
		const struct plan_address *a = &p->addresses[i];

		SEND(l, place_of(l, a->ns), kernel_encode_address, true, a,
		     index_of(l, a->ns, a->dev));
	}
	for (size_t i = 0; i < p->n_neighbours; i++) {
		const struct plan_neighbour *n = &p->neighbours[i];

		SEND(l, place_of(l, n->ns), kernel_encode_neighbour, true, n,
		     index_of(l, n->ns, n->dev));
	}
}

static void make_routes(struct limit *l)
{
	const struct plan *p = l->plan;

	for (size_t i = 0; i < p->n_routes; i++) {
		const struct plan_route *r = &p->routes[i];

		SEND(l, place_of(l, r->ns), kernel_encode_route, true, r,
		     index_of(l, r->ns, r->dev));
	}
	for (size_t i = 0; i < p->n_rules; i++)
		SEND(l, place_of(l, p->rules[i].ns), kernel_encode_rule, true, &p->rules[i]);
}

static void make_shapers(struct limit *l)
{
	for (size_t i = 0; i < l->plan->n_shapers; i++) {
		const struct plan_shaper *s = &l->plan->shapers[i];
		struct kernel_shape shape = kernel_shape_of(s);
		int index = index_of(l, s->ns, s->dev);

		if (shape.netem)
			SEND(l, place_of(l, s->ns), kernel_encode_netem, s, index);
		if (shape.tbf)
			SEND(l, place_of(l, s->ns), kernel_encode_tbf, s, index, shape.netem);
		if (shape.htb) {
			SEND(l, place_of(l, s->ns), kernel_encode_htb, index, shape.netem);
			SEND(l, place_of(l, s->ns), kernel_encode_htb_class, s, index, shape.netem);
			SEND(l, place_of(l, s->ns), kernel_encode_htb_queue, s, index, shape.netem);
		}
	}
}

/* libnftables in this very process: the cheapest way, though it may end the process when it fails. */
static int load_filter(const struct plan_filter *f)
{
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int res = ctx ? nft_run_cmd_from_buffer(ctx, f->text) : -1;

	if (ctx)
		nft_ctx_free(ctx);
	return res;
}

static void make_filters(struct limit *l)
{
	struct lab_error *err = NULL;

	for (size_t i = 0; i < l->plan->n_filters; i++) {
		const struct plan_filter *f = &l->plan->filters[i];

		if (kernel_netns_enter(place_of(l, f->ns)->fd, &err) < 0 || load_filter(f) ||
		    kernel_netns_enter(l->home, &err) < 0)
			die(err, "filter");
	}
}

/* posix_spawn() shares the memory until the exec, so the namespace is entered here, not there. */
static pid_t start(const struct limit *l, int ns)
{
	char *const argv[] = {(char *)(uintptr_t)l->pause, NULL};
	struct lab_error *err = NULL;
	pid_t pid;
	int res;

	if (ns >= 0 && kernel_netns_enter(ns, &err) < 0)
		die(err, l->pause);
	res = posix_spawn(&pid, l->pause, NULL, NULL, argv, environ);
	if (ns >= 0 && kernel_netns_enter(l->home, &err) < 0)
		die(err, l->pause);
	if (res) {
		errno = res;
		die(NULL, l->pause);
	}
	return pid;
}

static void start_processes(struct limit *l)
{
	l->pids[l->n_pids++] = start(l, -1);
	for (size_t i = 0; i < l->plan->n_workers; i++)
		l->pids[l->n_pids++] = start(l, place_of(l, l->plan->workers[i].ns)->fd);
}

static void up(struct limit *l)
{
	make_namespaces(l);
	make_bridges(l);
	make_links(l);
	raise_bridges(l);
	make_addresses(l);
	make_routes(l);
	make_shapers(l);
	flush(l);
	make_filters(l);
	start_processes(l);
	for (size_t i = 0; i < l->plan->n_namespaces; i++) /* as `up` does when it ends */
		(void)close(l->places[i].sock);
}

static void down(struct limit *l)
{
	struct lab_error *err = NULL;
	bool foreign;

	for (size_t i = 0; i < l->n_pids; i++)
		(void)kill(l->pids[i], SIGKILL);
	for (size_t i = 0; i < l->n_pids; i++)
		(void)waitpid(l->pids[i], NULL, 0);
	/* the last references go in one burst: what dies together, the kernel tears down together */
	for (size_t i = 0; i < l->plan->n_namespaces; i++) {
		struct backend_namespace_id id;

		if (!kernel_netns_id(l->places[i].fd, &id))
			die(NULL, "fstat");
		if (kernel_unpin(LAB, l->places[i].name, &id, &foreign, &err) < 0)
			die(err, "unpin");
	}
	for (size_t i = 0; i < l->plan->n_namespaces; i++)
		(void)close(l->places[i].fd);
	kernel_pins_tidy(&l->pins);
	if (kernel_wait_released(60000, &err) < 0)
		die(err, "release");
}

static void allow_many_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die(NULL, "limit of descriptors");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die(NULL, "limit of descriptors");
}

static char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 64 << 20);

	if (!f || !text)
		die(NULL, path);
	*len = fread(text, 1, (64 << 20) - 1, f);
	(void)fclose(f);
	return text;
}

static void round_trip(struct limit *l)
{
	double t0, t1, t2;

	l->n_devices = l->n_pids = 0;
	l->batch.seq = 1;
	t0 = now_ms();
	up(l);
	t1 = now_ms();
	down(l);
	t2 = now_ms();
	(void)printf("up %.2f down %.2f\n", t1 - t0, t2 - t1);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct limit l;
	struct lab_error *err = NULL;
	size_t len;
	char *text;

	if (argc == 2 && strcmp(argv[1], "--released") == 0) {
		if (kernel_wait_released(60000, &err) < 0)
			die(err, "release");
		return 0;
	}

	if (argc < 3) {
		(void)fprintf(stderr, "usage: limit PLAN.json PAUSE [ROUNDS]\n");
		return 2;
	}
	allow_many_files();
	text = slurp(argv[1], &len);
	l.plan = plan_read(text, len, &err);
	free(text);
	l.home = l.plan ? kernel_netns_current(&err) : -1;
	if (l.home < 0)
		die(err, argv[1]);
	l.pause = argv[2];
	l.pins.lock = -1;
	l.places = calloc(l.plan->n_namespaces + 1, sizeof(*l.places));
	l.devices = calloc(2 * l.plan->n_links + l.plan->n_bridges + 1, sizeof(*l.devices));
	l.pids = calloc(l.plan->n_workers + 1, sizeof(*l.pids));
	if (!l.places || !l.devices || !l.pids)
		abort();
	for (int i = argc > 3 ? atoi(argv[3]) : 1; i > 0; i--)
		round_trip(&l);
	return 0;
}
