// SPDX-License-Identifier: GPL-2.0-only
/** labctl sign: a signed call as a line for curl, and the text that its signature is of. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/call.h"
#include "sign/sign.h"

struct options {
	struct cli_call_options call;
	const char *timestamp, *nonce;
};

enum { OPTION_TIMESTAMP = 256, OPTION_NONCE };

static const struct argp_option option_table[] = {
	CLI_CALL_OPTIONS,
	{"timestamp", OPTION_TIMESTAMP, "MS", 0, "milliseconds since 1970 (now)", 0},
	{"nonce", OPTION_NONCE, "TEXT", 0, "nonce (a random one)", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPTION_TIMESTAMP: o->timestamp = arg; return 0;
	case OPTION_NONCE: o->nonce = arg; return 0;
	default: return cli_call_option(&o->call, key, arg, state);
	}
}

const struct argp cli_argp_sign = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB API",
	.doc = "Prints a call of an API, signed by an app, as a command line for curl, and before it the text that "
	       "the signature is made of: HMAC-SHA256 with the AppSecret, in Base64. The lab need not be up; the "
	       "line is good for 15 minutes, and once, because of its nonce.\v"
	       "Examples:\n"
	       "  labctl sign gateway-policies orders\n"
	       "  labctl sign gateway-policies orders --app app-2 --timestamp 1700000000000 --nonce n-1\n",
};

/* 'text' for a shell. */
static void add_quoted(struct strbuf *b, const char *text, size_t n)
{
	strbuf_addc(b, '\'');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\'')
			strbuf_add(b, "'\\''");
		else
			strbuf_addc(b, text[i]);
	}
	strbuf_addc(b, '\'');
}

static void add_header(struct strbuf *b, struct http_header h)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_addn(&line, h.name.p, h.name.n);
	strbuf_add(&line, ": ");
	strbuf_addn(&line, h.value.p, h.value.n);
	strbuf_add(b, " \\\n  -H ");
	add_quoted(b, line.s, line.len);
}

static struct http_header header_of(const char *line)
{
	const size_t name = strcspn(line, ":");
	const char *value = line + name + 1;

	value += strspn(value, " ");
	return (struct http_header){{line, name}, http_slice(value)};
}

/* What the command line says, and what curl adds by itself. */
static void read_headers(const struct cli_call *c, const char *body, struct http_header *list,
			 size_t *n)
{
	bool accept = false, type = false;

	for (size_t i = 0; i < c->n_headers; i++) {
		list[*n] = header_of(c->headers[i]);
		accept |= http_slice_is(list[*n].name, "accept");
		type |= http_slice_is(list[*n].name, "content-type");
		(*n)++;
	}
	if (!accept)
		list[(*n)++] = header_of("Accept: */*");
	if (body && !type)
		list[(*n)++] = header_of("Content-Type: application/x-www-form-urlencoded");
}

static void print_text(const char *text)
{
	puts("# what is signed:");
	for (const char *line = text; line;) {
		const size_t n = strcspn(line, "\n");

		printf("#   %.*s\n", (int)n, line);
		line = line[n] ? line + n + 1 : NULL;
	}
}

static void print_curl(const struct cli_call *c, const char *body, const struct http_header *list,
		       size_t n, const struct sign_headers *s)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_printf(&b, "curl -i -X %s", c->method);
	for (size_t i = 0; i < n; i++)
		add_header(&b, list[i]);
	for (size_t i = 0; i < s->n; i++)
		add_header(&b, s->list[i]);
	if (body) {
		strbuf_add(&b, " \\\n  --data-raw ");
		add_quoted(&b, body, strlen(body));
	}
	strbuf_add(&b, " \\\n  ");
	add_quoted(&b, c->url, strlen(c->url));
	puts(strbuf_str(&b));
}

static const char *now(struct arena *a)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail for this clock */
	return arena_printf(a, "%lld%03ld", (long long)ts.tv_sec, ts.tv_nsec / 1000000);
}

static const char *random_nonce(struct arena *a)
{
	uint64_t r[2];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		abort(); /* as many come whole, always */
	return arena_printf(a, "%016llx%016llx", (unsigned long long)r[0],
			    (unsigned long long)r[1]);
}

static int print_call(const struct options *o, const struct lab *lab, const struct cli_call *c,
		      struct lab_error **err)
{
	struct http_header list[CLI_CALL_HEADERS + 3];
	struct sign_request r = {.method = http_slice(c->method), .headers = list};
	const char *body = o->call.body;
	struct sign_headers s;

	read_headers(c, body, list, &r.n_headers);
	sign_target(c->url, &r.path, &r.query);
	s = sign_call(lab->arena, &r, http_slice(body ? body : ""), c->app->app_key.s,
		      c->app->app_secret.s, o->timestamp ? o->timestamp : now(lab->arena),
		      o->nonce ? o->nonce : random_nonce(lab->arena));
	if (!s.text)
		return lab_error_make(err, LAB_USAGE, "the call has too many parameters");
	printf("# app %s: AppKey %s, AppSecret %s\n", c->app->id.name, c->app->app_key.s,
	       c->app->app_secret.s);
	print_text(s.text);
	print_curl(c, body, list, r.n_headers, &s);
	return 0;
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *l = cli_find_lab(o->call.lab, NULL, err);
	struct cli_call c;

	if (!l || cli_call_find(l->lab, &o->call, &c, err) < 0)
		return -1;
	if (!c.app) {
		(void)lab_error_make(err, LAB_USAGE, "nobody signs calls of API %s", o->call.api);
		return lab_error_hint(err, "say --app APP, or give the API auth_type: APP");
	}
	return print_call(o, l->lab, &c, err);
}

int verb_sign(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_sign, argc, argv, &o);
	return run(&o, &err) < 0 ? cli_fail(err) : LAB_OK;
}
