// SPDX-License-Identifier: GPL-2.0-only
/** Scope-bound ownership: what is declared with these attributes is released at the closing brace. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing useful can be done about a failing close here */
}

static inline void cleanup_fclosep(FILE **f)
{
	if (*f)
		(void)fclose(*f); /* as above; writers check fflush themselves */
}

#define auto_free   __attribute__((cleanup(cleanup_freep)))
#define auto_close  __attribute__((cleanup(cleanup_closep)))
#define auto_fclose __attribute__((cleanup(cleanup_fclosep)))

/** Hands the descriptor to the caller; the variable no longer owns it. */
static inline int steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/** Hands the pointer to the caller; the variable no longer owns it. */
#define steal_ptr(p)                      \
	({                                \
		__auto_type taken_ = (p); \
		(p) = NULL;               \
		taken_;                   \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
