// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a check asks of the probe, and what it makes of the probe's result. Pure: JSON in, JSON and
 * text out. The documents are those of src/probe/probe.h.
 */
#pragma once

#include <jansson.h>

#include "base/strbuf.h"
#include "check/check.h"

/** The probe's specification; not for CHECK_ROUTE. A new reference. */
json_t *check_spec(const struct check *check) __attribute__((returns_nonnull));

/**
 * Compares a result with what the check expects. CHECK_FAILED appends what was seen instead to
 * why.
 */
enum check_verdict check_judge(const struct check *check, const json_t *result, struct strbuf *why);

/** The same for a route check: origin is what check_route_origin() gave. */
enum check_verdict check_judge_route(const struct check *check, const char *origin,
				     struct strbuf *why);

/** Whether the check expects silence, so that one try is enough and none may be repeated. */
bool check_wants_silence(const struct check *check);

/** The value of a header among ["Name: value"...], any letter case; NULL where there is none. */
const char *check_header(const json_t *headers, const char *name);
