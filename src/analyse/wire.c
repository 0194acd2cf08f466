// SPDX-License-Identifier: GPL-2.0-only
/*
 * On a kernel without netem a delayed line is cut in two, and labctl-wire carries frames from one half to
 * the other (compile/wire.c). For a packet that is still one link.
 */
#include <string.h>

#include <jansson.h>

#include "analyse/net.h"

static const char *name_in(struct arena *arena, const json_t *line, const char *key)
{
	const char *name = json_string_value(json_object_get(line, key));

	return name ? arena_strdup(arena, name) : NULL;
}

static void read_lines(struct analyse *a, const char *ns, const json_t *lines)
{
	const json_t *line;
	size_t i;

	json_array_foreach (lines, i, line)
		*arena_push(a->arena, a->wires, a->n_wires) = (struct net_wire){
			.ns = ns,
			.a = name_in(a->arena, line, "a"),
			.b = name_in(a->arena, line, "b"),
			.delay_us = (uint64_t)json_integer_value(json_object_get(line, "delay_us")),
			.loss_ppm = (uint32_t)json_integer_value(json_object_get(line, "loss_ppm")),
		};
}

void analyse_net_read_wires(struct analyse *a)
{
	for (size_t i = 0; i < a->plan->n_workers; i++) {
		const struct plan_worker *w = &a->plan->workers[i];
		json_t *config;

		if (strcmp(w->program, "labctl-wire") != 0)
			continue;
		config = json_loads(w->config, 0, NULL);
		read_lines(a, w->ns, json_object_get(config, "lines"));
		json_decref(config);
	}
}

/* The lab's end of the half whose other end is the worker's port of that name. */
static uint32_t end_behind(const struct analyse *a, uint32_t ns, const char *port)
{
	const uint32_t dev = analyse_net_find_dev(a, ns, port);

	return dev == NET_NONE ? NET_NONE : a->devs[dev].peer;
}

static void set_line(const struct analyse *a, uint32_t dev, const struct net_wire *w)
{
	if (dev == NET_NONE)
		return;
	a->devs[dev].wire_us = w->delay_us;
	a->devs[dev].wire_loss_ppm = w->loss_ppm;
}

static void join(const struct analyse *a, uint32_t ns, const struct net_wire *w)
{
	const uint32_t here = end_behind(a, ns, w->a);
	const uint32_t there = end_behind(a, ns, w->b);

	set_line(a, here, w);
	set_line(a, there, w);
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
	uint32_t ns = NET_NONE;

	for (size_t i = 0; i < a->n_wires; i++) {
		ns = analyse_net_find_ns_near(a, a->wires[i].ns, ns);
		join(a, ns, &a->wires[i]);
	}
}
