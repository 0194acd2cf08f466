// SPDX-License-Identifier: GPL-2.0-only
/** The gateway's TLS, out of its configuration. Beside it, so that who only asks it needs no GnuTLS. */
#pragma once

#include "gateway/config.h"
#include "tls/client.h"
#include "tls/tls.h"

/**
 * Gives the backends that are called by HTTPS their security, of a client that is to be freed after the gateway.
 * 0 with NULL where there are none; -1 with *err.
 */
int gateway_secure_backends(struct gateway_config *config, struct tls_client **ret,
			    struct lab_error **err);

/**
 * A server with the certificates of all domains that have one, to be freed after the gateway; closes their
 * descriptor. 0 with NULL where there is no HTTPS; -1 with *err.
 */
int gateway_certificates(const struct gateway_config *config, struct tls_server **ret,
			 struct lab_error **err);
