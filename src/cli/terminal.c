// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a pty: with the caller's own terminal as its controlling one, a command could push characters
 * into it (TIOCSTI) that the caller's shell executes after it has ended.
 */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define KEYS_MAX 4096

struct relay {
	struct terminal *t;
	pid_t pid;
	int signals;
	char keys[KEYS_MAX]; /* typed, not taken by the command yet */
	size_t n_keys;
	bool no_input; /* the caller's terminal is gone */
	bool ended;
	int status;
};

int cli_terminal_open(struct terminal *t, struct lab_error **err)
{
	struct winsize size;

	*t = (struct terminal){.master = -1, .slave = -1};
	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (t->master < 0 || grantpt(t->master) || unlockpt(t->master))
		return lab_error_errno(err, LAB_FAILED, errno, "open a terminal");
	/* by descriptor, not by the path that ptsname() gives: /dev/pts may be another one */
	t->slave = ioctl(t->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->slave < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "open a terminal");
	if (tcgetattr(STDIN_FILENO, &t->before) || tcsetattr(t->slave, TCSANOW, &t->before))
		return lab_error_errno(err, LAB_FAILED, errno, "copy the terminal's settings");
	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		cli_terminal_resize(t);
	return 0;
}

int cli_terminal_adopt(const struct terminal *t)
{
	if (setsid() < 0)
		return -1;
	if (t->slave < 0)
		return 0; /* no controlling terminal at all */
	if (ioctl(t->slave, TIOCSCTTY, 0) || dup2(t->slave, STDIN_FILENO) < 0 ||
	    dup2(t->slave, STDOUT_FILENO) < 0)
		return -1;
	if (isatty(STDERR_FILENO) && dup2(t->slave, STDERR_FILENO) < 0)
		return -1;
	return 0;
}

int cli_terminal_begin(struct terminal *t, struct lab_error **err)
{
	struct termios raw = t->before;

	if (t->master < 0)
		return 0;
	cleanup_closep(&t->slave); /* else the end of the command would not be seen */
	t->slave = -1;
	cfmakeraw(&raw);
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw))
		return lab_error_errno(err, LAB_FAILED, errno, "raw mode");
	t->raw = true;
	return 0;
}

void cli_terminal_resize(const struct terminal *t)
{
	struct winsize size;

	if (t->master >= 0 && !ioctl(STDIN_FILENO, TIOCGWINSZ, &size))
		(void)ioctl(t->master, TIOCSWINSZ, &size); /* only looks would suffer */
}

void cli_terminal_done(struct terminal *t)
{
	if (t->raw)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &t->before); /* gone: nothing to restore */
	t->raw = false;
	cleanup_closep(&t->master);
	cleanup_closep(&t->slave);
	t->master = t->slave = -1;
}

static void show(const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return; /* the caller's terminal is gone */
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

/* False at the end: no process has the terminal open any more, or nothing is there to read. */
static bool copy_output(struct terminal *t)
{
	char text[16384];
	ssize_t n = read(t->master, text, sizeof(text));

	if (n > 0)
		show(text, (size_t)n);
	return n > 0 || (n < 0 && errno == EINTR);
}

static void take_keys(struct relay *r)
{
	ssize_t n = read(STDIN_FILENO, r->keys, sizeof(r->keys));

	if (n > 0) {
		r->n_keys = (size_t)n;
	} else if (n == 0 || errno != EINTR) {
		r->no_input = true;
		(void)kill(r->pid, SIGHUP); /* as a terminal does that is hung up */
	}
}

static void give_keys(struct relay *r)
{
	ssize_t n = write(r->t->master, r->keys, r->n_keys);

	if (n <= 0)
		return; /* it will be writable again, or the command has ended */
	r->n_keys -= (size_t)n;
	memmove(r->keys, r->keys + n, r->n_keys);
}

/* What ends a command from a keyboard ends all of its process group, as it would outside: a shell
 * that waits for its child ignores a SIGINT that the child did not get. */
static void forward(const struct relay *r, int number)
{
	bool ends = number == SIGINT || number == SIGQUIT || number == SIGHUP || number == SIGTERM;

	/* not reaped, so it exists; its group does not before its setsid() */
	if (!ends || kill(-r->pid, number))
		(void)kill(r->pid, number);
}

static void take_signals(struct relay *r)
{
	struct signalfd_siginfo info;

	while (read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			r->ended = r->ended || waitpid(r->pid, &r->status, WNOHANG) == r->pid;
		else if (info.ssi_signo == SIGWINCH)
			cli_terminal_resize(r->t);
		else if (!r->ended)
			forward(r, (int)info.ssi_signo);
	}
}

static int turn(struct relay *r)
{
	struct pollfd p[] = {
		{.fd = r->signals, .events = POLLIN},
		{.fd = r->t->master, .events = (short)(r->n_keys ? POLLIN | POLLOUT : POLLIN)},
		{.fd = r->t->master < 0 || r->n_keys || r->no_input ? -1 : STDIN_FILENO,
		 .events = POLLIN},
	};

	if (poll(p, ARRAY_LEN(p), -1) < 0)
		return errno == EINTR ? 0 : -1;
	if (p[0].revents)
		take_signals(r);
	if (p[1].revents & POLLOUT)
		give_keys(r);
	/* POLLHUP: the last process closed it; only the signal of the command's end is awaited */
	if ((p[1].revents & (POLLIN | POLLHUP)) && !copy_output(r->t) && (p[1].revents & POLLHUP)) {
		r->no_input = true;
		r->n_keys = 0;
		(void)close(r->t->master); /* a terminal has nothing to flush */
		r->t->master = -1;
	}
	if (p[2].revents)
		take_keys(r);
	return 0;
}

int cli_terminal_relay(struct terminal *t, pid_t pid, int signals, int *status,
		       struct lab_error **err)
{
	struct relay r = {.t = t, .pid = pid, .signals = signals};

	while (!r.ended)
		if (turn(&r))
			return lab_error_errno(err, LAB_FAILED, errno, "terminal");
	/* what it wrote last; not what its background processes may go on to write */
	for (int i = 0; i < 64 && t->master >= 0 && copy_output(t); i++)
		;
	*status = r.status;
	return 0;
}
