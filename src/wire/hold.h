// SPDX-License-Identifier: GPL-2.0-only
/**
 * Frames on their way, oldest first. A frame is received straight into its place, which is as long as
 * the frame: 64 kB of a segment that the kernel did not cut, or 60 bytes of ARP.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/** The longest frame: 64 kB of IP, an Ethernet header, and the virtio_net_hdr before it. */
#define WIRE_FRAME_MAX (65536u + 64u)

struct wire_frame {
	uint64_t due; /* ns */
	uint32_t len;
	uint32_t copies; /* that are still to be sent */
	unsigned char data[];
};

/** Memory for the frames of all ways. */
struct wire_pool;

/** most: bytes that it may come to. */
struct wire_pool *wire_pool_new(size_t most) __attribute__((returns_nonnull));
void wire_pool_free(struct wire_pool *p); /* after all holds of it are emptied; NULL is fine */

/** Embedded; zeroed but for pool and limit it is empty. */
struct wire_hold {
	struct wire_pool *pool;
	size_t limit; /* bytes of frames that it takes */
	size_t bytes, n;
	struct wire_chunk *first, *last;
};

/**
 * Room for one more frame of any length, for wire_hold_add(); NULL: full. Stays the same until then. Who
 * does not add after all calls wire_hold_tidy(), once, when there is nothing to do.
 */
struct wire_frame *wire_hold_room(struct wire_hold *h);
/** The frame in that room, with its len set, joins as the youngest. */
void wire_hold_add(struct wire_hold *h, struct wire_frame *f);
void wire_hold_tidy(struct wire_hold *h);

struct wire_frame *wire_hold_oldest(const struct wire_hold *h); /* NULL: there is none */
void wire_hold_drop_oldest(struct wire_hold *h);
void wire_hold_empty(struct wire_hold *h);
