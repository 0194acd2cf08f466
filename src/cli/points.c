// SPDX-License-Identifier: GPL-2.0-only
#include "cli/points.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "kernel/netns.h"

void cli_points_init(struct cli_points *p, const struct cli_running *running)
{
	*p = (struct cli_points){
		.plan = running->plan,
		.life = process_id_open(&state_journal(running->state)->supervisor),
		.list = json_array(),
	};
	if (!p->list)
		abort();
}

static int ns_of(const json_t *point)
{
	return (int)json_integer_value(json_object_get(point, "ns"));
}

void cli_points_close(struct cli_points *p)
{
	json_t *point;
	size_t i;

	json_array_foreach (p->list, i, point) {
		if (ns_of(point) >= 0)
			(void)close(ns_of(point)); /* never read from */
		if (json_object_set_new(point, "ns", json_integer(-1)))
			abort();
	}
	cleanup_closep(&p->life);
	p->life = -1;
}

void cli_points_done(struct cli_points *p)
{
	cli_points_close(p);
	json_decref(p->list);
	p->list = NULL;
}

static int too_many(struct lab_error **err)
{
	(void)lab_error_make(err, LAB_USAGE, "more than %d interfaces", CAPTURE_MAX_POINTS);
	return lab_error_hint(err, "`labctl capture LAB NODE,...` listens at those of some nodes");
}

/* dev: NULL: any. */
static bool has_point(const struct cli_points *p, const char *ns, const char *dev)
{
	const json_t *point;
	size_t i;

	json_array_foreach (p->list, i, point)
		if (!strcmp(json_string_value(json_object_get(point, "node")), ns) &&
		    (!dev || !strcmp(json_string_value(json_object_get(point, "dev")), dev)))
			return true;
	return false;
}

static int add_point(struct cli_points *p, const char *ns, const char *dev, const char *alias,
		     struct lab_error **err)
{
	int fd;
	json_t *point;

	if (has_point(p, ns, dev))
		return 0;
	if (json_array_size(p->list) == CAPTURE_MAX_POINTS)
		return too_many(err);
	fd = kernel_pin_open(p->plan->lab, ns, err);
	if (fd < 0)
		return -1;
	point = json_pack("{s:o, s:s, s:s, s:s, s:i}", "name", json_sprintf("%s:%s", ns, dev),
			  "node", ns, "dev", dev, "alias", alias ? alias : "", "ns", fd);
	if (!point || json_array_append_new(p->list, point))
		abort();
	return 0;
}

/* Adds end e where it is asked for. dev: NULL: every one. */
static int add_end(struct cli_points *p, const struct plan_end *e, const char *ns, const char *dev,
		   struct lab_error **err)
{
	if (strcmp(e->ns, ns) != 0 || (dev && strcmp(e->dev, dev) != 0))
		return 0;
	return add_point(p, ns, e->dev, e->alias, err);
}

static int add_devices(struct cli_points *p, const char *ns, const char *dev,
		       struct lab_error **err)
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

/* "cen-1.cn-hangzhou" is a part of "cen-1": of a CEN each region has a transit router. */
static bool is_part(const char *ns, const char *object)
{
	const size_t n = strlen(object);

	return !strncmp(ns, object, n) && ns[n] == '.';
}

/* An object of several places; dev is that of those which have it. */
static int add_parts(struct cli_points *p, const char *object, const char *dev,
		     struct lab_error **err)
{
	bool any = false, found = false;

	for (size_t i = 0; i < p->plan->n_namespaces; i++) {
		const char *ns = p->plan->namespaces[i].name;

		if (!is_part(ns, object))
			continue;
		any = true;
		if (add_devices(p, ns, dev, err))
			return -1;
		found |= has_point(p, ns, dev);
	}
	if (!any)
		return no_namespace(p->plan, object, err);
	return found ? 0
		     : lab_error_make(err, LAB_USAGE, "%s: has no interface %s", object,
				      dev ? dev : "but lo");
}

/* One NODE[:INTERFACE]; the colon is overwritten. */
static int add_place(struct cli_points *p, char *place, struct lab_error **err)
{
	char *dev = strchr(place, ':');

	if (dev)
		*dev++ = '\0';
	if (!plan_find_namespace(p->plan, place))
		return add_parts(p, place, dev, err);
	if (add_devices(p, place, dev, err))
		return -1;
	return has_point(p, place, dev) ? 0 : no_device(p->plan, place, dev, err);
}

int cli_points_add(struct cli_points *p, const char *places, struct lab_error **err)
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

/* The middle of a line that labctl-wire carries is nowhere in the cloud. */
static int add_in_the_cloud(struct cli_points *p, const struct plan_end *e, struct lab_error **err)
{
	const struct plan_namespace *ns = plan_find_namespace(p->plan, e->ns);

	return ns && plan_is_wire(ns) ? 0 : add_point(p, e->ns, e->dev, e->alias, err);
}

int cli_points_add_all(struct cli_points *p, struct lab_error **err)
{
	for (size_t i = 0; i < p->plan->n_links; i++) {
		const struct plan_link *l = &p->plan->links[i];

		if (add_in_the_cloud(p, &l->a, err) || add_in_the_cloud(p, &l->b, err))
			return -1;
	}
	return 0;
}

static int hand_on(int fd, struct lab_error **err)
{
	return fd >= 0 && fcntl(fd, F_SETFD, 0)
		       ? lab_error_errno(err, LAB_FAILED, errno, "a namespace")
		       : 0;
}

static int hand_all_on(const struct cli_points *p, struct lab_error **err)
{
	const json_t *point;
	size_t i;

	json_array_foreach (p->list, i, point)
		if (hand_on(ns_of(point), err))
			return -1;
	return hand_on(p->life, err);
}

int cli_points_give(const struct cli_points *p, const struct capture_spec *spec,
		    struct lab_error **err)
{
	auto_close int fd = memfd_create("capture", MFD_CLOEXEC);
	json_t *json = json_pack("{s:s, s:s, s:i, s:i, s:i, s:I, s:O}", "lab", p->plan->lab,
				 "filter", spec->filter, "file", spec->file, "form",
				 (int)spec->form, "life", p->life, "count", (json_int_t)spec->count,
				 "points", p->list);
	int rc;

	if (!json)
		abort();
	rc = fd < 0 ? -1 : json_dumpfd(json, fd, JSON_COMPACT);
	json_decref(json);
	if (rc || lseek(fd, 0, SEEK_SET) || dup2(fd, STDIN_FILENO) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "the specification");
	return hand_all_on(p, err);
}

int cli_become_capture(struct lab_error **err)
{
	char *argv[] = {(char *)"labctl-capture", NULL};
	char *env[] = {(char *)"LC_ALL=C", NULL};
	auto_free char *path = NULL;

	if (asprintf(&path, "%s/labctl-capture", cli_libexec()) < 0)
		abort();
	(void)execve(path, argv, env);
	return lab_error_errno(err, LAB_FAILED, errno, "%s", path);
}
