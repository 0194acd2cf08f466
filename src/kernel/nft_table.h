// SPDX-License-Identifier: GPL-2.0-only
/**
 * nftables tables by netlink, of the current network namespace. Unlike nft, which has no quotes for a table's
 * name, it takes every name for what it is: keywords, blanks, line feeds.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/** "ip", "inet", ... of an NFPROTO_*; NULL: it has no tables. */
const char *kernel_nft_family_name(unsigned char family);

/** A socket that speaks to nftables. A descriptor, or -1 with *err. */
int kernel_nft_socket(struct lab_error **err);

/**
 * How far a namespace's tables have come: the kernel counts each transaction that changed anything, for every
 * namespace apart (nft_net.base_seq; nf_tables_commit()). What packets change, it does not count: counters, and
 * elements that rules add to sets, which labs have none of.
 */
struct kernel_nft_generation {
	uint64_t
		ns; /* SO_NETNS_COOKIE: which namespace; never another one's in this boot. 0: all of it is unknown */
	uint32_t id;
};

/** Of the namespace that the socket is of. Unknown also on kernels without cookies, those before 5.14. */
struct kernel_nft_generation kernel_nft_generation(int fd);

/** What came before and after a transaction. */
struct kernel_nft_commit {
	struct kernel_nft_generation before, after;
};

/**
 * Removes "FAMILY NAME", or "NAME" of family ip, with all that is in it. One that is not there is fine. *commit is
 * zero where nothing was removed.
 */
int kernel_nft_table_remove(const char *table, struct kernel_nft_commit *commit,
			    struct lab_error **err);
