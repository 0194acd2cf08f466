// SPDX-License-Identifier: GPL-2.0-only
#include "wire/config.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/worker.h"

#define US_MAX   10000000 /* 10 s */
#define PPM      1000000
#define HOLD_MAX ((json_int_t)1 << 32)

struct reader {
	struct arena *a;
	struct wire_config *config;
	json_t *sockets;
	bool *used; /* by place of the socket */
	struct lab_error **err;
};

static int find_socket(struct reader *r, const char *name, int *fd)
{
	json_t *s;
	size_t i;

	json_array_foreach (r->sockets, i, s) {
		const char *text = json_string_value(json_object_get(s, "name"));

		if (!text || strcmp(text, name) != 0)
			continue;
		if (r->used[i])
			break;
		r->used[i] = true;
		*fd = WORKER_FD_SOCKET_0 + (int)i;
		return 0;
	}
	return lab_error_make(r->err, LAB_USAGE, "no socket '%s' that has no use yet", name);
}

static int read_port(struct reader *r, const char *name, size_t *place)
{
	struct wire_port_config *p = &r->config->ports[r->config->n_ports];

	*p = (struct wire_port_config){.name = arena_strdup(r->a, name)};
	*place = r->config->n_ports++;
	return find_socket(r, name, &p->fd);
}

static int in_range(struct reader *r, const char *what, json_int_t v, json_int_t most)
{
	if (v >= 0 && v <= most)
		return 0;
	return lab_error_make(r->err, LAB_USAGE, "%s must be 0 to %lld", what, (long long)most);
}

static int read_name(struct reader *r, const char *name, struct wire_line *line)
{
	for (const struct wire_line *l = r->config->lines; l < line; l++)
		if (strcmp(l->name, name) == 0)
			return lab_error_make(r->err, LAB_USAGE, "'%s' is there already", name);
	line->name = arena_strdup(r->a, name);
	return 0;
}

static int read_line(struct reader *r, json_t *j, struct wire_line *line)
{
	json_int_t delay, jitter = 0, loss = 0, duplicate = 0, reorder = 0, hold;
	const char *name, *a, *b;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:I, s?I, s?I, s?I, s?I, s:I !}", "name",
			   &name, "a", &a, "b", &b, "delay_us", &delay, "jitter_us", &jitter,
			   "loss_ppm", &loss, "duplicate_ppm", &duplicate, "reorder_ppm", &reorder,
			   "hold", &hold) < 0)
		return lab_error_make(r->err, LAB_USAGE, "%s", e.text);
	if (in_range(r, "delay_us", delay, US_MAX) < 0 ||
	    in_range(r, "jitter_us", jitter, delay) < 0 || in_range(r, "loss_ppm", loss, PPM) < 0 ||
	    in_range(r, "duplicate_ppm", duplicate, PPM) < 0 ||
	    in_range(r, "reorder_ppm", reorder, PPM) < 0 || in_range(r, "hold", hold, HOLD_MAX) < 0)
		return -1;
	line->traits = (struct wire_traits){.delay_ns = (uint64_t)delay * 1000,
					    .jitter_ns = (uint64_t)jitter * 1000,
					    .loss_ppm = (uint32_t)loss,
					    .duplicate_ppm = (uint32_t)duplicate,
					    .reorder_ppm = (uint32_t)reorder};
	line->hold = (size_t)hold;
	return read_name(r, name, line) < 0 || read_port(r, a, &line->ports[0]) < 0 ||
			       read_port(r, b, &line->ports[1]) < 0
		       ? -1
		       : 0;
}

static int read_lines(struct reader *r, json_t *lines)
{
	struct wire_config *c = r->config;
	size_t n = json_array_size(lines), i;
	json_t *j;

	c->lines = arena_alloc(r->a, (n + 1) * sizeof(*c->lines));
	c->ports = arena_alloc(r->a, (2 * n + 1) * sizeof(*c->ports));
	json_array_foreach (lines, i, j) {
		if (read_line(r, j, &c->lines[i]) < 0)
			return lab_error_prefix(r->err, "lines[%zu]", i);
		c->n_lines++;
	}
	return 0;
}

static int read_all(struct reader *r, json_t *root)
{
	const char *lab, *state;
	json_t *lines;
	json_error_t e;

	if (json_unpack_ex(root, &e, 0, "{s:s, s:s, s:o, s:o !}", "lab", &lab, "state", &state,
			   "lines", &lines, "sockets", &r->sockets) < 0)
		return lab_error_make(r->err, LAB_USAGE, "%s", e.text);
	if (!json_is_array(lines) || !json_is_array(r->sockets))
		return lab_error_make(r->err, LAB_USAGE, "lines and sockets must be lists");
	r->used = arena_alloc(r->a, json_array_size(r->sockets) + 1);
	r->config->lab = arena_strdup(r->a, lab);
	return find_socket(r, state, &r->config->state) < 0 ? -1 : read_lines(r, lines);
}

struct wire_config *wire_config_read(struct arena *a, const char *text, size_t len,
				     struct lab_error **err)
{
	json_error_t e;
	json_auto_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	struct reader r = {.a = a, .config = arena_alloc(a, sizeof(*r.config)), .err = err};

	if (!root)
		(void)lab_error_make(err, LAB_USAGE, "line %d: %s", e.line, e.text);
	if (!root || read_all(&r, root) < 0) {
		(void)lab_error_prefix(err, "configuration");
		return NULL;
	}
	return r.config;
}
