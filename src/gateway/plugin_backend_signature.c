// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to HTTP backends are signed, so that a backend knows that they come through the gateway. Signed are the
 * headers that the gateway itself has set, whatever plug-ins made of claims among them.
 */
#include "base/cleanup.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/plugin.h"
#include "sign/sign.h"

struct backend_signature {
	const char *key, *secret;
};

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct backend_signature *own = arena_alloc(r->a, sizeof(*own));
	const char *name, *kind, *key, *secret;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s, s:s !}", "name", &name, "kind", &kind, "key",
			   &key, "secret", &secret) < 0)
		return config_wrong(r, "plugins", i, e.text);
	own->key = config_copy(r, key);
	own->secret = config_copy(r, secret);
	p->own = own;
	return 0;
}

static bool no_room(struct gateway_call *c)
{
	gateway_answer_error(c, GATEWAY_OVERLOADED, NULL);
	return false;
}

/* ---- what goes out ---- */

struct headers {
	struct http_header *list;
	size_t n;
};

/* False: no room for so many of them. */
static bool make_room(const struct gateway_call *c, size_t n, struct headers *out)
{
	*out = (struct headers){arena_alloc(c->r->arena, n * sizeof(*out->list) + 1), 0};
	return out->list != NULL;
}

static void add(struct headers *s, const char *name, struct http_slice value)
{
	s->list[s->n++] = (struct http_header){http_slice(name), value};
}

static size_t count_sets(const struct gateway_call *c)
{
	size_t n = 0;

	for (const struct gateway_set *s = c->sets; s; s = s->next)
		n++;
	return n;
}

/* Of plug-ins, of the API, and of the client, without what the gateway says by itself. False: no room. */
static bool list_outgoing(const struct gateway_call *c, struct headers *out)
{
	const struct http_head *h = c->out.head;
	const struct gateway_set *s = c->sets;

	if (!make_room(c, count_sets(c) + c->out.n_own + h->n_headers, out))
		return false;
	for (; (s = gateway_set_next(c->sets, s, GATEWAY_IN_HEAD)); s = s->next)
		add(out, s->name, http_slice(s->value));
	for (size_t i = 0; i < c->out.n_own; i++) {
		if (!gateway_set_of(c->sets, GATEWAY_IN_HEAD, c->out.own[i].name))
			out->list[out->n++] = c->out.own[i];
	}
	for (size_t i = 0; i < h->n_headers; i++) {
		if (gateway_proxy_passes(c, h->headers[i].name))
			out->list[out->n++] = h->headers[i];
	}
	return true;
}

/* p == NULL: it does not go out. */
static struct http_slice value_of(const struct headers *out, const char *name)
{
	for (size_t i = 0; i < out->n; i++) {
		if (http_slice_is(out->list[i].name, name))
			return out->list[i].value;
	}
	return (struct http_slice){NULL, 0};
}

/* ---- what is signed ---- */

/* What proxy.c sends as CaClientIp, which an API may say something else in. */
static void add_client_ip(struct headers *s, const struct gateway_call *c,
			  const struct headers *headers)
{
	const struct http_slice own = value_of(headers, "CaClientIp");

	if (!gateway_set_of(c->sets, GATEWAY_IN_HEAD, http_slice("CaClientIp")))
		add(s, "CaClientIp", own.p ? own : http_slice(c->client_ip));
}

static const char *names_of(struct arena *a, const struct headers *s)
{
	auto_strbuf struct strbuf names = {0};

	for (size_t i = 0; i < s->n; i++) {
		if (i)
			strbuf_addc(&names, ',');
		strbuf_addn(&names, s->list[i].name.p, s->list[i].name.n);
	}
	return arena_strdup(a, names.s);
}

/* NULL: it has been answered why not. */
static char *signature_of(struct gateway_call *c, const struct backend_signature *own,
			  const struct gateway_outgoing *out, const struct headers *headers,
			  const struct headers *s)
{
	const bool form = sign_is_form(value_of(headers, "content-type"));
	const struct sign_request request = {
		.method = out->method,
		.path = out->path,
		.query = out->query,
		.headers = headers->list,
		.n_headers = headers->n,
		.form = form ? c->out.body : (struct http_slice){NULL, 0},
	};
	auto_strbuf struct strbuf text = {0};
	char signature[SIGN_ROOM], *kept;
	const char *why = sign_backend_text(c->r->arena, &request, s->list, s->n, &text);

	if (why) {
		gateway_answer_error(c, GATEWAY_BAD_BODY, why);
		return NULL;
	}
	sign_make(SIGN_HMAC_SHA256, own->secret, (struct http_slice){text.s, text.len}, signature);
	kept = arena_strdup(c->r->arena, signature);
	if (!kept)
		(void)no_room(c);
	return kept;
}

static bool set(struct gateway_call *c, const char *name, const char *value)
{
	return gateway_plugin_set(c, GATEWAY_IN_HEAD, name, value);
}

/* The two at its end, and what plug-ins have set. */
static bool list_signed(const struct gateway_call *c, const struct backend_signature *own,
			const struct headers *outgoing, struct headers *all)
{
	const struct gateway_set *s = c->sets;

	if (!make_room(c, count_sets(c) + 2, all))
		return false;
	for (; (s = gateway_set_next(c->sets, s, GATEWAY_IN_HEAD)); s = s->next)
		add(all, s->name, http_slice(s->value));
	add_client_ip(all, c, outgoing);
	add(all, "X-Ca-Proxy-Signature-Secret-Key", http_slice(own->key));
	return true;
}

static bool request(struct gateway_call *c, const struct gateway_plugin *p,
		    const struct gateway_outgoing *out)
{
	const struct backend_signature *own = p->own;
	struct headers outgoing, all;
	const char *names, *signature;

	if (!list_outgoing(c, &outgoing) || !list_signed(c, own, &outgoing, &all))
		return no_room(c);
	names = names_of(c->r->arena, &all);
	if (!names)
		return no_room(c);
	signature = signature_of(c, own, out, &outgoing, &all);
	return signature && set(c, "X-Ca-Proxy-Signature", signature) &&
	       set(c, "X-Ca-Proxy-Signature-Headers", names) &&
	       set(c, "X-Ca-Proxy-Signature-Secret-Key", own->key);
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	const struct backend_signature *own = p->own;

	return t->asked ? arena_printf(t->a, "plug-in %s signs the request with key %s", p->name,
				       own->key)
			: NULL;
}

const struct gateway_plugin_ops gateway_plugin_backend_signature = {
	.name = "backendSignature",
	.read = read_own,
	.request = request,
	.explain = explain,
};
