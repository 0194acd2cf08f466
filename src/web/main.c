// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-web: serves the page of `labctl web` (web/contract.h). It gives up what it has of root's before it
 * reads a byte of anybody else: no user, no capability, no file, no new socket.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "priv/priv.h"
#include "web/contract.h"
#include "web/server.h"

/* Byte by byte, so that nothing of what follows is taken. */
static int read_line(int fd, struct strbuf *line, struct lab_error **err)
{
	char c;
	ssize_t n;

	while ((n = read(fd, &c, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "the configuration");
		if (c == '\n')
			return 0;
		strbuf_addc(line, c);
		if (line->len > WEB_ASK_MAX)
			break;
	}
	return lab_error_make(err, LAB_FAILED, "the configuration is not whole");
}

static struct web_config *load(struct lab_error **err)
{
	static const char word[] = "config ";
	auto_strbuf struct strbuf line = {0};

	if (read_line(WEB_FD_FEED, &line, err))
		return NULL;
	if (strncmp(strbuf_str(&line), word, sizeof(word) - 1) != 0) {
		(void)lab_error_make(err, LAB_FAILED, "no configuration");
		return NULL;
	}
	return web_config_read(line.s + sizeof(word) - 1, err);
}

/* Where labctl is not root (tests of this program alone), there is no other user to become. */
static int give_up(struct lab_error **err)
{
	uid_t uid = geteuid();

	if (uid == 0 && priv_worker_user("labctl-web", PRIV_WORKER_SLOTS - 1, &uid, err))
		return -1;
	if (geteuid() == 0 && priv_worker(uid, (gid_t)uid, PRIV_GRANT_NONE, err))
		return -1;
	return priv_seccomp(PRIV_ECHO, err);
}

static int serve(const struct web_config *config, struct lab_error **err)
{
	struct loop *loop = loop_new();
	struct web_server *s;
	int rc = -1;

	if (!loop)
		return lab_error_errno(err, LAB_FAILED, errno, "event loop");
	s = web_server_new(loop, config, WEB_FD_FEED, WEB_FD_LISTEN, err);
	if (s && give_up(err) == 0)
		rc = loop_run(loop) < 0 ? lab_error_errno(err, LAB_FAILED, errno, "event loop") : 0;
	web_server_free(s);
	loop_free(loop);
	return rc;
}

int main(void)
{
	auto_error struct lab_error *err = NULL;
	struct web_config *config = load(&err);
	int rc = config ? 0 : -1;

	(void)signal(SIGPIPE, SIG_IGN); /* browsers may leave; cannot fail */
	(void)signal(SIGINT, SIG_IGN);  /* labctl ends when it is told, and with it this */
	if (config)
		rc = serve(config, &err);
	web_config_free(config);
	if (rc < 0)
		log_error("%s", lab_error_message(err));
	return rc < 0 ? (int)lab_error_status(err) : 0;
}
