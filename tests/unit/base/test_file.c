// SPDX-License-Identifier: GPL-2.0-only
/* Files that are read and replaced whole, whatever stands in their place. */
#include "lib/place.h"
#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/tree.h"

static void holds(const char *name, const char *text)
{
	auto_arena struct arena *arena = arena_new(0);
	size_t len;
	auto_free char *found = file_read(top, name, O_NOFOLLOW, &len);

	assert_non_null(found);
	assert_int_equal(len, strlen(text));
	assert_string_equal(found, text);
	assert_string_equal(file_read_into(arena, top, name, O_NOFOLLOW, &len), text);
	assert_int_equal(len, strlen(text));
}

static void cannot_be_read(const char *name, int errnum)
{
	auto_arena struct arena *arena = arena_new(0);
	size_t len;

	assert_null(file_read(top, name, O_NOFOLLOW, &len));
	assert_int_equal(errno, errnum);
	assert_null(file_read_into(arena, top, name, O_NOFOLLOW, &len));
	assert_int_equal(errno, errnum);
}

static void what_was_written_is_read(void **state)
{
	struct stat st;

	assert_int_equal(file_replace(top, "a", 0640, "one\n", 4), 0);
	holds("a", "one\n");
	assert_int_equal(file_replace(top, "a", 0640, "", 0), 0);
	holds("a", "");
	assert_int_equal(fstatat(top, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640 & ~umask(umask(0)));
	assert_int_equal(faccessat(top, "a.tmp", F_OK, 0), -1); /* nothing beside it */
	assert_int_equal(tree_remove(top, "a"), 0);
}

static void what_is_no_file_is_not_read(void **state)
{
	cannot_be_read("nothing", ENOENT);
	assert_int_equal(mkdirat(top, "folder", 0700), 0);
	cannot_be_read("folder", EISDIR);
	assert_int_equal(mkfifoat(top, "fifo", 0600), 0);
	cannot_be_read("fifo", EISDIR); /* and nobody waits for its writer */
	assert_int_equal(symlinkat("/etc/passwd", top, "link"), 0);
	cannot_be_read("link", ELOOP);
	assert_int_equal(tree_remove(top, "folder"), 0);
	assert_int_equal(tree_remove(top, "fifo"), 0);
	assert_int_equal(tree_remove(top, "link"), 0);
}

/* As one that grows meanwhile: there is more of it than its size says. */
static void what_has_no_size_is_read_to_its_end(void **state)
{
	auto_arena struct arena *arena = arena_new(0);
	size_t len, again;
	auto_free char *text = file_read(AT_FDCWD, "/proc/self/mounts", 0, &len);
	const char *same = file_read_into(arena, AT_FDCWD, "/proc/self/mounts", 0, &again);

	assert_non_null(text);
	assert_non_null(same);
	assert_true(len > 0);
	assert_int_equal(again, len);
	assert_string_equal(same, text);
}

static void what_is_too_big_is_not_read(void **state)
{
	const off_t max = 64 * 1024 * 1024;
	auto_close int fd = openat(top, "big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	auto_arena struct arena *arena = arena_new(0);
	size_t len;

	assert_int_equal(ftruncate(fd, max + 1), 0);
	cannot_be_read("big", EFBIG);
	assert_int_equal(ftruncate(fd, max), 0);
	assert_non_null(file_read_into(arena, top, "big", 0, &len));
	assert_int_equal(len, max);
	assert_int_equal(tree_remove(top, "big"), 0);
}

/* The name and its temporary name may be taken by anything; a link's target is not written to. */
static void whatever_is_in_the_way_is_replaced(void **state)
{
	assert_int_equal(mkdirat(top, "a", 0700), 0);
	assert_int_equal(symlinkat("target", top, "a.tmp"), 0);
	assert_int_equal(file_replace(top, "a", 0600, "new", 3), 0);
	holds("a", "new");
	cannot_be_read("target", ENOENT);
	assert_int_equal(symlinkat("target", top, "b"), 0);
	assert_int_equal(file_replace(top, "b", 0600, "new", 3), 0);
	holds("b", "new");
	cannot_be_read("target", ENOENT);
	assert_int_equal(tree_remove(top, "a"), 0);
	assert_int_equal(tree_remove(top, "b"), 0);
}

static void what_cannot_be_written_leaves_the_old(void **state)
{
	assert_int_equal(file_replace(top, "a", 0600, "old", 3), 0);
	assert_int_equal(file_replace(-1, "a", 0600, "new", 3), -1);
	assert_int_equal(errno, EBADF);
	holds("a", "old");
	assert_int_equal(tree_remove(top, "a"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_is_no_file_is_not_read),
		cmocka_unit_test(what_has_no_size_is_read_to_its_end),
		cmocka_unit_test(what_is_too_big_is_not_read),
		cmocka_unit_test(whatever_is_in_the_way_is_replaced),
		cmocka_unit_test(what_cannot_be_written_leaves_the_old),
	};

	return cmocka_run_group_tests_name("file", tests, make_place, remove_place);
}
