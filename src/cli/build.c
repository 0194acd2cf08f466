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

/* The labs of labctl's source tree have the sources of their handlers only. */
static bool has_source(const char *path)
{
	auto_strbuf struct strbuf source = {0};

	strbuf_printf(&source, "%s.c", path);
	return access(source.s, R_OK) == 0;
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

static void check_handler(const struct function *f, const char *path, struct diag_list *diags)
{
	const char *why = why_not_executable(path);
	struct stat st;

	if (!why)
		return;
	diag_error(diags, "handler", f->code.at, "function %s: %s: %s", f->id.name, path, why);
	if (has_source(path))
		diag_note(diags, (struct span){0}, "build it: its source is %s.c", path);
	else if (!stat(path, &st) && S_ISREG(st.st_mode))
		diag_note(diags, (struct span){0}, "chmod +x %s", path);
	else
		diag_note(diags, (struct span){0},
			  "`code` is a path from the lab file's folder to an executable file");
}

void cli_check_handlers(const struct cli_lab *l, struct diag_list *diags)
{
	for (size_t i = 0; i < l->lab->n_functions; i++) {
		const struct function *f = &l->lab->functions[i];
		auto_strbuf struct strbuf path = {0};

		if (!f->code.s)
			continue;
		strbuf_printf(&path, "%s/%s", l->dir, f->code.s);
		check_handler(f, path.s, diags);
	}
}
