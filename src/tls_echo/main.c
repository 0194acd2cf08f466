// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-tls-echo: the echo service of a node by HTTPS, with a certificate of the lab's authority. A program of its
 * own, since labctl-service, of which a lab has many, shall not load a cryptographic library.
 */
#include <unistd.h>

#include "base/worker.h"
#include "service/echo.h"
#include "service/program.h"
#include "tls/tls.h"

/* One certificate for all names of the node, whatever a client asks for: it finds out whether it is enough. */
static int secure(struct tls_server *tls, const struct service_config *config,
		  struct lab_error **err)
{
	const int store = WORKER_FD_SOCKET_0 + (int)config->n_sockets;

	if (tls_server_load(tls, store, &config->echo_tls, 1, err) < 0)
		return -1;
	tls_server_default(tls, config->echo_tls);
	(void)close(store); /* only read from; nobody shall read it again */
	return 0;
}

static int serve(struct loop *loop, const struct service_config *config, struct lab_error **err)
{
	struct tls_server *tls;
	int rc;

	if (!config->echo_tls)
		return lab_error_make(err, LAB_USAGE,
				      "configuration: not an echo service with TLS");
	tls = tls_server_new(err);
	rc = tls ? secure(tls, config, err) : -1;
	if (!rc)
		rc = service_echo_run(loop, config, tls_server_security(tls), err);
	tls_server_free(tls);
	return rc;
}

int main(void)
{
	return service_program(serve);
}
