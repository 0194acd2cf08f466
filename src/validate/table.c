// SPDX-License-Identifier: GPL-2.0-only
#include "base/cleanup.h"
#include "validate/rules.h"
#include "validate/validate.h"

#define ROW(severity, name, id, doc) {id, DIAG_##severity, validate_##name, doc},
static const struct validate_rule table[] = {VALIDATE_RULES(ROW)};

const struct validate_rule *validate_rules(size_t *n)
{
	*n = ARRAY_LEN(table);
	return table;
}
