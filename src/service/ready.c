// SPDX-License-Identifier: GPL-2.0-only
#include "service/ready.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Of the kernel's enum in include/net/tcp_states.h, as its tables have them. */
#define STATE_UNCONNECTED 0x07 /* UDP */
#define STATE_LISTENING   0x0a

/* A line of proc_pid_net(5)'s tcp, tcp6, udp, udp6:
 * "0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000 ..." */
static bool is_ours(const char *line, unsigned int port, unsigned int state)
{
	unsigned int is_port, is_state, uid;

	return sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %u", &is_port,
		      &is_state, &uid) == 3 &&
	       is_port == port && is_state == state && uid == geteuid();
}

static bool has_socket(const char *table, unsigned int port, unsigned int state)
{
	auto_fclose FILE *f = fopen(table, "re");
	auto_free char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (f && !found && getline(&line, &room, f) > 0)
		found = is_ours(line, port, state);
	return found;
}

static bool accepts(const char *path)
{
	auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path); /* it fits: config.c */
	if (fd < 0)
		return false;
	/* EAGAIN: so many wait already that this one would have to wait for a place */
	return !connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) || errno == EAGAIN;
}

bool service_is_ready(const struct service_ready *r)
{
	switch (r->kind) {
	case SERVICE_READY_AT_ONCE: return true;
	case SERVICE_READY_TCP:
		return has_socket("/proc/self/net/tcp", r->port, STATE_LISTENING) ||
		       has_socket("/proc/self/net/tcp6", r->port, STATE_LISTENING);
	case SERVICE_READY_UDP:
		return has_socket("/proc/self/net/udp", r->port, STATE_UNCONNECTED) ||
		       has_socket("/proc/self/net/udp6", r->port, STATE_UNCONNECTED);
	case SERVICE_READY_UNIX: return accepts(r->path);
	}
	return false;
}

void service_ready_describe(const struct service_ready *r, struct strbuf *text)
{
	switch (r->kind) {
	case SERVICE_READY_AT_ONCE: return; /* nothing is waited for */
	case SERVICE_READY_TCP:
		strbuf_printf(text, "port %u/tcp is not listening", r->port);
		return;
	case SERVICE_READY_UDP: strbuf_printf(text, "port %u/udp is not bound", r->port); return;
	case SERVICE_READY_UNIX: strbuf_printf(text, "nobody listens at %s", r->path); return;
	}
}
