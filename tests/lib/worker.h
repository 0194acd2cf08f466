// SPDX-License-Identifier: GPL-2.0-only
/** Starts a worker program as the supervisor does (base/worker.h), on loopback and as the same user. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/worker.h"
#include "lib/test.h"

struct test_worker {
	pid_t pid;
	int log;    /* what it wrote on descriptors 1 and 2 */
	int socket; /* its listening socket; the harness holds it too, as the supervisor does */
	uint16_t port;
	const int *sockets; /* all of its sockets; NULL: the one above */
	size_t n_sockets;
	void (*prepare)(void); /* last thing before its exec; NULL: nothing */
	int ready;             /* what it says by worker_ready() and worker_note() */
	char note[512];        /* the last of it, as far as it was read */
};

/* A listening TCP socket on 127.0.0.1; the kernel chooses the port. */
static inline int test_listen(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 128), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* room: of what arrives, told to the server with the first packet and fixed; 0: the kernel chooses. */
static inline int test_connect_with_room(uint16_t port, int room)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons(port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (room)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static inline int test_connect(uint16_t port)
{
	return test_connect_with_room(port, 0);
}

static inline void test_move_fd(int from, int to)
{
	if (dup2(from, to) < 0)
		_exit(126);
}

/* In the child: its descriptors as the contract says, whatever numbers they have here. */
static inline void test_worker_lay_out(const struct test_worker *w, int memfd, int ready)
{
	const int *sockets = w->sockets ? w->sockets : &w->socket;
	int n = w->sockets ? (int)w->n_sockets : 1, above = WORKER_FD_SOCKET_0 + n + 20, high[64];
	const int low[4] = {open("/dev/null", O_RDONLY | O_CLOEXEC), w->log, memfd, ready};

	for (int i = 0; i < 4; i++)
		high[i] = fcntl(low[i], F_DUPFD, above);
	for (int i = 0; i < n; i++)
		high[4 + i] = fcntl(sockets[i], F_DUPFD, above);
	test_move_fd(high[0], 0);
	test_move_fd(high[1], 1);
	test_move_fd(high[1], 2);
	test_move_fd(high[2], WORKER_FD_CONFIG);
	test_move_fd(high[3], WORKER_FD_READY);
	for (int i = 0; i < n; i++)
		test_move_fd(high[4 + i], WORKER_FD_SOCKET_0 + i);
	(void)close_range((unsigned int)(WORKER_FD_SOCKET_0 + n), ~0u, 0);
}

/* Starts program with that configuration; w->ready is the caller's to read and to close. */
static inline void test_worker_launch(struct test_worker *w, const char *program,
				      const char *config)
{
	int memfd = memfd_create("config", MFD_CLOEXEC), ready[2];

	assert_true(memfd >= 0);
	assert_int_equal(write(memfd, config, strlen(config)), (ssize_t)strlen(config));
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	w->log = memfd_create("log", MFD_CLOEXEC);
	assert_true(w->log >= 0);
	w->pid = fork();
	assert_true(w->pid >= 0);
	if (w->pid == 0) {
		test_worker_lay_out(w, memfd, ready[1]);
		if (w->prepare)
			w->prepare();
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	close(memfd);
	close(ready[1]);
	w->ready = ready[0];
}

/* true when it said that it is ready. */
static inline bool test_worker_start(struct test_worker *w, const char *program, const char *config)
{
	char byte = 0;

	test_worker_launch(w, program, config);
	(void)!read(w->ready, &byte, 1); /* end of file: it ended before it was ready */
	close(w->ready);
	return byte == 'R';
}

/* The exit status, after at most ten seconds; -1 where a signal ended it. */
static inline int test_worker_wait(struct test_worker *w)
{
	int status = 0;

	for (int i = 0; i < 1000; i++) {
		pid_t r = waitpid(w->pid, &status, WNOHANG);

		if (r == w->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		(void)poll(NULL, 0, 10);
	}
	kill(w->pid, SIGKILL);
	waitpid(w->pid, &status, 0);
	return -1;
}

static inline char *test_worker_log(struct test_worker *w)
{
	off_t size = lseek(w->log, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	assert_non_null(text);
	assert_int_equal(pread(w->log, text, (size_t)size, 0), size);
	return text;
}
