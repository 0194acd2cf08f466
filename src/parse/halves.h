// SPDX-License-Identifier: GPL-2.0-only
/** Large lab files are read in two halves at once. */
#pragma once

#include "parse/part.h"

#define PARSE_HALVES_BYTES (128 * 1024) /* below, a thread saves next to nothing */

/**
 * The root of the document, as if `whole` had been read in one go: the same nodes, texts and places. It is cut behind
 * the offset `near` of its source. NULL, with nothing said and nothing left in the arenas, where no line there is
 * fit, where a half has an error, and wherever it is not plain that the halves mean what the whole does.
 */
struct node *parse_halves(const struct part *whole, size_t near, struct arena *arena,
			  struct arena *texts);
