// SPDX-License-Identifier: GPL-2.0-only
/** What the words of a request stand for, as `explain` and `trace` take them: ${...}, and the app that signs. */
#pragma once

#include <jansson.h>

#include "cli/cli.h"

/** Whether it has something to be filled in; NULL: no. */
bool cli_has_variables(const char *text);
/** In `out`, to be freed, the text with the values of ${...}; NULL stays NULL. lab: NULL where it has none. False with
 * *why. */
bool cli_expand(struct lab *lab, const char *text, char **out, const char **why);

/** The same from the file of a lab that is up, as it runs. NULL with *err. */
char *cli_expand_running(const struct plan *running, const char *text, struct lab_error **err);

/** Whether gateways of the plan know the app. */
bool cli_knows_app(const struct plan *p, const char *app);
/** What they know of it: {"key", "secret"}; NULL with *err (LAB_USAGE), the nearest one named, where they do not. */
json_t *cli_credentials(const struct plan *p, const char *app, struct lab_error **err);
/** LAB_USAGE; names the nearest one of the plan's, and of the lab's where that is not NULL. Gives -1. */
int cli_no_such_app(const struct plan *p, const struct lab *lab, const char *app,
		    struct lab_error **err);
