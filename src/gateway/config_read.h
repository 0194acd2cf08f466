// SPDX-License-Identifier: GPL-2.0-only
/** The inside of the configuration's reader: what its files share. Not for other layers. */
#pragma once

#include <jansson.h>

#include "gateway/config.h"

struct config_reader {
	struct arena *a;
	struct gateway_config *config;
	json_t *sockets;
	struct lab_error **err;
};

/** "apis[2]: wrong type" as an error of this configuration. -1. */
int config_wrong(struct config_reader *r, const char *what, size_t i, const char *why);

/** A copy in the arena; NULL of NULL. */
char *config_copy(struct config_reader *r, const char *s);

/** Begins with a slash, and may stand in a request line without a query. */
bool config_valid_path(const char *s);
/** A name or an address, maybe with ":port". */
bool config_valid_host(const char *s);
bool config_valid_method(const char *s);

/** config_backend.c: the backend of apis[i], whose path has been read. */
int config_backend(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api);
