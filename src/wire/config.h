// SPDX-License-Identifier: GPL-2.0-only
/** The configuration document of labctl-wire. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "wire/fate.h"

struct wire_port_config {
	const char *name; /* of its socket, and of the device that this is to be bound to */
	int fd;
};

struct wire_line {
	const char *name; /* unique; with the lab's it says which frames are lost */
	size_t ports[2];
	struct wire_traits traits;
	size_t hold; /* bytes of frames on their way, in each direction */
};

struct wire_config {
	const char *lab;
	int state; /* descriptor of the memory */
	struct wire_port_config *ports;
	struct wire_line *lines;
	size_t n_ports, n_lines;
};

/**
 * {"lab", "state": socket,
 *  "lines": [{"name", "a": socket, "b": socket, "delay_us", "jitter_us"?, "loss_ppm"?, "duplicate_ppm"?,
 *    "reorder_ppm"?, "hold" (bytes)}...],
 *  "sockets": [{"name"}...]}
 * Every socket is of one use. Memory: in the arena. NULL with *err (LAB_USAGE) that names the place.
 */
struct wire_config *wire_config_read(struct arena *a, const char *text, size_t len,
				     struct lab_error **err);
