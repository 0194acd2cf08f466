// SPDX-License-Identifier: GPL-2.0-only
/**
 * Tells in which namespaces of a lab something happens: by the kernel's own notifications, one socket for
 * rtnetlink and one for nftables in each namespace, and by the names below /run/netns. What happened is not
 * told: whoever wants to know looks.
 */
#pragma once

#include "base/error.h"

struct kernel_watch;

/** NULL with *err. */
struct kernel_watch *kernel_watch_new(const char *lab, struct lab_error **err);
void kernel_watch_free(struct kernel_watch *w); /* NULL is fine */
/** Readable when there is something for kernel_watch_read(); borrowed. */
int kernel_watch_fd(const struct kernel_watch *w);

/**
 * Begins to follow the namespace; if its name belongs to another one by now, that one. One that is not there
 * is no error: the coming of its name will be told. LAB_FAILED where descriptors do not suffice.
 */
int kernel_watch_follow(struct kernel_watch *w, const char *ns, struct lab_error **err);

/** Reads all that there is, and calls fn for every namespace with news, once or more. fn follows none. */
void kernel_watch_read(struct kernel_watch *w, void (*fn)(const char *ns, void *data), void *data);
