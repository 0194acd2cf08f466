// SPDX-License-Identifier: GPL-2.0-only
/*
 * jansson's strict unpacking ("!") refuses unknown keys, so each object's format string is the list
 * of what it may hold.
 */
#include "service/config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "base/worker.h"

#define READY_MS_MAX 60000
#define UNIX_MAX     107 /* bytes of a local socket's path */

static int wrong(struct lab_error **err, const char *what, const char *why)
{
	return lab_error_make(err, LAB_USAGE, "configuration: %s: %s", what, why);
}

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort(); /* out of memory: the supervisor starts us anew */
	return p;
}

/* `what` is "command" or "reload". */
static int read_command(char ***to, const char *what, json_t *command, struct lab_error **err)
{
	json_t *item;
	size_t i;

	if (!json_array_size(command))
		return wrong(err, what, "not a list of texts");
	*to = zeroed(json_array_size(command) + 1, sizeof(**to));
	json_array_foreach (command, i, item) {
		const char *word = json_string_value(item);

		if (!word)
			return wrong(err, what, "not a list of texts");
		if (i == 0 && !*word)
			return wrong(err, what, "begins with an empty text");
		(*to)[i] = (char *)word;
	}
	return 0;
}

static int read_environment(struct service_config *c, json_t *variables, struct lab_error **err)
{
	const char *name;
	json_t *value;

	environment_set(&c->env, "PATH", PROGRAM_PATH);
	environment_set(&c->env, "HOME", "/tmp");
	environment_set(&c->env, "LANG", "C.UTF-8");
	if (variables && !json_is_object(variables))
		return wrong(err, "environment", "not an object");
	json_object_foreach (variables, name, value) {
		if (!json_is_string(value) || !environment_name_valid(name))
			return wrong(err, "environment", "names and texts only");
		environment_set(&c->env, name, "%s", json_string_value(value));
	}
	return 0;
}

/* A path that leads where it seems to lead: no "." or "..", nothing empty. */
static bool is_straight(const char *path)
{
	for (const char *at = path; *at; at += strcspn(at, "/")) {
		size_t n = strcspn(++at, "/");

		if (n == 0 || (n == 1 && at[0] == '.') || (n == 2 && !strncmp(at, "..", 2)))
			return false;
	}
	return true;
}

static bool is_writable_place(const char *path)
{
	static const char *const places[] = {"/tmp/", WORKER_RUN "/"};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return is_straight(path);
	return false;
}

static int read_files(struct service_config *c, json_t *files, struct lab_error **err)
{
	const char *path;
	json_t *text;

	if (files && !json_is_object(files))
		return wrong(err, "files", "not an object");
	c->files = zeroed(json_object_size(files) + 1, sizeof(*c->files));
	json_object_foreach (files, path, text) {
		if (!json_is_string(text))
			return wrong(err, path, "not a text");
		if (!is_writable_place(path))
			return wrong(err, path, "not a file below /tmp or " WORKER_RUN);
		c->files[c->n_files++] = (struct service_file){path, json_string_value(text)};
	}
	return 0;
}

static int read_port(struct service_ready *r, enum service_ready_kind kind, json_t *value,
		     struct lab_error **err)
{
	json_int_t port = json_integer_value(value); /* 0 where it is no number */

	if (port < 1 || port > UINT16_MAX)
		return wrong(err, "ready", "port out of range");
	r->kind = kind;
	r->port = (uint16_t)port;
	return 0;
}

static int read_ready(struct service_ready *r, json_t *ready, struct lab_error **err)
{
	json_t *tcp = NULL, *udp = NULL, *local = NULL;
	json_error_t e;

	if (!ready)
		return 0;
	if (json_unpack_ex(ready, &e, 0, "{s?o, s?o, s?o !}", "tcp", &tcp, "udp", &udp, "unix",
			   &local) < 0)
		return wrong(err, "ready", e.text);
	if (json_object_size(ready) != 1)
		return wrong(err, "ready", "one of tcp, udp and unix");
	if (tcp)
		return read_port(r, SERVICE_READY_TCP, tcp, err);
	if (udp)
		return read_port(r, SERVICE_READY_UDP, udp, err);
	r->kind = SERVICE_READY_UNIX;
	r->path = json_string_value(local);
	if (!r->path || r->path[0] != '/' || strlen(r->path) > UNIX_MAX)
		return wrong(err, "ready", "unix: not an absolute path of at most 107 bytes");
	return 0;
}

static int read_program(struct service_config *c, struct lab_error **err)
{
	json_t *command, *variables = NULL, *files = NULL, *ready = NULL, *reload = NULL, *node;
	json_t *sockets;
	json_int_t ready_ms = SERVICE_READY_MS;
	json_error_t e;

	c->folder = "/";
	if (json_unpack_ex(c->json, &e, 0, "{s:o, s?o, s?s, s?o, s?o, s?o, s?I, s?o, s:o !}",
			   "command", &command, "reload", &reload, "folder", &c->folder,
			   "environment", &variables, "files", &files, "ready", &ready, "ready_ms",
			   &ready_ms, "node", &node, "sockets", &sockets) < 0)
		return lab_error_make(err, LAB_USAGE, "configuration: %s", e.text);
	if (json_array_size(sockets))
		return wrong(err, "sockets", "a command opens its own");
	if (c->folder[0] != '/')
		return wrong(err, "folder", "not an absolute path");
	if (ready_ms < 1 || ready_ms > READY_MS_MAX)
		return wrong(err, "ready_ms", "out of range");
	c->ready.ms = (unsigned int)ready_ms;
	if (read_command(&c->command, "command", command, err) ||
	    (reload && read_command(&c->reload, "reload", reload, err)) ||
	    read_environment(c, variables, err) || read_files(c, files, err))
		return -1;
	return read_ready(&c->ready, ready, err);
}

/* The last one, behind those that it listens on. */
static bool is_store(const json_t *socket)
{
	const char *name = json_string_value(json_object_get(socket, "name"));

	return name && !strcmp(name, "certificates");
}

static int read_echo(struct service_config *c, struct lab_error **err)
{
	json_t *sockets;
	json_error_t e;

	if (json_unpack_ex(c->json, &e, 0, "{s:{s:s, s:s, s?s !}, s:o !}", "echo", "name",
			   &c->echo_name, "node", &c->echo_node, "tls", &c->echo_tls, "sockets",
			   &sockets) < 0)
		return lab_error_make(err, LAB_USAGE, "configuration: %s", e.text);
	c->n_sockets = json_array_size(sockets);
	if (c->echo_tls) {
		if (!c->n_sockets || !is_store(json_array_get(sockets, c->n_sockets - 1)))
			return wrong(err, "sockets", "there are no certificates behind them");
		c->n_sockets--;
	}
	return c->n_sockets ? 0 : wrong(err, "sockets", "there is none to listen on");
}

struct service_config *service_config_read(const char *text, size_t len, struct lab_error **err)
{
	struct service_config *c = zeroed(1, sizeof(*c));
	json_error_t e;
	int rc;

	c->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	if (!c->json)
		rc = lab_error_make(err, LAB_USAGE, "configuration: line %d: %s", e.line, e.text);
	else if (json_object_get(c->json, "echo"))
		rc = read_echo(c, err);
	else
		rc = read_program(c, err);
	if (!rc)
		return c;
	service_config_free(c);
	return NULL;
}

void service_config_free(struct service_config *c)
{
	if (!c)
		return;
	free(c->command);
	free(c->reload);
	free(c->files);
	environment_done(&c->env);
	json_decref(c->json);
	free(c);
}
