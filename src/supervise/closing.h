// SPDX-License-Identifier: GPL-2.0-only
/** Closing many descriptors at once. */
#pragma once

#include <stddef.h>

/** Closes all of them, and returns when each is closed. Side by side, since that of a packet socket takes long. */
void supervise_close_all(const int *fds, size_t n);
