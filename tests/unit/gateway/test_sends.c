// SPDX-License-Identifier: GPL-2.0-only
/* Skipped where the kernel has no rings for us. */
#include "gateway/sends.c" /* to try on its ring what it never asks for */

#include <dirent.h>
#include <errno.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "lib/test.h"

static struct gateway_sends *sends;

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

static void post(struct loop *l, struct letter *x, const char *first, const char *second)
{
	x->parts[0] = (struct iovec){(void *)(uintptr_t)first, strlen(first)};
	x->parts[1] = (struct iovec){(void *)(uintptr_t)second, strlen(second)};
	loop_later_send(l, &x->later, LOOP_LAST, x->fd, x->parts, *second ? 2 : 1);
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

/* Whole ones of one and two parts; to a full socket, and to one whose peer has gone: nobody dies, nobody waits. */
static void each_has_its_own_result(void **state)
{
	struct loop *l = loop_new();
	struct letter x[4];

	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		begin(&x[i]);
	loop_send_together(l, gateway_send, sends);
	fill(x[2].fd);
	(void)close(x[3].far);
	post(l, &x[0], "one", "");
	post(l, &x[1], "two ", "parts");
	post(l, &x[2], "no room", "");
	post(l, &x[3], "nobody", " there");
	assert_int_equal(loop_turn(l, 0), 0);
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

/* As often as places in the ring come round, and in one go as many as there are. */
static void it_goes_on(void **state)
{
	static struct letter x[LOOP_TOGETHER];
	struct loop *l = loop_new();

	loop_send_together(l, gateway_send, sends);
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		begin(&x[i]);
	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			post(l, &x[i], "round ", round & 1 ? "odd" : "");
		assert_int_equal(loop_turn(l, 0), 0);
		for (size_t i = 0; i < ARRAY_LEN(x); i++)
			expect(&x[i], round & 1 ? "round odd" : "round ");
	}
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		end(&x[i]);
	loop_free(l);
}

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
	const int ring = find_ring(), devnull = STDIN_FILENO;

	assert_true(ring >= 0);
	assert_int_equal(
		syscall(__NR_io_uring_register, ring, IORING_REGISTER_RESTRICTIONS, &all, 1), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(syscall(__NR_io_uring_register, ring, IORING_REGISTER_FILES, &devnull, 1),
			 -1);
	assert_int_equal(errno, EACCES);
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
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(try(&sends->ring, &others[i]), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_own_result),
		cmocka_unit_test(it_goes_on),
		cmocka_unit_test(nobody_gives_it_more_rights),
		cmocka_unit_test(it_does_nothing_else),
	};
	int failed;

	sends = gateway_sends_new();
	if (!sends) {
		printf("skipped: this kernel has no io_uring for us\n");
		return 77;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	gateway_sends_free(sends);
	return failed;
}
