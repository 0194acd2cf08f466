// SPDX-License-Identifier: GPL-2.0-only
/** Requests to a running supervisor. */
#include "supervise/client.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "supervise/address.h"
#include "supervise/logfile.h"
#include "supervise/message.h"

#define ANSWER_MS 5000 /* for requests that are answered at once */

/* Why the supervisor is not there: its last words. */
static int gone(int dir_fd, struct lab_error **err)
{
	char line[256];

	supervise_log_last_line(dir_fd, "supervisor", line, sizeof(line));
	(void)lab_error_make(err, LAB_STATE, "supervisor: does not run%s%s",
			     line[0] ? "; log: " : "", line);
	return lab_error_hint(err, "`labctl down` and `labctl up` make the lab anew");
}

static int open_control(int dir_fd, int timeout_ms, struct lab_error **err)
{
	const struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	auto_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;

	supervise_control_address(dir_fd, &sun);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		return lab_error_errno(err, LAB_FAILED, errno, "supervisor: control socket");
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun))) {
		if (errno == ECONNREFUSED || errno == ENOENT)
			return gone(dir_fd, err);
		return lab_error_errno(err, LAB_FAILED, errno, "supervisor: control socket");
	}
	return steal_fd(&fd);
}

static int read_answer(json_t *answer, struct lab_error **err)
{
	const char *text = "malformed answer";
	int ok = 0, status = LAB_FAILED;

	if (json_unpack(answer, "{s:b, s?s, s?i}", "ok", &ok, "error", &text, "status", &status) ||
	    !ok)
		return lab_error_make(err, (enum lab_status)status, "%s", text);
	return 0;
}

/* Sends a request; the connection on which the answer will come, or -1. */
static int send_request(int dir_fd, const char *op, int fd, int timeout_ms, struct lab_error **err)
{
	auto_close int control = open_control(dir_fd, timeout_ms, err);
	auto_error struct lab_error *failure = NULL;
	json_t *request;
	int rc;

	if (control < 0)
		return -1;
	request = json_pack("{s:s}", "op", op);
	if (!request)
		abort();
	rc = supervise_message_send(control, request, fd, &failure);
	json_decref(request);
	if (!rc)
		return steal_fd(&control);
	if (lab_error_errnum(failure) == EPIPE)
		return gone(dir_fd, err);
	return lab_error_make(err, LAB_FAILED, "supervisor: %s", lab_error_message(failure));
}

/* Waits for the answer to `op`. answer_fd may be NULL. */
static int receive_answer(int dir_fd, int control, const char *op, int *answer_fd,
			  struct lab_error **err)
{
	auto_close int came = -1;
	auto_error struct lab_error *failure = NULL;
	json_t *answer = supervise_message_receive(control, &came, &failure);
	int rc;

	if (!answer) {
		if (lab_error_status(failure) == LAB_STATE)
			return gone(dir_fd, err);
		if (lab_error_errnum(failure) == EAGAIN)
			return lab_error_make(err, LAB_FAILED,
					      "supervisor: no answer to %s in time", op);
		return lab_error_make(err, LAB_FAILED, "supervisor: %s",
				      lab_error_message(failure));
	}
	rc = read_answer(answer, err);
	json_decref(answer);
	if (!rc && answer_fd)
		*answer_fd = steal_fd(&came);
	return rc;
}

/* One request, one answer. answer_fd may be NULL. */
static int ask(int dir_fd, const char *op, int fd, int timeout_ms, int *answer_fd,
	       struct lab_error **err)
{
	auto_close int control = send_request(dir_fd, op, fd, timeout_ms, err);

	return control < 0 ? -1 : receive_answer(dir_fd, control, op, answer_fd, err);
}

int supervise_watch(int dir_fd, struct lab_error **err)
{
	auto_close int control = send_request(dir_fd, "watch", -1, ANSWER_MS, err);

	if (control < 0 || receive_answer(dir_fd, control, "watch", NULL, err))
		return -1;
	return steal_fd(&control);
}

bool supervise_watch_read(int fd)
{
	char text[64]; /* what it says is always the same */
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), MSG_DONTWAIT)) > 0)
		;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

int supervise_detach(int dir_fd, struct lab_error **err)
{
	return ask(dir_fd, "detach", -1, ANSWER_MS, NULL, err);
}

int supervise_load_start(int dir_fd, const char *workers_json, size_t len, int timeout_ms,
			 struct lab_error **err)
{
	auto_close int fd = supervise_message_memfd("workers", workers_json, len, err);

	return fd < 0 ? -1 : send_request(dir_fd, "load", fd, timeout_ms, err);
}

int supervise_load_finish(int dir_fd, int control, struct lab_error **err)
{
	return receive_answer(dir_fd, control, "load", NULL, err);
}

int supervise_load(int dir_fd, const char *workers_json, size_t len, int timeout_ms,
		   struct lab_error **err)
{
	auto_close int control = supervise_load_start(dir_fd, workers_json, len, timeout_ms, err);

	return control < 0 ? -1 : supervise_load_finish(dir_fd, control, err);
}

char *supervise_status(int dir_fd, struct lab_error **err)
{
	auto_close int fd = -1;
	size_t len;

	if (ask(dir_fd, "status", -1, ANSWER_MS, &fd, err))
		return NULL;
	if (fd < 0) {
		(void)lab_error_make(err, LAB_FAILED, "supervisor: no status came with its answer");
		return NULL;
	}
	return supervise_message_read_memfd(fd, &len, err);
}
