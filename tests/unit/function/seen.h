// SPDX-License-Identifier: GPL-2.0-only
/** What has come of a function's invocations: their number, the latest outcome, all texts one after another. */
#pragma once

#include "base/strbuf.h"
#include "function/runner.h"

struct seen {
	size_t calls;
	enum function_outcome outcome;
	struct strbuf body, message;
};

static inline void seen_done(struct seen *s)
{
	strbuf_done(&s->body);
	strbuf_done(&s->message);
	*s = (struct seen){0};
}
#define auto_seen __attribute__((cleanup(seen_done)))

/* To be called with a struct seen when an invocation has ended. */
static inline void note(void *ctx, const struct function_result *result)
{
	struct seen *s = ctx;

	s->calls++;
	s->outcome = result->outcome;
	if (result->body)
		strbuf_addn(&s->body, result->body, result->len);
	if (result->message)
		strbuf_add(&s->message, result->message);
}
