// SPDX-License-Identifier: GPL-2.0-only
/** Lines to and from the other end of a socket (web/contract.h); both ends use it. */
#pragma once

#include <stdbool.h>

#include "base/loop.h"
#include "base/strbuf.h"

struct web_feed {
	struct loop *loop;
	struct loop_io io;
	struct strbuf in, out;
	size_t in_max, out_at;
	void *data;
	/** One line, without its end; it may be written into. */
	void (*line)(struct web_feed *f, char *line);
	/** The other end is gone, or says what is too long; called once, at last. */
	void (*gone)(struct web_feed *f);
	bool is_gone;
};

/** The rest is zeroed; fd is non-blocking, borrowed, and read as the loop runs. 0, or -1 with errno. */
int web_feed_open(struct web_feed *f, struct loop *loop, int fd);
void web_feed_done(struct web_feed *f);
/** Says "HEAD TEXT\n"; text has no line end. */
void web_feed_say(struct web_feed *f, const char *head, const char *text);
/** Bytes that the other end has not taken yet. */
size_t web_feed_waiting(const struct web_feed *f);
