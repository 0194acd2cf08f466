// SPDX-License-Identifier: GPL-2.0-only
/* labctl-service under the real supervisor: what its commands may do, and real servers among them. */
#include "kernel/supervised.h"

#define NODE \
	"\"node\":{\"hostname\":\"web-1\",\"resolv_conf\":\"nameserver 192.0.2.53\\n\",\"hosts\":\"\"}"

/* options: members of the configuration behind "command", which is the words of a JSON array. */
static int start_service(struct fixture *f, const char *privilege, const char *command,
			 const char *options, struct lab_error **err)
{
	auto_free char *text = NULL;

	must(asprintf(&text,
		      "[{\"name\":\"w\",\"program\":\"labctl-service\",\"ns\":\"a\",\"sockets\":[],"
		      "\"privilege\":\"%s\",\"config\":{\"command\":[%s]," NODE "%s%s}}]",
		      privilege, command, *options ? "," : "", options) > 0,
	     "asprintf");
	return supervise_load(f->dir, text, strlen(text), LOAD_MS, err);
}

/* Whether a shell command succeeds on the host. */
static bool holds(const char *command)
{
	return system(command) == 0;
}

static void a_command_has_what_its_privilege_names(void **state)
{
	static const struct {
		const char *privilege, *caps;
	} rows[] = {
		{"none", "0000000000000000"},
		{"service", "0000000000000400"},
		{"router", "0000000000001400"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lab_error *err = NULL;
		char check[256];

		must_hold(start_service(f, rows[i].privilege,
					"\"sh\",\"-c\",\"cat /proc/self/status >/run/labctl/s && "
					"hostname >/run/labctl/h && exec sleep 1000\"",
					"", &err),
			  &err);
		(void)snprintf(check, sizeof(check),
			       "for set in Inh Prm Eff Bnd Amb; do grep -q \"^Cap$set:.%s$\" "
			       "%s/run/w/s || exit 1; done; grep -q web-1 %s/run/w/h",
			       rows[i].caps, LAB_DIR, LAB_DIR);
		wait_until(5, holds(check));
		must(holds("grep -q '^NoNewPrivs:.1$' " LAB_DIR "/run/w/s && "
			   "grep -q '^Seccomp:.2$' " LAB_DIR "/run/w/s"),
		     "no filter");
	}
}

static void a_web_server_has_its_port(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	const char *const command =
		"\"/usr/bin/python3\",\"-m\",\"http.server\",\"-d\",\"/tmp/www\",\"80\"";
	const char *const first = "\"ready\":{\"tcp\":80},\"files\":{\"/tmp/www/x\":\"one\"}";
	const char *const second = "\"ready\":{\"tcp\":80},\"files\":{\"/tmp/www/x\":\"two\"}";
	const char *const third = "\"ready\":{\"tcp\":81},\"files\":{\"/tmp/www/x\":\"three\"},"
				  "\"ready_ms\":300";

	if (access("/usr/bin/python3", X_OK))
		skip();
	must_hold(start_service(f, "service", command, first, &err), &err);
	assert_true(holds("test \"$(curl -s --noproxy '*' http://127.0.0.1/x)\" = one"));
	/* a change takes the port over */
	must_hold(start_service(f, "service", command, second, &err), &err);
	assert_true(holds("test \"$(curl -s --noproxy '*' http://127.0.0.1/x)\" = two"));
	/* one that does not become ready says so itself, and what was there comes back */
	assert_int_equal(start_service(f, "service", command, third, &err), -1);
	if (!strstr(lab_error_message(err),
		    "worker w: exited with status 1; log: command /usr/bin/python3: "
		    "port 81/tcp is not listening after 300 ms"))
		fail_msg("%s", lab_error_message(err));
	lab_error_free(err);
	wait_until(10, in_state(f, "ready"));
	assert_true(holds("test \"$(curl -s --noproxy '*' http://127.0.0.1/x)\" = two"));
}

static void without_the_privilege_there_is_no_port_80(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	if (access("/usr/bin/python3", X_OK))
		skip();
	assert_int_equal(start_service(f, "none",
				       "\"/usr/bin/python3\",\"-m\",\"http.server\",\"80\"",
				       "\"ready\":{\"tcp\":80}", &err),
			 -1);
	if (!strstr(lab_error_message(err), "before it was ready; it said last: PermissionError"))
		fail_msg("%s", lab_error_message(err));
	lab_error_free(err);
}

static json_int_t restarts(struct fixture *f)
{
	json_t *w = status_of(f, "w");
	json_int_t n = json_integer_value(json_object_get(w, "restarts"));

	json_decref(w);
	return n;
}

static void a_service_that_ends_is_started_again(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	must_hold(start_service(f, "none", "\"sh\",\"-c\",\"sleep 0.1; echo tired; exit 4\"", "",
				&err),
		  &err);
	wait_until(10,
		   holds("grep -q 'command sh: exited with status 4; it said last: tired' " LAB_DIR
			 "/log/supervisor.log"));
	wait_until(10, restarts(f) > 0);
}

/* The second worker's command is `other`; NULL: there is none. */
static int start_reloading(struct fixture *f, const char *text, const char *other,
			   struct lab_error **err)
{
	auto_free char *list = NULL, *more = NULL;

	if (other)
		must(asprintf(
			     &more,
			     ",{\"name\":\"x\",\"program\":\"labctl-service\",\"ns\":\"a\",\"sockets\":[],"
			     "\"config\":{\"command\":[\"%s\"]," NODE ",\"ready\":{\"tcp\":9}}}",
			     other) > 0,
		     "asprintf");
	must(asprintf(
		     &list,
		     "[{\"name\":\"w\",\"program\":\"labctl-service\",\"ns\":\"a\",\"sockets\":[],"
		     "\"config\":{\"command\":[\"sh\",\"-c\",\"cp /tmp/f /run/labctl/began; exec sleep 1000\"],"
		     "\"reload\":[\"sh\",\"-c\",\"! grep -q bad /tmp/f && cp /tmp/f /run/labctl/now\"],"
		     "\"files\":{\"/tmp/f\":\"%s\"}," NODE "}}%s]",
		     text, more ? more : "") > 0,
	     "asprintf");
	return supervise_load(f->dir, list, strlen(list), LOAD_MS, err);
}

static void a_command_that_reloads_stays(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	pid_t pid;

	must_hold(start_reloading(f, "one", NULL, &err), &err);
	pid = worker_pid(f);
	for (int i = 0; i < 3; i++) {
		must_hold(start_reloading(f, i % 2 ? "three" : "two", NULL, &err), &err);
		assert_true(holds(i % 2 ? "grep -qx three " LAB_DIR "/run/w/now"
					: "grep -qx two " LAB_DIR "/run/w/now"));
	}
	assert_int_equal(worker_pid(f), pid);
	assert_int_equal(restarts(f), 0);

	/* what another worker's failure takes back is told as well */
	assert_int_equal(start_reloading(f, "four", "false", &err), -1);
	wait_until(10, holds("test $(grep -c 'reloaded: sh' " LAB_DIR "/log/w.log) -eq 5"));
	assert_true(holds("grep -qx two " LAB_DIR "/run/w/now"));
	assert_int_equal(worker_pid(f), pid);
	lab_error_free(err);
	err = NULL;

	/* one that does not take its files is started anew, with those that it had */
	assert_int_equal(start_reloading(f, "bad", NULL, &err), -1);
	if (!strstr(lab_error_message(err),
		    "worker w: exited with status 1; log: command sh: does not "
		    "take its new files: sh: exit status 1"))
		fail_msg("%s", lab_error_message(err));
	lab_error_free(err);
	wait_until(10, holds("grep -qx two " LAB_DIR "/run/w/began"));
	wait_until(10, in_state(f, "ready"));
	assert_int_not_equal(worker_pid(f), pid);
}

/* BIRD needs netlink, raw sockets, its control socket, and nothing that the filter takes from it. */
static void a_routing_daemon_writes_its_routes(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;

	if (!holds("command -v bird birdc >/dev/null"))
		skip();
	must_hold(start_service(f, "router",
				"\"bird\",\"-f\",\"-c\",\"/tmp/bird.conf\",\"-s\","
				"\"/run/labctl/bird.ctl\"",
				"\"ready\":{\"unix\":\"/run/labctl/bird.ctl\"},"
				"\"files\":{\"/tmp/bird.conf\":\"router id 192.0.2.1;\\n"
				"protocol device {}\\n"
				"protocol static { ipv4; route 192.0.2.0/24 blackhole; }\\n"
				"protocol kernel { ipv4 { export all; }; metric 32; }\\n"
				"protocol bgp up { local 127.0.0.1 as 65001; neighbor 127.0.0.2 as "
				"65002; multihop; passive; ipv4 { import all; export none; }; }\\n"
				"\"}",
				&err),
		  &err);
	wait_until(10, holds("ip route show 192.0.2.0/24 | grep -q 'blackhole.*proto bird'"));
	wait_until(10, holds("ss -Hltn sport = :179 | grep -q LISTEN"));
	assert_true(holds("birdc -s " LAB_DIR "/run/w/bird.ctl show protocols up | grep -q BGP"));
	must_hold(supervise_load(f->dir, "[]", 2, LOAD_MS, &err), &err);
	/* it ends in an orderly manner, and takes its routes back */
	wait_until(10, !holds("ip route show 192.0.2.0/24 | grep -q bird"));
}

static void the_echo_service_needs_no_privilege(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	const char *text =
		"[{\"name\":\"w\",\"program\":\"labctl-service\",\"ns\":\"a\",\"sockets\":["
		"{\"name\":\"web-80\",\"ns\":\"a\",\"type\":\"tcp\",\"port\":80},"
		"{\"name\":\"web-81\",\"ns\":\"a\",\"type\":\"tcp\",\"port\":81}],"
		"\"config\":{\"echo\":{\"name\":\"web\",\"node\":\"idc\"}}}]";

	must_hold(supervise_load(f->dir, text, strlen(text), LOAD_MS, &err), &err);
	assert_true(
		holds("curl -s --noproxy '*' http://127.0.0.1/a | grep -q '\"service\": \"web\"'"));
	assert_true(
		holds("curl -s --noproxy '*' http://127.0.0.1:81/b | grep -q '\"path\": \"/b\"'"));
	assert_true(holds(
		"curl --noproxy '*' -so /dev/null -w '%{size_download}' http://127.0.0.1/bytes/5000000 | "
		"grep -qx 5000000"));
	assert_true(holds("grep -q '\"path\":\"/b\",\"status\":200' " LAB_DIR "/log/w.log"));
}

int main(void)
{
#define IN_A_LAB(fn) cmocka_unit_test_setup_teardown(fn, start_lab, stop_lab)
	const struct CMUnitTest tests[] = {
		IN_A_LAB(a_command_has_what_its_privilege_names),
		IN_A_LAB(a_web_server_has_its_port),
		IN_A_LAB(without_the_privilege_there_is_no_port_80),
		IN_A_LAB(a_service_that_ends_is_started_again),
		IN_A_LAB(a_command_that_reloads_stays),
		IN_A_LAB(a_routing_daemon_writes_its_routes),
		IN_A_LAB(the_echo_service_needs_no_privilege),
	};

	skip_unless_root();
	prepare();
	install("labctl-service");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
