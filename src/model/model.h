// SPDX-License-Identifier: GPL-2.0-only
/**
 * The cloud as the lab file describes it: plain structs, one per resource, each with the place it
 * came from. parse/ fills in what was written; validate/ resolves every `ref` to its `to` pointer
 * and checks the rules; const from then on. All memory lives in lab->arena.
 *
 * Argument names are those of the provider's Terraform resources where it has them.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "model/api.h"
#include "model/cen.h"
#include "model/check.h"
#include "model/circuit.h"
#include "model/data_center.h"
#include "model/internet.h"
#include "model/link.h"
#include "model/vpc.h"

struct lab {
	struct arena *arena;
	const struct source *source;
	const char *dir; /* folder of the lab file, for `code:`; "." for none */
	struct named id; /* key `lab`: the name */
	struct text title, description;
	const char *
		step; /* stopped after this step; NULL: all were merged. Or LAB_BASE, or "STEP/EXERCISE" */
	struct region *regions;
	struct region_pair *region_pairs;
	struct vpc *vpcs;
	struct private_zone *private_zones;
	struct security_group *security_groups;
	struct ecs *ecs;
	struct cen *cens;
	struct physical_connection *physical_connections;
	struct vbr *vbrs;
	struct router_interface *router_interfaces;
	struct data_center *data_centers;
	struct internet internet;
	struct vpc_access *vpc_accesses;
	struct api_gateway *api_gateways;
	struct api_group *api_groups;
	struct api *apis;
	struct app *apps;
	struct app_attachment *app_attachments;
	struct plugin *plugins;
	struct plugin_attachment *plugin_attachments;
	struct function *functions;
	struct link_change *link_changes; /* key `links` */
	struct event *events;             /* in order of the file */
	struct step *steps;
	struct check *checks; /* of the whole lab: hold when all steps are done */
	size_t n_regions, n_region_pairs, n_vpcs, n_private_zones, n_security_groups, n_ecs, n_cens,
		n_physical_connections, n_vbrs, n_router_interfaces, n_data_centers, n_vpc_accesses,
		n_api_gateways, n_api_groups, n_apis, n_apps, n_app_attachments, n_plugins,
		n_plugin_attachments, n_functions, n_link_changes, n_events, n_steps, n_checks;
};

struct lab *lab_new(void) __attribute__((returns_nonnull));
void lab_free(struct lab *lab); /* NULL is fine */
/**
 * Gives the lab another name than its file does, before it is validated. Commands in its description and
 * in texts of its steps and exercises then name it so: `labctl VERB NAME`, `ip -n NAME.NAMESPACE`.
 */
void lab_rename(struct lab *lab, const char *name);

/** What a command can be run on, or a check from: it has a host name, an address and services. */
struct lab_node {
	const struct named *id;
	const char *kind; /* "ECS instance", "host", "Internet host", "customer router" */
	uint32_t ip;      /* 0: of a customer router, which has several */
	const struct service *services;
	size_t n_services;
	const char *key; /* where the lab file declares it, such as "ecs" */
};
/** How far the nodes of a lab have been gone through; all zero before the first one. */
struct lab_node_cursor {
	size_t data_center, i;
	int kind;
};
/** The next node of the lab, one kind after another; false behind the last one. */
bool lab_next_node(const struct lab *lab, struct lab_node_cursor *at, struct lab_node *node);

/** The region of what is attached; NULL where that is not known (yet). */
const struct region *cen_attachment_region(const struct cen_attachment *a);
/** Name of what is attached; NULL where nothing is. */
const char *cen_attachment_name(const struct cen_attachment *a);
const struct region *vbr_region(const struct vbr *vbr); /* NULL: not known */

const struct vswitch *lab_find_vswitch(const struct lab *lab, const char *name);
/** As the name of a step: the lab before the first one. */
#define LAB_BASE "."
/** id: "STEP", or "STEP/EXERCISE" for the step of an exercise. */
const struct step *lab_find_step(const struct lab *lab, const char *id);
/** NULL unless id is "STEP/EXERCISE". */
const struct exercise *lab_find_exercise(const struct lab *lab, const char *id);
/** The pair in either order, NULL where the lab file does not name it. */
const struct region_pair *lab_find_region_pair(const struct lab *lab, const struct region *a,
					       const struct region *b);

/** "HASH-cn-hangzhou.alicloudapi.com", allocated from the lab's arena; group resolved. */
const char *lab_public_domain(const struct lab *lab, const struct api_group *group);
/** "HASH-cn-hangzhou-vpc.alicloudapi.com". */
const char *lab_vpc_domain(const struct lab *lab, const struct api_group *group);

/** What the app proves itself with: as written, else derived from the names of lab and app. */
const char *lab_app_key(const struct lab *lab, const struct app *app);
const char *lab_app_secret(const struct lab *lab, const struct app *app);
const char *lab_app_code(const struct lab *lab, const struct app *app);

/** The address of a serverless instance in the cloud-service network. */
uint32_t lab_serverless_ip(const struct lab *lab, const struct api_gateway *gw);
/**
 * The addresses that the host of a route service stands for: a CIDR block, an address, or the VPC
 * domain of a group on a serverless instance. False: none.
 */
bool lab_service_prefix(const struct lab *lab, const char *host, struct ip_prefix *p);

/** A name of the Internet, which its resolver and those of VPCs know. */
struct lab_name {
	const char *name;
	uint32_t ip;
};
/** The i-th one: public domains of groups, names of public hosts. False behind the last one. */
bool lab_public_name_at(const struct lab *lab, size_t i, struct lab_name *name);

/** The customer router's end with the VBR's VLAN on its line; NULL, then vlan is that of an end that no
 * VBR speaks to, if there is one (else vlan->set is false). */
const struct circuit *lab_far_side(const struct vbr *vbr, struct number *vlan);

/** Why nobody answers the VBR on its circuit, or NULL; references resolved, text in the arena. */
const char *lab_circuit_fault(const struct vbr *vbr, struct arena *a);

/** Names of processes: "function-hello", "service-ecs-1-web", cut to what a name may have. */
const char *lab_worker(const struct lab *lab, const char *kind, const char *name);
const char *lab_service_worker(const struct lab *lab, const char *node, const char *service);

static inline void cleanup_lab(struct lab **lab)
{
	lab_free(*lab);
}
#define auto_lab __attribute__((cleanup(cleanup_lab)))
