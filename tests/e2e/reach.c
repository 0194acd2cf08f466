// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a plan document from standard input and prints who reaches whom in it; see lib/matrix_text.h. Then for each
 * URL of the command line and each node "request NODE URL", and what explain says that it gets: "STATUS:CODE", "no",
 * or "unknown". A function may answer what it likes; ours says 200.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "explain/explain.h"
#include "lib/matrix_text.h"

static int request(const struct analyse *a, const char *from, const char *url, struct strbuf *out)
{
	const struct explain_request r = {.from = from, .to = url};
	auto_error struct lab_error *err = NULL;
	auto_explanation struct explanation *e = explain_new(a, &r, &err);

	if (!e) {
		fprintf(stderr, "reach: %s\n", lab_error_message(err));
		return -1;
	}
	strbuf_printf(out, "request %s %s ", from, url);
	if (e->status || e->verdict == ANALYSE_YES)
		strbuf_printf(out, "%d:%s\n", e->status ? e->status : 200, e->code);
	else
		strbuf_printf(out, "%s\n", matrix_verdict(e->verdict));
	return 0;
}

static int requests(const struct plan *p, int n, char **urls, struct strbuf *out)
{
	struct analyse *a = analyse_new(p);
	int rc = 0;

	for (int i = 0; i < n; i++)
		for (size_t k = 0; k < p->n_nodes && !rc; k++)
			rc = request(a, p->nodes[k].ns, urls[i], out);
	analyse_free(a);
	return rc;
}

int main(int argc, char **argv)
{
	auto_strbuf struct strbuf text = {0}, out = {0};
	auto_error struct lab_error *err = NULL;
	auto_plan struct plan *p = NULL;
	char buf[65536];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		strbuf_addn(&text, buf, n);
	p = plan_read(strbuf_str(&text), text.len, &err);
	if (!p) {
		fprintf(stderr, "reach: %s\n", lab_error_message(err));
		return 1;
	}
	matrix_text(p, &out);
	if (requests(p, argc - 1, argv + 1, &out))
		return 1;
	fputs(strbuf_str(&out), stdout);
	return 0;
}
