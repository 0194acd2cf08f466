// SPDX-License-Identifier: GPL-2.0-only
/**
 * nftables tables by netlink, of the current network namespace. Unlike nft, which has no quotes for a table's
 * name, it takes every name for what it is: keywords, blanks, line feeds.
 */
#pragma once

#include "base/error.h"

/** "ip", "inet", ... of an NFPROTO_*; NULL: it has no tables. */
const char *kernel_nft_family_name(unsigned char family);

/** A socket that speaks to nftables. A descriptor, or -1 with *err. */
int kernel_nft_socket(struct lab_error **err);

/** Removes "FAMILY NAME", or "NAME" of family ip, with all that is in it. One that is not there is fine. */
int kernel_nft_table_remove(const char *table, struct lab_error **err);
