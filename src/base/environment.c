// SPDX-License-Identifier: GPL-2.0-only
#include "base/environment.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

void environment_set(struct environment *e, const char *name, const char *fmt, ...)
{
	struct strbuf text = {0};
	size_t len = strlen(name), i = 0;
	va_list ap;

	strbuf_printf(&text, "%s=", name);
	va_start(ap, fmt);
	strbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	while (i < e->n && strncmp(e->vars[i], text.s, len + 1) != 0)
		i++;
	if (i == e->n) {
		e->vars = reallocarray(e->vars, i + 2, sizeof(char *));
		if (!e->vars)
			abort(); /* out of memory: the supervisor starts us anew */
		e->vars[i + 1] = NULL;
		e->n++;
	} else {
		free(e->vars[i]);
	}
	e->vars[i] = strbuf_take(&text);
}

bool environment_name_valid(const char *name)
{
	return *name && !strchr(name, '=');
}

void environment_done(struct environment *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->vars[i]);
	free(e->vars);
	*e = (struct environment){0};
}
