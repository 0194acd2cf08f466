// SPDX-License-Identifier: GPL-2.0-only
/** A folder of its own for each test, in which the state has its root. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/tree.h"
#include "lib/test.h"
#include "state/state.h"

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

struct fixture {
	char base[32]; /* temporary folder */
	char root[64]; /* base/labctl: made by the state itself */
};

static inline char *path_of(const struct fixture *f, const char *rest)
{
	struct strbuf b = {0};

	strbuf_printf(&b, "%s/%s", f->root, rest);
	return strbuf_take(&b);
}

static inline int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->base, "/tmp/test-state.XXXXXX");
	if (!mkdtemp(f->base))
		return -1;
	snprintf(f->root, sizeof(f->root), "%s/labctl", f->base);
	state_set_root(f->root);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	if (tree_remove(AT_FDCWD, f->base))
		return -1;
	free(f);
	return 0;
}

static inline struct state *must_open(const char *lab, enum state_mode mode)
{
	struct lab_error *err = NULL;
	struct state *s = state_open(lab, mode, &err);

	if (!s)
		print_error("%s\n", lab_error_message(err));
	assert_non_null(s);
	assert_null(err);
	return s;
}

static inline void put(const struct fixture *f, const char *rest, const char *text)
{
	auto_free char *path = path_of(f, rest);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}
