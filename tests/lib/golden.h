// SPDX-License-Identifier: GPL-2.0-only
/** Texts that are held against files, and written there by UPDATE_GOLDEN=1. */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/test.h"

/* The whole file; NULL where it cannot be read, with errno. */
static inline char *golden_read(const char *path)
{
	auto_fclose FILE *f = fopen(path, "re");
	auto_strbuf struct strbuf text = {0};
	char buf[65536];
	size_t n;

	if (!f)
		return NULL;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_addn(&text, buf, n);
	return ferror(f) ? NULL : strbuf_take(&text);
}

static inline void golden_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline void golden_compare(const char *path, const char *got)
{
	auto_free char *want = NULL;

	if (getenv("UPDATE_GOLDEN"))
		golden_write(path, got);
	want = golden_read(path);
	if (!want)
		fail_msg("%s: %s", path, strerror(errno));
	else
		assert_string_equal(got, want);
}
