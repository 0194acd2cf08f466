// SPDX-License-Identifier: GPL-2.0-only
/* Users and passwords by RFC 7617. What they prove themselves with is for the gateway: the backend does not see it. */
#include "base/base64.h"
#include "gateway/call.h"
#include "gateway/config_read.h"
#include "gateway/forward.h"
#include "gateway/plugin.h"
#include "sign/sign.h"

#define MAX_CREDENTIALS 1024 /* bytes of "user:password" */

struct basic_auth {
	const char **users; /* "user:password" */
	size_t n;
};

static int read_own(struct config_reader *r, json_t *j, size_t i, struct gateway_plugin *p)
{
	struct basic_auth *b = arena_alloc(r->a, sizeof(*b));
	const char *name, *kind, *user, *password;
	json_t *users, *u;
	json_error_t e;
	size_t k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:o !}", "name", &name, "kind", &kind, "users",
			   &users) < 0)
		return config_wrong(r, "plugins", i, e.text);
	b->n = json_array_size(users);
	b->users = arena_alloc(r->a, b->n * sizeof(*b->users) + 1);
	json_array_foreach (users, k, u) {
		if (json_unpack_ex(u, &e, 0, "{s:s, s:s !}", "username", &user, "password",
				   &password) < 0)
			return config_wrong(r, "plugins", i, e.text);
		if (strchr(user, ':') || strlen(user) + strlen(password) >= MAX_CREDENTIALS)
			return config_wrong(r, "plugins", i, "a user with ':', or too long");
		b->users[k] = arena_printf(r->a, "%s:%s", user, password);
	}
	p->own = b;
	return 0;
}

/* "user:password" of the header; p == NULL: there is none. */
static struct http_slice given(struct gateway_call *c, char out[MAX_CREDENTIALS])
{
	struct http_slice text = gateway_forward_scheme(http_head_get(c->r->head, "authorization"),
							"Basic ");
	size_t n;

	if (!text.p || text.n > BASE64_LEN(MAX_CREDENTIALS - 3) ||
	    !base64_decode(text.p, text.n, out, &n))
		return (struct http_slice){NULL, 0};
	return (struct http_slice){out, n};
}

/* All are looked at, whatever is given: how long it takes tells nothing of any password. */
static bool is_known(const struct basic_auth *b, struct http_slice credentials)
{
	bool known = false;

	for (size_t i = 0; i < b->n; i++)
		known |= sign_same(http_slice(b->users[i]), credentials);
	return known;
}

static bool before(struct gateway_call *c, const struct gateway_plugin *p)
{
	char text[MAX_CREDENTIALS];
	const struct http_slice credentials = given(c, text);

	if (!credentials.p || !is_known(p->own, credentials)) {
		gateway_answer_error(c, GATEWAY_BASIC_AUTH_FAILED, NULL);
		return false;
	}
	return gateway_plugin_set(c, GATEWAY_IN_HEADER, "Authorization", NULL);
}

static void after(struct gateway_call *c, const struct gateway_plugin *p,
		  struct gateway_reply *reply)
{
	if (c->error == GATEWAY_BASIC_AUTH_FAILED)
		gateway_reply_add(reply, "WWW-Authenticate",
				  http_slice("Basic realm=\"API Gateway\""));
}

static const char *explain(const struct gateway_plugin *p, struct gateway_thought *t)
{
	if (t->asked)
		t->refused = GATEWAY_BASIC_AUTH_FAILED;
	return NULL;
}

const struct gateway_plugin_ops gateway_plugin_basic_auth = {
	.name = "basicAuth",
	.read = read_own,
	.before = before,
	.after = after,
	.explain = explain,
};
