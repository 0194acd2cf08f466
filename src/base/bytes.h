// SPDX-License-Identifier: GPL-2.0-only
/**
 * Eight bytes of a text at once, for what is looked at whole and is short: the lines of a head, the strings of a log.
 * A mask has bits where bytes are what was asked for; 0: none is. Of the others only bytes_first() may be relied upon.
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BYTES_EACH(b) (UINT64_C(0x0101010101010101) * (b))

/** The eight bytes at p, the first one lowest. */
static inline uint64_t bytes_load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return le64toh(word);
}

/** Bytes below n, which is at most 0x80. */
static inline uint64_t bytes_below(uint64_t word, unsigned char n)
{
	return (word - BYTES_EACH(n)) & ~word & BYTES_EACH(0x80);
}

/** Bytes that are c. */
static inline uint64_t bytes_equal(uint64_t word, unsigned char c)
{
	return bytes_below(word ^ BYTES_EACH(c), 1);
}

/** Where the first byte of a mask is that is not 0. */
static inline size_t bytes_first(uint64_t mask)
{
	return (size_t)__builtin_ctzll(mask) / 8;
}
