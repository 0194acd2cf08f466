// SPDX-License-Identifier: GPL-2.0-only
/* labctl-tls-echo, with a client that believes the authority alone; what it and labctl-service are not for. */
#include <gnutls/gnutls.h>
#include <jansson.h>

#include "lib/worker.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "certify/authority.h"

#define NAMES "127.0.0.1 web.example.com"
#define PLAIN "{\"echo\":{\"name\":\"web\",\"node\":\"n\"},\"sockets\":[{\"name\":\"listen\"}]}"
#define SECURE                                                               \
	"{\"echo\":{\"name\":\"web\",\"node\":\"n\",\"tls\":\"" NAMES "\"}," \
	"\"sockets\":[{\"name\":\"listen\"},{\"name\":\"certificates\"}]}"

struct fixture {
	struct test_worker w;
	int sockets[2];
	gnutls_certificate_credentials_t trust;
};

static char *program(const char *name)
{
	const char *build = getenv("LABCTL_BUILD_DIR");
	char *path;

	assert_true(asprintf(&path, "%s/libexec/labctl/%s", build ? build : ".", name) > 0);
	return path;
}

/* The store that labctl-certify writes, open for reading. */
static int store_of(struct authority *a)
{
	auto_certificate struct certificate own = {0};
	json_auto_t *store = NULL;
	auto_free char *text = NULL;
	const int fd = memfd_create("store", MFD_CLOEXEC);

	assert_int_equal(authority_issue(a, NAMES, &own, NULL), 0);
	store = json_pack("{s:{s:s, s:s}}", NAMES, "certificate", own.certificate, "key", own.key);
	text = json_dumps(store, 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void begin(struct fixture *f)
{
	auto_free char *path = program("labctl-tls-echo");
	auto_certificate struct certificate ca = {0};
	struct authority *a = authority_new("test", NULL);
	gnutls_datum_t pem;

	*f = (struct fixture){0};
	assert_int_equal(authority_write(a, &ca, NULL), 0);
	pem = (gnutls_datum_t){(unsigned char *)ca.certificate,
			       (unsigned int)strlen(ca.certificate)};
	assert_int_equal(gnutls_certificate_allocate_credentials(&f->trust), 0);
	assert_int_equal(gnutls_certificate_set_x509_trust_mem(f->trust, &pem, GNUTLS_X509_FMT_PEM),
			 1);
	f->sockets[0] = test_listen(&f->w.port);
	f->sockets[1] = store_of(a);
	f->w.sockets = f->sockets;
	f->w.n_sockets = 2;
	authority_free(a);
	assert_true(test_worker_start(&f->w, path, SECURE));
}

static void end(struct fixture *f)
{
	assert_int_equal(kill(f->w.pid, SIGTERM), 0);
	assert_int_equal(test_worker_wait(&f->w), 0);
	gnutls_certificate_free_credentials(f->trust);
	close(f->sockets[0]);
	close(f->sockets[1]);
	close(f->w.log);
}

/* GnuTLS's error, or 0 and what was answered. sni: whether the client asks for the name. */
static int get(struct fixture *f, const char *host, bool sni, char *answer, size_t room)
{
	static const char request[] = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	gnutls_session_t tls;
	size_t len = 0;
	ssize_t n;
	int rc, fd = test_connect(f->w.port);

	assert_int_equal(gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
	assert_int_equal(gnutls_set_default_priority(tls), 0);
	assert_int_equal(gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, f->trust), 0);
	if (sni)
		assert_int_equal(gnutls_server_name_set(tls, GNUTLS_NAME_DNS, host, strlen(host)),
				 0);
	gnutls_session_set_verify_cert(tls, host, 0);
	gnutls_transport_set_int(tls, fd);
	while ((rc = gnutls_handshake(tls)) < 0 && !gnutls_error_is_fatal(rc))
		;
	if (rc == 0) {
		assert_int_equal(gnutls_record_send(tls, request, sizeof(request) - 1),
				 sizeof(request) - 1);
		do {
			n = gnutls_record_recv(tls, answer + len, room - 1 - len);
			len += n > 0 ? (size_t)n : 0;
		} while (n > 0 || (n < 0 && !gnutls_error_is_fatal((int)n)));
	}
	answer[len] = '\0';
	gnutls_deinit(tls);
	close(fd);
	return rc;
}

static void it_has_its_names(void **state)
{
	static const struct {
		const char *host;
		bool sni;
		int rc;
	} rows[] = {
		{"127.0.0.1", false, 0},
		{"web.example.com", true, 0},
		{"other.example.com", true, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR},
		{"127.0.0.2", false, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR},
	};
	auto_free char *log = NULL;
	struct fixture f;
	char answer[2048];

	begin(&f);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(get(&f, rows[i].host, rows[i].sni, answer, sizeof(answer)),
				 rows[i].rc);
		if (!rows[i].rc)
			assert_non_null(strstr(answer,
					       "\"service\": \"web\", \"node\": \"n\", "
					       "\"method\": \"GET\", \"path\": \"/hello\""));
	}
	log = test_worker_log(&f.w);
	assert_non_null(strstr(log, "\"path\":\"/hello\",\"status\":200"));
	end(&f);
}

/* HTTP without TLS gets no answer but TLS's. */
static void it_speaks_nothing_else(void **state)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	struct fixture f;
	char answer[512] = "";
	int fd;

	begin(&f);
	fd = test_connect(f.w.port);
	assert_int_equal(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
	while (read(fd, answer, sizeof(answer) - 1) > 0)
		assert_null(strstr(answer, "HTTP"));
	close(fd);
	end(&f);
}

static void each_has_its_program(void **state)
{
	static const struct {
		const char *program, *config, *said;
	} rows[] = {
		{"labctl-service", SECURE, "labctl-tls-echo speaks it"},
		{"labctl-tls-echo", PLAIN, "not an echo service with TLS"},
		{"labctl-tls-echo", "{\"command\":[\"true\"],\"sockets\":[]}",
		 "not an echo service with TLS"},
		{"labctl-tls-echo", SECURE,
		 "certificates: not a store"}, /* what it is given is empty */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_free char *path = program(rows[i].program), *log = NULL;
		struct test_worker w = {.n_sockets = 2};
		const int sockets[2] = {test_listen(&w.port), memfd_create("empty", MFD_CLOEXEC)};

		w.sockets = sockets;
		assert_false(test_worker_start(&w, path, rows[i].config));
		assert_int_not_equal(test_worker_wait(&w), 0);
		log = test_worker_log(&w);
		if (!strstr(log, rows[i].said))
			fail_msg("row %zu: %s", i, log);
		close(sockets[0]);
		close(sockets[1]);
		close(w.log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_its_names),
		cmocka_unit_test(it_speaks_nothing_else),
		cmocka_unit_test(each_has_its_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
