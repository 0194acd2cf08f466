// SPDX-License-Identifier: GPL-2.0-only
#include "service/program.h"

#include <errno.h>
#include <signal.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/worker.h"

static struct service_config *load(struct lab_error **err)
{
	size_t len;
	auto_free char *text = worker_read_config(&len, err);

	return text ? service_config_read(text, len, err) : NULL;
}

int service_program(int (*serve)(struct loop *loop, const struct service_config *config,
				 struct lab_error **err))
{
	auto_error struct lab_error *err = NULL;
	struct service_config *config = load(&err);
	struct loop *loop = config ? loop_new() : NULL;
	int rc = -1;

	(void)signal(SIGPIPE, SIG_IGN); /* clients and the supervisor may leave; cannot fail */
	if (loop)
		rc = serve(loop, config, &err);
	else if (config)
		(void)lab_error_errno(&err, LAB_FAILED, errno, "event loop");
	loop_free(loop);
	service_config_free(config);
	if (rc < 0)
		log_error("%s", lab_error_message(err));
	return rc < 0 ? (int)lab_error_status(err) : 0;
}
