// SPDX-License-Identifier: GPL-2.0-only
/**
 * ${...} in checks, records of private zones and texts for students: values that the lab chose and that its author
 * should not have to copy.
 */
#include "base/strbuf.h"
#include "validate/rule.h"
#include "validate/rules.h"

/* Gives the value, or NULL with *why set where this resource has none at present. */
typedef const char *value_fn(struct validation *v, const void *item, const char **why);

static const char *vpc_domain(struct validation *v, const void *item, const char **why)
{
	(void)why; /* the name exists before anything answers for it */
	return lab_vpc_domain(v->lab, item);
}

static const char *public_domain(struct validation *v, const void *item, const char **why)
{
	(void)why; /* as above */
	return lab_public_domain(v->lab, item);
}

static const char *private_ip(struct validation *v, const void *item, const char **why)
{
	const struct ecs *e = item;

	if (!e->private_ip.set) {
		*why = "the instance has no address";
		return NULL;
	}
	return ip_format(e->private_ip.ip, arena_alloc(v->lab->arena, IP_STRLEN));
}

static const char *vip(struct validation *v, const void *item, const char **why)
{
	const struct api_gateway *gw = item;

	if (!gw->bind.ip.set) {
		*why = gw->instance_type != GATEWAY_SERVERLESS
			       ? "the instance is not bound to a VPC: write `bind:`"
			       : "only a dedicated instance that is bound to a VPC has one";
		return NULL;
	}
	return ip_format(gw->bind.ip.ip, arena_alloc(v->lab->arena, IP_STRLEN));
}

static const char *public_ip(struct validation *v, const void *item, const char **why)
{
	const struct api_gateway *gw = item;

	if (!gw->public_ip.set) {
		*why = "the lab has no Internet: write `internet:`";
		return NULL;
	}
	return ip_format(gw->public_ip.ip, arena_alloc(v->lab->arena, IP_STRLEN));
}

static const char *egress(struct validation *v, const void *item, const char **why)
{
	const struct api_gateway *gw = item;

	(void)why; /* one is always chosen */
	return ip_format(ip_prefix_first(gw->egress.p) + 1, arena_alloc(v->lab->arena, IP_STRLEN));
}

static const char *address(struct validation *v, const struct address *ip, const char **why)
{
	if (!ip->set) {
		*why = "the host has no address";
		return NULL;
	}
	return ip_format(ip->ip, arena_alloc(v->lab->arena, IP_STRLEN));
}

static const char *host_ip(struct validation *v, const void *item, const char **why)
{
	return address(v, &((const struct host *)item)->ip, why);
}

static const char *internet_ip(struct validation *v, const void *item, const char **why)
{
	return address(v, &((const struct internet_host *)item)->ip, why);
}

static const char *app_key(struct validation *v, const void *item, const char **why)
{
	(void)why; /* one is always derived */
	return lab_app_key(v->lab, item);
}

static const char *app_secret(struct validation *v, const void *item, const char **why)
{
	(void)why; /* as above */
	return lab_app_secret(v->lab, item);
}

static const char *app_code(struct validation *v, const void *item, const char **why)
{
	(void)why; /* as above */
	return lab_app_code(v->lab, item);
}

/* Resources of one kind, of which a lab may have several maps. */
typedef const struct named *at_fn(const struct lab *lab, size_t i);

static const struct named *group_at(const struct lab *lab, size_t i)
{
	return i < lab->n_api_groups ? &lab->api_groups[i].id : NULL;
}

static const struct named *ecs_at(const struct lab *lab, size_t i)
{
	return i < lab->n_ecs ? &lab->ecs[i].id : NULL;
}

static const struct named *gateway_at(const struct lab *lab, size_t i)
{
	return i < lab->n_api_gateways ? &lab->api_gateways[i].id : NULL;
}

static const struct named *host_at(const struct lab *lab, size_t i)
{
	for (size_t d = 0; d < lab->n_data_centers; d++) {
		const struct data_center *dc = &lab->data_centers[d];

		if (i < dc->n_hosts)
			return &dc->hosts[i].id;
		i -= dc->n_hosts;
	}
	return NULL;
}

static const struct named *internet_host_at(const struct lab *lab, size_t i)
{
	return i < lab->internet.n_hosts ? &lab->internet.hosts[i].id : NULL;
}

static const struct named *app_at(const struct lab *lab, size_t i)
{
	return i < lab->n_apps ? &lab->apps[i].id : NULL;
}

static const struct variable {
	const char *map, *field;
	at_fn *at;
	value_fn *value;
} variables[] = {
	{"api_groups", "vpc_domain", group_at, vpc_domain},
	{"api_groups", "public_domain", group_at, public_domain},
	{"ecs", "private_ip", ecs_at, private_ip},
	{"api_gateways", "vip", gateway_at, vip},
	{"api_gateways", "public_ip", gateway_at, public_ip},
	{"api_gateways", "egress_ip", gateway_at, egress},
	{"apps", "app_key", app_at, app_key},
	{"apps", "app_secret", app_at, app_secret},
	{"apps", "app_code", app_at, app_code},
	{"hosts", "ip", host_at, host_ip},
	{"internet", "ip", internet_host_at, internet_ip},
};
enum { N_VARIABLES = sizeof(variables) / sizeof(*variables) };

static const char *full_name(struct validation *v, const struct variable *var,
			     const struct named *id)
{
	return arena_printf(v->scratch, "%s.%s.%s", var->map, id->name, var->field);
}

static const struct variable *find(struct validation *v, const char *name,
				   const struct named **found)
{
	for (size_t i = 0; i < N_VARIABLES; i++) {
		size_t map = strlen(variables[i].map);

		if (strncmp(name, variables[i].map, map) != 0 || name[map] != '.')
			continue;
		for (size_t j = 0; (*found = variables[i].at(v->lab, j)); j++)
			if (streq(name, full_name(v, &variables[i], *found)))
				return &variables[i];
	}
	return NULL;
}

static const char *known_kinds(struct validation *v)
{
	const char *list = "";

	for (size_t i = 0; i < N_VARIABLES; i++)
		list = arena_printf(v->scratch, "%s%s${%s.NAME.%s}", list, i ? ", " : "",
				    variables[i].map, variables[i].field);
	return list;
}

/* What somebody who wrote an unknown name may have meant. */
static const char *suggestion(struct validation *v, const char *name)
{
	const char **all = NULL, *near;
	const struct named *id;
	size_t n = 0;

	for (size_t i = 0; i < N_VARIABLES; i++)
		for (size_t j = 0; (id = variables[i].at(v->lab, j)); j++)
			*arena_push(v->scratch, all, n) = full_name(v, &variables[i], id);
	near = diag_nearest(name, all, n);
	return near ? arena_printf(v->scratch, "did you mean '${%s}'?", near)
		    : arena_printf(v->scratch, "a variable is one of %s", known_kinds(v));
}

static void report_unknown(struct validation *v, struct span at, const char *name)
{
	validate_report(v, at, "unknown variable '${%s}'", name);
	validate_hint(v, "%s", suggestion(v, name));
}

/* --- texts --- */

/* Where a text is filled in: the value of a name, and what is said of one that has none. */
struct filling {
	struct validation *v;
	const char *(*value)(struct filling *f, const char *name);
	/* What is to be done about "${name" without an end; false: no value. NULL: it stays as it is. */
	bool (*no_end)(struct filling *f, const char *name);
	struct span at;    /* of the text, for reports */
	const char *why;   /* there is no value, without reports */
	struct strbuf out; /* to be freed */
};

/* The brace that ends the variable whose name begins there; NULL: there is none before the next one begins. */
static const char *end_of(const char *name)
{
	const char *end = strchr(name, '}'), *next = strstr(name, "${");

	return end && next && next < end ? NULL : end;
}

/* As far as it may be meant for the name. */
static const char *open_name(struct filling *f, const char *name)
{
	return arena_strndup(f->v->scratch, name, strcspn(name, " \t\n`'\"$"));
}

/* One "${". Gives what follows it in the text; NULL: it has no value. */
static const char *fill_one(struct filling *f, const char *open)
{
	const char *name = open + 2, *end = end_of(name), *value;

	if (!end) {
		if (f->no_end && !f->no_end(f, open_name(f, name)))
			return NULL;
		strbuf_add(&f->out, "${");
		return name;
	}
	value = f->value(f, arena_strndup(f->v->scratch, name, (size_t)(end - name)));
	if (!value)
		return NULL;
	strbuf_add(&f->out, value);
	return end + 1;
}

/* false: one has no value. */
static bool fill(struct filling *f, const char *text)
{
	const char *open;

	while ((open = strstr(text, "${"))) {
		strbuf_addn(&f->out, text, (size_t)(open - text));
		text = fill_one(f, open);
		if (!text)
			return false;
	}
	strbuf_add(&f->out, text);
	return true;
}

/* Where the text, which may go on over many lines, has it, as it was written. */
static struct span place_of(struct span at, const char *needle)
{
	const char *line, *found, *next;

	if (!at.src || !at.line)
		return at;
	line = at.src->text;
	for (uint32_t n = 1; n < at.line && (next = strchr(line, '\n')); n++)
		line = next + 1;
	found = strlen(line) < at.col ? NULL : strstr(line + at.col - 1, needle);
	if (!found)
		return at;
	for (; (next = memchr(line, '\n', (size_t)(found - line))); line = next + 1)
		at.line++;
	at.col = (uint32_t)(found - line) + 1;
	at.len = (uint32_t)strlen(needle);
	return at;
}

/* NULL after a report. */
static const char *value_or_report(struct filling *f, const char *name)
{
	const struct named *id = NULL;
	const struct variable *var = find(f->v, name, &id);
	const struct span at = place_of(f->at, arena_printf(f->v->scratch, "${%s}", name));
	const char *value, *why = NULL;

	if (!var) {
		report_unknown(f->v, at, name);
		return NULL;
	}
	value = var->value(f->v, id, &why);
	if (!value) {
		validate_report(f->v, at, "variable '${%s}' has no value", name);
		diag_note(f->v->diags, id->at, "%s", why);
	}
	return value;
}

static bool report_no_end(struct filling *f, const char *name)
{
	const char *open = arena_printf(f->v->scratch, "${%s", name);

	validate_report(f->v, place_of(f->at, open), "variable '%s' has no closing brace", open);
	validate_hint(f->v, "write '%s}'", open);
	return false;
}

/* A text with what has no value, which is reported, stays as it is. */
static void expand_by(struct filling *f, struct text *t)
{
	if (!t->s || !strstr(t->s, "${"))
		return;
	f->at = t->at;
	if (fill(f, t->s))
		t->s = arena_strdup(f->v->lab->arena, strbuf_str(&f->out));
	strbuf_done(&f->out);
}

static void expand(struct validation *v, struct text *t)
{
	struct filling f = {.v = v, .value = value_or_report, .no_end = report_no_end};

	expand_by(&f, t);
}

/* --- texts for students --- */

/* Begins as a variable does: not one of a shell. */
static bool is_ours(const char *name)
{
	for (size_t i = 0; i < N_VARIABLES; i++) {
		size_t map = strlen(variables[i].map);

		if (!strncmp(name, variables[i].map, map) && name[map] == '.')
			return true;
	}
	return false;
}

/* What has no value in the lab as it stands is left as it is written. */
static const char *value_or_itself(struct filling *f, const char *name)
{
	const struct named *id = NULL;
	const struct variable *var = find(f->v, name, &id);
	const char *ignored = NULL, *value = var ? var->value(f->v, id, &ignored) : NULL;

	return value ? value : arena_printf(f->v->scratch, "${%s}", name);
}

/* The same where the text is of the lab as it stands, in which an unknown one is a mistake. */
static const char *value_of_ours(struct filling *f, const char *name)
{
	return is_ours(name) ? value_or_report(f, name) : value_or_itself(f, name);
}

/* Others are a shell's, or half of an example. */
static bool report_no_end_of_ours(struct filling *f, const char *name)
{
	return !is_ours(name) || report_no_end(f, name);
}

/* here: the text is of the lab as it stands. */
static struct filling filling_of_text(struct validation *v, bool here)
{
	return (struct filling){.v = v,
				.value = here ? value_of_ours : value_or_itself,
				.no_end = here ? report_no_end_of_ours : NULL};
}

static void expand_texts(struct filling *f, struct text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expand_by(f, &texts[i]);
}

static void expand_exercise(struct validation *v, struct exercise *e, bool here)
{
	struct filling f = filling_of_text(v, here);

	expand_texts(&f, &e->text, 1);
	expand_texts(&f, &e->answer, 1);
	expand_texts(&f, e->hints, e->n_hints);
}

static void expand_step(struct validation *v, struct step *s)
{
	const bool here = v->now && streq(v->now, s->id.name);
	struct filling f = filling_of_text(v, here);

	expand_texts(&f, &s->text, 1);
	expand_texts(&f, s->tries, s->n_tries);
	expand_texts(&f, s->hints, s->n_hints);
	for (size_t i = 0; i < s->n_exercises; i++)
		expand_exercise(v, &s->exercises[i],
				&s->exercises[i] == lab_find_exercise(v->lab, v->lab->step));
}

static const char *value_or_why(struct filling *f, const char *name)
{
	const struct named *id = NULL;
	const struct variable *var = find(f->v, name, &id);

	if (var)
		return var->value(f->v, id, &f->why);
	f->why = arena_printf(f->v->scratch, "unknown variable '${%s}'; %s", name,
			      suggestion(f->v, name));
	return NULL;
}

static bool no_end_is_why(struct filling *f, const char *name)
{
	f->why = arena_printf(f->v->scratch, "variable '${%s' has no closing brace", name);
	return false;
}

const char *validate_expand(struct lab *lab, const char *text, const char **why)
{
	auto_arena struct arena *scratch = arena_new(0);
	struct validation v = {.lab = lab, .scratch = scratch};
	struct filling f = {.v = &v, .value = value_or_why, .no_end = no_end_is_why};
	const char *filled = NULL;

	if (fill(&f, text))
		filled = arena_strdup(lab->arena, strbuf_str(&f.out));
	else
		*why = arena_strdup(lab->arena, f.why);
	strbuf_done(&f.out);
	return filled;
}

void validate_variables(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_private_zones; i++) {
		struct private_zone *z = &v->lab->private_zones[i];

		for (size_t j = 0; j < z->n_records; j++)
			expand(v, &z->records[j].value);
	}
	for (size_t i = 0; i < v->n_active; i++) {
		struct check *c = v->active[i].check;

		expand(v, &c->target);
		for (size_t j = 0; j < c->n_headers; j++)
			expand(v, &c->headers[j]);
		expand(v, &c->expect.answer);
		expand(v, &c->expect.body);
		expand(v, &c->expect.header);
	}
	for (size_t i = 0; i < v->lab->n_steps; i++)
		expand_step(v, &v->lab->steps[i]);
}
