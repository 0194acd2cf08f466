// SPDX-License-Identifier: GPL-2.0-only
/** The simple part of YAML that most lab files keep to, read in a tenth of the time. */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "parse/tree.h"

/**
 * The document of a source, the very tree that libfyaml's events would give; NULL where the file has
 * anything but ASCII, maps and lists by indentation, `{a: b}` and `[a, b]` on one line, and scalars of one
 * line without escapes. Says nothing about what is wrong with a file: NULL, too.
 */
struct node *parse_plain(struct arena *arena, const struct source *src);
