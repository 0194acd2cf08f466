// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-routing: the control plane of a running lab. It keeps dynamic routes where they should be,
 * as circuits live and die and as a BGP daemon learns prefixes. Started by the supervisor
 * (base/worker.h); one process for the lab, one rtnetlink socket for each namespace.
 */
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "priv/priv.h"
#include "routing/control.h"

struct program {
	struct loop_io signals; /* first: the loop gives its address */
	struct loop *loop;
	struct routing_memory *memory;
	struct routing_control *control;
};

static void on_signal(struct loop_io *io, uint32_t events)
{
	struct program *p = (void *)io;

	routing_control_finish(p->control);
}

static int serve(struct arena *a, struct program *p, struct lab_error **err)
{
	auto_free char *text = NULL;
	struct routing_config *config;
	size_t len;

	text = worker_read_config(&len, err);
	config = text ? routing_config_read(a, text, len, err) : NULL;
	if (!config)
		return -1;
	p->loop = loop_new();
	if (!p->loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	if (worker_watch_signals(p->loop, &p->signals, err) < 0 ||
	    priv_seccomp(PRIV_ROUTING, err) < 0)
		return -1;
	p->memory = routing_memory_open(config->state, err);
	if (!p->memory)
		return -1;
	p->control = routing_control_new(a, p->loop, config, p->memory, err);
	if (!p->control)
		return -1;
	routing_control_begin(p->control);
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
		status = (int)lab_error_status(err);
	}
	routing_control_done(p.control);
	routing_memory_free(p.memory);
	loop_free(p.loop);
	return status;
}
