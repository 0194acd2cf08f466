// SPDX-License-Identifier: GPL-2.0-only
/**
 * Conditions of API Gateway's plug-ins: "$StatusCode == 503 and ($CaStage = 'TEST' or Random() < 0.1)".
 *
 *	condition	all { "or" all }
 *	all		one { "and" one }
 *	one		"(" condition ")" | value comparison value
 *	comparison	= == <> != < <= > >= like in_cidr
 *	value		$NAME | 'text' | "text" | 1001 | -1 | 0.1 | true | false | Random()
 *
 * Numbers are compared as numbers where either side is written as one, all else as text, byte by byte. In a pattern of
 * like a % stands for any text. A comparison with a parameter that is not there, or with a text where numbers are
 * compared (base/number.h), is false, whatever it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define CONDITION_MAX 512 /* characters */

struct condition;

/** Lives in the arena. NULL with *why (a string literal), and *at, where in the text it is wrong. */
const struct condition *condition_read(struct arena *a, const char *text, const char **why,
				       size_t *at);

/** What get() says of a parameter whose value is not known, nor whether it is there. */
extern const char condition_unknown[];

struct condition_values {
	/* The value of a parameter, which lives until condition_judge() comes back; NULL: it is not there. */
	const char *(*get)(const char *name, void *arg);
	void *arg;
	double random;   /* what Random() gives, 0 <= random < 1 */
	bool any_random; /* that is not known */
};

enum condition_truth { CONDITION_NO, CONDITION_PERHAPS, CONDITION_YES };

enum condition_truth condition_judge(const struct condition *c,
				     const struct condition_values *values);

/** It does for sure. */
bool condition_holds(const struct condition *c, const struct condition_values *values);
