// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl doctor --residue. Residue is what no lab answers for: a lab answers for its directory, for the
 * namespaces that its journal knows and for the processes under its supervisor, as long as the supervisor
 * lives. While `up` or `down` is at work on a lab, all that is called after it is that run's affair.
 */
#include "cli/residue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "kernel/traces.h"
#include "supervise/client.h"
#include "ui/table.h"

static const struct ui_column columns[] = {
	{"FOUND", UI_TEXT}, {"LAB", UI_TEXT}, {"WHERE", UI_TEXT}, {"REMEDY", UI_TEXT}};

enum standing {
	LAB_GONE, /* there is a directory, but nobody answers for it */
	LAB_UP,
	LAB_BUSY, /* `up` or `down` is at work */
};

struct directory {
	char *lab;
	struct state *state;   /* NULL: it cannot be read */
	struct lab_error *why; /* then */
	enum standing standing;
};

struct residue {
	struct directory *labs;
	size_t n_labs;
	struct kernel_traces traces;
	struct supervise_process *processes;
	size_t n_processes;
	struct ui_table *found;
};

/* --- looking --- */

static enum standing standing_of(const struct state *s)
{
	const struct state_journal *j = state_journal(s);
	auto_close int fd = -1;

	if (state_holder(s) > 0)
		return LAB_BUSY;
	fd = process_id_open(&j->supervisor);
	return !j->stale && (fd >= 0 || errno != ESRCH) ? LAB_UP : LAB_GONE;
}

static void look_at_directory(struct directory *d)
{
	d->state = state_open(d->lab, STATE_READ, &d->why);
	d->standing = d->state ? standing_of(d->state) : LAB_GONE;
}

static int look_at_directories(struct residue *r, struct lab_error **err)
{
	char **names = state_list(&r->n_labs, err);

	if (!names)
		return -1;
	r->labs = calloc(r->n_labs + 1, sizeof(*r->labs));
	if (!r->labs)
		abort();
	for (size_t i = 0; i < r->n_labs; i++) {
		r->labs[i].lab = names[i];
		look_at_directory(&r->labs[i]);
	}
	free(names);
	return 0;
}

static const struct directory *directory_of(const struct residue *r, const char *lab, size_t len)
{
	for (size_t i = 0; i < r->n_labs; i++)
		if (strlen(r->labs[i].lab) == len && !strncmp(r->labs[i].lab, lab, len))
			return &r->labs[i];
	return NULL;
}

/* --- judging --- */

static void tell(struct residue *r, const char *what, const char *lab, const char *where,
		 const char *remedy)
{
	auto_strbuf struct strbuf down = {0};

	if (!remedy && lab) {
		strbuf_printf(&down, "labctl down %s", lab);
		remedy = down.s;
	}
	ui_table_add(r->found, (const char *const[]){what, lab, where, remedy});
}

static void judge_directory(struct residue *r, const struct directory *d)
{
	auto_strbuf struct strbuf where = {0};

	if (d->standing != LAB_GONE)
		return;
	strbuf_printf(&where, "%s/%s", state_root(), d->lab);
	if (d->state)
		tell(r,
		     state_journal(d->state)->stale ? "directory with a damaged journal"
						    : "directory without a lab",
		     d->lab, where.s, NULL);
	else
		tell(r, "directory that is not labctl's", d->lab, where.s,
		     "find out who made it, remove it by hand");
}

static bool is_journalled(const struct state *s, const char *name,
			  const struct backend_namespace_id *id)
{
	const struct state_journal *j = state_journal(s);

	for (size_t i = 0; i < j->n_namespaces; i++)
		if (!strcmp(j->namespaces[i].name, name) && j->namespaces[i].dev == id->dev &&
		    j->namespaces[i].ino == id->ino)
			return true;
	return false;
}

static bool is_answered_for(const struct residue *r, const struct kernel_trace *t)
{
	size_t len = strcspn(t->tag, ".");
	const struct directory *d = directory_of(r, t->tag, len);

	if (!d || d->standing == LAB_GONE)
		return false;
	return d->standing == LAB_BUSY ||
	       (t->tag[len] && is_journalled(d->state, t->tag + len + 1, &t->id));
}

static bool is_any_lab_there(const struct residue *r)
{
	for (size_t i = 0; i < r->n_labs; i++)
		if (r->labs[i].standing != LAB_GONE)
			return true;
	return false;
}

static bool has_processes(const struct residue *r, const char *lab)
{
	for (size_t i = 0; i < r->n_processes; i++)
		if (!strcmp(r->processes[i].lab, lab))
			return true;
	return false;
}

static void judge_namespace(struct residue *r, const struct kernel_trace *t)
{
	auto_free char *lab = strndup(t->tag, strcspn(t->tag, "."));
	auto_strbuf struct strbuf where = {0};

	if (!lab)
		abort();
	if (is_answered_for(r, t))
		return;
	if (t->kind == KERNEL_TRACE_UNUSED) {
		tell(r, "name without a namespace", lab, t->where, NULL);
		return;
	}
	strbuf_printf(&where, "%s, held by %s", t->tag, t->where);
	if (t->kind == KERNEL_TRACE_HELD)
		tell(r, "namespace that is still in use", lab, where.s,
		     has_processes(r, lab) ? NULL : "end that process");
	else
		tell(r, "namespace without a lab", lab, t->where, NULL);
}

static void judge_trace(struct residue *r, const struct kernel_trace *t)
{
	switch (t->kind) {
	case KERNEL_TRACE_PINNED:
	case KERNEL_TRACE_UNUSED:
	case KERNEL_TRACE_HELD: judge_namespace(r, t); return;
	case KERNEL_TRACE_MOUNT: tell(r, "mount", NULL, t->where, "unmount it by hand"); return;
	case KERNEL_TRACE_NAMES:
		if (!is_any_lab_there(r))
			tell(r, "mount for names of namespaces, without any", NULL, t->where,
			     "labctl down --all");
		return;
	}
}

/* The lab that the process belongs to; NULL where its supervisor is gone. */
static const char *lab_of(const struct residue *r, const struct supervise_process *p)
{
	for (size_t i = 0; i < r->n_processes; i++)
		if (r->processes[i].lab[0] && r->processes[i].pid_ns == p->pid_ns)
			return r->processes[i].lab;
	return NULL;
}

static bool is_the_supervisor(const struct directory *d, const struct process_id *id)
{
	const struct process_id *known = &state_journal(d->state)->supervisor;

	return known->pid == id->pid && known->start == id->start;
}

static void judge_process(struct residue *r, const struct supervise_process *p)
{
	const char *lab = lab_of(r, p);
	const struct directory *d = lab ? directory_of(r, lab, strlen(lab)) : NULL;
	auto_strbuf struct strbuf where = {0};

	/* it ends with the `labctl web` that it talks to, whatever becomes of the lab */
	if (!strcmp(p->program, "labctl-web"))
		return;
	/* a worker's supervisor answers for it: if that is in order, so is the worker */
	if (d && (d->standing == LAB_BUSY ||
		  (d->standing == LAB_UP && (!p->lab[0] || is_the_supervisor(d, &p->id)))))
		return;
	strbuf_printf(&where, "process %d (%s)", (int)p->id.pid, p->program);
	tell(r, "process without a lab", lab, where.s, lab ? NULL : "end that process");
}

/* --- telling --- */

static size_t count(const struct residue *r, enum standing standing)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_labs; i++)
		n += r->labs[i].standing == standing;
	return n;
}

struct fact {
	const char *key, *words;
	size_t n;
};

#define FACTS 8

static void list_facts(const struct residue *r, struct fact facts[static FACTS])
{
	const struct kernel_traces *t = &r->traces;

	memcpy(facts,
	       (struct fact[FACTS]){
		       {"up", "labs that are up", count(r, LAB_UP)},
		       {"busy", "labs that labctl is at work on", count(r, LAB_BUSY)},
		       {"directories", "directories of labs", r->n_labs},
		       {"names", "names in /run/netns", t->names},
		       {"namespaces", "network namespaces", t->namespaces},
		       {"mounts", "mounts", t->mounts},
		       {"processes", "processes", t->processes},
		       {"passed_over",
			"processes passed over: their /run is another (a container's)",
			t->elsewhere},
	       },
	       FACTS * sizeof(*facts));
}

static int print_json(const struct residue *r, struct lab_error **err)
{
	auto_ui_json struct ui_json *j = ui_json_new();
	struct ui_json *looked = ui_json_new();
	struct fact facts[FACTS];

	list_facts(r, facts);
	for (size_t i = 0; i < FACTS; i++)
		ui_json_number(looked, facts[i].key, (long long)facts[i].n);
	ui_json_boolean(j, "clean", !ui_table_rows(r->found));
	ui_json_object(j, "looked_at", looked);
	ui_json_table(j, r->found);
	return ui_json_print(j, stdout, err);
}

static int print_text(const struct residue *r, struct lab_error **err)
{
	size_t n = ui_table_rows(r->found);
	struct fact facts[FACTS];

	list_facts(r, facts);
	(void)printf("looked at:\n");
	for (size_t i = 0; i < FACTS; i++)
		(void)printf("  %zu %s\n", facts[i].n, facts[i].words);
	if (!n)
		(void)printf("nothing is left of labs that are not up\n");
	if (!n)
		return 0;
	(void)printf("\n");
	return ui_table_print(r->found, stdout, cli_colour(stdout), err);
}

/* Directories last: for a lab that comes up meanwhile, its journal then answers. */
static int look(struct residue *r, struct lab_error **err)
{
	if (kernel_traces_find(&r->traces, err))
		return -1;
	r->processes = supervise_processes(&r->n_processes);
	return look_at_directories(r, err);
}

static void judge(struct residue *r)
{
	for (size_t i = 0; i < r->n_labs; i++)
		judge_directory(r, &r->labs[i]);
	for (size_t i = 0; i < r->traces.n; i++)
		judge_trace(r, &r->traces.list[i]);
	for (size_t i = 0; i < r->n_processes; i++)
		judge_process(r, &r->processes[i]);
}

static void residue_done(struct residue *r)
{
	for (size_t i = 0; i < r->n_labs; i++) {
		state_close(r->labs[i].state);
		lab_error_free(r->labs[i].why);
		free(r->labs[i].lab);
	}
	free(r->labs);
	free(r->processes);
	kernel_traces_done(&r->traces);
	ui_table_free(r->found);
}

static int look_and_judge(struct residue *r, struct lab_error **err)
{
	*r = (struct residue){.found = ui_table_new("residue", columns, ARRAY_LEN(columns))};
	if (look(r, err))
		return -1;
	judge(r);
	return 0;
}

int cli_residue(bool json, size_t *found, struct lab_error **err)
{
	struct residue r;
	int rc = look_and_judge(&r, err);

	/* what belonged to a lab that went down meanwhile is not there a second time */
	if (!rc && ui_table_rows(r.found)) {
		residue_done(&r);
		rc = look_and_judge(&r, err);
	}
	if (!rc) {
		*found = ui_table_rows(r.found);
		rc = json ? print_json(&r, err) : print_text(&r, err);
	}
	residue_done(&r);
	return rc;
}

/* --- all labs --- */

struct names {
	char **list;
	size_t n;
};

static void add_name(struct names *names, const char *lab, size_t len)
{
	char *copy = strndup(lab, len);

	names->list = reallocarray(names->list, names->n + 1, sizeof(*names->list));
	if (!copy || !names->list)
		abort();
	if (name_valid(copy))
		names->list[names->n++] = copy;
	else
		free(copy);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_doubles(struct names *names)
{
	size_t kept = 0;

	qsort(names->list, names->n, sizeof(*names->list), compare_names);
	for (size_t i = 0; i < names->n; i++) {
		if (kept && !strcmp(names->list[kept - 1], names->list[i]))
			free(names->list[i]);
		else
			names->list[kept++] = names->list[i];
	}
	names->n = kept;
}

char **cli_all_labs(size_t *n, struct lab_error **err)
{
	auto_free struct supervise_process *processes = NULL;
	auto_traces struct kernel_traces traces = {0};
	struct names names = {.list = state_list(&names.n, err)};
	size_t n_processes;

	if (!names.list)
		return NULL;
	/* what cannot be looked at is no reason to leave the others up */
	(void)kernel_traces_find(&traces, NULL);
	processes = supervise_processes(&n_processes);
	for (size_t i = 0; i < traces.n; i++)
		if (traces.list[i].kind == KERNEL_TRACE_PINNED ||
		    traces.list[i].kind == KERNEL_TRACE_UNUSED)
			add_name(&names, traces.list[i].tag, strcspn(traces.list[i].tag, "."));
	for (size_t i = 0; i < n_processes; i++)
		if (processes[i].lab[0])
			add_name(&names, processes[i].lab, strlen(processes[i].lab));
	drop_doubles(&names);
	*n = names.n;
	return names.list;
}
