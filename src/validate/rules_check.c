// SPDX-License-Identifier: GPL-2.0-only
/** Checks: names, and the little languages of targets and expectations. */
#include <stdlib.h>

#include "validate/rule.h"
#include "validate/rules.h"
#include "validate/syntax.h"

void validate_check_duplicate(struct validation *v)
{
	for (size_t i = 1; i < v->n_checks; i++) {
		const struct text *id = &v->checks[i].check->id;

		/* what was not written is chosen later */
		for (size_t j = 0; id->s && j < i; j++) {
			const struct text *first = &v->checks[j].check->id;

			if (!streq(first->s, id->s))
				continue;
			validate_report(v, id->at, "check '%s' appears twice", id->s);
			diag_note(v->diags, first->at, "first written here");
			validate_hint(v, "ids of checks are unique in a lab, over all steps");
			break;
		}
	}
}

/* --- targets --- */

static bool method(const char *s, size_t n)
{
	static const char *const methods[] = {"GET",   "POST", "PUT",    "DELETE",
					      "PATCH", "HEAD", "OPTIONS"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strlen(methods[i]) == n && strncmp(methods[i], s, n) == 0)
			return true;
	return false;
}

/* Why "METHOD URL" cannot be sent, or NULL. */
static const char *http_fault(const char *s)
{
	size_t word = strcspn(s, " "), authority, name;
	const char *url = s + word + 1;

	if (!s[word])
		return "it is not a method, a space and a URL";
	if (!method(s, word))
		return "its method is not one of GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS";
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return "its URL does not start with http:// or https://";
	url = strstr(url, "//") + 2;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return "its URL has a character that must be written as %XX";
	authority = strcspn(url, "/?#");
	name = strcspn(url, ":/?#");
	if (!validate_is_host(url, name))
		return "its URL has no valid host";
	if (name < authority && !validate_is_port(url + name + 1, authority - name - 1))
		return "its URL has no valid port";
	return strchr(url, '#') ? "its URL has a fragment, which is never sent" : NULL;
}

void validate_check_http(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check *c = v->active[i].check;
		const char *why = c->kind == CHECK_HTTP && c->target.s ? http_fault(c->target.s)
								       : NULL;

		if (!why)
			continue;
		validate_report(v, c->target.at, "'%s' is not an HTTP request: %s", c->target.s,
				why);
		validate_hint(v, "write it like `http: GET http://10.0.0.1/hello`");
	}
}

static bool unexpanded(const struct text *t)
{
	return strstr(t->s, "${"); /* reported already */
}

void validate_check_host(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check *c = v->active[i].check;
		const char *s = c->target.s;
		const char *colon = s ? strrchr(s, ':') : NULL;

		if (!s || unexpanded(&c->target))
			continue;
		if ((c->kind == CHECK_PING || c->kind == CHECK_DNS || c->kind == CHECK_OUTAGE) &&
		    !validate_is_host(s, strlen(s)))
			validate_report(v, c->target.at, "'%s' is neither an address nor a name",
					s);
		if (c->kind != CHECK_TCP)
			continue;
		if (colon && validate_is_host(s, (size_t)(colon - s)) &&
		    validate_is_port(colon + 1, strlen(colon + 1)))
			continue;
		validate_report(v, c->target.at, "'%s' is not ADDRESS:PORT", s);
		validate_hint(v, "write it like \"10.0.0.1:80\"");
	}
}

void validate_check_route(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check *c = v->active[i].check;
		struct ip_prefix p;

		if (c->kind != CHECK_ROUTE || !c->target.s)
			continue;
		switch (ip_prefix_parse(c->target.s, &p)) {
		case IP_OK: continue;
		case IP_HOST_BITS:
			validate_report(v, c->target.at, "'%s' has bits beyond its length",
					c->target.s);
			p.addr = ip_prefix_first(p);
			validate_hint(v, "did you mean %s?", validate_cidr(v, p));
			break;
		case IP_BAD_LENGTH:
		case IP_BAD_SYNTAX:
			validate_report(v, c->target.at, "'%s' is not a CIDR block", c->target.s);
			validate_hint(v, "write it like 172.16.1.0/24");
			break;
		}
	}
}

/* --- headers and expectations --- */

/* RFC 9110 token. */
static size_t token(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "!#$%&'*+-.^_`|~");
}

static bool field_value(const char *s)
{
	for (; *s; s++)
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

void validate_check_header(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check *c = v->active[i].check;

		for (size_t j = 0; j < c->n_headers; j++) {
			const char *s = c->headers[j].s;
			size_t n = token(s);

			if (n && s[n] == ':' && field_value(s + n + 1))
				continue;
			validate_report(v, c->headers[j].at, "'%s' is not a header", s);
			validate_hint(v, "write it like \"X-Ca-Stage: TEST\"");
		}
	}
}

void validate_expect_answer(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct text *answer = &v->active[i].check->expect.answer;
		uint32_t ip;

		if (!answer->s || unexpanded(answer) || streq(answer->s, "NXDOMAIN") ||
		    streq(answer->s, "NODATA") || streq(answer->s, "NONE") ||
		    ip_parse(answer->s, &ip))
			continue;
		validate_report(v, answer->at, "'%s' is not an answer of a resolver", answer->s);
		validate_hint(v, "expect an address, NXDOMAIN, NODATA or NONE");
	}
}

void validate_expect_time(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check_expect *e = &v->active[i].check->expect;

		if (!e->min_time.set || !e->max_time.set || e->min_time.v <= e->max_time.v)
			continue;
		validate_report(v, e->max_time.at, "max_time (%s) is less than min_time (%s)",
				validate_duration(v, e->max_time.v),
				validate_duration(v, e->min_time.v));
		diag_note(v->diags, e->min_time.at, "min_time is written here");
	}
}

/* What cannot be seen of an answer that must not come. */
static const struct span *of_an_answer(const struct check_expect *e)
{
	if (e->status.set)
		return &e->status.at;
	if (e->error_code.s)
		return &e->error_code.at;
	if (e->body.s)
		return &e->body.at;
	if (e->header.s)
		return &e->header.at;
	if (e->bytes.set)
		return &e->bytes.at;
	if (e->rtt.set)
		return &e->rtt.at;
	return e->rate.set ? &e->rate.at : NULL;
}

void validate_expect_timeout(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check_expect *e = &v->active[i].check->expect;
		const struct span *at = of_an_answer(e);

		if (!e->timeout || !at)
			continue;
		validate_report(v, *at, "this can never be seen: the check expects a timeout");
		diag_note(v->diags, e->at, "`timeout: true` is written in this `expect`");
		validate_hint(v, "keep one of the two");
	}
}

/* --- outages --- */

#define MAX_OUTAGE_US (15ull * 60 * 1000000) /* three of these are the longest time of a probe */

void validate_check_outage(struct validation *v)
{
	for (size_t i = 0; i < v->n_active; i++) {
		const struct check *c = v->active[i].check;
		const struct check_expect *e = &c->expect;

		if (c->kind != CHECK_OUTAGE)
			continue;
		if (!c->cut.name) {
			validate_report(v, c->at, "an outage check does not say what is cut");
			validate_hint(v, "write `cut:` and the name of a physical connection");
		}
		if (c->wait.v > MAX_OUTAGE_US || e->max_outage.v > MAX_OUTAGE_US ||
		    c->duration.v > MAX_OUTAGE_US)
			validate_report(v, c->at, "an outage check takes at most 15 min");
		if (!e->max_outage.set || !e->min_outage.set || e->min_outage.v <= e->max_outage.v)
			continue;
		validate_report(v, e->max_outage.at, "max_outage (%s) is less than min_outage (%s)",
				validate_duration(v, e->max_outage.v),
				validate_duration(v, e->min_outage.v));
		diag_note(v->diags, e->min_outage.at, "min_outage is written here");
	}
}
