// SPDX-License-Identifier: GPL-2.0-only
#include "cli/certify.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"

#define DONE "secrets/order" /* what the last run was told, whole */

static bool wants_certificates(const struct plan_worker *w)
{
	for (size_t i = 0; i < w->n_sockets; i++)
		if (w->sockets[i].type == PLAN_SECRET)
			return true;
	return false;
}

/* Of a gateway's configuration (gateway/config.h), those with a certificate; of an echo service's, its names. */
static json_t *domains_of(const struct plan_worker *w)
{
	json_auto_t *config = json_loads(w->config, 0, NULL);
	json_t *list = json_array(), *group, *domain;
	json_t *names = json_object_get(json_object_get(config, "echo"), "tls");
	size_t i, k;

	if (names && json_array_append(list, names))
		abort();
	json_array_foreach (json_object_get(config, "groups"), i, group) {
		json_array_foreach (json_object_get(group, "domains"), k, domain) {
			if (!json_is_false(json_object_get(domain, "certificate")) &&
			    json_array_append(list, json_object_get(domain, "name")))
				abort(); /* the plan is ours: each has a name */
		}
	}
	return list;
}

/* {WORKER: [DOMAIN, ...]} as text; NULL where nobody wants any. */
static char *order_of(const struct plan *plan)
{
	json_auto_t *order = json_object();

	for (size_t i = 0; i < plan->n_workers; i++)
		if (wants_certificates(&plan->workers[i]) &&
		    json_object_set_new(order, plan->workers[i].name,
					domains_of(&plan->workers[i])))
			abort();
	return json_object_size(order) ? json_dumps(order, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
}

/* What a run leaves behind: somebody may have removed it since. */
static bool is_there(const struct state *s, const struct plan *plan)
{
	bool there = state_exists(s, "secrets/ca.pem") && state_exists(s, "secrets/ca-key.pem") &&
		     state_exists(s, "secrets/trust.pem");

	for (size_t i = 0; there && i < plan->n_workers; i++) {
		auto_free char *file = NULL;

		if (!wants_certificates(&plan->workers[i]))
			continue;
		if (asprintf(&file, "secrets/%s.certificates", plan->workers[i].name) < 0)
			abort();
		there = state_exists(s, file);
	}
	return there;
}

static bool is_done(const struct state *s, const struct plan *plan, const char *order)
{
	auto_free char *done = state_read(s, DONE, NULL, NULL);

	return done && strcmp(done, order) == 0 && is_there(s, plan);
}

static _Noreturn void become(const char *lab, int dir, int in, int err_fd)
{
	auto_free char *program = NULL;
	char *envp[] = {(char *)"LC_ALL=C", NULL};

	if (asprintf(&program, "%s/labctl-certify", cli_libexec()) < 0)
		abort();

	char *argv[] = {program, (char *)(uintptr_t)lab, NULL};

	/* both were opened after 0, 1 and 2, which are always open; dup2() to itself would leave the flag */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || (dir = fcntl(dir, F_DUPFD_CLOEXEC, 4)) < 0 ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(err_fd, STDOUT_FILENO) < 0 ||
	    dup2(err_fd, STDERR_FILENO) < 0 || dup2(dir, 3) < 0) {
		dprintf(err_fd, "prepare: %s\n", strerror(errno));
	} else {
		(void)execve(program, argv, envp);
		dprintf(STDERR_FILENO, "execute %s: %s\n", program, strerror(errno));
	}
	_exit(LAB_FAILED);
}

static int failed(int err_fd, struct lab_error **err)
{
	char said[512];
	const ssize_t n = pread(err_fd, said, sizeof(said) - 1, 0);

	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	return lab_error_make(err, LAB_FAILED, "certificates: %s", *said ? said : "no answer");
}

static int run(const struct state *s, const char *lab, const char *order, struct lab_error **err)
{
	const size_t len = strlen(order);
	auto_close int in = memfd_create("order", MFD_CLOEXEC);
	auto_close int err_fd = memfd_create("said", MFD_CLOEXEC);
	int status = 0;
	pid_t pid;

	if (in < 0 || err_fd < 0 || write(in, order, len) != (ssize_t)len || lseek(in, 0, SEEK_SET))
		return lab_error_errno(err, LAB_FAILED, errno, "certificates: the order");
	pid = fork();
	if (pid == 0)
		become(lab, state_dir_fd(s), in, err_fd);
	if (pid < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "certificates: fork");
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return lab_error_errno(err, LAB_FAILED, errno, "certificates: wait");
	return status ? failed(err_fd, err) : 0;
}

int cli_certify(struct state *s, const struct plan *plan, struct lab_error **err)
{
	auto_free char *order = order_of(plan);

	if (!order || is_done(s, plan, order))
		return 0;
	if (run(s, plan->lab, order, err))
		return -1;
	return state_write(s, DONE, order, strlen(order), err);
}
