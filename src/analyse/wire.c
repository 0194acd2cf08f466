// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a kernel without netem a delayed line is cut in two, and labctl-wire carries frames from one half to
 * the other (compile/wire.c). For a packet that is still one link.
 */
#include <string.h>

#include <jansson.h>

#include "analyse/net.h"

/* The lab's end of the half whose other end is the worker's port of that name. */
static uint32_t end_behind(const struct analyse *a, uint32_t ns, const json_t *port)
{
	const char *name = json_string_value(port);
	const uint32_t dev = name ? analyse_net_find_dev(a, ns, name) : NET_NONE;

	return dev == NET_NONE ? NET_NONE : a->devs[dev].peer;
}

static void set_line(const struct analyse *a, uint32_t dev, const json_t *line)
{
	if (dev == NET_NONE)
		return;
	a->devs[dev].wire_us = (uint64_t)json_integer_value(json_object_get(line, "delay_us"));
	a->devs[dev].wire_loss_ppm =
		(uint32_t)json_integer_value(json_object_get(line, "loss_ppm"));
}

static void join(const struct analyse *a, uint32_t ns, const json_t *line)
{
	const uint32_t here = end_behind(a, ns, json_object_get(line, "a"));
	const uint32_t there = end_behind(a, ns, json_object_get(line, "b"));

	set_line(a, here, line);
	set_line(a, there, line);
	if (here == NET_NONE || there == NET_NONE)
		return;
	a->devs[here].far = there;
	a->devs[there].far = here;
	a->devs[here].loses = a->devs[there].loses = a->devs[here].wire_loss_ppm >= NET_LOST_ALL;
	if (a->devs[here].loses)
		return;
	a->devs[here].peer = there;
	a->devs[there].peer = here;
}

void analyse_net_join_wires(const struct analyse *a)
{
	for (size_t i = 0; i < a->plan->n_workers; i++) {
		const struct plan_worker *w = &a->plan->workers[i];
		json_t *config, *line;
		size_t n;

		if (strcmp(w->program, "labctl-wire") != 0)
			continue;
		config = json_loads(w->config, 0, NULL);
		json_array_foreach (json_object_get(config, "lines"), n, line)
			join(a, analyse_net_find_ns(a, w->ns), line);
		json_decref(config);
	}
}
