// SPDX-License-Identifier: GPL-2.0-only
/** labctl explain: how a request goes through a lab, where it stops, and what would let it pass. */
#include <jansson.h>
#include <labctl/exit.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyse/resource.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/explain_probe.h"
#include "cli/options.h"
#include "cli/request.h"
#include "cli/rework.h"
#include "cli/seen.h"
#include "explain/explain.h"
#include "parse/parse.h"

#define NAMES_MAX    6 /* of resources that a step adds; more are only counted */
#define OPTION_WHOLE 256

struct options {
	struct cli_lab_options common;
	const char *from, *to, *method, *host, *stage, *app;
	bool planned, probe, whole;
};

/* What --probe needs and finds. */
struct probing {
	struct cli_running running;
	struct cli_probed probed;
	bool done;
};

/* What makes it reachable: repair, or the first later step, and what that step does. */
struct remedy {
	bool judged, planned;    /* whether the plan that was applied was asked; it reaches it */
	bool repair;             /* it is by that plan, and the lab is otherwise */
	bool reset;              /* it is by the file, and not by what was changed in the lab */
	bool unread;             /* steps are not known: the lab file cannot be used */
	const struct step *step; /* NULL: there is none */
	struct cli_lab *lab;     /* that it is of */
	struct plan *before, *after;
	struct plan_diff *diff;
	struct analyse_resources *resources;
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"plan", 'p', NULL, 0, "even if the lab is up, answer by its file", 0},
	{"probe", 'P', NULL, 0,
	 "send it, too: what every hop saw of it stands beside the prediction (a lab that is up)",
	 0},
	{"request", 'X', "METHOD", 0, "method of the request to a URL (GET)", 0},
	{"header", 'H', "HEADER", 0,
	 "\"Host: NAME\" or \"X-Ca-Stage: NAME\" of the request; no other header is looked at or sent",
	 0},
	/* for tests: the answer must be the same */
	{"whole", OPTION_WHOLE, NULL, OPTION_HIDDEN, "look at all of a lab that is up", 0},
	{"app", 'a', "APP", 0, "app that signs the request, and what --probe sends", 0},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

/* The value of that header; NULL: it is another one. */
static const char *value_of(const char *header, const char *name)
{
	const size_t n = strlen(name);

	if (strncasecmp(header, name, n) != 0 || header[n] != ':')
		return NULL;
	return header + n + 1 + strspn(header + n + 1, " ");
}

static void take_header(struct options *o, const char *arg)
{
	const char *host = value_of(arg, "Host"), *stage = value_of(arg, "X-Ca-Stage");

	o->host = host ? host : o->host;
	o->stage = stage ? stage : o->stage;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'p': o->planned = true; return 0;
	case 'P': o->probe = true; return 0;
	case OPTION_WHOLE: o->whole = true; return 0;
	case 'X': o->method = arg; return 0;
	case 'H': take_header(o, arg); return 0;
	case 'a': o->app = arg; return 0;
	case ARGP_KEY_ARG:
		if (!o->common.lab)
			o->common.lab = arg;
		else if (!o->from)
			o->from = arg;
		else if (!o->to)
			o->to = arg;
		else
			argp_error(state, "one destination, not also \"%s\"", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->to)
			argp_error(state, "which lab, from which of its nodes, and to what?");
		if (o->probe && (o->planned || o->common.step))
			argp_error(state, "--probe is for the lab as it runs");
		return 0;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_explain = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB FROM TO",
	.doc = "Follows a request from the node FROM as the lab would: the name's answer, every hop there and "
	       "back with the route that is taken, security groups and firewalls, the gateway's decisions "
	       "and its way to the backend. Where it stops, says why, which line of the lab file is about "
	       "that, and which later step brings what is missing. TO is a node or an address (for ping), "
	       "either with :PORT (for TCP), or a URL; ${...} stands for what it does in checks. A lab that is "
	       "up is looked at as it is. Exit status 0: reachable, 1: not, or not known, or --probe found it to "
	       "be otherwise.\v"
	       "Examples:\n"
	       "  labctl explain scenario1 ecs-3 172.16.1.10\n"
	       "  labctl explain scenario3 ecs-1 idc-service:8080 --step bind\n"
	       "  labctl explain scenario1 ecs-3 'http://${api_groups.group-1.vpc_domain}/hello'\n",
};

/* --- one explanation --- */

/* A request with the values of ${...}, to be freed. */
struct asked {
	char *to, *host, *stage;
};

static void asked_done(struct asked *a)
{
	free(a->to);
	free(a->host);
	free(a->stage);
}
#define auto_asked __attribute__((cleanup(asked_done)))

/* l: NULL where there is no ${...}. */
static bool expand_all(const struct options *o, struct cli_lab *l, struct asked *a,
		       const char **why)
{
	struct lab *lab = l ? l->lab : NULL;

	return cli_expand(lab, o->to, &a->to, why) && cli_expand(lab, o->host, &a->host, why) &&
	       cli_expand(lab, o->stage, &a->stage, why);
}

static struct explain_request request_of(const struct options *o, const struct asked *asked)
{
	return (struct explain_request){.from = o->from,
					.to = asked->to,
					.method = o->method,
					.host = asked->host,
					.stage = asked->stage,
					.names_too = o->probe,
					.app = o->app};
}

static struct explanation *explain(const struct options *o, const struct plan *p,
				   const struct asked *asked, struct lab_error **err)
{
	const struct explain_request r = request_of(o, asked);
	struct analyse *a = analyse_new(p);
	struct explanation *e = explain_new(a, &r, err);

	analyse_free(a);
	return e;
}

/* One answer about what is known of the lab, and whether more has to be looked at, as of cli_seen_more(). */
static struct explanation *explain_once(const struct explain_request *r, struct cli_seen *seen,
					const struct analyse *a, struct remedy *remedy, int *more,
					struct lab_error **err)
{
	const bool planned = cli_seen_is_planned(seen);
	struct explanation *e = explain_new(a, r, err);

	if (planned && e) {
		remedy->judged = true;
		remedy->planned = e->verdict == ANALYSE_YES;
	}
	*more = e ? cli_seen_more(seen, a, err) : -1;
	if (e && *more) {
		explain_free(e);
		e = NULL;
	}
	return e;
}

/* Of a lab that is up, only what the answer depends on is looked at: it is asked again until that is all known. */
static struct explanation *explain_seen(const struct options *o, struct cli_seen *seen,
					const struct asked *asked, struct remedy *remedy,
					struct lab_error **err)
{
	const struct explain_request r = request_of(o, asked);
	struct analyse *first = analyse_new(seen->plan);
	int more;
	struct explanation *e = explain_once(&r, seen, first, remedy, &more, err);

	while (more > 0) {
		struct analyse *again = analyse_again(seen->plan, first);

		e = explain_once(&r, seen, again, remedy, &more, err);
		analyse_free(again);
	}
	analyse_free(first);
	return e;
}

static const char *nearest_node(const struct plan *p, const char *name)
{
	auto_free const char **names = calloc(p->n_nodes + 1, sizeof(*names));

	if (!names)
		abort();
	for (size_t i = 0; i < p->n_nodes; i++)
		names[i] = p->nodes[i].ns;
	return diag_nearest(name, names, p->n_nodes);
}

static int no_such_node(const struct plan *p, const char *name, struct lab_error **err)
{
	const char *nearest = nearest_node(p, name);

	(void)lab_error_make(err, LAB_USAGE, "no such node: %s", name);
	return nearest ? lab_error_hint(err, "did you mean %s?", nearest) : -1;
}

/* A name that nobody knew may be that of a node, misspelt. */
static void print_nearest(const struct plan *p, const struct explanation *e)
{
	const char *nearest = e->target.name && !strchr(e->target.name, '.')
				      ? nearest_node(p, e->target.name)
				      : NULL;

	if (nearest)
		printf("  hint   did you mean %s?\n", nearest);
}

/* --- the step that would mend it --- */

static struct cli_lab *lab_at(const char *lab, const char *step)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *ignored =
		NULL; /* no remedy is known then, which is said, and is no error */
	struct cli_lab *l = cli_read_lab(lab, step, diags, &ignored);

	if (l && l->lab && !diag_errors(diags))
		return l;
	cli_lab_free(l);
	return NULL;
}

/* Without its folder, as plans name it. */
static const char *file_of(struct span at)
{
	const char *slash = strrchr(at.src->path, '/');

	return slash ? slash + 1 : at.src->path;
}

/* A plan has the rules of security groups and the decisions of gateways, and not their places. */
static void find_place(const struct options *o, const struct cli_seen *seen, struct explanation *e)
{
	const bool wanted = e->origin.resource && !e->origin.at;
	auto_cli_lab struct cli_lab *again = wanted && !seen->read
						     ? lab_at(o->common.lab, seen->step)
						     : NULL;
	const struct cli_lab *l = seen->read ? seen->read : again;
	const struct named *id = wanted && l ? parse_find(l->lab, e->origin.resource) : NULL;

	if (id)
		e->origin.at = arena_printf(e->arena, "%s:%u", file_of(id->at), id->at.line);
}

/* NULL, too, where something that TO speaks of is not there yet. */
static struct plan *plan_at(const struct options *o, const struct step *step, struct asked *asked,
			    struct remedy *r)
{
	auto_cli_lab struct cli_lab *l = lab_at(o->common.lab, step->id.name);
	auto_error struct lab_error *ignored = NULL; /* as above */
	struct plan *p = NULL;
	const char *why;

	if (l && !expand_all(o, l, asked, &why))
		return NULL;
	p = l ? cli_compile(l, &ignored) : NULL;
	r->unread |= !p;
	return p;
}

static bool reaches(const struct options *o, const struct plan *p, const struct asked *asked)
{
	auto_error struct lab_error *ignored = NULL; /* the node is not there yet, say */
	auto_explanation struct explanation *e = explain(o, p, asked, &ignored);

	return e && e->verdict == ANALYSE_YES;
}

/* Whether the lab needs only be as it was planned: that is asked at first, as a rule. */
static bool repairs(const struct options *o, const struct cli_seen *seen, const struct asked *asked,
		    const struct remedy *r)
{
	return seen->live && (r->judged ? r->planned : reaches(o, seen->status.plan, asked));
}

/* Whether it is reached by what the file says, without what `labctl link` and `fault` changed. */
static bool reset_mends(const struct options *o, const struct plan *running,
			const struct asked *asked)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *ignored =
		NULL; /* no remedy is known then, which is no error */
	auto_cli_lab struct cli_lab *l = NULL;
	auto_plan struct plan *p = NULL;

	if (!running->changes || !running->file)
		return false;
	l = cli_running_lab(running, NULL, diags, &ignored);
	p = l && l->lab && !diag_errors(diags) ? cli_compile(l, &ignored) : NULL;
	return p && reaches(o, p, asked);
}

static size_t step_after(const struct lab *lab, const char *id)
{
	if (!id)
		return lab->n_steps;
	for (size_t i = 0; i < lab->n_steps; i++)
		if (!strcmp(lab->steps[i].id.name, id))
			return i + 1;
	return lab->n_steps;
}

static void find_remedy(const struct options *o, const struct cli_seen *seen, struct remedy *r)
{
	const char *step = seen->step;

	/* no step comes after all of them, and the file could be used */
	if (!step && (!seen->live || cli_file_untouched(seen->session.state, seen->status.plan)))
		return;
	r->lab = lab_at(o->common.lab, NULL);
	r->unread = !r->lab;
	for (size_t i = r->lab ? step_after(r->lab->lab, step) : 0;
	     r->lab && i < r->lab->lab->n_steps && !r->step; i++) {
		auto_asked struct asked asked = {0};
		struct plan *p = plan_at(o, &r->lab->lab->steps[i], &asked, r);

		if (p && reaches(o, p, &asked))
			r->step = &r->lab->lab->steps[i];
		if (p && !r->step) {
			plan_free(r->before);
			r->before = p;
		} else if (p) {
			r->after = p;
		}
	}
}

/* before: of the step before, or what was explained itself, as it was planned. */
static void compare(struct remedy *r, const struct plan *now)
{
	if (!r->step)
		return;
	r->diff = plan_diff(r->before ? r->before : now, r->after);
	r->resources = analyse_resources_of(r->diff, r->before ? r->before : now, r->after);
}

static void remedy_done(struct remedy *r)
{
	analyse_resources_free(r->resources);
	plan_diff_free(r->diff);
	plan_free(r->before);
	plan_free(r->after);
	cli_lab_free(r->lab);
}
#define auto_remedy __attribute__((cleanup(remedy_done)))

/* What the step adds; what it only changes, where it adds nothing. */
static bool is_news(const struct analyse_resources *r, size_t i)
{
	if (!strncmp(r->items[i].resource, "lab.", 4))
		return false;
	return r->items[i].op == (r->count[PLAN_ADD] ? PLAN_ADD : PLAN_CHANGE);
}

static void print_news(const struct analyse_resources *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (is_news(r, i) && n++ < NAMES_MAX)
			printf("           %s, %s\n", r->items[i].at, r->items[i].name);
	if (n > NAMES_MAX)
		printf("           and %zu more\n", n - NAMES_MAX);
}

static void print_remedy(const struct options *o, const struct remedy *r)
{
	if (r->repair) {
		printf("  repair the lab differs from its plan, by which it is reachable\n"
		       "         labctl up %s\n",
		       o->common.lab);
		return;
	}
	if (r->reset) {
		printf("  reset  it is what was changed in the lab by labctl link or fault\n"
		       "         labctl reset %s\n",
		       o->common.lab);
		return;
	}
	if (!r->step && r->unread) {
		printf("  step   not known: the lab file cannot be used\n"
		       "         labctl check %s\n",
		       o->common.lab);
		return;
	}
	if (!r->step) {
		puts("  step   no later step of the lab file makes it reachable");
		return;
	}
	printf("  step   %s\n           %s:%u, step %s\n",
	       r->step->title.s ? r->step->title.s : r->step->id.name, file_of(r->step->id.at),
	       r->step->id.at.line, r->step->id.name);
	print_news(r->resources);
	printf("         labctl up %s --step %s\n", o->common.lab, r->step->id.name);
}

/* --- JSON --- */

static void add_seen(json_t *o, const char *key, const char *dev, size_t n)
{
	if (dev && json_object_set_new(o, key, json_integer((json_int_t)n)))
		abort();
}

static json_t *hop_json(const struct explain_hop *hop, bool watched)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "ns", hop->ns, "place", hop->place,
			      "how", hop->how, "resource", hop->origin.resource, "at",
			      hop->origin.at);

	if (!watched)
		return o;
	add_seen(o, "seen_in", hop->in, hop->seen_in);
	add_seen(o, "seen_out", hop->out, hop->seen_out);
	return o;
}

static json_t *hops_json(const struct explain_hop *hops, size_t n, bool watched)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, hop_json(&hops[i], watched)))
			abort();
	return list;
}

static const char *const words[] = {
	[ANALYSE_NO] = "no", [ANALYSE_YES] = "yes", [ANALYSE_PERHAPS] = "unknown"};

static json_t *legs_json(const struct explanation *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->n_legs; i++) {
		const struct explain_leg *leg = &e->legs[i];
		json_t *notes = json_array();

		for (size_t k = 0; k < leg->n_notes; k++)
			if (json_array_append_new(notes, json_string(leg->notes[k])))
				abort();
		if (json_array_append_new(
			    list,
			    json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:i}", "title",
				      leg->title, "passes", words[leg->verdict], "notes", notes,
				      "there", hops_json(leg->there, leg->n_there, leg->watched),
				      "back", hops_json(leg->back, leg->n_back, leg->watched),
				      "rate", (json_int_t)leg->is.rate, "rtt_us",
				      (json_int_t)leg->is.delay_us, "loss_ppm", leg->is.loss_ppm)))
			abort();
	}
	return list;
}

static json_t *remedy_json(const struct remedy *r)
{
	json_t *list;

	if (!r->step)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < r->resources->n; i++)
		if (is_news(r->resources, i) &&
		    json_array_append_new(list, json_pack("{s:s, s:s}", "resource",
							  r->resources->items[i].resource, "at",
							  r->resources->items[i].at)))
			abort();
	return json_pack("{s:s, s:s?, s:o}", "id", r->step->id.name, "title", r->step->title.s,
			 "changes", list);
}

static void print_json(const struct explanation *e, const struct asked *asked,
		       const struct cli_seen *seen, const struct remedy *r,
		       const struct probing *probing)
{
	json_t *root = json_pack(
		"{s:s, s:s?, s:b, s:s?, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:o, s:s, s:s?, s:s?, s:s?, "
		"s:I, s:I, s:i, s:b, s:b, s:o, s:b, s:o}",
		"lab", seen->plan->lab, "step", seen->step, "live", seen->live, "file",
		cli_seen_file(seen), "from", e->from, "to", e->to, "host", asked->host, "stage",
		asked->stage, "reachable", words[e->verdict], "answer", e->answer, "status",
		e->status ? json_integer(e->status) : json_null(), "error_code", e->code, "cause",
		e->cause, "resource", e->origin.resource, "at", e->origin.at, "rate",
		(json_int_t)e->is.rate, "rtt_us", (json_int_t)e->is.delay_us, "loss_ppm",
		e->is.loss_ppm, "repaired_by_up", r->repair, "mended_by_reset", r->reset,
		"mended_by", remedy_json(r), "steps_known", !r->unread, "legs", legs_json(e));
	auto_free char *text = NULL;

	if (probing->done && json_object_set_new(root, "probe", cli_probed_json(&probing->probed)))
		abort();
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (!text)
		abort();
	puts(text);
	json_decref(root);
}

static void print_text(const struct options *o, const struct explanation *e,
		       const struct cli_seen *seen, const struct remedy *r,
		       const struct probing *probing)
{
	auto_strbuf struct strbuf text = {0};

	cli_seen_say(seen);
	explain_text(e, &text);
	fputs(strbuf_str(&text), stdout);
	if (e->verdict != ANALYSE_YES) {
		print_nearest(seen->plan, e);
		print_remedy(o, r);
	}
	if (probing->done)
		cli_probed_print(&probing->probed);
}

/* --- the verb --- */

static bool has_variables(const struct options *o)
{
	return cli_has_variables(o->to) || cli_has_variables(o->host) ||
	       cli_has_variables(o->stage);
}

static int expand(const struct options *o, const char *step, struct asked *asked,
		  struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = has_variables(o) ? lab_at(o->common.lab, step) : NULL;
	const char *why = "the lab file cannot be used";

	if ((l || !has_variables(o)) && expand_all(o, l, asked, &why))
		return 0;
	return lab_error_make(err, LAB_USAGE, "%s: %s", o->to, why);
}

/* One that a later step brings is no mistake: what comes of it is explained. */
static int check_app(const struct options *o, const struct cli_seen *seen, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = NULL;

	if (!o->app || cli_knows_app(seen->plan, o->app))
		return 0;
	l = lab_at(o->common.lab, NULL);
	for (size_t i = 0; l && i < l->lab->n_apps; i++)
		if (!strcmp(l->lab->apps[i].id.name, o->app))
			return 0;
	return cli_no_such_app(seen->plan, l ? l->lab : NULL, o->app, err);
}

/* The lab is up, and this process is where it can be probed. */
static int probe_open(const struct options *o, struct probing *p, struct lab_error **err)
{
	if (!o->probe)
		return 0;
	return cli_enter_running("explain", o->common.lab, err) ||
			       cli_open_running(o->common.lab, STATE_READ, &p->running, err)
		       ? -1
		       : 0;
}

static int probe(const struct options *o, const struct asked *asked, struct explanation *e,
		 struct probing *p, struct lab_error **err)
{
	const struct explain_request r = request_of(o, asked);

	if (!o->probe)
		return 0;
	p->done = true;
	return cli_explain_probe(&p->running, e, &r, &p->probed, err);
}

static void probing_done(struct probing *p)
{
	cli_probed_done(&p->probed);
	cli_running_done(&p->running);
}
#define auto_probing __attribute__((cleanup(probing_done)))

static int explain_it(const struct options *o, struct cli_seen *seen, struct probing *probing,
		      bool *good, struct lab_error **err)
{
	auto_remedy struct remedy remedy = {0};
	auto_explanation struct explanation *e = NULL;
	auto_asked struct asked asked = {0};

	if (!plan_find_node(seen->plan, o->from))
		return no_such_node(seen->plan, o->from, err);
	if (check_app(o, seen, err) || expand(o, seen->step, &asked, err))
		return -1;
	e = explain_seen(o, seen, &asked, &remedy, err);
	if (!e || probe(o, &asked, e, probing, err))
		return -1;
	find_place(o, seen, e);
	if (e->verdict != ANALYSE_YES) {
		remedy.repair = repairs(o, seen, &asked, &remedy);
		remedy.reset = !remedy.repair && seen->live &&
			       reset_mends(o, seen->status.plan, &asked);
		if (!remedy.repair && !remedy.reset)
			find_remedy(o, seen, &remedy);
		compare(&remedy, seen->live ? seen->status.plan : seen->plan);
	}
	*good = e->verdict == ANALYSE_YES && (!probing->done || probing->probed.verdict.agrees);
	if (o->common.json)
		print_json(e, &asked, seen, &remedy, probing);
	else
		print_text(o, e, seen, &remedy, probing);
	return 0;
}

static int run(const struct options *o, bool *good, struct lab_error **err)
{
	auto_probing struct probing probing = {0};
	auto_cli_seen struct cli_seen seen = {0};

	if (probe_open(o, &probing, err) ||
	    cli_seen_open(&seen, "explain", o->common.lab, o->common.step, o->planned,
			  o->whole ? CLI_SEE_ALL : CLI_SEE_ASKED, err))
		return -1;
	return explain_it(o, &seen, &probing, good, err);
}

int verb_explain(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	bool good = false;

	cli_parse(&cli_argp_explain, argc, argv, &o);
	if (run(&o, &good, &err))
		return cli_fail_json(o.common.json, err);
	return good ? LAB_OK : LAB_FAILED;
}
