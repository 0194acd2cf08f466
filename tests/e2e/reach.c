// SPDX-License-Identifier: GPL-2.0-only
/* Reads a plan document from standard input and prints who reaches whom in it; see lib/matrix_text.h.
 * With "-t", how long that took instead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "lib/matrix_text.h"

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_time(const struct plan *p)
{
	const double start = seconds();
	struct analyse *a = analyse_new(p);
	const double indexed = seconds();
	struct analyse_matrix *m = analyse_matrix_new(a);
	const double done = seconds();

	printf("%zu sources of %zu kinds, %zu targets of %zu kinds: %zu walks; index %.3f s, matrix %.3f s",
	       m->n_sources, m->n_source_kinds, m->n_targets, m->n_target_kinds, m->walks,
	       indexed - start, done - indexed);
	printf(", %.2f us a walk\n", m->walks ? 1e6 * (done - indexed) / (double)m->walks : 0.0);
	analyse_matrix_free(m);
	analyse_free(a);
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
	if (argc > 1 && strcmp(argv[1], "-t") == 0)
		print_time(p);
	else
		matrix_text(p, &out);
	fputs(strbuf_str(&out), stdout);
	return 0;
}
