// SPDX-License-Identifier: GPL-2.0-only
#include "tls/client.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "tls/session.h"

/* A name that servers are called by, and the security of calls to them. */
struct target {
	struct target *next;
	const struct tls_client *client;
	struct httpd_security security;
	char name[];
};

struct tls_client {
	gnutls_priority_t priorities;
	gnutls_certificate_credentials_t credentials; /* none of our own, and nobody to trust */
	struct target *targets;
};

struct tls_client *tls_client_new(struct lab_error **err)
{
	struct tls_client *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		abort();
	rc = gnutls_priority_init2(&t->priorities, TLS_PRIORITIES, NULL, 0);
	if (rc >= 0)
		rc = gnutls_certificate_allocate_credentials(&t->credentials);
	if (rc >= 0)
		return t;
	(void)lab_error_make(err, LAB_FAILED, "TLS: set up: %s", gnutls_strerror(rc));
	tls_client_free(t);
	return NULL;
}

void tls_client_free(struct tls_client *t)
{
	if (!t)
		return;
	while (t->targets) {
		struct target *target = t->targets;

		t->targets = target->next;
		free(target);
	}
	if (t->credentials)
		gnutls_certificate_free_credentials(t->credentials);
	if (t->priorities)
		gnutls_priority_deinit(t->priorities);
	free(t);
}

/* RFC 6066 3: no addresses. */
static int set_up(gnutls_session_t tls, void *arg)
{
	static const gnutls_datum_t http11 = {(unsigned char *)(uintptr_t) "http/1.1", 8};
	const struct target *target = arg;
	int rc = gnutls_priority_set(tls, target->client->priorities);
	uint32_t ip;

	if (rc >= 0)
		rc = gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE,
					    target->client->credentials);
	if (rc >= 0)
		rc = gnutls_alpn_set_protocols(tls, &http11, 1, 0);
	if (rc >= 0 && !ip_parse(target->name, &ip))
		rc = gnutls_server_name_set(tls, GNUTLS_NAME_DNS, target->name,
					    strlen(target->name));
	return rc;
}

static void *open_session(void *arg, int fd)
{
	return tls_session_open(fd, GNUTLS_CLIENT, set_up, arg);
}

const struct httpd_security *tls_client_security(struct tls_client *t, const char *name)
{
	struct target *target = t->targets;

	while (target && strcmp(target->name, name) != 0)
		target = target->next;
	if (target)
		return &target->security;
	target = calloc(1, sizeof(*target) + strlen(name) + 1);
	if (!target)
		abort();
	memcpy(target->name, name, strlen(name));
	target->client = t;
	target->security = tls_session_security;
	target->security.open = open_session;
	target->security.arg = target;
	target->security.name = target->name;
	target->next = t->targets;
	t->targets = target;
	return &target->security;
}
