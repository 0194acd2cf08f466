// SPDX-License-Identifier: GPL-2.0-only
/** The server of the page: requests of browsers on one side, lines of labctl on the other. */
#pragma once

#include "base/error.h"
#include "base/loop.h"

struct web_config {
	char *token, **hosts;
	size_t n_hosts;
	bool control;
};

/** The JSON of "config". NULL with *err. */
struct web_config *web_config_read(const char *text, struct lab_error **err);
void web_config_free(struct web_config *c); /* NULL is fine */

struct web_server;

/** Serves on `listener` what comes by `feed`; stops the loop when that is gone. NULL with *err. */
struct web_server *web_server_new(struct loop *loop, const struct web_config *config, int feed,
				  int listener, struct lab_error **err);
void web_server_free(struct web_server *s); /* NULL is fine */
