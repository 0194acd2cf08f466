// SPDX-License-Identifier: GPL-2.0-only
#include "dns/lookup.h"

#include <assert.h>
#include <sys/random.h>

#include "dns/internal.h"
#include "dns/must.h"
#include "dns/peer.h"

struct dns_forwarder *dns_forwarder_new(struct loop *loop)
{
	struct dns_forwarder *f = dns_must(calloc(1, sizeof(*f)));

	f->loop = loop;
	return f;
}

void dns_forwarder_free(struct dns_forwarder *f)
{
	assert(!f || f->n_lookups == 0);
	free(f);
}

static size_t n_servers(const struct dns_lookup *l)
{
	return l->relay->forward->n_servers;
}

void dns_lookup_cancel(struct dns_lookup *l)
{
	for (size_t i = 0; i < n_servers(l); i++)
		dns_peer_close(&l->peers[i]);
	loop_timer_clear(l->forwarder->loop, &l->timer);
	l->forwarder->n_lookups--;
	free(l);
}

void dns_lookup_answered(struct dns_lookup *l, struct dns_message *answer)
{
	void (*done)(void *, struct dns_message *) = l->done;
	void *arg = l->arg;

	dns_lookup_cancel(l);
	done(arg, answer);
}

static bool has_tries(const struct dns_lookup *l)
{
	return l->tries < DNS_ROUNDS * n_servers(l);
}

/* Nobody is left who could answer. */
static bool is_hopeless(const struct dns_lookup *l)
{
	for (size_t i = 0; i < n_servers(l); i++) {
		if (l->peers[i].io.fd >= 0)
			return false;
	}
	return !has_tries(l);
}

static void arm(struct dns_lookup *l)
{
	uint64_t now = loop_now(l->forwarder->loop);
	uint64_t left = l->deadline > now ? l->deadline - now : 0;
	uint64_t step = DNS_PATIENCE_MS / (DNS_ROUNDS * n_servers(l));

	if (is_hopeless(l))
		left = 0; /* by the timer: done() is never called from within dns_lookup_start() */
	else if (has_tries(l) && step < left)
		left = step;
	loop_timer_set(l->forwarder->loop, &l->timer, left);
}

void dns_lookup_next(struct dns_lookup *l)
{
	while (has_tries(l) && !dns_peer_ask(&l->peers[l->tries++ % n_servers(l)]))
		;
	arm(l);
}

static void on_timer(struct loop_timer *t)
{
	struct dns_lookup *l = container_of(t, struct dns_lookup, timer);

	if (loop_now(l->forwarder->loop) >= l->deadline || is_hopeless(l))
		dns_lookup_answered(l, NULL);
	else
		dns_lookup_next(l);
}

static void write_question(struct dns_lookup *l)
{
	size_t len;

	if (getrandom(&l->id, sizeof(l->id), 0) != (ssize_t)sizeof(l->id))
		abort(); /* cannot fail for two bytes, once the kernel has booted */
	len = dns_relay_ask(l->relay, l->id, l->ask + 2);
	l->ask[0] = (uint8_t)(len >> 8);
	l->ask[1] = (uint8_t)len;
	l->ask_len = 2 + len;
}

struct dns_lookup *dns_lookup_start(struct dns_forwarder *f, const struct dns_relay *relay,
				    void (*done)(void *arg, struct dns_message *answer), void *arg)
{
	struct dns_lookup *l;

	if (f->n_lookups >= DNS_MAX_LOOKUPS)
		return NULL;
	f->n_lookups++;
	l = dns_must(calloc(1, sizeof(*l)));
	l->forwarder = f;
	l->relay = relay;
	l->done = done;
	l->arg = arg;
	l->timer.fn = on_timer;
	l->deadline = loop_now(f->loop) + DNS_PATIENCE_MS;
	for (size_t i = 0; i < relay->forward->n_servers; i++) {
		l->peers[i].lookup = l;
		l->peers[i].server = &relay->forward->servers[i];
		l->peers[i].io.fd = -1;
	}
	write_question(l);
	dns_lookup_next(l);
	return l;
}
