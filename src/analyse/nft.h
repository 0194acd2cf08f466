// SPDX-License-Identifier: GPL-2.0-only
/**
 * The filters of a plan, read and judged: those constructs of nftables that compile/ writes, and no
 * others. What is not understood is never guessed: a packet whose verdict depends on it is "not known".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum nft_hook { NFT_PREROUTING, NFT_INPUT, NFT_FORWARD, NFT_OUTPUT, NFT_N_HOOKS };

/** Numbers of IPv4, as in the header. */
enum { NFT_ICMP = 1, NFT_TCP = 6, NFT_UDP = 17 };
/** Types of ICMP messages. */
enum { NFT_ECHO_REPLY = 0, NFT_ECHO_REQUEST = 8 };

struct nft_packet {
	const char *iif, *oif; /* "": none; "lo" at the ends of what stays inside */
	uint32_t saddr, daddr;
	uint8_t protocol;
	uint16_t sport, dport;
	uint8_t icmp_type, icmp_code;
	bool syn;         /* the first segment of a connection: SYN without ACK */
	bool established; /* the namespace has seen the flow that this is an answer to */
};

struct nft_range {
	uint32_t first, last;
};

/** Addresses, ports, or types: sorted. */
struct nft_ranges {
	struct nft_range *v;
	size_t n;
};

/** A named set. */
struct nft_set {
	const char *name;
	struct nft_ranges elements;
};

/** What a device's name leads to in a verdict map; in a list of names, chain is NULL. */
struct nft_name {
	const char *name, *chain;
	size_t target; /* place of the chain in the table */
};

enum nft_field {
	NFT_FIELD_IIF,
	NFT_FIELD_OIF,
	NFT_FIELD_SADDR,
	NFT_FIELD_DADDR,
	NFT_FIELD_PROTOCOL,
	NFT_FIELD_DPORT, /* of what the rule says before, or of any protocol with ports */
	NFT_FIELD_ICMP_TYPE,
	NFT_FIELD_ICMP_CODE,
	NFT_FIELD_ESTABLISHED,
	NFT_FIELD_SYN,
	NFT_FIELD_CHANCE, /* of 1,000,000 packets, as many match as `ranges` says */
	NFT_FIELD_UNKNOWN
};

struct nft_match {
	enum nft_field field;
	bool not ;
	struct nft_ranges ranges;
	struct nft_name *names; /* of devices, sorted */
	size_t n_names;
};

enum nft_action {
	NFT_CONTINUE, /* none: the next rule */
	NFT_DO_ACCEPT,
	NFT_DO_DROP,
	NFT_DO_RETURN,
	NFT_DO_JUMP,
	NFT_DO_MAP, /* by the names of the last match */
	NFT_DO_UNKNOWN
};

struct nft_rule {
	const char *text; /* as it was written */
	struct nft_match *matches;
	size_t n_matches;
	enum nft_action action;
	const char *chain; /* of a jump */
	size_t target;
	bool errors; /* it matches no message but errors of ICMP, whatever else is in it */
};

struct nft_chain {
	const char *name;
	bool base;
	enum nft_hook hook;
	int priority;
	bool drops;   /* its policy */
	bool unknown; /* its hook is not understood: it may do anything */
	struct nft_rule *rules;
	size_t n_rules;
};

struct nft_table {
	struct nft_set *sets;
	size_t n_sets;
	struct nft_chain *chains;
	size_t n_chains;
	bool unknown; /* not even its outline is understood */
	/* Single ports, and the first ones of ranges, that rules name by `tcp dport` and `udp dport`. */
	uint16_t *tcp_ports, *udp_ports;
	size_t n_tcp_ports, n_udp_ports;
};

/** Reads "table ip NAME { ... }". Everything lives in the arena. Never NULL. */
struct nft_table *analyse_nft_read(struct arena *a, const char *text)
	__attribute__((returns_nonnull));

enum nft_verdict { NFT_ACCEPT, NFT_DROP, NFT_UNKNOWN };

struct nft_judgement {
	enum nft_verdict verdict;
	const struct nft_chain *chain; /* that had the last word; NULL: none */
	const struct nft_rule *rule;   /* NULL: the policy of the chain */
	bool by_service; /* what was looked at is not the same for all protocols and ports */
};

/** What the table's chains at that hook say of the packet. */
struct nft_judgement analyse_nft_judge(const struct nft_table *t, enum nft_hook hook,
				       const struct nft_packet *p);

/** Whether v lies in one of the ranges. */
bool analyse_nft_ranges_have(const struct nft_ranges *r, uint32_t v);
/** The entry of a device; NULL where there is none. */
const struct nft_name *analyse_nft_find_name(const struct nft_match *m, const char *name);
