// SPDX-License-Identifier: GPL-2.0-only
/** The function worker's configuration, made into what the runner wants. */
#pragma once

#include <stddef.h>

#include "base/environment.h"
#include "base/error.h"
#include "function/runner.h"

struct function_config {
	char *name, *region, *handler;
	char *access_key_id, *access_key_secret, *security_token;
	struct environment environment;    /* of the handler */
	struct function_settings settings; /* points into the above */
};

/**
 * Reads {"function", "region", "handler": absolute path, "timeout_ms", "memory_mb",
 * "environment": {NAME: VALUE...}, "instance_concurrency": 1-200, "trigger": "http", "ca_port": 1024-65535,
 * "credentials": {"access_key_id", "access_key_secret", "security_token"}}; timeout and memory may be
 * absent: 60 s, 128 MB; with instance_concurrency the handler is a custom runtime (runtime.h), and may have a
 * trigger: requests are passed on to it as they are. With ca_port each instance has a network of its own, if
 * settings.seats are made for that, and listens on that port there. The handler's
 * environment is a fixed base, then the FC_ variables, then the user's, a later one replacing an
 * earlier one. NULL with *err where it is not that.
 */
struct function_config *function_config_read(const char *text, size_t len, struct lab_error **err);
void function_config_free(struct function_config *c); /* NULL is fine */
