// SPDX-License-Identifier: GPL-2.0-only
/** The little languages inside of texts: host names, ports, paths. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Labels of letters, digits, - and _, each of 1 to 63 bytes, 253 in all. */
bool validate_is_host_name(const char *s, size_t n);
/** An address, or a name that is not a mistyped address. */
bool validate_is_host(const char *s, size_t n);
/** What a Host header holds: a name or an address, maybe with ":PORT". */
bool validate_is_host_header(const char *s);
/** 1 to 65535, without a sign or a leading zero. */
bool validate_is_port(const char *s, size_t n);
/** Why an API's path is none, or NULL; params: segments may be [parameters]. */
const char *validate_path_fault(const char *path, bool params);
