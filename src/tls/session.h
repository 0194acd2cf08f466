// SPDX-License-Identifier: GPL-2.0-only
/** The inside of tls: what its files share. Not for other layers. */
#pragma once

#include <gnutls/gnutls.h>

#include "tls/tls.h"

struct tls_domain {
	char *name;
	gnutls_certificate_credentials_t credentials;
};

struct tls_server {
	struct httpd_security security;
	gnutls_priority_t priorities;
	gnutls_datum_t ticket_key;
	struct tls_domain *domains; /* sorted by name */
	size_t n_domains;
	gnutls_certificate_credentials_t fallback; /* of one of the domains; NULL: none */
};

/** The default one's, or NULL, where the domain, in lower case, has no certificate. */
gnutls_certificate_credentials_t tls_server_find(const struct tls_server *t, const char *domain);

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

/** But for how sessions are opened, and the arg of that. */
extern const struct httpd_security tls_session_security;

/** A session on a socket, GNUTLS_SERVER or GNUTLS_CLIENT, which finish() sets up; NULL where that fails. */
void *tls_session_open(int fd, unsigned int side, int (*finish)(gnutls_session_t tls, void *arg),
		       void *arg);

/** As httpd_security.open(); arg is the server. */
void *tls_session_open_server(void *arg, int fd);
