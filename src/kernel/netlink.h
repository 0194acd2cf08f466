// SPDX-License-Identifier: GPL-2.0-only
/** rtnetlink sockets, and messages sent in batches whose answers name the step that failed. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "kernel/encode.h"

/** A NETLINK_ROUTE socket in the current network namespace, with extended acks. -1 with *err. */
int kernel_netlink_open(struct lab_error **err);

/** The same in a namespace of the lab; this thread stays where it is. */
int kernel_netlink_open_in(const char *lab, const char *ns, struct lab_error **err);

/**
 * Sends a dump request and calls fn for each answer; fn: MNL_CB_OK, or MNL_CB_ERROR. Where something changed meanwhile,
 * so that objects may be missing or there twice, it fails with EINTR.
 */
int kernel_netlink_dump(int fd, struct nlmsghdr *request, mnl_cb_t fn, void *data,
			struct lab_error **err);

/**
 * Asks for one object: fn is called for it. 0, or -1 with the error, whose number is the kernel's: ENODEV where there
 * is no such device.
 */
int kernel_netlink_get(int fd, struct nlmsghdr *request, mnl_cb_t fn, void *data,
		       struct lab_error **err);

/** The beginning of a request for a dump, in at least 64 aligned bytes: see kernel_netlink_list(). */
struct nlmsghdr *kernel_netlink_question(void *buf, uint16_t type, size_t header,
					 unsigned char family);

/**
 * Dumps all objects of a type. header: size of the fixed part behind nlmsghdr, rtmsg, ifinfomsg, ndmsg or
 * tcmsg, of which only the family is set.
 */
int kernel_netlink_list(int fd, uint16_t type, size_t header, unsigned char family, mnl_cb_t fn,
			void *data, struct lab_error **err);

/** Which refusal of the kernel means that all is as it should be. */
enum kernel_fine {
	KERNEL_FINE_NEVER,
	KERNEL_FINE_PRESENT, /* EEXIST */
	KERNEL_FINE_ABSENT   /* ENOENT, ENODEV, ESRCH, EADDRNOTAVAIL */
};

#define KERNEL_BATCH_MESSAGES 64
#define KERNEL_BATCH_BYTES    (32 * 1024)

struct kernel_refusal {
	size_t tag; /* of the message */
	int errnum;
	char text[256]; /* the kernel's extended ack, or "" */
};

/** Messages for one socket. Embedded; zeroed is empty. */
struct kernel_batch {
	int fd;
	uint32_t seq; /* of the first message */
	size_t n, len;
	struct nlmsghdr *last;
	struct {
		size_t tag;
		enum kernel_fine fine;
	} entries[KERNEL_BATCH_MESSAGES];
	char buf[KERNEL_BATCH_BYTES] __attribute__((aligned(8)));
};

/** Whether a message of KERNEL_MESSAGE_MAX bytes still fits. */
bool kernel_batch_full(const struct kernel_batch *b);
/** Where the next message is to be built. */
void *kernel_batch_room(struct kernel_batch *b);
/** Takes in the message that was built there. */
void kernel_batch_add(struct kernel_batch *b, struct nlmsghdr *h, size_t tag,
		      enum kernel_fine fine);
/**
 * Sends all and empties the batch. 0, or -1 with the first refusal that is not fine. The kernel
 * carries out what follows a refused message: undoing that is the caller's business.
 */
int kernel_batch_send(struct kernel_batch *b, struct kernel_refusal *r);

/** One message on its own; as kernel_batch_send(). */
int kernel_netlink_ask(int fd, struct nlmsghdr *h, enum kernel_fine fine, struct kernel_refusal *r);

/** "Nexthop has invalid gateway (Network is unreachable)". Returns -1. */
int kernel_refusal_error(const struct kernel_refusal *r, struct lab_error **err);
