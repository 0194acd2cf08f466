// SPDX-License-Identifier: GPL-2.0-only
/** Small files, as a rule of labctl's own folders, read and written whole, by descriptor of the folder. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

/**
 * The file's bytes and a NUL, to be freed. flags: O_NOFOLLOW or 0. NULL with errno: EISDIR where it is no file, EFBIG
 * over 64 MiB, what open(2) and read(2) say.
 */
char *file_read(int dir, const char *name, int flags, size_t *len);

/**
 * The same, in the arena, for files that may be large: read to where it stays, in memory that costs a large arena no
 * fault for each page.
 */
char *file_read_into(struct arena *arena, int dir, const char *name, int flags, size_t *len);

/** Makes the file, which replaces whatever has the name; a run that is cut short leaves a part. -1 with errno. */
int file_create(int dir, const char *name, mode_t mode, const char *text, size_t len);

/** rename(2), in place of a folder too. -1 with errno. */
int file_rename(int dir, const char *from, const char *to);

/** As file_create(), but at NAME.tmp, which is then renamed: never half there, nothing left beside it. */
int file_replace(int dir, const char *name, mode_t mode, const char *text, size_t len);
