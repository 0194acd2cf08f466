// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the real backend knows while it runs: its namespaces, each with a descriptor and a netlink
 * socket of its own, and the index of every device in them, so that no message needs a query.
 */
#pragma once

#include "kernel/kernel.h"
#include "kernel/netlink.h"
#include "kernel/netns.h"

struct kernel_ns {
	struct kernel_ns *next;
	char *name;
	struct backend_namespace_id id;
	int fd, sock;
	int next_index;
	bool router;
};

struct kernel_dev {
	struct kernel_dev *next;
	struct kernel_ns *ns;
	char name[IFNAME_LEN];
	int index, peer_index; /* peer_index 0: not known */
	unsigned char mac[6];
	bool up;
	bool rises; /* a bridge that comes up once its ports are there */
};

#define KERNEL_NS_BUCKETS  2048
#define KERNEL_DEV_BUCKETS 8192

struct kernel_real {
	struct backend backend;
	char *lab;
	struct kernel_ledger *ledger; /* borrowed; NULL: none is kept */
	int home;
	bool ipv6;       /* the kernel has IPv6 */
	bool host_loose; /* no setting that new namespaces inherit is in our way; see conduct.c */
	struct kernel_pins pins;
	int *parting; /* the last descriptors of namespaces that were removed; see kernel_backend_part() */
	size_t n_parting;
	struct kernel_ns *namespaces[KERNEL_NS_BUCKETS];
	struct kernel_dev *devices[KERNEL_DEV_BUCKETS];
	size_t n_rising;
	struct kernel_batch batch;
};

/** The namespace of that name: known, or opened by its pin. NULL with *err. */
struct kernel_ns *kernel_ns_get(struct kernel_real *r, const char *name, struct lab_error **err);
/** Only a namespace that is known already, else NULL. */
struct kernel_ns *kernel_ns_known(struct kernel_real *r, const char *name);
struct kernel_ns *kernel_ns_add(struct kernel_real *r, const char *name, int fd, int sock);
/** Closes and forgets it and its devices. */
void kernel_ns_forget(struct kernel_real *r, struct kernel_ns *ns);
void kernel_ns_forget_all(struct kernel_real *r);

struct kernel_dev *kernel_dev_find(struct kernel_real *r, const struct kernel_ns *ns,
				   const char *name);
struct kernel_dev *kernel_dev_add(struct kernel_real *r, struct kernel_ns *ns, const char *name,
				  int index);
void kernel_dev_forget(struct kernel_real *r, struct kernel_dev *d); /* NULL is fine */
/** Whether the device is to be set up by the next kernel_settle(). */
void kernel_dev_rises(struct kernel_real *r, struct kernel_dev *d, bool rises);

/** backend_ops.run and backend_ops.settle */
int kernel_run(struct backend *b, const struct plan_step *steps, size_t n, size_t *done,
	       struct lab_error **err);
int kernel_settle(struct backend *b, struct lab_error **err);
