// SPDX-License-Identifier: GPL-2.0-only
/* Skipped where the kernel has no rings for us. */
#define COMPLETIONS 256
#include "gateway/ring.c" /* to try on its ring what it never asks for */

#include <dirent.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lib/ring_loop.h"
#include "lib/test.h"

struct letter {
	struct loop_later later; /* first */
	struct iovec parts[LOOP_PARTS];
	int fd, far;
	ssize_t told;
	int errnum;
};

static void on_letter(struct loop_later *later)
{
	struct letter *x = (struct letter *)(void *)later;

	assert_true(loop_later_sent(later, &x->told));
	x->errnum = x->told < 0 ? errno : 0;
}

static void begin(struct letter *x)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	*x = (struct letter){.later.fn = on_letter, .fd = fds[0], .far = fds[1]};
}

static void post(struct loop *l, struct letter *x, enum loop_later_rank rank, const char *first,
		 const char *second)
{
	x->parts[0] = (struct iovec){(void *)(uintptr_t)first, strlen(first)};
	x->parts[1] = (struct iovec){(void *)(uintptr_t)second, strlen(second)};
	loop_later_send(l, &x->later, rank, x->fd, x->parts, *second ? 2 : 1);
}

static void end(struct letter *x)
{
	(void)close(x->fd);
	(void)close(x->far);
}

static void expect(const struct letter *x, const char *text)
{
	char got[64] = "";

	assert_int_equal(x->told, strlen(text));
	assert_int_equal(recv(x->far, got, sizeof(got) - 1, 0), strlen(text));
	assert_string_equal(got, text);
}

static void fill(int fd)
{
	static const char block[65536];

	while (send(fd, block, sizeof(block), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
		;
	assert_int_equal(errno, EAGAIN);
}

/* Of each rank: those that come last are sent by a call of their own, the others by the next one that waits. */
static const enum loop_later_rank ranks[] = {LOOP_LAST, LOOP_LATER};

/* Where the kernel objects to one of them, nothing is waited for. */
static void send_them(struct loop *l, int timeout_ms)
{
	assert_int_equal(loop_turn(l, 0), 0);
	assert_int_equal(loop_turn(l, timeout_ms), 0);
}

/* Whole ones of one and two parts; to a full socket, and to one whose peer has gone: nobody dies, nobody waits. */
static void each_has_its_own_result(void **state)
{
	for (size_t k = 0; k < ARRAY_LEN(ranks); k++) {
		struct loop *l = loop_new();
		struct letter x[4];

		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			begin(&x[i]);
		fill(x[2].fd);
		(void)close(x[3].far);
		post(l, &x[0], ranks[k], "one", "");
		post(l, &x[1], ranks[k], "two ", "parts");
		post(l, &x[2], ranks[k], "no room", "");
		post(l, &x[3], ranks[k], "nobody", " there");
		send_them(l, ranks[k] == LOOP_LATER ? 10000 : 0);
		expect(&x[0], "one");
		expect(&x[1], "two parts");
		assert_int_equal(x[2].told, -1);
		assert_int_equal(x[2].errnum, EAGAIN);
		assert_int_equal(x[3].told, -1);
		assert_int_equal(x[3].errnum, EPIPE);
		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			end(&x[i]);
		loop_free(l);
	}
}

/* What a socket has no room for is not waited for, nor taken for sent. */
static void a_part_is_a_part(void **state)
{
	static const char big[1 << 22];

	for (size_t k = 0; k < ARRAY_LEN(ranks); k++) {
		struct loop *l = loop_new();
		struct letter x[2];

		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			begin(&x[i]);
		post(l, &x[0], ranks[k], "whole", "");
		x[1].parts[0] = (struct iovec){(void *)(uintptr_t)big, sizeof(big)};
		loop_later_send(l, &x[1].later, ranks[k], x[1].fd, x[1].parts, 1);
		send_them(l, ranks[k] == LOOP_LATER ? 10000 : 0);
		expect(&x[0], "whole");
		assert_in_range(x[1].told, 1, sizeof(big) - 1);
		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			end(&x[i]);
		loop_free(l);
	}
}

/* As often as places in the ring come round, and in one go as many as there are. */
static void it_goes_on(void **state)
{
	static struct letter x[LOOP_TOGETHER];
	struct loop *l = loop_new();

	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		begin(&x[i]);
	for (int round = 0; round < 8; round++) {
		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			post(l, &x[i], ranks[round / 2 & 1], "round ", round & 1 ? "odd" : "");
		send_them(l, 0);
		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			expect(&x[i], round & 1 ? "round odd" : "round ");
	}
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		end(&x[i]);
	loop_free(l);
}

/* ---- events ---- */

struct eye {
	struct loop_io io; /* first */
	int far, seen;
	uint32_t events;
	struct loop *loop;
	struct eye *victim, *heir; /* forgotten, and watched, by what is called first */
	bool reads;
};

static void forget(struct loop *l, struct loop_io *io)
{
	loop_del(l, io);
	(void)close(io->fd);
}

static void on_event(struct loop_io *io, uint32_t events)
{
	struct eye *e = (struct eye *)(void *)io;
	char in[16];

	e->seen++;
	e->events |= events;
	if (e->reads)
		(void)recv(io->fd, in, sizeof(in), MSG_DONTWAIT); /* whatever there is */
	if (e->victim)
		forget(e->loop, &e->victim->io);
	if (e->heir)
		assert_int_equal(loop_add(e->loop, &e->heir->io, e->heir->io.fd, EPOLLIN | EPOLLET),
				 0);
	e->victim = e->heir = NULL;
}

static void open_eye(struct loop *l, struct eye *e, uint32_t events)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	*e = (struct eye){.io = {.fn = on_event, .fd = fds[0]}, .far = fds[1], .loop = l};
	if (events)
		assert_int_equal(loop_add(l, &e->io, fds[0], events), 0);
}

static void close_eye(struct eye *e)
{
	forget(e->loop, &e->io);
	(void)close(e->far);
}

static void turns(struct loop *l, int n)
{
	while (n--)
		assert_int_equal(loop_turn(l, 0), 0);
}

static void say(const struct eye *e)
{
	assert_int_equal(send(e->far, "x", 1, MSG_NOSIGNAL), 1);
}

static void edges_come_once_and_levels_until_they_are_over(void **state)
{
	struct loop *l = loop_new();
	struct eye edge, level;

	open_eye(l, &edge, EPOLLIN | EPOLLRDHUP | EPOLLET);
	open_eye(l, &level, EPOLLIN);
	turns(l, 3);
	assert_int_equal(edge.seen + level.seen, 0);
	say(&edge);
	say(&level);
	turns(l, 4);
	assert_int_equal(edge.seen, 1);
	assert_in_range(level.seen, 3, 4);
	say(&edge); /* also where the first one was not read */
	turns(l, 2);
	assert_int_equal(edge.seen, 2);
	assert_int_equal(edge.events, EPOLLIN);
	(void)shutdown(edge.far, SHUT_WR);
	level.reads = true;
	turns(l, 3);
	assert_int_equal(edge.seen, 3);
	assert_true(edge.events & EPOLLRDHUP);
	level.seen = 0;
	turns(l, 3);
	assert_int_equal(level.seen, 0);
	close_eye(&edge);
	close_eye(&level);
	loop_free(l);
}

static void who_is_not_interested_is_left_alone(void **state)
{
	struct loop *l = loop_new();
	struct eye e;

	open_eye(l, &e, EPOLLIN);
	assert_int_equal(loop_mod(l, &e.io, 0), 0);
	say(&e);
	turns(l, 3);
	assert_int_equal(e.seen, 0);
	assert_int_equal(loop_mod(l, &e.io, EPOLLIN), 0);
	turns(l, 2);
	assert_in_range(e.seen, 1, 2);
	close_eye(&e);
	loop_free(l);
}

/* An event that has come for one who is closed meanwhile is nobody's, and not of who comes to his place. */
static void events_are_of_who_they_came_for(void **state)
{
	for (int round = 0; round < 3; round++) {
		struct loop *l = loop_new();
		struct eye first, second, third;

		open_eye(l, &first, EPOLLIN | EPOLLET);
		open_eye(l, &second, EPOLLIN | (round == 1 ? 0 : EPOLLET));
		open_eye(l, &third, 0);
		say(&first);
		say(&second);
		first.victim = &second; /* whoever is told first */
		second.victim = &first;
		first.heir = second.heir = &third;
		second.reads = true; /* a level of it would come again */
		if (round == 2)
			say(&second);
		turns(l, 5);
		assert_int_equal(first.seen + second.seen, 1);
		assert_int_equal(third.seen, 0);
		say(&third);
		turns(l, 2);
		assert_int_equal(third.seen, 1);
		if (first.seen)
			close_eye(&first);
		else
			close_eye(&second);
		(void)close(first.seen ? second.far : first.far);
		close_eye(&third);
		loop_free(l);
	}
}

/* More than there are entries in the ring, all at once, and again where others had been. */
static void everybody_is_told(void **state)
{
	static struct eye e[4 * LOOP_TOGETHER];
	struct loop *l = loop_new();

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(e); i++)
			open_eye(l, &e[i], EPOLLIN | EPOLLET);
		for (size_t i = 0; i < ARRAY_LEN(e); i++)
			e[i].reads = true; /* where the ring overflows, it is looked at once more */
		turns(l, 1);
		for (size_t i = 0; i < ARRAY_LEN(e); i++)
			say(&e[i]);
		turns(l, 400); /* the kernel does not tell everything at once */
		for (size_t i = 0; i < ARRAY_LEN(e); i++)
			assert_int_equal(e[i].seen, 1);
		for (size_t i = 0; i < ARRAY_LEN(e); i++)
			close_eye(&e[i]);
		turns(l, 400);
	}
	assert_int_equal(test_ringed[0].ring->n_places, ARRAY_LEN(e) + 1); /* and the alarm */
	loop_free(l);
}

/* More comes than there is room for: each message still has its own result at once, and is sent once. */
static void messages_are_told_beside_very_many_events(void **state)
{
	static struct eye e[3 * COMPLETIONS];
	static struct letter x[LOOP_TOGETHER];
	struct loop *l = loop_new();
	char got[64];

	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		open_eye(l, &e[i], i & 1 ? EPOLLIN : EPOLLIN | EPOLLET);
		say(&e[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		begin(&x[i]);
	for (size_t k = 0; k < 2 * ARRAY_LEN(ranks); k++) {
		for (size_t i = 0; i < ARRAY_LEN(e); i += 2)
			say(&e[i]);
		for (size_t i = 0; i < ARRAY_LEN(x); i++) {
			x[i].told = 0;
			post(l, &x[i], ranks[k / 2], "once", "");
		}
		send_them(l, 0);
		for (size_t i = 0; i < ARRAY_LEN(x) && k % 2 == 0; i++) {
			expect(&x[i], "once");
			assert_int_equal(recv(x[i].far, got, sizeof(got), MSG_DONTWAIT), -1);
			fill(x[i].fd);
		}
		for (size_t i = 0; i < ARRAY_LEN(x) && k % 2 == 1; i++) {
			assert_int_equal(x[i].told, -1);
			assert_int_equal(x[i].errnum, EAGAIN);
			end(&x[i]);
			begin(&x[i]);
		}
	}
	turns(l, 400);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		assert_true(e[i].seen > 0);
		close_eye(&e[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		assert_false(x[i].later.message.tried);
		end(&x[i]);
	}
	loop_free(l);
}

/* Who has ended has nothing that others wait for. */
static void nothing_is_left_behind(void **state)
{
	for (int i = 0; i < 20; i++) {
		struct sockaddr_in a = {.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		struct loop_io io = {.fn = on_event};
		struct loop *l = loop_new();
		socklen_t len = sizeof(a);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
		assert_int_equal(listen(fd, 1), 0);
		assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
		assert_int_equal(loop_add(l, &io, fd, EPOLLIN), 0);
		turns(l, 1);
		forget(l, &io);
		loop_free(l);
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
		close(fd);
	}
}

/* ---- rights ---- */

static int find_ring(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;
	int found = -1;

	assert_non_null(d);
	while ((e = readdir(d))) {
		char target[64] = "";

		if (readlinkat(dirfd(d), e->d_name, target, sizeof(target) - 1) > 0 &&
		    strstr(target, "io_uring"))
			found = atoi(e->d_name);
	}
	closedir(d);
	return found;
}

/* What was said of it before it was enabled holds for whoever has it. */
static void nobody_gives_it_more_rights(void **state)
{
	struct io_uring_restriction all = {.opcode = IORING_RESTRICTION_SQE_OP,
					   .sqe_op = IORING_OP_OPENAT};
	struct gateway_ring *r = gateway_ring_new();
	const int ring = find_ring(), devnull = STDIN_FILENO;

	assert_true(ring >= 0);
	assert_int_equal(
		syscall(__NR_io_uring_register, ring, IORING_REGISTER_RESTRICTIONS, &all, 1), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(syscall(__NR_io_uring_register, ring, IORING_REGISTER_FILES, &devnull, 1),
			 -1);
	assert_int_equal(errno, EACCES);
	gateway_ring_free(r);
}

static int try(struct io_uring *ring, const struct io_uring_sqe *wanted)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;
	int res;

	assert_non_null(sqe);
	*sqe = *wanted;
	assert_int_equal(io_uring_submit_and_wait(ring, 1), 1);
	assert_int_equal(io_uring_wait_cqe(ring, &cqe), 0);
	res = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return res;
}

static void it_does_nothing_else(void **state)
{
	static const struct io_uring_sqe others[] = {
		{.opcode = IORING_OP_NOP},
		{.opcode = IORING_OP_OPENAT, .fd = -1},
		{.opcode = IORING_OP_SOCKET},
		{.opcode = IORING_OP_CONNECT},
		{.opcode = IORING_OP_RECV},
		{.opcode = IORING_OP_SEND_ZC},
		{.opcode = IORING_OP_SEND, .flags = IOSQE_ASYNC},
		{.opcode = IORING_OP_SENDMSG, .flags = IOSQE_FIXED_FILE},
		{.opcode = IORING_OP_SEND, .flags = IOSQE_IO_LINK},
		{.opcode = IORING_OP_POLL_REMOVE},
		{.opcode = IORING_OP_EPOLL_CTL},
		{.opcode = IORING_OP_CLOSE},
	};

	struct gateway_ring *r = gateway_ring_new();

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(try(&r->ring, &others[i]), -EACCES);
	gateway_ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_own_result),
		cmocka_unit_test(a_part_is_a_part),
		cmocka_unit_test(it_goes_on),
		cmocka_unit_test(edges_come_once_and_levels_until_they_are_over),
		cmocka_unit_test(who_is_not_interested_is_left_alone),
		cmocka_unit_test(events_are_of_who_they_came_for),
		cmocka_unit_test(everybody_is_told),
		cmocka_unit_test(messages_are_told_beside_very_many_events),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(nobody_gives_it_more_rights),
		cmocka_unit_test(it_does_nothing_else),
	};
	struct rlimit r;

	/* two descriptors for each eye */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = r.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
