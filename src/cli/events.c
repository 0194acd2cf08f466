// SPDX-License-Identifier: GPL-2.0-only
/** labctl events: plays the schedule of a lab file on a lab that is up. */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/figure.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "cli/signals.h"

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	return key == 's' || key == 'j' ? ARGP_ERR_UNKNOWN : cli_parse_lab_option(key, arg, state);
}

static const struct argp_option option_table[] = {CLI_OPTION_END};

const struct argp cli_argp_events = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Plays the events of the lab's file on a lab that is up, each when its time has come, and says when "
	       "it was done; ends behind the last one. The links then are as the schedule left them: "
	       "`labctl reset LAB` goes back to the file. Ctrl-C ends it early, and the links are as they were "
	       "before it began.\v"
	       "Examples:\n"
	       "  labctl events dual-circuit & labctl exec dual-circuit ecs-1 -- ping 10.10.1.20\n",
};

/* --- time --- */

/* Until then, or until a signal: it is let in only while this waits, so that none is missed. */
static void wait_until(int64_t due, const volatile sig_atomic_t *cancel)
{
	sigset_t ending, usual;

	(void)sigemptyset(&ending); /* valid sets and numbers: cannot fail, here and below */
	(void)sigaddset(&ending, SIGINT);
	(void)sigaddset(&ending, SIGTERM);
	(void)sigaddset(&ending, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ending, &usual);
	for (int64_t left = due - (int64_t)clock_us(); left > 0 && !*cancel;
	     left = due - (int64_t)clock_us())
		(void)ppoll(NULL, 0, /* its end is looked at by the loop */
			    &(struct timespec){left / 1000000, left % 1000000 * 1000}, &usual);
	(void)sigprocmask(SIG_SETMASK, &usual, NULL);
}

/* --- the schedule --- */

/* By time; those of one time in the order of the file. */
static int by_time(const void *pa, const void *pb)
{
	const struct event *a = *(const struct event *const *)pa,
			   *b = *(const struct event *const *)pb;

	if (a->time.v != b->time.v)
		return a->time.v < b->time.v ? -1 : 1;
	return a < b ? -1 : a > b;
}

static const struct event **schedule_of(const struct lab *lab)
{
	const struct event **events = calloc(lab->n_events + 1, sizeof(const struct event *));

	if (!events)
		abort();
	for (size_t i = 0; i < lab->n_events; i++)
		events[i] = &lab->events[i];
	qsort(events, lab->n_events, sizeof(*events), by_time);
	return events;
}

typedef const char *figure_fn(struct arena *a, uint64_t n);

/* One value, if it is given, as a person writes it. */
static void put(struct changes *c, const char *link, const char *key, const struct number *n,
		figure_fn *text, struct strbuf *said)
{
	auto_arena struct arena *a = arena_new(0);

	if (!n->set)
		return;
	changes_set_link(c, link, key, text(a, n->v));
	strbuf_printf(said, " %s=%s", key, text(a, n->v));
}

static void put_values(struct changes *c, const char *link, const struct event_set *s,
		       struct strbuf *said)
{
	put(c, link, "rate", &s->rate, cli_rate_text, said);
	put(c, link, "rtt", &s->rtt, cli_time_text, said);
	put(c, link, "jitter", &s->jitter, cli_time_text, said);
	put(c, link, "loss", &s->loss, cli_share_text, said);
}

static int happen(const char *lab, const struct event *e, struct strbuf *said,
		  struct lab_error **err)
{
	auto_rework struct cli_rework w = {0};
	auto_cli_lab struct cli_lab *base = NULL;
	struct lab_link link;
	size_t steps;

	if (cli_rework_open(&w, "events", lab, err) || !(base = cli_rework_base(&w, err)))
		return -1;
	if (!lab_find_link(base->lab, e->link.name, &link))
		return lab_error_make(err, LAB_STATE, "lab %s: has no link %s at this step", lab,
				      e->link.name);
	if (e->state) {
		cli_rework_state(w.changes, base->lab, &link, e->state == LINK_DOWN);
		strbuf_add(said, e->state == LINK_DOWN ? " down" : " up");
	}
	put_values(w.changes, link_change_name(&link), &e->set, said);
	return cli_rework_is_current(&w, err) || cli_rework_apply(&w, &steps, err) ? -1 : 0;
}

/* --- the way back --- */

static int restore(const char *lab, const char *changes, struct lab_error **err)
{
	auto_rework struct cli_rework w = {0};
	size_t steps;

	if (cli_rework_open(&w, "events", lab, err))
		return -1;
	w.cancel = NULL; /* it has been said already */
	changes_free(w.changes);
	w.changes = changes_read(changes, err);
	return w.changes ? cli_rework_apply(&w, &steps, err) : -1;
}

/* What was wrong stays the error; that the way back failed, too, is said beside it. */
static int give_up(const char *lab, const char *changes, struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;

	if (!restore(lab, changes, &why))
		return lab_error_prefix(err, "the links of %s are as they were", lab);
	return lab_error_prefix(err, "the links of %s cannot be put back: %s", lab,
				lab_error_message(why));
}

static int play(const struct plan *running, const struct lab *lab, struct lab_error **err)
{
	const volatile sig_atomic_t *cancel = cli_catch_signals();
	auto_free const struct event **events = schedule_of(lab);
	const int64_t start = (int64_t)clock_us();

	for (size_t i = 0; i < lab->n_events; i++) {
		auto_strbuf struct strbuf said = {0};

		wait_until(start + (int64_t)events[i]->time.v, cancel);
		if (*cancel)
			(void)lab_error_make(err, LAB_FAILED, "interrupted");
		if (*cancel || happen(running->lab, events[i], &said, err))
			return give_up(running->lab, running->changes, err);
		printf("%9.3f s  %s%s\n", (double)((int64_t)clock_us() - start) / 1e6,
		       events[i]->link.name, said.s);
		(void)fflush(stdout); /* main() reports what cannot be written */
	}
	return 0;
}

static int run(const struct cli_lab_options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running r = {0};
	auto_cli_lab struct cli_lab *l = NULL;

	if (cli_enter_running("events", o->lab, err) ||
	    cli_open_running(o->lab, STATE_READ, &r, err))
		return -1;
	l = cli_changed_lab(r.plan, err);
	if (!l)
		return -1;
	if (l->lab->n_events)
		return play(r.plan, l->lab, err);
	(void)lab_error_make(err, LAB_USAGE, "lab %s: its file has no events", r.plan->lab);
	return lab_error_hint(err, "events: [{at: 10s, link: LINK, state: down}]");
}

int verb_events(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct cli_lab_options o = {0};

	cli_parse(&cli_argp_events, argc, argv, &o);
	return run(&o, &err) ? cli_fail(err) : LAB_OK;
}
