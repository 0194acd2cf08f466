// SPDX-License-Identifier: GPL-2.0-only
#include "check/judge.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#define CURL_TIMED_OUT 28 /* CURLE_OPERATION_TIMEDOUT; libcurl itself is the probe's business */

static const char *text_of(const json_t *result, const char *key)
{
	return json_string_value(json_object_get(result, key));
}

static uint64_t number_of(const json_t *result, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(result, key));

	return v < 0 ? 0 : (uint64_t)v;
}

/* "4.2 s", "30.1 ms" */
static void add_time(struct strbuf *out, uint64_t us)
{
	if (us >= 1000000)
		strbuf_printf(out, "%" PRIu64 ".%02" PRIu64 " s", us / 1000000,
			      us % 1000000 / 10000);
	else
		strbuf_printf(out, "%" PRIu64 ".%02" PRIu64 " ms", us / 1000, us % 1000 / 10);
}

const char *check_header(const json_t *headers, const char *name)
{
	size_t len = strlen(name), i;
	const json_t *header;

	json_array_foreach (headers, i, header) {
		const char *line = json_string_value(header);

		if (!line || strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		return line + strspn(line, " \t");
	}
	return NULL;
}

static enum check_verdict failed(void)
{
	return CHECK_FAILED;
}

#define FAIL(why, ...) (strbuf_printf((why), __VA_ARGS__), failed())

static enum check_verdict judge_header(const char *wanted, const json_t *headers,
				       struct strbuf *why)
{
	const char *colon = strchr(wanted, ':');
	auto_strbuf struct strbuf name = {0};
	const char *got;

	strbuf_addn(&name, wanted, colon ? (size_t)(colon - wanted) : strlen(wanted));
	got = check_header(headers, strbuf_str(&name));
	if (!got)
		return FAIL(why, "the answer has no header %s", strbuf_str(&name));
	if (colon && strcmp(got, colon + 1 + strspn(colon + 1, " \t")) != 0)
		return FAIL(why, "header %s is '%s', not '%s'", strbuf_str(&name), got,
			    colon + 1 + strspn(colon + 1, " \t"));
	return CHECK_OK;
}

static enum check_verdict judge_error_code(const char *wanted, const json_t *headers,
					   struct strbuf *why)
{
	const char *code = check_header(headers, "X-Ca-Error-Code");
	const char *message = check_header(headers, "X-Ca-Error-Message");

	if (strcmp(code ? code : "", wanted) == 0)
		return CHECK_OK;
	if (!code)
		return FAIL(why, "the answer has no X-Ca-Error-Code, not %s", wanted);
	return FAIL(why, "X-Ca-Error-Code is %s (%s)%s%s", code, message ? message : "no message",
		    *wanted ? ", not " : "", wanted);
}

static void add_took(struct strbuf *out, uint64_t us)
{
	strbuf_add(out, "it took ");
	add_time(out, us);
}

static enum check_verdict judge_times(const struct check_expect *e, const json_t *result,
				      struct strbuf *why)
{
	uint64_t us = number_of(result, "time_us"), bytes = number_of(result, "bytes");
	bool early = e->min_time.set && us < e->min_time.v;
	uint64_t rate = us ? bytes * 8 * 1000000 / us : 0;

	if (early || (e->max_time.set && us > e->max_time.v)) {
		add_took(why, us);
		strbuf_add(why, early ? ", not at least " : ", not at most ");
		add_time(why, early ? e->min_time.v : e->max_time.v);
		return CHECK_FAILED;
	}
	if (e->rate.set && (rate > e->rate.v || !us))
		return FAIL(why,
			    "%" PRIu64 " bytes came at %" PRIu64 " bit/s, not at most %" PRIu64,
			    bytes, rate, e->rate.v);
	if (e->min_time.set || e->max_time.set || e->rate.set)
		add_took(why, us);
	return CHECK_OK;
}

static enum check_verdict judge_content(const struct check_expect *e, const json_t *result,
					struct strbuf *why)
{
	const json_t *headers = json_object_get(result, "headers");
	const char *body = text_of(result, "body");

	if (e->error_code.s && judge_error_code(e->error_code.s, headers, why) != CHECK_OK)
		return CHECK_FAILED;
	if (e->header.s && judge_header(e->header.s, headers, why) != CHECK_OK)
		return CHECK_FAILED;
	if (e->body.s && !strstr(body ? body : "", e->body.s))
		return FAIL(why, "the body does not contain '%s': it is '%.200s'", e->body.s,
			    body ? body : "");
	if (e->bytes.set && number_of(result, "bytes") != e->bytes.v)
		return FAIL(why, "the body has %" PRIu64 " bytes, not %" PRIu64,
			    number_of(result, "bytes"), e->bytes.v);
	return judge_times(e, result, why);
}

static enum check_verdict judge_http(const struct check *check, const json_t *result,
				     struct strbuf *why)
{
	const struct check_expect *e = &check->expect;
	uint64_t code = number_of(result, "curl"), status = number_of(result, "status");
	const char *error = text_of(result, "error");

	if (check_wants_silence(check)) {
		if (code == CURL_TIMED_OUT)
			return CHECK_OK;
		if (code)
			return FAIL(why, "no silence: %s (curl %" PRIu64 ")", error ? error : "?",
				    code);
		return FAIL(why, "no silence: status %" PRIu64, status);
	}
	if (code)
		return FAIL(why, "%s (curl %" PRIu64 ")", error ? error : "no answer", code);
	if (e->status.set && status != e->status.v) {
		const char *ca = check_header(json_object_get(result, "headers"),
					      "X-Ca-Error-Code");

		return FAIL(why, "status is %" PRIu64 "%s%s, not %" PRIu64, status, ca ? " " : "",
			    ca ? ca : "", e->status.v);
	}
	return judge_content(e, result, why);
}

/* Within 20 % or 1 ms of the wanted time; the least one, since a busy host can only add to it. */
static enum check_verdict judge_rtt(uint64_t wanted, const json_t *result, struct strbuf *why)
{
	uint64_t min = number_of(result, "min_us");
	uint64_t slack = wanted / 5 > 1000 ? wanted / 5 : 1000;

	strbuf_add(why, "the round trip takes ");
	add_time(why, min);
	if (min + slack >= wanted && min <= wanted + slack)
		return CHECK_OK;
	strbuf_add(why, ", not ");
	add_time(why, wanted);
	return CHECK_FAILED;
}

static enum check_verdict judge_ping(const struct check *check, const json_t *result,
				     struct strbuf *why)
{
	uint64_t sent = number_of(result, "sent"), received = number_of(result, "received");
	const char *error = text_of(result, "error");

	if (error)
		return FAIL(why, "%s: %s", check->target.s, error);
	if (check_wants_silence(check))
		return received ? FAIL(why,
				       "no silence: %" PRIu64 " of %" PRIu64 " pings were answered",
				       received, sent)
				: CHECK_OK;
	if (!received)
		return FAIL(why, "none of %" PRIu64 " pings was answered", sent);
	if (!check->expect.rtt.set)
		return CHECK_OK;
	return judge_rtt(check->expect.rtt.v, result, why);
}

static bool has_answer(const json_t *answers, const char *wanted)
{
	const json_t *answer;
	size_t i;

	json_array_foreach (answers, i, answer) {
		if (json_is_string(answer) && strcasecmp(json_string_value(answer), wanted) == 0)
			return true;
	}
	return false;
}

static enum check_verdict judge_dns(const struct check *check, const json_t *result,
				    struct strbuf *why)
{
	const char *rcode = text_of(result, "rcode"), *error = text_of(result, "error");
	const json_t *answers = json_object_get(result, "answers");
	const char *first = json_string_value(json_array_get(answers, 0));
	const char *wanted = check->expect.answer.s;
	bool nodata = rcode && strcmp(rcode, "NOERROR") == 0 && json_array_size(answers) == 0;

	if (!rcode && wanted && strcmp(wanted, "NONE") == 0)
		return CHECK_OK;
	if (!rcode)
		return FAIL(why, "%s", error ? error : "no answer");
	if (!wanted && first)
		return CHECK_OK;
	if (!wanted)
		wanted = "an address";
	if (strcmp(wanted, "NODATA") == 0 ? nodata : strcmp(rcode, wanted) == 0)
		return CHECK_OK;
	if (has_answer(answers, wanted))
		return CHECK_OK;
	return FAIL(why, "%s is %s, not %s", check->target.s,
		    first    ? first
		    : nodata ? "NODATA"
			     : rcode,
		    wanted);
}

static enum check_verdict judge_tcp(const struct check *check, const json_t *result,
				    struct strbuf *why)
{
	const char *state = text_of(result, "state"), *error = text_of(result, "error");
	const char *wanted = check->expect.connect.s ? check->expect.connect.s : "open";

	if (!state)
		return FAIL(why, "%s: %s", check->target.s, error ? error : "no result");
	if (strcmp(state, wanted) != 0)
		return FAIL(why, "%s is %s, not %s", check->target.s, state, wanted);
	return CHECK_OK;
}

static enum check_verdict judge_outage(const struct check *check, const json_t *result,
				       struct strbuf *why)
{
	const struct check_expect *e = &check->expect;
	const char *error = text_of(result, "error");
	uint64_t us = number_of(result, "outage_us"), unseen = number_of(result, "unseen_us");
	bool late = e->max_outage.set && us > e->max_outage.v;

	if (error)
		return FAIL(why, "%s: %s", check->target.s, error);
	if (!number_of(result, "received"))
		return FAIL(why, "%s did not answer before anything was cut", check->target.s);
	if (!json_is_true(json_object_get(result, "back")))
		return FAIL(why, "%s does not answer any more", check->target.s);
	strbuf_add(why, "answers were missing for ");
	add_time(why, us);
	if (unseen) {
		strbuf_add(why, ", without ");
		add_time(why, unseen);
		strbuf_add(why, " in which the probe itself stood still");
	}
	if (!late && (!e->min_outage.set || us >= e->min_outage.v))
		return CHECK_OK;
	strbuf_add(why, late ? ", not at most " : ", not at least ");
	add_time(why, late ? e->max_outage.v : e->min_outage.v);
	return CHECK_FAILED;
}

enum check_verdict check_judge_route(const struct check *check, const char *origin,
				     struct strbuf *why)
{
	const char *wanted = check->expect.origin.s;

	if (wanted ? strcmp(origin, wanted) == 0 : strcmp(origin, "none") != 0)
		return CHECK_OK;
	if (strcmp(origin, "none") == 0)
		return FAIL(why, "%s has no route to %s", check->from.name, check->target.s);
	return FAIL(why, "%s has a route to %s of origin %s, not %s", check->from.name,
		    check->target.s, origin, wanted);
}

enum check_verdict check_judge(const struct check *check, const json_t *result, struct strbuf *why)
{
	switch (check->kind) {
	case CHECK_HTTP: return judge_http(check, result, why);
	case CHECK_PING: return judge_ping(check, result, why);
	case CHECK_DNS: return judge_dns(check, result, why);
	case CHECK_TCP: return judge_tcp(check, result, why);
	case CHECK_OUTAGE: return judge_outage(check, result, why);
	case CHECK_ROUTE: break;
	}
	return FAIL(why, "a route check has no probe");
}
