// SPDX-License-Identifier: GPL-2.0-only
/** What LAB on the command line means. */
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apply/apply.h"
#include "base/cleanup.h"
#include "base/name.h"
#include "base/utf8.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/rootless.h"
#include "cli/shipped.h"
#include "fault/changes.h"
#include "parse/parse.h"
#include "rootless/rootless.h"
#include "validate/validate.h"

static char *join(const char *dir, const char *name, const char *file)
{
	struct strbuf b = {0};

	strbuf_add(&b, dir);
	if (name)
		strbuf_printf(&b, "/%s", name);
	if (file)
		strbuf_printf(&b, "/%s", file);
	return strbuf_take(&b);
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool has_state(const char *name)
{
	auto_free char *path = join(state_root(), name, NULL);

	return exists(path);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **cli_shipped(size_t *n)
{
	char **names = calloc(1, sizeof(*names));
	DIR *dir = opendir(cli_labs());
	const struct dirent *e;

	*n = 0;
	while (names && dir && (e = readdir(dir))) {
		auto_free char *file = join(cli_labs(), e->d_name, "lab.yaml");

		if (!name_valid(e->d_name) || !exists(file))
			continue;
		names = reallocarray(names, *n + 2, sizeof(*names));
		if (names)
			names[(*n)++] = strdup(e->d_name);
	}
	if (dir)
		(void)closedir(dir); /* only read from */
	if (!names)
		abort();
	qsort(names, *n, sizeof(*names), compare_names);
	return names;
}

void cli_shipped_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static char *no_such_lab(const char *arg, struct lab_error **err)
{
	size_t n;
	char **names = cli_shipped(&n);
	const char *nearest = diag_nearest(arg, (const char *const *)names, n);

	(void)lab_error_make(err, LAB_USAGE, "lab %s: no shipped lab, folder or file of that name",
			     *arg ? arg : "\"\"");
	if (nearest)
		(void)lab_error_hint(err, "did you mean %s?", nearest);
	else
		(void)lab_error_hint(err, "`labctl labs` lists the shipped labs");
	cli_shipped_free(names, n);
	return NULL;
}

/* The lab file that a running lab of that name was brought up from; NULL where there is none. */
static char *running_path(const char *name)
{
	auto_cli_running struct cli_running r = {0};
	struct lab_error *ignored = NULL; /* an argument that is no running lab is another thing */
	char *path = NULL;

	if (has_state(name) && cli_open_running(name, STATE_READ, &r, &ignored) == 0 && r.plan &&
	    r.plan->file)
		path = strdup(r.plan->file);
	lab_error_free(ignored);
	return path;
}

/*
 * A shipped lab's name, a file, a folder that holds lab.yaml, the name of a lab that is up: tried in this order.
 * *is_running: it is the file of a lab that is up and has that name.
 */
static char *lab_path(const char *arg, bool *is_running, struct lab_error **err)
{
	auto_free char *running = NULL;
	struct stat st;

	if (name_valid(arg)) {
		auto_free char *shipped = join(cli_labs(), arg, "lab.yaml");

		if (exists(shipped))
			return steal_ptr(shipped);
	}
	if (stat(arg, &st)) {
		int why = errno;

		running = name_valid(arg) ? running_path(arg) : NULL;
		if (is_running)
			*is_running = running != NULL;
		if (running)
			return steal_ptr(running);
		errno = why;
		if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG)
			return no_such_lab(arg, err);
		(void)lab_error_errno(err, LAB_USAGE, errno, "lab %s", arg);
		return NULL;
	}
	return S_ISDIR(st.st_mode) ? join(arg, NULL, "lab.yaml") : join(arg, NULL, NULL);
}

/* Where `code:` of functions is relative to; absolute, because workers run elsewhere. */
static char *folder_of(const char *path, struct lab_error **err)
{
	auto_free char *copy = strdup(path);
	char *dir = copy ? realpath(dirname(copy), NULL) : NULL;

	if (!dir) {
		(void)lab_error_errno(err, LAB_USAGE, errno, "lab %s", path);
		return NULL;
	}
	/* plans are JSON, and hold it */
	if (!utf8_valid(dir, strlen(dir)) || !utf8_valid(path, strlen(path))) {
		(void)lab_error_make(err, LAB_USAGE,
				     "lab %s: the name of its file or folder is not UTF-8", path);
		free(dir);
		return NULL;
	}
	return dir;
}

/* path: taken over; NULL: *err says why. */
static struct cli_lab *open_lab(char *path, struct lab_error **err)
{
	struct cli_lab *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->arena = arena_new(0);
	l->path = path;
	l->source = l->path ? parse_source_read(l->arena, l->path, err) : NULL;
	l->dir = l->source ? folder_of(l->path, err) : NULL;
	if (l->dir)
		return l;
	cli_lab_free(l);
	return NULL;
}

/* Fragments of changes become sources whose texts live as long as the lab. */
static size_t sources_of(struct cli_lab *l, const struct changes *changes, bool without_links,
			 struct source sources[static 2])
{
	char *texts[2];
	size_t n = changes ? changes_fragments(changes, without_links, texts) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *text = arena_strdup(l->arena, texts[i]);

		sources[i] = (struct source){
			.path = CLI_CHANGES_PATH, .text = text, .len = strlen(text)};
		free(texts[i]);
	}
	return n;
}

static void decode_lab(struct cli_lab *l, const char *step, const char *name,
		       const struct changes *changes, bool without_links, struct diag_list *diags)
{
	struct source *sources = arena_alloc(l->arena, 2 * sizeof(*sources));
	size_t n = sources_of(l, changes, without_links, sources);

	l->lab = parse_lab_changed(l->source, step, sources, n, diags);
	if (!l->lab)
		return; /* diags say why */
	l->lab->dir = l->dir;
	if (name)
		lab_rename(l->lab, name);
	validate_lab(l->lab, diags);
}

struct cli_lab *cli_read_changed_lab(const char *path, const char *step, const char *name,
				     const struct changes *changes, bool without_links,
				     struct diag_list *diags, struct lab_error **err)
{
	char *copy = strdup(path);
	struct cli_lab *l;

	if (!copy)
		abort();
	l = open_lab(copy, err);
	if (l)
		decode_lab(l, step, name, changes, without_links, diags);
	return l;
}

static struct cli_lab *read_named_lab(const char *arg, const char *step, const char *name,
				      struct diag_list *diags, struct lab_error **err)
{
	bool running = false;
	struct cli_lab *l = open_lab(lab_path(arg, &running, err), err);

	if (!name && running) /* it may have been given another name than its file gives */
		name = arg;
	if (l)
		decode_lab(l, step, name, NULL, false, diags);
	return l;
}

struct cli_lab *cli_read_lab(const char *arg, const char *step, struct diag_list *diags,
			     struct lab_error **err)
{
	return read_named_lab(arg, step, NULL, diags, err);
}

struct cli_lab *cli_find_lab(const char *arg, const char *step, struct lab_error **err)
{
	return cli_find_named_lab(arg, step, NULL, err);
}

struct cli_lab *cli_accept_lab(struct cli_lab *lab, struct diag_list *diags, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = lab;
	size_t n = diag_errors(diags);

	if (!l)
		return NULL;
	diag_print(diags, stderr, cli_colour(stderr));
	if (n || !l->lab) {
		(void)lab_error_make(err, LAB_USAGE, "%s: %zu error%s", l->path, n,
				     n == 1 ? "" : "s");
		return NULL;
	}
	return steal_ptr(l);
}

struct cli_lab *cli_find_named_lab(const char *arg, const char *step, const char *name,
				   struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();

	return cli_accept_lab(read_named_lab(arg, step, name, diags, err), diags, err);
}

void cli_lab_free(struct cli_lab *l)
{
	if (!l)
		return;
	lab_free(l->lab);
	arena_free(l->arena);
	free(l->dir);
	free(l->path);
	free(l);
}

char *cli_lab_name(const char *arg, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_lab struct cli_lab *l = NULL;

	return cli_lab_name_read(arg, &l, diags, err);
}

/* Of who is not up, all of the file matters: what is wrong with it, or its name alone. */
static bool is_of_running(const char *name)
{
	return name && name_valid(name) && has_state(name);
}

char *cli_lab_name_read(const char *arg, struct cli_lab **read, struct diag_list *diags,
			struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = NULL;
	const char *name;

	if (is_of_running(arg))
		return strdup(arg);
	l = open_lab(lab_path(arg, NULL, err), err);
	if (!l)
		return NULL;
	name = parse_lab_name(l->arena, l->source);
	if (is_of_running(name))
		return strdup(name);
	decode_lab(l, NULL, NULL, NULL, false, diags);
	*read = steal_ptr(l);
	if (!(*read)->lab || !(*read)->lab->id.name || !name_valid((*read)->lab->id.name)) {
		(void)lab_error_make(err, LAB_USAGE, "%s: the lab's name cannot be read",
				     (*read)->path);
		(void)lab_error_hint(err, "labctl check %s", arg);
		return NULL;
	}
	return strdup((*read)->lab->id.name);
}

static int read_applied(const struct state *s, struct plan **plan, struct lab_error **err)
{
	struct lab_error *why = NULL;
	auto_free char *text = NULL;
	size_t len = 0;

	*plan = cli_outside() ? NULL : apply_planned(s);
	if (*plan)
		return 0;
	text = cli_outside() ? rootless_read(s, "plan.json", &len, &why)
			     : state_read(s, "plan.json", &len, &why);
	if (why) {
		lab_error_free(*err);
		*err = why;
		return -1;
	}
	if (text)
		*plan = plan_read(text, len, err);
	else
		(void)lab_error_make(err, LAB_STATE, "is not up: `labctl up` is at work or failed");
	if (*plan)
		return 0;
	(void)lab_error_prefix(err, "lab %s", state_lab(s));
	(void)lab_error_set_status(err, LAB_STATE);
	return lab_error_hint(err, "labctl up %s", state_lab(s));
}

/* Who was given a file must be told the file: the name of a lab that is not up leads nowhere. */
static int name_the_lab(const char *arg, struct lab_error **err)
{
	static const char advice[] = "labctl up ";
	const char *hint = err ? lab_error_hint_get(*err) : NULL;

	return hint && !strncmp(hint, advice, strlen(advice))
		       ? lab_error_hint(err, "labctl up %s", arg)
		       : -1;
}

int cli_enter_running(const char *verb, const char *arg, struct lab_error **err)
{
	auto_free char *name = NULL;

	if (!cli_outside())
		return cli_need_root(verb, err);
	name = cli_lab_name(arg, err);
	if (!name)
		return -1;
	return cli_enter(verb, name, STATE_READ, err) ? name_the_lab(arg, err) : 0;
}

int cli_open_running(const char *arg, enum state_mode mode, struct cli_running *r,
		     struct lab_error **err)
{
	auto_free char *name = cli_lab_name(arg, err);

	*r = (struct cli_running){0};
	if (!name)
		return -1;
	r->state = state_open(name, mode, err);
	if (r->state && !read_applied(r->state, &r->plan, err))
		return 0;
	cli_running_done(r);
	return name_the_lab(arg, err);
}

void cli_running_done(struct cli_running *r)
{
	plan_free(r->plan);
	state_close(r->state);
	*r = (struct cli_running){0};
}

const struct plan_node *cli_find_node(const struct cli_running *r, const char *name,
				      struct lab_error **err)
{
	const struct plan_node *node = plan_find_node(r->plan, name);
	auto_free const char **names = NULL;
	const char *nearest;

	if (node)
		return node;
	names = calloc(r->plan->n_nodes + 1, sizeof(*names));
	if (!names)
		abort();
	for (size_t i = 0; i < r->plan->n_nodes; i++)
		names[i] = r->plan->nodes[i].ns;
	nearest = diag_nearest(name, names, r->plan->n_nodes);
	(void)lab_error_make(err, LAB_USAGE, "lab %s: has no node %s", r->plan->lab, name);
	if (plan_find_namespace(r->plan, name) && cli_inside())
		(void)lab_error_hint(
			err,
			"the cloud's own routers are no nodes; nsenter --preserve-credentials -U -m -n "
			"-p -t \"$(pgrep -f 'labctl-keeper %s$')\" ip netns exec %s.%s COMMAND",
			r->plan->lab, r->plan->lab, name);
	else if (plan_find_namespace(r->plan, name))
		(void)lab_error_hint(
			err, "the cloud's own routers are no nodes; ip netns exec %s.%s COMMAND",
			r->plan->lab, name);
	else if (nearest)
		(void)lab_error_hint(err, "did you mean %s?", nearest);
	else
		(void)lab_error_hint(err, "`labctl status %s` lists its namespaces", r->plan->lab);
	return NULL;
}
