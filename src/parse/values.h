// SPDX-License-Identifier: GPL-2.0-only
/** Text of one value to a number. Pure, exact (no floating point), no diagnostics. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum value_parse {
	VALUE_OK,
	VALUE_BAD,     /* not a number */
	VALUE_NO_UNIT, /* a number and nothing behind it */
	VALUE_BAD_UNIT,
	VALUE_INEXACT, /* a fraction of the smallest unit: 0.5bit */
	VALUE_TOO_BIG, /* does not fit into 64 bits */
};

struct value_unit {
	const char *name;
	uint64_t factor;
};

struct value_units {
	const char *what;    /* "rate" */
	const char *example; /* "2Mbit" */
	const char *list;    /* "bit, kbit, Mbit or Gbit" */
	const char *pattern; /* regular expression of the unit, for the schema */
	const char *step;    /* "bit": what every value is a whole number of */
	const struct value_unit *units;
	unsigned int n;
	uint64_t max;
	const char *max_text;
};

extern const struct value_units parse_rate_units;     /* to bit/s */
extern const struct value_units parse_duration_units; /* to microseconds */
extern const struct value_units parse_size_units;     /* to bytes */
extern const struct value_units parse_share_units;    /* to parts per million */

/** "1.5Gbit": a decimal number and a unit without space between. */
enum value_parse parse_quantity(const struct value_units *units, const char *s, uint64_t *v);
/** The unit that was perhaps meant by what stands behind the number, or NULL. */
const char *parse_quantity_unit_guess(const struct value_units *units, const char *s);

/** Decimal digits only: no sign, no leading zero. */
enum value_parse parse_whole(const char *s, uint64_t *v);

/** "true" or "false" and nothing else. */
bool parse_bool(const char *s, bool *v);

/** "80/443"; "-1/-1" is every port, 0 to 65535. */
bool parse_ports(const char *s, uint16_t *first, uint16_t *last);
