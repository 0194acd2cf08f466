// SPDX-License-Identifier: GPL-2.0-only
/** The supervisor's end of the control socket. */
#pragma once

#include "supervise/supervisor.h"

/*
 * Requests, each answered by {"ok": true} or {"ok": false, "error": "...", "status": 1..5}:
 *   {"op": "load"} + memfd with the "workers" array: answered when all are ready, or one failed.
 *                  A client that hangs up before takes the load back.
 *   {"op": "status"}: answered with a memfd that holds the document of supervise/client.h.
 *   {"op": "watch"}: answered at once, and again after every change of a worker's state; a client that
 *                  does not read them misses none but the first.
 *   {"op": "detach"}: from now on the lab outlives the process that started it.
 *   {"op": "stop"}: answered at once; all ends then.
 */
struct control *supervise_control_new(struct supervisor *sup, int listener, struct lab_error **err);
/** A worker changed its state. NULL is fine. */
void supervise_control_notify(struct control *c);
void supervise_control_free(struct control *c); /* NULL is fine */
