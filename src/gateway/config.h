// SPDX-License-Identifier: GPL-2.0-only
/** The gateway's configuration, checked strictly: unknown keys, dangling names and doubles are errors. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define GATEWAY_MAX_STAGES 32 /* of one group; sets of stages are bits of a word */

struct gateway_listener {
	const char *socket;
	int fd;
};

struct gateway_domain {
	const char *name; /* lower case */
	bool is_public;   /* the public second-level domain, not the VPC one */
};

struct gateway_group {
	const char *name, *id;
	const char *base_path; /* "/", or "/v1" without a slash at the end */
	const char **stages;
	const char **stage_ids; /* for the log; the same in every configuration of the lab */
	size_t n_stages;
	struct gateway_domain *domains;
	size_t n_domains;
};

enum gateway_backend_kind { GATEWAY_FUNCTION, GATEWAY_MOCK };

struct gateway_backend {
	enum gateway_backend_kind kind;
	/* GATEWAY_FUNCTION */
	const char *function;
	struct sockaddr_in address;
	const char *authority; /* "100.100.80.1:9000" */
	unsigned int timeout_ms;
	const char *role; /* NULL: the gateway may not invoke it (A403FC) */
	/* GATEWAY_MOCK */
	int status;
	const char *body;
};

struct gateway_api {
	const char *name, *id;
	const struct gateway_group *group;
	const char *method; /* NULL: ANY */
	const char *path;   /* as configured, segments "[name]" are parameters */
	bool http, https;
	uint32_t stages; /* bit i: published to group->stages[i] */
	struct gateway_backend backend;
	/* names of the parameters in order, set by the route table */
	const char **params;
	size_t n_params;
};

struct gateway_config {
	const char *instance, *instance_id, *region;
	bool serverless;
	struct gateway_listener *listeners;
	size_t n_listeners;
	struct gateway_group *groups;
	size_t n_groups;
	struct gateway_api *apis;
	size_t n_apis;
};

/** Everything of it lives in the arena. NULL with *err where the text is not a sound configuration. */
struct gateway_config *gateway_config_read(struct arena *a, const char *text, size_t len,
					   struct lab_error **err);
