// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "parse/parse.h"
#include "parse/table.h"

/* The maps of the lab whose items are named objects: others have none that a plan speaks of. */
static const struct key *find_section(const char *name, size_t len)
{
	for (size_t i = 0; i < parse_table_lab.n; i++) {
		const struct key *k = &parse_table_lab.keys[i];

		if (k->type == KEY_MAP && k->table->head == TABLE_NAMED &&
		    !strncmp(k->name, name, len) && !k->name[len])
			return k;
	}
	return NULL;
}

const struct named *parse_find(const struct lab *lab, const char *resource)
{
	const size_t len = strcspn(resource, ".");
	const struct key *k = resource[len] ? find_section(resource, len) : NULL;
	const char *name = resource + len + 1, *at = (const char *)lab, *items;
	size_t n;

	if (!k)
		return NULL;
	items = *(const char *const *)(at + k->offset);
	n = *(const size_t *)(at + k->count);
	for (size_t i = 0; i < n; i++) {
		const struct named *id = (const struct named *)(items + i * k->table->size);

		if (!strcmp(id->name, name))
			return id;
	}
	return NULL;
}
