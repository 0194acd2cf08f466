// SPDX-License-Identifier: GPL-2.0-only
/* The real backend's life, and its namespaces; what happens inside them is run.c's business. */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/nft.h"
#include "kernel/real.h"
#include "kernel/tags.h"

/*
 * A new namespace inherits the host's net.ipv4.conf.all.*, and the kernel combines "all" with each
 * device's own value by "or" or "max": a host that is strict for all devices would be so in the lab.
 */
static const char *const inherited[] = {"rp_filter", "proxy_arp", "arp_ignore", "arp_filter"};

static int open_setting(const char *name, int flags)
{
	char path[96] = "/proc/sys/net/ipv4/conf/all/";

	(void)strncat(path, name, sizeof(path) - strlen(path) - 1);
	return open(path, flags | O_CLOEXEC);
}

static bool host_is_loose(void)
{
	for (size_t i = 0; i < ARRAY_LEN(inherited); i++) {
		auto_close int fd = open_setting(inherited[i], O_RDONLY);
		char c = '0';

		if (fd >= 0 && read(fd, &c, 1) == 1 && c != '0')
			return false;
	}
	return true;
}

/* As a rule only where the host is strict: /proc/sys/net costs more with every namespace that there is. */
static int loosen(struct kernel_real *r, int fd, bool always, struct lab_error **err)
{
	int res = 0;

	if (r->host_loose && !always)
		return 0;
	if (kernel_netns_enter(fd, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(inherited) && res == 0; i++) {
		auto_close int setting = open_setting(inherited[i], O_WRONLY);

		if (setting < 0 || write(setting, "0\n", 2) != 2)
			res = lab_error_errno(err, LAB_DENIED, errno,
					      "net.ipv4.conf.all.%s: cannot set it in a namespace",
					      inherited[i]);
	}
	if (kernel_netns_enter(r->home, res < 0 ? NULL : err) < 0)
		res = -1;
	return res;
}

/* lo carries the mark "router" in its own forwarding setting, where a later run finds it. */
static int set_up_lo(struct kernel_real *r, const struct kernel_ns *ns,
		     const struct plan_namespace *plan, struct lab_error **err)
{
	struct kernel_batch *b = &r->batch;
	struct kernel_conduct c = {.router = ns->router, .master = -1};
	struct kernel_refusal refusal;
	struct nlmsghdr *h;

	b->fd = ns->sock;
	h = kernel_encode_conduct(kernel_batch_room(b), NULL, 1, c);
	kernel_tag_put(h, r->lab, plan->name);
	kernel_batch_add(b, h, 0, KERNEL_FINE_NEVER);
	if (plan_needs_lo(plan))
		kernel_batch_add(b, kernel_encode_up(kernel_batch_room(b), 1), 0,
				 KERNEL_FINE_NEVER);
	if (kernel_batch_send(b, &refusal) == 0)
		return 0;
	(void)kernel_refusal_error(&refusal, err); /* -1 always */
	return lab_error_prefix(err, "cannot set up lo");
}

static int namespace_make(struct backend *b, const struct plan_namespace *plan,
			  struct backend_namespace_id *id, struct lab_error **err)
{
	struct kernel_real *r = (struct kernel_real *)b;
	struct kernel_ns *ns = kernel_ns_known(r, plan->name);
	int fd, sock = -1;

	if (ns) /* of that name, but gone from its place or made and never published */
		kernel_ns_forget(r, ns);
	fd = kernel_netns_new(r->home, &sock, err);
	if (fd < 0)
		return lab_error_prefix(err, "cannot add namespace %s", plan->name);
	ns = kernel_ns_add(r, plan->name, fd, sock);
	ns->router = plan->router;
	if (loosen(r, fd, false, err) < 0 || set_up_lo(r, ns, plan, err) < 0) {
		kernel_ns_forget(r, ns);
		return lab_error_prefix(err, "cannot add namespace %s", plan->name);
	}
	*id = ns->id;
	return 0;
}

static int namespace_mend(struct backend *b, const struct plan_namespace *plan,
			  struct lab_error **err)
{
	struct kernel_real *r = (struct kernel_real *)b;
	struct kernel_ns *ns = kernel_ns_get(r, plan->name, err);

	if (!ns)
		return -1;
	ns->router = plan->router; /* what lo says of it may be what is wrong */
	if (loosen(r, ns->fd, true, err) < 0 || set_up_lo(r, ns, plan, err) < 0)
		return lab_error_prefix(err, "cannot mend namespace %s", plan->name);
	return 0;
}

static int namespace_publish(struct backend *b, const struct plan_namespace *plan,
			     struct lab_error **err)
{
	struct kernel_real *r = (struct kernel_real *)b;
	const struct kernel_ns *ns = kernel_ns_known(r, plan->name);

	if (!ns)
		return lab_error_make(err, LAB_FAILED,
				      "cannot publish namespace %s: it was not made", plan->name);
	if (kernel_pins_ready(&r->pins, err) < 0 || kernel_pin(r->lab, plan->name, ns->fd, err) < 0)
		return lab_error_prefix(err, "cannot add namespace %s", plan->name);
	return 0;
}

#define SPARE 16

/* Keeps a namespace alive until kernel_backend_part(); one that cannot be opened dies in its own time. */
static void hold(struct kernel_real *r, const char *name, const struct backend_namespace_id *id)
{
	auto_close int fd = kernel_pin_open(r->lab, name, NULL);
	struct rlimit room;
	struct stat st;
	int *more;

	if (fd < 0 || getrlimit(RLIMIT_NOFILE, &room) < 0 || (rlim_t)fd + SPARE > room.rlim_cur) {
		kernel_backend_part(&r->backend); /* what comes next needs descriptors too */
		return;
	}
	if (fstat(fd, &st) < 0 || st.st_dev != id->dev || st.st_ino != id->ino)
		return;
	more = reallocarray(r->parting, r->n_parting + 1, sizeof(*more));
	if (!more)
		return;
	r->parting = more;
	r->parting[r->n_parting++] = steal_fd(&fd);
}

void kernel_backend_part(struct backend *b)
{
	struct kernel_real *r = (struct kernel_real *)b;

	for (size_t i = 0; i < r->n_parting; i++)
		(void)close(r->parting[i]); /* only held */
	r->n_parting = 0;
	/* where no name is left: those of this run, or what a run that was killed made for none */
	kernel_pins_tidy(&r->pins);
}

static int namespace_remove(struct backend *b, const char *name,
			    const struct backend_namespace_id *id, bool *foreign,
			    struct lab_error **err)
{
	struct kernel_real *r = (struct kernel_real *)b;
	struct kernel_ns *ns = kernel_ns_known(r, name);

	hold(r, name, id);
	if (ns && ns->id.dev == id->dev && ns->id.ino == id->ino)
		kernel_ns_forget(r, ns);
	if (kernel_unpin(r->lab, name, id, foreign, err) < 0)
		return lab_error_prefix(err, "cannot remove namespace %s", name);
	return 0;
}

#define OWN_DESCRIPTORS \
	32 /* standard ones, the lab's directory, the supervisor, the host's own namespace */

size_t kernel_descriptors_needed(const struct plan *p)
{
	size_t held = 2 * p->n_namespaces + OWN_DESCRIPTORS; /* the namespace, and a socket in it */
	size_t filters = p->n_filters < BACKEND_BATCH ? p->n_filters : BACKEND_BATCH;

	return (held > KERNEL_NFT_LOW ? held : KERNEL_NFT_LOW) + filters + 1;
}

static const struct backend_ops real_ops = {
	.namespace_make = namespace_make,
	.namespace_publish = namespace_publish,
	.namespace_mend = namespace_mend,
	.namespace_remove = namespace_remove,
	.run = kernel_run,
	.settle = kernel_settle,
};

struct backend *kernel_backend_new(const char *lab, struct lab_error **err)
{
	struct kernel_real *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->backend.ops = &real_ops;
	r->pins.lock = -1;
	r->lab = strdup(lab);
	if (!r->lab)
		abort();
	r->home = kernel_netns_current(err);
	/* proves CAP_SYS_ADMIN before anything is begun, and changes nothing */
	if (r->home < 0 || kernel_netns_enter(r->home, err) < 0) {
		kernel_backend_free(&r->backend);
		(void)lab_error_set_status(err, LAB_DENIED);
		(void)lab_error_hint(err, "run it as root (sudo labctl ...)");
		return NULL;
	}
	r->ipv6 = access("/proc/self/net/if_inet6", F_OK) == 0;
	r->host_loose = host_is_loose();
	r->batch.seq = 1;
	return &r->backend;
}

void kernel_backend_note(struct backend *b, struct kernel_ledger *ledger)
{
	((struct kernel_real *)b)->ledger = ledger;
}

void kernel_backend_free(struct backend *b)
{
	struct kernel_real *r = (struct kernel_real *)b;

	if (!r)
		return;
	kernel_ns_forget_all(r);
	kernel_backend_part(b);
	free(r->parting);
	kernel_pins_done(&r->pins);
	if (r->home >= 0)
		(void)close(r->home); /* only held */
	free(r->lab);
	free(r);
}
