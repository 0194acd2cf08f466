// SPDX-License-Identifier: GPL-2.0-only
/** The labs that come with labctl. */
#pragma once

#include <stddef.h>

/** Their names in order; *n of them. Array and names are freed by cli_shipped_free(). */
char **cli_shipped(size_t *n) __attribute__((returns_nonnull));
void cli_shipped_free(char **names, size_t n);
