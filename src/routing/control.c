// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever wakes us, a turn goes the same way: take in what is new, then settle(): dump what is not
 * known, decide anew what changed, write what differs, until nothing is left to do now. What has to
 * wait is a time of one timer.
 *
 * A turn belongs to the process that is in charge (memory.c). One that is not stands by: it lets all
 * of its descriptors and timers go, and asks now and then whether it is in charge again; then it
 * begins as if it had just been started, from what the kernel says.
 */
#include "routing/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "base/worker.h"
#include "routing/namespace.h"
#include "routing/note.h"
#include "routing/wants.h"
#include "routing/watch.h"

/* For devices that are still being made, before it says "ready" without their routes. */
#define PATIENCE_MS 5000
#define STAND_BY_MS 100
/* Of a turn: sources may learn what sites wrote, but not forever. */
#define ROUNDS 16

/** A monitor on the loop. */
struct beat {
	struct loop_io io; /* first: the loop gives its address */
	struct loop_timer timer;
	struct routing_control *control;
	size_t place;
};

struct routing_control {
	struct loop_timer timer; /* first: the loop gives its address */
	struct loop *loop;
	const struct routing_config *config;
	struct routing_memory *memory;
	struct routing_namespace *namespaces; /* by place of the table */
	struct beat *beats;                   /* by place of the monitor */
	struct routing_watch watch;
	struct routing_wants *wants;
	bool standing_by;
	bool begun; /* routes are written: all namespaces are known, or were waited for */
	bool ready;
	uint64_t patience; /* ms: ends */
	char *note;
};

/* --- the end of a turn --- */

static struct routing_tally count(const struct routing_control *c)
{
	struct routing_tally t = {.learned = routing_wants_learned(c->wants)};

	for (size_t i = 0; i < c->config->n_tables; i++) {
		const struct routing_fib_state *s = routing_fib_state(c->namespaces[i].fib);

		t.routes += s->routes;
		t.missing += s->missing;
	}
	return t;
}

static void say_what_is_missing(const struct routing_control *c)
{
	for (size_t i = 0; i < c->config->n_tables; i++) {
		const struct routing_namespace *ns = &c->namespaces[i];
		const struct routing_fib_state *s = routing_fib_state(ns->fib);

		if (!ns->known)
			log_warning("%s: its routes cannot be read yet", ns->name);
		else if (s->absent)
			log_warning("%s: %zu routes wait for a device: %s", ns->name, s->absent,
				    s->dev);
		else if (s->missing)
			log_warning("%s: %zu routes could not be written yet", ns->name,
				    s->missing);
	}
}

static void look_whether_ready(struct routing_control *c, const struct routing_tally *t)
{
	bool patient = loop_now(c->loop) < c->patience;

	if (c->ready || !c->begun || (patient && t->missing))
		return;
	if (!patient)
		say_what_is_missing(c);
	log_info("ready: %zu routes in %zu namespaces, %zu monitors", t->routes,
		 c->config->n_tables, c->config->n_monitors);
	worker_ready();
	c->ready = true;
	for (size_t i = 0; i < c->config->n_tables; i++)
		c->namespaces[i].built = true;
}

static void tell(struct routing_control *c)
{
	struct routing_tally t = count(c);
	struct strbuf b = {0};

	for (size_t i = 0; i < c->config->n_tables; i++)
		routing_namespace_report(&c->namespaces[i]);
	look_whether_ready(c, &t);
	if (!c->ready)
		return;
	routing_note(&b, c->watch.pulses, c->watch.down_at, c->config->n_monitors, &t);
	if (c->note && strcmp(c->note, b.s) == 0) {
		strbuf_done(&b);
		return;
	}
	worker_note("%s", b.s);
	free(c->note);
	c->note = strbuf_take(&b);
}

static void set_timer(struct routing_control *c, uint64_t due)
{
	uint64_t now = loop_now(c->loop);

	if (!c->ready && c->patience < due)
		due = c->patience;
	for (size_t i = 0; i < c->config->n_tables; i++) {
		uint64_t at = routing_namespace_due(&c->namespaces[i]);

		due = at < due ? at : due;
	}
	loop_timer_clear(c->loop, &c->timer);
	if (due < UINT64_MAX)
		loop_timer_set(c->loop, &c->timer, due > now ? due - now : 0);
}

/* Until all that can be known is known, nothing is removed: it may have a reason that was not seen. */
static bool may_write(struct routing_control *c)
{
	bool all = true;

	for (size_t i = 0; i < c->config->n_tables; i++)
		all = all && c->namespaces[i].known;
	c->begun = c->begun || all || loop_now(c->loop) >= c->patience;
	return c->begun;
}

static bool settle_once(struct routing_control *c)
{
	uint64_t now = loop_now(c->loop);
	bool again = false;

	for (size_t i = 0; i < c->config->n_tables; i++)
		again |= routing_namespace_sync(&c->namespaces[i], now);
	if (!may_write(c))
		return false;
	again |= routing_wants_renew(c->wants);
	for (size_t i = 0; i < c->config->n_tables; i++)
		again |= routing_namespace_write(&c->namespaces[i], now);
	return again;
}

static void settle(struct routing_control *c)
{
	int rounds = 0;

	while (rounds < ROUNDS && settle_once(c))
		rounds++;
	tell(c);
	set_timer(c, rounds < ROUNDS ? UINT64_MAX : loop_now(c->loop) + STAND_BY_MS);
}

/* --- turns --- */

static void leave(struct routing_control *c)
{
	settle(c);
	routing_memory_leave(c->memory);
}

/* No callback comes any more. */
static void let_go(struct routing_control *c)
{
	for (size_t i = 0; i < c->config->n_tables; i++)
		loop_del(c->loop, &c->namespaces[i].io);
	for (size_t i = 0; i < c->config->n_monitors; i++) {
		loop_del(c->loop, &c->beats[i].io);
		loop_timer_clear(c->loop, &c->beats[i].timer);
	}
	loop_timer_clear(c->loop, &c->timer);
}

static void stand_by(struct routing_control *c)
{
	if (!c->standing_by)
		log_info("another process is in charge now; standing by");
	c->standing_by = true;
	let_go(c);
	loop_timer_set(c->loop, &c->timer, STAND_BY_MS);
}

static void beat(struct routing_control *c, size_t place)
{
	uint64_t now = loop_now(c->loop);
	uint64_t due = routing_watch_beat(&c->watch, place, now);

	loop_timer_set(c->loop, &c->beats[place].timer, due > now ? due - now : 0);
}

/* Descriptors that can be watched at all can be watched again, unless the machine is out of memory. */
static void listen_to_all(struct routing_control *c)
{
	bool failed = false;

	for (size_t i = 0; i < c->config->n_tables; i++)
		failed |= loop_add(c->loop, &c->namespaces[i].io, c->config->tables[i].fd,
				   EPOLLIN) < 0;
	for (size_t i = 0; i < c->config->n_monitors; i++)
		failed |= loop_add(c->loop, &c->beats[i].io, c->config->monitors[i].fd, EPOLLIN) <
			  0;
	if (!failed)
		return;
	log_error("event loop: %s", strerror(errno));
	abort(); /* the supervisor starts us anew */
}

/* The rest of a turn, that was begun. */
static void begin(struct routing_control *c)
{
	c->standing_by = c->begun = false;
	c->patience = loop_now(c->loop) + PATIENCE_MS;
	listen_to_all(c);
	routing_watch_begin(&c->watch, loop_now(c->loop));
	for (size_t i = 0; i < c->config->n_monitors; i++)
		beat(c, i);
	for (size_t i = 0; i < c->config->n_tables; i++)
		routing_namespace_doubt(&c->namespaces[i]);
	leave(c);
}

/* false: this process is not in charge and may touch nothing, or has just begun anew. */
static bool enter(struct routing_control *c)
{
	switch (routing_memory_enter(c->memory)) {
	case ROUTING_TURN: return true;
	case ROUTING_TURN_ANEW:
		log_info("another process was in charge; beginning anew");
		let_go(c);
		begin(c);
		break;
	case ROUTING_NO_TURN: stand_by(c); break;
	}
	return false;
}

static void on_events(struct loop_io *io, uint32_t events)
{
	struct routing_namespace *ns = (void *)io;

	if (!enter(ns->owner))
		return;
	routing_namespace_read(ns);
	leave(ns->owner);
}

static void on_answers(struct loop_io *io, uint32_t events)
{
	struct beat *b = (void *)io;
	struct routing_control *c = b->control;

	if (!enter(c))
		return;
	routing_watch_read(&c->watch, b->place, loop_now(c->loop));
	leave(c);
}

static void on_beat(struct loop_timer *t)
{
	struct beat *b = (void *)((char *)t - offsetof(struct beat, timer));
	struct routing_control *c = b->control;

	if (!enter(c))
		return;
	/* what came in time must count before the time is over */
	routing_watch_read(&c->watch, b->place, loop_now(c->loop));
	beat(c, b->place);
	leave(c);
}

void routing_control_begin(struct routing_control *c)
{
	if (enter(c))
		begin(c);
}

static void on_timer(struct loop_timer *t)
{
	struct routing_control *c = (void *)t;

	if (enter(c))
		leave(c);
}

static void remove_all(struct routing_control *c)
{
	uint64_t now = loop_now(c->loop);

	for (size_t i = 0; i < c->config->n_tables; i++) {
		struct routing_namespace *ns = &c->namespaces[i];

		routing_namespace_doubt(ns);
		(void)routing_namespace_sync(ns, now); /* where it fails, nothing is written */
		routing_fib_want_nothing(ns->fib);
		(void)routing_namespace_write(ns, now); /* nothing to be done is fine */
		routing_namespace_report(ns);
	}
}

void routing_control_finish(struct routing_control *c)
{
	let_go(c);
	loop_stop(c->loop);
	if (routing_memory_enter(c->memory) == ROUTING_NO_TURN) {
		log_info("ending: another process goes on");
		return;
	}
	if (routing_memory_has_heir(c->memory))
		log_info("ending: an older process goes on");
	else
		remove_all(c);
	routing_memory_leave(c->memory);
}

/* --- birth and death --- */

static int open_all(struct routing_control *c, struct lab_error **err)
{
	for (size_t i = 0; i < c->config->n_tables; i++) {
		struct routing_namespace *ns = &c->namespaces[i];

		ns->io.fn = on_events;
		ns->owner = c;
		if (routing_channel_open(&ns->channel, err) < 0)
			return lab_error_prefix(err, "%s", ns->name);
	}
	for (size_t i = 0; i < c->config->n_monitors; i++)
		c->beats[i] = (struct beat){
			.io.fn = on_answers, .timer.fn = on_beat, .control = c, .place = i};
	return 0;
}

struct routing_control *routing_control_new(struct arena *a, struct loop *loop,
					    const struct routing_config *config,
					    struct routing_memory *memory, struct lab_error **err)
{
	struct routing_control *c = arena_alloc(a, sizeof(*c));

	c->timer.fn = on_timer;
	c->loop = loop;
	c->config = config;
	c->memory = memory;
	c->namespaces = arena_alloc(a, config->n_tables * sizeof(*c->namespaces));
	c->beats = arena_alloc(a, config->n_monitors * sizeof(*c->beats));
	for (size_t i = 0; i < config->n_tables; i++)
		routing_namespace_init(&c->namespaces[i], config->tables[i].ns,
				       config->tables[i].fd);
	if (routing_watch_init(&c->watch, a, config, memory, err) < 0 || open_all(c, err) < 0) {
		routing_control_done(c);
		return NULL;
	}
	c->wants = routing_wants_new(a, config, c->namespaces, c->watch.pulses);
	c->watch.wants = c->wants;
	return c;
}

void routing_control_done(struct routing_control *c)
{
	if (!c)
		return;
	routing_wants_done(c->wants);
	for (size_t i = 0; i < c->config->n_tables; i++)
		routing_namespace_done(&c->namespaces[i]);
	free(c->note);
}
