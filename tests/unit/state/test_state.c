// SPDX-License-Identifier: GPL-2.0-only
/** A lab's directory and its lock, each test in a root of its own. */
#include "unit/state/fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void must_fail(const char *lab, enum state_mode mode, enum lab_status status,
		      const char *part)
{
	auto_error struct lab_error *err = NULL;

	assert_null(state_open(lab, mode, &err));
	assert_non_null(err);
	assert_int_equal(lab_error_status(err), status);
	if (!strstr(lab_error_message(err), part))
		fail_msg("\"%s\" does not hold \"%s\"", lab_error_message(err), part);
}

static bool is_there(const struct fixture *f, const char *rest)
{
	auto_free char *path = path_of(f, rest);
	struct stat st;

	return lstat(path, &st) == 0;
}

static void test_not_up(void **state)
{
	must_fail("lab-1", STATE_READ, LAB_STATE, "not up");
	must_fail("lab-1", STATE_LOCK, LAB_STATE, "not up");
	must_fail("../etc", STATE_CREATE, LAB_USAGE, "not a valid name");
	must_fail("", STATE_CREATE, LAB_USAGE, "not a valid name");
	assert_false(is_there(*state, ""));
}

static void test_made_private_and_destroyed(void **state)
{
	auto_error struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);
	struct stat st;

	assert_int_equal(fstat(state_dir_fd(s), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_string_equal(state_lab(s), "lab-1");
	assert_int_equal(state_write(s, "plan.json", "{}", 2, &err), 0);
	assert_int_equal(state_write(s, "node/ecs-1/hosts", "x", 1, &err), 0);
	assert_int_equal(state_write(s, "log/dns.log", "x", 1, &err), 0);
	assert_int_equal(state_journal_namespace(s, "vpc-1", 1, 2, &err), 0);
	assert_int_equal(state_destroy(s, &err), 0);
	state_close(s);
	assert_false(is_there(*state, ""));
}

static void test_two_labs_share_the_root(void **state)
{
	struct state *a = must_open("lab-a", STATE_CREATE);
	struct state *b = must_open("lab-b", STATE_CREATE);
	struct lab_error *err = NULL;
	size_t n;
	char **names;

	assert_int_equal(state_destroy(a, &err), 0);
	names = state_list(&n, &err);
	assert_int_equal(n, 1);
	assert_string_equal(names[0], "lab-b");
	free(names[0]);
	free(names);
	state_close(a);
	state_close(b);
}

static void test_list_without_root(void **state)
{
	struct lab_error *err = NULL;
	size_t n = 7;
	char **names = state_list(&n, &err);

	assert_non_null(names);
	assert_int_equal(n, 0);
	free(names);
}

static void test_lock_names_its_holder(void **state)
{
	struct state *s = must_open("lab-1", STATE_CREATE);
	char pid[32];

	snprintf(pid, sizeof(pid), "process %d", (int)getpid());
	must_fail("lab-1", STATE_LOCK, LAB_STATE, pid);
	must_fail("lab-1", STATE_CREATE, LAB_STATE, "locked");
	state_close(must_open("lab-1", STATE_READ)); /* readers do not care */
	state_close(s);
	state_close(must_open("lab-1", STATE_LOCK));
}

/* A holder that destroys the directory lets go of a lock file that has no name any more. */
static void test_lock_of_a_removed_directory(void **state)
{
	struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);
	struct state *again;

	assert_int_equal(state_destroy(s, &err), 0);
	again = must_open("lab-1", STATE_CREATE);
	assert_true(is_there(*state, "lab-1/lock"));
	state_close(s);
	must_fail("lab-1", STATE_LOCK, LAB_STATE, "locked");
	state_close(again);
}

static void test_symlinked_lab(void **state)
{
	const struct fixture *f = *state;
	auto_free char *link = path_of(f, "lab-1");
	auto_strbuf struct strbuf target = {0};

	strbuf_printf(&target, "%s/elsewhere", f->base);
	assert_int_equal(mkdir(f->root, 0700), 0);
	assert_int_equal(mkdir(target.s, 0700), 0);
	assert_int_equal(symlink(target.s, link), 0);
	must_fail("lab-1", STATE_CREATE, LAB_DENIED, "not a directory");
	must_fail("lab-1", STATE_READ, LAB_DENIED, "not a directory");
	assert_int_equal(rmdir(target.s), 0); /* nothing was written through the link */
}

static void test_symlinked_root(void **state)
{
	const struct fixture *f = *state;
	auto_strbuf struct strbuf target = {0};

	strbuf_printf(&target, "%s/elsewhere", f->base);
	assert_int_equal(mkdir(target.s, 0700), 0);
	assert_int_equal(symlink(target.s, f->root), 0);
	must_fail("lab-1", STATE_CREATE, LAB_DENIED, "not a directory");
	assert_int_equal(rmdir(target.s), 0);
}

static void test_open_to_others(void **state)
{
	const struct fixture *f = *state;
	auto_free char *lab = path_of(f, "lab-1");

	assert_int_equal(mkdir(f->root, 0755), 0);
	must_fail("lab-1", STATE_CREATE, LAB_DENIED, "mode 0755");
	assert_int_equal(chmod(f->root, 0700), 0);
	assert_int_equal(mkdir(lab, 0777), 0);
	assert_int_equal(chmod(lab, 0777), 0);
	must_fail("lab-1", STATE_LOCK, LAB_DENIED, "mode 0777");
	assert_int_equal(chmod(lab, 0700), 0);
	state_close(must_open("lab-1", STATE_LOCK));
}

static void test_foreign_owner(void **state)
{
	const struct fixture *f = *state;
	auto_free char *lab = path_of(f, "lab-1");

	if (geteuid() != 0)
		skip(); /* only root can give a directory away */
	assert_int_equal(mkdir(f->root, 0700), 0);
	assert_int_equal(mkdir(lab, 0700), 0);
	assert_int_equal(chown(lab, 65534, 65534), 0);
	must_fail("lab-1", STATE_LOCK, LAB_DENIED, "user 65534");
	assert_false(is_there(f, "lab-1/lock"));
}

static void test_symlinked_files(void **state)
{
	static const char *const files[] = {"lock", "journal", "plan.json"};
	const struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_error struct lab_error *err = NULL;
		auto_strbuf struct strbuf rest = {0}, victim = {0};
		auto_free char *link = NULL, *text = NULL;
		struct state *s;

		state_close(must_open("lab-1", STATE_CREATE));
		strbuf_printf(&victim, "%s/victim", f->base);
		put(f, "../victim", "precious");
		strbuf_printf(&rest, "lab-1/%s", files[i]);
		link = path_of(f, rest.s);
		(void)unlink(link); /* only some of them are there */
		assert_int_equal(symlink(victim.s, link), 0);
		s = state_open("lab-1", STATE_LOCK, &err);
		if (s) {
			text = state_read(s, files[i], NULL, &err);
			assert_null(text);
		}
		assert_int_equal(lab_error_status(err), LAB_DENIED);
		assert_non_null(strstr(lab_error_message(err), "symbolic link"));
		state_close(s);
		assert_int_equal(unlink(link), 0);
	}
}

/* Destroying removes links and never what they point to. */
static void test_destroy_follows_no_link(void **state)
{
	const struct fixture *f = *state;
	auto_error struct lab_error *err = NULL;
	auto_free char *link = path_of(f, "lab-1/log");
	auto_strbuf struct strbuf victim = {0};
	struct state *s = must_open("lab-1", STATE_CREATE);

	assert_int_equal(symlink(f->base, link), 0);
	put(f, "../victim", "precious");
	assert_int_equal(state_destroy(s, &err), 0);
	state_close(s);
	strbuf_printf(&victim, "%s/victim", f->base);
	assert_int_equal(access(victim.s, F_OK), 0);
}

static void test_destroy_names_what_is_not_ours(void **state)
{
	auto_error struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);

	put(*state, "lab-1/notes.txt", "mine");
	assert_int_equal(state_destroy(s, &err), -1);
	assert_non_null(strstr(lab_error_message(err), "notes.txt"));
	assert_true(is_there(*state, "lab-1/notes.txt"));
	state_close(s);
}

static void test_files(void **state)
{
	auto_error struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);
	auto_free char *text = NULL;
	size_t len = 0;

	assert_null(state_read(s, "plan.json", &len, &err));
	assert_null(err);
	assert_null(state_read(s, "node/ecs-1/hosts", &len, &err));
	assert_null(err);
	assert_int_equal(state_write(s, "plan.json", "one", 3, &err), 0);
	assert_int_equal(state_write(s, "plan.json", "tw", 2, &err), 0);
	assert_int_equal(state_rename(s, "plan.json", "target.json", &err), 0);
	text = state_read(s, "target.json", &len, &err);
	assert_string_equal(text, "tw");
	assert_int_equal(len, 2);
	assert_false(is_there(*state, "lab-1/target.json.tmp"));
	assert_int_equal(state_remove(s, "target.json", &err), 0);
	assert_int_equal(state_remove(s, "target.json", &err), 0);
	assert_int_equal(state_remove(s, "no/such", &err), 0);
	assert_int_equal(state_write(s, "node/a/b", "x", 1, &err), 0);
	assert_int_equal(state_remove(s, "node", &err), 0);
	assert_false(is_there(*state, "lab-1/node"));
	state_close(s);
}

/* No room: said with the file's name, and what was there before stays whole. */
static void test_failed_write(void **state)
{
	auto_error struct lab_error *err = NULL;
	struct state *s = must_open("lab-1", STATE_CREATE);
	auto_free char *text = NULL;
	struct rlimit before, none;
	int r;

	assert_int_equal(state_write(s, "node/ecs-1/hosts", "old", 3, &err), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){.rlim_max = before.rlim_max};
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	r = state_write(s, "node/ecs-1/hosts", "new", 3, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
	assert_int_equal(r, -1);
	assert_non_null(strstr(lab_error_message(err), "/lab-1/node/ecs-1/hosts: "));
	assert_int_equal(lab_error_errnum(err), EFBIG);
	assert_non_null(lab_error_hint_get(err));
	assert_false(is_there(*state, "lab-1/node/ecs-1/hosts.tmp"));
	text = state_read(s, "node/ecs-1/hosts", NULL, NULL);
	assert_string_equal(text, "old");
	state_close(s);
}

/* What stands where a file is to be written, and is none, goes; what a link leads to is not touched. */
static void test_in_the_way(void **state)
{
	static const struct {
		const char *what, *where;
	} cases[] = {
		{"file", "node"},
		{"link", "node"},
		{"fifo", "node"},
		{"file", "node/ecs-1"},
		{"link", "node/ecs-1"},
		{"folder", "node/ecs-1/hosts"},
		{"fifo", "node/ecs-1/hosts"},
		{"link", "node/ecs-1/hosts"},
		{"folder", "node/ecs-1/hosts.tmp"},
		{"fifo", "node/ecs-1/hosts.tmp"},
		{"link", "node/ecs-1/hosts.tmp"},
	};
	auto_free char *victim = path_of(*state, "../victim");
	struct state *s = must_open("lab-1", STATE_CREATE);

	put(*state, "../victim", "precious");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_error struct lab_error *err = NULL;
		auto_strbuf struct strbuf rest = {0};
		auto_free char *path = NULL, *text = NULL;

		assert_int_equal(state_write(s, "node/ecs-1/hosts", "old", 3, &err), 0);
		assert_int_equal(state_remove(s, cases[i].where, &err), 0);
		strbuf_printf(&rest, "lab-1/%s", cases[i].where);
		path = path_of(*state, rest.s);
		if (!strcmp(cases[i].what, "file"))
			put(*state, rest.s, "x");
		else if (!strcmp(cases[i].what, "link"))
			assert_int_equal(symlink(victim, path), 0);
		else if (!strcmp(cases[i].what, "fifo"))
			assert_int_equal(mkfifo(path, 0600), 0);
		else
			assert_int_equal(mkdir(path, 0700), 0);
		if (state_write(s, "node/ecs-1/hosts", "new", 3, &err))
			fail_msg("%s at %s: %s", cases[i].what, cases[i].where,
				 lab_error_message(err));
		text = state_read(s, "node/ecs-1/hosts", NULL, &err);
		assert_string_equal(text, "new");
	}
	state_close(s);
	s = must_open("lab-1", STATE_CREATE);
	{
		auto_error struct lab_error *err = NULL;
		auto_free char *text = state_read(s, "../../victim", NULL, &err);

		assert_string_equal(text, "precious");
	}
	state_close(s);
}

/* No file that labctl wrote: told apart from one that cannot be read. */
static void test_garbage_in_place_of_files(void **state)
{
	static const char *const files[] = {"journal", "plan.json"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_error struct lab_error *err = NULL;
		auto_strbuf struct strbuf rest = {0};
		auto_free char *path = NULL;
		struct state *s = must_open("lab-1", STATE_CREATE);

		state_close(s);
		strbuf_printf(&rest, "lab-1/%s", files[i]);
		path = path_of(*state, rest.s);
		assert_int_equal(mkdir(path, 0700), 0);
		s = must_open("lab-1", STATE_LOCK);
		assert_null(state_read(s, files[i], NULL, &err));
		assert_true(state_is_garbage(err));
		assert_true(state_journal(s)->stale);
		/* and it is replaced */
		assert_int_equal(state_journal_namespace(s, "vpc-1", 1, 2, NULL), 0);
		assert_int_equal(state_journal(s)->added, 1);
		assert_int_equal(state_write(s, files[i], "", 0, NULL), 0);
		assert_int_equal(state_destroy(s, NULL), 0);
		state_close(s);
	}
	assert_false(state_is_garbage(NULL));
}

static void test_holder(void **state)
{
	struct state *s = must_open("lab-1", STATE_CREATE), *reader;

	reader = must_open("lab-1", STATE_READ);
	assert_int_equal(state_holder(reader), getpid());
	state_close(s);
	assert_int_equal(state_holder(reader), 0);
	state_close(reader);
}

static void test_process_identity(void **state)
{
	struct process_id me, other;
	pid_t child = fork();
	int fd;

	if (child == 0) {
		pause();
		_exit(0);
	}
	assert_true(process_id_of(getpid(), &me));
	assert_true(process_id_of(child, &other));
	assert_int_equal(other.pid, child);
	fd = process_id_open(&other);
	assert_true(fd >= 0);
	close(fd);
	other.start++; /* a later process of that pid */
	assert_int_equal(process_id_open(&other), -1);
	other.start--;
	assert_int_equal(kill(child, SIGKILL), 0);
	{
		siginfo_t info;

		assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	}
	assert_int_equal(process_id_open(&other), -1); /* ended, not yet waited for */
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(process_id_open(&other), -1);
	assert_false(process_id_of(child, &other));
	assert_int_equal(process_id_open(&(struct process_id){0}), -1);
}

/* A folder that is there may be in use: it is left to state_write(), which renames. */
static void files_of_a_new_folder(void **state)
{
	const struct state_file files[] = {{"hosts", "one"}, {"hostname", ""}};
	const struct state_file other = {"hosts", "two"};
	struct state *s = must_open("lab-1", STATE_CREATE);
	struct lab_error *err = NULL;
	auto_free char *text = NULL;

	assert_false(state_exists(s, "node"));
	assert_int_equal(state_write_new(s, "node/ecs-1", files, 2, &err), 0);
	assert_true(is_there(*state, "lab-1/node/ecs-1/hostname"));
	assert_int_equal(state_write_new(s, "node/ecs-1", &other, 1, &err), 1);
	text = state_read(s, "node/ecs-1/hosts", NULL, &err);
	assert_string_equal(text, "one");
	assert_true(state_exists(s, "node"));
	state_close(s);
}

/* A link in the way of a folder goes; where it leads, nothing is written. */
static void files_go_through_no_link(void **state)
{
	const struct state_file file = {"hosts", "text"};
	struct state *s = must_open("lab-1", STATE_CREATE);
	const struct fixture *f = *state;
	struct lab_error *err = NULL;

	assert_int_equal(symlinkat(f->base, state_dir_fd(s), "node"), 0);
	assert_int_equal(state_write_new(s, "node/ecs-1", &file, 1, &err), 0);
	assert_false(is_there(f, "ecs-1"));
	assert_false(is_there(f, "../ecs-1"));
	assert_true(is_there(f, "lab-1/node/ecs-1/hosts"));
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_up),
		TEST(files_of_a_new_folder),
		TEST(files_go_through_no_link),
		TEST(test_made_private_and_destroyed),
		TEST(test_two_labs_share_the_root),
		TEST(test_list_without_root),
		TEST(test_lock_names_its_holder),
		TEST(test_lock_of_a_removed_directory),
		TEST(test_symlinked_lab),
		TEST(test_symlinked_root),
		TEST(test_open_to_others),
		TEST(test_foreign_owner),
		TEST(test_symlinked_files),
		TEST(test_destroy_follows_no_link),
		TEST(test_destroy_names_what_is_not_ours),
		TEST(test_files),
		TEST(test_failed_write),
		TEST(test_in_the_way),
		TEST(test_garbage_in_place_of_files),
		TEST(test_holder),
		TEST(test_process_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
