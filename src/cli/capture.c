// SPDX-License-Identifier: GPL-2.0-only
/** labctl capture: packets of a lab. Finds the interfaces and becomes labctl-capture. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "kernel/netns.h"

struct options {
	const char *lab, *places, *file;
	unsigned long long count;
	struct strbuf filter;
};

/* What becomes labctl-capture's specification. */
struct points {
	const struct plan *plan;
	json_t *list;
};

static const struct argp_option option_table[] = {
	{"write", 'w', "FILE", 0, "write a pcapng file, \"-\": to standard output", 0},
	{"count", 'c', "N", 0, "end after N packets", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static unsigned long long parse_count(const char *arg, struct argp_state *state)
{
	char *end;
	unsigned long long n = strtoull(arg, &end, 10);

	if (*arg < '1' || *arg > '9' || *end || n > INT64_MAX)
		argp_error(state, "--count: a number from 1, not \"%s\"", arg);
	return n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'w': o->file = arg; return 0;
	case 'c': o->count = parse_count(arg, state); return 0;
	case ARGP_KEY_ARG:
		if (!o->lab)
			o->lab = arg;
		else if (!o->places)
			o->places = arg;
		else
			strbuf_printf(&o->filter, "%s%s", o->filter.len ? " " : "", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->places)
			argp_error(state, "which lab, and which of its nodes?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB NODE[:INTERFACE][,NODE...] [FILTER...]",
	.doc = "Shows the packets of one or several nodes, routers or gateways of a lab in the order of their "
	       "time, or writes them into a file for Wireshark that knows the interfaces by name. Without "
	       "INTERFACE: all of the node's. FILTER is an expression of pcap-filter(7).\v"
	       "Examples:\n"
	       "  labctl capture scenario1 ecs-3\n"
	       "  labctl capture scenario1 ecs-3,vpc-3:cen-1,apigw-1 tcp port 80\n"
	       "  labctl capture scenario1 vpc-1 -w vpc-1.pcapng\n"
	       "  labctl capture scenario1 vpc-1,vpc-3 -w - | wireshark -k -i -\n",
};

static int add_point(struct points *p, const char *ns, const char *dev, const char *alias,
		     struct lab_error **err)
{
	int fd;
	json_t *point;

	if (json_array_size(p->list) == 512)
		return lab_error_make(err, LAB_USAGE, "more than 512 interfaces");
	fd = kernel_pin_open(p->plan->lab, ns, err);
	if (fd < 0)
		return -1;
	/* for labctl-capture */
	if (fcntl(fd, F_SETFD, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "%s", ns);
	point = json_pack("{s:o, s:s, s:s, s:i}", "name", json_sprintf("%s:%s", ns, dev), "dev",
			  dev, "alias", alias ? alias : "", "ns", fd);
	if (!point || json_array_append_new(p->list, point))
		abort();
	return 0;
}

/* Adds end e where it is asked for. dev: NULL: every one. */
static int add_end(struct points *p, const struct plan_end *e, const char *ns, const char *dev,
		   struct lab_error **err)
{
	if (strcmp(e->ns, ns) != 0 || (dev && strcmp(e->dev, dev) != 0))
		return 0;
	return add_point(p, ns, e->dev, e->alias, err);
}

static int add_devices(struct points *p, const char *ns, const char *dev, struct lab_error **err)
{
	if (dev && !strcmp(dev, "lo"))
		return add_point(p, ns, dev, NULL, err);
	for (size_t i = 0; i < p->plan->n_links; i++)
		if (add_end(p, &p->plan->links[i].a, ns, dev, err) ||
		    add_end(p, &p->plan->links[i].b, ns, dev, err))
			return -1;
	for (size_t i = 0; i < p->plan->n_bridges; i++) {
		const struct plan_bridge *b = &p->plan->bridges[i];

		if (!strcmp(b->ns, ns) && (!dev || !strcmp(b->dev, dev)) &&
		    add_point(p, ns, b->dev, b->alias, err))
			return -1;
	}
	return 0;
}

static int no_namespace(const struct plan *plan, const char *name, struct lab_error **err)
{
	auto_free const char **names = calloc(plan->n_namespaces + 1, sizeof(*names));
	const char *nearest;

	if (!names)
		abort();
	for (size_t i = 0; i < plan->n_namespaces; i++)
		names[i] = plan->namespaces[i].name;
	nearest = diag_nearest(name, names, plan->n_namespaces);
	(void)lab_error_make(err, LAB_USAGE, "lab %s: has no node %s", plan->lab, name);
	return nearest ? lab_error_hint(err, "did you mean %s?", nearest)
		       : lab_error_hint(err, "`labctl status %s` lists its namespaces", plan->lab);
}

static void add_name(struct strbuf *names, const struct plan_end *e, const char *ns)
{
	if (!strcmp(e->ns, ns))
		strbuf_printf(names, "%s%s", names->len ? ", " : "", e->dev);
}

static int no_device(const struct plan *plan, const char *ns, const char *dev,
		     struct lab_error **err)
{
	auto_strbuf struct strbuf names = {0};

	for (size_t i = 0; i < plan->n_links; i++) {
		add_name(&names, &plan->links[i].a, ns);
		add_name(&names, &plan->links[i].b, ns);
	}
	(void)lab_error_make(err, LAB_USAGE, "%s: has no interface %s", ns, dev ? dev : "but lo");
	return lab_error_hint(err, "it has: %s", names.len ? strbuf_str(&names) : "lo");
}

/* One NODE[:INTERFACE]; the colon is overwritten. */
static int add_place(struct points *p, char *place, struct lab_error **err)
{
	size_t before = json_array_size(p->list);
	char *dev = strchr(place, ':');

	if (dev)
		*dev++ = '\0';
	if (!plan_find_namespace(p->plan, place))
		return no_namespace(p->plan, place, err);
	if (add_devices(p, place, dev, err))
		return -1;
	return json_array_size(p->list) > before ? 0 : no_device(p->plan, place, dev, err);
}

static int add_places(struct points *p, const char *places, struct lab_error **err)
{
	auto_free char *copy = strdup(places);
	char *rest = copy, *place;

	if (!copy)
		abort();
	while ((place = strsep(&rest, ",")))
		if (add_place(p, place, err))
			return -1;
	return 0;
}

/* -1: lines are shown. */
static int open_file(const struct options *o, int *fd, struct lab_error **err)
{
	*fd = -1;
	if (!o->file)
		return 0;
	if (!strcmp(o->file, "-")) {
		if (isatty(STDOUT_FILENO))
			return lab_error_make(err, LAB_USAGE,
					      "a capture file is not for a terminal: redirect it");
		*fd = STDOUT_FILENO;
		return 0;
	}
	*fd = open(o->file, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0644); /* for labctl-capture */
	return *fd < 0 ? lab_error_errno(err, LAB_FAILED, errno, "%s", o->file) : 0;
}

/* The specification becomes standard input. */
static int give_spec(const json_t *spec, struct lab_error **err)
{
	auto_close int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || json_dumpfd(spec, fd, JSON_COMPACT) || lseek(fd, 0, SEEK_SET) ||
	    dup2(fd, STDIN_FILENO) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "the specification");
	return 0;
}

static int become_capture(struct lab_error **err)
{
	char *argv[] = {(char *)"labctl-capture", NULL};
	char *env[] = {(char *)"LC_ALL=C", NULL};
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/labctl-capture", cli_libexec()) < 0)
		abort();
	(void)execve(path, argv, env);
	return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running running = {0};
	struct points points = {.list = json_array()};
	json_t *spec = NULL;
	int file, rc = -1;

	if (cli_need_root("capture", err) || cli_open_running(o->lab, STATE_READ, &running, err))
		goto out;
	points.plan = running.plan;
	if (add_places(&points, o->places, err) || open_file(o, &file, err))
		goto out;
	spec = json_pack("{s:s, s:s, s:i, s:I, s:O}", "lab", running.plan->lab, "filter",
			 strbuf_str(&o->filter), "file", file, "count", (json_int_t)o->count,
			 "points", points.list);
	if (!spec)
		abort();
	rc = give_spec(spec, err) || become_capture(err) ? -1 : 0;
out:
	json_decref(spec);
	json_decref(points.list);
	return rc;
}

int verb_capture(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	int status;

	cli_parse(&argp, argc, argv, &o);
	status = run(&o, &err) ? cli_fail(err) : LAB_OK;
	strbuf_done(&o.filter);
	return status;
}
