// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a kernel without netem a delayed line is cut in two, and labctl-wire carries frames from one half to
 * the other (compile/wire.c). For a packet that is still one link.
 */
#include <string.h>

#include <jansson.h>

#include "analyse/net.h"

/* The lab's end of the half whose other end is the worker's port of that name. */
static uint32_t end_behind(const struct analyse *a, uint32_t ns, const char *port)
{
	const uint32_t dev = analyse_net_find_dev(a, ns, port);

	return dev == NET_NONE ? NET_NONE : a->devs[dev].peer;
}

static void join(const struct analyse *a, uint32_t ns, const struct plan_wire *w)
{
	const uint32_t here = end_behind(a, ns, w->a), there = end_behind(a, ns, w->b);

	if (here != NET_NONE)
		a->devs[here].wire_us = w->delay_us;
	if (there != NET_NONE)
		a->devs[there].wire_us = w->delay_us;
	if (here == NET_NONE || there == NET_NONE || w->loss_ppm >= NET_LOST_ALL)
		return;
	a->devs[here].peer = there;
	a->devs[there].peer = here;
}

static uint64_t number_of(const json_t *line, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(line, key));
}

/* Of a plan that was read. */
static void join_configured(const struct analyse *a, uint32_t ns, const char *text)
{
	json_t *config = json_loads(text, 0, NULL), *line;
	size_t i;

	json_array_foreach (json_object_get(config, "lines"), i, line)
		join(a, ns,
		     &(struct plan_wire){json_string_value(json_object_get(line, "a")),
					 json_string_value(json_object_get(line, "b")),
					 number_of(line, "delay_us"), number_of(line, "loss_ppm")});
	json_decref(config);
}

void analyse_net_join_wires(const struct analyse *a)
{
	for (size_t i = 0; i < a->plan->n_workers; i++) {
		const struct plan_worker *w = &a->plan->workers[i];
		const uint32_t ns = analyse_net_find_ns(a, w->ns);

		if (strcmp(w->program, "labctl-wire") != 0)
			continue;
		for (size_t k = 0; k < w->n_wires; k++)
			join(a, ns, &w->wires[k]);
		if (!w->wires)
			join_configured(a, ns, w->config);
	}
}
