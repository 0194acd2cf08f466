// SPDX-License-Identifier: GPL-2.0-only
/**
 * Objects of a plan document as write.c writes them, read without a tree in between: that is most of what every verb
 * about a large lab that is up would wait for. What is written otherwise, right or wrong, is left to read.c.
 */
#pragma once

#include "base/strbuf.h"
#include "plan/fields.h"

struct plan_quick {
	struct arena *arena; /* of the plan */
	const char *text;
	size_t len, at;
	/** Gives a copy of the text that lives as long as the plan. */
	const char *(*keep)(void *data, const char *text);
	void *data;
	struct strbuf word; /* what was read last; to be freed */
};

/**
 * The object at q->at, and its origin; q->at is behind it afterwards. false: it is not as write.c writes it; then q->at
 * and the object are anything.
 */
bool plan_quick_object(struct plan_quick *q, const struct field_set *fields, void *object);
/** The same for a JSON object of others: compact, its keys sorted. NULL: it is not as write.c writes it. */
const char *plan_quick_json(struct plan_quick *q);

/** The value of a field that the document shows as text: an address, a prefix, a MAC, an enum (read.c). */
bool plan_read_value(const struct field *f, const char *text, void *at);
