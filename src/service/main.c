// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-service: one service of a node. Started by the supervisor (base/worker.h): with listening
 * sockets for the echo service, which needs nothing else; with the sheltered view of its node for a
 * command, which opens its sockets itself. An echo service with TLS is labctl-tls-echo.
 */
#include <errno.h>

#include "service/command.h"
#include "service/echo.h"
#include "service/program.h"

static int run_command(const struct service_config *config, struct lab_error **err)
{
	struct loop *loop = loop_new();
	int rc;

	if (!loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	rc = service_command_run(loop, config, err);
	loop_free(loop);
	return rc;
}

static int serve(const struct service_config *config, struct lab_error **err)
{
	if (config->command)
		return run_command(config, err);
	if (config->echo_tls)
		return lab_error_make(err, LAB_USAGE,
				      "configuration: tls: labctl-tls-echo speaks it");
	return service_echo_run(config, NULL, err);
}

int main(void)
{
	return service_program(serve);
}
