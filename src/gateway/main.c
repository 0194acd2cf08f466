// SPDX-License-Identifier: GPL-2.0-only
/* labctl-gateway: started by the supervisor, see base/worker.h. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "gateway/certificates.h"
#include "gateway/gateway.h"
#include "gateway/ring.h"
#include "priv/priv.h"

#define GRACE_MS 9000 /* the contract says ten seconds */

struct program {
	struct loop_io signals; /* first: the loop gives its address */
	struct loop *loop;
	struct gateway *gateway;
	struct gateway_ring *ring;     /* NULL: the kernel has none */
	struct tls_server *tls;        /* NULL: no HTTPS */
	struct tls_client *tls_client; /* NULL: no backends with it */
	bool stopping;
};

static void on_signal(struct loop_io *io, uint32_t events)
{
	struct program *p = (struct program *)(void *)io;

	if (p->stopping || !(events & EPOLLIN))
		return;
	p->stopping = true;
	gateway_stop(p->gateway, GRACE_MS);
}

/* As many connections as the hard limit allows; with less we pause accepting. */
static void raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r); /* only lowers what we can do at once */
	}
}

/*
 * Large answers are kept whole until they are sent. Memory that was mapped for each would be mapped, filled with zeros
 * and given back again every time, page by page.
 */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 4 << 20); /* only faster, both */
	(void)mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

static int serve(struct arena *a, struct program *p, struct lab_error **err)
{
	auto_free char *text = NULL;
	struct gateway_config *config;
	struct gateway_routes *routes;
	size_t len;

	text = worker_read_config(&len, err);
	config = text ? gateway_config_read(a, text, len, err) : NULL;
	routes = config ? gateway_routes_new(a, config, err) : NULL;
	if (!routes)
		return -1;
	p->loop = loop_new();
	if (!p->loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	keep_memory();
	p->ring = gateway_ring_new();
	if (p->ring)
		loop_use_ring(p->loop, &gateway_ring_ops, p->ring);
	raise_descriptor_limit();
	p->gateway = gateway_new(p->loop, config, routes, STDOUT_FILENO);
	if (gateway_certificates(config, &p->tls, err) < 0 ||
	    gateway_secure_backends(config, &p->tls_client, err) < 0)
		return -1;
	if (p->tls)
		gateway_secure(p->gateway, tls_server_security(p->tls));
	if (worker_watch_signals(p->loop, &p->signals, err) < 0 ||
	    gateway_listen(p->gateway, err) < 0 || priv_seccomp(PRIV_GATEWAY, err) < 0)
		return -1;
	worker_ready();
	if (loop_run(p->loop) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	return 0;
}

int main(void)
{
	auto_error struct lab_error *err = NULL;
	auto_arena struct arena *a = arena_new(0);
	struct program p = {.signals.fn = on_signal};
	int status = 0;

	if (serve(a, &p, &err) < 0) {
		log_error("%s", lab_error_message(err));
		if (lab_error_hint_get(err))
			log_error("hint: %s", lab_error_hint_get(err));
		status = (int)lab_error_status(err);
	}
	gateway_free(p.gateway);
	tls_server_free(p.tls);
	tls_client_free(p.tls_client);
	loop_free(p.loop);
	gateway_ring_free(p.ring);
	return status;
}
