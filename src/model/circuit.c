// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "model/model.h"

uint64_t port_type_speed(enum port_type type)
{
	static const uint64_t mbit[] = {
		[PORT_100BASE_T] = 100,      [PORT_1000BASE_T] = 1000,  [PORT_1000BASE_LX] = 1000,
		[PORT_10GBASE_T] = 10000,    [PORT_10GBASE_LR] = 10000, [PORT_40GBASE_LR] = 40000,
		[PORT_100GBASE_LR] = 100000,
	};

	return mbit[type] * 1000000;
}

uint64_t router_interface_speed(enum router_interface_spec spec)
{
	static const uint64_t mbit[] = {
		[SPEC_MINI_2] = 2,     [SPEC_MINI_5] = 5,     [SPEC_SMALL_1] = 10,
		[SPEC_SMALL_2] = 20,   [SPEC_SMALL_5] = 50,   [SPEC_MIDDLE_1] = 100,
		[SPEC_MIDDLE_2] = 200, [SPEC_MIDDLE_5] = 500, [SPEC_LARGE_1] = 1000,
		[SPEC_LARGE_2] = 2000, [SPEC_LARGE_5] = 5000, [SPEC_XLARGE_1] = 10000,
	};

	return mbit[spec] * 1000000;
}

int mask_length(uint32_t mask)
{
	int len = mask ? __builtin_popcount(mask) : 0;

	return mask == ip_mask((uint8_t)len) ? len : -1;
}

bool physical_connection_passes(const struct physical_connection *pc)
{
	return pc->change && pc->change->state ? pc->change->state == LINK_UP : pc->enabled;
}

/* Whether some VBR of the line uses the VLAN. */
static bool has_vbr(const struct physical_connection *pc, uint64_t vlan)
{
	for (size_t i = 0; i < pc->n_vbrs; i++)
		if (pc->vbrs[i]->vlan_id.v == vlan)
			return true;
	return false;
}

const struct circuit *lab_far_side(const struct vbr *vbr, struct number *vlan)
{
	const struct physical_connection *pc = vbr->physical_connection.to;

	*vlan = (struct number){0};
	for (size_t i = 0; i < pc->n_circuits; i++) {
		const struct circuit *c = pc->circuits[i];

		if (c->vlan_id.v == vbr->vlan_id.v)
			return c;
		if (!has_vbr(pc, c->vlan_id.v))
			*vlan = c->vlan_id;
	}
	return NULL;
}

static const char *address_fault(struct arena *a, const char *fmt, uint32_t here, uint32_t there)
{
	char x[IP_STRLEN], y[IP_STRLEN];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return arena_printf(a, fmt, ip_format(here, x), ip_format(there, y));
#pragma GCC diagnostic pop
}

const char *lab_circuit_fault(const struct vbr *vbr, struct arena *a)
{
	const struct physical_connection *pc = vbr->physical_connection.to;
	struct number vlan;
	const struct circuit *c = lab_far_side(vbr, &vlan);

	if (link_is_down(pc->change))
		return arena_printf(a, "physical connection '%s' is down", pc->id.name);
	if (!physical_connection_passes(pc))
		return arena_printf(a, "physical connection '%s' is not enabled", pc->id.name);
	if (!c && vlan.set)
		return arena_printf(a, "it has VLAN %" PRIu64 ", the customer router VLAN %" PRIu64,
				    vbr->vlan_id.v, vlan.v);
	if (!c)
		return "no customer router is at the other end";
	if (c->ip.ip != vbr->peer_gateway_ip.ip)
		return address_fault(a, "its peer is %s, the customer router is %s",
				     vbr->peer_gateway_ip.ip, c->ip.ip);
	if (c->peer_ip.ip != vbr->local_gateway_ip.ip)
		return address_fault(a, "it is %s, the customer router's peer is %s",
				     vbr->local_gateway_ip.ip, c->peer_ip.ip);
	return NULL;
}
