// SPDX-License-Identifier: GPL-2.0-only
/** What a BIRD of the plan speaks of, read from the configuration that compile/bgp.c writes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/ip.h"

struct bird_session {
	const char *dev;
	uint32_t own, far;
	uint64_t own_asn, far_asn;
	const char *password; /* NULL: none */
	uint64_t preference;  /* of what is heard; higher is better */
};

struct bird {
	bool tells_kernel; /* a VBR: tells what the CEN pushed; else its own networks */
	struct ip_prefix *networks;
	size_t n_networks;
	struct bird_session *sessions;
	size_t n_sessions;
};

/** NULL where a line is not one that compile/bgp.c writes. Everything lives in the arena. */
struct bird *analyse_bird_read(struct arena *a, const char *conf);
