// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads do one job at a time, for which the caller waits: starting a process, making a socket. So
 * nothing is ever done at the same time, and nothing needs a lock.
 */
#include "function/seat.h"

#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "priv/priv.h"

#define STACK (256u << 10)

struct seat_job {
	void (*run)(struct seat_job *job); /* NULL: leave */
	struct function_child *child;
	const char *path;
	char *const *env;
	int result, errnum;
};

struct function_seat {
	struct function_seats *all;
	struct function_seat *next; /* while it is free */
	pthread_t thread;
	sem_t wanted, done;
	struct seat_job *job;
};

struct function_seats {
	struct function_seat *first, *last; /* free ones */
	size_t n;                           /* threads */
	struct function_seat seats[];
};

static void await(sem_t *s)
{
	while (sem_wait(s) < 0) {
		if (errno != EINTR)
			abort(); /* no semaphore */
	}
}

static void post(sem_t *s)
{
	if (sem_post(s) < 0)
		abort(); /* no semaphore, or 2^31 posts */
}

static void have_done(struct function_seat *seat, struct seat_job *job)
{
	seat->job = job;
	post(&seat->wanted);
	await(&seat->done);
}

/* A new loopback is down. */
static int raise_loopback(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	auto_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &r);
}

static void enter(struct seat_job *job)
{
	struct lab_error *err = NULL;

	job->errnum = unshare(CLONE_NEWNET) < 0 || raise_loopback() < 0 ? errno : 0;
	if (priv_give_back(&err) < 0)
		abort(); /* taking away from oneself never fails */
}

static void *live(void *arg)
{
	struct function_seat *seat = arg;
	bool lives = true;

	while (lives) {
		await(&seat->wanted);
		lives = seat->job->run;
		if (lives)
			seat->job->run(seat->job);
		post(&seat->done);
	}
	return NULL;
}

static int add(struct function_seats *s, const pthread_attr_t *attr)
{
	struct function_seat *seat = &s->seats[s->n];
	struct seat_job job = {.run = enter};
	int rc;

	seat->all = s;
	if (sem_init(&seat->wanted, 0, 0) < 0 || sem_init(&seat->done, 0, 0) < 0)
		abort(); /* 0 is a valid value */
	rc = pthread_create(&seat->thread, attr, live, seat);
	if (rc)
		return rc;
	s->n++;
	function_seat_leave(seat);
	have_done(seat, &job);
	return job.errnum;
}

/* They get no signal, else one would end us that the loop is to hear of. */
static int add_all(struct function_seats *s, size_t n)
{
	pthread_attr_t attr;
	sigset_t all;
	int rc = pthread_attr_init(&attr);

	if (rc)
		return rc;
	sigfillset(&all);
	rc = pthread_attr_setstacksize(&attr, STACK);
	if (!rc)
		rc = pthread_attr_setsigmask_np(&attr, &all);
	while (!rc && s->n < n)
		rc = add(s, &attr);
	(void)pthread_attr_destroy(&attr); /* only frees memory */
	return rc;
}

struct function_seats *function_seats_new(size_t n, struct lab_error **err)
{
	struct function_seats *s = calloc(1, sizeof(*s) + n * sizeof(s->seats[0]));
	int rc;

	if (!s)
		abort();
	rc = add_all(s, n);
	if (!rc)
		return s;
	(void)lab_error_errno(err, LAB_DENIED, rc, "a network for each instance");
	function_seats_free(s);
	return NULL;
}

void function_seats_free(struct function_seats *s)
{
	struct seat_job leave = {.run = NULL};

	for (size_t i = 0; s && i < s->n; i++) {
		have_done(&s->seats[i], &leave);
		(void)pthread_join(s->seats[i].thread, NULL); /* it is about to end */
		(void)sem_destroy(&s->seats[i].wanted);       /* nobody waits */
		(void)sem_destroy(&s->seats[i].done);
	}
	free(s);
}

struct function_seat *function_seat_take(struct function_seats *s)
{
	struct function_seat *seat = s->first;

	if (seat)
		s->first = seat->next;
	if (!s->first)
		s->last = NULL;
	return seat;
}

void function_seat_leave(struct function_seat *seat)
{
	struct function_seats *s = seat ? seat->all : NULL;

	if (!s)
		return;
	seat->next = NULL;
	*(s->last ? &s->last->next : &s->first) = seat;
	s->last = seat;
}

static void start(struct seat_job *job)
{
	job->result = function_child_start(job->child, job->path, job->env);
}

int function_seat_start(struct function_seat *seat, struct function_child *c, const char *path,
			char *const *env)
{
	struct seat_job job = {.run = start, .child = c, .path = path, .env = env};

	have_done(seat, &job);
	return job.result;
}

/* Where we close behind an instance that ended, its end must not stay in TIME-WAIT: the next one listens there. */
static void make_socket(struct seat_job *job)
{
	static const struct linger reset = {.l_onoff = 1};

	job->result = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	job->errnum = errno;
	if (job->result >= 0) /* a constant that every kernel takes */
		(void)setsockopt(job->result, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
}

int function_seat_socket(void *seat)
{
	struct seat_job job = {.run = make_socket};

	have_done(seat, &job);
	errno = job.errnum;
	return job.result;
}
