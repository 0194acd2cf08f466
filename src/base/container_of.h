// SPDX-License-Identifier: GPL-2.0-only
/** From what is embedded to what it is embedded in. */
#pragma once

#include <stddef.h>

#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))
