// SPDX-License-Identifier: GPL-2.0-only
/** Network namespaces: made, entered, pinned by name where `ip netns` looks for them. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "plan/backend.h"

/** The namespace that the calling thread is in. A descriptor, or -1 with *err. */
int kernel_netns_current(struct lab_error **err);
int kernel_netns_enter(int fd, struct lab_error **err);
/**
 * A new namespace; the caller is in `home` again afterwards. *sock, where asked for: a netlink
 * socket that stays in the new one. A descriptor, or -1 with *err (LAB_DENIED without privilege).
 */
int kernel_netns_new(int home, int *sock, struct lab_error **err);
/** Whether it is a namespace at all, of whatever kind; of a descriptor opened with O_PATH too. */
bool kernel_netns_is(int fd);
bool kernel_netns_id(int fd, struct backend_namespace_id *id);

enum kernel_pin {
	KERNEL_PIN_ABSENT,
	KERNEL_PIN_LEFTOVER, /* an empty file that no namespace was bound over: a crash in between */
	KERNEL_PIN_THERE,    /* a namespace: *id says which */
	KERNEL_PIN_FOREIGN,  /* something else */
	KERNEL_PIN_UNKNOWN   /* it cannot be looked at; errno says why */
};
/** What stands at /run/netns/LAB.NAME. */
enum kernel_pin kernel_pin_look(const char *lab, const char *name, struct backend_namespace_id *id);

/** Whether labctl made that name and no namespace was ever bound over it: a crash in between. */
bool kernel_pin_unused(const char *lab, const char *name);

/** The right to use the directory of names; see pins.c. Zeroed but for lock: -1. */
struct kernel_pins {
	int lock;
};
/** Sees to it that /run/netns is there and shared; the first call does the work. */
int kernel_pins_ready(struct kernel_pins *p, struct lab_error **err);
/** Undoes what labctl did to /run/netns, if it did so, nobody uses it and no name is left. */
void kernel_pins_tidy(struct kernel_pins *p);
/** Whether /run/netns is still what labctl made of it, although no name is in it. */
bool kernel_pins_forgotten(void);
void kernel_pins_done(struct kernel_pins *p);

/** Names a namespace. LAB_STATE where the name is taken. */
int kernel_pin(const char *lab, const char *name, int fd, struct lab_error **err);
/** As backend_ops.namespace_remove(), without the backend. */
int kernel_unpin(const char *lab, const char *name, const struct backend_namespace_id *id,
		 bool *foreign, struct lab_error **err);
/** Opens /run/netns/LAB.NAME. A descriptor, or -1 with *err (LAB_STATE where it is not there). */
int kernel_pin_open(const char *lab, const char *name, struct lab_error **err);
