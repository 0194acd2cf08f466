// SPDX-License-Identifier: GPL-2.0-only
/** LAB-DIR/log/NAME.log: appended to by the worker itself, capped and quoted by the supervisor. */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define LOGFILE_CAP (16u << 20)

/** Opens for appending, made where it is missing, the folder too. The descriptor, or -1 with *err. */
int supervise_log_open(int dir_fd, const char *name, struct lab_error **err);

/**
 * Moves the contents of a file beyond the cap to NAME.log.1 and empties it. By copy, not by rename:
 * the worker holds the file open and need not know. Lines written between copy and cut are lost.
 */
int supervise_log_rotate(int dir_fd, const char *name, size_t cap, struct lab_error **err);

/** The last line, without time stamp and level where it has them; "" where there is none. */
void supervise_log_last_line(int dir_fd, const char *name, char *line, size_t room);
