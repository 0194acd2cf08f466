// SPDX-License-Identifier: GPL-2.0-only
/**
 * Lab files of a given shape and size: for rehearsals at scale, and for the benchmarks. Pure text; the same
 * request gives the same file, byte for byte.
 */
#pragma once

#include <stddef.h>

#include "base/strbuf.h"

struct generate_request {
	const char *lab;       /* name of the lab */
	size_t n;              /* nodes (chain: routers), at least 2 */
	size_t vpcs;           /* shape regions: at most 250 */
	unsigned int mbit;     /* shape regions: between two regions, Mbit/s */
	const char *rtt;       /* shape regions: between two regions, as in a lab file */
	const char *generator; /* the command, for the comment at the head of the file */
};

struct generate_shape {
	const char *name;
	const char *help; /* what it is, as part of a sentence */
	size_t most;      /* nodes */
	void (*write)(struct strbuf *b, const struct generate_request *r);
};

extern const struct generate_shape generate_shapes[];
extern const size_t generate_n_shapes;

/** NULL where there is none of that name. */
const struct generate_shape *generate_find(const char *name);

/* The shapes, a file for each. */
void generate_star(struct strbuf *b, const struct generate_request *r);
void generate_regions(struct strbuf *b, const struct generate_request *r);
void generate_chain(struct strbuf *b, const struct generate_request *r);

/** The comment at the head, and the keys `lab` and `title`. */
void generate_head(struct strbuf *b, const struct generate_request *r, const char *title);
