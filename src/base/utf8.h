// SPDX-License-Identifier: GPL-2.0-only
/** Well-formed UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Whether n bytes are: no surrogates, no overlong forms. */
bool utf8_valid(const char *s, size_t n);
