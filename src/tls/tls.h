// SPDX-License-Identifier: GPL-2.0-only
/**
 * TLS 1.2 and 1.3 of a server, by GnuTLS, as the security of httpd's listeners: a certificate for each
 * domain, chosen by the name that the client asks for (SNI). Who asks for no name, or for one without a
 * certificate, gets the default one, or where there is none the alert unrecognized_name and no connection; who offers protocols (ALPN) without
 * http/1.1, the alert no_application_protocol. Sessions are resumed by tickets, whose key no other
 * process has.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "httpd/security.h"

struct tls_server;

/** NULL with *err where the library does not work on this host. */
struct tls_server *tls_server_new(struct lab_error **err);
/** Not before the last connection has gone. NULL is fine. */
void tls_server_free(struct tls_server *t);

/**
 * Gives the domain (lower case) its certificate and key, as text (PEM). LAB_FAILED where they do not fit
 * together, or the domain has one.
 */
int tls_server_add(struct tls_server *t, const char *domain, const char *certificate,
		   const char *key, struct lab_error **err);

/**
 * The same for each of the domains, out of a store (certify/store.h): {DOMAIN: {"certificate", "key"}}.
 * The descriptor is read from its beginning, wherever it stands. LAB_FAILED where it lacks one.
 */
int tls_server_load(struct tls_server *t, int fd, const char *const *domains, size_t n,
		    struct lab_error **err);

/** Makes the certificate of a domain, which is there, the default one. */
void tls_server_default(struct tls_server *t, const char *domain);

/** For httpd_listen_secure(); as long as the server. */
const struct httpd_security *tls_server_security(const struct tls_server *t);
