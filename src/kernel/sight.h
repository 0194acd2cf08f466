// SPDX-License-Identifier: GPL-2.0-only
/** What is seen while a lab is observed: devices, and which wanted objects the kernel has. */
#pragma once

#include <libmnl/libmnl.h>
#include <netlink/netlink.h>

#include "plan/plan.h"

struct kernel_sight_dev {
	const char *ns;
	char name[IFNAME_LEN];
	int index, peer_index;
	unsigned char mac[6];
	const char *alias;  /* NULL: none */
	const char *master; /* the bridge that it is a port of; NULL: none */
	int master_index;
	uint32_t gso_segs;
	bool up, proxy_arp, bridge;
	bool removable; /* virtual, in a namespace of the cloud that was not born with it */
	bool planned;
	const char *fault; /* as that of struct plan_end */
};

struct kernel_sight {
	struct arena *arena; /* of the result; its objects borrow the strings of `wanted` */
	struct plan *extra;  /* see struct plan */
	const struct plan *wanted;
	const char *lab;
	const char *ns;     /* being looked at; a string of `wanted` */
	bool router, cloud; /* it forwards; it is the cloud's: nobody may add anything */
	bool some_lines;    /* of labctl-wire's, it is looked at for some only: see struct plan */
	void **seen[PLAN_N_KINDS]; /* beside each wanted object the one of the kernel, or NULL */
	struct kernel_sight_dev *devs; /* of all namespaces; by ns, then index */
	size_t n_devs, first_dev;      /* first_dev: of the namespace being looked at */
	int home, sock;                /* sock: to rtnetlink in the namespace being looked at */
};

/** What is asked of rtnetlink. */
struct kernel_sight_question {
	uint16_t type;
	size_t header; /* size of the fixed part, whose first byte is the family */
	unsigned char family;
	uint32_t mask; /* RTEXT_FILTER_*: what is to be left out */
	mnl_cb_t see;  /* is given the sight */
	size_t *noted; /* how many objects it has noted where order does not matter: those of a listing that has to
			* begin again are dropped */
};

/** Asks it of `sock`. -1 with "cannot read the WHAT of vpc-1: ...". */
int kernel_sight_dump(struct kernel_sight *s, const char *what, struct kernel_sight_question q,
		      struct lab_error **err);

/**
 * Where the wanted object of `key`'s key notes what the kernel has; NULL where none is wanted. An
 * object that is as wanted is never overwritten by a second one of the same key.
 */
void *kernel_sight_note(struct kernel_sight *s, enum plan_kind kind, const void *key);
/** The wanted object itself, or NULL. */
const void *kernel_sight_wanted(const struct kernel_sight *s, enum plan_kind kind, const void *key);

/**
 * Whether objects of a kind (neighbours, rules, shapers) matter in the namespace being looked at: in one of the cloud,
 * where nobody may add any, and where some are wanted. least: a key of that namespace that none is below.
 */
bool kernel_sight_concerns(const struct kernel_sight *s, enum plan_kind kind, const void *least);

/** The device of the namespace being looked at, or NULL. */
const struct kernel_sight_dev *kernel_sight_by_index(const struct kernel_sight *s, int index);

/** Each reads one kind of objects of the current namespace. */
int kernel_sight_links(struct kernel_sight *s, struct lab_error **err);
int kernel_sight_addresses(struct kernel_sight *s, struct lab_error **err);
int kernel_sight_neighbours(struct kernel_sight *s, struct lab_error **err);
int kernel_sight_routes(struct kernel_sight *s, struct lab_error **err);
/** The same through libnl. */
int kernel_sight_rules(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err);
int kernel_sight_shapers(struct kernel_sight *s, struct nl_sock *sock, struct lab_error **err);

/** The nftables tables of the current namespace that nobody wants. */
int kernel_sight_tables(struct kernel_sight *s, struct lab_error **err);

/**
 * After all namespaces: notes the bridges, and the pairs whose ends are both there and linked to each other
 * (what else is wrong with them is their fault's; of a link that leads to a namespace that nobody wants, the one
 * end that can be seen is enough), and the devices that nobody wants; then drops what hangs
 * on other devices, so that a diff makes it again together with its link, or removes it with the device.
 */
void kernel_sight_pairs(struct kernel_sight *s);

/** "cannot read the links of vpc-1: ..." from libnl's error number. Returns -1. */
int kernel_sight_error(const struct kernel_sight *s, const char *what, int nlerr,
		       struct lab_error **err);
