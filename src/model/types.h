// SPDX-License-Identifier: GPL-2.0-only
/** What the fields of all resources are made of: values with the place that they were written at. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/ip.h"

/** Every resource of a map begins with this: its key and where the key stands. */
struct named {
	const char *name;
	struct span at;
};

/** A name that must be that of another resource. Absent: name is NULL. */
struct ref {
	const char *name;
	struct span at;
	const void
		*to; /* set by validate/: the struct of the kind that the field's comment names */
};

/** A value with its place. `at.line` is 0 where the user did not write it (the default stands). */
struct text {
	const char *s; /* NULL: absent and no default */
	struct span at;
};

/** An item of a map of texts. */
struct pair {
	const char *key;
	struct span at; /* of the key */
	struct text value;
};

struct cidr {
	struct ip_prefix p;
	bool set;
	struct span at;
};

struct address {
	uint32_t ip;
	bool set;
	struct span at;
};

struct number {
	uint64_t v; /* bit/s, microseconds, bytes, or plain: the field's comment says */
	bool set;   /* written, not the default */
	struct span at;
};
