// SPDX-License-Identifier: GPL-2.0-only
/**
 * The HTTP side of a function, as Function Compute's custom runtime speaks it: POST /invoke with the
 * event as its body, POST /initialize. Every answer carries x-fc-request-id (that of the request) and
 * x-fc-status: 200, or 404 with x-fc-error-type and a JSON body {"errorMessage", "errorType"}.
 *
 * With an HTTP trigger any request is one for the function, whose answer goes back as it is, with
 * x-fc-request-id and without what else it says under names that begin with x-fc-; so x-fc-error-type
 * always means that there was no answer.
 */
#pragma once

#include "base/error.h"
#include "base/loop.h"
#include "function/runner.h"

struct function_service;

struct function_service *function_service_new(struct loop *loop,
					      const struct function_settings *settings)
	__attribute__((returns_nonnull));
/** Kills what still runs. NULL is fine. */
void function_service_free(struct function_service *s);

/** Serves a listening socket. 0, or -1 with *err. */
int function_service_listen(struct function_service *s, int fd, struct lab_error **err);

/** Accepts nothing any more, lets running invocations finish, then stops the loop. */
void function_service_finish(struct function_service *s);
