// SPDX-License-Identifier: GPL-2.0-only
#include "cli/rootless.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "rootless/rootless.h"

/* Set by main(), and changed once, in the child that is inside. */
static struct {
	enum { AS_ROOT, OUTSIDE, INSIDE } where;
	bool asked; /* by option: then hints have to name it too */
	bool automatic;
	char *folder;
} mode;

void cli_rootless_init(bool asked)
{
	const char *wish = getenv("LABCTL_ROOTLESS");
	bool no_root = geteuid() != 0;

	if (wish && !*wish)
		wish = NULL;
	mode.asked = asked;
	mode.automatic = !asked && no_root && !wish;
	if (!asked && (wish ? strcmp(wish, "1") != 0 : !no_root))
		return;
	mode.where = OUTSIDE;
	mode.folder = rootless_folder(getenv("XDG_RUNTIME_DIR"));
	state_set_root(mode.folder);
}

bool cli_outside(void)
{
	return mode.where == OUTSIDE;
}

bool cli_inside(void)
{
	return mode.where == INSIDE;
}

const char *cli_lasting_root(void)
{
	return mode.folder ? mode.folder : state_root();
}

const char *cli_labctl(void)
{
	if (mode.where == AS_ROOT)
		return "sudo labctl";
	return mode.asked ? "labctl --rootless" : "labctl";
}

static void be_inside(void)
{
	mode.where = INSIDE;
	state_set_root(ROOTLESS_STATE_INSIDE);
}

static _Noreturn void end_lost(const char *verb, const char *lab, enum state_mode how)
{
	if (how == STATE_LOCK) { /* it was to go down */
		(void)fprintf(stderr, "%s is down\n", lab);
		_exit(LAB_OK);
	}
	cli_message("lab %s: went down meanwhile", lab);
	if (!strcmp(verb, "exec") || !strcmp(verb, "shell"))
		_exit(128 + SIGKILL); /* as for root, where only the command is killed */
	_exit(how == STATE_CREATE ? LAB_FAILED : LAB_STATE);
}

/* As the child did, so that a shell sees what it would have seen as root. */
static _Noreturn void end_as(int status)
{
	if (WIFSIGNALED(status)) {
		(void)signal(WTERMSIG(status), SIG_DFL); /* KILL refuses, and needs none */
		(void)raise(WTERMSIG(status));
		_exit(128 + WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

static int go(const char *verb, struct rootless_space *s, enum state_mode how,
	      struct lab_error **err)
{
	auto_error struct lab_error *late = NULL;
	const char *lab = s->lab;
	bool lost = false;
	int status = 0, failed = LAB_OK;
	int rc = rootless_enter(s, &status, &lost, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		be_inside();
		return 0;
	}
	if (how != STATE_READ && rootless_settle(s, &late))
		failed = cli_fail(late);
	rootless_close(s);
	if (failed && (lost || (WIFEXITED(status) && WEXITSTATUS(status) == LAB_OK)))
		_exit(failed);
	if (lost)
		end_lost(verb, lab, how);
	end_as(status);
}

int cli_enter(const char *verb, const char *lab, enum state_mode how, struct lab_error **err)
{
	auto_space struct rootless_space s = ROOTLESS_SPACE_INIT;
	int rc;

	if (mode.where == INSIDE)
		return 0;
	if (mode.where == AS_ROOT)
		return cli_need_root(verb, err);
	rc = rootless_open(lab, how, cli_libexec(), &s, err);
	if (rc)
		return rc;
	if (how == STATE_CREATE && mode.automatic)
		(void)fprintf(stderr, "not root: %s is made in namespaces of your own\n", lab);
	return go(verb, &s, how, err);
}

int cli_enter_trial(const char *verb, struct lab_error **err)
{
	auto_space struct rootless_space s = ROOTLESS_SPACE_INIT;

	if (mode.where != OUTSIDE)
		return mode.where == INSIDE ? 0 : cli_need_root(verb, err);
	if (rootless_open_trial(cli_libexec(), &s, err))
		return -1;
	return go(verb, &s, STATE_READ, err);
}

bool cli_lives(const char *lab)
{
	auto_error struct lab_error *ignored = NULL; /* not up, or not to be seen: the same here */
	struct state *record = state_open(lab, STATE_READ, &ignored);
	bool lives = record && rootless_lives(record);

	state_close(record);
	return lives;
}
