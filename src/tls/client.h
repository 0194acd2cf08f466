// SPDX-License-Identifier: GPL-2.0-only
/**
 * TLS 1.2 and 1.3 of a client, by GnuTLS, as the security of calls to backends (httpd/upstream.h). The
 * backend's certificate is not checked, which is what a gateway wants whose backends have whatever certificate
 * their owner gave them; so what they say is secret on the way, and it is not known who says it.
 *
 * An end without close_notify is an error: an answer that only its end delimits may have been cut short.
 */
#pragma once

#include "base/error.h"
#include "httpd/security.h"

struct tls_client;

/** NULL with *err where the library does not work on this host. */
struct tls_client *tls_client_new(struct lab_error **err);
/** Not before the last connection has gone. NULL is fine. */
void tls_client_free(struct tls_client *t);

/**
 * For calls of a server of that name, which is asked for (SNI) where it is none like 10.0.0.1. The same one for
 * the same name; as long as the client.
 */
const struct httpd_security *tls_client_security(struct tls_client *t, const char *name)
	__attribute__((returns_nonnull));
