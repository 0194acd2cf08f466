// SPDX-License-Identifier: GPL-2.0-only
/** What has come of a function's invocations: their number, the latest outcome, all texts one after another. */
#pragma once

#include "base/strbuf.h"
#include "function/runner.h"
#include "http/head.h"

struct seen {
	size_t calls;
	enum function_outcome outcome;
	int status; /* of the latest answer's head; 0: it has none */
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
	s->status = result->head ? result->head->status : 0;
	if (result->body)
		strbuf_addn(&s->body, result->body, result->len);
	if (result->message)
		strbuf_add(&s->message, result->message);
}
