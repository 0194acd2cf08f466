// SPDX-License-Identifier: GPL-2.0-only
/* The echo service as a worker: from its configuration to its end. */
#include <errno.h>
#include <unistd.h>

#include "base/container_of.h"
#include "base/worker.h"
#include "priv/priv.h"
#include "service/echo.h"

struct stopper {
	struct loop_io io;
	struct service_echo *echo;
	bool stopping;
};

static void stop(struct loop_io *io, uint32_t events)
{
	struct stopper *s = container_of(io, struct stopper, io);

	if (!s->stopping)
		service_echo_finish(s->echo);
	s->stopping = true;
}

static int listen_on_all(struct service_echo *e, size_t n, const struct httpd_security *security,
			 struct lab_error **err)
{
	for (size_t i = 0; i < n; i++)
		if (service_echo_listen(e, WORKER_FD_SOCKET_0 + (int)i, security, err) < 0)
			return -1;
	return 0;
}

int service_echo_run(struct loop *loop, const struct service_config *config,
		     const struct httpd_security *security, struct lab_error **err)
{
	struct stopper stopper = {.io.fn = stop};
	int rc = -1;

	stopper.echo = service_echo_new(loop, config, STDOUT_FILENO);
	if (worker_watch_signals(loop, &stopper.io, err) < 0 ||
	    listen_on_all(stopper.echo, config->n_sockets, security, err) < 0 ||
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
