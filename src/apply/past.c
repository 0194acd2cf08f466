// SPDX-License-Identifier: GPL-2.0-only
/** What earlier runs wrote down, and what is left of it in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apply/internal.h"
#include "base/cleanup.h"

/* -1: the file cannot be read at all. Garbage is no error: *damaged is set. */
static int read_plan(const struct state *s, const char *file, struct plan **plan, bool *there,
		     bool *damaged, struct lab_error **err)
{
	struct lab_error *why = NULL;
	size_t len = 0;
	auto_free char *text = state_read(s, file, &len, &why);

	if (why && state_is_garbage(why)) {
		lab_error_free(why);
		*there = *damaged = true;
		return 0;
	}
	if (why) {
		lab_error_free(*err);
		*err = why;
		return -1;
	}
	*there = text != NULL;
	if (!text)
		return 0;
	*plan = plan_read(text, len, &why);
	if (*plan && strcmp((*plan)->lab, state_lab(s)) != 0) {
		plan_free(steal_ptr(*plan));
	}
	*damaged |= !*plan;
	lab_error_free(why); /* another version, or garbage: in both cases it is of no use */
	return 0;
}

int apply_past_read(const struct state *s, struct apply_past *p, struct lab_error **err)
{
	bool there;

	*p = (struct apply_past){0};
	if (read_plan(s, "plan.json", &p->plan, &there, &p->damaged, err) ||
	    read_plan(s, "target.json", &p->target, &p->unfinished, &p->damaged, err)) {
		apply_past_done(p);
		return -1;
	}
	return 0;
}

void apply_past_done(struct apply_past *p)
{
	plan_free(p->plan);
	plan_free(p->target);
	*p = (struct apply_past){0};
}

struct backend_namespace_id *apply_identities(const struct state *s, const struct plan *p)
{
	struct backend_namespace_id *ids = calloc(p->n_namespaces + 1, sizeof(*ids));

	if (!ids)
		abort();
	for (size_t i = 0; s && i < p->n_namespaces; i++) {
		const struct state_namespace *ns = state_journal_find(state_journal(s),
								      p->namespaces[i].name);

		if (ns)
			ids[i] = (struct backend_namespace_id){ns->dev, ns->ino};
	}
	return ids;
}

struct plan *apply_observe(const struct state *s, const struct apply_ops *ops,
			   const struct plan *wanted, const char ***foreign, size_t *n_foreign,
			   struct lab_error **err)
{
	auto_free struct backend_namespace_id *ids = apply_identities(s, wanted);

	return ops->observe(ops->data, wanted, ids, foreign, n_foreign, err);
}

/* A process that cannot be looked at (no descriptors, no memory) is not taken for gone: a second
 * supervisor beside it would be worse than a request that fails. */
bool apply_supervised(const struct state *s)
{
	auto_close int fd = process_id_open(&state_journal(s)->supervisor);

	return fd >= 0 || errno != ESRCH;
}

bool apply_answers(const struct state *s, const struct apply_ops *ops)
{
	return apply_supervised(s) && (!ops->answers || ops->answers(ops->data));
}

int apply_stop_supervisor(struct state *s, const struct apply_ops *ops, struct lab_error **err)
{
	struct process_id id = state_journal(s)->supervisor;
	auto_error struct lab_error *ignored = NULL;

	if (!id.pid)
		return 0;
	if (ops->stop(ops->data, &id, err))
		return -1;
	/* a line that cannot be written is harmless: the process is checked by its start time */
	(void)state_journal_supervisor_gone(s, &ignored);
	return 0;
}

int apply_remove_namespace(struct state *s, struct backend *b, const char *name,
			   struct lab_error **err)
{
	const struct state_namespace *ns = state_journal_find(state_journal(s), name);
	auto_error struct lab_error *ignored = NULL;
	struct backend_namespace_id id;
	bool foreign = false;

	if (!ns)
		return 0;
	id = (struct backend_namespace_id){ns->dev, ns->ino};
	if (b->ops->namespace_remove(b, name, &id, &foreign, err))
		return lab_error_prefix(err, "remove namespace %s", name);
	(void)state_journal_namespace_gone(s, name, &ignored); /* see the header */
	return 0;
}

/* p: NULL keeps none. Goes on after a failure; *err is the first one. */
static int remove_namespaces(struct state *s, struct backend *b, const struct plan *p,
			     struct lab_error **err)
{
	const struct state_journal *j = state_journal(s);
	int r = 0;

	/* from the end: removing takes the name out of the journal's array, those before it stay */
	for (size_t i = j->n_namespaces; i-- > 0;) {
		auto_error struct lab_error *later = NULL;

		if (p && plan_find_namespace(p, j->namespaces[i].name))
			continue;
		if (apply_remove_namespace(s, b, j->namespaces[i].name, r ? &later : err))
			r = -1;
	}
	return r;
}

int apply_keep_only(struct state *s, struct backend *b, const struct plan *p,
		    struct lab_error **err)
{
	return remove_namespaces(s, b, p, err);
}

int apply_sweep(struct state *s, struct backend *b, const struct apply_ops *ops,
		struct lab_error **err)
{
	auto_error struct lab_error *later = NULL;
	int r = apply_stop_supervisor(s, ops, err);

	if (remove_namespaces(s, b, NULL, r ? &later : err))
		r = -1;
	return r;
}
