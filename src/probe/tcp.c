// SPDX-License-Identifier: GPL-2.0-only
#include "probe/probe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* What connecting ended in: 0 or an errno. */
static int connect_within(int fd, const struct sockaddr_in *to, uint32_t timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	uint64_t end = probe_now_us() + (uint64_t)timeout_ms * 1000;
	int errnum = 0;
	socklen_t len = sizeof(errnum);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	for (;;) {
		uint64_t now = probe_now_us();
		int n = now >= end ? 0 : poll(&p, 1, (int)((end - now + 999) / 1000));

		if (n == 0)
			return ETIMEDOUT;
		if (n > 0)
			return getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0 ? errno
										       : errnum;
		if (errno != EINTR)
			return errno;
	}
}

static const char *state_of(int errnum)
{
	switch (errnum) {
	case 0: return "open";
	case ECONNREFUSED:
	case ECONNRESET: return "refused";
	case ETIMEDOUT: return "timeout";
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES: /* "administratively prohibited" */ return "unreachable";
	default: return NULL;
	}
}

json_t *probe_tcp(const struct probe_spec *spec)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(spec->port)};
	auto_close int fd = -1;
	const char *why, *state;
	uint64_t start;
	int errnum;

	if (probe_resolve(spec->host, &to.sin_addr, &why) < 0)
		return json_pack("{s:s, s:s}", "kind", "tcp", "error", why);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	start = probe_now_us();
	errnum = fd < 0 ? errno : connect_within(fd, &to, spec->timeout_ms);
	state = state_of(errnum);
	if (!state)
		return json_pack("{s:s, s:s}", "kind", "tcp", "error", strerror(errnum));
	return json_pack("{s:s, s:s, s:I}", "kind", "tcp", "state", state, "time_us",
			 (json_int_t)(probe_now_us() - start));
}
