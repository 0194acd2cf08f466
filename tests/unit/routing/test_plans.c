// SPDX-License-Identifier: GPL-2.0-only
/* What the plans of the shipped labs say to labctl-routing is what it reads. */
#include "lib/test.h"

#include <glob.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/worker.h"
#include "plan/plan.h"
#include "routing/config.h"

static void read_plan(const char *path, struct strbuf *text)
{
	auto_fclose FILE *f = fopen(path, "re");
	char buf[8192];
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_addn(text, buf, n);
}

/* The configuration as the supervisor hands it over: with the names of the sockets. */
static void add_sockets(struct strbuf *text, const struct plan_worker *w)
{
	strbuf_add(text, w->config);
	assert_int_equal(text->s[text->len - 1], '}');
	strbuf_trunc(text, text->len - 1);
	strbuf_add(text, ",\"sockets\":[");
	for (size_t i = 0; i < w->n_sockets; i++)
		strbuf_printf(text, "%s{\"name\":\"%s\"}", i ? "," : "", w->sockets[i].name);
	strbuf_add(text, "]}");
}

/* Each descriptor is of the kind that it is used as, and in the namespace that it is used for. */
static void check_sockets(const struct routing_config *c, const struct plan_worker *w)
{
	const int first = WORKER_FD_SOCKET_0;

	assert_int_equal(w->sockets[c->state - first].type, PLAN_MEMORY);
	for (size_t i = 0; i < c->n_tables; i++) {
		const struct plan_socket *s = &w->sockets[c->tables[i].fd - first];

		assert_int_equal(s->type, PLAN_NETLINK);
		assert_string_equal(s->ns, c->tables[i].ns);
	}
	for (size_t i = 0; i < c->n_monitors; i++)
		assert_int_equal(w->sockets[c->monitors[i].fd - first].type, PLAN_ICMP);
}

static size_t check_plan(const char *path)
{
	auto_error struct lab_error *err = NULL;
	auto_strbuf struct strbuf text = {0};
	auto_plan struct plan *p = NULL;
	size_t n = 0;

	read_plan(path, &text);
	p = plan_read(text.s, text.len, &err);
	assert_non_null(p);
	for (size_t i = 0; i < p->n_workers; i++) {
		auto_arena struct arena *a = arena_new(0);
		auto_strbuf struct strbuf config = {0};
		const struct routing_config *c;

		if (strcmp(p->workers[i].program, "labctl-routing") != 0)
			continue;
		add_sockets(&config, &p->workers[i]);
		c = routing_config_read(a, config.s, config.len, &err);
		if (!c)
			fail_msg("%s: %s", path, lab_error_message(err));
		else
			check_sockets(c, &p->workers[i]);
		n++;
	}
	return n;
}

static void every_shipped_lab_is_understood(void **state)
{
	glob_t found;
	size_t n = 0;

	assert_int_equal(glob("tests/golden/*.json", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		n += check_plan(found.gl_pathv[i]);
	globfree(&found);
	assert_true(n >= 5); /* so many had one when this was written */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_shipped_lab_is_understood)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
