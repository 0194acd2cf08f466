// SPDX-License-Identifier: GPL-2.0-only
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "supervise/client.h"

bool supervise_find(const char *lab, const char *libexec, struct process_id *id)
{
	auto_strbuf struct strbuf program = {0};

	strbuf_printf(&program, "%s/labctl-supervisor", libexec);
	return process_id_find(program.s, lab, id);
}
