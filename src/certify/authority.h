// SPDX-License-Identifier: GPL-2.0-only
/**
 * The certificate authority of a lab: ECDSA keys on P-256, certificates of ten years, which is longer than
 * any lab is up. Texts are PEM, on the heap.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct authority;

struct certificate {
	char *certificate, *key;
};

/** With a new key. NULL with *err. */
struct authority *authority_new(const char *lab, struct lab_error **err);
/** NULL without an error where the texts are not a certificate of an authority and its key. */
struct authority *authority_read(const char *certificate, const char *key);
void authority_free(struct authority *a); /* NULL is fine */

/** The authority's own. */
int authority_write(const struct authority *a, struct certificate *own, struct lab_error **err);

/** One for a server of that name, or of several with spaces between, IPv4 addresses among them; with a new key. */
int authority_issue(const struct authority *a, const char *names, struct certificate *issued,
		    struct lab_error **err);

/** Whether the texts are a certificate that the authority has issued, and its key; when is of no matter. */
bool authority_has_issued(const struct authority *a, const char *certificate, const char *key);

/** Wipes the key, and frees both. */
void certificate_done(struct certificate *c);
#define auto_certificate __attribute__((cleanup(certificate_done)))
