// SPDX-License-Identifier: GPL-2.0-only
/**
 * A small text per lab that is kept while the lab is down, until the host is restarted: how far a lesson
 * has come. It is beside the root of the labs ("/run/labctl": "/run/labctl-lessons/LAB"), which is gone
 * with its last lab; under the same rules: one's own 0700, no links.
 */
#pragma once

#include "base/error.h"

/** A text to be freed; NULL without error where there is none. `lab` is a valid name. */
char *state_progress_read(const char *root, const char *lab, struct lab_error **err);
/** Written to a temporary name, then renamed. */
int state_progress_write(const char *root, const char *lab, const char *text,
			 struct lab_error **err);
/** Absent is fine; the directory goes with the last one. */
int state_progress_remove(const char *root, const char *lab, struct lab_error **err);
