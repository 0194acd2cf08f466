// SPDX-License-Identifier: GPL-2.0-only
/**
 * Who reaches whom: from every node to every address of a node, of a gateway, of a VBR at its circuit, and of
 * the resolvers; and whether the gateways reach what their APIs call.
 *
 * Nodes that cannot be told apart (equal routes, filters, sets, listeners: class.c) share one walk, so that a
 * thousand instances cost as much as the kinds of instance that they are.
 */
#pragma once

#include "analyse/analyse.h"

struct strbuf;

/** What is tried. Port 0: one that no filter and no listener names. */
struct analyse_service {
	enum analyse_protocol protocol;
	uint16_t port;
};
/** "ping", "tcp/80", "tcp" for port 0. */
void analyse_service_name(struct analyse_service s, struct strbuf *b);

enum analyse_verdict { ANALYSE_NO, ANALYSE_YES, ANALYSE_PERHAPS };

/** Sorted by protocol and port; ping and both ports 0 are always there. */
struct analyse_outcome {
	const struct analyse_service *services;
	const enum analyse_verdict *verdicts;
	size_t n;
	uint32_t
		loss_ppm; /* of round trips of what passes: how many of a million get lost on the way */
};
/** Of a service that the outcome does not list: that of port 0. */
enum analyse_verdict analyse_outcome_of(const struct analyse_outcome *o, struct analyse_service s);

struct analyse_source {
	const char *name; /* node, and its namespace */
	size_t kind;
};

struct analyse_target {
	const char *name;  /* node, gateway, VBR, or "resolver" */
	const char *label; /* the same, with the address where it has several */
	const char *ns;    /* NULL: of whoever has the address */
	uint32_t ip;
	size_t kind;
};

/** A service that an API of a gateway calls. */
struct analyse_call {
	const char *gateway;
	const char *
		label; /* whom: a node's name, or the address; "... by way of vpc-1" where that differs */
	struct analyse_packet packet;
	enum analyse_verdict verdict;
};

struct analyse_matrix {
	const struct analyse *a;
	struct arena *arena;
	struct analyse_source *sources; /* sorted by name */
	struct analyse_target *targets; /* sorted by name and address */
	struct analyse_call *calls;     /* sorted by gateway, address, port, device */
	size_t n_sources, n_targets, n_calls;
	size_t n_source_kinds, n_target_kinds;
	const struct analyse_outcome **cells; /* by kind of source and kind of target */
	uint16_t any_port;                    /* that stands for those that nobody names */
	size_t walks;                         /* that it took, both directions being one */
};

/** Borrows the analysis. */
struct analyse_matrix *analyse_matrix_new(const struct analyse *a) __attribute__((returns_nonnull));
void analyse_matrix_free(struct analyse_matrix *m); /* NULL is fine */

/** NULL where source and target are the same node. Equal outcomes are one. */
const struct analyse_outcome *analyse_matrix_get(const struct analyse_matrix *m, size_t source,
						 size_t target);
/** Walks again what one cell of the matrix stands for. */
void analyse_matrix_walk(const struct analyse_matrix *m, size_t source, size_t target,
			 struct analyse_service s, struct analyse_trip *trip);
