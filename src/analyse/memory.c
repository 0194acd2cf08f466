// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row for each destination, with a place for every device. There are fewer rows than destinations: each
 * destination has but one that it may use, and takes it from another one. What a row held is forgotten by a
 * new stamp, so that nothing needs to be cleared.
 *
 * Ways to one destination form a tree, in which every place has one fate: what is there gets lost, or it may
 * arrive. It is worked out once for all places of a way.
 */
#include "analyse/memory.h"

#include <stdlib.h>

#include "base/hash.h"

#define BYTES_MAX (32u << 20)
#define ROWS_MAX  256
#define ROWS_MIN  2

enum fate {
	UNSEEN,
	ASKED, /* it is on the way that is looked at just now */
	LOST,
	OPEN /* it may arrive, or nobody knows */
};

struct cell {
	uint32_t stamp; /* that of the row; else nothing is known */
	enum fate fate;
	uint32_t
		left; /* namespaces that it will see, this one included, before it is lost or open */
	bool looked;  /* the step is known */
	struct walk_step step;
};

struct walk_row {
	struct walk_memory *memory;
	uint32_t dst, stamp; /* stamp 0: nobody's yet */
	struct cell *cells;
};

struct walk_memory {
	const struct analyse *a;
	size_t n_rows;
	struct walk_row rows[ROWS_MAX];
	uint32_t *way; /* devices on the way that is looked at */
};

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

struct walk_memory *analyse_memory_new(const struct analyse *a)
{
	struct walk_memory *m = allocate(1, sizeof(*m));
	const size_t row = (a->n_devs + 1) * sizeof(*m->rows->cells);

	m->a = a;
	m->way = allocate(a->n_devs + 1, sizeof(*m->way));
	for (m->n_rows = ROWS_MIN; m->n_rows < ROWS_MAX && 2 * m->n_rows * row <= BYTES_MAX;)
		m->n_rows *= 2;
	return m;
}

void analyse_memory_free(struct walk_memory *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_rows; i++)
		free(m->rows[i].cells);
	free(m->way);
	free(m);
}

struct walk_row *analyse_memory_row(struct walk_memory *m, uint32_t dst)
{
	struct walk_row *r = &m->rows[hash_bytes(0, &dst, sizeof(dst)) % m->n_rows];

	if (r->stamp && r->dst == dst)
		return r;
	if (!r->cells)
		r->cells = allocate(m->a->n_devs + 1, sizeof(*r->cells));
	r->memory = m;
	r->dst = dst;
	r->stamp++;
	return r;
}

static struct cell *cell_of(const struct walk_row *r, uint32_t dev)
{
	struct cell *c = &r->cells[dev];

	if (c->stamp != r->stamp)
		*c = (struct cell){.stamp = r->stamp};
	return c;
}

static const struct net_ns *ns_of(const struct walk_row *r, uint32_t dev)
{
	const struct analyse *a = r->memory->a;

	return &a->ns[a->devs[dev].ns];
}

const struct walk_step *analyse_memory_step(struct walk_row *r, uint32_t dev)
{
	const struct net_flow f = {.dst = r->dst, .iif = dev, .oif = NET_NONE};
	struct cell *c = cell_of(r, dev);

	if (c->looked)
		return &c->step;
	if (ns_of(r, dev)->by_source)
		return NULL;
	c->step = analyse_step_look(r->memory->a, &f);
	c->looked = true;
	return &c->step;
}

/* --- fates --- */

/* Of the place alone; UNSEEN: that of the next device. */
static enum fate fate_here(struct walk_row *r, uint32_t dev, uint32_t *next)
{
	const struct walk_step *s = analyse_memory_step(r, dev);
	const struct net_ns *n = analyse_net_filters(r->memory->a, r->memory->a->devs[dev].ns);

	if (!s || s->here || n->doubt || n->unclear)
		return OPEN;
	if (!n->from->router)
		return LOST;
	if (s->found.unknown || s->found.alternatives > 1)
		return OPEN;
	if (!analyse_step_leads_out(&s->found))
		return LOST;
	if (s->taker.unknown || s->taker.several)
		return OPEN;
	*next = s->taker.dev;
	return *next == NET_NONE ? LOST : UNSEEN;
}

static const struct cell *fate_of(struct walk_row *r, uint32_t dev)
{
	uint32_t *way = r->memory->way, left = 0;
	enum fate fate = UNSEEN;
	size_t n = 0;

	while (fate == UNSEEN) {
		struct cell *c = cell_of(r, dev);

		if (c->fate == UNSEEN) {
			c->fate = ASKED;
			way[n++] = dev;
			fate = fate_here(r, dev, &dev);
		} else { /* it joins a way that is known, or goes round in circles */
			fate = c->fate == ASKED ? LOST : c->fate;
			left = c->left;
		}
	}
	for (; n > 0; n--) {
		r->cells[way[n - 1]].fate = fate;
		r->cells[way[n - 1]].left = ++left;
	}
	return &r->cells[way[0]];
}

bool analyse_memory_is_lost(struct walk_row *r, uint32_t dev, size_t hops)
{
	const struct cell *c = cell_of(r, dev);

	if (c->fate == UNSEEN)
		c = fate_of(r, dev);
	return c->fate == LOST || hops - 1 + c->left > ANALYSE_HOPS_MAX;
}
