// SPDX-License-Identifier: GPL-2.0-only
/** One message of the control socket: a short JSON object and, where there is more, a memfd. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

#define MESSAGE_MAX 8192 /* bytes of JSON; what may be longer travels in the memfd */

/** Sends the object and, unless fd is -1, the descriptor. */
int supervise_message_send(int socket, json_t *object, int fd, struct lab_error **err);

/**
 * Receives one. *fd: the descriptor that came with it, or -1; the caller's to close. NULL with *err:
 * LAB_STATE where the peer closed, LAB_FAILED else. EINTR is an error too: the caller may want to stop.
 */
json_t *supervise_message_receive(int socket, int *fd, struct lab_error **err);

/** A sealed memfd with these bytes, or -1 with *err. */
int supervise_message_memfd(const char *name, const char *text, size_t len, struct lab_error **err);
/** All bytes of a memfd, NUL-terminated, to be freed; NULL with *err. */
char *supervise_message_read_memfd(int fd, size_t *len, struct lab_error **err);
