// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
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

/* "delete" of what is not there fails the transaction, so it is declared first. */
static int replace(const struct plan_filter *f, struct lab_error **err)
{
	auto_nft_result struct kernel_nft r = {0};
	auto_strbuf struct strbuf b = {0};

	strbuf_printf(&b, "table ip %s\ndelete table ip %s\n%s\n", f->table, f->table, f->text);
	if (kernel_nft_run(strbuf_str(&b), &r, err) < 0)
		return -1;
	return r.ok ? 0 : nft_error(r.errors, err);
}

int kernel_filter_set_finish(const struct plan_filter *f, struct kernel_nft_job *job,
			     struct lab_error **err)
{
	auto_nft_result struct kernel_nft first = {0};

	if (kernel_nft_next(job, &first, err) < 0)
		return -1;
	if (first.ok)
		return 0;
	return says(first.errors, EEXIST) ? replace(f, err) : nft_error(first.errors, err);
}

void kernel_filter_set_abandon(const struct plan_filter *f, struct kernel_nft_job *job)
{
	auto_nft_result struct kernel_nft first = {0};

	/* what it refused, or broke down over, was never there */
	if (kernel_nft_next(job, &first, NULL) == 0 && first.ok)
		(void)kernel_filter_remove(f, NULL); /* an error is being handled already */
}

int kernel_filter_set(const struct plan_filter *f, struct lab_error **err)
{
	auto_free char *commands = kernel_filter_set_commands(f);
	struct kernel_nft_request request = {-1, commands};
	struct kernel_nft_job job;
	int res;

	if (kernel_nft_start(&request, 1, &job, err))
		return -1;
	res = kernel_filter_set_finish(f, &job, err);
	kernel_nft_end(&job);
	return res;
}

int kernel_filter_remove(const struct plan_filter *f, struct lab_error **err)
{
	return kernel_nft_table_remove(f->table, err); /* by nft it would take a process */
}

/* The next answer, which must not be a refusal. */
static int next_good(struct kernel_nft_job *job, struct kernel_nft *r, struct lab_error **err)
{
	if (kernel_nft_next(job, r, err) < 0)
		return -1;
	return r->ok ? 0 : nft_error(r->errors, err);
}

static int read_listings(struct kernel_nft_job *job, enum kernel_filter_sight *seen,
			 struct lab_error **err)
{
	auto_nft_result struct kernel_nft is = {0}, made = {0}, wanted = {0};

	if (kernel_nft_next(job, &is, err) < 0)
		return -1;
	*seen = KERNEL_FILTER_ABSENT;
	if (!is.ok && says(is.errors, ENOENT))
		return 0;
	if (!is.ok)
		return nft_error(is.errors, err);
	if (next_good(job, &made, err) < 0 || next_good(job, &wanted, err) < 0)
		return -1;
	*seen = strcmp(is.output, wanted.output) == 0 ? KERNEL_FILTER_SAME : KERNEL_FILTER_OTHER;
	return 0;
}

int kernel_filter_compare(const struct plan_filter *f, int there, int sample,
			  enum kernel_filter_sight *seen, struct lab_error **err)
{
	auto_free char *make = kernel_filter_set_commands(f);
	auto_strbuf struct strbuf list = {0};
	struct kernel_nft_job job;
	int res;

	strbuf_printf(&list, "list table ip %s\n", f->table);
	/* one process for all three: making it costs more than what it does */
	if (kernel_nft_start((struct kernel_nft_request[]){{there, list.s},
							   {sample, make},
							   {sample, list.s}},
			     3, &job, err))
		return -1;
	res = read_listings(&job, seen, err);
	kernel_nft_end(&job);
	return res;
}

bool kernel_filter_forward_drops(void)
{
	auto_nft_result struct kernel_nft r = {0};

	return kernel_nft_run("list chain ip filter FORWARD\n", &r, NULL) == 0 && r.ok &&
	       strstr(r.output, "policy drop");
}
