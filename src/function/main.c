// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-function: one function of the lab, in the service network of its region. Started by the
 * supervisor (base/worker.h) with one listening socket, "invoke".
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/worker.h"
#include "function/config.h"
#include "function/seat.h"
#include "function/service.h"
#include "priv/priv.h"

#define MAX_PROCESSES 1024 /* of all its handlers together */

struct stopper {
	struct loop_io io;
	struct function_service *service;
	bool stopping;
};

static void stop(struct loop_io *io, uint32_t events)
{
	struct stopper *s = (void *)((char *)io - offsetof(struct stopper, io));

	if (!s->stopping)
		function_service_finish(s->service);
	s->stopping = true;
}

static struct function_config *load(struct lab_error **err)
{
	size_t len;
	auto_free char *text = worker_read_config(&len, err);

	return text ? function_config_read(text, len, err) : NULL;
}

/* What we were executed with is open across exec; a handler must not inherit it. */
static int keep_to_ourselves(struct lab_error **err)
{
	static const int fds[] = {WORKER_FD_READY, WORKER_FD_SOCKET_0};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "descriptor %d", fds[i]);
	}
	return 0;
}

/* A handler that forks without end shall hurt only this function, whose user is its own. */
static void limit_processes(void)
{
	const struct rlimit limit = {MAX_PROCESSES, MAX_PROCESSES};

	if (setrlimit(RLIMIT_NPROC, &limit) < 0)
		log_warning("no limit on processes: %s", strerror(errno));
}

/* 0; *seats NULL: its instances share our network. Whoever is nobody in particular, as in tests, has no other. */
static int make_seats(const struct function_config *config, struct function_seats **seats,
		      struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;

	*seats = config->settings.port ? function_seats_new(FUNCTION_INSTANCES, &why) : NULL;
	if (!why)
		return 0;
	if (lab_error_errnum(why) != EPERM) {
		*err = steal_ptr(why);
		return -1;
	}
	log_warning("%s: FC_SERVER_PORT says where to listen", lab_error_message(why));
	return 0;
}

static int serve(struct loop *loop, const struct function_config *config, struct lab_error **err)
{
	struct function_settings settings = config->settings;
	struct function_service *service;
	struct stopper stopper = {.io.fn = stop};
	int rc = -1;

	/* hidden before there are threads with fewer privileges than this one */
	if (priv_hide(err) < 0 || make_seats(config, &settings.seats, err) < 0)
		return -1;
	settings.adopt = true; /* this process has no children but handlers */
	stopper.service = service = function_service_new(loop, &settings);
	limit_processes();
	if (priv_give_back(err) < 0 || keep_to_ourselves(err) < 0 ||
	    worker_watch_signals(loop, &stopper.io, err) < 0 ||
	    function_service_listen(service, WORKER_FD_SOCKET_0, err) < 0 ||
	    priv_seccomp(PRIV_FUNCTION, err) < 0)
		goto out;
	log_info("ready: %s in %s: %s", config->name, config->region, config->handler);
	worker_ready();
	rc = loop_run(loop);
	if (rc < 0)
		lab_error_errno(err, LAB_FAILED, errno, "event loop");
out:
	function_service_free(service);
	function_seats_free(settings.seats);
	return rc;
}

int main(void)
{
	auto_error struct lab_error *err = NULL;
	struct function_config *config = load(&err);
	struct loop *loop = loop_new();
	int rc = -1;

	(void)signal(SIGPIPE, SIG_IGN); /* a handler need not read its event; cannot fail */
	if (!loop)
		lab_error_errno(&err, LAB_FAILED, errno, "event loop");
	else if (config)
		rc = serve(loop, config, &err);
	function_config_free(config);
	loop_free(loop);
	if (rc < 0)
		log_error("%s", lab_error_message(err));
	return rc < 0 ? 1 : 0;
}
