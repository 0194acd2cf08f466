// SPDX-License-Identifier: GPL-2.0-only
/* Clients whose queries other servers must answer. A client that has gone meanwhile is forgotten. */
#include "dns/internal.h"
#include "dns/must.h"

struct dns_waiting {
	struct dns_waiting *prev, *next;
	struct dns_listener *listener;
	struct dns_client client;
	struct dns_relay *relay;
	struct dns_lookup *lookup;
};

static void end_wait(struct dns_waiting *w)
{
	if (w->next)
		w->next->prev = w->prev;
	*(w->prev ? &w->prev->next : &w->listener->server->waiting) = w->next;
	dns_relay_free(w->relay);
	free(w);
}

static void answered(void *arg, struct dns_message *answer)
{
	struct dns_waiting *w = arg;
	struct dns_listener *l = w->listener;
	struct dns_client client = w->client;
	size_t n = dns_relay_answer(w->relay, answer, l->server->out, sizeof(l->server->out));

	if (!answer)
		dns_log(l, w->relay->reply.transport, "failed", "no answer from any server of ",
			w->relay->forward->text);
	end_wait(w);
	if (client.connection)
		dns_tcp_answer(client.connection, n);
	else
		dns_udp_answer(l, &client.from, n);
	dns_ended(l->server);
}

bool dns_wait(struct dns_listener *l, const struct dns_client *client, struct dns_relay *relay)
{
	struct dns_server *s = l->server;
	struct dns_waiting *w = dns_must(calloc(1, sizeof(*w)));

	w->listener = l;
	w->client = *client;
	w->lookup = dns_lookup_start(s->forwarder, relay, answered, w);
	if (!w->lookup) {
		free(w);
		return false;
	}
	w->relay = relay;
	w->next = s->waiting;
	if (w->next)
		w->next->prev = w;
	s->waiting = w;
	return true;
}

void dns_wait_drop(struct dns_server *s, const struct dns_connection *c)
{
	struct dns_waiting *next;

	for (struct dns_waiting *w = s->waiting; w; w = next) {
		next = w->next;
		if (c && w->client.connection != c)
			continue;
		dns_lookup_cancel(w->lookup); /* before the relay, which it borrows */
		end_wait(w);
	}
}
