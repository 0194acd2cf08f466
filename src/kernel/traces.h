// SPDX-License-Identifier: GPL-2.0-only
/** What of any lab the kernel of this host still holds, whatever journals and directories say. */
#pragma once

#include "plan/backend.h"

enum kernel_trace_kind {
	KERNEL_TRACE_PINNED, /* a namespace of a lab, at a name in /run/netns */
	KERNEL_TRACE_UNUSED, /* a name there, made for a lab, that leads to no namespace */
	KERNEL_TRACE_HELD,   /* a namespace of a lab that has no name, only a holder */
	KERNEL_TRACE_MOUNT,  /* a mount below /run/labctl */
	KERNEL_TRACE_NAMES,  /* /run/netns itself, which labctl mounted, without any name in it */
};

struct kernel_trace {
	enum kernel_trace_kind kind;
	char *tag;                      /* "LAB.NAME"; NULL for mounts */
	struct backend_namespace_id id; /* of a namespace */
	char *where;                    /* a path, or "process 12 (sleep)" */
};

struct kernel_traces {
	struct kernel_trace *list;
	size_t n;
	/* how much was looked at */
	size_t names, processes, namespaces, mounts;
	size_t closed; /* namespaces that could not be entered */
	size_t elsewhere; /* processes that were passed over: their /run is another, as in a container */
	/* for the search */
	struct backend_namespace_id *seen;
	int home;
};

/**
 * Looks into every network namespace that a name in /run/netns, a process, a thread, a descriptor or a
 * mount in anybody's mount namespace leads to. Each is told once, a name before other holders. One that
 * only a socket keeps alive cannot be found. Zeroed before; kernel_traces_done() also after a failure.
 */
int kernel_traces_find(struct kernel_traces *t, struct lab_error **err);
void kernel_traces_done(struct kernel_traces *t);
#define auto_traces __attribute__((cleanup(kernel_traces_done)))

/** Takes away what kernel_traces_find() tells as KERNEL_TRACE_NAMES, unless a lab is being built. */
void kernel_traces_tidy(void);
