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

static void read_any(struct analyse *a, const struct plan_worker *w)
{
	json_t *config = json_loads(w->config, 0, NULL);

	read_lines(a, w->ns, json_object_get(config, "lines"));
	json_decref(config);
}

/* --- as compile/ writes them --- */

/*
 * A lab of a thousand lines has a configuration of 100 kB, all of it in one form. Values of jansson for what is in it
 * cost more than the rest of the index; so the form is read where it stands, and whatever is not of it by jansson.
 */
static bool take(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

static bool take_all(const char **at, const char *text)
{
	while (*text && take(at, *text))
		text++;
	return !*text;
}

/* A text that has nothing to be unquoted. */
static bool take_text(const char **at, const char **text, size_t *len)
{
	if (!take(at, '"'))
		return false;
	*text = *at;
	while (**at && **at != '"' && **at != '\\')
		++*at;
	*len = (size_t)(*at - *text);
	return take(at, '"');
}

static bool take_number(const char **at, uint64_t *n)
{
	const char *begin = *at;

	for (*n = 0; **at >= '0' && **at <= '9'; ++*at)
		*n = *n * 10 + (uint64_t)(**at - '0');
	return *at > begin && *at - begin < 19; /* of 63 bits */
}

static bool is_key(const char *key, const char *text, size_t len)
{
	return strlen(key) == len && memcmp(key, text, len) == 0;
}

static bool take_member(struct arena *arena, const char **at, struct net_wire *w)
{
	const char *key, *text;
	size_t n, len;
	uint64_t number;

	if (!take_text(at, &key, &n) || !take(at, ':'))
		return false;
	if (**at == '"') {
		if (!take_text(at, &text, &len))
			return false;
		if (is_key("a", key, n))
			w->a = arena_strndup(arena, text, len);
		else if (is_key("b", key, n))
			w->b = arena_strndup(arena, text, len);
		return true;
	}
	if (!take_number(at, &number))
		return false;
	if (is_key("delay_us", key, n))
		w->delay_us = number;
	else if (is_key("loss_ppm", key, n))
		w->loss_ppm = (uint32_t)number;
	return true;
}

static bool take_line(struct analyse *a, const char **at, const char *ns)
{
	struct net_wire w = {.ns = ns};

	if (!take(at, '{'))
		return false;
	do
		if (!take_member(a->arena, at, &w))
			return false;
	while (take(at, ','));
	*arena_push(a->arena, a->wires, a->n_wires) = w;
	return take(at, '}');
}

static bool read_written(struct analyse *a, const struct plan_worker *w)
{
	const char *at = w->config, *lab;
	size_t len;

	if (!take_all(&at, "{\"lab\":") || !take_text(&at, &lab, &len) ||
	    !take_all(&at, ",\"lines\":["))
		return false;
	do
		if (!take_line(a, &at, w->ns))
			return false;
	while (take(&at, ','));
	return take_all(&at, "],\"state\":\"wire-state\"}") && !*at;
}

void analyse_net_read_wires(struct analyse *a)
{
	for (size_t i = 0; i < a->plan->n_workers; i++) {
		const struct plan_worker *w = &a->plan->workers[i];
		const size_t before = a->n_wires;

		if (strcmp(w->program, "labctl-wire") != 0 || read_written(a, w))
			continue;
		a->n_wires = before;
		read_any(a, w);
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
