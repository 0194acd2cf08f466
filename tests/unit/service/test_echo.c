// SPDX-License-Identifier: GPL-2.0-only
/* The echo service: in this process for what it answers, as a program for how it begins and ends. */
#include <jansson.h>
#include <sys/stat.h>

#include "lib/http_client.h"

#include "base/cleanup.h"
#include "service/echo.h"

#define CONFIG "{\"echo\":{\"name\":\"web\",\"node\":\"idc\"},\"sockets\":[{\"name\":\"web-80\"}]}"

struct fixture {
	struct loop *loop;
	struct service_config *config;
	struct service_echo *echo;
	int listener, log;
	uint16_t port;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->loop = loop_new();
	f->config = service_config_read(CONFIG, strlen(CONFIG), NULL);
	f->log = memfd_create("log", MFD_CLOEXEC);
	f->listener = test_listen(&f->port);
	f->echo = service_echo_new(f->loop, f->config, f->log);
	*state = f;
	return service_echo_listen(f->echo, f->listener, NULL, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	service_echo_free(f->echo);
	service_config_free(f->config);
	loop_free(f->loop);
	close(f->listener);
	close(f->log);
	free(f);
	return 0;
}

static json_t *body_of(const char *answer)
{
	const char *body = strstr(answer, "\r\n\r\n");
	json_t *json;

	assert_non_null(body);
	assert_int_equal(body[strlen(body) - 1], '\n');
	json = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	if (!json)
		fail_msg("not JSON: %s", answer);
	return json;
}

/* Compares with a document in which single quotes stand for double ones. */
static void assert_json(json_t *is, const char *wanted)
{
	auto_free char *text = strdup(wanted), *shown = json_dumps(is, 0);
	json_t *json;

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	if (!json_equal(is, json))
		fail_msg("%s\nis not %s", shown, text);
	json_decref(json);
}

static void a_request_comes_back(void **state)
{
	struct fixture *f = *state;
	auto_free char *got = test_roundtrip(f->loop, f->port,
					     "POST /a%20b?x=1&y HTTP/1.1\r\nHost: web.idc:80\r\n"
					     "X-Forwarded-For: 10.0.0.1\r\nContent-Length: 5\r\n"
					     "x-forwarded-for: 10.0.0.2\r\nx-latin: \xe4\r\n"
					     "x-utf: \xc3\xa4\r\n\r\nhello");
	json_t *json = body_of(got);

	assert_non_null(strstr(got, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(got, "Content-Type: application/json\r\n"));
	/* checks of labs look for such pieces */
	assert_non_null(strstr(got, "\"Content-Length\": \"5\", "));
	assert_non_null(strstr(got, "\"client_ip\": \"127.0.0.1\", \"body_bytes\": 5}\n"));
	assert_json(json, "{'service':'web','node':'idc','method':'POST','path':'/a%20b',"
			  "'query':'x=1&y','headers':{'Host':'web.idc:80',"
			  "'X-Forwarded-For':'10.0.0.1, 10.0.0.2','Content-Length':'5',"
			  "'x-latin':'\xc3\xa4','x-utf':'\xc3\xa4'},"
			  "'client_ip':'127.0.0.1','body_bytes':5}");
	json_decref(json);
}

static void statuses_come_as_asked_for(void **state)
{
	struct fixture *f = *state;
	auto_free char *got = test_roundtrip(f->loop, f->port,
					     "GET /status/503 HTTP/1.1\r\nHost: x\r\n\r\n"
					     "GET /status/204 HTTP/1.1\r\nHost: x\r\n\r\n"
					     "HEAD /status/404 HTTP/1.1\r\nHost: x\r\n\r\n"
					     "GET /status/99 HTTP/1.1\r\nHost: x\r\n\r\n");

	assert_non_null(strstr(got, "HTTP/1.1 503 Service Unavailable\r\n"));
	assert_non_null(strstr(got, "HTTP/1.1 204 No Content\r\n"));
	assert_non_null(strstr(got, "HTTP/1.1 404 Not Found\r\n"));
	assert_non_null(strstr(got, "HTTP/1.1 400 Bad Request\r\n"));
	assert_non_null(strstr(got, "{\"error\":\"/status/ takes a status from 200 to 599\"}"));
}

static void others_go_on_while_one_is_delayed(void **state)
{
	static const char slow[] = "GET /delay/0.3 HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture *f = *state;
	struct test_client c = test_client_open(f->port);
	uint64_t began = test_clock_ms();

	assert_true(test_client_send(f->loop, &c, slow, strlen(slow)));
	for (int i = 0; i < 5; i++) {
		auto_free char *got = test_roundtrip(f->loop, f->port,
						     "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

		assert_non_null(strstr(got, "200 OK"));
	}
	assert_int_equal(c.got.len, 0);
	assert_true(test_client_wait(f->loop, &c, "\"path\": \"/delay/0.3\""));
	assert_true(test_clock_ms() - began >= 299);
	test_client_close(&c);
}

static void bytes_come_as_many_as_asked_for(void **state)
{
	static const size_t sizes[] = {0, 1, 100000, 67108864, 7};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char request[128];
		auto_free char *got = NULL;
		const char *body;

		(void)snprintf(request, sizeof(request),
			       "GET /bytes/%zu HTTP/1.1\r\nHost: x\r\n\r\n", sizes[i]);
		got = test_roundtrip(f->loop, f->port, request);
		body = strstr(got, "\r\n\r\n");
		assert_non_null(body);
		assert_int_equal(strlen(body + 4), sizes[i]);
		assert_int_equal(strspn(body + 4, "x"), sizes[i]);
	}
}

/* Line n of the log, as JSON without its time. */
static json_t *log_line(const struct fixture *f, int n)
{
	char text[16384] = "", *line = text;
	json_t *json;

	assert_true(pread(f->log, text, sizeof(text) - 1, 0) > 0);
	while (n--) {
		line = strchr(line, '\n');
		assert_non_null(line);
		line++;
	}
	line = strtok(line, "\n");
	json = line ? json_loads(line, 0, NULL) : NULL;
	assert_non_null(json);
	assert_int_equal(strlen(json_string_value(json_object_get(json, "time"))), 24);
	assert_true(json_integer_value(json_object_get(json, "client_port")) > 0);
	json_object_del(json, "time");
	json_object_del(json, "client_port");
	return json;
}

static void expect_line(const struct fixture *f, int n, const char *wanted)
{
	json_t *json = log_line(f, n);

	assert_json(json, wanted);
	json_decref(json);
}

static void each_request_is_a_line_of_the_log(void **state)
{
	struct fixture *f = *state;
	auto_free char *one = test_roundtrip(f->loop, f->port,
					     "PUT /x?secret HTTP/1.1\r\nHost: web\r\n"
					     "X-Forwarded-For: 10.0.0.1\r\nCaClientIp: 10.0.0.2\r\n"
					     "X-Ca-Request-Id: 1F-A\r\n\r\n");
	auto_free char *two = test_roundtrip(f->loop, f->port,
					     "GET /status/418 HTTP/1.1\r\nHost: web\r\n\r\n");
	auto_free char *bad = test_roundtrip(f->loop, f->port, "GET  / HTTP/1.1\r\n\r\n");
	struct test_client c = test_client_open(f->port);
	static const char slow[] = "GET /delay/300 HTTP/1.1\r\nHost: web\r\n\r\n";
	struct stat st;
	off_t before;

	assert_non_null(strstr(bad, "HTTP/1.1 400 Bad Request"));
	assert_non_null(strstr(bad, "{\"error\":\""));
	assert_true(test_client_send(f->loop, &c, slow, strlen(slow)));
	free(two); /* once more, so that the slow one has arrived too */
	two = test_roundtrip(f->loop, f->port, "GET / HTTP/1.1\r\nHost: web\r\n\r\n");
	assert_int_equal(fstat(f->log, &st), 0);
	before = st.st_size;
	/* it does not wait so long; a mere end of what it sends would not say so */
	assert_int_equal(setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
				    sizeof(struct linger)),
			 0);
	test_client_close(&c);
	for (uint64_t end = test_clock_ms() + 10000; st.st_size == before;) {
		assert_true(test_clock_ms() < end);
		assert_int_equal(loop_turn(f->loop, 10), 0);
		assert_int_equal(fstat(f->log, &st), 0);
	}
	expect_line(
		f, 0,
		"{'service':'web','client_ip':'127.0.0.1','method':'PUT','path':'/x','status':200,"
		"'host':'web','x_forwarded_for':'10.0.0.1','ca_client_ip':'10.0.0.2',"
		"'x_ca_request_id':'1F-A'}");
	expect_line(f, 1,
		    "{'service':'web','client_ip':'127.0.0.1','method':'GET','path':'/status/418',"
		    "'status':418,'host':'web','x_forwarded_for':'','ca_client_ip':'',"
		    "'x_ca_request_id':''}");
	expect_line(f, 4,
		    "{'service':'web','client_ip':'127.0.0.1','method':'GET','path':'/delay/300',"
		    "'status':0,'host':'web','x_forwarded_for':'','ca_client_ip':'',"
		    "'x_ca_request_id':''}");
}

static void the_program_serves_and_ends(void **state)
{
	const char *build = getenv("LABCTL_BUILD_DIR");
	auto_free char *program = NULL, *log = NULL, *got = NULL;
	struct test_worker w = {0};
	struct loop *loop = loop_new(); /* turned by the client while it waits */

	assert_true(asprintf(&program, "%s/libexec/labctl/labctl-service", build ? build : ".") >
		    0);
	w.socket = test_listen(&w.port);
	assert_true(test_worker_start(&w, program, CONFIG));
	got = test_roundtrip(loop, w.port, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_non_null(strstr(got, "\"path\": \"/hello\""));
	assert_int_equal(kill(w.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&w), 0);
	log = test_worker_log(&w);
	assert_non_null(strstr(log, "\"path\":\"/hello\",\"status\":200"));
	loop_free(loop);
	close(w.socket);
	close(w.log);
}

int main(void)
{
#define SERVED(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		SERVED(a_request_comes_back),
		SERVED(statuses_come_as_asked_for),
		SERVED(others_go_on_while_one_is_delayed),
		SERVED(bytes_come_as_many_as_asked_for),
		SERVED(each_request_is_a_line_of_the_log),
		cmocka_unit_test(the_program_serves_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
