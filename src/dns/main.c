// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-dns, started by the supervisor (base/worker.h). One process is the resolvers 100.100.2.136
 * and .138 of every VPC of a lab, with four sockets per VPC, each opened inside that VPC, and of the
 * Internet. Others are the servers of data centres; those forward, from their own network namespace.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "dns/config.h"
#include "dns/server.h"
#include "priv/priv.h"

struct stopper {
	struct loop_io io;
	struct dns_server *server;
};

static void stop(struct loop_io *io, uint32_t events)
{
	struct stopper *s = (void *)((char *)io - offsetof(struct stopper, io));

	dns_server_finish(s->server);
}

static struct dns_config *load(struct lab_error **err)
{
	size_t len;
	auto_free char *text = worker_read_config(&len, err);

	return text ? dns_config_read(text, len, err) : NULL;
}

static int add_sockets(struct dns_server *server, const struct dns_config *c,
		       struct lab_error **err)
{
	for (size_t i = 0; i < c->n_sockets; i++) {
		if (dns_server_add(server, WORKER_FD_SOCKET_0 + (int)i, c->sockets[i].view_name,
				   c->sockets[i].view, err) < 0)
			return -1;
	}
	return 0;
}

/* Other servers are asked over sockets that are opened for each question. */
static enum priv_profile profile_for(const struct dns_config *c)
{
	return c->forwards ? PRIV_GATEWAY : PRIV_DNS;
}

static int serve(struct loop *loop, struct lab_error **err)
{
	struct dns_config *config = load(err);
	struct dns_server *server = dns_server_new(loop);
	struct stopper stopper = {.io.fn = stop, .server = server};
	int rc = -1;

	if (!config || worker_watch_signals(loop, &stopper.io, err) < 0 ||
	    add_sockets(server, config, err) < 0 || priv_seccomp(profile_for(config), err) < 0)
		goto out;
	log_info("ready: %zu views, %zu sockets", config->n_views, config->n_sockets);
	worker_ready();
	rc = loop_run(loop);
	if (rc < 0)
		lab_error_errno(err, LAB_FAILED, errno, "event loop");
out:
	dns_server_free(server);
	dns_config_free(config);
	return rc;
}

int main(void)
{
	auto_error struct lab_error *err = NULL;
	struct loop *loop = loop_new();
	int rc;

	if (!loop) {
		log_error("event loop: out of descriptors or memory");
		return 1;
	}
	rc = serve(loop, &err);
	loop_free(loop);
	if (rc < 0)
		log_error("%s", lab_error_message(err));
	return rc < 0 ? 1 : 0;
}
