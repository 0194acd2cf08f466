// SPDX-License-Identifier: GPL-2.0-only
/** Numbers as texts: of others, and our own. */
#pragma once

#include <stdbool.h>

/**
 * Whether the text is a decimal number: digits, sign, point and exponent only (strtod() knows also "nan", "inf",
 * "0x1p3" and spaces before them), and not too large. *n is set only then.
 */
bool number_parse(const char *s, double *n);

#define NUMBER_LEN 21 /* of 2^64 - 1, and its NUL */

/** In decimal, at the end of buf, whose last byte is the NUL. */
const char *number_format(unsigned long long n, char buf[static NUMBER_LEN]);
