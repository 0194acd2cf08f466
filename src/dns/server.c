// SPDX-License-Identifier: GPL-2.0-only
#include "dns/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "dns/internal.h"

struct dns_server *dns_server_new(struct loop *loop)
{
	struct dns_server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->loop = loop;
	return s;
}

void dns_server_free(struct dns_server *s)
{
	if (!s)
		return;
	while (s->listeners) {
		struct dns_listener *l = s->listeners;

		dns_tcp_close(l, false);
		loop_timer_clear(s->loop, &l->resume);
		if (!s->finishing)
			loop_del(s->loop, &l->io);
		s->listeners = l->next;
		free(l);
	}
	loop_timer_clear(s->loop, &s->finish);
	free(s);
}

int dns_server_add(struct dns_server *s, int fd, const char *name, const struct dns_view *view,
		   struct lab_error **err)
{
	struct dns_listener *l = calloc(1, sizeof(*l));
	int type = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(type);

	if (!l)
		abort();
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

/* Rate-limited: a node that sends garbage must not fill the disk. */
static void log_refused(struct dns_listener *l, enum dns_transport transport, const char *why)
{
	struct dns_server *s = l->server;
	uint64_t second = loop_now(s->loop) / 1000;

	if (second != s->log_second) {
		if (s->suppressed)
			log_info("%u more refused queries were not logged", s->suppressed);
		s->log_second = second;
		s->logged = s->suppressed = 0;
	}
	if (s->logged++ < DNS_LOG_PER_SECOND)
		log_info("%s: query over %s refused: %s", l->name,
			 transport == DNS_UDP ? "UDP" : "TCP", why);
	else
		s->suppressed++;
}

size_t dns_serve(struct dns_listener *l, enum dns_transport transport, const uint8_t *query,
		 size_t len, uint8_t *out, size_t room)
{
	const char *trouble;
	size_t n = dns_answer(l->view, query, len, transport, out, room, &trouble);

	if (trouble)
		log_refused(l, transport, trouble);
	return n;
}

static void give_up(struct loop_timer *t)
{
	struct dns_server *s = (void *)((char *)t - offsetof(struct dns_server, finish));

	loop_stop(s->loop);
}

void dns_connection_ended(struct dns_server *s)
{
	if (!s->finishing)
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
	s->finish.fn = give_up;
	loop_timer_set(s->loop, &s->finish, DNS_FINISH_MS);
	for (struct dns_listener *l = s->listeners; l; l = l->next)
		dns_tcp_close(l, true);
	dns_connection_ended(s);
}
