// SPDX-License-Identifier: GPL-2.0-only
/* Names of domains are longer than the 64 bytes of a common name: only the alternative names hold them. */
#include "certify/authority.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/ip.h"

#define DAY    ((time_t)86400)
#define YEARS  (3650 * DAY)
#define SERIAL 16 /* bytes */

struct authority {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
};

static int refused(int rc, const char *what, struct lab_error **err)
{
	return lab_error_make(err, LAB_FAILED, "certificate of %s: %s", what, gnutls_strerror(rc));
}

/* Functions of GnuTLS are called one after the other until one fails. */
#define TRY(rc, call) ((rc) = (rc) < 0 ? (rc) : (call))

static void init(gnutls_x509_privkey_t *key, gnutls_x509_crt_t *certificate)
{
	if (gnutls_x509_privkey_init(key) < 0 || gnutls_x509_crt_init(certificate) < 0)
		abort(); /* out of memory */
}

static int generate(gnutls_x509_privkey_t key)
{
	return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

/* What all certificates have. The day before: clocks of virtual machines run behind. */
static int describe(gnutls_x509_crt_t c, gnutls_x509_privkey_t key)
{
	const time_t now = time(NULL);
	unsigned char serial[SERIAL] = {0};
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (unsigned char)((serial[0] & 0x7f) | 1); /* positive, and of this length */
	TRY(rc, gnutls_x509_crt_set_version(c, 3));
	TRY(rc, gnutls_x509_crt_set_serial(c, serial, sizeof(serial)));
	TRY(rc, gnutls_x509_crt_set_activation_time(c, now - DAY));
	TRY(rc, gnutls_x509_crt_set_expiration_time(c, now + YEARS));
	TRY(rc, gnutls_x509_crt_set_key(c, key));
	return rc;
}

static int set_name(gnutls_x509_crt_t c, const char *oid, const char *value)
{
	return gnutls_x509_crt_set_dn_by_oid(c, oid, 0, value, (unsigned int)strlen(value));
}

/* The identifier of its key, by which a client finds the issuer. */
static int set_key_id(gnutls_x509_crt_t c, gnutls_x509_crt_t issuer)
{
	unsigned char id[64];
	size_t len = sizeof(id);
	int rc = gnutls_x509_crt_get_key_id(c, GNUTLS_KEYID_USE_SHA1, id, &len);

	TRY(rc, gnutls_x509_crt_set_subject_key_id(c, id, len));
	len = sizeof(id);
	TRY(rc, gnutls_x509_crt_get_key_id(issuer, GNUTLS_KEYID_USE_SHA1, id, &len));
	TRY(rc, gnutls_x509_crt_set_authority_key_id(c, id, len));
	return rc;
}

static int sign(gnutls_x509_crt_t c, const struct authority *a)
{
	gnutls_privkey_t signer;
	int rc;

	if (gnutls_privkey_init(&signer) < 0)
		abort(); /* out of memory */
	rc = gnutls_privkey_import_x509(signer, a->key, 0);
	TRY(rc, gnutls_x509_crt_privkey_sign(c, a->certificate, signer, GNUTLS_DIG_SHA256, 0));
	gnutls_privkey_deinit(signer);
	return rc;
}

static struct authority *authority_alloc(void)
{
	struct authority *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	init(&a->key, &a->certificate);
	return a;
}

/* As others read it: GnuTLS finds the names in what was imported only, and verifies nothing by the rest. */
static int reread(struct authority *a)
{
	gnutls_datum_t der = {0};
	gnutls_x509_crt_t read;
	int rc = gnutls_x509_crt_export2(a->certificate, GNUTLS_X509_FMT_DER, &der);

	if (rc < 0)
		return rc;
	if (gnutls_x509_crt_init(&read) < 0)
		abort(); /* out of memory */
	rc = gnutls_x509_crt_import(read, &der, GNUTLS_X509_FMT_DER);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(a->certificate);
	a->certificate = read;
	return rc;
}

struct authority *authority_new(const char *lab, struct lab_error **err)
{
	struct authority *a = authority_alloc();
	char name[64];
	int rc;

	/* names of labs have at most 31 bytes */
	(void)snprintf(name, sizeof(name), "labctl CA of %s", lab);
	rc = generate(a->key);
	TRY(rc, describe(a->certificate, a->key));
	TRY(rc, set_name(a->certificate, GNUTLS_OID_X520_ORGANIZATION_NAME, "labctl"));
	TRY(rc, set_name(a->certificate, GNUTLS_OID_X520_COMMON_NAME, name));
	TRY(rc, gnutls_x509_crt_set_basic_constraints(a->certificate, 1, 0));
	TRY(rc, gnutls_x509_crt_set_key_usage(a->certificate,
					      GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN));
	TRY(rc, set_key_id(a->certificate, a->certificate));
	TRY(rc, sign(a->certificate, a));
	TRY(rc, reread(a));
	if (rc >= 0)
		return a;
	(void)refused(rc, "the lab's authority", err);
	authority_free(a);
	return NULL;
}

/* Whether the certificate is of this key. */
static bool fits(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
	unsigned char of_key[64], of_certificate[64];
	size_t n = sizeof(of_key), m = sizeof(of_certificate);

	return gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &n) >= 0 &&
	       gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, of_certificate,
					  &m) >= 0 &&
	       n == m && memcmp(of_key, of_certificate, n) == 0;
}

static gnutls_datum_t text_of(const char *s)
{
	return (gnutls_datum_t){(unsigned char *)(uintptr_t)s, (unsigned int)strlen(s)};
}

/* False: the texts are no certificate and its key. */
static bool read_pair(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
		      const char *certificate_text, const char *key_text)
{
	const gnutls_datum_t c = text_of(certificate_text), k = text_of(key_text);

	return gnutls_x509_crt_import(certificate, &c, GNUTLS_X509_FMT_PEM) >= 0 &&
	       gnutls_x509_privkey_import(key, &k, GNUTLS_X509_FMT_PEM) >= 0 &&
	       fits(certificate, key);
}

struct authority *authority_read(const char *certificate, const char *key)
{
	struct authority *a = authority_alloc();

	if (read_pair(a->certificate, a->key, certificate, key) &&
	    gnutls_x509_crt_get_ca_status(a->certificate, NULL) > 0)
		return a;
	authority_free(a);
	return NULL;
}

void authority_free(struct authority *a)
{
	if (!a)
		return;
	gnutls_x509_privkey_deinit(a->key);
	gnutls_x509_crt_deinit(a->certificate);
	free(a);
}

static char *take(gnutls_datum_t *d)
{
	char *text = strndup((const char *)d->data, d->size);

	if (!text)
		abort();
	gnutls_memset(d->data, 0, d->size);
	gnutls_free(d->data);
	return text;
}

static int write_pair(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key,
		      struct certificate *out)
{
	gnutls_datum_t c = {0}, k = {0};
	int rc = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &c);

	if (rc < 0)
		return rc;
	out->certificate = take(&c);
	rc = gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &k);
	if (rc >= 0)
		out->key = take(&k);
	return rc;
}

int authority_write(const struct authority *a, struct certificate *own, struct lab_error **err)
{
	const int rc = write_pair(a->certificate, a->key, own);

	return rc < 0 ? refused(rc, "the lab's authority", err) : 0;
}

/* `name` ends at a space or at the end of the text. */
static int add_name(gnutls_x509_crt_t c, const char *name, size_t len)
{
	char text[IP_STRLEN];
	uint32_t ip;

	if (len < sizeof(text)) {
		memcpy(text, name, len);
		text[len] = '\0';
		if (ip_parse(text, &ip)) {
			ip = htonl(ip);
			return gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_IPADDRESS, &ip,
								    sizeof(ip), GNUTLS_FSAN_APPEND);
		}
	}
	return gnutls_x509_crt_set_subject_alt_name(c, GNUTLS_SAN_DNSNAME, name, (unsigned int)len,
						    GNUTLS_FSAN_APPEND);
}

static int add_names(gnutls_x509_crt_t c, const char *names)
{
	int rc = 0;

	for (const char *at = names; *at && rc >= 0;) {
		const size_t len = strcspn(at, " ");

		rc = add_name(c, at, len);
		at += len + strspn(at + len, " ");
	}
	return rc;
}

static int fill(gnutls_x509_crt_t c, gnutls_x509_privkey_t key, const struct authority *a,
		const char *names)
{
	int rc = generate(key);

	TRY(rc, describe(c, key));
	TRY(rc, set_name(c, GNUTLS_OID_X520_ORGANIZATION_NAME, "labctl"));
	TRY(rc, add_names(c, names));
	TRY(rc, gnutls_x509_crt_set_basic_constraints(c, 0, -1));
	TRY(rc, gnutls_x509_crt_set_key_usage(c, GNUTLS_KEY_DIGITAL_SIGNATURE));
	TRY(rc, gnutls_x509_crt_set_key_purpose_oid(c, GNUTLS_KP_TLS_WWW_SERVER, 0));
	TRY(rc, set_key_id(c, a->certificate));
	TRY(rc, sign(c, a));
	return rc;
}

int authority_issue(const struct authority *a, const char *names, struct certificate *issued,
		    struct lab_error **err)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	int rc;

	init(&key, &certificate);
	rc = fill(certificate, key, a, names);
	TRY(rc, write_pair(certificate, key, issued));
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crt_deinit(certificate);
	return rc < 0 ? refused(rc, names, err) : 0;
}

bool authority_has_issued(const struct authority *a, const char *certificate, const char *key)
{
	gnutls_x509_crt_t read_certificate;
	gnutls_x509_privkey_t read_key;
	unsigned int status = 0;
	bool issued;

	init(&read_key, &read_certificate);
	issued = read_pair(read_certificate, read_key, certificate, key) &&
		 gnutls_x509_crt_verify(read_certificate, &a->certificate, 1,
					GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) >= 0 &&
		 status == 0;
	gnutls_x509_privkey_deinit(read_key);
	gnutls_x509_crt_deinit(read_certificate);
	return issued;
}

void certificate_done(struct certificate *c)
{
	free(c->certificate);
	if (c->key)
		explicit_bzero(c->key, strlen(c->key));
	free(c->key);
	*c = (struct certificate){0};
}
