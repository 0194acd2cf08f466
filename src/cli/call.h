// SPDX-License-Identifier: GPL-2.0-only
/** A call of an API as a client writes it: what `sign` and `api call` share. */
#pragma once

#include "cli/cli.h"

#define CLI_CALL_HEADERS 16u

struct cli_call_options {
	const char *lab, *api, *app, *path, *stage, *method, *body;
	const char *headers[CLI_CALL_HEADERS];
	size_t n_headers;
	bool https; /* else only where the API takes nothing else */
};

/* clang-format off */
#define CLI_CALL_OPTIONS \
	{"app", 'a', "APP", 0, "app that signs the call (the first that is authorized)", 0}, \
	{"path", 'p', "PATH", 0, "path with its parameters filled in, maybe with ?QUERY", 0}, \
	{"stage", 's', "STAGE", 0, "stage of the call (RELEASE)", 0}, \
	{"request", 'X', "METHOD", 0, "method, where the API takes any (GET, with -d POST)", 0}, \
	{"data", 'd', "BODY", 0, "body of the call; a form unless -H says otherwise", 0}, \
	{"header", 'H', "HEADER", 0, "further header, \"Name: value\"", 0}, \
	{"https", 't', NULL, 0, "call by HTTPS (where the API takes HTTP, by that)", 0}
/* clang-format on */

/** Takes one of CLI_CALL_OPTIONS and the operands LAB API; ARGP_ERR_UNKNOWN for any other key. */
error_t cli_call_option(struct cli_call_options *o, int key, char *arg, struct argp_state *state);

struct cli_call {
	const struct api *api;
	const struct app *app; /* NULL: nobody signs */
	const char *method, *url;
	const char *const *headers; /* with X-Ca-Stage where that is not RELEASE */
	size_t n_headers;
};

/** What is called, looked up in the lab; texts are in its arena. -1 with *err. */
int cli_call_find(const struct lab *lab, const struct cli_call_options *o, struct cli_call *call,
		  struct lab_error **err);
