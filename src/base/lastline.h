// SPDX-License-Identifier: GPL-2.0-only
/** What a program said last before it ended, fit to be shown. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/** Replaces whatever is not printable ASCII by '?': the text is shown on terminals and put into JSON. */
void lastline_make_printable(char *s);

/**
 * The last line that is not empty of what the file holds behind `from`, without time stamp and level
 * where it has them (base/log.h), made printable and cut where it does not fit; "" where there is
 * none or the file cannot be read.
 */
void lastline_read(int fd, off_t from, char *line, size_t room);
