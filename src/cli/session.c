// SPDX-License-Identifier: GPL-2.0-only
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/certify.h"
#include "cli/cli.h"
#include "supervise/client.h"

#define RELEASE_MS 300000 /* a thousand namespaces take a second, a thousand routers in a row 15 */
#define LOAD_MS    90000 /* as a rule milliseconds; at worst 10 s for an end and 62 s for a start */
#define GRACE_MS   2000  /* for answers that are under way when a lab goes down */

#define LEDGER "filters" /* in the lab's directory */

/* Without a lab there is none. What cannot be read is not known: then tables are listed. */
static struct kernel_ledger *get_ledger(struct cli_session *s)
{
	if (!s->ledger && s->state) {
		auto_free char *text = state_read(s->state, LEDGER, NULL, NULL);

		s->ledger = kernel_ledger_new(text, state_boot_id(s->state));
	}
	return s->ledger;
}

static struct plan *observe(void *data, const struct plan *wanted,
			    const struct backend_namespace_id *ids, const char ***foreign,
			    size_t *n_foreign, struct lab_error **err)
{
	struct cli_session *s = data;

	return kernel_observe(s->lab, wanted, ids, get_ledger(s), foreign, n_foreign, err);
}

static void part(void *data)
{
	struct cli_session *s = data;

	kernel_backend_part(s->backend);
}

static int released(void *data, struct lab_error **err)
{
	part(data);
	return kernel_wait_released(RELEASE_MS, err);
}

static int start(void *data, struct process_id *id, struct lab_error **err)
{
	struct cli_session *s = data;

	return supervise_start(s->lab, state_dir_fd(s->state), cli_libexec(), id, err);
}

/* While a lab is being made, a supervisor that is not there is no wrong state: it broke down. */
static int broke_down(struct lab_error **err)
{
	if (!err || lab_error_status(*err) != LAB_STATE)
		return -1;
	(void)lab_error_hint(err, "`labctl doctor` tries all that labs need of this host");
	return lab_error_set_status(err, LAB_FAILED);
}

static int detach(void *data, struct lab_error **err)
{
	struct cli_session *s = data;

	return supervise_detach(state_dir_fd(s->state), err) ? broke_down(err) : 0;
}

static int load_start(void *data, const struct plan *workers, struct lab_error **err)
{
	struct cli_session *s = data;
	auto_free char *json = plan_write_kind(workers, PLAN_WORKER);

	if (cli_certify(s->state, workers, err))
		return -1;
	supervise_wake(&state_journal(s->state)->supervisor);
	s->loading = supervise_load_start(state_dir_fd(s->state), json, strlen(json), LOAD_MS, err);
	return s->loading < 0 ? broke_down(err) : 0;
}

static int load_finish(void *data, struct lab_error **err)
{
	struct cli_session *s = data;
	auto_close int control = steal_fd(&s->loading);

	return supervise_load_finish(state_dir_fd(s->state), control, err) ? broke_down(err) : 0;
}

static int stop(void *data, const struct process_id *id, struct lab_error **err)
{
	return supervise_stop(id, GRACE_MS, err);
}

static bool answers(void *data)
{
	struct cli_session *s = data;

	return supervise_answers(state_dir_fd(s->state));
}

static bool is_journalled(void *data, const char *name, const struct backend_namespace_id *id)
{
	const struct cli_session *s = data;
	const struct state_namespace *ns = state_journal_find(state_journal(s->state), name);

	return ns && ns->dev == id->dev && ns->ino == id->ino;
}

static int adopt_namespace(void *data, const char *name, const struct backend_namespace_id *id,
			   struct lab_error **err)
{
	struct cli_session *s = data;

	return state_journal_namespace(s->state, name, id->dev, id->ino, err);
}

/* The first becomes the journal's where that knows of none; what is beyond is in the way of all. */
static int adopt_supervisor(struct cli_session *s, const struct process_id *id,
			    struct lab_error **err)
{
	const struct process_id *known = &state_journal(s->state)->supervisor;

	if (!known->pid)
		return state_journal_supervisor(s->state, id, err);
	return known->pid == id->pid && known->start == id->start ? 0 : supervise_stop(id, 0, err);
}

/* Each once: one that comes meanwhile is of a run that does not have the lock, and ends with it. */
static int adopt_supervisors(struct cli_session *s, struct lab_error **err)
{
	size_t n;
	auto_free struct state_process *list = supervise_processes(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].lab, s->lab) && adopt_supervisor(s, &list[i].id, err))
			return -1;
	return 0;
}

static int adopt(void *data, struct lab_error **err)
{
	struct cli_session *s = data;
	const struct kernel_finder finder = {s, is_journalled, adopt_namespace};

	return kernel_find_own(s->lab, &finder, err) || adopt_supervisors(s, err) ? -1 : 0;
}

static void keep(void *data)
{
	struct cli_session *s = data;
	auto_error struct lab_error *ignored = NULL; /* an old one is of no use, and harmless */
	auto_free char *text = kernel_ledger_text(s->ledger);

	if (text)
		(void)state_write(s->state, LEDGER, text, strlen(text), &ignored);
}

static int room(void *data, size_t namespaces, struct lab_error **err)
{
	return kernel_check_room(namespaces, err);
}

static void progress(void *data, const char *what, size_t done, size_t total)
{
	struct cli_session *s = data;
	auto_strbuf struct strbuf text = {0};

	strbuf_printf(&text, "%s: %s", s->lab, what);
	ui_progress_show(&s->progress, text.s, done, total);
}

static void init(struct cli_session *s, const char *lab)
{
	*s = (struct cli_session){
		.lab = lab,
		.loading = -1,
		.ops = {s, observe, part, released, start, detach, load_start, load_finish, stop,
			answers, adopt, keep, room, progress},
	};
	ui_progress_init(&s->progress, stderr, isatty(STDERR_FILENO));
}

/* Two descriptors per namespace: the usual soft limit of 1024 is a lab of five hundred nodes. */
void cli_allow_many_files(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit); /* where it matters, open() will say so */
	}
}

int cli_session_open(struct cli_session *s, const char *lab, enum state_mode mode,
		     struct lab_error **err)
{
	init(s, lab);
	cli_allow_many_files();
	s->backend = kernel_backend_new(lab, err);
	if (s->backend)
		s->state = state_open(lab, mode, err);
	if (s->state) {
		kernel_backend_note(s->backend, get_ledger(s));
		return 0;
	}
	cli_session_done(s);
	return -1;
}

int cli_session_read(struct cli_session *s, const char *lab, struct lab_error **err)
{
	struct lab_error *why = NULL;

	init(s, lab);
	s->state = state_open(lab, STATE_READ, &why);
	if (s->state || lab_error_status(why) == LAB_STATE) {
		lab_error_free(why); /* not up: the session goes without state */
		return 0;
	}
	lab_error_free(*err);
	*err = why;
	return -1;
}

void cli_session_done(struct cli_session *s)
{
	ui_progress_clear(&s->progress);
	if (s->loading > 0)              /* zeroed by an earlier call: closed */
		(void)close(s->loading); /* only read from */
	state_close(s->state);
	kernel_backend_free(s->backend);
	kernel_ledger_free(s->ledger);
	*s = (struct cli_session){0};
}
