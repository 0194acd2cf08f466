// SPDX-License-Identifier: GPL-2.0-only
/* Reads a plan document from standard input and prints who reaches whom in it; see lib/matrix_text.h. */
#include <stdio.h>

#include "base/cleanup.h"
#include "lib/matrix_text.h"

int main(void)
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
	fputs(strbuf_str(&out), stdout);
	return 0;
}
