// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define MEMFD_MAX (64u << 20)

union fd_space {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int))];
};

int supervise_message_send(int socket, json_t *object, int fd, struct lab_error **err)
{
	auto_free char *text = json_dumps(object, JSON_COMPACT);
	union fd_space space = {0};
	struct iovec iov;
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (!text)
		abort();
	iov = (struct iovec){text, strlen(text)};
	if (iov.iov_len > MESSAGE_MAX)
		return lab_error_make(err, LAB_FAILED, "control message of %zu bytes", iov.iov_len);
	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = space.room;
		m.msg_controllen = sizeof(space.room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	if (sendmsg(socket, &m, MSG_NOSIGNAL) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "control socket");
	return 0;
}

json_t *supervise_message_receive(int socket, int *fd, struct lab_error **err)
{
	char text[MESSAGE_MAX];
	union fd_space space = {0};
	struct iovec iov = {text, sizeof(text)};
	struct msghdr m = {.msg_iov = &iov,
			   .msg_iovlen = 1,
			   .msg_control = space.room,
			   .msg_controllen = sizeof(space.room)};
	ssize_t n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&m);
	json_t *object;

	*fd = -1;
	if (n < 0 && errno != ECONNRESET) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "control socket");
		return NULL;
	}
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	if (n <= 0) {
		(void)lab_error_make(err, LAB_STATE, "control socket: closed by the other side");
		return NULL;
	}
	object = m.msg_flags & MSG_TRUNC
			 ? NULL
			 : json_loadb(text, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(object))
		return object;
	json_decref(object);
	cleanup_closep(fd);
	*fd = -1;
	(void)lab_error_make(err, LAB_FAILED, "control socket: malformed message");
	return NULL;
}

int supervise_message_memfd(const char *name, const char *text, size_t len, struct lab_error **err)
{
	auto_close int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "memfd %s", name);
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "memfd %s", name);
		done += (size_t)n;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "seal memfd %s", name);
	return steal_fd(&fd);
}

char *supervise_message_read_memfd(int fd, size_t *len, struct lab_error **err)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_WRITE;
	const int has = fcntl(fd, F_GET_SEALS); /* -1: not a memfd */
	auto_free char *text = NULL;
	struct stat st;
	size_t got = 0;

	/* unsealed, it could change or shrink while it is being read */
	if (fstat(fd, &st) || has < 0 || (has & seals) != seals) {
		(void)lab_error_make(err, LAB_FAILED, "control socket: not a sealed memfd");
		return NULL;
	}
	if (st.st_size > (off_t)MEMFD_MAX) {
		(void)lab_error_make(err, LAB_FAILED, "control socket: document is too large");
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
			(void)lab_error_errno(err, LAB_FAILED, n ? errno : EIO, "memfd");
			return NULL;
		}
		got += (size_t)n;
	}
	*len = got;
	return steal_ptr(text);
}
