// SPDX-License-Identifier: GPL-2.0-only
/** The mark that each namespace of a lab carries. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>

/** Adds it to a message that sets up lo. */
void kernel_tag_put(struct nlmsghdr *h, const char *lab, const char *name);
/** Whether the alias of lo (NULL: none) is that mark. */
bool kernel_tag_is(const char *alias, const char *lab, const char *name);
