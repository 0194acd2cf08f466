// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server and its certificates. Credentials are those of a whole process to GnuTLS, and its own choice
 * among several certificates falls back to the first; so each domain has credentials of its own, which a
 * session gets when the client's hello is there.
 */
#include "tls/tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tls/session.h"

#define STORE_MAX (64u << 20)

static int refused(int rc, const char *what, struct lab_error **err)
{
	return lab_error_make(err, LAB_FAILED, "TLS: %s: %s", what, gnutls_strerror(rc));
}

struct tls_server *tls_server_new(struct lab_error **err)
{
	struct tls_server *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		abort();
	t->security = tls_session_security;
	t->security.open = tls_session_open_server;
	t->security.arg = t;
	rc = gnutls_priority_init2(&t->priorities, TLS_PRIORITIES, NULL, 0);
	if (rc >= 0)
		rc = gnutls_session_ticket_key_generate(&t->ticket_key);
	if (rc >= 0)
		return t;
	(void)refused(rc, "set up", err);
	tls_server_free(t);
	return NULL;
}

void tls_server_free(struct tls_server *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n_domains; i++) {
		gnutls_certificate_free_credentials(t->domains[i].credentials);
		free(t->domains[i].name);
	}
	free(t->domains);
	if (t->priorities)
		gnutls_priority_deinit(t->priorities);
	if (t->ticket_key.data) {
		gnutls_memset(t->ticket_key.data, 0, t->ticket_key.size);
		gnutls_free(t->ticket_key.data);
	}
	free(t);
}

const struct httpd_security *tls_server_security(const struct tls_server *t)
{
	return &t->security;
}

/* Where the domain is, or would be; sorted by name. */
static size_t place_of(const struct tls_server *t, const char *domain, bool *found)
{
	size_t low = 0, high = t->n_domains;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int c = strcmp(t->domains[middle].name, domain);

		if (c == 0) {
			*found = true;
			return middle;
		}
		low = c < 0 ? middle + 1 : low;
		high = c < 0 ? high : middle;
	}
	*found = false;
	return low;
}

gnutls_certificate_credentials_t tls_server_find(const struct tls_server *t, const char *domain)
{
	bool found;
	const size_t i = place_of(t, domain, &found);

	return found ? t->domains[i].credentials : t->fallback;
}

void tls_server_default(struct tls_server *t, const char *domain)
{
	t->fallback = tls_server_find(t, domain);
}

static gnutls_datum_t text_of(const char *s)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)s, (unsigned int)strlen(s)};
}

int tls_server_add(struct tls_server *t, const char *domain, const char *certificate,
		   const char *key, struct lab_error **err)
{
	const gnutls_datum_t chain = text_of(certificate), secret = text_of(key);
	gnutls_certificate_credentials_t credentials;
	bool found;
	const size_t at = place_of(t, domain, &found);
	int rc;

	if (found)
		return lab_error_make(err, LAB_FAILED, "TLS: %s: two certificates", domain);
	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		abort(); /* out of memory */
	rc = gnutls_certificate_set_x509_key_mem(credentials, &chain, &secret, GNUTLS_X509_FMT_PEM);
	if (rc < 0) {
		gnutls_certificate_free_credentials(credentials);
		return refused(rc, domain, err);
	}
	t->domains = reallocarray(t->domains, t->n_domains + 1, sizeof(*t->domains));
	if (!t->domains)
		abort();
	memmove(&t->domains[at + 1], &t->domains[at], (t->n_domains - at) * sizeof(*t->domains));
	t->domains[at] = (struct tls_domain){strdup(domain), credentials};
	if (!t->domains[at].name)
		abort();
	t->n_domains++;
	return 0;
}

/* All of the file; NULL with *err. */
static json_t *read_store(int fd, struct lab_error **err)
{
	auto_free char *text = NULL;
	struct stat st;
	size_t n = 0;
	json_t *store;

	if (fstat(fd, &st) < 0)
		return (void)lab_error_errno(err, LAB_FAILED, errno, "certificates"), NULL;
	text = st.st_size <= STORE_MAX ? malloc((size_t)st.st_size + 1) : NULL;
	while (text && n < (size_t)st.st_size) {
		const ssize_t r = pread(fd, text + n, (size_t)st.st_size - n, (off_t)n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	store = text ? json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL) : NULL;
	if (text)
		explicit_bzero(text, n);
	if (!json_is_object(store)) {
		json_decref(store);
		store = NULL;
		(void)lab_error_make(err, LAB_FAILED, "certificates: not a store");
	}
	return store;
}

int tls_server_load(struct tls_server *t, int fd, const char *const *domains, size_t n,
		    struct lab_error **err)
{
	json_auto_t *store = read_store(fd, err);

	if (!store)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *certificate, *key;

		if (json_unpack(json_object_get(store, domains[i]), "{s:s, s:s}", "certificate",
				&certificate, "key", &key) < 0)
			return lab_error_make(err, LAB_FAILED, "certificates: none for %s",
					      domains[i]);
		if (tls_server_add(t, domains[i], certificate, key, err) < 0)
			return -1;
	}
	return 0;
}
