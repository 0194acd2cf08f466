// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-service: one service of a node. Started by the supervisor (base/worker.h): with listening
 * sockets for the echo service, which needs nothing else; with the sheltered view of its node for a
 * command, which opens its sockets itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "priv/priv.h"
#include "service/command.h"
#include "service/config.h"
#include "service/echo.h"

struct stopper {
	struct loop_io io;
	struct service_echo *echo;
	bool stopping;
};

static void stop(struct loop_io *io, uint32_t events)
{
	struct stopper *s = (void *)((char *)io - offsetof(struct stopper, io));

	if (!s->stopping)
		service_echo_finish(s->echo);
	s->stopping = true;
}

static int listen_on_all(struct service_echo *e, size_t n, struct lab_error **err)
{
	for (size_t i = 0; i < n; i++)
		if (service_echo_listen(e, WORKER_FD_SOCKET_0 + (int)i, err) < 0)
			return -1;
	return 0;
}

static int run_echo(struct loop *loop, const struct service_config *config, struct lab_error **err)
{
	struct stopper stopper = {.io.fn = stop};
	int rc = -1;

	stopper.echo = service_echo_new(loop, config, STDOUT_FILENO);
	if (worker_watch_signals(loop, &stopper.io, err) < 0 ||
	    listen_on_all(stopper.echo, config->n_sockets, err) < 0 ||
	    priv_seccomp(PRIV_ECHO, err) < 0)
		goto out;
	worker_ready();
	rc = loop_run(loop);
	if (rc < 0)
		(void)lab_error_errno(err, LAB_FAILED, errno, "event loop");
out:
	service_echo_free(stopper.echo);
	return rc;
}

static struct service_config *load(struct lab_error **err)
{
	size_t len;
	auto_free char *text = worker_read_config(&len, err);

	return text ? service_config_read(text, len, err) : NULL;
}

static int serve(const struct service_config *config, struct lab_error **err)
{
	struct loop *loop = loop_new();
	int rc;

	if (!loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	rc = config->command ? service_command_run(loop, config, err) : run_echo(loop, config, err);
	loop_free(loop);
	return rc;
}

int main(void)
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
