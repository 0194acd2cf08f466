// SPDX-License-Identifier: GPL-2.0-only
#include "httpd/secured.h"

#include <stdint.h>
#include <sys/socket.h>

ssize_t secured_send(const struct secured *s, int fd, const struct iovec *parts, int n)
{
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)n};

	if (s->session)
		return s->security->send(s->session, parts, n);
	/* one piece takes the shorter way through the kernel */
	return n == 1 ? send(fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
		      : sendmsg(fd, &m, MSG_NOSIGNAL);
}

ssize_t secured_recv(const struct secured *s, int fd, void *to, size_t room)
{
	return s->session ? s->security->recv(s->session, to, room) : recv(fd, to, room, 0);
}

void secured_end(struct secured *s)
{
	if (s->established)
		s->security->end(s->session);
	s->established = false;
}

void secured_close(struct secured *s)
{
	secured_end(s);
	if (s->session)
		s->security->close(s->session);
	s->session = NULL;
}
