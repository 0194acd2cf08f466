// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place in which workers start programs of others: a node's view, the folder of the lab, a folder
 * for sockets; what they say of themselves; and that no two of them are ever there at once.
 */
#include "kernel/supervised.h"

#include <netinet/in.h>
#include <sys/utsname.h>

#define OWN_PORT 7002
#define FOLDER   "/mnt/closed/lab" /* nobody but root gets through /mnt/closed */

#define NODE \
	"\"node\":{\"hostname\":\"web-1\",\"resolv_conf\":\"nameserver 192.0.2.53\\n\",\"hosts\":\"192.0.2.7 web-7\\n\"}"

/* --- the worker --- */

/* A port of its own, as programs of others bind theirs. */
static void bind_own_port(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(OWN_PORT)};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 1)) {
		fprintf(stderr, "port %d: %s\n", OWN_PORT, strerror(errno));
		_exit(5);
	}
}

static void before_it_is_ready(const char *mode)
{
	if (strstr(mode, "own"))
		bind_own_port();
}

static void run(const char *command, struct strbuf *answer)
{
	FILE *f = popen(command, "r");
	char text[4096];
	size_t n;

	while (f && (n = fread(text, 1, sizeof(text), f)) > 0)
		strbuf_addn(answer, text, n);
	strbuf_printf(answer, "status=%d;\n", f ? pclose(f) : -1);
}

static void do_more(char byte, const char *text, struct strbuf *answer)
{
	if (byte == 'x')
		run(text, answer);
	if (byte == 'n')
		worker_note("%s", text);
}

/* --- the test's side --- */

/* Options are members of the configuration behind "mode". Its socket is the supervisor's. */
static int load_with(struct fixture *f, const char *mode, const char *options,
		     struct lab_error **err)
{
	auto_free char *text = NULL;

	must(asprintf(&text,
		      "[{\"name\":\"w\",\"program\":\"" PROGRAM
		      "\",\"ns\":\"a\",\"sockets\":[{\"name\":\"s\",\"ns\":\"a\",\"type\":\"tcp\","
		      "\"addr\":\"127.0.0.1\",\"port\":%d}],\"config\":{\"mode\":\"%s\"%s%s}}]",
		      PORT, mode, *options ? "," : "", options) > 0,
	     "asprintf");
	return supervise_load(f->dir, text, strlen(text), LOAD_MS, err);
}

static void begin(struct fixture *f, const char *mode, const char *options)
{
	struct lab_error *err = NULL;
	pid_t former = worker_pid(f);

	must_hold(load_with(f, mode, options, &err), &err);
	wait_until(5, !former || worker_pid(f) == former || gone(former));
}

static void expect(const char *command, const char *answer)
{
	char text[8192];

	if (!strstr(say_text(command, text, sizeof(text)), answer))
		fail_msg("%s: no \"%s\" in\n%s", command, answer, text);
}

static void a_node_is_seen_as_by_exec(void **state)
{
	static const char *const rows[][2] = {
		{"xhostname", "web-1\nstatus=0;"},
		{"xcat /etc/hostname", "web-1\nstatus=0;"},
		{"xcat /etc/resolv.conf", "\nnameserver 192.0.2.53\nstatus=0;"},
		{"xcat /etc/hosts", "\n192.0.2.7 web-7\nstatus=0;"},
		{"xgrep -c ^hosts: /etc/nsswitch.conf; grep ^hosts: /etc/nsswitch.conf",
		 "\n1\nhosts: files dns\n"},
		{"xecho x 2>&1 >/etc/hosts", "Read-only file system"},
		{"xecho /sys/class/net/*", "\n/sys/class/net/lo"},
		{"xecho x 2>&1 >/usr/x", "Read-only file system"},
		{"xecho /tmp/* /var/tmp/* /dev/shm/* /run/*",
		 "\n/tmp/* /var/tmp/* /dev/shm/* /run/labctl\n"},
		{"xecho x >/tmp/x && echo y >/var/tmp/y && echo z >/dev/shm/z && cat /tmp/x "
		 "/var/tmp/y /dev/shm/z",
		 "\nx\ny\nz\nstatus=0;"},
		{"xecho x 2>&1 >/run/x", "Read-only file system"},
	};
	struct fixture *f = *state;
	struct utsname name;

	begin(f, "v1", NODE);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect(rows[i][0], rows[i][1]);
	must(!uname(&name), "uname");
	assert_string_not_equal(name.nodename, "web-1");
}

/* prepare_host() has made /etc/resolv.conf a link into /run, as systemd-resolved does. */
static void a_link_in_etc_is_covered_itself(void **state)
{
	struct fixture *f = *state;
	char target[256];

	begin(f, "v1", NODE);
	expect("xtest -L /etc/resolv.conf; echo $?", "\n1\n");
	must(readlink("/etc/resolv.conf", target, sizeof(target)) > 0, "the host's link");
}

static void the_lab_s_folder_is_reachable(void **state)
{
	struct fixture *f = *state;

	begin(f, "v1", "\"folder\":\"" FOLDER "\"");
	expect("xcat " FOLDER "/file", "\nhello\nstatus=0;");
	expect("xecho x 2>&1 >" FOLDER "/file", "Read-only file system");
	expect("xecho /mnt/closed/*", "\n" FOLDER "\n");
	expect("xhostname", "status=0;");
	begin(f, "v2", "\"folder\":\"/\"");
	expect("xcat " FOLDER "/file 2>&1", "Permission denied");
	begin(f, "v3", "\"folder\":\"/run/there\""); /* below what is covered */
	expect("xcat /run/there/file", "\nhello\nstatus=0;");
	expect("xecho /run/*", "\n/run/labctl /run/there\n");
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	assert_int_equal(load_with(f, "v1", "\"folder\":\"/mnt/nothing\"", &err), -1);
	assert_non_null(strstr(lab_error_message(err), "/mnt/nothing: No such file or directory"));
	lab_error_free(err);
}

static bool run_folder(struct stat *st)
{
	return !stat(LAB_DIR "/run/w", st);
}

static void the_run_folder_is_shared_with_the_host(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	char text[64];
	uid_t uid;

	begin(f, "v1", NODE);
	expect("xecho hello >/run/labctl/file; stat -c %a /run/labctl", "\n700\nstatus=0;");
	assert_int_equal(system("test \"$(cat " LAB_DIR "/run/w/file)\" = hello"), 0);
	must(run_folder(&st), LAB_DIR "/run/w");
	assert_int_equal(st.st_mode & 07777, 0700);
	uid = st.st_uid;
	assert_in_range(uid, 0x7a000000, 0x7affffff);
	/* restarted: empty, and of the new process's user */
	assert_string_equal(say('c', text, sizeof(text)), "");
	expect("xecho /run/labctl/*", "\n/run/labctl/*\n");
	must(run_folder(&st), LAB_DIR "/run/w");
	/* the number of the former one may be free again */
	(void)snprintf(text, sizeof(text), "\n%u\n", st.st_uid);
	expect("xid -u", text);
	must(!stat(LAB_DIR "/run", &st), LAB_DIR "/run");
	assert_int_equal(st.st_mode & 07777, 01733);
	assert_int_equal(st.st_uid, 0);
}

/* What a program of others made of it must keep neither the next process nor `down` from it. */
static void a_fouled_run_folder_is_cleared(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	struct stat st;
	char text[64];

	begin(f, "v1", NODE);
	expect("xcd /run/labctl; mkdir -p a/b/c closed/inner; touch closed/inner/x; "
	       "ln -s /etc link; i=0; while [ $i -lt 100 ]; do mkdir d && cd d; i=$((i+1)); done; "
	       "chmod 0 /run/labctl/closed/inner /run/labctl/closed /run/labctl",
	       "status=0;");
	assert_string_equal(say('c', text, sizeof(text)), "");
	expect("xecho /run/labctl/* $(stat -c %a /run/labctl)", "\n/run/labctl/* 700\n");
	must_hold(supervise_load(f->dir, "[]", 2, LOAD_MS, &err), &err);
	wait_until(5, !run_folder(&st)); /* it goes with its worker */
}

static void a_function_has_none(void **state)
{
	struct fixture *f = *state;

	begin(f, "v1", "\"handler\":\"" FOLDER "/file\"");
	expect("xecho /run/*", "\n/run/*\n");
	expect("xcat " FOLDER "/file", "\nhello\n");
	assert_int_equal(access(LAB_DIR "/run", F_OK), -1);
}

static bool note_is(struct fixture *f, const char *wanted)
{
	json_t *w = status_of(f, "w");
	bool is = w && !strcmp(json_string_value(json_object_get(w, "note")), wanted);

	json_decref(w);
	return is;
}

static void notes_are_shown_until_a_restart(void **state)
{
	struct fixture *f = *state;
	char text[64];

	begin(f, "v1", "");
	assert_true(note_is(f, ""));
	say_text("nvbr-1 up", text, sizeof(text));
	wait_until(5, note_is(f, "vbr-1 up"));
	say_text("nvbr-1 down\033[2J", text, sizeof(text));
	wait_until(5, note_is(f, "vbr-1 down?[2J"));
	assert_string_equal(say('c', text, sizeof(text)), "");
	expect("v", "version=v1 ");
	assert_true(note_is(f, ""));
}

/* One that is told to end and goes on talking ends as it wants to, not of a broken pipe. */
static void a_last_word_kills_nobody(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	pid_t pid;
	int fd;

	begin(f, "talker", "");
	pid = worker_pid(f);
	fd = dial(); /* it says something to this one after SIGTERM */
	must(fd >= 0, "connect");
	must_hold(supervise_load(f->dir, "[]", 2, LOAD_MS, &err), &err);
	must(write(fd, "nbye", 4) == 4, "write");
	wait_until(5, gone(pid));
	assert_int_equal(system("grep -q ended " LAB_DIR "/log/w.log"), 0);
	(void)close(fd);
}

static void one_after_another_where_ports_are_their_own(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	begin(f, "own v1", NODE);
	pid = worker_pid(f);
	begin(f, "own v1", NODE);
	assert_int_equal(worker_pid(f), pid);
	for (int i = 2; i < 6; i++) {
		char mode[16];

		(void)snprintf(mode, sizeof(mode), "own v%d", i);
		begin(f, mode, NODE); /* "Address already in use", if two were there */
		assert_int_not_equal(worker_pid(f), pid);
		pid = worker_pid(f);
	}
	expect("v", "version=own v5 ");
}

static void the_former_one_comes_back_when_the_new_one_fails(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	pid_t pid;

	begin(f, "own v1", NODE);
	pid = worker_pid(f);
	assert_int_equal(load_with(f, "crash", NODE, &err), -1);
	assert_non_null(strstr(lab_error_message(err), "exited with status 7; log: cannot go on"));
	lab_error_free(err);
	wait_until(5, in_state(f, "ready"));
	assert_int_not_equal(worker_pid(f), pid);
	expect("v", "version=own v1 ");
	begin(f, "own v2", NODE);
	expect("v", "version=own v2 ");
}

/* From a worker whose port the supervisor holds to one that binds it by itself, and back. */
static void a_port_changes_hands(void **state)
{
	static const char *const held =
		"[{\"name\":\"w\",\"program\":\"" PROGRAM
		"\",\"ns\":\"a\",\"sockets\":[{\"name\":\"s\",\"ns\":\"a\",\"type\":\"tcp\","
		"\"port\":7002}],\"config\":{\"mode\":\"held\"}}]";
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	for (int i = 0; i < 2; i++) {
		must_hold(supervise_load(f->dir, held, strlen(held), LOAD_MS, &err), &err);
		begin(f, "own v1", NODE);
		assert_int_equal(load_with(f, "crash", "", &err), -1);
		lab_error_free(err);
		err = NULL;
		wait_until(5, in_state(f, "ready"));
		expect("v", "version=own v1 ");
	}
}

static void one_that_vanishes_makes_way_too(void **state)
{
	static const char *const renamed =
		"[{\"name\":\"other\",\"program\":\"" PROGRAM
		"\",\"ns\":\"a\",\"sockets\":[{\"name\":\"s\",\"ns\":\"a\",\"type\":\"tcp\","
		"\"addr\":\"127.0.0.1\",\"port\":7001}],\"config\":{\"mode\":\"own v2\"," NODE
		"}}]";
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	struct stat st;

	begin(f, "own v1", NODE);
	must_hold(supervise_load(f->dir, renamed, strlen(renamed), LOAD_MS, &err), &err);
	expect("v", "version=own v2 ");
	assert_false(run_folder(&st));
}

/* What it started and left behind must not hold the port either. */
static void strays_are_gone_before_the_next_one_starts(void **state)
{
	struct fixture *f = *state;
	pid_t pid;

	begin(f, "own v1", NODE);
	pid = worker_pid(f);
	expect("f", "version=own v1 "); /* its child has the listening socket too */
	begin(f, "own v2", NODE);
	assert_int_not_equal(worker_pid(f), pid);
}

static void it_has_the_time_that_it_asks_for(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	assert_int_equal(load_with(f, "mute", "\"ready_ms\":200", &err), -1);
	assert_non_null(strstr(lab_error_message(err), "worker w: not ready within 2 s"));
	lab_error_free(err);
}

static void stopping_the_lab_ends_one_that_made_way(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	auto_close int control = -1;
	const char *mute = "[{\"name\":\"w\",\"program\":\"" PROGRAM
			   "\",\"ns\":\"a\",\"sockets\":[],\"config\":{\"mode\":\"mute\"," NODE
			   "}}]";
	pid_t pid;

	begin(f, "own v1", NODE);
	pid = worker_pid(f);
	control = supervise_load_start(f->dir, mute, strlen(mute), LOAD_MS, &err);
	must_hold(control < 0 ? -1 : 0, &err);
	wait_until(5, gone(pid));
	/* stop_lab() fails where that does not end */
}

/* The host of these tests: the ways in which it may be awkward. */
static void prepare_host(void)
{
	must(system("cp -a /etc /run/etc && mount --bind /run/etc /etc && "
		    "ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf") == 0,
	     "/etc");
	must(system("mount -t tmpfs none /mnt && mkdir -p " FOLDER " /run/there && "
		    "echo hello >" FOLDER "/file && chmod 755 " FOLDER "/file && "
		    "chmod 700 /mnt/closed && echo hello >/run/there/file") == 0,
	     "folders");
}

int main(int argc, char **argv)
{
#define IN_A_LAB(fn) cmocka_unit_test_setup_teardown(fn, start_lab, stop_lab)
	const struct CMUnitTest tests[] = {
		IN_A_LAB(a_node_is_seen_as_by_exec),
		IN_A_LAB(a_link_in_etc_is_covered_itself),
		IN_A_LAB(the_lab_s_folder_is_reachable),
		IN_A_LAB(a_folder_that_is_not_there_is_named),
		IN_A_LAB(the_run_folder_is_shared_with_the_host),
		IN_A_LAB(a_fouled_run_folder_is_cleared),
		IN_A_LAB(a_function_has_none),
		IN_A_LAB(notes_are_shown_until_a_restart),
		IN_A_LAB(a_last_word_kills_nobody),
		IN_A_LAB(one_after_another_where_ports_are_their_own),
		IN_A_LAB(the_former_one_comes_back_when_the_new_one_fails),
		IN_A_LAB(a_port_changes_hands),
		IN_A_LAB(one_that_vanishes_makes_way_too),
		IN_A_LAB(strays_are_gone_before_the_next_one_starts),
		IN_A_LAB(it_has_the_time_that_it_asks_for),
		IN_A_LAB(stopping_the_lab_ends_one_that_made_way),
	};

	if (strstr(argv[0], PROGRAM))
		return worker_main(do_more, before_it_is_ready);
	skip_unless_root();
	prepare();
	prepare_host();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
