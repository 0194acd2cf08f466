// SPDX-License-Identifier: GPL-2.0-only
/** How each type of descriptor that a worker can be given is made. */
#pragma once

#include "supervise/spec.h"

/** In the current network namespace, non-blocking and close-on-exec. -1 with errno. */
int supervise_descriptor_open(const struct spec_socket *s);

/** Lets the sockets of other copies listen on the address and port of this one too. -1 with errno. */
int supervise_descriptor_spread(int fd);

/** Whether several processes may hold it at once and one after another: see sockets.h. */
bool supervise_descriptor_shared(enum spec_socket_type type);

/** Bytes of a type that is a memory, and no socket; else 0. */
size_t supervise_descriptor_memory(enum spec_socket_type type);
