// SPDX-License-Identifier: GPL-2.0-only
/**
 * One process of a custom runtime: an HTTP server that lives through many invocations. It finds the
 * port that it is to listen on in FC_SERVER_PORT. With a seat (seat.h) that is the same for all.
 */
#pragma once

#include "function/child.h"
#include "function/runner.h"
#include "function/stderr_log.h"

struct function_instance {
	struct loop *loop;
	struct function_child child;
	struct loop_io exited, out, err;
	struct function_log out_log, err_log;
	struct loop_timer idle; /* for the owner */
	char id[64];            /* in front of its log lines: of the request that it got last */
	uint16_t port;
	struct function_seat *seat; /* NULL: it is in our own network */
	/* Its last word: it is dead, reaped, and nothing is watched any more. why: a sentence. */
	void (*ended)(struct function_instance *i, const char *why);
};

/**
 * Starts a process, on a seat if there are any. 0, or the errno of what failed: nothing is left then. It need not listen yet when
 * this returns.
 */
int function_instance_start(struct function_instance *i, struct loop *loop,
			    const struct function_settings *settings);

/** A request begins: its id is in front of log lines, which have new room. */
void function_instance_log_as(struct function_instance *i, const char *id);

/** Kills its process group; `ended` follows from the loop. */
void function_instance_kill(struct function_instance *i);

/** It has ended: another one may have its seat. */
void function_instance_leave(struct function_instance *i);

/** Kills it and waits for that; `ended` is not called. */
void function_instance_end(struct function_instance *i);
