// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-service: one service of a node. Started by the supervisor (base/worker.h): with listening
 * sockets for the echo service, which needs nothing else; with the sheltered view of its node for a
 * command, which opens its sockets itself. An echo service with TLS is labctl-tls-echo.
 */
#include "service/command.h"
#include "service/echo.h"
#include "service/program.h"

static int serve(struct loop *loop, const struct service_config *config, struct lab_error **err)
{
	if (config->command)
		return service_command_run(loop, config, err);
	if (config->echo_tls)
		return lab_error_make(err, LAB_USAGE,
				      "configuration: tls: labctl-tls-echo speaks it");
	return service_echo_run(loop, config, NULL, err);
}

int main(void)
{
	return service_program(serve);
}
