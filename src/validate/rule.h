// SPDX-License-Identifier: GPL-2.0-only
/** What a rule works with: the lab, the place for its findings, and small helpers for messages. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/ip.h"
#include "model/model.h"
#include "model/ranges.h"
#include "validate/validate.h"

struct check_at {
	struct check *check;
};

struct validation {
	struct lab *lab;
	struct diag_list *diags;
	const struct validate_rule *rule; /* the one that runs: its id and severity are reported */
	struct arena *scratch;            /* freed when validate_lab() returns */
	/* Checks that hold in the lab's present state, and all of them in order of the file. */
	struct check_at *active, *checks;
	size_t n_active, n_checks;
	const char *
		now; /* id of the step at which the lab stands, "STEP/EXERCISE", LAB_BASE; NULL: it has no steps */
};

/** Adds a finding of the running rule. */
void validate_report(struct validation *v, struct span at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Adds what to do about the newest finding: a hint without a place. */
void validate_hint(struct validation *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** All backends of all APIs, those of single stages too. */
void validate_each_backend(struct validation *v,
			   void (*check)(struct validation *v, const struct api *api,
					 const struct api_backend *b));

/** Whether [name] may stand in the path of the API's backend. */
bool validate_backend_knows(const struct api *api, const char *name);

/** Whether an API may set the header: not what frames a message, nor what the gateway says by itself. */
bool validate_header_name(const char *name);

/** Text for messages, in scratch memory. */
const char *validate_cidr(struct validation *v, struct ip_prefix p);
const char *validate_ip(struct validation *v, uint32_t ip);
const char *validate_rate(struct validation *v, uint64_t bits_per_second);
const char *validate_duration(struct validation *v, uint64_t us);

/** Parts of a place: the first occurrence of `needle` in the source text that `at` covers. */
struct span validate_span_find(struct span at, const char *needle);

/** `at`, or where that is nowhere (a default), `otherwise`. */
static inline struct span span_or(struct span at, struct span otherwise)
{
	return at.line ? at : otherwise;
}

/** NULL, what parse/ could not decode, equals nothing. */
static inline bool streq(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static inline const struct vpc *ecs_vpc(const struct ecs *e)
{
	const struct vswitch *vsw = e->vswitch.to;

	return vsw ? vsw->vpc : NULL;
}

static inline const struct region *vpc_region(const struct vpc *vpc)
{
	return vpc ? vpc->region.to : NULL;
}

/** Whether addresses of hosts can be counted in a LAN. */
static inline bool lan_countable(const struct lan *lan)
{
	return lan->cidr_block.set && lan->cidr_block.p.len >= 16 && lan->cidr_block.p.len <= 30;
}

/** The subnet of a circuit's address, and whether its mask is one. */
static inline bool circuit_subnet(const struct address *ip, const struct address *mask,
				  struct ip_prefix *subnet)
{
	int len = mask_length(mask->ip);

	*subnet = (struct ip_prefix){ip->ip & mask->ip, (uint8_t)(len < 0 ? 0 : len)};
	return ip->set && len >= 24 && len <= 30;
}

/** The first and last address of a vSwitch that an instance may have; first > last where none. */
static inline uint32_t vswitch_first(const struct vswitch *vsw)
{
	return ip_prefix_first(vsw->cidr_block.p) + 1;
}

static inline uint32_t vswitch_last(const struct vswitch *vsw)
{
	return ip_prefix_last(vsw->cidr_block.p) - 3;
}

/** Whether the vSwitch has a CIDR that addresses can be counted in. */
static inline bool vswitch_countable(const struct vswitch *vsw)
{
	return vsw->cidr_block.set && vsw->cidr_block.p.len >= 16 && vsw->cidr_block.p.len <= 29;
}
