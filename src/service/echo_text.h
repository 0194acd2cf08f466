// SPDX-License-Identifier: GPL-2.0-only
/** Requests as JSON: in answers of the echo service and in its log. */
#pragma once

#include <jansson.h>

#include "httpd/httpd.h"
#include "service/config.h"

/** The text of the answer to a request, ended by a newline; to be freed. */
char *service_echo_text(const struct service_config *c, const struct httpd_request *r);

/** Writes the request's line, in one write. status 0: the client left before it was answered. */
void service_echo_log(const struct service_config *c, const struct httpd_request *r, int status,
		      int fd);
