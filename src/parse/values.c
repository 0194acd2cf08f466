// SPDX-License-Identifier: GPL-2.0-only
#include "parse/values.h"

#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/diag.h"

#define DIGITS "0123456789"

static const struct value_unit rates[] = {
	{"bit", 1},
	{"kbit", 1000},
	{"Mbit", 1000 * 1000},
	{"Gbit", 1000 * 1000 * 1000},
};
const struct value_units parse_rate_units = {
	.what = "rate",
	.example = "2Mbit",
	.list = "bit, kbit, Mbit or Gbit",
	.pattern = "(bit|kbit|Mbit|Gbit)",
	.step = "bit",
	.units = rates,
	.n = ARRAY_LEN(rates),
	.max = 1000ull * 1000 * 1000 * 1000,
	.max_text = "1000Gbit",
};

static const struct value_unit durations[] = {
	{"us", 1},
	{"ms", 1000},
	{"s", 1000 * 1000},
	{"m", 60ull * 1000 * 1000},
	{"h", 3600ull * 1000 * 1000},
};
const struct value_units parse_duration_units = {
	.what = "duration",
	.example = "30ms",
	.list = "us, ms, s, m or h",
	.pattern = "(us|ms|s|m|h)",
	.step = "us",
	.units = durations,
	.n = ARRAY_LEN(durations),
	.max = 24 * 3600ull * 1000 * 1000,
	.max_text = "24h",
};

static const struct value_unit sizes[] = {
	{"B", 1},          {"kB", 1000},      {"MB", 1000 * 1000}, {"GB", 1000 * 1000 * 1000},
	{"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30},
};
const struct value_units parse_size_units = {
	.what = "size",
	.example = "128MiB",
	.list = "B, kB, MB, GB, KiB, MiB or GiB",
	.pattern = "(B|kB|MB|GB|KiB|MiB|GiB)",
	.step = "B",
	.units = sizes,
	.n = ARRAY_LEN(sizes),
	.max = 1ull << 40,
	.max_text = "1024GiB",
};

static const struct value_unit shares[] = {{"%", 10000}};
const struct value_units parse_share_units = {
	.what = "share",
	.example = "0.1%",
	.list = "%",
	.pattern = "%",
	.step = "millionths",
	.units = shares,
	.n = ARRAY_LEN(shares),
	.max = 1000 * 1000,
	.max_text = "100%",
};

/* Digits to *v; false where they do not fit. */
static bool digits(const char *s, size_t n, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(*v, 10u, v) ||
		    __builtin_add_overflow(*v, (uint64_t)(s[i] - '0'), v))
			return false;
	return true;
}

static const struct value_unit *unit_named(const struct value_units *units, const char *name)
{
	for (unsigned int i = 0; i < units->n; i++)
		if (strcmp(units->units[i].name, name) == 0)
			return &units->units[i];
	return NULL;
}

/* The fraction's digits times the factor, which must be a whole number. */
static enum value_parse fraction(const char *s, size_t n, uint64_t factor, uint64_t *v)
{
	uint64_t scale = 1, number;

	while (n && s[n - 1] == '0')
		n--;
	if (n > 9)
		return VALUE_INEXACT; /* finer than a billionth: no unit here is that large */
	for (size_t i = 0; i < n; i++)
		scale *= 10;
	if (!digits(s, n, &number) || __builtin_mul_overflow(number, factor, &number))
		return VALUE_TOO_BIG;
	if (number % scale)
		return VALUE_INEXACT;
	*v = number / scale;
	return VALUE_OK;
}

enum value_parse parse_quantity(const struct value_units *units, const char *s, uint64_t *v)
{
	size_t whole_len = strspn(s, DIGITS), fraction_len = 0;
	const char *point = s + whole_len, *name = point;
	const struct value_unit *unit;
	enum value_parse status;
	uint64_t whole, part;

	if (*point == '.') {
		fraction_len = strspn(point + 1, DIGITS);
		name = point + 1 + fraction_len;
	}
	if (!whole_len || (*point == '.' && !fraction_len) || (whole_len > 1 && *s == '0'))
		return VALUE_BAD;
	if (!*name)
		return VALUE_NO_UNIT;
	unit = unit_named(units, name);
	if (!unit)
		return VALUE_BAD_UNIT;
	status = fraction(point + 1, fraction_len, unit->factor, &part);
	if (status != VALUE_OK)
		return status;
	if (!digits(s, whole_len, &whole) || __builtin_mul_overflow(whole, unit->factor, &whole) ||
	    __builtin_add_overflow(whole, part, &whole))
		return VALUE_TOO_BIG;
	*v = whole;
	return VALUE_OK;
}

/* What people write for these units elsewhere, first of all in the cloud's own console. */
static const struct {
	const char *other, *unit;
} habits[] = {
	{"bps", "bit"},   {"bit/s", "bit"},   {"kbps", "kbit"},   {"kbit/s", "kbit"},
	{"k", "kbit"},    {"Mbps", "Mbit"},   {"Mbit/s", "Mbit"}, {"M", "Mbit"},
	{"Gbps", "Gbit"}, {"Gbit/s", "Gbit"}, {"G", "Gbit"},      {"sec", "s"},
	{"seconds", "s"}, {"msec", "ms"},     {"min", "m"},       {"usec", "us"},
	{"M", "MiB"},     {"K", "KiB"},       {"G", "GiB"},       {"MB/s", "Mbit"},
};

const char *parse_quantity_unit_guess(const struct value_units *units, const char *s)
{
	const char *tail = s + strspn(s, DIGITS ".");

	tail += strspn(tail, " ");
	for (unsigned int i = 0; i < units->n; i++)
		if (strcasecmp(tail, units->units[i].name) == 0)
			return units->units[i].name;
	for (size_t i = 0; i < ARRAY_LEN(habits); i++)
		if (strcasecmp(tail, habits[i].other) == 0 && unit_named(units, habits[i].unit))
			return habits[i].unit;
	return NULL;
}

enum value_parse parse_whole(const char *s, uint64_t *v)
{
	size_t n = strspn(s, DIGITS);

	if (n == 0 || s[n] || (n > 1 && *s == '0'))
		return VALUE_BAD;
	return digits(s, n, v) ? VALUE_OK : VALUE_TOO_BIG;
}

bool parse_bool(const char *s, bool *v)
{
	if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
		return false;
	*v = *s == 't';
	return true;
}

static bool port(const char *s, size_t n, uint16_t *v)
{
	uint64_t number;

	if (n == 0 || n > 5 || strspn(s, DIGITS) < n || (n > 1 && *s == '0'))
		return false;
	if (!digits(s, n, &number) || number < 1 || number > UINT16_MAX)
		return false;
	*v = (uint16_t)number;
	return true;
}

bool parse_ports(const char *s, uint16_t *first, uint16_t *last)
{
	const char *slash = strchr(s, '/');
	uint16_t a, b;

	if (strcmp(s, "-1/-1") == 0) {
		*first = 0;
		*last = UINT16_MAX;
		return true;
	}
	if (!slash || !port(s, (size_t)(slash - s), &a) ||
	    !port(slash + 1, strlen(slash + 1), &b) || a > b)
		return false;
	*first = a;
	*last = b;
	return true;
}
