// SPDX-License-Identifier: GPL-2.0-only
#include "lib/ring_loop.h"

#include "unit/base/test_loop.c"
