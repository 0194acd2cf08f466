// SPDX-License-Identifier: GPL-2.0-only
/** A folder of a test program's own: group setup and teardown for cmocka. */
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char place[] = "/tmp/labctl-test-XXXXXX";
static int top = -1; /* the folder's descriptor */

static inline int make_place(void **state)
{
	if (!mkdtemp(place))
		return -1;
	top = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return top < 0 ? -1 : 0;
}

static inline int remove_place(void **state)
{
	(void)close(top);
	return rmdir(place); /* fails where a test left something */
}
