// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/filter.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "kernel/netns.h"
#include "kernel/nft_table.h"

static bool says(const char *text, int errnum)
{
	return strstr(text, strerror(errnum)) != NULL;
}

/* nft's messages have several lines: the sentence, the source line, the caret. Returns -1. */
static int nft_error(const char *text, struct lab_error **err)
{
	size_t n = strcspn(text, "\n");
	enum lab_status status = says(text, EPERM) || says(text, EOPNOTSUPP) ? LAB_DENIED
									     : LAB_FAILED;

	if (!n)
		return lab_error_make(err, status, "nftables refuses the table");
	return lab_error_make(err, status, "nftables: %.*s", (int)n, text);
}

/*
 * Tried first as if there were no such table: a transaction that deletes anything makes closing the
 * socket wait for an RCU grace period (nft_rcv_nl_event(), 13 ms), which is more than all else that
 * a small lab costs.
 */
char *kernel_filter_set_commands(const struct plan_filter *f)
{
	struct strbuf b = {0};

	strbuf_printf(&b, "create table ip %s\n%s\n", f->table, f->text);
	return strbuf_take(&b);
}

static int note_set(const struct plan_filter *f, const struct kernel_nft *r,
		    struct kernel_ledger *ledger)
{
	kernel_ledger_commit(ledger, &r->commit, f->table, f->text);
	return 0;
}

/* "delete" of what is not there fails the transaction, so it is declared first. */
static int replace(const struct plan_filter *f, struct kernel_ledger *ledger,
		   struct lab_error **err)
{
	auto_nft_result struct kernel_nft r = {0};
	auto_strbuf struct strbuf b = {0};

	strbuf_printf(&b, "table ip %s\ndelete table ip %s\n%s\n", f->table, f->table, f->text);
	if (kernel_nft_run((struct kernel_nft_request){-1, strbuf_str(&b), true}, &r, err) < 0)
		return -1;
	return r.ok ? note_set(f, &r, ledger) : nft_error(r.errors, err);
}

int kernel_filter_set_finish(const struct plan_filter *f, struct kernel_nft_job *job,
			     struct kernel_ledger *ledger, struct lab_error **err)
{
	auto_nft_result struct kernel_nft first = {0};

	if (kernel_nft_next(job, &first, err) < 0)
		return -1;
	if (first.ok)
		return note_set(f, &first, ledger);
	return says(first.errors, EEXIST) ? replace(f, ledger, err) : nft_error(first.errors, err);
}

void kernel_filter_set_abandon(const struct plan_filter *f, struct kernel_nft_job *job,
			       struct kernel_ledger *ledger)
{
	auto_nft_result struct kernel_nft first = {0};

	/* what it refused, or broke down over, was never there */
	if (kernel_nft_next(job, &first, NULL) == 0 && first.ok)
		(void)kernel_filter_remove(f, ledger, NULL); /* an error is being handled already */
}

int kernel_filter_set(const struct plan_filter *f, struct kernel_ledger *ledger,
		      struct lab_error **err)
{
	auto_free char *commands = kernel_filter_set_commands(f);
	struct kernel_nft_request request = {-1, commands, true};
	struct kernel_nft_job job;
	int res;

	if (kernel_nft_start(&request, 1, &job, err))
		return -1;
	res = kernel_filter_set_finish(f, &job, ledger, err);
	kernel_nft_end(&job);
	return res;
}

int kernel_filter_remove(const struct plan_filter *f, struct kernel_ledger *ledger,
			 struct lab_error **err)
{
	struct kernel_nft_commit commit;

	/* by nft it would take a process */
	if (kernel_nft_table_remove(f->table, &commit, err) < 0)
		return -1;
	kernel_ledger_commit(ledger, &commit, f->table, NULL);
	return 0;
}

/* --- looking --- */

/* In the namespace. */
static struct kernel_nft_generation generation_here(void)
{
	auto_close int fd = kernel_nft_socket(NULL); /* without one it is unknown */

	return kernel_nft_generation(fd);
}

/* Of the look's namespace; left for the next one: whoever asks goes home at the end. */
static int read_generation(const struct kernel_filter_look *look, struct kernel_nft_generation *g,
			   struct lab_error **err)
{
	if (kernel_netns_enter(look->ns, err) < 0)
		return -1;
	*g = generation_here();
	return 0;
}

static int look_up(struct kernel_filter_looks *looks, size_t i, struct lab_error **err)
{
	struct kernel_filter_look *look = &looks->v[i];

	if (i && look[-1].ns == look->ns)
		look->at = look[-1].at;
	else if (read_generation(look, &look->at, err) < 0)
		return -1;
	look->known = kernel_ledger_knows(looks->ledger, look->at, look->filter->table,
					  look->filter->text);
	if (look->known)
		look->seen = KERNEL_FILTER_SAME;
	return 0;
}

/* What was listed and is as it should, if nobody did anything in between. */
static int confirm(const struct kernel_filter_looks *looks, const struct kernel_filter_look *look,
		   struct lab_error **err)
{
	struct kernel_nft_commit none = {.before = look->at};

	if (look->known || look->seen != KERNEL_FILTER_SAME)
		return 0;
	if (read_generation(look, &none.after, err) < 0)
		return -1;
	kernel_ledger_confirm(looks->ledger, &none, look->filter->table, look->filter->text);
	return 0;
}

static int go_home(const struct kernel_filter_looks *looks, int res, struct lab_error **err)
{
	return kernel_netns_enter(looks->home, res < 0 ? NULL : err) < 0 ? -1 : res;
}

static int look_up_all(struct kernel_filter_looks *looks, struct lab_error **err)
{
	int res = 0;

	for (size_t i = 0; i < looks->n && res == 0; i++)
		res = look_up(looks, i, err);
	return go_home(looks, res, err);
}

static int confirm_all(const struct kernel_filter_looks *looks, struct lab_error **err)
{
	int res = 0;

	for (size_t i = 0; i < looks->n && res == 0; i++)
		res = confirm(looks, &looks->v[i], err);
	return go_home(looks, res, err);
}

static void number_samples(struct kernel_filter_look *looks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t like = 0;

		while (like < i && (looks[like].known ||
				    strcmp(looks[like].filter->text, looks[i].filter->text) != 0))
			like++;
		looks[i].sample = like;
	}
}

/* What a job is asked for, and what that needs until it is on its way. */
struct questions {
	struct arena *a;
	struct kernel_nft_request *v;
	size_t n;
	int *samples; /* namespaces */
	size_t n_samples;
};

static void ask(struct questions *q, int ns, const char *commands)
{
	*arena_push(q->a, q->v, q->n) = (struct kernel_nft_request){ns, commands, false};
}

static const char *set_commands(struct questions *q, const struct plan_filter *f)
{
	auto_free char *text = kernel_filter_set_commands(f);

	return arena_strdup(q->a, text);
}

/* Each sample gets a namespace of its own: cheaper than to remove the one before (see kernel_filter_set()). */
static int ask_all(struct questions *q, const struct kernel_filter_looks *looks,
		   struct lab_error **err)
{
	for (size_t i = 0; i < looks->n; i++) {
		const struct kernel_filter_look *look = &looks->v[i];
		const char *list = arena_printf(q->a, "list table ip %s\n", look->filter->table);
		int sample;

		if (look->known)
			continue;
		ask(q, look->ns, list);
		if (look->sample != i)
			continue;
		sample = kernel_netns_new(looks->home, NULL, err);
		if (sample < 0)
			return -1;
		*arena_push(q->a, q->samples, q->n_samples) = sample;
		ask(q, sample, set_commands(q, look->filter));
		ask(q, sample, list);
	}
	return 0;
}

int kernel_filter_look_start(struct kernel_filter_looks *looks, struct lab_error **err)
{
	auto_arena struct arena *a = arena_new(0);
	struct questions q = {.a = a};
	int res;

	looks->job = (struct kernel_nft_job){0};
	if (looks->n && looks->ledger && look_up_all(looks, err) < 0)
		return -1;
	number_samples(looks->v, looks->n);
	res = ask_all(&q, looks, err);
	if (res == 0 && q.n)
		res = kernel_nft_start(q.v, q.n, &looks->job, err);
	for (size_t i = 0; i < q.n_samples; i++)
		(void)close(q.samples[i]); /* the job has its own */
	return res;
}

/* A wanted table, as it was made. */
struct sample {
	struct kernel_nft made, listed;
};

static int judge(struct kernel_filter_look *look, const struct kernel_nft *is,
		 const struct sample *wanted, struct lab_error **err)
{
	look->seen = KERNEL_FILTER_ABSENT;
	if (!is->ok)
		return says(is->errors, ENOENT) ? 0 : nft_error(is->errors, err);
	assert(wanted->made
		       .errors); /* whoever is its own sample comes before those that are like it */
	if (!wanted->made.ok)
		return nft_error(wanted->made.errors, err);
	if (!wanted->listed.ok)
		return nft_error(wanted->listed.errors, err);
	look->seen = strcmp(is->output, wanted->listed.output) == 0 ? KERNEL_FILTER_SAME
								    : KERNEL_FILTER_OTHER;
	return 0;
}

static int hear(struct kernel_filter_looks *looks, size_t i, struct sample *samples,
		struct lab_error **err)
{
	auto_nft_result struct kernel_nft is = {0};
	struct kernel_filter_look *look = &looks->v[i];

	if (look->known)
		return 0;
	if (kernel_nft_next(&looks->job, &is, err) < 0)
		return -1;
	if (look->sample == i && (kernel_nft_next(&looks->job, &samples[i].made, err) < 0 ||
				  kernel_nft_next(&looks->job, &samples[i].listed, err) < 0))
		return -1;
	return judge(look, &is, &samples[look->sample], err);
}

static int hear_all(struct kernel_filter_looks *looks, struct lab_error **err)
{
	auto_arena struct arena *a = arena_new(0);
	struct sample *samples = arena_alloc(a, (looks->n + 1) * sizeof(*samples));
	int res = 0;

	for (size_t i = 0; i < looks->n && res == 0; i++) {
		const struct plan_filter *f = looks->v[i].filter;

		res = hear(looks, i, samples, err);
		if (res < 0)
			(void)lab_error_prefix(err, "cannot read filter %s %s", f->ns, f->table);
	}
	for (size_t i = 0; i < looks->n; i++) {
		kernel_nft_done(&samples[i].made);
		kernel_nft_done(&samples[i].listed);
	}
	return res;
}

int kernel_filter_look_finish(struct kernel_filter_looks *looks, struct lab_error **err)
{
	if (!looks->job.pid) /* all was known */
		return 0;
	if (hear_all(looks, err) < 0)
		return -1;
	return looks->ledger ? confirm_all(looks, err) : 0;
}

bool kernel_filter_forward_drops(void)
{
	const struct kernel_nft_request list = {-1, "list chain ip filter FORWARD\n", false};
	auto_nft_result struct kernel_nft r = {0};

	return kernel_nft_run(list, &r, NULL) == 0 && r.ok && strstr(r.output, "policy drop");
}
