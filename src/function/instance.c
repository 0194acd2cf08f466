// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where instances share a network with others, each has a port of its own. It is below the
 * ports that the kernel gives to connections (ip_local_port_range begins at 32768): else a connection
 * that is tried before anybody listens could get the very port that it goes to, and reach itself.
 */
#include "function/instance.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "function/seat.h"

#define FIRST_PORT 10000u
#define PORTS      20000u
#define TRIES      100u

/* seat: NULL for our own network. */
static bool is_free(uint16_t port, struct function_seat *seat)
{
	const struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons(port)};
	auto_close int fd = seat ? function_seat_socket(seat)
				 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (const struct sockaddr *)&where, sizeof(where)) == 0;
}

/* 0: none. Workers begin at different places, and each goes round. */
static uint16_t find_port(void)
{
	static unsigned int next;

	if (!next)
		next = (unsigned int)getpid() * 131u;
	for (unsigned int i = 0; i < TRIES; i++) {
		uint16_t port = (uint16_t)(FIRST_PORT + next++ % PORTS);

		if (is_free(port, NULL))
			return port;
	}
	return 0;
}

/* NULL: none where nothing listens that an instance left behind. */
static struct function_seat *find_seat(const struct function_settings *settings)
{
	for (unsigned int i = 0; i < settings->instances; i++) {
		struct function_seat *seat = function_seat_take(settings->seats);

		if (!seat || is_free(settings->port, seat))
			return seat;
		function_seat_leave(seat); /* behind all others */
	}
	return NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* a pipe: nothing is flushed at close */
	*fd = -1;
}

static void drop(struct function_instance *i, struct loop_io *io, int *fd)
{
	if (*fd >= 0 && io->fn)
		loop_del(i->loop, io);
	close_fd(fd);
}

static void drop_all(struct function_instance *i)
{
	loop_timer_clear(i->loop, &i->idle);
	drop(i, &i->out, &i->child.out);
	drop(i, &i->err, &i->child.err);
	drop(i, &i->exited, &i->child.pidfd);
}

/* False: that was all. A bounded number per turn, so that a chatterbox does not stop the others. */
static bool take(struct function_instance *i, int fd, struct function_log *log)
{
	char buf[4096];

	for (int turn = 0; turn < 64; turn++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0)
			return false;
		function_log_add(log, i->id, buf, (size_t)n);
	}
	return true;
}

static void take_out(struct loop_io *io, uint32_t events)
{
	struct function_instance *i = container_of(io, struct function_instance, out);

	if (!take(i, i->child.out, &i->out_log))
		drop(i, io, &i->child.out);
}

static void take_err(struct loop_io *io, uint32_t events)
{
	struct function_instance *i = container_of(io, struct function_instance, err);

	if (!take(i, i->child.err, &i->err_log))
		drop(i, io, &i->child.err);
}

static void reap(struct function_instance *i, int *code, int *status)
{
	function_child_reap(&i->child, code, status);
	if (i->child.out >= 0)
		take_out(&i->out, EPOLLIN);
	if (i->child.err >= 0)
		take_err(&i->err, EPOLLIN);
	function_log_end(&i->out_log, i->id);
	function_log_end(&i->err_log, i->id);
	drop_all(i);
}

static void exited(struct loop_io *io, uint32_t events)
{
	struct function_instance *i = container_of(io, struct function_instance, exited);
	char why[96];
	int code, status;

	reap(i, &code, &status);
	if (code == CLD_EXITED)
		snprintf(why, sizeof(why), "Process exited with status %d", status);
	else
		snprintf(why, sizeof(why), "Process was ended by signal %d (SIG%s)", status,
			 sigabbrev_np(status) ? sigabbrev_np(status) : "?");
	i->ended(i, why);
}

static int watch_one(struct function_instance *i, struct loop_io *io, int fd,
		     void (*fn)(struct loop_io *io, uint32_t events))
{
	if (loop_add(i->loop, io, fd, EPOLLIN) < 0)
		return errno;
	io->fn = fn;
	return 0;
}

/* 0, or the errno of what failed; then the process is dead and reaped. */
static int watch(struct function_instance *i)
{
	int rc = watch_one(i, &i->exited, i->child.pidfd, exited);

	if (!rc)
		rc = watch_one(i, &i->out, i->child.out, take_out);
	if (!rc)
		rc = watch_one(i, &i->err, i->child.err, take_err);
	if (rc)
		function_instance_end(i);
	return rc;
}

static char **environment_of(const struct function_settings *settings, char *port)
{
	size_t n = 0;
	char **env;

	while (settings->environ[n])
		n++;
	env = calloc(n + 2, sizeof(*env));
	if (!env)
		abort();
	env[0] = port; /* the first of a name counts */
	memcpy(env + 1, settings->environ, n * sizeof(*env));
	return env;
}

int function_instance_start(struct function_instance *i, struct loop *loop,
			    const struct function_settings *settings)
{
	char port[sizeof("FC_SERVER_PORT=65535")];
	auto_free char **env = NULL;
	int rc;

	i->loop = loop;
	i->seat = settings->seats ? find_seat(settings) : NULL;
	i->port = i->seat ? settings->port : settings->seats ? 0 : find_port();
	if (!i->port)
		return EADDRINUSE;
	i->out_log.stream = "stdout";
	function_instance_log_as(i, "-");
	snprintf(port, sizeof(port), "FC_SERVER_PORT=%u", (unsigned)i->port);
	env = environment_of(settings, port);
	rc = i->seat ? function_seat_start(i->seat, &i->child, settings->handler, env)
		     : function_child_start(&i->child, settings->handler, env);
	if (!rc) {
		close_fd(&i->child.in); /* end of file is all there is to read */
		rc = watch(i);
	}
	if (rc)
		function_instance_leave(i);
	return rc;
}

void function_instance_leave(struct function_instance *i)
{
	function_seat_leave(i->seat);
	i->seat = NULL;
}

void function_instance_log_as(struct function_instance *i, const char *id)
{
	const size_t n = strnlen(id, sizeof(i->id) - 1);

	i->out_log.written = i->err_log.written = 0;
	memcpy(i->id, id, n);
	i->id[n] = '\0';
}

void function_instance_kill(struct function_instance *i)
{
	function_child_kill(&i->child);
}

void function_instance_end(struct function_instance *i)
{
	int code, status;

	function_child_kill(&i->child);
	reap(i, &code, &status); /* at once, or nearly */
}
