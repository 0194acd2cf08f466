// SPDX-License-Identifier: GPL-2.0-only
/** One direction of a trip, for the files of this layer. */
#pragma once

#include "analyse/net.h"

/** A packet as it is on its way. */
struct walk_packet {
	uint32_t ns;
	uint32_t oif; /* device of the socket; NET_NONE: none */
	uint32_t src; /* 0: chosen at the start */
	uint32_t dst;
	struct nft_packet header;
	unsigned int choice; /* which of equally good hops is taken */
};

/** forth: the walk that this one answers to; NULL: it is the first. */
void analyse_walk_one(const struct analyse *a, const struct walk_packet *p,
		      const struct analyse_walk *forth, struct analyse_walk *w);
/** Place of the namespace where the walk ended. */
uint32_t analyse_walk_end(const struct analyse *a, const struct analyse_walk *w);
/** As analyse_walk(), by places. to: NET_NONE for whoever has the address. */
void analyse_walk_trip(const struct analyse *a, const struct walk_packet *p, uint32_t to,
		       struct analyse_trip *trip);
struct walk_packet analyse_walk_packet_of(const struct analyse *a, const struct analyse_packet *p);
