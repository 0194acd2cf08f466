// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "supervise/message.h"

#define PAUSE_MS 200

struct connection {
	struct connection *next;
	struct loop_io io;
	struct control *control;
	bool watches;
};

struct control {
	struct supervisor *sup;
	struct loop_io listener;
	struct loop_timer resume; /* set: accepts nobody, for want of descriptors */
	bool crowded;             /* since somebody was accepted last; said once */
	struct connection *connections;
	struct connection *loader; /* waits for the load to be over */
};

static void hang_up(struct connection *c)
{
	struct control *ctl = c->control;

	if (ctl->loader == c) {
		ctl->loader = NULL;
		supervisor_abort_load(ctl->sup);
	}
	for (struct connection **at = &ctl->connections; *at; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	loop_del(ctl->sup->loop, &c->io);
	(void)close(c->io.fd); /* a socket has nothing to flush */
	free(c);
}

static void answer(struct connection *c, const struct lab_error *failure, int fd)
{
	auto_error struct lab_error *err = NULL;
	json_t *reply = failure ? json_pack("{s:b, s:s, s:i}", "ok", 0, "error",
					    lab_error_message(failure), "status",
					    (int)lab_error_status(failure))
				: json_pack("{s:b}", "ok", 1);

	if (!reply)
		abort();
	if (supervise_message_send(c->io.fd, reply, fd, &err))
		log_warning("%s", lab_error_message(err)); /* the client went away */
	json_decref(reply);
}

static void loaded(struct supervisor *sup, const struct lab_error *err)
{
	struct connection *c = sup->control->loader;

	if (err)
		log_error("load: %s", lab_error_message(err));
	sup->control->loader = NULL;
	if (c)
		answer(c, err, -1);
}

static int load(struct connection *c, int fd, struct lab_error **err)
{
	struct supervisor *sup = c->control->sup;
	auto_free char *text = NULL;
	json_t *workers;
	size_t len;
	int rc;

	if (fd < 0)
		return lab_error_make(err, LAB_FAILED, "load: no document came with it");
	text = supervise_message_read_memfd(fd, &len, err);
	if (!text)
		return -1;
	workers = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	rc = supervisor_load(sup, workers, err);
	json_decref(workers);
	if (!rc)
		c->control->loader = c;
	return rc;
}

static int status(struct connection *c, struct lab_error **err)
{
	json_t *document = supervisor_status(c->control->sup);
	auto_free char *text = json_dumps(document, JSON_COMPACT);
	auto_close int fd = -1;

	json_decref(document);
	if (!text)
		abort();
	fd = supervise_message_memfd("status", text, strlen(text), err);
	if (fd < 0)
		return -1;
	answer(c, NULL, fd);
	return 0;
}

static int watch(struct connection *c)
{
	c->watches = true;
	answer(c, NULL, -1);
	return 0;
}

/* Where its queue is full, the client has something to read: that much it is told already. */
void supervise_control_notify(struct control *ctl)
{
	static const char text[] = "{\"ok\":true}";

	for (struct connection *c = ctl ? ctl->connections : NULL; c; c = c->next)
		if (c->watches)
			(void)send(c->io.fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int detach(struct connection *c, struct lab_error **err)
{
	if (prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0))
		return lab_error_errno(err, LAB_FAILED, errno, "detach");
	answer(c, NULL, -1);
	return 0;
}

static int dispatch(struct connection *c, const char *op, int fd, struct lab_error **err)
{
	if (!strcmp(op, "load"))
		return load(c, fd, err);
	if (!strcmp(op, "status"))
		return status(c, err);
	if (!strcmp(op, "watch"))
		return watch(c);
	if (!strcmp(op, "detach"))
		return detach(c, err);
	if (strcmp(op, "stop") != 0)
		return lab_error_make(err, LAB_FAILED, "control socket: unknown request");
	answer(c, NULL, -1);
	supervisor_stop(c->control->sup);
	return 0;
}

static void on_request(struct loop_io *io, uint32_t events)
{
	struct connection *c = container_of(io, struct connection, io);
	auto_error struct lab_error *err = NULL;
	auto_close int fd = -1;
	json_t *request = supervise_message_receive(io->fd, &fd, &err);
	const char *op;

	if (!request) {
		if (lab_error_status(err) != LAB_STATE)
			log_warning("%s", lab_error_message(err));
		hang_up(c);
		return;
	}
	op = json_string_value(json_object_get(request, "op"));
	if (dispatch(c, op ? op : "", fd, &err))
		answer(c, err, -1);
	json_decref(request);
}

/* The folder is closed to others already; this says it once more, where the answers are given. */
static bool is_root(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && peer.uid == 0;
}

static void resume(struct loop_timer *t)
{
	struct control *ctl = container_of(t, struct control, resume);

	if (loop_mod(ctl->sup->loop, &ctl->listener, EPOLLIN) < 0)
		loop_timer_set(ctl->sup->loop, t, PAUSE_MS);
}

/*
 * A client that cannot be accepted goes on waiting in the queue, and the listener goes on being
 * readable: the loop would turn without end.
 */
static void pause_accepting(struct control *ctl)
{
	if (!ctl->crowded)
		log_warning("control socket: %s: clients wait", strerror(errno));
	ctl->crowded = true;
	(void)loop_mod(ctl->sup->loop, &ctl->listener, 0); /* if not, it turns until then */
	loop_timer_set(ctl->sup->loop, &ctl->resume, PAUSE_MS);
}

static bool is_scarce(int why)
{
	return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

static void on_connect(struct loop_io *io, uint32_t events)
{
	struct control *ctl = container_of(io, struct control, listener);
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct connection *c;

	if (fd < 0) {
		if (is_scarce(errno))
			pause_accepting(ctl);
		return; /* otherwise the client went away */
	}
	ctl->crowded = false;
	if (!is_root(fd)) {
		log_warning("control socket: refused a client that is not root");
		(void)close(fd); /* a socket has nothing to flush */
		return;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->control = ctl;
	c->io.fn = on_request;
	c->next = ctl->connections;
	ctl->connections = c;
	if (loop_add(ctl->sup->loop, &c->io, fd, EPOLLIN) < 0)
		hang_up(c);
}

struct control *supervise_control_new(struct supervisor *sup, int listener, struct lab_error **err)
{
	struct control *ctl = calloc(1, sizeof(*ctl));

	if (!ctl)
		abort();
	ctl->sup = sup;
	ctl->listener.fn = on_connect;
	ctl->resume.fn = resume;
	sup->control = ctl;
	sup->loaded = loaded;
	if (loop_add(sup->loop, &ctl->listener, listener, EPOLLIN) < 0) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "control socket");
		supervise_control_free(ctl);
		return NULL;
	}
	return ctl;
}

void supervise_control_free(struct control *c)
{
	if (!c)
		return;
	c->loader = NULL;
	c->sup->control = NULL; /* the caller may free what it finds there */
	loop_timer_clear(c->sup->loop, &c->resume);
	while (c->connections)
		hang_up(c->connections);
	free(c);
}
