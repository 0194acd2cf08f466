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
};

/** NULL: the domain, in lower case, has no certificate. */
gnutls_certificate_credentials_t tls_server_find(const struct tls_server *t, const char *domain);

/** But for its arg, the server. */
extern const struct httpd_security tls_session_security;
