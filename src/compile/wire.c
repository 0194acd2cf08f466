// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines on a kernel without netem: what the queue at the line's end would do is done by labctl-wire.
 * The link is cut in the middle, and both new ends stand in the namespace "wire", where that worker carries
 * frames from one to the other. Rates stay in the kernel, at the lab's ends, so that a frame first waits
 * for its turn on the line and is then under way, as in life.
 */
#include "compile/context.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/strbuf.h"

#define HOLD_MIN ((uint64_t)1 << 20)
#define HOLD_MAX ((uint64_t)256 << 20)

struct wire {
	const char *name; /* of its end a: "vbr-1.pc-1.110" */
	struct plan_origin origin;
	const char *ports[2];
	struct line line;
};

bool compile_spoils(const struct line *line)
{
	return line->loss_ppm || line->duplicate_ppm || line->reorder_ppm;
}

bool compile_by_wire(const struct compile *c, const struct line *line)
{
	return c->no_netem && (line->rtt_us || line->jitter_us || compile_spoils(line));
}

static const char *place_of(struct compile *c, const struct plan_end *end)
{
	return arena_join(c->arena, end->ns, ".", end->dev, NULL);
}

/* More of a hash than name_ifname() has room for: there may be thousands, with one beginning. */
static const char *port_at(struct compile *c, const char *place)
{
	if (strlen(place) < IFNAME_LEN)
		return place;
	return compile_text(c, "line_%010" PRIx64, hash_str(0, place) & 0xffffffffffu);
}

/* What happens to a frame must not happen to 64 kB of them at once: they are cut when they enter. */
static struct plan_end entrance(struct plan_end end, const struct line *line)
{
	if (compile_spoils(line))
		end.gso_segs = 1;
	return end;
}

/* The link of one end; gives the port at its other one. */
static const char *lay(struct compile *c, struct plan_origin origin, struct plan_end end,
		       const struct line *line)
{
	const char *place = place_of(c, &end), *port = port_at(c, place);

	(void)compile_link(
		c, origin, entrance(end, line), /* the plan owns it */
		(struct plan_end){.ns = WIRE_NS,
				  .dev = port,
				  .alias = arena_join(c->arena, "line at ", place, NULL)});
	return port;
}

void compile_line(struct compile *c, struct plan_origin origin, struct plan_end a,
		  struct plan_end b, struct line line)
{
	struct wire *w;

	if (!compile_by_wire(c, &line)) {
		(void)compile_link(c, origin, a, b); /* the plan owns it */
		return;
	}
	w = arena_push(c->arena, c->wires, c->n_wires);
	*w = (struct wire){.name = place_of(c, &a), .origin = origin, .line = line};
	w->ports[0] = lay(c, origin, a, &line);
	w->ports[1] = lay(c, origin, b, &line);
}

/* Twice what fits on the line, and what may come in one burst behind it. */
static uint64_t hold_of(const struct line *line)
{
	const uint64_t us = (line->rtt_us + line->jitter_us) / 2;
	const uint64_t bytes = 2 * (line->rate / 8 * us / 1000000) + line->rate / 8 / 10;

	if (bytes < HOLD_MIN)
		return HOLD_MIN;
	return bytes > HOLD_MAX ? HOLD_MAX : bytes;
}

/* What most lines do not have is not written: there may be thousands of lines. */
static void put_if_any(struct strbuf *b, const char *key, uint64_t n)
{
	if (n)
		compile_put_number(b, key, n);
}

static void put_line(struct strbuf *b, const struct wire *w)
{
	const struct line *l = &w->line;

	compile_put_open(b, NULL, "{");
	compile_put_text(b, "a", w->ports[0]);
	compile_put_text(b, "b", w->ports[1]);
	compile_put_number(b, "delay_us", l->rtt_us / 2);
	put_if_any(b, "duplicate_ppm", l->duplicate_ppm);
	compile_put_number(b, "hold", hold_of(l));
	put_if_any(b, "jitter_us", l->jitter_us / 2);
	put_if_any(b, "loss_ppm", l->loss_ppm);
	compile_put_text(b, "name", w->name);
	put_if_any(b, "reorder_ppm", l->reorder_ppm);
	strbuf_addc(b, '}');
}

void compile_put_wire_names(const struct compile *c, struct strbuf *b)
{
	if (!c->n_wires)
		return;
	compile_put_open(b, "wire", "[");
	for (size_t i = 0; i < c->n_wires; i++)
		compile_put_text(b, NULL, c->wires[i].name);
	strbuf_addc(b, ']');
}

static const char *config_of(const struct compile *c)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_addc(&b, '{');
	compile_put_text(&b, "lab", c->lab->id.name);
	compile_put_open(&b, "lines", "[");
	for (size_t i = 0; i < c->n_wires; i++)
		put_line(&b, &c->wires[i]);
	strbuf_addc(&b, ']');
	compile_put_text(&b, "state", "wire-state");
	strbuf_addc(&b, '}');
	return arena_strndup(c->arena, b.s, b.len);
}

static void add_worker(struct compile *c, struct plan_origin origin)
{
	struct plan_socket *sockets = arena_alloc(c->arena,
						  (2 * c->n_wires + 1) * sizeof(*sockets));

	for (size_t i = 0; i < c->n_wires; i++)
		for (size_t k = 0; k < 2; k++)
			sockets[2 * i + k] = (struct plan_socket){
				.name = c->wires[i].ports[k], .ns = WIRE_NS, .type = PLAN_PACKET};
	sockets[2 * c->n_wires] =
		(struct plan_socket){.name = "wire-state",
				     .ns = WIRE_NS,
				     .type = PLAN_MEMORY}; /* too long for a device */
	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = origin,
		.name = WIRE_NS,
		.program = "labctl-wire",
		.ns = WIRE_NS,
		.sockets = sockets,
		.n_sockets = 2 * c->n_wires + 1,
		.privilege = PLAN_PRIVILEGE_PROMPT,
		.config = config_of(c),
	};
}

void compile_wires(struct compile *c)
{
	const struct plan_origin origin = compile_origin(c, "lab", &c->lab->id);

	if (!c->n_wires)
		return;
	compile_namespace(c, origin, WIRE_NS, "wire");
	add_worker(c, origin);
}
