// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sleeping process is woken 50 to 150 us late, far more in a virtual machine: the timer is set EARLY, and
 * the rest of the time is spent looking. Beside a busy process it would be milliseconds: prompt.h. With
 * nothing under way there is no timer, and the process sleeps.
 */
#include "wire/carrier.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "base/worker.h"
#include "wire/port.h"
#include "wire/prompt.h"
#include "wire/ways.h"

#define EARLY_NS      200000u
#define SENDING_NS    70000u /* until a frame has arrived, about: it starts earlier by that */
#define BURST         64     /* frames that are read from a port before others have their turn */
#define FIRST_BIND_MS 2      /* between two looks for a device, while the lab is being made */
#define PATIENCE_MS   3000   /* then it is ready without one: the other lines are to work */
#define BIND_MS       100    /* later: somebody removed it by hand, or `up` is about to bring it */
#define PROMPT        1      /* a realtime priority, the lowest: sched(7) */
#define REPAY_MS      3      /* until a process that only sleeps has repaid its work */
#define CHARGE_MS     2      /* between two tries to take charge */
#define NOTE_MS       1000   /* at most one note in that time */

enum phase {
	CARRIER_WAITS,  /* for the process that it replaces to let go */
	CARRIER_WORKS,  /* in charge */
	CARRIER_DRAINS, /* reads no more, but holds frames */
	CARRIER_DONE
};

struct port {
	struct loop_io io; /* first: the loop gives its address */
	struct wire_carrier *carrier;
	const char *device;
	bool bound;
	struct wire_arrival last;
};

struct wire_carrier {
	struct loop *loop;
	struct wire_memory *memory;
	const struct wire_config *config;
	enum phase phase;
	bool ready; /* has said so */
	struct wire_ways ways;
	struct port *ports;
	struct loop_io alarm;
	struct loop_timer bind, charge, note, patience, repay;
	struct wire_prompt prompt;
	uint64_t spent,
		counted; /* when it was last counted: by the process's clock, and by that on the wall */
	uint64_t armed;     /* what the alarm is set to; 0: not */
	uint64_t full;      /* frames that were lost for want of room, here or in a socket */
	uint64_t told;      /* losses of the last note */
	size_t n_absent;    /* ports without their device */
	size_t told_absent; /* in the last note */
	unsigned char overflow[WIRE_FRAME_MAX];
};

/* --- what people are told --- */

static void tell(struct wire_carrier *c)
{
	const struct wire_ways *w = &c->ways;
	auto_strbuf struct strbuf b = {0};

	c->told = c->full + w->gone;
	c->told_absent = c->n_absent;
	strbuf_printf(&b, "%zu line%s in user space", c->config->n_lines,
		      c->config->n_lines == 1 ? "" : "s");
	if (c->full)
		strbuf_printf(&b, ", %" PRIu64 " frames lost for want of room", c->full);
	if (w->gone)
		strbuf_printf(&b, ", %" PRIu64 " frames refused", w->gone);
	if (c->n_absent)
		strbuf_printf(&b, ", %zu end%s without a device", c->n_absent,
			      c->n_absent == 1 ? "" : "s");
	worker_note("%s", strbuf_str(&b));
}

static void on_note(struct loop_timer *t)
{
	tell(container_of(t, struct wire_carrier, note));
}

static void look_for_news(struct wire_carrier *c)
{
	if (!c->ready || c->phase != CARRIER_WORKS || loop_timer_is_set(&c->note))
		return;
	if (c->told != c->full + c->ways.gone || c->told_absent != c->n_absent)
		loop_timer_set(c->loop, &c->note, NOTE_MS);
}

/* --- ports --- */

static void set_bound(struct port *p, bool bound)
{
	p->carrier->n_absent += p->bound;
	p->carrier->n_absent -= bound;
	p->bound = bound;
}

/* Reads one frame; whether there may be more. */
static bool receive(struct port *p, size_t place, struct wire_clocks clocks)
{
	struct wire_ways *w = &p->carrier->ways;
	struct wire_frame *f = wire_ways_room(w, place);
	ssize_t n = wire_port_receive(p->io.fd, f ? f->data : p->carrier->overflow, WIRE_FRAME_MAX,
				      clocks, &p->last);

	if (n <= 0) {
		if (n < 0)
			set_bound(p, false);
		return false;
	}
	p->carrier->full += wire_ways_missed(w, place, p->last.missed);
	if (!f || n > (ssize_t)WIRE_FRAME_MAX) {
		p->carrier->full++;
		return true;
	}
	f->len = (uint32_t)n;
	wire_ways_take(w, place, f, wire_port_header, p->last.stamp);
	return true;
}

static void on_port(struct loop_io *io, uint32_t events)
{
	struct port *p = container_of(io, struct port, io);
	struct wire_carrier *c = p->carrier;
	const size_t place = (size_t)(p - c->ports);
	const struct wire_clocks clocks = wire_clocks_now();

	for (int i = 0; i < BURST && receive(p, place, clocks); i++)
		;
	wire_ways_tidy(&c->ways, place);
	if (!p->bound && !loop_timer_is_set(&c->bind))
		loop_timer_set(c->loop, &c->bind, BIND_MS);
	look_for_news(c);
}

static enum wire_sent on_send(void *ctx, size_t port, const void *frame, size_t len)
{
	const struct wire_carrier *c = ctx;

	return wire_port_send(c->config->ports[port].fd, frame, len);
}

static int read_ports(struct wire_carrier *c)
{
	for (size_t i = 0; i < c->config->n_ports; i++)
		if (loop_add(c->loop, &c->ports[i].io, c->config->ports[i].fd, EPOLLIN) < 0)
			return -1;
	return 0;
}

/* --- phases --- */

static void take_charge(struct wire_carrier *c)
{
	if (!wire_memory_take_charge(c->memory)) {
		c->phase = CARRIER_WAITS;
		loop_timer_set(c->loop, &c->charge, CHARGE_MS);
		return;
	}
	wire_ways_adopt(&c->ways);
	c->phase = CARRIER_WORKS;
	if (read_ports(c) < 0) {
		log_error("ports: %s", strerror(errno));
		c->phase = CARRIER_DONE; /* the supervisor starts another one */
	}
}

static void on_charge(struct loop_timer *t)
{
	take_charge(container_of(t, struct wire_carrier, charge));
}

static void say_ready(struct wire_carrier *c)
{
	c->ready = true;
	loop_timer_clear(c->loop, &c->patience);
	worker_ready();
	tell(c);
}

static void on_patience(struct loop_timer *t)
{
	say_ready(container_of(t, struct wire_carrier, patience));
}

/* While the lab is made, devices come one after the other: it is ready when all are there. */
static void on_bind(struct loop_timer *t)
{
	struct wire_carrier *c = container_of(t, struct wire_carrier, bind);

	for (size_t i = 0; i < c->config->n_ports; i++) {
		struct port *p = &c->ports[i];

		if (!p->bound)
			set_bound(p, wire_port_bind(c->config->ports[i].fd, p->device));
	}
	if (c->n_absent)
		loop_timer_set(c->loop, &c->bind, c->ready ? BIND_MS : FIRST_BIND_MS);
	else if (!c->ready)
		say_ready(c);
	look_for_news(c);
}

void wire_carrier_finish(struct wire_carrier *c)
{
	const bool worked = c->phase == CARRIER_WORKS;

	c->phase = CARRIER_DONE;
	loop_timer_clear(c->loop, &c->bind);
	loop_timer_clear(c->loop, &c->charge);
	loop_timer_clear(c->loop, &c->note);
	loop_timer_clear(c->loop, &c->patience);
	loop_timer_clear(c->loop, &c->repay);
	if (!worked)
		return;
	for (size_t i = 0; i < c->config->n_ports; i++)
		loop_del(c->loop, &c->ports[i].io);
	if (wire_memory_is_replaced(c->memory)) {
		wire_ways_hand_over(&c->ways);
		c->phase = CARRIER_DRAINS;
	}
	wire_memory_give_up(c->memory);
}

/* --- the clock --- */

static void on_alarm(struct loop_io *io, uint32_t events)
{
	uint64_t times;

	(void)!read(io->fd, &times, sizeof(times)); /* how often it rang is of no matter */
}

static int set_alarm(struct wire_carrier *c, uint64_t at)
{
	const struct itimerspec when = {.it_value = {.tv_sec = (time_t)(at / 1000000000u),
						     .tv_nsec = (long)(at % 1000000000u)}};

	if (at == c->armed)
		return 0;
	c->armed = at;
	return timerfd_settime(c->alarm.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* How long the loop may sleep: -1, until something happens; 0 where it is not worth falling asleep. */
static int plan_rest(struct wire_carrier *c, uint64_t now)
{
	const uint64_t due = wire_ways_due(&c->ways);

	if (due != WIRE_NEVER && due <= now + EARLY_NS)
		return 0;
	(void)set_alarm(c, due == WIRE_NEVER ? 0 : due - EARLY_NS); /* it was made for this */
	if (c->prompt.ordinary && !loop_timer_is_set(&c->repay))
		loop_timer_set(c->loop, &c->repay, REPAY_MS);
	return -1;
}

/* What it may not be (a lab without root, a container) it is not: frames are then as punctual as the host is idle. */
static void schedule(bool ordinary)
{
	const struct sched_param param = {.sched_priority = ordinary ? 0 : PROMPT};

	(void)sched_setscheduler(0, ordinary ? SCHED_OTHER : SCHED_FIFO, &param);
}

static uint64_t spent_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void keep_account(struct wire_carrier *c, uint64_t now)
{
	const uint64_t spent = spent_ns();
	const uint64_t worked = spent - c->spent, passed = now - c->counted;

	c->spent = spent;
	c->counted = now;
	if (wire_prompt_count(&c->prompt, worked, passed > worked ? passed - worked : 0))
		schedule(c->prompt.ordinary);
}

/* Only to wake: what it slept is counted at every turn. */
static void on_repay(struct loop_timer *t)
{
}

int wire_carrier_run(struct wire_carrier *c, struct lab_error **err)
{
	schedule(false);
	loop_timer_set(c->loop, &c->patience, PATIENCE_MS);
	take_charge(c);
	on_bind(&c->bind);
	while (c->phase != CARRIER_DONE) {
		const uint64_t now = (uint64_t)wire_clocks_now().monotonic + SENDING_NS;

		keep_account(c, now);
		wire_ways_send(&c->ways, now);
		if (c->phase == CARRIER_DRAINS && wire_ways_due(&c->ways) == WIRE_NEVER)
			break;
		if (loop_turn(c->loop, plan_rest(c, now)) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	}
	return 0;
}

/* --- */

static int open_alarm(struct wire_carrier *c)
{
	auto_close int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || loop_add(c->loop, &c->alarm, fd, EPOLLIN) < 0)
		return -1;
	(void)steal_fd(&fd); /* c->alarm.fd */
	return 0;
}

struct wire_carrier *wire_carrier_new(struct arena *a, struct loop *loop,
				      const struct wire_config *config, struct wire_memory *memory,
				      struct lab_error **err)
{
	struct wire_carrier *c = arena_alloc(a, sizeof(*c));

	c->loop = loop;
	c->memory = memory;
	c->config = config;
	c->alarm.fn = on_alarm;
	c->bind.fn = on_bind;
	c->charge.fn = on_charge;
	c->note.fn = on_note;
	c->patience.fn = on_patience;
	c->repay.fn = on_repay;
	c->counted = (uint64_t)wire_clocks_now().monotonic;
	c->n_absent = config->n_ports;
	c->ports = arena_alloc(a, (config->n_ports + 1) * sizeof(*c->ports));
	for (size_t i = 0; i < config->n_ports; i++)
		c->ports[i] = (struct port){
			.io.fn = on_port, .carrier = c, .device = config->ports[i].name};
	if (open_alarm(c) < 0) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "timer");
		return NULL;
	}
	wire_ways_init(&c->ways, a, config, memory);
	c->ways.send = on_send;
	c->ways.ctx = c;
	return c;
}

void wire_carrier_done(struct wire_carrier *c)
{
	if (!c)
		return;
	wire_ways_done(&c->ways);
	(void)close(c->alarm.fd); /* nothing to flush */
}
