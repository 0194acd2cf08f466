// SPDX-License-Identifier: GPL-2.0-only
/** labctl trace: one request, and every packet of it at every place of the lab. */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "check/probe.h"
#include "cli/cli.h"
#include "cli/listen.h"
#include "cli/options.h"
#include "cli/request.h"
#include "cli/signals.h"
#include "trace/trace.h"

#define TIMEOUT_S  5
#define OPTION_APP 256

/* All TCP but routing sessions, names, and what routers say against a packet. */
#define FILTER                                                                        \
	"(tcp and not port 179) or udp port 53 or (icmp and icmp[icmptype] != 0 and " \
	"icmp[icmptype] != 8)"

enum format { FORMAT_TEXT, FORMAT_SVG, FORMAT_JSON };

const char *const cli_formats_trace[] = {"text", "svg", "json", NULL};
static_assert(ARRAY_LEN(cli_formats_trace) == FORMAT_JSON + 2, "one word per format");

struct options {
	const char *lab, *from, *url, *method, *app, *body;
	json_t *headers;
	enum format format;
	unsigned long timeout_s;
	bool all;
};

static const struct argp_option option_table[] = {
	{"request", 'X', "METHOD", 0, "the request's method (GET)", 0},
	{"header", 'H', "HEADER", 0, "a header of the request, \"Name: value\"; may be repeated",
	 0},
	{"data", 'd', "BODY", 0, "body of the request, by POST if -X does not say otherwise", 0},
	{"app", OPTION_APP, "APP", 0, "app that signs the request", 0},
	{"timeout", 't', "SECONDS", 0, "how long to wait for the answer (5)", 0},
	{"all", 'a', NULL, 0, "show bare TCP acknowledgements too", 0},
	{"format", 'f', "FORMAT", 0, "text (default), svg or json", 0},
	{"json", 'j', NULL, 0, "the same as --format json", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'X': o->method = arg; return 0;
	case 'H':
		if (json_array_append_new(o->headers, json_string(arg)))
			argp_error(state, "--header: not UTF-8");
		return 0;
	case 'd': o->body = arg; return 0;
	case OPTION_APP: o->app = arg; return 0;
	case 't': o->timeout_s = cli_option_number(state, "--timeout", arg, 1, 600); return 0;
	case 'a': o->all = true; return 0;
	case 'f':
		o->format = (enum format)cli_option_word(state, "format", arg, cli_formats_trace);
		return 0;
	case 'j': o->format = FORMAT_JSON; return 0;
	case ARGP_KEY_ARG:
		if (!o->lab)
			o->lab = arg;
		else if (!o->from)
			o->from = arg;
		else if (!o->url)
			o->url = arg;
		else
			argp_error(state, "one URL, not also \"%s\"", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->url)
			argp_error(state, "which lab, from which of its nodes, and what URL?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp_trace = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB NODE URL",
	.doc = "Makes one HTTP request from NODE, where --app says so with a signature, and shows every packet of it, and of what it leads to (names "
	       "that are looked up, the gateway's call of its backend), on its way from namespace to "
	       "namespace, in the order of time. A packet that does not arrive is marked where it was seen "
	       "last. It listens at both ends of each link: a lab of more than 512 ends is too large for it. ${...} in "
	       "the URL stands for what it does in checks.\v"
	       "Examples:\n"
	       "  labctl trace scenario1 ecs-3 'http://${api_groups.group-1.vpc_domain}/hello'\n"
	       "  labctl trace scenario1 ecs-3 'http://${api_groups.group-1.vpc_domain}/hello' --format svg > hello.svg\n"
	       "  labctl trace gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --app app-1\n",
};

/* --- what it saw --- */

static int read_sighting(const struct cli_points *points, const json_t *line,
			 struct trace_sighting *s)
{
	const size_t number = (size_t)json_integer_value(json_object_get(line, "point"));
	const json_t *point = json_array_get(points->list, number);
	const char *key = json_string_value(json_object_get(line, "key"));
	const char *flow = json_string_value(json_object_get(line, "flow"));

	*s = (struct trace_sighting){
		.ns = json_string_value(json_object_get(point, "node")),
		.at = (uint64_t)json_integer_value(json_object_get(line, "ns")),
		.key = key ? strtoull(key, NULL, 16) : 0,
		.flow = flow ? strtoull(flow, NULL, 16) : 0,
		.to = (uint32_t)json_integer_value(json_object_get(line, "to")),
		.bare = json_is_true(json_object_get(line, "bare")),
		.says = json_string_value(json_object_get(line, "says")),
		.point = number,
		.ttl = (uint8_t)json_integer_value(json_object_get(line, "ttl")),
	};
	return s->ns && s->says ? 0 : -1;
}

/* lines: what the sightings borrow from. */
static struct trace *read_trace(const struct cli_points *points, const char *from,
				const json_t *lines)
{
	auto_free struct trace_sighting *all = calloc(json_array_size(lines) + 1, sizeof(*all));
	const json_t *line;
	size_t i, n = 0;

	if (!all)
		abort();
	json_array_foreach (lines, i, line)
		if (!read_sighting(points, line, &all[n]))
			n++;
	return trace_new(points->plan, from, all, n);
}

/* --- the request --- */

static const char *method_of(const struct options *o)
{
	if (o->method)
		return o->method;
	return o->body ? "POST" : "GET";
}

static json_t *request(const struct cli_running *r, const struct plan_node *node,
		       const struct options *o, struct lab_error **err)
{
	json_t *app = o->app ? cli_credentials(r->plan, o->app, err) : NULL;
	json_t *spec, *result;

	if (o->app && !app)
		return NULL;
	spec = json_pack("{s:s, s:i, s:s, s:s, s:O, s:s*, s:o*}", "kind", "http", "timeout_ms",
			 (int)o->timeout_s * 1000, "method", method_of(o), "url", o->url, "headers",
			 o->headers, "body", o->body, "app", app);
	if (!spec) {
		(void)lab_error_make(err, LAB_USAGE, "URL and body have to be UTF-8");
		return NULL;
	}
	result = check_probe(r->plan->lab, node, cli_libexec(), spec, o->timeout_s * 1000 + 2000,
			     cli_catch_signals(), err);
	json_decref(spec);
	return result;
}

/* "200 in 3.2 ms", or why there was no answer. */
static void add_outcome(const json_t *result, struct strbuf *out)
{
	const char *why = json_string_value(json_object_get(result, "error"));

	if (why)
		strbuf_printf(out, "no answer: %s", why);
	else
		strbuf_printf(out, "%d in %.1f ms",
			      (int)json_integer_value(json_object_get(result, "status")),
			      (double)json_integer_value(json_object_get(result, "time_us")) / 1e3);
}

/* In whole microseconds, as people read them. */
static double ms_of(uint64_t ns)
{
	const uint64_t us = (ns + 500) / 1000;

	return (double)us / 1e3;
}

static json_t *journey_json(const struct trace *t, const struct trace_journey *j)
{
	json_t *hops = json_array();

	for (size_t i = 0; i < j->n; i++)
		if (json_array_append_new(hops, json_pack("{s:s, s:f}", "namespace",
							  t->columns[j->hops[i].column], "ms",
							  ms_of(j->hops[i].at - t->start))))
			abort();
	return json_pack("{s:s, s:b, s:o}", "packet", j->says, "lost", j->lost, "hops", hops);
}

static void print_json(const struct trace *t, const struct options *o, json_t *result,
		       uintmax_t dropped)
{
	json_t *packets = json_array(), *all;

	for (size_t i = 0; i < t->n_journeys; i++)
		if ((o->all || !t->journeys[i].bare) &&
		    json_array_append_new(packets, journey_json(t, &t->journeys[i])))
			abort();
	all = json_pack("{s:s, s:s, s:O, s:o, s:I}", "from", o->from, "url", o->url, "result",
			result, "packets", packets, "dropped", (json_int_t)dropped);
	(void)json_dumpf(all, stdout,
			 JSON_INDENT(2) | JSON_REAL_PRECISION(
						  15)); /* main() reports what cannot be written */
	putchar('\n');
	json_decref(all);
}

static struct trace_style style_of(const struct options *o)
{
	return (struct trace_style){.width = cli_columns(),
				    .utf8 = cli_utf8(),
				    .colour = cli_colour(stdout),
				    .all = o->all};
}

static void show(const struct trace *t, const struct options *o, json_t *result, uintmax_t dropped)
{
	struct trace_style style = style_of(o);
	auto_strbuf struct strbuf out = {0}, title = {0};

	strbuf_printf(&title, "%s %s from %s: ", method_of(o), o->url, o->from);
	add_outcome(result, &title);
	switch (o->format) {
	case FORMAT_TEXT:
		strbuf_printf(&out, "%s\n\n", strbuf_str(&title));
		trace_text(t, &style, &out);
		break;
	case FORMAT_SVG: trace_svg(t, strbuf_str(&title), o->all, &out); break;
	case FORMAT_JSON: print_json(t, o, result, dropped); break;
	}
	fputs(strbuf_str(&out), stdout);
	if (dropped)
		cli_message(
			"%ju packets were not seen, for want of room: what looks lost may be one of "
			"them",
			dropped);
}

static int trace(const struct options *o, const struct cli_running *r, struct cli_points *points,
		 struct lab_error **err)
{
	auto_cli_listen struct cli_listen l = {.out = -1};
	const struct plan_node *node = cli_find_node(r, o->from, err);
	auto_trace struct trace *t = NULL;
	json_t *result = NULL, *lines = json_array();
	int rc = -1;

	if (node && !cli_listen_start(&l, points, FILTER, err))
		result = request(r, node, o, err);
	if (result && !cli_listen_finish(&l, lines, err)) {
		t = read_trace(points, o->from, lines);
		show(t, o, result, l.dropped);
		rc = json_object_get(result, "error") ? LAB_FAILED : LAB_OK;
	}
	json_decref(result);
	json_decref(lines);
	return rc;
}

static int run(struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running running = {0};
	auto_free char *url = NULL;
	struct cli_points points = {0};
	int rc;

	if (cli_enter_running("trace", o->lab, err) ||
	    cli_open_running(o->lab, STATE_READ, &running, err))
		return -1;
	url = cli_expand_running(running.plan, o->url, err);
	if (!url)
		return -1;
	o->url = url;
	cli_points_init(&points, &running);
	rc = cli_points_add_all(&points, err) ? -1 : trace(o, &running, &points, err);
	cli_points_done(&points);
	return rc;
}

int verb_trace(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {.headers = json_array(), .timeout_s = TIMEOUT_S};
	int status;

	cli_parse(&cli_argp_trace, argc, argv, &o);
	status = run(&o, &err);
	json_decref(o.headers);
	return status < 0 ? cli_fail_json(o.format == FORMAT_JSON, err) : status;
}
