// SPDX-License-Identifier: GPL-2.0-only
/**
 * The contract between the supervisor and a worker program (gateway, function, dns, routing,
 * service, wire).
 *
 * A worker is executed with exactly these descriptors:
 *   0 /dev/null · 1, 2 its log file · 3 its configuration: a sealed memfd with one JSON object
 *   4 readiness, see worker_ready(), a stream socket · 5... its sockets, bound and listening, in the order of the
 *   configuration's "sockets": [{"name": "vip-80"}, ...]. A socket of type "memory" is a memfd of
 *   WORKER_MEMORY bytes (of WORKER_TABLE: "table"), zero at first, that outlives restarts and
 *   replacements of the worker and is shared with the one that replaces it. One of type "packet" is
 *   of no device until its worker binds it. One of type "secret" is a file to be read,
 *   LAB-DIR/secrets/WORKER.NAME.
 * It already runs in its network namespace, as an unprivileged user without other capabilities than
 * its "privilege" gives, some of them only until it is ready (priv_give_back()), and with NO_NEW_PRIVS
 * set. SIGTERM: stop accepting, finish what is being answered, exit 0 within 10 s.
 *
 * Members of the configuration that the supervisor itself understands:
 *   "ready_ms": N     so long (at most 60,000) it may take to be ready, instead of 8,000; after two
 *                     seconds more it is killed
 *   "reload": ANY     while it runs, it takes configurations of which nothing but "files" is another, as
 *                     worker_receive_config() tells; it has no notes
 * and, for workers that start programs of others, those that give the worker the sheltered file system
 * of supervise/shelter.h:
 *   "handler": PATH   an executable; its folder is reachable
 *   "folder": PATH    a folder that is reachable (not with "handler")
 *   "node": {"hostname", "resolv_conf", "hosts"}   texts: what stands in the node's /etc and is its
 *                     host name, as for `labctl exec`
 * With "folder" or "node" it may also write below /run/labctl, which is LAB-DIR/run/NAME on the host,
 * and is empty at first whenever it is started. Such a worker is never beside the one that it
 * replaces, as their programs would meet at ports and files: that one is stopped first, and started
 * again where the new one fails.
 *
 * A worker may be several processes, its copies: each has TCP sockets of its own, between which the kernel
 * spreads the connections (SO_REUSEPORT), and all share memories, secrets, the log and the configuration. They are
 * one to the plan; the supervisor calls the second and all later ones NAME.2, NAME.3, ...
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/loop.h"
#include "base/name.h"

#define WORKER_FD_CONFIG   3
#define WORKER_FD_READY    4
#define WORKER_FD_SOCKET_0 5

#define WORKER_MEMORY 65536 /* bytes of a "memory" */
#define WORKER_TABLE  (16 << 20)
#define WORKER_COPIES 16 /* processes of one worker, at most */
#define WORKER_RUN    "/run/labctl"

/** What the supervisor calls copy `k` (1, 2, ...) of a worker; not cut with as much room. */
#define WORKER_NAME_LEN (NAME_MAX_LEN + sizeof(".16"))
static inline const char *worker_copy_name(char out[static WORKER_NAME_LEN], const char *name,
					   unsigned int k)
{
	(void)snprintf(out, WORKER_NAME_LEN, k > 1 ? "%s.%u" : "%s", name, k);
	return out;
}

/**
 * Reads the configuration text (NUL-terminated, to be freed by the caller), at most 16 MiB.
 * NULL with *err set where descriptor 3 cannot be read.
 */
char *worker_read_config(size_t *len, struct lab_error **err);

/**
 * Of a worker with "reload", when descriptor 4 is readable: the new configuration, as above. It says
 * worker_ready() again when that is in effect, and ends where it cannot be. NULL with *err, also where the
 * supervisor is gone.
 */
char *worker_receive_config(size_t *len, struct lab_error **err);

/**
 * Turns SIGTERM and SIGINT into events of the loop, so that they arrive between two of its turns:
 * io->fn, set by the caller, is called for each without having to read anything.
 */
int worker_watch_signals(struct loop *loop, struct loop_io *io, struct lab_error **err);

/**
 * The "memory" behind the descriptor, shared with all other processes of this worker; an error where it is
 * shorter than WORKER_MEMORY, since reading beyond its end would kill. NULL with *err.
 */
void *worker_map_memory(int fd, struct lab_error **err);
void worker_unmap_memory(void *memory); /* NULL is fine */

/** Says "ready" on descriptor 4, which stays open. A supervisor that is gone is not an error. */
void worker_ready(void);

/**
 * Tells people how the worker does, in one line, as `labctl status` shows it beside the worker
 * ("vbr-1 up, vbr-2 down for 12 s"); after worker_ready(), as often as it changes. Cut at 300 bytes.
 */
void worker_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
