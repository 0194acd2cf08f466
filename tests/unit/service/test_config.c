// SPDX-License-Identifier: GPL-2.0-only
/* What a service may be told. */
#include "lib/test.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "service/config.h"

/* Single quotes stand for double ones. */
static struct service_config *read_text(const char *text, struct lab_error **err)
{
	auto_free char *json = strdup(text);

	for (char *c = json; *c; c++)
		if (*c == '\'')
			*c = '"';
	return service_config_read(json, strlen(json), err);
}

static void an_echo_service_is_read(void **state)
{
	struct service_config *c = read_text(
		"{'echo':{'name':'web','node':'idc'},'sockets':[{'name':'a'},{'name':'b'}]}", NULL);

	assert_non_null(c);
	assert_string_equal(c->echo_name, "web");
	assert_string_equal(c->echo_node, "idc");
	assert_int_equal(c->n_sockets, 2);
	assert_null(c->command);
	service_config_free(c);
}

/* The certificates are behind the sockets that it listens on. */
static void an_echo_service_with_tls_is_read(void **state)
{
	struct service_config *c =
		read_text("{'echo':{'name':'web','node':'idc','tls':'10.0.0.1 idc'},"
			  "'sockets':[{'name':'a'},{'name':'certificates'}]}",
			  NULL);

	assert_non_null(c);
	assert_string_equal(c->echo_tls, "10.0.0.1 idc");
	assert_int_equal(c->n_sockets, 1);
	service_config_free(c);
}

static void a_command_is_read(void **state)
{
	struct service_config *c = read_text(
		"{'command':['nginx','-c','x y'],'folder':'/lab','environment':{'A':'b=c','HOME':'/h'},"
		"'files':{'/tmp/a/b.conf':'text','/run/labctl/c':''},'ready':{'tcp':8080},"
		"'ready_ms':1500,'node':{'hostname':'h','resolv_conf':'','hosts':''},'sockets':[]}",
		NULL);
	static const char *const env[] = {"PATH=" PROGRAM_PATH, "HOME=/h", "LANG=C.UTF-8", "A=b=c"};

	assert_non_null(c);
	assert_string_equal(c->command[0], "nginx");
	assert_string_equal(c->command[2], "x y");
	assert_null(c->command[3]);
	assert_string_equal(c->folder, "/lab");
	assert_int_equal(c->env.n, ARRAY_LEN(env));
	for (size_t i = 0; i < ARRAY_LEN(env); i++)
		assert_string_equal(c->env.vars[i], env[i]);
	assert_int_equal(c->n_files, 2);
	assert_string_equal(c->files[0].path, "/tmp/a/b.conf");
	assert_string_equal(c->files[0].text, "text");
	assert_int_equal(c->ready.kind, SERVICE_READY_TCP);
	assert_int_equal(c->ready.port, 8080);
	assert_int_equal(c->ready.ms, 1500);
	service_config_free(c);
}

static void little_is_enough(void **state)
{
	struct service_config *c = read_text("{'command':['x'],'sockets':[]}", NULL);

	assert_non_null(c);
	assert_string_equal(c->folder, "/");
	assert_int_equal(c->n_files, 0);
	assert_int_equal(c->ready.kind, SERVICE_READY_AT_ONCE);
	assert_int_equal(c->ready.ms, SERVICE_READY_MS);
	service_config_free(c);
}

static void readiness_has_three_kinds(void **state)
{
	static const struct {
		const char *text;
		enum service_ready_kind kind;
	} rows[] = {
		{"{'command':['x'],'ready':{'tcp':1},'sockets':[]}", SERVICE_READY_TCP},
		{"{'command':['x'],'ready':{'udp':65535},'sockets':[]}", SERVICE_READY_UDP},
		{"{'command':['x'],'ready':{'unix':'/run/labctl/s'},'sockets':[]}",
		 SERVICE_READY_UNIX},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct service_config *c = read_text(rows[i].text, NULL);

		assert_non_null(c);
		assert_int_equal(c->ready.kind, rows[i].kind);
		service_config_free(c);
	}
}

#define COMMAND(more) "{'command':['x'],'sockets':[]" more "}"
#define FILE_AT(path) COMMAND(",'files':{'" path "':''}")
#define LONG          "/0123456789012345678901234567890123456789012345678"

static void all_else_is_refused(void **state)
{
	static const struct {
		const char *text, *what;
	} rows[] = {
		{"", "configuration: line"},
		{"{}", "command"},
		{"{'command':['x']}", "sockets"},
		{"{'echo':{'name':'w','node':'n'}}", "sockets"},
		{"{'echo':{'name':'w','node':'n'},'sockets':[]}", "sockets"},
		{"{'echo':{'name':'w'},'sockets':[{}]}", "node"},
		{"{'echo':{'name':'w','node':'n','tls':'n'},'sockets':[{'name':'a'}]}",
		 "certificates"},
		{"{'echo':{'name':'w','node':'n','tls':'n'},'sockets':[]}", "certificates"},
		{"{'echo':{'name':'w','node':'n','tls':'n'},'sockets':[{'name':'certificates'}]}",
		 "none to listen on"},
		{"{'echo':{'name':'w','node':'n','tls':true},'sockets':[{'name':'certificates'}]}",
		 "Expected string"},
		{"{'echo':{'name':'w','node':'n','port':1},'sockets':[{}]}", "port"},
		{"{'echo':{'name':'w','node':'n'},'command':['x'],'sockets':[{}]}", "command"},
		{"{'command':[],'sockets':[]}", "command"},
		{"{'command':'x','sockets':[]}", "command"},
		{"{'command':[''],'sockets':[]}", "command"},
		{"{'command':['x',1],'sockets':[]}", "command"},
		{"{'command':['x'],'sockets':[{'name':'s'}]}", "sockets"},
		{"{'command':['x'],'command':['y'],'sockets':[]}", "line 1"},
		{COMMAND(",'unknown':1"), "unknown"},
		{COMMAND(",'reload':[]"), "reload"},
		{COMMAND(",'reload':'x'"), "reload"},
		{COMMAND(",'reload':['']"), "reload"},
		{COMMAND(",'folder':'lab'"), "folder"},
		{COMMAND(",'folder':1"), "Expected string"},
		{COMMAND(",'environment':{'A':1}"), "environment"},
		{COMMAND(",'environment':{'A=':''}"), "environment"},
		{COMMAND(",'environment':{'':''}"), "environment"},
		{COMMAND(",'environment':[]"), "environment"},
		{COMMAND(",'files':[]"), "files"},
		{COMMAND(",'files':{'/tmp/x':1}"), "/tmp/x"},
		{FILE_AT("/etc/passwd"), "/etc/passwd: not a file below"},
		{FILE_AT("/tmp"), "below"},
		{FILE_AT("/tmp/"), "below"},
		{FILE_AT("/tmpx/y"), "below"},
		{FILE_AT("/tmp/../etc/passwd"), "below"},
		{FILE_AT("/tmp/x/.."), "below"},
		{FILE_AT("/tmp/./x"), "below"},
		{FILE_AT("/tmp//x"), "below"},
		{FILE_AT("/tmp/x/"), "below"},
		{FILE_AT("tmp/x"), "below"},
		{FILE_AT("/run/labctl"), "below"},
		{FILE_AT("/run/other/x"), "below"},
		{COMMAND(",'ready':{}"), "ready"},
		{COMMAND(",'ready':{'tcp':1,'udp':1}"), "ready"},
		{COMMAND(",'ready':{'http':80}"), "ready"},
		{COMMAND(",'ready':{'tcp':0}"), "port"},
		{COMMAND(",'ready':{'tcp':'80'}"), "port"},
		{COMMAND(",'ready':{'udp':65536}"), "port"},
		{COMMAND(",'ready':{'unix':'x'}"), "unix"},
		{COMMAND(",'ready':{'unix':'" LONG LONG LONG "'}"), "unix"},
		{COMMAND(",'ready_ms':0"), "ready_ms"},
		{COMMAND(",'ready_ms':60001"), "ready_ms"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;

		if (read_text(rows[i].text, &err))
			fail_msg("taken: %s", rows[i].text);
		if (!strstr(lab_error_message(err), rows[i].what))
			fail_msg("%s: %s", rows[i].text, lab_error_message(err));
	}
}

/* What a name may hold is more than what may stand in a path. */
static void dots_in_names_are_fine(void **state)
{
	static const char *const paths[] = {FILE_AT("/tmp/.x"), FILE_AT("/tmp/..x/y..z"),
					    FILE_AT("/tmp/...")};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct service_config *c = read_text(paths[i], NULL);

		assert_non_null(c);
		service_config_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_service_is_read),
		cmocka_unit_test(an_echo_service_with_tls_is_read),
		cmocka_unit_test(a_command_is_read),
		cmocka_unit_test(little_is_enough),
		cmocka_unit_test(readiness_has_three_kinds),
		cmocka_unit_test(all_else_is_refused),
		cmocka_unit_test(dots_in_names_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
