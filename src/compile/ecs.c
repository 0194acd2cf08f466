// SPDX-License-Identifier: GPL-2.0-only
/* An ECS instance: a namespace with eth0 in its vSwitch, and what makes it feel like a host. */
#include "compile/context.h"

static const char resolv_conf[] = "nameserver 100.100.2.136\n"
				  "nameserver 100.100.2.138\n"
				  "options timeout:2 attempts:2\n";

const char *compile_ecs_domain(struct compile *c, const struct ecs *ecs)
{
	const struct vswitch *s = ecs->vswitch.to;

	return compile_text(c, "%s.%s.ecs.internal", ecs->id.name, s->vpc->region.name);
}

void compile_ecs(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_ecs; i++) {
		const struct ecs *ecs = &c->lab->ecs[i];
		struct plan_origin origin = compile_origin(c, "ecs", &ecs->id);
		char ip[IP_STRLEN];

		compile_namespace(c, origin, ecs->id.name, "ecs");
		compile_vpc_port(c, origin,
				 &(struct port){.vswitch = ecs->vswitch.to,
						.name = ecs->id.name,
						.kind = "ecs",
						.ns = ecs->id.name,
						.dev = "eth0",
						.ip = ecs->private_ip.ip});
		compile_node(c, origin, ecs->id.name, resolv_conf,
			     compile_text(c, "%s %s %s\n", ip_format(ecs->private_ip.ip, ip),
					  compile_ecs_domain(c, ecs), ecs->id.name));
	}
}
