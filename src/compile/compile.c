// SPDX-License-Identifier: GPL-2.0-only
#include "compile/compile.h"

#include "compile/context.h"

bool compile_asks_for_netem(const struct lab *lab)
{
	return lab->n_physical_connections || lab->n_cens;
}

static struct plan *compile(const struct lab *lab, struct compile_options options, bool view)
{
	struct plan *p = plan_new(lab->id.name);
	struct compile c = {.lab = lab,
			    .plan = p,
			    .arena = p->arena,
			    .no_netem = options.no_netem,
			    .view = view};

	p->title = lab->title.s;
	p->step = lab->step;
	compile_routers(&c);
	compile_services(&c);
	compile_vpcs(&c);
	compile_ecs(&c);
	compile_circuits(&c);
	compile_data_centers(&c);
	compile_internet(&c);
	compile_gateways(&c);
	compile_functions(&c);
	compile_cens(&c);
	compile_wires(&c);
	compile_vpcs_finish(&c);
	compile_circuits_finish(&c);
	compile_bgp(&c);
	compile_routing(&c);
	compile_security_groups(&c);
	compile_dns(&c);
	compile_node_services(&c);
	compile_summary(&c);
	plan_sort(p);
	return p;
}

struct plan *compile_view(const struct lab *lab, struct compile_options options)
{
	return compile(lab, options, true);
}

struct plan *compile_lab(const struct lab *lab, struct compile_options options,
			 struct lab_error **err)
{
	struct plan *p = compile(lab, options, false);

	plan_own(p);
	if (plan_verify(p, err) < 0) {
		plan_free(p);
		return NULL;
	}
	return p;
}
