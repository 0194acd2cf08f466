// SPDX-License-Identifier: GPL-2.0-only
/**
 * One look at the network from inside a node: what is asked (JSON on standard input) and what was
 * seen (JSON on standard output). A probe judges nothing; check/ does.
 *
 * In: {"kind": KIND, "timeout_ms": N} and, by kind,
 *	http	"method", "url", "headers": ["Name: value"...], "body_size": N or "body": text,
 *		"app"?: {"key", "secret"}, which signs the request as clients of an API gateway do
 *	ping	"host", "count", "interval_ms"; timeout_ms counts from the last one sent
 *	dns	"name", "type": "A" | "PTR" | ...
 *	tcp	"host", "port"
 *	outage	"host", "interval_ms", "quiet_ms": how long to wait for a gap to begin
 * Out: {"kind": KIND} and, by kind (times in microseconds),
 *	http	"curl": CURLcode, "error": its text; where an answer came "status", "headers": [...],
 *		"body": its first 64 KiB as text, "bytes", "time_us", "dns_us", "connect_us",
 *		"local_ip"
 *	ping	"sent", "received", "min_us", "avg_us", "max_us" (the last three where received > 0),
 *		or "error" where the name does not resolve
 *	dns	"rcode", "answers": [...], "server", "time_us"; without "rcode" nothing came: "error"
 *	tcp	"state": "open" | "refused" | "timeout" | "unreachable", "time_us", or "error"
 *	outage	a newline at the first answer, then "received", "outage_us": the longest time without
 *		an answer, 0 for none, "unseen_us": what was left out of gaps, as the probe itself
 *		stood still, "back": answers came at the end; or "error"
 */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

#define PROBE_BODY_KEPT (64u << 10)

enum probe_kind { PROBE_HTTP, PROBE_PING, PROBE_DNS, PROBE_TCP, PROBE_OUTAGE };

/** Strings are borrowed from the JSON that it was read from. */
struct probe_spec {
	enum probe_kind kind;
	uint32_t timeout_ms; /* 1 .. 3,600,000 */
	const char *method, *url;
	const json_t *headers;
	uint64_t body_size;
	const char *body;         /* NULL: body_size bytes */
	const char *key, *secret; /* of the app that signs; NULL: none */
	const char *host;         /* address or name */
	uint16_t port;
	uint32_t count, interval_ms, quiet_ms;
	const char *name, *type;
};

/** 0, or -1 with *err naming the member that is missing or wrong. */
int probe_spec_read(const json_t *json, struct probe_spec *spec, struct lab_error **err);

struct curl_slist;
/**
 * sign.c: the request's headers as curl takes them, with those that curl would add where they are signed. To be
 * freed by curl_slist_free_all().
 */
struct curl_slist *probe_headers(const struct probe_spec *spec);

/** Each gives what was seen, a new reference. Failing to reach somebody is a result, not an error. */
json_t *probe_http(const struct probe_spec *spec);
/** raw: a SOCK_RAW ICMP socket, which needs CAP_NET_RAW to open and nothing to use. */
json_t *probe_ping(const struct probe_spec *spec, int raw);
json_t *probe_outage(const struct probe_spec *spec, int raw);
json_t *probe_dns(const struct probe_spec *spec);
json_t *probe_tcp(const struct probe_spec *spec);

/** The IPv4 address of a host, looked up as any program in the node would. 0, or -1 and *why. */
int probe_resolve(const char *host, struct in_addr *addr, const char **why);

/** CLOCK_MONOTONIC in microseconds. */
uint64_t probe_now_us(void);
