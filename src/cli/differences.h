// SPDX-License-Identifier: GPL-2.0-only
/** What differs from a lab's plan, as it changes with time, told line by line. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "apply/apply.h"

struct difference {
	char *object;                 /* "link vpc-3/ecs-3 <-> ecs-3/eth0": the key */
	char *drift;                  /* "missing" "changed" "extra" ... */
	char *detail, *resource, *at; /* NULL: nothing to say */
	char *ns[2];                  /* where it lies; NULL for workers and the supervisor */
	bool seen;
};

struct differences {
	struct difference *v;
	size_t n;
	bool json, live; /* live: the last line of a terminal says what differs now */
	bool shown;      /* it stands there */
};

void cli_differences_done(struct differences *d);

/** Begins a look: nothing of it is seen yet. */
void cli_differences_begin(struct differences *d);
/** One that differs; texts are copied, ns as plan_places(). What is new or otherwise than before is told. */
void cli_differences_see(struct differences *d, const struct difference *now);
/** Those of a drift whose places concern (NULL: all of them). What lies in a missing namespace is not worth a word. */
void cli_differences_see_drift(struct differences *d, const struct plan_diff *drift,
			       bool (*concerns)(const char *ns, void *data), void *data);
/** The workers of supervise_status(), and those of the plan that it does not know. */
void cli_differences_see_workers(struct differences *d, const struct plan *plan,
				 const json_t *live);
/** Ends a look: what `covered` says it would have seen, and has not, is back as planned. */
void cli_differences_end(struct differences *d,
			 bool (*covered)(const struct difference *x, void *data), void *data);
/** A line that is about the lab as a whole. */
void cli_differences_say(struct differences *d, const char *lab, const char *text);
/** Sees to the last line of the terminal, and that all is written. -1 with *err. */
int cli_differences_flush(struct differences *d, struct lab_error **err);
