// SPDX-License-Identifier: GPL-2.0-only
/** Walks for those who take many: places instead of names, and a memory of what was looked up before. */
#pragma once

#include "analyse/memory.h"
#include "analyse/net.h"

/** A packet as it is on its way. */
struct walk_packet {
	uint32_t ns;  /* where it is sent; NET_NONE: nowhere */
	uint32_t oif; /* device of the socket; NET_NONE: none */
	uint32_t src; /* 0: chosen at the start */
	uint32_t dst;
	struct nft_packet header;
	unsigned int choice; /* which of equally good hops is taken */
};

struct walk_packet analyse_walk_packet(const struct analyse *a, const struct analyse_packet *p);

/** What walks are taken with. */
struct walk_means {
	const struct analyse *a;
	struct walk_memory *memory; /* of a; NULL: nothing is remembered */
	/* With a memory: what is lost for certain is not followed to its end. Then the trip tells whether it is
	 * ok, known, or not, by_service, and what is lost, and nothing else. */
	bool brief;
};

/** As analyse_walk(). to: NET_NONE for whoever has the address. */
void analyse_walk_trip(const struct walk_means *m, const struct walk_packet *p, uint32_t to,
		       struct analyse_trip *trip);
