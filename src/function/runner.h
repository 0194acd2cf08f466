// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs a function's handler: one process per invocation, the event on its standard input, the answer
 * on its standard output, what it says on standard error in the log (include/labctl/function.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

#define FUNCTION_INSTANCES  10          /* invocations at a time; more wait */
#define FUNCTION_QUEUE      100         /* that wait; more are turned away */
#define FUNCTION_MAX_ANSWER (32u << 20) /* bytes, a limit of the service; a gateway's is lower */
#define FUNCTION_MAX_LOG    (64u << 10) /* bytes of stderr per invocation */

struct function_seats;

/** All borrowed; must outlive the runner. */
struct function_settings {
	const char *name, *region;
	const char *handler;  /* absolute path of an executable */
	char *const *environ; /* whole environment of the handler, NULL-terminated */
	uint32_t timeout_ms;
	unsigned memory_mb; /* told, not enforced */
	unsigned instances; /* 0: FUNCTION_INSTANCES */
	size_t max_answer;  /* 0: FUNCTION_MAX_ANSWER */
	bool adopt;         /* be the parent of what handlers leave behind (strays.h), and end it */
	/* of a custom runtime (runtime.h) only */
	unsigned concurrency; /* invocations at a time in one instance; 0: no custom runtime */
	bool http_trigger;    /* it gets requests as they are, not events */
	const char *access_key_id, *access_key_secret, *security_token; /* all, or NULL: no role */
	struct function_seats *seats; /* as many as instances, or NULL: they share a network */
	uint16_t port;                /* of all instances, where there are seats */
	unsigned start_ms, idle_ms;   /* 0: FUNCTION_START_MS, FUNCTION_IDLE_MS */
};

enum function_outcome {
	FUNCTION_ANSWERED,    /* exit 0; body: what it printed */
	FUNCTION_CRASHED,     /* another exit status, a signal */
	FUNCTION_TIMED_OUT,   /* killed at its deadline */
	FUNCTION_NOT_STARTED, /* the kernel would not execute it */
	FUNCTION_TOO_LARGE,   /* killed when it printed more than max_answer bytes */
	FUNCTION_TURNED_AWAY, /* too many wait already */
};

struct http_head;

struct function_result {
	enum function_outcome outcome;
	/* FUNCTION_ANSWERED, to a request that was passed on as it is; borrowed during the call */
	const struct http_head *head;
	const char *body; /* FUNCTION_ANSWERED; borrowed during the call */
	size_t len;
	const char *message; /* all others: a sentence for people; borrowed during the call */
};

struct function_runner;
struct function_invocation;

/** Called once per invocation, from the loop; never after a cancel. */
typedef void function_done(void *ctx, const struct function_result *result);

struct function_runner *function_runner_new(struct loop *loop,
					    const struct function_settings *settings)
	__attribute__((returns_nonnull));

/** Cancels all that is under way. NULL is fine. */
void function_runner_free(struct function_runner *r);

/**
 * Runs the handler with the event (copied) on its standard input, as soon as an instance is free.
 * id: of the request, for the log and FC_REQUEST_ID (copied). The handle is for function_cancel(),
 * valid until done was called. NULL where the queue is full: done was called already.
 */
struct function_invocation *function_invoke(struct function_runner *r, const char *id,
					    const void *event, size_t len, function_done *done,
					    void *ctx);

/** Kills the handler, or forgets the invocation that waits: the client is gone. */
void function_cancel(struct function_invocation *i);

/** Handlers that run or wait. */
size_t function_pending(const struct function_runner *r);
