// SPDX-License-Identifier: GPL-2.0-only
/**
 * Places for instances. Each is a network of its own with nothing but a loopback, so that all instances can
 * listen on one port, as in Function Compute. A thread lives in each: a process is where the thread is that
 * starts it, and so is a socket. No privilege is needed any more once the threads are there.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "function/child.h"

struct function_seats;
struct function_seat;

/**
 * Makes n of them, with CAP_SYS_ADMIN and CAP_NET_ADMIN. The threads give these back before this
 * returns, the caller shall do so next (priv_give_back()). Before any thread but that, and before seccomp. NULL with *err.
 */
struct function_seats *function_seats_new(size_t n, struct lab_error **err);
void function_seats_free(struct function_seats *s); /* NULL is fine */

/** The free one that was left longest ago; NULL: none is free. */
struct function_seat *function_seat_take(struct function_seats *s);
void function_seat_leave(struct function_seat *seat); /* NULL is fine */

/** As function_child_start(), there. */
int function_seat_start(struct function_seat *seat, struct function_child *c, const char *path,
			char *const *env);

/** A non-blocking TCP socket there; -1 with errno. The seat is a void *: see upstream_request. */
int function_seat_socket(void *seat);
