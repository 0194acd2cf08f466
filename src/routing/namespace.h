// SPDX-License-Identifier: GPL-2.0-only
/** One network namespace of the lab: its routes as the kernel tells of them, and how ours get there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "routing/channel.h"
#include "routing/feed.h"
#include "routing/fib.h"

struct routing_namespace {
	struct loop_io io; /* first: the loop gives its address; set and used by the owner */
	void *owner;
	const char *name;
	struct routing_channel channel;
	struct routing_fib *fib;
	struct routing_feed *feeds;
	size_t n_feeds;
	bool known;       /* a dump was told to its end, and nothing was lost since */
	uint64_t dump_at; /* ms: where a dump is due, not before; UINT64_MAX: none is */
	uint64_t dumped_at;
	size_t written, removed; /* orders of this turn */
	uint64_t reasons[3];     /* bit e: errno e was logged, and not all is well since */
	bool taken_told;
	bool built; /* set by the owner: refusals are news; before, what routes need is still being made */
};

/** fd: rtnetlink, borrowed. */
void routing_namespace_init(struct routing_namespace *ns, const char *name, int fd);
void routing_namespace_done(struct routing_namespace *ns);

/** The feed of this table and protocol; stale after the next call for this namespace. */
size_t routing_namespace_feed(struct routing_namespace *ns, uint32_t table, uint8_t protocol);

/** Nothing that is known counts: a dump is due at once. */
void routing_namespace_doubt(struct routing_namespace *ns);

/** Takes the events that wait. */
void routing_namespace_read(struct routing_namespace *ns);
/** Dumps where that is due. true: it did, and all is known. */
bool routing_namespace_sync(struct routing_namespace *ns, uint64_t now);
/** Carries out what is due, where all is known. true: there was something. */
bool routing_namespace_write(struct routing_namespace *ns, uint64_t now);
/** Logs, in one line, what was written and removed since the last call. */
void routing_namespace_report(struct routing_namespace *ns);
/** When sync or write have something to do, ms. */
uint64_t routing_namespace_due(const struct routing_namespace *ns);
