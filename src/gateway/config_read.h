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

/** Which of n words it is, or -1. */
int config_word(const char *s, const char *const *words, size_t n);

/** Begins with a slash, and may stand in a request line without a query. */
bool config_valid_path(const char *s);
/** A name or an address, maybe with ":port". */
bool config_valid_host(const char *s);
bool config_valid_method(const char *s);
/** config_mapping.c: one that an API may set: not what frames a message, nor what the gateway says by itself. */
bool config_valid_header(const char *name);

/** The set of a group's stages of that list of names. */
int config_stages(struct config_reader *r, json_t *list, size_t i, const struct gateway_group *g,
		  uint32_t *set);

/** The prefixes of a list of texts, none of NULL; -1, without an error, where one is malformed. */
int config_blocks(struct config_reader *r, json_t *list, struct ip_prefix **blocks, size_t *n);

/** config_auth.c: all apps; what apis[i] demands. Either may be NULL, where it is not written. */
int config_apps(struct config_reader *r, json_t *list);
int config_auth(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api);
const struct gateway_app *config_find_app(const struct config_reader *r, const char *name);

/** config_plugin.c: likewise, plug-ins and what is bound to apis[i]; apps have been read. */
int config_plugins(struct config_reader *r, json_t *list);
int config_bound(struct config_reader *r, json_t *list, size_t i, struct gateway_api *api);

/** config_mapping.c: what becomes of the parameters of apis[i], whose path has been read; NULL: nothing. */
int config_mapping(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api);

/** What faults are of: "apis"[2]. */
struct config_place {
	const char *list;
	size_t i;
};

/** config_backend.c: the backend of the API, whose path and mapping have been read; one of plugins[i]. */
int config_backend(struct config_reader *r, json_t *j, struct config_place at,
		   struct gateway_api *api);
int config_plugin_backend(struct config_reader *r, json_t *j, size_t i,
			  const struct gateway_backend **out);
