// SPDX-License-Identifier: GPL-2.0-only
/* Log files and control messages. */
#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "supervise/logfile.h"
#include "supervise/message.h"

struct place {
	char path[64];
	int dir;
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->path, sizeof(p->path), "/tmp/labctl-test-XXXXXX");
	if (!mkdtemp(p->path))
		return -1;
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = p;
	return p->dir < 0 ? -1 : 0;
}

static int remove_place(void **state)
{
	static const char *const files[] = {"log/w.log", "log/w.log.1"};
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		(void)unlinkat(p->dir, files[i], 0);
	(void)unlinkat(p->dir, "log", AT_REMOVEDIR);
	(void)close(p->dir);
	(void)rmdir(p->path);
	free(p);
	return 0;
}

static off_t size_of(const struct place *p, const char *file)
{
	struct stat st;

	return fstatat(p->dir, file, &st, 0) ? -1 : st.st_size;
}

static void append(const struct place *p, const char *text)
{
	int fd = supervise_log_open(p->dir, "w", NULL);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void the_last_line_is_found_and_made_harmless(void **state)
{
	static const struct {
		const char *text, *last;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"one\ntwo\n", "two"},
		{"one\ntwo", "two"},
		{"2026-01-31T12:00:00.123Z error it broke\n\n", "it broke"},
		{"escape \033[2J and \xc3\xa4\n", "escape ?[2J and ??"},
	};
	const struct place *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char line[64];

		(void)unlinkat(p->dir, "log/w.log", 0);
		append(p, cases[i].text);
		supervise_log_last_line(p->dir, "w", line, sizeof(line));
		assert_string_equal(line, cases[i].last);
	}
}

static void a_log_beyond_its_cap_is_cut_under_the_writer(void **state)
{
	const struct place *p = *state;
	int fd = supervise_log_open(p->dir, "w", NULL);

	assert_int_equal(write(fd, "0123456789", 10), 10);
	assert_int_equal(supervise_log_rotate(p->dir, "w", 10, NULL), 0);
	assert_int_equal(size_of(p, "log/w.log.1"), -1); /* at the cap is not beyond it */
	assert_int_equal(write(fd, "a", 1), 1);
	assert_int_equal(supervise_log_rotate(p->dir, "w", 10, NULL), 0);
	assert_int_equal(size_of(p, "log/w.log.1"), 11);
	assert_int_equal(write(fd, "b", 1), 1); /* the same descriptor goes on at the beginning */
	assert_int_equal(size_of(p, "log/w.log"), 1);
	(void)close(fd);
}

static void a_log_is_not_written_through_a_symlink(void **state)
{
	const struct place *p = *state;
	struct lab_error *err = NULL;

	assert_int_equal(mkdirat(p->dir, "log", 0700), 0);
	assert_int_equal(symlinkat("/dev/null", p->dir, "log/w.log"), 0);
	assert_int_equal(supervise_log_open(p->dir, "w", &err), -1);
	lab_error_free(err);
}

static void messages_and_documents_arrive(void **state)
{
	struct lab_error *err = NULL;
	int pair[2], fd = supervise_message_memfd("x", "[1]", 3, &err), came;
	json_t *sent = json_pack("{s:s}", "op", "load"), *got;
	auto_free char *text = NULL;
	size_t len;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(supervise_message_send(pair[0], sent, fd, &err), 0);
	got = supervise_message_receive(pair[1], &came, &err);
	assert_true(json_equal(sent, got));
	text = supervise_message_read_memfd(came, &len, &err);
	assert_string_equal(text, "[1]");
	assert_int_equal(write(came, "x", 1), -1); /* sealed */
	(void)close(came);
	(void)close(fd);
	json_decref(sent);
	json_decref(got);

	assert_int_equal(send(pair[0], "[]", 2, 0), 2);
	assert_null(supervise_message_receive(pair[1], &came, &err));
	assert_int_equal(lab_error_status(err), LAB_FAILED);
	(void)close(pair[0]);
	assert_null(supervise_message_receive(pair[1], &came, &err));
	assert_int_equal(lab_error_status(err), LAB_STATE);
	(void)close(pair[1]);
	lab_error_free(err);
}

static void an_unsealed_document_is_refused(void **state)
{
	struct lab_error *err = NULL;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	size_t len;

	assert_null(supervise_message_read_memfd(fd, &len, &err));
	assert_non_null(strstr(lab_error_message(err), "sealed"));
	lab_error_free(err);
	(void)close(fd);
}

int main(void)
{
#define IN_A_PLACE(fn) cmocka_unit_test_setup_teardown(fn, make_place, remove_place)
	const struct CMUnitTest tests[] = {
		IN_A_PLACE(the_last_line_is_found_and_made_harmless),
		IN_A_PLACE(a_log_beyond_its_cap_is_cut_under_the_writer),
		IN_A_PLACE(a_log_is_not_written_through_a_symlink),
		cmocka_unit_test(messages_and_documents_arrive),
		cmocka_unit_test(an_unsealed_document_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
