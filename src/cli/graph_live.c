// SPDX-License-Identifier: GPL-2.0-only
#include "cli/graph_live.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/container_of.h"
#include "cli/signals.h"
#include "cli/web_view.h"

#define SECOND_MS 1000

struct work {
	const struct cli_graph_live *o;
	struct cli_view view;
	struct loop *loop;
	struct loop_io on_signal;
	struct loop_timer tick;
	unsigned long shown;
	uint64_t counted; /* when; milliseconds */
	struct lab_error *error;
};

static const char *caption(struct graph *g, uint64_t ms)
{
	time_t now = time(NULL);
	struct tm at;
	char text[16] = "";

	if (localtime_r(&now, &at))
		(void)strftime(text, sizeof(text), "%H:%M:%S, ", &at); /* fits */
	return arena_printf(
		g->arena,
		"%sthe last %.1f s: busy from 60 %% of a limit, full from 90 %% or where packets are "
		"lost",
		text, (double)ms / 1000);
}

static int draw(struct work *w, uint64_t ms, struct lab_error **err)
{
	auto_graph struct graph *g = graph_build(w->view.lab->lab,
						 &(struct graph_options){.all = w->o->all});

	live_draw(w->view.live, g, w->o->steady);
	g->caption = caption(g, ms);
	return w->o->show(g, w->o->data, err);
}

/* What changed in between is measured from now on. */
static int look(struct work *w, struct lab_error **err)
{
	uint64_t before = w->counted;

	if (cli_view_is_stale(&w->view)) {
		cli_view_close(&w->view);
		w->counted = clock_ms();
		return cli_view_open(&w->view, err);
	}
	w->counted = clock_ms();
	if (cli_view_count(&w->view, err) || draw(w, w->counted - before, err))
		return -1;
	if (++w->shown == w->o->count)
		loop_stop(w->loop);
	return 0;
}

static void on_tick(struct loop_timer *t)
{
	struct work *w = container_of(t, struct work, tick);

	loop_timer_set(w->loop, t, SECOND_MS);
	if (look(w, &w->error))
		loop_stop(w->loop);
}

static void on_signal(struct loop_io *io, uint32_t events)
{
	loop_stop(container_of(io, struct work, on_signal)->loop);
}

static int run(struct work *w, struct lab_error **err)
{
	w->loop = loop_new();
	if (!w->loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	w->counted = clock_ms();
	if (cli_view_open(&w->view, err) || cli_watch_signals(w->loop, &w->on_signal, err))
		return -1;
	loop_timer_set(w->loop, &w->tick, SECOND_MS);
	if (loop_run(w->loop) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	*err = steal_ptr(w->error);
	return *err ? -1 : 0;
}

int cli_graph_live(const struct cli_graph_live *o, struct lab_error **err)
{
	struct work w = {.o = o,
			 .view = {.arg = o->lab, .all = o->all, .logs = -1},
			 .on_signal = {.fn = on_signal, .fd = -1},
			 .tick.fn = on_tick};
	int rc = run(&w, err);

	if (w.loop)
		loop_timer_clear(w.loop, &w.tick);
	cleanup_closep(&w.on_signal.fd);
	cli_view_close(&w.view);
	loop_free(w.loop);
	return rc;
}
