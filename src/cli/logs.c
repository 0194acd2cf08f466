// SPDX-License-Identifier: GPL-2.0-only
/** labctl logs: shows the logs of a lab's workers. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/diag.h"
#include "cli/cli.h"
#include "cli/tail.h"

#define LINES_SHOWN 50
#define STAMP_LEN   24 /* "2026-01-31T12:00:00.123Z" */

struct options {
	const char *lab;
	char *names[256];
	size_t n_names, lines;
	bool follow;
};

/* A line of the past, until all are sorted. */
struct entry {
	const struct tail *from;
	size_t nth;                /* as it was read */
	char stamp[STAMP_LEN + 1]; /* of the line, or of the one before it where it has none */
	char *text;
};

struct view {
	struct tail *tails;
	size_t n;
	int dir, width;
	bool colour;
	struct entry *past;
	size_t n_past;
};

static size_t parse_lines(const char *arg, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (!strcmp(arg, "all"))
		return SIZE_MAX;
	if (*arg < '0' || *arg > '9' || *end)
		argp_error(state, "--lines: a number or \"all\", not \"%s\"", arg);
	return n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f': o->follow = true; return 0;
	case 'n': o->lines = parse_lines(arg, state); return 0;
	case ARGP_KEY_ARG:
		if (!o->lab)
			o->lab = arg;
		else if (o->n_names < ARRAY_LEN(o->names))
			o->names[o->n_names++] = arg;
		else
			argp_error(state, "too many names");
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "which lab?"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"follow", 'f', NULL, 0, "go on showing what is written, until the lab goes down", 0},
	{"lines", 'n', "LINES", 0, "show the last LINES of each log, or \"all\" (50)", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

const struct argp cli_argp_logs = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB [WORKER...]",
	.doc = "Shows the logs of a lab's workers, sorted by time, each line with the name of its worker; "
	       "\"supervisor\" is the one that starts them. Without WORKER: all.\v"
	       "Examples:\n"
	       "  labctl logs scenario1\n"
	       "  labctl logs scenario1 apigw-1 --follow\n"
	       "  labctl logs scenario1 supervisor -n all\n",
};

static void print_line(void *data, const struct tail *t, const char *line)
{
	const struct view *v = data;

	if (v->n > 1)
		printf(v->colour ? "\033[36m%-*s\033[0m | " : "%-*s | ", v->width, t->name);
	puts(line);
}

/* At the beginning of a line, or in a gateway's access log. NULL: the line has none. */
static const char *find_stamp(const char *line)
{
	static const char key[] = "\"requestHandleTime\":\"";
	const char *at = line;

	if (*line == '{') {
		at = strstr(line, key);
		if (!at)
			return NULL;
		at += strlen(key);
	}
	if (strlen(at) <= STAMP_LEN || *at < '0' || *at > '9' || at[10] != 'T' ||
	    at[STAMP_LEN - 1] != 'Z')
		return NULL;
	return at;
}

static void keep_line(void *data, const struct tail *t, const char *line)
{
	struct view *v = data;
	const char *stamp = find_stamp(line);
	struct entry *e;

	v->past = reallocarray(v->past, v->n_past + 1, sizeof(*v->past));
	if (!v->past)
		abort();
	e = &v->past[v->n_past++];
	*e = (struct entry){.from = t, .nth = v->n_past, .text = strdup(line)};
	if (!e->text)
		abort();
	if (stamp)
		memcpy(e->stamp, stamp, STAMP_LEN);
	else if (v->n_past > 1 && e[-1].from == t)
		memcpy(e->stamp, e[-1].stamp, STAMP_LEN);
}

static int by_stamp(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->stamp, y->stamp);

	/* lines of one moment stay log by log, and each log in its order */
	return order ? order : x->nth < y->nth ? -1 : 1;
}

static int show_past(struct view *v, size_t lines, struct lab_error **err)
{
	for (size_t i = 0; i < v->n; i++)
		if (cli_tail_last(&v->tails[i], lines, keep_line, v, err))
			return -1;
	if (v->n_past)
		qsort(v->past, v->n_past, sizeof(*v->past), by_stamp);
	for (size_t i = 0; i < v->n_past; i++)
		print_line(v, v->past[i].from, v->past[i].text);
	return 0;
}

/* Until the folder of the logs is removed: the lab went down. */
static int follow(struct view *v, int watch, struct lab_error **err)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool up = true;

	while (up) {
		ssize_t n;

		for (size_t i = 0; i < v->n; i++)
			if (cli_tail_more(&v->tails[i], print_line, v, err))
				return -1;
		if (fflush(stdout))
			return lab_error_errno(err, LAB_FAILED, errno, "standard output");
		n = read(watch, events, sizeof(events));
		if (n < 0 && errno != EINTR)
			return lab_error_errno(err, LAB_FAILED, errno, "watch the logs");
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(events + at);

			/* of the lab's folder; one that is held open does not tell of its own end */
			up = up && !((e->mask & IN_DELETE) && e->len && !strcmp(e->name, "log"));
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	return 0;
}

static void add_tail(struct view *v, const char *name)
{
	v->tails = reallocarray(v->tails, v->n + 1, sizeof(*v->tails));
	if (!v->tails)
		abort();
	cli_tail_init(&v->tails[v->n++], v->dir, name);
	if ((int)strlen(name) > v->width)
		v->width = (int)strlen(name);
}

static int add_named(struct view *v, const struct plan *plan, const char *name,
		     struct lab_error **err)
{
	auto_free const char **names = calloc(plan->n_workers + 1, sizeof(*names));
	const char *nearest;

	if (!names)
		abort();
	for (size_t i = 0; i < plan->n_workers; i++)
		names[i] = plan->workers[i].name;
	names[plan->n_workers] = "supervisor";
	for (size_t i = 0; i <= plan->n_workers; i++) {
		if (!strcmp(names[i], name)) {
			add_tail(v, name);
			return 0;
		}
	}
	nearest = diag_nearest(name, names, plan->n_workers + 1);
	(void)lab_error_make(err, LAB_USAGE, "lab %s: has no worker %s", plan->lab, name);
	if (nearest)
		return lab_error_hint(err, "did you mean %s?", nearest);
	return lab_error_hint(err, "`labctl status %s` lists the workers", plan->lab);
}

static int choose(struct view *v, const struct plan *plan, const struct options *o,
		  struct lab_error **err)
{
	for (size_t i = 0; i < o->n_names; i++)
		if (add_named(v, plan, o->names[i], err))
			return -1;
	if (o->n_names)
		return 0;
	for (size_t i = 0; i < plan->n_workers; i++)
		add_tail(v, plan->workers[i].name);
	add_tail(v, "supervisor");
	return 0;
}

static void view_done(struct view *v)
{
	for (size_t i = 0; i < v->n_past; i++)
		free(v->past[i].text);
	for (size_t i = 0; i < v->n; i++)
		cli_tail_done(&v->tails[i]);
	free(v->past);
	free(v->tails);
}

static int add_watch(int watch, int folder, uint32_t events)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", folder); /* always fits */
	return inotify_add_watch(watch, path, events);
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running running = {0};
	auto_close int watch = inotify_init1(IN_CLOEXEC), dir = -1;
	__attribute__((cleanup(view_done))) struct view v = {.colour = cli_colour(stdout)};
	int lab;

	if (cli_enter_running("logs", o->lab, err) ||
	    cli_open_running(o->lab, STATE_READ, &running, err))
		return -1;
	lab = state_dir_fd(running.state);
	dir = openat(lab, "log", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		return lab_error_make(err, LAB_STATE, "lab %s: has no logs", running.plan->lab);
	/* before the first reading, so that nothing falls in between */
	if (dir < 0 || watch < 0 || add_watch(watch, lab, IN_DELETE) < 0 ||
	    add_watch(watch, dir, IN_MODIFY | IN_CREATE) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "lab %s: logs", running.plan->lab);
	v.dir = dir;
	if (choose(&v, running.plan, o, err) || show_past(&v, o->lines, err))
		return -1;
	return o->follow ? follow(&v, watch, err) : 0;
}

int verb_logs(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {.lines = LINES_SHOWN};

	cli_parse(&cli_argp_logs, argc, argv, &o);
	return run(&o, &err) ? cli_fail(err) : LAB_OK;
}
