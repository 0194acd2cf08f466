// SPDX-License-Identifier: GPL-2.0-only
/** The plan that was applied last, once more, for who only looks. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apply/internal.h"
#include "base/cleanup.h"
#include "plan/pack.h"

/* What write(2), rename(2) and whatever else could be done to it change. */
static bool stamp_of(const struct state *s, struct plan_stamp *stamp)
{
	struct stat st;

	if (fstatat(state_dir_fd(s), "plan.json", &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return false;
	*stamp = (struct plan_stamp){{
		(uint64_t)st.st_ino,
		(uint64_t)st.st_size,
		(uint64_t)st.st_mtim.tv_sec,
		(uint64_t)st.st_mtim.tv_nsec,
		(uint64_t)st.st_ctim.tv_sec,
		(uint64_t)st.st_ctim.tv_nsec,
	}};
	return true;
}

void apply_packed_write(struct state *s, const struct plan *p)
{
	auto_error struct lab_error *ignored = NULL; /* see the header */
	auto_free char *packed = NULL;
	struct plan_stamp stamp;
	size_t len;

	if (!stamp_of(s, &stamp))
		return;
	packed = plan_pack(p, &stamp, &len);
	(void)state_write(s, "plan.packed", packed, len, &ignored);
}

struct plan *apply_planned(const struct state *s)
{
	auto_error struct lab_error *ignored = NULL; /* whatever is there, it is no copy */
	auto_plan struct plan *p = plan_new("");
	struct plan_stamp stamp;
	const char *packed;
	size_t len;

	if (!stamp_of(s, &stamp))
		return NULL;
	packed = state_read_into(p->arena, s, "plan.packed", &len, &ignored);
	return packed && plan_unpack(p, packed, len, &stamp) && !strcmp(p->lab, state_lab(s))
		       ? steal_ptr(p)
		       : NULL;
}
