// SPDX-License-Identifier: GPL-2.0-only
/** A program that runs on a node: started, supervised and logged with the lab. */
#pragma once

#include "model/types.h"

enum service_protocol { SERVICE_TCP, SERVICE_UDP };

/** Without `command`: the built-in HTTP echo, which tells what it was asked and by whom. */
struct service {
	struct named id;
	struct text *command; /* argv; a relative path with a slash is one of the lab's folder */
	size_t n_command;
	struct number port; /* that it listens on when it is ready; required by the echo */
	enum service_protocol protocol;
	bool tls; /* the echo speaks HTTPS; default false */
	struct span tls_at;
	struct text *environment; /* "KEY=value" */
	size_t n_environment;
};
