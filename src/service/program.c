// SPDX-License-Identifier: GPL-2.0-only
#include "service/program.h"

#include <signal.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"

static struct service_config *load(struct lab_error **err)
{
	size_t len;
	auto_free char *text = worker_read_config(&len, err);

	return text ? service_config_read(text, len, err) : NULL;
}

int service_program(int (*serve)(const struct service_config *config, struct lab_error **err))
{
	auto_error struct lab_error *err = NULL;
	struct service_config *config = load(&err);
	int rc = config ? 0 : -1;

	(void)signal(SIGPIPE, SIG_IGN); /* clients and the supervisor may leave; cannot fail */
	if (config)
		rc = serve(config, &err);
	service_config_free(config);
	if (rc < 0)
		log_error("%s", lab_error_message(err));
	return rc < 0 ? (int)lab_error_status(err) : 0;
}
