// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "check/judge.h"
#include "model/api.h"

#define US_PER_MS        1000u
#define PING_TRIES       5u
#define PING_MS          200u
#define SPARE_MS         2000u  /* for a transfer that is late, to see how late */
#define TRANSFER_MS      60000u /* for a transfer that may be any long */
#define QUERY_TIMEOUT_MS 2000u
#define OUTAGE_PACE_MS   20

static json_t *must(json_t *json)
{
	if (!json)
		abort(); /* out of memory: every string in a parsed lab file is UTF-8 */
	return json;
}

bool check_wants_silence(const struct check *check)
{
	return (check->expect.timeout_set && check->expect.timeout) ||
	       (check->kind == CHECK_TCP && check->expect.connect.s &&
		strcmp(check->expect.connect.s, "timeout") == 0);
}

static uint64_t at_least(uint64_t v, uint64_t least)
{
	return v > least ? v : least;
}

static uint64_t duration_ms(const struct check *check)
{
	return at_least(check->duration.v / US_PER_MS, 1);
}

/* How long one request may take: what is expected, with room to see how late it is. */
static uint64_t http_timeout_ms(const struct check *check)
{
	const struct check_expect *e = &check->expect;
	uint64_t ms = at_least(check->wait.v / US_PER_MS, SPARE_MS);

	if (check_wants_silence(check))
		return duration_ms(check);
	if (e->max_time.set)
		return at_least(e->max_time.v / US_PER_MS + SPARE_MS, ms);
	if (e->min_time.set || e->rate.set)
		return at_least(TRANSFER_MS, e->min_time.v / US_PER_MS * 2);
	return ms;
}

/* NULL: nobody signs. */
static json_t *app_spec(const struct check *check)
{
	const struct app *app = check->app.to;

	return app ? json_pack("{s:s, s:s}", "key", app->app_key.s, "secret", app->app_secret.s)
		   : NULL;
}

static json_t *http_spec(const struct check *check)
{
	const char *url = strchr(check->target.s, ' ');
	json_t *headers = must(json_array());

	for (size_t i = 0; i < check->n_headers; i++)
		json_array_append_new(headers, must(json_string(check->headers[i].s)));
	return json_pack("{s:s, s:s%, s:s, s:o, s:I, s:I, s:o*}", "kind", "http", "method",
			 check->target.s, url ? (size_t)(url - check->target.s) : 0, "url",
			 url ? url + 1 : "", "headers", headers, "body_size",
			 (json_int_t)check->body_size.v, "timeout_ms",
			 (json_int_t)http_timeout_ms(check), "app", app_spec(check));
}

static json_t *ping_spec(const struct check *check)
{
	json_int_t count = check->expect.rtt.set ? PING_TRIES : 1;
	json_int_t interval = PING_MS, timeout = QUERY_TIMEOUT_MS;

	if (check_wants_silence(check)) {
		timeout = interval = 1000;
		count = (json_int_t)at_least(duration_ms(check) / 1000, 1);
	}
	return json_pack("{s:s, s:s, s:I, s:I, s:I}", "kind", "ping", "host", check->target.s,
			 "count", count, "interval_ms", interval, "timeout_ms", timeout);
}

/* An address is looked up as dig -x does it. */
static json_t *dns_spec(const struct check *check)
{
	char reverse[sizeof("255.255.255.255.in-addr.arpa")];
	const char *name = check->target.s, *type = "A";
	uint32_t ip;

	if (ip_parse(name, &ip)) {
		snprintf(reverse, sizeof(reverse), "%u.%u.%u.%u.in-addr.arpa", ip & 255,
			 ip >> 8 & 255, ip >> 16 & 255, ip >> 24);
		name = reverse;
		type = "PTR";
	}
	return json_pack("{s:s, s:s, s:s, s:i}", "kind", "dns", "name", name, "type", type,
			 "timeout_ms", (int)QUERY_TIMEOUT_MS);
}

static json_t *tcp_spec(const struct check *check)
{
	const char *colon = strrchr(check->target.s, ':');
	size_t len = colon ? (size_t)(colon - check->target.s) : strlen(check->target.s);

	return json_pack("{s:s, s:s%, s:i, s:I}", "kind", "tcp", "host", check->target.s, len,
			 "port", colon ? atoi(colon + 1) : 0, "timeout_ms",
			 (json_int_t)duration_ms(check));
}

/* Waits for twice the outage that is allowed, and for as long as the check says in any case. */
static json_t *outage_spec(const struct check *check)
{
	const uint64_t longest = check->expect.max_outage.v * 2 / US_PER_MS;
	const uint64_t timeout = at_least(longest, check->wait.v / US_PER_MS) + SPARE_MS +
				 duration_ms(check);

	return json_pack("{s:s, s:s, s:i, s:I, s:I}", "kind", "outage", "host", check->target.s,
			 "interval_ms", OUTAGE_PACE_MS, "quiet_ms", (json_int_t)duration_ms(check),
			 "timeout_ms", (json_int_t)timeout);
}

json_t *check_spec(const struct check *check)
{
	switch (check->kind) {
	case CHECK_HTTP: return must(http_spec(check));
	case CHECK_PING: return must(ping_spec(check));
	case CHECK_DNS: return must(dns_spec(check));
	case CHECK_TCP: return must(tcp_spec(check));
	case CHECK_OUTAGE: return must(outage_spec(check));
	case CHECK_ROUTE: break;
	}
	abort(); /* a route check has no probe */
}
