// SPDX-License-Identifier: GPL-2.0-only
/** Services of nodes, and the names of all processes of a lab. */
#include <stdlib.h>

#include "validate/rule.h"
#include "validate/rules.h"

#define DNS_PORT 53

typedef void service_fn(struct validation *v, const struct lab_node *node, const struct service *s);

static void each_service(struct validation *v, service_fn *fn)
{
	struct lab_node_cursor at = {0};
	struct lab_node node;

	while (lab_next_node(v->lab, &at, &node))
		for (size_t j = 0; j < node.n_services; j++)
			fn(v, &node, &node.services[j]);
}

static void needs_port(struct validation *v, const struct lab_node *node, const struct service *s)
{
	if (s->port.set || s->n_command)
		return;
	validate_report(v, s->id.at, "service '%s' of %s '%s' has neither a command nor a port",
			s->id.name, node->kind, node->id->name);
	validate_hint(v, "write `port:` for the built-in HTTP echo, or `command:`");
}

static void echo_is_tcp(struct validation *v, const struct lab_node *node, const struct service *s)
{
	if (s->n_command || s->protocol == SERVICE_TCP)
		return;
	validate_report(v, s->id.at,
			"service '%s' of %s '%s' is the built-in HTTP echo, which speaks tcp",
			s->id.name, node->kind, node->id->name);
	validate_hint(v, "write `command:` for a service of your own");
}

static void one_port(struct validation *v, const struct lab_node *node, const struct service *s)
{
	for (const struct service *o = node->services; s->port.set && o < s; o++) {
		if (!o->port.set || o->port.v != s->port.v || o->protocol != s->protocol)
			continue;
		validate_report(v, s->port.at, "service '%s' of %s '%s' has the port of '%s'",
				s->id.name, node->kind, node->id->name, o->id.name);
		diag_note(v->diags, o->port.at, "the port of '%s'", o->id.name);
		return;
	}
}

/* A DNS server has its port in both protocols. */
static void not_that_of_dns(struct validation *v, const struct host *h)
{
	for (size_t i = 0; h->dns.at.line && i < h->n_services; i++) {
		const struct service *s = &h->services[i];

		if (!s->port.set || s->port.v != DNS_PORT)
			continue;
		validate_report(v, s->port.at,
				"service '%s' of host '%s' has the port of its DNS server",
				s->id.name, h->id.name);
		diag_note(v->diags, h->dns.at, "the DNS server of '%s'", h->id.name);
	}
}

void validate_service_port(struct validation *v)
{
	each_service(v, needs_port);
	each_service(v, echo_is_tcp);
	each_service(v, one_port);
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_hosts; j++)
			not_that_of_dns(v, &v->lab->data_centers[i].hosts[j]);
}

static void only_the_echo(struct validation *v, const struct lab_node *node,
			  const struct service *s)
{
	if (!s->tls || !s->n_command)
		return;
	validate_report(v, s->tls_at,
			"service '%s' of %s '%s' is a command, which brings its own certificate",
			s->id.name, node->kind, node->id->name);
	validate_hint(v, "remove `tls:`, or `command:` for the built-in HTTP echo");
}

void validate_service_tls(struct validation *v)
{
	each_service(v, only_the_echo);
}

/* --- names of processes --- */

struct process {
	const char *name;
	const char *kind, *id, *of; /* "service" 'web' of 'host-1'; of NULL: of nobody */
	struct span at;
	size_t order;
};

struct processes {
	struct process *items;
	size_t n;
};

static void add(struct validation *v, struct processes *p, struct process new)
{
	new.order = p->n;
	*arena_push(v->scratch, p->items, p->n) = new;
}

static void add_services(struct validation *v, struct processes *p)
{
	struct lab_node_cursor at = {0};
	struct lab_node node;

	while (lab_next_node(v->lab, &at, &node))
		for (size_t j = 0; j < node.n_services; j++) {
			const struct named *id = &node.services[j].id;

			add(v, p,
			    (struct process){
				    .name = lab_service_worker(v->lab, node.id->name, id->name),
				    .kind = "service",
				    .id = id->name,
				    .of = node.id->name,
				    .at = id->at});
		}
}

/* A process that is called after what it is for. */
static void add_worker(struct validation *v, struct processes *p, const char *worker,
		       const char *kind, const struct named *id)
{
	add(v, p,
	    (struct process){.name = lab_worker(v->lab, worker, id->name),
			     .kind = kind,
			     .id = id->name,
			     .at = id->at});
}

static struct processes collect(struct validation *v)
{
	const struct lab *lab = v->lab;
	struct processes p = {0};

	for (size_t i = 0; i < lab->n_api_gateways; i++)
		add(v, &p,
		    (struct process){.name = lab->api_gateways[i].id.name,
				     .kind = "API Gateway instance",
				     .id = lab->api_gateways[i].id.name,
				     .at = lab->api_gateways[i].id.at});
	for (size_t i = 0; i < lab->n_functions; i++)
		add_worker(v, &p, "function", "function", &lab->functions[i].id);
	for (size_t i = 0; i < lab->n_vbrs; i++)
		add_worker(v, &p, "bird", "VBR", &lab->vbrs[i].id);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		add_worker(v, &p, "bird", "data centre", &lab->data_centers[i].id);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		for (size_t j = 0; j < lab->data_centers[i].n_hosts; j++) {
			const struct host *h = &lab->data_centers[i].hosts[j];

			if (h->dns.at.line)
				add(v, &p,
				    (struct process){.name = lab_worker(lab, "dns", h->id.name),
						     .kind = "the DNS server on",
						     .id = h->id.name,
						     .at = h->dns.at});
		}
	add_services(v, &p);
	return p;
}

static const char *text_of(struct validation *v, const struct process *p)
{
	return p->of ? arena_printf(v->scratch, "%s '%s' of '%s'", p->kind, p->id, p->of)
		     : arena_printf(v->scratch, "%s '%s'", p->kind, p->id);
}

static int by_name(const void *pa, const void *pb)
{
	const struct process *a = pa, *b = pb;
	int c = strcmp(a->name, b->name);

	return c ? c : (a->order > b->order) - (a->order < b->order);
}

void validate_name_worker(struct validation *v)
{
	struct processes p = collect(v);

	if (p.n)
		qsort(p.items, p.n, sizeof(*p.items), by_name);
	for (size_t i = 1; i < p.n; i++) {
		const struct process *a = &p.items[i - 1], *b = &p.items[i];

		if (!streq(a->name, b->name))
			continue;
		if (a->at.line > b->at.line) {
			const struct process *later = a;

			a = b;
			b = later;
		}
		validate_report(v, b->at, "the process of %s would be called '%s', as that of %s",
				text_of(v, b), b->name, text_of(v, a));
		diag_note(v->diags, a->at, "%s stands here", text_of(v, a));
		validate_hint(v, "rename one of them: processes have logs by name");
	}
}
