// SPDX-License-Identifier: GPL-2.0-only
/** labctl api call: calls an API from a node, by labctl-probe, signed where an app does that. */
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "check/probe.h"
#include "cli/call.h"

#define TIMEOUT_MS 150000 /* the longest that a gateway waits for a backend, and more */

struct options {
	struct cli_call_options call;
	const char *word, *from;
	bool json;
};

static const struct argp_option option_table[] = {
	CLI_CALL_OPTIONS,
	{"from", 'f', "NODE", 0,
	 "node that calls (an instance of the VPC that the gateway is bound to)", 0},
	{"json", 'j', NULL, 0, "print what was seen as JSON", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == ARGP_KEY_ARG && !o->word) {
		o->word = arg;
		if (strcmp(arg, "call") != 0)
			argp_error(state, "there is `api call`, not `api %s`", arg);
		return 0;
	}
	switch (key) {
	case 'f': o->from = arg; return 0;
	case 'j': o->json = true; return 0;
	default: return cli_call_option(&o->call, key, arg, state);
	}
}

const struct argp cli_argp_api = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "call LAB API",
	.doc = "Calls an API of a lab that is up, from one of its nodes, and prints the answer: status, headers, "
	       "body. An API of auth_type APP is called with a signature. Exit status 1 where nothing "
	       "answers, or the status is 400 or higher.\v"
	       "Examples:\n"
	       "  labctl api call gateway-policies orders\n"
	       "  labctl api call gateway-policies orders --app app-1 --from ecs-2\n",
};

/* An instance of the VPC that the gateway is bound to; else the lab's first node. */
static const char *caller(const struct lab *lab, const struct api *api)
{
	const struct api_group *g = api->group.to;
	const struct api_gateway *gw = g->instance.to;
	struct lab_node node;

	for (size_t i = 0; i < lab->n_ecs; i++) {
		const struct vswitch *vsw = lab->ecs[i].vswitch.to;

		if (vsw && vsw->vpc == gw->bind.vpc.to)
			return lab->ecs[i].id.name;
	}
	return lab_next_node(lab, &(struct lab_node_cursor){0}, &node) ? node.id->name : NULL;
}

static json_t *spec_of(const struct cli_call *c, const char *body)
{
	json_t *headers = json_array();
	json_t *app = c->app ? json_pack("{s:s, s:s}", "key", c->app->app_key.s, "secret",
					 c->app->app_secret.s)
			     : NULL;
	json_t *spec;

	for (size_t i = 0; i < c->n_headers; i++)
		(void)json_array_append_new(headers,
					    json_string(c->headers[i])); /* NULL: see below */
	spec = json_pack("{s:s, s:s, s:s, s:o, s:s*, s:o*, s:i}", "kind", "http", "method",
			 c->method, "url", c->url, "headers", headers, "body", body, "app", app,
			 "timeout_ms", TIMEOUT_MS);
	return spec; /* NULL where something is not UTF-8 */
}

/* As curl -i does it. */
static int print_answer(const json_t *result, struct lab_error **err)
{
	const json_t *status = json_object_get(result, "status"), *header;
	const char *body = json_string_value(json_object_get(result, "body"));
	size_t i;

	if (!status)
		return lab_error_make(err, LAB_FAILED, "nothing answers: %s",
				      json_string_value(json_object_get(result, "error")));
	printf("HTTP/1.1 %" JSON_INTEGER_FORMAT "\n", json_integer_value(status));
	json_array_foreach (json_object_get(result, "headers"), i, header)
		puts(json_string_value(header));
	printf("\n%s", body ? body : "");
	if (body && *body && body[strlen(body) - 1] != '\n')
		putchar('\n');
	return json_integer_value(status) < 400 ? LAB_OK : LAB_FAILED;
}

static int print_json(const json_t *result)
{
	const json_int_t status = json_integer_value(json_object_get(result, "status"));
	auto_free char *text = json_dumps(result, JSON_INDENT(2));

	puts(text ? text : "null");
	return status && status < 400 ? LAB_OK : LAB_FAILED;
}

static int call(const struct options *o, const struct cli_running *r, const struct cli_lab *l,
		struct lab_error **err)
{
	const struct plan_node *node;
	json_auto_t *spec = NULL, *result = NULL;
	struct cli_call c;
	const char *from;

	if (cli_call_find(l->lab, &o->call, &c, err) < 0)
		return -1;
	from = o->from ? o->from : caller(l->lab, c.api);
	if (!from)
		return lab_error_make(err, LAB_USAGE, "the lab has no node to call from");
	node = cli_find_node(r, from, err);
	if (!node)
		return -1;
	spec = spec_of(&c, o->call.body);
	if (!spec)
		return lab_error_make(err, LAB_USAGE, "body and headers have to be UTF-8");
	result = check_probe(r->plan->lab, node, cli_libexec(), spec, TIMEOUT_MS + 5000, NULL, err);
	if (!result)
		return -1;
	return o->json ? print_json(result) : print_answer(result, err);
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running r = {0};
	auto_cli_lab struct cli_lab *l = NULL;

	if (cli_enter_running("api", o->call.lab, err) ||
	    cli_open_running(o->call.lab, STATE_READ, &r, err))
		return -1;
	l = cli_find_lab(r.plan->file ? r.plan->file : o->call.lab, r.plan->step, err);
	return l ? call(o, &r, l, err) : -1;
}

int verb_api(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	int status;

	cli_parse(&cli_argp_api, argc, argv, &o);
	status = run(&o, &err);
	return status < 0 ? cli_fail(err) : status;
}
