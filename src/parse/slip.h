// SPDX-License-Identifier: GPL-2.0-only
/** What the writer of a file did where it is not YAML: in the words of the file, not of its parser. */
#pragma once

#include <stddef.h>

#include "parse/report.h"
#include "parse/scan.h"

/**
 * Reports, with id "yaml", the slip behind a syntax error of libfyaml: its message, and the offset at which it
 * gave up, which may be lines behind the slip. A message that is not known here is passed on.
 */
void parse_slip(struct report *r, struct lines *lines, const char *message, size_t at);
