// SPDX-License-Identifier: GPL-2.0-only
/** The files that make a node feel like a host; enter/exec binds them over those in /etc. */
#include <string.h>

#include "apply/internal.h"
#include "base/cleanup.h"
#include "base/strbuf.h"

static bool holds(const struct state *s, const char *file, const char *text)
{
	auto_free char *there = state_read(s, file, NULL, NULL);

	return there && strcmp(there, text) == 0;
}

/* What is there already is not written again: going back must be possible on a full disk too. */
static int write_node_file(struct state *s, const char *ns, const char *file, const char *text,
			   bool fresh, struct lab_error **err)
{
	auto_strbuf struct strbuf path = {0};

	strbuf_printf(&path, "node/%s/%s", ns, file);
	if (!fresh && holds(s, path.s, text))
		return 0;
	return state_write(s, path.s, text, strlen(text), err);
}

static int write_node(struct state *s, const struct plan_node *node, bool fresh,
		      struct lab_error **err)
{
	auto_strbuf struct strbuf folder = {0}, hostname = {0};
	struct state_file files[] = {
		{"resolv.conf", node->resolv_conf ? node->resolv_conf : ""},
		{"hosts", node->hosts ? node->hosts : ""},
		{"hostname", NULL},
	};
	int r;

	strbuf_printf(&folder, "node/%s", node->ns);
	strbuf_printf(&hostname, "%s\n", node->hostname);
	files[2].text = hostname.s;
	r = state_write_new(s, folder.s, files, ARRAY_LEN(files), err);
	for (size_t i = 0; r == 1 && i < ARRAY_LEN(files); i++)
		if (write_node_file(s, node->ns, files[i].name, files[i].text, fresh, err))
			r = -1;
	return r < 0 ? -1 : 0;
}

int apply_nodes(struct state *s, const struct plan *before, const struct plan *wanted,
		struct lab_error **err)
{
	for (size_t i = 0; before && i < before->n_nodes; i++) {
		auto_strbuf struct strbuf path = {0};

		if (plan_find_node(wanted, before->nodes[i].ns))
			continue;
		strbuf_printf(&path, "node/%s", before->nodes[i].ns);
		if (state_remove(s, path.s, err))
			return -1;
	}
	for (size_t i = 0; i < wanted->n_nodes; i++)
		if (write_node(s, &wanted->nodes[i], !before, err))
			return -1;
	return 0;
}
