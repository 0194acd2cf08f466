// SPDX-License-Identifier: GPL-2.0-only
/**
 * How labctl talks to a lab's supervisor: the init of the lab's PID namespace, which starts the
 * workers, restarts them and holds their sockets. Control socket: LAB-DIR/control, SOCK_SEQPACKET,
 * one JSON object each way; a load carries its document as a memfd.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "state/process.h"

/**
 * Starts libexec/labctl/labctl-supervisor as pid 1 of a new PID namespace, for the lab directory
 * `dir_fd`. It dies with this process (PR_SET_PDEATHSIG) until supervise_detach(): write *id into
 * the journal in between. libexec: folder of the programs.
 */
int supervise_start(const char *lab, int dir_fd, const char *libexec, struct process_id *id,
		    struct lab_error **err);
/** False where nobody listens at the control socket, or it is not there: its supervisor is of no use. */
bool supervise_answers(int dir_fd);
int supervise_detach(int dir_fd, struct lab_error **err);

/**
 * Gives the supervisor the workers that shall run: the "workers" array of the plan document.
 * Unchanged workers are left alone, changed ones are replaced without closing their sockets (new
 * one ready, then SIGTERM to the old one; the other way round where the worker starts programs that
 * bind ports by themselves), vanished ones are stopped. The namespaces must be there; addresses may
 * come later. Gives the descriptor for supervise_load_finish(), which the caller
 * closes, or -1.
 */
int supervise_load_start(int dir_fd, const char *workers_json, size_t len, int timeout_ms,
			 struct lab_error **err);

/**
 * Returns when all are ready, or fails with the name of the worker, the reason and the end of its
 * log, or after the timeout_ms of supervise_load_start().
 */
int supervise_load_finish(int dir_fd, int control, struct lab_error **err);

/** Both in one. */
int supervise_load(int dir_fd, const char *workers_json, size_t len, int timeout_ms,
		   struct lab_error **err);

/**
 * A connection on which something can be read, with supervise_watch_read(), whenever a worker's state has
 * changed since; also once at the beginning. -1 with *err.
 */
int supervise_watch(int dir_fd, struct lab_error **err);
/** Reads all that is there. false: the supervisor is gone. */
bool supervise_watch_read(int fd);

/** Lets a supervisor go on that somebody stopped by a signal; one that runs, or is gone, is fine. */
void supervise_wake(const struct process_id *id);

/** {"workers": [{"name", "state": "ready|starting|backing-off|failed|stopping|stopped", "pid" (outside),
 * "restarts", "since_ms", "reason": why it ended last, "note": what it says of itself now (base/worker.h);
 * both printable ASCII, "" where there is none}...]} to be freed by the caller. */
char *supervise_status(int dir_fd, struct lab_error **err);

/** Ends the supervisor and with it every process of the lab: SIGTERM, a grace period, SIGKILL.
 * Waits until it is gone. A process that is gone already is fine. */
int supervise_stop(const struct process_id *id, int grace_ms, struct lab_error **err);

/** Root's supervisors of all labs of this host (not of those in containers); *n. To be freed by the caller. */
struct state_process *supervise_processes(size_t *n) __attribute__((returns_nonnull));
