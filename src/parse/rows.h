// SPDX-License-Identifier: GPL-2.0-only
/** Shorthand for the rows of the table_*.c files; included by nothing else. */
#pragma once

#include "base/cleanup.h"
#include "model/model.h"
#include "parse/table.h"

#define FIELD(s, f) .offset = offsetof(struct s, f)
#define ITEMS(s, f) .offset = offsetof(struct s, f), .count = offsetof(struct s, n_##f)
#define EXTRA(s, f) .extra = offsetof(struct s, f)
#define KEYS(k)     .keys = (k), .n = ARRAY_LEN(k)
#define WORDS(w)                                \
	{                                       \
		.words = (w), .n = ARRAY_LEN(w) \
	}

/* table_network.c */
extern const struct table parse_table_region, parse_table_region_pair, parse_table_vpc,
	parse_table_security_group, parse_table_ecs;
extern const struct key_words parse_areas;
/* table_cen.c */
extern const struct table parse_table_cen;
/* table_api.c */
extern const struct table parse_table_api_gateway, parse_table_api_group, parse_table_api,
	parse_table_function;

/* finish.c */
void parse_finish_check(struct report *r, const struct node *node, void *item);
