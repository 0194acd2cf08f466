// SPDX-License-Identifier: GPL-2.0-only
/** labctl graph LAB --live */
#pragma once

#include "base/error.h"
#include "graph/graph.h"

struct cli_graph_live {
	const char *lab;     /* as the user called it */
	bool all;            /* each instance is drawn */
	bool steady;         /* pictures come one after the other in the same place */
	unsigned long count; /* of pictures; 0: until a signal */
	/* Takes a picture; it is gone afterwards. -1 with *err ends it all. */
	int (*show)(struct graph *g, void *data, struct lab_error **err);
	void *data;
};

/** A picture every second, each of the second before it. 0 at a signal or after all of them. */
int cli_graph_live(const struct cli_graph_live *o, struct lab_error **err);
