// SPDX-License-Identifier: GPL-2.0-only
/** Whether a command serves already, without disturbing it. */
#pragma once

#include <stdbool.h>

#include "base/strbuf.h"
#include "service/config.h"

/**
 * A port is looked for in the kernel's tables of this network namespace: a connection, however short,
 * would stand in the log of the service. Only a socket of this process's own user counts: what the
 * supervisor or another worker holds on that port is not the command's. Local sockets are connected
 * to, for a path can be left over.
 */
bool service_is_ready(const struct service_ready *r);

/** Appends what is waited for: "port 80/tcp is not listening". */
void service_ready_describe(const struct service_ready *r, struct strbuf *text);
