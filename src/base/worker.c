// SPDX-License-Identifier: GPL-2.0-only
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define MAX_CONFIG (16u << 20)
#define NOTE_MAX   302 /* 300 bytes of text, the newline, a zero byte */

static char *read_config(int fd, size_t *len, struct lab_error **err)
{
	auto_free char *text = NULL;
	struct stat st;
	size_t got = 0;

	if (fstat(fd, &st) < 0) {
		lab_error_errno(err, LAB_FAILED, errno, "configuration descriptor");
		lab_error_hint(err, "this program is started by labctl, not by hand");
		return NULL;
	}
	if (st.st_size < 0 || st.st_size > MAX_CONFIG) {
		lab_error_make(err, LAB_FAILED, "configuration is too large");
		return NULL;
	}
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		abort();
	while (got < (size_t)st.st_size) {
		ssize_t n = pread(fd, text + got, (size_t)st.st_size - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			lab_error_errno(err, LAB_FAILED, n < 0 ? errno : EIO, "configuration");
			return NULL;
		}
		got += (size_t)n;
	}
	*len = got;
	return steal_ptr(text);
}

char *worker_read_config(size_t *len, struct lab_error **err)
{
	char *text = read_config(WORKER_FD_CONFIG, len, err);

	if (text)
		(void)close(WORKER_FD_CONFIG); /* only read; nothing to flush */
	return text;
}

/* The descriptor that a message on descriptor 4 brings, or -1 with *err. */
static int receive_descriptor(struct lab_error **err)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} space = {0};
	char text[64]; /* says nothing: the descriptor is the message */
	struct iovec iov = {text, sizeof(text)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = space.room,
			   .msg_controllen = sizeof(space.room)};
	ssize_t n = recvmsg(WORKER_FD_READY, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n <= 0 ? NULL : CMSG_FIRSTHDR(&m);
	int fd = -1;

	if (n < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "new configuration");
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	if (fd < 0)
		return lab_error_make(err, LAB_FAILED, "new configuration: none came");
	return fd;
}

char *worker_receive_config(size_t *len, struct lab_error **err)
{
	auto_close int fd = receive_descriptor(err);

	return fd < 0 ? NULL : read_config(fd, len, err);
}

int worker_watch_signals(struct loop *loop, struct loop_io *io, struct lab_error **err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "signals");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || loop_add(loop, io, fd, EPOLLIN | EPOLLET) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "signals");
	return 0; /* the descriptor stays open until the program ends */
}

void *worker_map_memory(int fd, struct lab_error **err)
{
	void *memory = MAP_FAILED;
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_size < WORKER_MEMORY)
		errno = EFBIG;
	else
		memory = mmap(NULL, WORKER_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != MAP_FAILED)
		return memory;
	(void)lab_error_errno(err, LAB_FAILED, errno, "memory"); /* always -1 */
	return NULL;
}

void worker_unmap_memory(void *memory)
{
	if (memory)
		(void)munmap(memory, WORKER_MEMORY); /* it was mapped */
}

void worker_ready(void)
{
	(void)!write(WORKER_FD_READY, "R", 1); /* see the header */
	/* what the worker starts must not speak for it */
	(void)fcntl(WORKER_FD_READY, F_SETFD, FD_CLOEXEC);
}

void worker_note(const char *fmt, ...)
{
	char line[NOTE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n > NOTE_MAX - 2)
		n = NOTE_MAX - 2;
	line[n] = '\n';
	/* one write of a short line is never torn; a full pipe or a supervisor that is gone loses it */
	(void)!write(WORKER_FD_READY, line, (size_t)n + 1);
}
