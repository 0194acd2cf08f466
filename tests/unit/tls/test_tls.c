// SPDX-License-Identifier: GPL-2.0-only
/* Clients of GnuTLS at httpd behind TLS, on one loop. */
#include <gnutls/gnutls.h>
#include <sys/mman.h>

#include "lib/http_client.h"

#include "base/cleanup.h"
#include "certify/authority.h"
#include "httpd/httpd.h"
#include "tls/tls.h"

#define NAME "api.example.com"

struct fixture {
	struct loop *loop;
	struct httpd *httpd;
	struct tls_server *tls;
	gnutls_certificate_credentials_t trust;
	int listening, secure;
	uint16_t port;
};

/* "/big" gives 4 MiB; else the path, and whether it came by TLS. */
static void on_request(struct httpd_request *r, void *arg)
{
	struct fixture *f = arg;
	struct httpd_answer a = {.status = 200};

	f->secure += r->secure;
	if (http_slice_is(r->head->path, "/big")) {
		a.body.n = 4u << 20;
		a.body.p = a.free_body = calloc(1, a.body.n);
	} else {
		a.body = http_slice(arena_printf(r->arena, "[%.*s %zu]", (int)r->head->path.n,
						 r->head->path.p, r->body.n));
	}
	assert_int_equal(httpd_respond(r, &a), 0);
}

static void open_fixture(struct fixture *f, struct httpd_options o)
{
	struct certificate ca = {0}, own = {0}, second = {0};
	struct authority *a = authority_new("test", NULL);

	*f = (struct fixture){.loop = loop_new(), .tls = tls_server_new(NULL)};
	assert_non_null(a);
	assert_int_equal(authority_write(a, &ca, NULL), 0);
	assert_int_equal(authority_issue(a, NAME, &own, NULL), 0);
	assert_int_equal(authority_issue(a, "b." NAME, &second, NULL), 0);
	assert_int_equal(tls_server_add(f->tls, NAME, own.certificate, own.key, NULL), 0);
	assert_int_equal(tls_server_add(f->tls, "b." NAME, second.certificate, second.key, NULL),
			 0);

	const gnutls_datum_t pem = {(unsigned char *)ca.certificate,
				    (unsigned int)strlen(ca.certificate)};

	assert_int_equal(gnutls_certificate_allocate_credentials(&f->trust), 0);
	assert_int_equal(gnutls_certificate_set_x509_trust_mem(f->trust, &pem, GNUTLS_X509_FMT_PEM),
			 1);
	certificate_done(&ca);
	certificate_done(&own);
	certificate_done(&second);
	authority_free(a);
	f->listening = test_listen(&f->port);
	f->httpd = httpd_new(f->loop, &o,
			     &(struct httpd_handler){.on_request = on_request, .arg = f});
	assert_int_equal(httpd_listen_secure(f->httpd, f->listening, NULL,
					     tls_server_security(f->tls), NULL),
			 0);
}

static void close_fixture(struct fixture *f)
{
	httpd_free(f->httpd);
	tls_server_free(f->tls);
	gnutls_certificate_free_credentials(f->trust);
	loop_free(f->loop);
	close(f->listening);
}

struct client {
	struct fixture *f;
	gnutls_session_t tls;
	int fd;
};

/* name, alpn: NULL: none. It believes only a certificate of that name. */
static struct client open_client(struct fixture *f, const char *name, const char *alpn,
				 const char *priorities)
{
	struct client c = {.f = f, .fd = test_connect(f->port)};
	gnutls_datum_t protocol = {(unsigned char *)(uintptr_t)alpn,
				   alpn ? (unsigned int)strlen(alpn) : 0};

	assert_int_equal(fcntl(c.fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(gnutls_init(&c.tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL),
			 0);
	assert_int_equal(
		gnutls_priority_set_direct(c.tls, priorities ? priorities : "NORMAL", NULL), 0);
	assert_int_equal(gnutls_credentials_set(c.tls, GNUTLS_CRD_CERTIFICATE, f->trust), 0);
	if (name)
		assert_int_equal(gnutls_server_name_set(c.tls, GNUTLS_NAME_DNS, name, strlen(name)),
				 0);
	if (alpn)
		assert_int_equal(gnutls_alpn_set_protocols(c.tls, &protocol, 1, 0), 0);
	gnutls_session_set_verify_cert(c.tls, name, 0);
	gnutls_transport_set_int(c.tls, c.fd);
	return c;
}

static void close_client(struct client *c)
{
	gnutls_deinit(c->tls);
	close(c->fd);
}

/* 0, or GnuTLS's error. */
static int shake_hands(struct client *c)
{
	const uint64_t deadline = test_clock_ms() + 10000;
	int rc;

	while ((rc = gnutls_handshake(c->tls)) < 0 && !gnutls_error_is_fatal(rc) &&
	       test_clock_ms() < deadline)
		assert_int_equal(loop_turn(c->f->loop, 1), 0);
	return rc;
}

static struct client open_connection(struct fixture *f)
{
	struct client c;

	open_fixture(f, (struct httpd_options){0});
	c = open_client(f, NAME, NULL, NULL);
	assert_int_equal(shake_hands(&c), 0);
	return c;
}

static void send_text(struct client *c, const char *text)
{
	assert_int_equal(gnutls_record_send(c->tls, text, strlen(text)), strlen(text));
}

/* Until the text has come (NULL: until the end), to be freed; the number of bytes at *n. */
static char *receive(struct client *c, const char *until, size_t *n)
{
	const uint64_t deadline = test_clock_ms() + 10000;
	struct strbuf got = {0};
	char part[16384];

	while (test_clock_ms() < deadline) {
		const ssize_t r = gnutls_record_recv(c->tls, part, sizeof(part));

		if (r > 0)
			strbuf_addn(&got, part, (size_t)r);
		if (r == 0 || (r < 0 && gnutls_error_is_fatal((int)r))) {
			/* the end is said, not only made */
			assert_int_equal(r, 0);
			assert_null(until);
			break;
		}
		if (r > 0 && until && strstr(got.s, until))
			break;
		assert_int_equal(loop_turn(c->f->loop, 1), 0);
	}
	*n = got.len;
	return strbuf_take(&got);
}

static void answers(void **state)
{
	static const struct {
		const char *priorities;
		gnutls_protocol_t version;
	} rows[] = {
		{"NORMAL", GNUTLS_TLS1_3},
		{"NORMAL:-VERS-ALL:+VERS-TLS1.2", GNUTLS_TLS1_2},
	};

	for (size_t i = 0; i < 2; i++) {
		struct fixture f;
		struct client c;
		size_t n;
		char *got;

		open_fixture(&f, (struct httpd_options){.body_limit = 1u << 20});
		c = open_client(&f, i ? "B." NAME : NAME, i ? NULL : "http/1.1",
				rows[i].priorities);
		assert_int_equal(shake_hands(&c), 0);
		assert_int_equal(gnutls_protocol_get_version(c.tls), rows[i].version);
		send_text(&c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
		got = receive(&c, "[/a 0]", &n);
		free(got);
		/* on the same connection, in two records; then its end */
		send_text(&c, "POST /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Le");
		send_text(&c, "ngth: 4\r\n\r\nbody");
		got = receive(&c, NULL, &n);
		assert_non_null(strstr(got, "[/b 4]"));
		free(got);
		assert_int_equal(f.secure, 2);
		close_client(&c);
		close_fixture(&f);
	}
}

/* Records without data, in the socket together with the request behind them: there is one edge for all. */
static void records_without_data_hide_no_request(void **state)
{
	static const struct {
		bool key_update;
		int empty;
	} rows[] = {{true, 0}, {false, 1}, {true, 3}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture f;
		struct client c = open_connection(&f);
		size_t n;
		char *got;

		send_text(&c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
		free(receive(&c, "[/a 0]", &n));
		if (rows[i].key_update)
			assert_int_equal(gnutls_session_key_update(c.tls, GNUTLS_KU_PEER), 0);
		for (int k = 0; k < rows[i].empty; k++)
			assert_int_equal(gnutls_record_send2(c.tls, "", 0, 1, 0), 0);
		send_text(&c, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
		got = receive(&c, "[/b 0]", &n);
		if (!got || !strstr(got, "[/b 0]"))
			fail_msg("row %zu: no answer", i);
		free(got);
		close_client(&c);
		close_fixture(&f);
	}
}

/* A client that sends nothing but such records loses its connection. */
static void records_without_data_have_a_limit(void **state)
{
	struct fixture f;
	struct client c = open_connection(&f);

	for (int i = 0; i < 200; i++)
		assert_int_equal(gnutls_record_send2(c.tls, "", 0, 1, 0), 0);
	for (int i = 0; httpd_connections(f.httpd) && i < 100; i++)
		assert_int_equal(loop_turn(f.loop, 10), 0);
	assert_int_equal(httpd_connections(f.httpd), 0);
	close_client(&c);
	close_fixture(&f);
}

/* Larger than any socket's buffer: what did not fit goes out later, whole. */
static void large_answers_come_whole(void **state)
{
	struct fixture f;
	struct client c = open_connection(&f);
	size_t n;
	char *got;

	send_text(&c, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	for (int i = 0; i < 20; i++)
		assert_int_equal(loop_turn(f.loop, 1), 0); /* the server runs full */
	got = receive(&c, NULL, &n);
	assert_true(n > 4u << 20);
	free(got);
	close_client(&c);
	close_fixture(&f);
}

static void refuses(void **state)
{
	static const struct {
		const char *name, *alpn, *priorities;
		int alert;
	} rows[] = {
		{"c." NAME, NULL, NULL, GNUTLS_A_UNRECOGNIZED_NAME},
		{"example.com", NULL, NULL, GNUTLS_A_UNRECOGNIZED_NAME},
		{NULL, NULL, NULL, GNUTLS_A_UNRECOGNIZED_NAME},
		{NAME, "h2", NULL, GNUTLS_A_NO_APPLICATION_PROTOCOL},
		{NAME, NULL, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0",
		 GNUTLS_A_PROTOCOL_VERSION},
	};
	struct fixture f;

	open_fixture(&f, (struct httpd_options){0});
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client c = open_client(&f, rows[i].name, rows[i].alpn, rows[i].priorities);
		const int rc = shake_hands(&c);

		if (rc != GNUTLS_E_FATAL_ALERT_RECEIVED)
			fail_msg("row %zu: %s", i, gnutls_strerror(rc));
		assert_int_equal(gnutls_alert_get(c.tls), rows[i].alert);
		close_client(&c);
	}
	assert_int_equal(f.secure, 0);
	close_fixture(&f);
}

/* Whoever asks for no name, or another, gets the default one, and judges for itself. */
static void has_a_default(void **state)
{
	static const struct {
		const char *name;
		int rc;
	} rows[] = {
		{NULL, 0},
		{"c." NAME, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR},
		{"b." NAME, 0},
	};
	struct fixture f;

	open_fixture(&f, (struct httpd_options){0});
	tls_server_default(f.tls, NAME);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client c = open_client(&f, rows[i].name, NULL, NULL);

		assert_int_equal(shake_hands(&c), rows[i].rc);
		close_client(&c);
	}
	close_fixture(&f);
}

static void resumes(void **state)
{
	gnutls_datum_t ticket = {0};
	struct fixture f;

	open_fixture(&f, (struct httpd_options){0});
	for (int i = 0; i < 2; i++) {
		struct client c = open_client(&f, NAME, NULL, NULL);
		size_t n;
		char *got;

		if (i)
			assert_int_equal(gnutls_session_set_data(c.tls, ticket.data, ticket.size),
					 0);
		assert_int_equal(shake_hands(&c), 0);
		assert_int_equal(gnutls_session_is_resumed(c.tls), i);
		send_text(&c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
		got = receive(&c, "[/a 0]", &n); /* the ticket is there, too */
		free(got);
		if (!i)
			assert_int_equal(gnutls_session_get_data2(c.tls, &ticket), 0);
		close_client(&c);
	}
	gnutls_free(ticket.data);
	close_fixture(&f);
}

/* Nothing, part of a hello, HTTP instead of TLS, and a client that goes: the connection ends, and no other. */
static void bad_clients_end(void **state)
{
	static const char *const hellos[] = {"", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
					     "GET / HTTP/1.1\r\nHost: x\r\n\r\n"};
	static const size_t lengths[] = {0, 11, 27};
	struct fixture f;
	struct client good;

	open_fixture(&f, (struct httpd_options){.handshake_ms = 50});
	good = open_client(&f, NAME, NULL, NULL);
	assert_int_equal(shake_hands(&good), 0);
	for (size_t i = 0; i < ARRAY_LEN(hellos); i++) {
		struct test_client c = test_client_open(f.port);

		assert_true(test_client_send(f.loop, &c, hellos[i], lengths[i]));
		assert_true(test_client_wait(f.loop, &c, NULL));
		assert_false(c.got.len && strstr(c.got.s, "HTTP/"));
		test_client_close(&c);
	}
	for (size_t i = 0; i < ARRAY_LEN(hellos); i++) {
		struct test_client c = test_client_open(f.port);

		(void)test_client_send(f.loop, &c, hellos[i], lengths[i]);
		test_client_close(&c);
	}
	for (int i = 0; httpd_connections(f.httpd) > 1 && i < 1000; i++)
		assert_int_equal(loop_turn(f.loop, 10), 0);
	assert_int_equal(httpd_connections(f.httpd), 1);
	close_client(&good);
	close_fixture(&f);
}

/* Who has not said a byte makes room for others; who has begun its handshake does not. */
static void silent_clients_make_room(void **state)
{
	struct test_client begun, silent;
	struct fixture f;
	struct client good;

	open_fixture(&f, (struct httpd_options){.max_connections = 2, .handshake_ms = 60000});
	begun = test_client_open(f.port);
	silent = test_client_open(f.port);
	assert_true(test_client_send(f.loop, &begun, "\x16", 1));
	for (int i = 0; i < 1000 && httpd_connections(f.httpd) < 2; i++)
		assert_int_equal(loop_turn(f.loop, 10), 0);
	for (int i = 0; i < 3; i++) /* and the byte has been read */
		assert_int_equal(loop_turn(f.loop, 1), 0);
	good = open_client(&f, NAME, NULL, NULL);
	assert_int_equal(shake_hands(&good), 0);
	assert_int_equal(httpd_connections(f.httpd), 2);
	assert_true(test_client_wait(f.loop, &silent, NULL));
	test_client_poll(&begun);
	assert_false(begun.eof);
	close_client(&good);
	test_client_close(&begun);
	test_client_close(&silent);
	close_fixture(&f);
}

/* Stopping ends nobody's handshake: the request behind it is answered. */
static void on_stopped(void *arg)
{
	*(bool *)arg = true;
}

static void stopping_waits(void **state)
{
	bool stopped = false;
	struct fixture f;
	struct client c;
	size_t n;
	char *got;

	open_fixture(&f, (struct httpd_options){0});
	c = open_client(&f, NAME, NULL, NULL);
	assert_int_equal(gnutls_handshake(c.tls), GNUTLS_E_AGAIN);
	test_turn_until(f.loop, httpd_connections(f.httpd) == 1);
	httpd_stop(f.httpd, 9000, on_stopped, &stopped);
	assert_int_equal(shake_hands(&c), 0);
	send_text(&c, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	got = receive(&c, NULL, &n);
	assert_non_null(strstr(got, "Connection: close\r\n"));
	assert_non_null(strstr(got, "[/a 0]"));
	free(got);
	close_client(&c);
	for (int i = 0; !stopped && i < 1000; i++)
		assert_int_equal(loop_turn(f.loop, 10), 0);
	assert_true(stopped);
	close_fixture(&f);
}

static void says_what_is_wrong(void **state)
{
	static const char *const domains[] = {"a.example.com"};
	static const struct {
		const char *store, *message;
	} rows[] = {
		{"", "certificates: not a store"},
		{"[]", "certificates: not a store"},
		{"{}", "certificates: none for a.example.com"},
		{"{\"a.example.com\": {\"certificate\": \"x\"}}",
		 "certificates: none for a.example.com"},
		{"{\"a.example.com\": {\"certificate\": \"x\", \"key\": \"y\"}}",
		 "TLS: a.example.com: "},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tls_server *t = tls_server_new(NULL);
		auto_close int fd = memfd_create("store", MFD_CLOEXEC);
		auto_error struct lab_error *err = NULL;
		const size_t len = strlen(rows[i].store);

		assert_int_equal(write(fd, rows[i].store, len), len);
		assert_int_equal(tls_server_load(t, fd, domains, 1, &err), -1);
		if (strncmp(lab_error_message(err), rows[i].message, strlen(rows[i].message)) != 0)
			fail_msg("row %zu: %s", i, lab_error_message(err));
		tls_server_free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(records_without_data_hide_no_request),
		cmocka_unit_test(records_without_data_have_a_limit),
		cmocka_unit_test(large_answers_come_whole),
		cmocka_unit_test(refuses),
		cmocka_unit_test(has_a_default),
		cmocka_unit_test(resumes),
		cmocka_unit_test(bad_clients_end),
		cmocka_unit_test(silent_clients_make_room),
		cmocka_unit_test(stopping_waits),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
