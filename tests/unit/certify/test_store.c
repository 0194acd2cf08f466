// SPDX-License-Identifier: GPL-2.0-only
/* What lies in a lab's secrets, and what stays of it. */
#include "certify/store.h"

#include "lib/test.h"

#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/tree.h"
#include "certify/authority.h"

#define LONG "0123456789abcdef0123456789abcdef-cn-zhangjiakou-vpc.alicloudapi.com"

struct fixture {
	char path[32];
	int dir;
};

static void open_fixture(struct fixture *f)
{
	strcpy(f->path, "/tmp/certify-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	f->dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->dir >= 0);
}

static void close_fixture(struct fixture *f)
{
	assert_int_equal(tree_remove(AT_FDCWD, f->path), 0);
	close(f->dir);
}

static char *read_file(const struct fixture *f, const char *name)
{
	auto_close int fd = openat(f->dir, name, O_RDONLY | O_CLOEXEC);
	struct strbuf b = {0};
	char part[4096];
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, part, sizeof(part))) > 0)
		strbuf_addn(&b, part, (size_t)n);
	return strbuf_take(&b);
}

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	auto_close int fd = openat(f->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void complete(const struct fixture *f, const char *wanted)
{
	auto_error struct lab_error *err = NULL;
	json_t *order = json_loads(wanted, 0, NULL);
	auto_free char *bundle = NULL;

	assert_non_null(order);
	assert_true(asprintf(&bundle, "%s/bundle", f->path) > 0);
	if (store_complete(f->dir, "lab-1", order, bundle, &err) < 0)
		fail_msg("%s", lab_error_message(err));
	json_decref(order);
}

static gnutls_datum_t text_of(const char *s)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)s, (unsigned int)strlen(s)};
}

/* 0: whoever trusts `ca` takes the certificate for the domain's. */
static unsigned int verdict(const char *ca, const char *certificate, const char *domain)
{
	const gnutls_datum_t ca_pem = text_of(ca), pem = text_of(certificate);
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t root, leaf;
	unsigned int status = 0;

	assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&root), 0);
	assert_int_equal(gnutls_x509_crt_init(&leaf), 0);
	assert_int_equal(gnutls_x509_crt_import(root, &ca_pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_crt_import(leaf, &pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_trust_list_add_cas(list, &root, 1, 0), 1);
	assert_int_equal(gnutls_x509_trust_list_verify_crt(list, &leaf, 1, 0, &status, NULL), 0);
	if (!gnutls_x509_crt_check_hostname(leaf, domain))
		status |= GNUTLS_CERT_UNEXPECTED_OWNER;
	gnutls_x509_crt_deinit(leaf);
	gnutls_x509_trust_list_deinit(list, 1);
	return status;
}

/* To be freed. */
static char *certificate_of(const struct fixture *f, const char *file, const char *domain)
{
	auto_free char *text = read_file(f, file);
	json_auto_t *store = json_loads(text, 0, NULL);
	const char *pem =
		json_string_value(json_object_get(json_object_get(store, domain), "certificate"));

	return pem ? strdup(pem) : NULL;
}

static void assert_mode(const struct fixture *f, const char *name, mode_t mode)
{
	struct stat st;

	assert_int_equal(fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(st.st_mode & 0777, mode);
}

/* One certificate for an address and names of all sorts. */
static void several_names(void **state)
{
	static const char names[] = "172.16.1.30 ecs-2 *.example.com";
	auto_free char *ca = NULL, *pem = NULL;
	struct fixture f;

	open_fixture(&f);
	complete(&f, "{\"service-w\": [\"172.16.1.30 ecs-2 *.example.com\"]}");
	ca = read_file(&f, "secrets/ca.pem");
	pem = certificate_of(&f, "secrets/service-w.certificates", names);
	assert_int_equal(verdict(ca, pem, "172.16.1.30"), 0);
	assert_int_equal(verdict(ca, pem, "ecs-2"), 0);
	assert_int_equal(verdict(ca, pem, "shop.example.com"), 0);
	assert_int_equal(verdict(ca, pem, "172.16.1.31"), GNUTLS_CERT_UNEXPECTED_OWNER);
	assert_int_equal(verdict(ca, pem, "example.com"), GNUTLS_CERT_UNEXPECTED_OWNER);
	close_fixture(&f);
}

static void what_is_made(void **state)
{
	auto_free char *ca = NULL, *trust = NULL, *one = NULL, *two = NULL;
	struct fixture f;

	open_fixture(&f);
	write_file(&f, "bundle", "# the host's");
	complete(&f, "{\"gw-1\": [\"a.example.com\", \"" LONG "\"]}");
	assert_mode(&f, "secrets", 0700);
	assert_mode(&f, "secrets/ca-key.pem", 0600);
	assert_mode(&f, "secrets/gw-1.certificates", 0600);
	assert_mode(&f, "secrets/trust.pem", 0644);
	ca = read_file(&f, "secrets/ca.pem");
	trust = read_file(&f, "secrets/trust.pem");
	assert_memory_equal(trust, "# the host's\n", 13);
	assert_string_equal(trust + 13, ca);
	one = certificate_of(&f, "secrets/gw-1.certificates", "a.example.com");
	two = certificate_of(&f, "secrets/gw-1.certificates", LONG);
	assert_int_equal(verdict(ca, one, "a.example.com"), 0);
	assert_int_equal(verdict(ca, two, LONG), 0);
	assert_int_equal(verdict(ca, one, LONG), GNUTLS_CERT_UNEXPECTED_OWNER);
	close_fixture(&f);
}

static void what_is_there_stays(void **state)
{
	auto_free char *ca = NULL, *ca_after = NULL, *one = NULL, *one_after = NULL, *new = NULL;
	struct fixture f;

	open_fixture(&f);
	complete(&f, "{\"gw-1\": [\"a.example.com\"]}");
	ca = read_file(&f, "secrets/ca.pem");
	one = certificate_of(&f, "secrets/gw-1.certificates", "a.example.com");
	complete(&f, "{\"gw-1\": [\"b.example.com\"], \"gw-2\": []}");
	ca_after = read_file(&f, "secrets/ca.pem");
	one_after = certificate_of(&f, "secrets/gw-1.certificates", "a.example.com");
	new = certificate_of(&f, "secrets/gw-1.certificates", "b.example.com");
	assert_string_equal(ca_after, ca);
	assert_string_equal(one_after, one);
	assert_int_equal(verdict(ca, new, "b.example.com"), 0);
	assert_mode(&f, "secrets/gw-2.certificates", 0600);
	close_fixture(&f);
}

/* A lost or foreign half of the authority: what it issued is of no use any more. */
static void a_lost_authority_is_replaced(void **state)
{
	static const char *const files[] = {"secrets/ca.pem", "secrets/ca-key.pem",
					    "secrets/gw-1.certificates"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_free char *before = NULL, *ca = NULL, *one = NULL;
		struct fixture f;

		open_fixture(&f);
		complete(&f, "{\"gw-1\": [\"a.example.com\"]}");
		before = read_file(&f, "secrets/ca.pem");
		write_file(&f, files[i], "garbage");
		complete(&f, "{\"gw-1\": [\"a.example.com\"]}");
		ca = read_file(&f, "secrets/ca.pem");
		one = certificate_of(&f, "secrets/gw-1.certificates", "a.example.com");
		assert_int_equal(verdict(ca, one, "a.example.com"), 0);
		assert_int_equal(strcmp(before, ca) == 0, i == 2);
		close_fixture(&f);
	}
}

/* Those of a worker that was not asked for when its authority was replaced, when it is asked for again. */
static void certificates_of_another_authority_are_replaced(void **state)
{
	auto_free char *ca = NULL, *one = NULL, *two = NULL, *after = NULL, *again = NULL;
	struct fixture f;

	open_fixture(&f);
	complete(&f, "{\"gw-1\": [\"a.example.com\"], \"gw-2\": [\"b.example.com\"]}");
	assert_int_equal(unlinkat(f.dir, "secrets/ca-key.pem", 0), 0);
	complete(&f, "{\"gw-2\": [\"b.example.com\"]}");
	ca = read_file(&f, "secrets/ca.pem");
	two = certificate_of(&f, "secrets/gw-2.certificates", "b.example.com");
	assert_int_equal(verdict(ca, two, "b.example.com"), 0);
	one = certificate_of(&f, "secrets/gw-1.certificates", "a.example.com");
	assert_int_not_equal(verdict(ca, one, "a.example.com"), 0);
	complete(&f, "{\"gw-1\": [\"a.example.com\"], \"gw-2\": [\"b.example.com\"]}");
	after = certificate_of(&f, "secrets/gw-1.certificates", "a.example.com");
	again = certificate_of(&f, "secrets/gw-2.certificates", "b.example.com");
	assert_int_equal(verdict(ca, after, "a.example.com"), 0);
	assert_string_equal(again, two);
	close_fixture(&f);
}

/* A link in the way is not followed. */
static void links_are_refused(void **state)
{
	auto_error struct lab_error *err = NULL;
	json_t *order = json_object();
	struct fixture f;

	open_fixture(&f);
	assert_int_equal(symlinkat("/tmp", f.dir, "secrets"), 0);
	assert_int_equal(store_complete(f.dir, "lab-1", order, "/nowhere", &err), -1);
	assert_int_equal(access("/tmp/ca.pem", F_OK), -1);
	json_decref(order);
	close_fixture(&f);
}

/* Only what is not there is missing: nothing is replaced because it cannot be read. */
static void what_cannot_be_read_is_not_lost(void **state)
{
	static const char *const files[] = {"secrets/ca.pem", "secrets/ca-key.pem",
					    "secrets/gw-1.certificates"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		auto_free char *before = NULL, *after = NULL;
		auto_error struct lab_error *err = NULL;
		json_t *order = json_loads("{\"gw-1\": [\"a.example.com\"]}", 0, NULL);
		struct fixture f;

		open_fixture(&f);
		complete(&f, "{\"gw-1\": [\"a.example.com\"]}");
		before = read_file(&f, files[i]);
		assert_int_equal(renameat(f.dir, files[i], f.dir, "away"), 0);
		assert_int_equal(symlinkat("../away", f.dir, files[i]), 0);
		assert_int_equal(store_complete(f.dir, "lab-1", order, "/nowhere", &err), -1);
		assert_non_null(strstr(lab_error_message(err), files[i]));
		after = read_file(&f, files[i]);
		assert_string_equal(after, before);
		json_decref(order);
		close_fixture(&f);
	}
}

/* A link to the host's authorities is followed, as on some distributions it is one. */
static void the_bundle_may_be_a_link(void **state)
{
	auto_free char *trust = NULL;
	struct fixture f;

	open_fixture(&f);
	write_file(&f, "elsewhere", "# the host's\n");
	assert_int_equal(symlinkat("elsewhere", f.dir, "bundle"), 0);
	complete(&f, "{}");
	trust = read_file(&f, "secrets/trust.pem");
	assert_memory_equal(trust, "# the host's\n", 13);
	close_fixture(&f);
}

static void pairs_that_do_not_fit(void **state)
{
	struct certificate a = {0}, b = {0}, leaf = {0};
	struct authority *one = authority_new("a", NULL), *two = authority_new("b", NULL), *read;

	assert_int_equal(authority_write(one, &a, NULL), 0);
	assert_int_equal(authority_write(two, &b, NULL), 0);
	assert_int_equal(authority_issue(one, "x.example.com", &leaf, NULL), 0);
	assert_null(authority_read(a.certificate, b.key));
	assert_null(authority_read(leaf.certificate, leaf.key)); /* of a server, not an authority */
	assert_null(authority_read("", ""));
	read = authority_read(b.certificate, b.key);
	assert_non_null(read);
	authority_free(read);
	assert_true(authority_has_issued(one, leaf.certificate, leaf.key));
	assert_false(authority_has_issued(two, leaf.certificate, leaf.key));
	assert_false(authority_has_issued(one, leaf.certificate, a.key));
	assert_false(authority_has_issued(one, "", ""));
	certificate_done(&a);
	certificate_done(&b);
	certificate_done(&leaf);
	authority_free(one);
	authority_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made),
		cmocka_unit_test(several_names),
		cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(a_lost_authority_is_replaced),
		cmocka_unit_test(certificates_of_another_authority_are_replaced),
		cmocka_unit_test(links_are_refused),
		cmocka_unit_test(what_cannot_be_read_is_not_lost),
		cmocka_unit_test(the_bundle_may_be_a_link),
		cmocka_unit_test(pairs_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
