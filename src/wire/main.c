// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-wire: the lines of a lab on a kernel without netem. Frames that enter one end leave the other one
 * later, or not at all, as the lab file says. Started by the supervisor (base/worker.h); one process
 * for the lab, one packet socket for each end.
 */
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "priv/priv.h"
#include "wire/carrier.h"

struct program {
	struct loop_io signals; /* first: the loop gives its address */
	struct loop *loop;
	struct wire_memory *memory;
	struct wire_carrier *carrier;
};

static void on_signal(struct loop_io *io, uint32_t events)
{
	struct program *p = (void *)io;

	wire_carrier_finish(p->carrier);
}

static int serve(struct arena *a, struct program *p, struct lab_error **err)
{
	auto_free char *text = NULL;
	struct wire_config *config;
	size_t len;

	text = worker_read_config(&len, err);
	config = text ? wire_config_read(a, text, len, err) : NULL;
	if (!config)
		return -1;
	p->loop = loop_new();
	if (!p->loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	if (worker_watch_signals(p->loop, &p->signals, err) < 0 || priv_seccomp(PRIV_WIRE, err) < 0)
		return -1;
	p->memory = wire_memory_open(config->state, err);
	if (!p->memory)
		return -1;
	p->carrier = wire_carrier_new(a, p->loop, config, p->memory, err);
	return p->carrier ? wire_carrier_run(p->carrier, err) : -1;
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
	wire_carrier_done(p.carrier);
	wire_memory_free(p.memory);
	loop_free(p.loop);
	return status;
}
