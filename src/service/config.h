// SPDX-License-Identifier: GPL-2.0-only
/** The service worker's configuration: an echo service, or a command that serves by itself. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/environment.h"
#include "base/error.h"

#define SERVICE_READY_MS 8000 /* where the configuration says nothing; see base/worker.h */

enum service_ready_kind {
	SERVICE_READY_AT_ONCE, /* as soon as it is executed */
	SERVICE_READY_TCP,     /* listens on `port` */
	SERVICE_READY_UDP,     /* is bound to `port` */
	SERVICE_READY_UNIX,    /* accepts connections at `path` */
};

struct service_ready {
	enum service_ready_kind kind;
	uint16_t port;
	const char *path;
	unsigned int ms; /* how long it may take */
};

struct service_file {
	const char *path, *text;
};

/** Texts belong to `json`. */
struct service_config {
	json_t *json;
	size_t n_sockets;      /* listening ones, from WORKER_FD_SOCKET_0 on; 0 for a command */
	const char *echo_name; /* NULL: a command */
	const char *echo_node; /* where it is, for its answers */
	const char
		*echo_tls;  /* what its certificate is called in the store, which is the descriptor
				   behind the listening ones; NULL: it speaks HTTP */
	char **command;     /* NULL-terminated, at least one; NULL: an echo service */
	const char *folder; /* where the command begins */
	struct environment env;     /* of the command: PATH, HOME, LANG, then the user's */
	struct service_file *files; /* to be written before it is started */
	size_t n_files;
	struct service_ready ready;
	char **reload; /* tells the command that its files are others; NULL: it is started anew */
};

/**
 * Reads one of
 *	{"echo": {"name", "node"}, "sockets": [...]}
 *	{"echo": {"name", "node", "tls": NAMES}, "sockets": [..., {"name": "certificates"}]}
 *	{"command": [TEXT...], "folder": absolute path, "environment": {NAME: TEXT...},
 *	 "files": {PATH below /tmp or /run/labctl: TEXT...},
 *	 "reload": [TEXT...],
 *	 "ready": {"tcp": PORT} | {"udp": PORT} | {"unix": PATH}, "ready_ms": 1-60000,
 *	 "node": {...}, "sockets": []}
 * of the latter only "command" and "sockets" must be there. "node" is the supervisor's. NULL with *err
 * for anything else, unknown members included.
 */
struct service_config *service_config_read(const char *text, size_t len, struct lab_error **err);
void service_config_free(struct service_config *c); /* NULL is fine */
