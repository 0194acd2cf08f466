// SPDX-License-Identifier: GPL-2.0-only
#include "cli/build.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "compile/compile.h"
#include "kernel/kernel.h"

static struct compile_options options_for(const struct lab *lab)
{
	/* who may not ask, or cannot be told, sees the plan for a kernel that has it */
	return (struct compile_options){
		.no_netem = geteuid() == 0 && compile_asks_for_netem(lab) &&
			    kernel_has_netem(NULL) == 0,
	};
}

struct plan *cli_compile_view(const struct cli_lab *l)
{
	return compile_view(l->lab, options_for(l->lab));
}

struct plan *cli_compile(const struct cli_lab *l, struct lab_error **err)
{
	struct plan *plan = compile_lab(l->lab, options_for(l->lab), err);

	if (!plan)
		(void)lab_error_prefix(err, "%s: defect of labctl, please report it", l->path);
	return plan;
}

static const char *why_not_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	/* not access(2): root may "execute" what has no x bit at all only in its imagination */
	return st.st_mode & 0111 ? NULL : "not executable";
}

void cli_check_handlers(const struct cli_lab *l, enum diag_severity severity,
			struct diag_list *diags)
{
	for (size_t i = 0; i < l->lab->n_functions; i++) {
		const struct function *f = &l->lab->functions[i];
		auto_strbuf struct strbuf path = {0};
		const char *why;

		if (!f->code.s)
			continue;
		strbuf_printf(&path, "%s/%s", l->dir, f->code.s);
		why = why_not_executable(path.s);
		if (why)
			diag_add(diags, severity, "handler", f->code.at, "function %s: %s: %s",
				 f->id.name, path.s, why);
	}
}
