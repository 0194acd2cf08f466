// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who closes a packet socket waits for an RCU grace period (packet_release() in net/packet/af_packet.c), some 25 ms
 * where the host is idle: the lines of a thousand links would take half a minute, one after the other. All who
 * wait at the same time wait for the same period: hence threads, the only ones that the supervisor ever has.
 */
#include "supervise/closing.h"

#include <pthread.h>
#include <unistd.h>

#define CLOSERS 128
#define STACK   (256 << 10) /* bytes; they need next to nothing */

struct share {
	pthread_t thread;
	const int *fds;
	size_t n;
};

static void *close_share(void *data)
{
	const struct share *s = data;

	for (size_t i = 0; i < s->n; i++)
		(void)close(s->fds[i]); /* nothing to flush */
	return NULL;
}

/* How many threads were started; what those that were not would have done is done here. */
static size_t start(struct share *shares, size_t n)
{
	pthread_attr_t attr;
	size_t started = 0;

	if (pthread_attr_init(&attr) == 0) {
		(void)pthread_attr_setstacksize(&attr, STACK); /* else the default */
		while (started < n && pthread_create(&shares[started].thread, &attr, close_share,
						     &shares[started]) == 0)
			started++;
		(void)pthread_attr_destroy(&attr); /* of this implementation never fails */
	}
	for (size_t i = started; i < n; i++)
		(void)close_share(&shares[i]);
	return started;
}

void supervise_close_all(const int *fds, size_t n)
{
	struct share shares[CLOSERS];
	size_t n_shares = n < CLOSERS ? n : CLOSERS, at = 0, started;

	for (size_t i = 0; i < n_shares; i++) {
		size_t end = n * (i + 1) / n_shares;

		shares[i] = (struct share){.fds = fds + at, .n = end - at};
		at = end;
	}
	if (n_shares <= 1) {
		if (n_shares)
			(void)close_share(shares);
		return;
	}
	started = start(shares, n_shares);
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(shares[i].thread, NULL); /* it exists, and nobody else waits */
}
