// SPDX-License-Identifier: GPL-2.0-only
/**
 * Who may ask. Other people's pages run in the user's browser, too: a name of theirs may lead to 127.0.0.1
 * (so the name must be ours), and they may send requests (so each that gives or does anything carries the
 * token in a header, which no page can set for another origin without being let to). The token is in the
 * part of the address that is never sent; the page's script reads it there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/head.h"

/** Whether the Host header is one of these names, with any port: a tunnel has another one. */
bool web_host_fits(struct http_slice host, const char *const *names, size_t n);
/** Whether "Authorization: Bearer TOKEN" is there; takes the same time whatever it is. */
bool web_token_fits(const struct http_head *head, const char *token);
/** Whether a browser says that it comes from this very page; one that says nothing is no browser. */
bool web_origin_fits(const struct http_head *head);
