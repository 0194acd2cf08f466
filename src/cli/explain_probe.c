// SPDX-License-Identifier: GPL-2.0-only
#include "cli/explain_probe.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "check/probe.h"
#include "cli/listen.h"
#include "cli/request.h"
#include "cli/signals.h"

#define PINGS       3
#define INTERVAL_MS 100
/* How long to wait for an answer: one that is predicted, and one that is not. The latter is longer than the second
 * after which TCP, too, tries again. */
#define PREDICTED_MS   10000
#define UNPREDICTED_MS 1500
#define MARGIN_MS      2000 /* of the process that probes */

/* --- where to listen --- */

static bool has_place(const struct strbuf *places, const char *place)
{
	const size_t n = strlen(place);

	for (const char *s = strbuf_str(places); (s = strstr(s, place)); s++)
		if ((s == strbuf_str(places) || s[-1] == ',') && (s[n] == ',' || !s[n]))
			return true;
	return false;
}

static void add_place(struct strbuf *places, const char *ns, const char *dev)
{
	auto_strbuf struct strbuf place = {0};

	if (!dev)
		return;
	strbuf_printf(&place, "%s:%s", ns, dev);
	if (!has_place(places, strbuf_str(&place)))
		strbuf_printf(places, "%s%s", places->len ? "," : "", strbuf_str(&place));
}

static void add_places(struct strbuf *places, const struct explain_hop *hops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_place(places, hops[i].ns, hops[i].in);
		add_place(places, hops[i].ns, hops[i].out);
	}
}

/* Both directions of every leg; empty where nothing leaves its sender. */
static void places_of(const struct explanation *e, struct strbuf *places)
{
	for (size_t i = 0; i < e->n_legs; i++) {
		add_places(places, e->legs[i].there, e->legs[i].n_there);
		add_places(places, e->legs[i].back, e->legs[i].n_back);
	}
}

/* --- what to send --- */

static json_t *headers_of(const struct explain_request *r)
{
	json_t *list = json_array();

	if ((r->host && json_array_append_new(list, json_sprintf("Host: %s", r->host))) ||
	    (r->stage && json_array_append_new(list, json_sprintf("X-Ca-Stage: %s", r->stage))))
		abort();
	return list;
}

/* app: taken over; NULL: nobody signs */
static json_t *spec_of(const struct explanation *e, const struct explain_request *r, int timeout,
		       json_t *app)
{
	const struct explain_target *t = &e->target;
	char ip[IP_STRLEN];

	if (t->url)
		return json_pack("{s:s, s:i, s:s, s:s, s:o, s:o*}", "kind", "http", "timeout_ms",
				 timeout, "method", r->method ? r->method : "GET", "url", r->to,
				 "headers", headers_of(r), "app", app);
	json_decref(app); /* what is no request cannot be signed */
	if (t->name)
		return json_pack("{s:s, s:i, s:s, s:s}", "kind", "dns", "timeout_ms", timeout,
				 "name", t->name, "type", "A");
	if (t->port)
		return json_pack("{s:s, s:i, s:s, s:i}", "kind", "tcp", "timeout_ms", timeout,
				 "host", ip_format(t->ip, ip), "port", t->port);
	return json_pack("{s:s, s:i, s:s, s:i, s:i}", "kind", "ping", "timeout_ms", timeout, "host",
			 ip_format(t->ip, ip), "count", PINGS, "interval_ms", INTERVAL_MS);
}

/* --- what came back --- */

static const char *text_of(const json_t *result, const char *key)
{
	return json_string_value(json_object_get(result, key));
}

static double ms_of(const json_t *result, const char *key)
{
	return (double)json_integer_value(json_object_get(result, key)) / 1e3;
}

/* The value of "X-Ca-Error-Code: VALUE". */
static const char *error_code(const json_t *result)
{
	static const char key[] = "X-Ca-Error-Code:";
	const json_t *header;
	size_t i;

	json_array_foreach (json_object_get(result, "headers"), i, header) {
		const char *s = json_string_value(header);

		if (s && !strncasecmp(s, key, strlen(key)))
			return s + strlen(key) + strspn(s + strlen(key), " ");
	}
	return NULL;
}

static void judge_http(const json_t *result, struct explain_observed *o, struct strbuf *says)
{
	o->status = (int)json_integer_value(json_object_get(result, "status"));
	o->answered = o->status != 0;
	o->code = error_code(result);
	o->connected = json_integer_value(json_object_get(result, "connect_us")) > 0;
	if (o->answered)
		strbuf_printf(says, "%d%s%s in %.1f ms", o->status, o->code ? " " : "",
			      o->code ? o->code : "", ms_of(result, "time_us"));
}

static void judge_dns(const json_t *result, struct explain_observed *o, struct strbuf *says)
{
	const char *rcode = text_of(result, "rcode");

	o->answered = json_array_size(json_object_get(result, "answers")) > 0;
	if (rcode)
		strbuf_printf(says, "%s", o->answered ? "an address" : rcode);
}

static void judge_tcp(const json_t *result, struct explain_observed *o, struct strbuf *says)
{
	const char *state = text_of(result, "state");

	o->answered = state && !strcmp(state, "open");
	if (o->answered)
		strbuf_printf(says, "a connection in %.1f ms", ms_of(result, "time_us"));
	else if (state)
		strbuf_printf(says, "no connection: %s", state);
}

static void judge_ping(const json_t *result, struct explain_observed *o, struct strbuf *says)
{
	o->answered = json_integer_value(json_object_get(result, "received")) > 0;
	if (o->answered)
		strbuf_printf(says, "an answer in %.1f ms", ms_of(result, "min_us"));
}

static void judge(const struct explanation *e, const json_t *result, struct cli_probed *p)
{
	struct explain_observed *o = &p->observed;
	const char *error = text_of(result, "error");
	struct strbuf says = {0};

	if (e->target.url)
		judge_http(result, o, &says);
	else if (e->target.name)
		judge_dns(result, o, &says);
	else if (e->target.port)
		judge_tcp(result, o, &says);
	else
		judge_ping(result, o, &says);
	if (!says.len)
		strbuf_printf(&says, "no answer%s%s", error ? ": " : "", error ? error : "");
	p->says = strbuf_take(&says);
}

/* --- both --- */

static bool read_sighting(const struct cli_points *points, const json_t *line,
			  struct explain_sighting *s)
{
	const json_t *point = json_array_get(
		points->list, (size_t)json_integer_value(json_object_get(line, "point")));

	*s = (struct explain_sighting){
		.ns = text_of(point, "node"),
		.dev = text_of(point, "dev"),
		.from = (uint32_t)json_integer_value(json_object_get(line, "from")),
		.to = (uint32_t)json_integer_value(json_object_get(line, "to")),
	};
	return s->ns && s->dev;
}

static void see(const struct cli_points *points, const json_t *lines, struct explanation *e)
{
	auto_free struct explain_sighting *all = calloc(json_array_size(lines) + 1, sizeof(*all));
	const json_t *line;
	size_t i, n = 0;

	if (!all)
		abort();
	json_array_foreach (lines, i, line)
		n += read_sighting(points, line, &all[n]);
	explain_see(e, all, n);
}

static json_t *send(const struct cli_running *running, const struct explanation *e,
		    const struct explain_request *r, struct lab_error **err)
{
	const bool predicted = e->verdict != ANALYSE_NO || e->status;
	const int timeout = predicted ? PREDICTED_MS : UNPREDICTED_MS;
	const struct plan_node *node = cli_find_node(running, r->from, err);
	json_t *app = node && r->app ? cli_credentials(running->plan, r->app, err) : NULL;
	json_t *spec, *result;

	if (!node || (r->app && !app))
		return NULL;
	spec = spec_of(e, r, timeout, app);
	if (!spec) {
		(void)lab_error_make(err, LAB_USAGE, "what is asked for is not UTF-8");
		return NULL;
	}
	result = check_probe(running->plan->lab, node, cli_libexec(), spec,
			     (uint64_t)timeout + MARGIN_MS, cli_catch_signals(), err);
	json_decref(spec);
	return result;
}

/* Sends while the points are listened at. */
static json_t *send_and_listen(const struct cli_running *running, struct explanation *e,
			       const struct explain_request *r, struct cli_points *points,
			       struct cli_probed *p, struct lab_error **err)
{
	auto_cli_listen struct cli_listen l = {.out = -1};
	auto_strbuf struct strbuf filter = {0};
	json_t *lines, *result = NULL;

	explain_filter(e, &filter);
	if (cli_listen_start(&l, points, strbuf_str(&filter), err))
		return NULL;
	lines = json_array();
	result = send(running, e, r, err);
	if (result && cli_listen_finish(&l, lines, err)) {
		json_decref(result);
		result = NULL;
	}
	if (result)
		see(points, lines, e);
	p->dropped = l.dropped;
	p->observed.complete = !l.dropped;
	json_decref(lines);
	return result;
}

int cli_explain_probe(const struct cli_running *running, struct explanation *e,
		      const struct explain_request *r, struct cli_probed *p, struct lab_error **err)
{
	auto_strbuf struct strbuf places = {0};
	struct cli_points points;
	json_t *result = NULL;

	*p = (struct cli_probed){.observed.complete = true};
	if (!e->target.url && !e->target.name && !e->target.ip)
		return lab_error_make(err, LAB_FAILED, "nothing can be sent: %s", e->cause);
	places_of(e, &places);
	cli_points_init(&points, running);
	if (!places.len)
		result = send(running, e, r, err);
	else if (!cli_points_add(&points, strbuf_str(&places), err))
		result = send_and_listen(running, e, r, &points, p, err);
	cli_points_done(&points);
	if (!result)
		return -1;
	judge(e, result, p);
	p->verdict = explain_compare(e, &p->observed);
	p->observed.code = NULL; /* it is the result's */
	json_decref(result);
	return 0;
}

void cli_probed_done(struct cli_probed *p)
{
	free(p->says);
}

/* --- telling --- */

void cli_probed_print(const struct cli_probed *p)
{
	const struct explain_verdict *v = &p->verdict;

	printf("\nprobe: %s: %s%s\n", p->says,
	       !v->known    ? "nothing was predicted"
	       : !v->agrees ? "DISAGREES with the prediction"
	       : v->limit   ? "as predicted: "
			    : "as predicted",
	       v->agrees && v->limit ? v->limit : "");
	if (v->hop)
		printf("  where  %s, of %s: %s\n", v->hop->place, v->leg->title, v->how);
	if (p->dropped)
		cli_message("%ju packets were not seen, for want of room: nothing is said of hops",
			    p->dropped);
}

json_t *cli_probed_json(const struct cli_probed *p)
{
	const struct explain_verdict *v = &p->verdict;
	const struct explain_observed *o = &p->observed;
	json_t *root = json_pack(
		"{s:o, s:s, s:b, s:o, s:s?, s:s?, s:s?, s:s?, s:s?, s:I}", "agrees",
		v->known ? json_boolean(v->agrees) : json_null(), "says", p->says, "answered",
		o->answered, "status", o->status ? json_integer(o->status) : json_null(), "limit",
		v->limit, "ns", v->hop ? v->hop->ns : NULL, "place", v->hop ? v->hop->place : NULL,
		"leg", v->leg ? v->leg->title : NULL, "how", v->how, "dropped",
		(json_int_t)p->dropped);

	if (!root)
		abort();
	return root;
}
