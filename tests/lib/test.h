// SPDX-License-Identifier: GPL-2.0-only
/** What every cmocka program needs, in the order in which cmocka wants it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
