// SPDX-License-Identifier: GPL-2.0-only
/**
 * LAB-DIR/secrets, which only root reads:
 *
 *	ca.pem, ca-key.pem     the lab's authority
 *	trust.pem              what its nodes trust: the host's authorities, and the lab's
 *	WORKER.certificates    {DOMAIN: {"certificate": PEM, "key": PEM}}; several
 *	                       names of one certificate are a DOMAIN with spaces between
 *
 * What is there stays: whoever trusts the authority, or knows a certificate, goes on to do so. Certificates
 * of domains that a worker no longer has stay, too, for an earlier configuration may come back. Where the
 * authority is lost, there is a new one, and each certificate of the old one is replaced when it is wanted.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/**
 * Makes what is missing. `wanted`: {WORKER: [DOMAIN, ...]}; bundle: the host's authorities, a path that
 * may lead nowhere.
 */
int store_complete(int lab_dir, const char *lab, json_t *wanted, const char *bundle,
		   struct lab_error **err);
