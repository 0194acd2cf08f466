// SPDX-License-Identifier: GPL-2.0-only
/** Tables of values, each put into a lab that is otherwise fine, and the one rule that it breaks. */
#pragma once

#include "base/cleanup.h"
#include "lib/lab_builder.h"
#include "validate/validate.h"

/* One value and the rule that it breaks; NULL: none. */
struct row {
	const char *value, *id;
};

typedef void fill_fn(struct lab_builder *b, const char *value);

static inline void run_rows(const struct row *rows, size_t n, fill_fn *fill)
{
	for (size_t i = 0; i < n; i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		fill(&b, rows[i].value);
		validate_lab(b.lab, b.diags);
		if (diag_count(b.diags) == (rows[i].id ? 1 : 0) &&
		    (!rows[i].id || lab_count(&b, rows[i].id) == 1))
			continue;
		diag_print(b.diags, stderr, false);
		print_error("'%s': expected %s\n", rows[i].value,
			    rows[i].id ? rows[i].id : "nothing");
		fail();
	}
}
