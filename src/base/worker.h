// SPDX-License-Identifier: GPL-2.0-only
/**
 * The contract between the supervisor and a worker program (gateway, function, dns).
 *
 * A worker is executed with exactly these descriptors:
 *   0 /dev/null · 1, 2 its log file · 3 its configuration: a sealed memfd with one JSON object
 *   4 readiness: write one byte when ready to serve, then close · 5... its sockets, bound and
 *   listening, in the order of the configuration's "sockets": [{"name": "vip-80"}, ...]
 * It already runs in its network namespace, as an unprivileged user without capabilities and with
 * NO_NEW_PRIVS set. SIGTERM: stop accepting, finish what is being answered, exit 0 within 10 s.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/loop.h"

#define WORKER_FD_CONFIG   3
#define WORKER_FD_READY    4
#define WORKER_FD_SOCKET_0 5

/**
 * Reads the configuration text (NUL-terminated, to be freed by the caller), at most 16 MiB.
 * NULL with *err set where descriptor 3 cannot be read.
 */
char *worker_read_config(size_t *len, struct lab_error **err);

/**
 * Turns SIGTERM and SIGINT into events of the loop, so that they arrive between two of its turns:
 * io->fn, set by the caller, is called for each without having to read anything.
 */
int worker_watch_signals(struct loop *loop, struct loop_io *io, struct lab_error **err);

/** Says "ready" on descriptor 4 and closes it. A supervisor that is gone is not an error. */
void worker_ready(void);
