// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a lab that is up has beyond its file: a fault, and what was said of its links. A small JSON document,
 * kept in the lab's plan (`changes`), so that it is written, replaced and undone with it:
 *
 *	{"fault": {"seed": 7, "hidden": true, "what": "...", "resource": "...", "at": "lab.yaml:33",
 *		   "apply": FRAGMENT},
 *	 "links": {"pc-1": {"state": "down"}}}
 *
 * Both are pieces of a lab file, merged onto it in this order: the links count more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct changes;

/** text: NULL for none. NULL with *err (LAB_FAILED) where it is something else. */
struct changes *changes_read(const char *text, struct lab_error **err);
/** To be freed; NULL where there are none. */
char *changes_write(const struct changes *c);
void changes_free(struct changes *c); /* NULL is fine */

/** A value of a link, as the lab file has it: "state", "down". value: NULL takes it back. */
void changes_set_link(struct changes *c, const char *link, const char *key, const char *value);
/** The i-th value of all links; false behind the last one. Borrowed. */
bool changes_link_at(const struct changes *c, size_t i, const char **link, const char **key,
		     const char **value);

/** A fault, as it is told. All borrowed. */
struct fault_told {
	long long seed;
	bool hidden;
	const char *what, *resource, *at;
	const char *apply; /* FRAGMENT, as JSON */
};
void changes_set_fault(struct changes *c, const struct fault_told *fault);
/** False: there is none. apply is not given. Borrowed. */
bool changes_fault(const struct changes *c, struct fault_told *fault);

/** The pieces of a lab file, to be freed; how many of at most two. without_links: the fault's alone. */
size_t changes_fragments(const struct changes *c, bool without_links, char *fragments[static 2]);

static inline void cleanup_changes(struct changes **c)
{
	changes_free(*c);
}
#define auto_changes __attribute__((cleanup(cleanup_changes)))
