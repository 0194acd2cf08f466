// SPDX-License-Identifier: GPL-2.0-only
/** What a worker shall be: one item of the plan document's "workers", parsed and checked. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/etc.h"
#include "priv/priv.h"

#define SPEC_READY_MS     10000 /* until a worker says that it is ready */
#define SPEC_READY_MS_MAX 60000 /* that its configuration may ask for */
#define SPEC_READY_GRACE  2000  /* then, for it to say by itself what was missing */

enum spec_socket_type {
	SPEC_TCP,
	SPEC_UDP,
	SPEC_ICMP,
	SPEC_NETLINK,
	SPEC_PACKET,
	SPEC_MEMORY,
	SPEC_TABLE,
	SPEC_SECRET
};
const char *supervise_socket_type_name(enum spec_socket_type type); /* "tcp" ... */

struct spec_socket {
	const char *name, *ns; /* borrowed from json */
	enum spec_socket_type type;
	uint32_t addr; /* host byte order */
	uint16_t port;
	unsigned int copy; /* of TCP: whose it is of the copies of the worker, 1, 2, ...; else 1 */
	bool spread;       /* several copies listen there */
};

struct spec {
	json_t *json; /* owns all text below but `reach` and, of later copies, `name` */
	const char *name, *program, *ns;
	const char *family;        /* name of the first copy: of the log, of memories and secrets */
	unsigned int copy, copies; /* 1, 2, ... of so many */
	char *own_name;            /* of a later copy */
	struct spec_socket *sockets;
	size_t n_sockets;
	enum priv_grant privilege;
	/* It starts programs of others: it gets the file system of supervise/shelter.h. */
	bool sheltered;
	char *reach;          /* folder that it reaches wherever that lies; NULL: none */
	bool in_node;         /* sees `node` */
	struct etc_view node; /* texts of the node that it stands for */
	/* Programs that it starts bind ports and write files of their own choice, below /run/labctl
	 * among others: it is never beside another one of its name. */
	bool alone;
	bool reloads;          /* takes other "files" while it runs */
	unsigned int ready_ms; /* so long it may take to be ready */
};

/** How many copies one item asks for: 1 where it says nothing, or nothing that can be. */
unsigned int supervise_spec_copies(const json_t *item);

/** Parses one item, for one of its copies. NULL with *err, naming the worker where that much is known. */
struct spec *supervise_spec_parse(json_t *item, unsigned int copy, struct lab_error **err);
void supervise_spec_free(struct spec *s); /* NULL is fine */

/** Whether both describe the same process: origins and key order do not count. */
bool supervise_spec_same(const struct spec *a, const struct spec *b);

/** Whether a worker that is `a` can become `b` while it runs. */
bool supervise_spec_reloads(const struct spec *a, const struct spec *b);

/** The configuration document of base/worker.h, with "sockets" added; to be freed. */
char *supervise_spec_config(const struct spec *s);
