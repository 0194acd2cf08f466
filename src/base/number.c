// SPDX-License-Identifier: GPL-2.0-only
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool number_parse(const char *s, double *n)
{
	double value;
	char *end;

	if (!*s || s[strspn(s, "0123456789+-.eE")])
		return false;
	value = strtod(s, &end);
	if (*end || !isfinite(value))
		return false;
	*n = value;
	return true;
}

const char *number_format(unsigned long long n, char buf[static NUMBER_LEN])
{
	char *at = buf + NUMBER_LEN - 1;

	*at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while (n /= 10);
	return at;
}
