// SPDX-License-Identifier: GPL-2.0-only
/* What a plan's summary says of a circuit whose ends do not find each other (compile/summary.c). */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "analyse/net.h"

static const char *text_of(const json_t *circuit, const char *key)
{
	const char *s = json_string_value(json_object_get(circuit, key));

	return s ? s : "";
}

static bool is_vbrs(const json_t *circuit, const struct analyse_hop *hop)
{
	return !strcmp(text_of(circuit, "vbr"), hop->ns->name) &&
	       !strcmp(text_of(circuit, "device"), hop->out);
}

/* The customer's end, by which the packet left: a port at a VLAN, "vlan110", of the line. */
static const struct plan_end *port_of(const struct analyse_hop *hop)
{
	const struct plan_link *l = hop->link;

	if (!l)
		return NULL;
	return strcmp(l->a.ns, hop->ns->name) == 0 ? &l->b : &l->a;
}

static bool is_of_line(const json_t *circuit, const struct plan_end *port)
{
	return port && !strcmp(text_of(circuit, "physical_connection"), port->ns);
}

static bool has_vlan(const json_t *circuit, const struct plan_end *port)
{
	const json_int_t vlan = json_integer_value(json_object_get(circuit, "vlan"));

	return port->master && !strncmp(port->master, "vlan", 4) &&
	       strtoll(port->master + 4, NULL, 10) == vlan;
}

/*
 * The VBR itself; or from the customer's side that of the same VLAN, else the only one of the line that nobody answers.
 * NULL: neither.
 */
static const json_t *find(const json_t *circuits, const struct analyse_hop *hop)
{
	const struct plan_end *port = port_of(hop);
	const json_t *circuit, *only = NULL;
	size_t i, n = 0;

	json_array_foreach (circuits, i, circuit) {
		if (is_vbrs(circuit, hop))
			return circuit;
		if (!is_of_line(circuit, port))
			continue;
		if (has_vlan(circuit, port))
			return circuit;
		if (json_object_get(circuit, "fault")) {
			only = circuit;
			n++;
		}
	}
	return n == 1 ? only : NULL;
}

const char *analyse_circuit_fault(const struct analyse *a, const struct analyse_walk *w,
				  const char **vbr)
{
	const struct analyse_hop *hop = w->n_hops ? &w->hops[w->n_hops - 1] : NULL;
	json_t *summary;
	const json_t *circuit;
	const char *fault;

	if (w->end != ANALYSE_NO_NEIGHBOUR || !hop || !hop->out || !a->plan->summary)
		return NULL;
	summary = json_loads(a->plan->summary, 0, NULL);
	circuit = find(json_object_get(summary, "circuits"), hop);
	fault = json_string_value(json_object_get(circuit, "fault"));
	*vbr = fault ? arena_strdup(a->arena, text_of(circuit, "vbr")) : NULL;
	fault = fault ? arena_strdup(a->arena, fault) : NULL;
	json_decref(summary);
	return fault;
}
