// SPDX-License-Identifier: GPL-2.0-only
#include "check/evidence.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "check/look.h"

#define LOG_TAIL 65536

static void section(const char *lab, const char *ns, const char *what,
		    void (*dump)(const char *lab, const char *ns, struct strbuf *out),
		    struct strbuf *out)
{
	auto_strbuf struct strbuf text = {0};
	char *line, *save = NULL;

	dump(lab, ns, &text);
	strbuf_printf(out, "%s: %s%s\n", ns, text.len ? "" : "no ", what);
	if (!text.len)
		return;
	for (line = strtok_r(text.s, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		strbuf_printf(out, "  %s\n", line);
}

void check_last_line(const char *text, size_t n, const char *word, struct strbuf *out)
{
	while (n && text[n - 1] == '\n')
		n--;
	while (n) {
		const char *before = memrchr(text, '\n', n);
		const char *line = before ? before + 1 : text;
		size_t len = (size_t)(text + n - line);

		if (!word || memmem(line, len, word, strlen(word))) {
			strbuf_addn(out, line, len);
			return;
		}
		n = before ? (size_t)(before - text) : 0;
	}
}

/* The line that names the request; with no request the last one, for the reason that `why` gives. */
static void log_line(int lab_dir, const char *worker, const char *request_id, const char *why,
		     struct strbuf *out)
{
	char path[64], tail[LOG_TAIL];
	auto_close int fd = -1;
	auto_strbuf struct strbuf line = {0};
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "log/%s.log", worker);
	fd = openat(lab_dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return; /* never started, so it has nothing to say */
	n = pread(fd, tail, sizeof(tail), st.st_size > LOG_TAIL ? st.st_size - LOG_TAIL : 0);
	if (n <= 0)
		return; /* as above */
	check_last_line(tail, (size_t)n, request_id, &line);
	if (line.len)
		strbuf_printf(out, "%s: log%s\n  %s\n", worker, request_id ? "" : why, line.s);
}

static void shapers(const struct plan *plan, struct strbuf *out)
{
	const char *last = "";

	for (size_t i = 0; i < plan->n_shapers; i++) { /* sorted by namespace */
		const char *ns = plan->shapers[i].ns;

		if (strcmp(ns, last) != 0)
			section(plan->lab, ns, "queues", check_dump_queues, out);
		last = ns;
	}
}

/* The router that a node's own link leads to; NULL: it is a router itself, or not there. */
static const char *router_of(const struct plan *plan, const char *node)
{
	for (size_t i = 0; i < plan->n_links; i++)
		if (strcmp(plan->links[i].b.ns, node) == 0)
			return plan->links[i].a.ns;
	return NULL;
}

void check_evidence(const struct check *check, const struct plan *plan, int lab_dir,
		    const char *request_id, struct strbuf *out)
{
	const char *router = router_of(plan, check->from.name);

	if (check->kind == CHECK_ROUTE) {
		section(plan->lab, check->from.name, "routes", check_dump_routes, out);
		return;
	}
	section(plan->lab, check->from.name, "routes", check_dump_routes, out);
	section(plan->lab, check->from.name, "neighbours", check_dump_neighbours, out);
	if (router)
		section(plan->lab, router, "routes", check_dump_routes, out);
	shapers(plan, out);
	if (check->kind != CHECK_HTTP || lab_dir < 0)
		return;
	for (size_t i = 0; i < plan->n_workers; i++) {
		const struct plan_worker *w = &plan->workers[i];

		if (strcmp(w->program, "labctl-gateway") == 0)
			log_line(lab_dir, w->name, request_id,
				 ", last line (the answer named no request)", out);
		if (strcmp(w->program, "labctl-function") == 0)
			log_line(lab_dir, w->name, NULL, ", last line", out);
	}
}

void check_clean(char *text)
{
	json_t *utf8 = json_string(text);
	bool ascii_only = !utf8;

	json_decref(utf8);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || (c >= 0x80 && ascii_only))
			*text = '?';
	}
}
