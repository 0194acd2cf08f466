// SPDX-License-Identifier: GPL-2.0-only
/**
 * Custom runtimes: the function's executable is an HTTP server that is started once and then gets one
 * POST /invoke after another, or the requests of an HTTP trigger, over connections that stay open
 * (include/labctl/function.h says what is in them). Started by the first invocation (a cold start), and again after a crash; another instance is
 * started when all have as many invocations as settings.concurrency allows.
 *
 * An instance that let an invocation time out, gave none an answer, or whose client left, gets no more: nobody knows what it
 * is still busy with. It is ended when its other invocations are over, and so is one that had nothing to
 * do for settings.idle_ms.
 */
#pragma once

#include "function/runner.h"
#include "http/head.h"

#define FUNCTION_START_MS 25000  /* from the start of a process until it listens */
#define FUNCTION_IDLE_MS  300000 /* without an invocation, then an instance ends */

struct function_runtime;
struct function_request;

struct function_runtime *function_runtime_new(struct loop *loop,
					      const struct function_settings *settings)
	__attribute__((returns_nonnull));

/** Cancels what is under way, ends all instances. Not from within a `done`. NULL is fine. */
void function_runtime_free(struct function_runtime *t);

/**
 * As function_invoke(), with id and event borrowed until done or cancel. id: letters, digits and '-'.
 * FUNCTION_CRASHED also says: it answered with an error, or with no HTTP that we accept.
 */
struct function_request *function_runtime_invoke(struct function_runtime *t, const char *id,
						 const void *event, size_t len, function_done *done,
						 void *ctx);

/**
 * The same with a request that is passed on as it is: method, path, query, body and all headers but those of the
 * connection and those that begin with x-fc-, which are ours. The answer has a head. head and body: borrowed likewise.
 */
struct function_request *function_runtime_pass(struct function_runtime *t, const char *id,
					       const struct http_head *head, struct http_slice body,
					       function_done *done, void *ctx);

/** The client is gone. */
void function_runtime_cancel(struct function_request *q);

/** Processes there are. */
size_t function_runtime_instances(const struct function_runtime *t);
