// SPDX-License-Identifier: GPL-2.0-only
/** Sources, targets and calls of a plan, for the matrix. */
#pragma once

#include "analyse/matrix.h"
#include "analyse/net.h"

/** Fills sources, targets (labels included) and calls; kinds and verdicts are left at 0. */
void analyse_endpoint_collect(struct analyse_matrix *m);

/** 0: the same service, called through the same VPC. */
int analyse_endpoint_call_cmp(const struct analyse_call *a, const struct analyse_call *b);

/** What is served at a target: sorted, each once. */
struct endpoint_services {
	struct analyse_service *v;
	size_t n;
};
void analyse_endpoint_add(struct arena *a, struct endpoint_services *s, struct analyse_service one);
void analyse_endpoint_sort(struct endpoint_services *s);
/** The listeners of a target. */
void analyse_endpoint_listeners(const struct analyse_matrix *m, const struct analyse_target *t,
				struct endpoint_services *s);
/** The ports that filters of a namespace and of those next to it name. */
void analyse_endpoint_named_ports(const struct analyse_matrix *m, uint32_t ns,
				  struct endpoint_services *s);
