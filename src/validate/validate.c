// SPDX-License-Identifier: GPL-2.0-only
/**
 * Runs the table of rules over a lab. The first rows complete the model (resolve, derive, expand);
 * they are rows like the others because each can find something wrong. A later row may rely on
 * nothing but this: a reference is resolved or NULL, and a NULL one was reported already.
 */
#include "validate/validate.h"

#include <inttypes.h>
#include <stdarg.h>

#include "validate/rules.h"

void validate_report(struct validation *v, struct span at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(v->diags, v->rule->severity, v->rule->id, at, "%s",
		 arena_vprintf(v->scratch, fmt, ap));
	va_end(ap);
}

void validate_hint(struct validation *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_note(v->diags, (struct span){0}, "%s", arena_vprintf(v->scratch, fmt, ap));
	va_end(ap);
}

const char *validate_cidr(struct validation *v, struct ip_prefix p)
{
	return ip_prefix_format(p, arena_alloc(v->scratch, IP_PREFIX_STRLEN));
}

const char *validate_ip(struct validation *v, uint32_t ip)
{
	return ip_format(ip, arena_alloc(v->scratch, IP_STRLEN));
}

struct unit {
	uint64_t size;
	const char *name;
};

/* The number in the biggest unit that leaves it whole. */
static const char *in_unit(struct validation *v, uint64_t n, const struct unit *units)
{
	while (units->size > 1 && (n == 0 || n % units->size))
		units++;
	return arena_printf(v->scratch, "%" PRIu64 " %s", n / units->size, units->name);
}

const char *validate_rate(struct validation *v, uint64_t bits_per_second)
{
	static const struct unit units[] = {
		{1000000000, "Gbit/s"}, {1000000, "Mbit/s"}, {1000, "kbit/s"}, {1, "bit/s"}};

	return in_unit(v, bits_per_second, units);
}

const char *validate_duration(struct validation *v, uint64_t us)
{
	static const struct unit units[] = {{1000000, "s"}, {1000, "ms"}, {1, "us"}};

	return in_unit(v, us, units);
}

struct span validate_span_find(struct span at, const char *needle)
{
	const char *p, *end, *line, *found;

	if (!at.src || !at.line)
		return at;
	p = at.src->text;
	end = p + at.src->len;
	for (uint32_t n = 1; n < at.line && p < end; n++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : end;
	}
	if (p + at.col - 1 > end)
		return at;
	line = p;
	p += at.col - 1;
	found = memmem(p, (size_t)(end - p), needle, strlen(needle));
	/* a value that goes on on the next line has its columns elsewhere */
	if (!found || found >= p + at.len || memchr(p, '\n', (size_t)(found - p)))
		return at;
	at.col = (uint32_t)(found - line) + 1;
	at.len = (uint32_t)strlen(needle);
	return at;
}

static void add_checks(struct validation *v, struct check *checks, size_t n, bool active)
{
	for (size_t i = 0; i < n; i++) {
		arena_push(v->scratch, v->checks, v->n_checks)->check = &checks[i];
		if (active)
			arena_push(v->scratch, v->active, v->n_active)->check = &checks[i];
	}
}

/* What holds now: the checks of the step at which the lab stops, and the lab's own at its end. */
static void collect_checks(struct validation *v)
{
	struct lab *lab = v->lab;
	const char *last = lab->n_steps ? lab->steps[lab->n_steps - 1].id.name : NULL;
	const char *now = v->now = lab->step ? lab->step : last;
	const struct exercise *exercise = lab_find_exercise(lab, lab->step);

	for (size_t i = 0; i < lab->n_steps; i++) {
		struct step *s = &lab->steps[i];

		add_checks(v, s->checks, s->n_checks, now && streq(s->id.name, now));
		for (size_t j = 0; j < s->n_exercises; j++)
			add_checks(v, s->exercises[j].checks, s->exercises[j].n_checks,
				   &s->exercises[j] == exercise);
	}
	add_checks(v, lab->checks, lab->n_checks, !now || !last || streq(now, last));
}

void validate_lab(struct lab *lab, struct diag_list *diags)
{
	auto_arena struct arena *scratch = arena_new(0);
	struct validation v = {.lab = lab, .diags = diags, .scratch = scratch};
	size_t n;
	const struct validate_rule *rules = validate_rules(&n);

	collect_checks(&v);
	for (size_t i = 0; i < n; i++) {
		v.rule = &rules[i];
		v.rule->fn(&v);
	}
	validate_complete_checks(&v);
}
