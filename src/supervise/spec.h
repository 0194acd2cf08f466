// SPDX-License-Identifier: GPL-2.0-only
/** What a worker shall be: one item of the plan document's "workers", parsed and checked. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct spec_socket {
	const char *name, *ns; /* borrowed from json */
	bool udp;
	uint32_t addr; /* host byte order */
	uint16_t port;
};

struct spec {
	json_t *json; /* owns all text below */
	const char *name, *program, *ns;
	struct spec_socket *sockets;
	size_t n_sockets;
	/* an executable that the worker starts by path (a function's handler), or NULL: made
	 * reachable for the worker's user even where a folder above it is closed to others */
	const char *handler;
};

/** Parses one item. NULL with *err, naming the worker where that much is known. */
struct spec *supervise_spec_parse(json_t *item, struct lab_error **err);
void supervise_spec_free(struct spec *s); /* NULL is fine */

/** Whether both describe the same process: origins and key order do not count. */
bool supervise_spec_same(const struct spec *a, const struct spec *b);

/** The configuration document of base/worker.h, with "sockets" added; to be freed. */
char *supervise_spec_config(const struct spec *s);
