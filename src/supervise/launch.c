// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "supervise/descriptor.h"
#include "supervise/logfile.h"
#include "supervise/message.h"
#include "supervise/spawn.h"

static bool drops(enum spec_socket_type type, enum launch_drop what)
{
	switch (what) {
	case DROP_ALL: return true;
	case DROP_SOCKETS: return !supervise_descriptor_memory(type);
	case DROP_QUEUES: return !supervise_descriptor_shared(type);
	}
	return true;
}

void supervise_launch_drop(struct worker *w, enum launch_drop what)
{
	const size_t n = w->spec->n_sockets;
	auto_free struct held_socket **dropped = calloc(n + 1, sizeof(struct held_socket *));

	if (!dropped)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (!drops(w->spec->sockets[i].type, what))
			continue;
		dropped[i] = w->held[i];
		w->held[i] = NULL;
	}
	supervise_pool_drop(w->sup->pool, dropped, n);
}

void supervise_launch_leave(struct worker *w)
{
	supervise_pool_leave(w->sup->pool, w->held, w->spec->n_sockets);
}

static int take_sockets(struct worker *w, struct lab_error **err)
{
	for (size_t i = 0; i < w->spec->n_sockets; i++) {
		if (!w->held[i])
			w->held[i] = supervise_pool_take(w->sup->pool, w->spec->family,
							 &w->spec->sockets[i], err);
		if (!w->held[i])
			return -1;
	}
	return 0;
}

/* The host's /proc shows our own descriptors with the host's pids. */
static pid_t pid_outside(const struct worker *w)
{
	auto_close int fd = pidfd_open(w->pid, 0);
	auto_fclose FILE *f = NULL;
	char path[64], line[128];
	int info, pid = 0;

	(void)snprintf(path, sizeof(path), "proc/self/fdinfo/%d", fd); /* always fits */
	info = fd < 0 ? -1 : openat(w->sup->root_fd, path, O_RDONLY | O_CLOEXEC);
	f = info < 0 ? NULL : fdopen(info, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	return pid;
}

static int fork_process(struct worker *w, struct spawn *s, struct lab_error **err)
{
	auto_free int *sockets = calloc(w->spec->n_sockets + 1, sizeof(*sockets));
	int ready[2];

	if (!sockets)
		abort();
	for (size_t i = 0; i < w->spec->n_sockets; i++)
		sockets[i] = supervise_pool_fd(w->held[i]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ready))
		return lab_error_errno(err, LAB_FAILED, errno, "readiness socket");
	s->ready = ready[1];
	s->sockets = sockets;
	s->uid = w->sup->slots[w->slot].uid;
	w->pid = supervise_spawn_worker(s, err);
	(void)close(ready[1]); /* the child's end */
	if (w->pid < 0 || loop_add(w->sup->loop, &w->ready, ready[0], EPOLLIN) < 0) {
		if (w->pid > 0)
			(void)kill(w->pid, SIGKILL); /* reaped as an unknown child */
		w->pid = 0;
		(void)close(ready[0]); /* never read from */
		w->ready.fd = -1;
		return err && *err ? -1
				   : lab_error_errno(err, LAB_FAILED, errno, "readiness socket");
	}
	w->outside = pid_outside(w);
	return 0;
}

static int config_memfd(const struct worker *w, struct lab_error **err)
{
	auto_free char *config = supervise_spec_config(w->spec);

	return supervise_message_memfd("config", config, strlen(config), err);
}

int supervise_launch_reload(const struct worker *w, struct lab_error **err)
{
	auto_close int memfd = config_memfd(w, err);
	json_t *message = json_object(); /* empty: the descriptor says it all */
	int rc = memfd < 0 ? -1 : supervise_message_send(w->ready.fd, message, memfd, err);

	json_decref(message);
	return rc;
}

int supervise_launch(struct worker *w, struct lab_error **err)
{
	struct supervisor *sup = w->sup;
	auto_free char *program = NULL;
	auto_close int log = -1, memfd = -1, program_fd = -1, netns = -1;
	struct netns n = {.fd = -1};

	if (asprintf(&program, "%s/%s", sup->libexec, w->spec->program) < 0)
		abort();
	if (take_sockets(w, err) || supervise_pool_netns(sup->pool, w->spec->ns, &n, err))
		return -1;
	netns = n.fd;
	w->netns_dev = n.dev;
	w->netns_ino = n.ino;
	log = supervise_log_open(sup->dir_fd, w->spec->family, err);
	memfd = log < 0 ? -1 : config_memfd(w, err);
	if (memfd < 0)
		return -1;
	program_fd = open(program, O_PATH | O_CLOEXEC);
	if (program_fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "%s", program);
	if (w->slot < 0)
		w->slot = supervisor_user_take(sup, err);
	if (w->slot < 0)
		return -1;
	return fork_process(w,
			    &(struct spawn){.spec = w->spec,
					    .program = program,
					    .program_fd = program_fd,
					    .dir_fd = sup->dir_fd,
					    .netns = netns,
					    .log = log,
					    .config = memfd},
			    err);
}
