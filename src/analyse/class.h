// SPDX-License-Identifier: GPL-2.0-only
/** Which namespaces are alike, so that what is true of one way is true of all ways between them. */
#pragma once

#include "analyse/net.h"

struct class_index;

struct class_index *analyse_class_index_new(const struct analyse *a);
void analyse_class_index_free(struct class_index *c);

/**
 * A number that is equal for namespaces which could be exchanged for one another without anybody noticing:
 * hosts with one address on one link. All others get one of their own.
 */
uint64_t analyse_class_of(const struct class_index *c, uint32_t ns);
