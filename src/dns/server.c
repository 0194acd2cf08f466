// SPDX-License-Identifier: GPL-2.0-only
#include "dns/server.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/log.h"
#include "dns/internal.h"
#include "dns/must.h"

struct dns_server *dns_server_new(struct loop *loop)
{
	struct dns_server *s = dns_must(calloc(1, sizeof(*s)));

	s->loop = loop;
	s->forwarder = dns_forwarder_new(loop);
	return s;
}

void dns_server_free(struct dns_server *s)
{
	if (!s)
		return;
	dns_wait_drop(s, NULL);
	while (s->listeners) {
		struct dns_listener *l = s->listeners;

		dns_tcp_close(l);
		loop_timer_clear(s->loop, &l->resume);
		if (!s->finishing)
			loop_del(s->loop, &l->io);
		s->listeners = l->next;
		free(l);
	}
	loop_timer_clear(s->loop, &s->finish);
	dns_forwarder_free(s->forwarder);
	free(s);
}

int dns_server_add(struct dns_server *s, int fd, const char *name, const struct dns_view *view,
		   struct lab_error **err)
{
	struct dns_listener *l = dns_must(calloc(1, sizeof(*l)));
	int type = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(type);

	l->server = s;
	l->name = name;
	l->view = view;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || flags < 0 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		goto fail;
	l->io.fn = type == SOCK_DGRAM ? dns_udp_ready : dns_tcp_accept;
	if (loop_add(s->loop, &l->io, fd, EPOLLIN) < 0)
		goto fail;
	l->next = s->listeners;
	s->listeners = l;
	return 0;
fail:
	free(l);
	return lab_error_errno(err, LAB_FAILED, errno, "%s: socket %d", name, fd);
}

void dns_log(struct dns_listener *l, enum dns_transport transport, const char *what,
	     const char *why, const char *detail)
{
	struct dns_server *s = l->server;
	uint64_t second = loop_now(s->loop) / 1000;

	if (second != s->log_second) {
		if (s->suppressed)
			log_info("%u more such queries were not logged", s->suppressed);
		s->log_second = second;
		s->logged = s->suppressed = 0;
	}
	if (s->logged++ < DNS_LOG_PER_SECOND)
		log_info("%s: query over %s %s: %s%s", l->name,
			 transport == DNS_UDP ? "UDP" : "TCP", what, why, detail);
	else
		s->suppressed++;
}

enum dns_served dns_serve(struct dns_listener *l, const struct dns_client *client,
			  const uint8_t *query, size_t len, size_t *n)
{
	struct dns_server *s = l->server;
	enum dns_transport transport = client->connection ? DNS_TCP : DNS_UDP;
	const char *trouble;
	struct dns_relay *relay;

	*n = dns_answer(l->view, query, len, transport, s->out, sizeof(s->out), &relay, &trouble);
	if (trouble)
		dns_log(l, transport, "refused", trouble, "");
	if (!relay)
		return *n ? DNS_ANSWERED : DNS_SILENCE;
	if (dns_wait(l, client, relay))
		return DNS_WAITING;
	*n = dns_relay_answer(relay, NULL, s->out, sizeof(s->out));
	dns_relay_free(relay);
	dns_log(l, transport, "failed", "too many queries are forwarded already", "");
	return DNS_ANSWERED;
}

static void give_up(struct loop_timer *t)
{
	loop_stop(container_of(t, struct dns_server, finish)->loop);
}

static void read_no_more(struct loop_timer *t)
{
	struct dns_server *s = container_of(t, struct dns_server, finish);

	t->fn = give_up;
	loop_timer_set(s->loop, t, DNS_FINISH_MS - DNS_LINGER_MS);
	for (struct dns_listener *l = s->listeners; l; l = l->next)
		dns_tcp_finish(l);
}

void dns_ended(struct dns_server *s)
{
	if (!s->finishing || s->waiting)
		return;
	for (struct dns_listener *l = s->listeners; l; l = l->next) {
		if (l->n_connections)
			return;
	}
	loop_stop(s->loop);
}

void dns_server_finish(struct dns_server *s)
{
	if (s->finishing)
		return;
	for (struct dns_listener *l = s->listeners; l; l = l->next)
		loop_del(s->loop, &l->io);
	s->finishing = true;
	s->finish.fn = read_no_more;
	loop_timer_set(s->loop, &s->finish, DNS_LINGER_MS);
	dns_ended(s);
}
