// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a gateway has done since it started, in Prometheus' text format (version 0.0.4), at GET /metrics of
 * a socket of its own. A new configuration is a new process, whose counters begin at 0. Where a gateway is several
 * processes, they count together, whichever is asked, and for as long as there are several (gateway/counts.h).
 *
 *	labctl_gateway_requests_total{group,api,stage,code,error}	calls that are over
 *	labctl_gateway_request_duration_seconds{group,api,stage}	histogram, from the first byte of the head
 *	labctl_gateway_connections					of clients, now
 *	labctl_gateway_upstream_idle{backend,device}			pooled connections, now
 *	labctl_gateway_upstream_connects_total{backend,device}		connections that were made
 *	labctl_gateway_upstream_reuses_total{backend,device}		calls that took a pooled one
 *
 * Calls of no API have api="". error is X-Ca-Error-Code; code and error are "other" for what comes after the
 * first 16 combinations of an API in a stage.
 */
#pragma once

#include "base/loop.h"
#include "base/strbuf.h"
#include "gateway/config.h"
#include "gateway/error.h"
#include "httpd/httpd.h"
#include "httpd/upstream.h"

struct gateway_metrics;

struct gateway_metrics *gateway_metrics_new(const struct gateway_config *config)
	__attribute__((returns_nonnull));
void gateway_metrics_free(struct gateway_metrics *m); /* NULL is fine */

/** A call is over, which took so many microseconds. api NULL: of none; stage -1: of none. */
void gateway_metrics_count(struct gateway_metrics *m, const struct gateway_api *api, int stage,
			   int status, enum gateway_error error, uint64_t us);

/** From now on, and before anything was counted, counts with all processes that have this memory. */
int gateway_metrics_share(struct gateway_metrics *m, int fd, struct lab_error **err);

/** Speaks of these too, which it borrows until gateway_metrics_free(); after gateway_metrics_share(). */
void gateway_metrics_watch(struct gateway_metrics *m, struct loop *loop, const struct httpd *httpd,
			   const struct upstream *upstream);

/** Appends all of it. */
void gateway_metrics_write(struct gateway_metrics *m, struct strbuf *out);

/** Answers there. */
int gateway_metrics_listen(struct gateway_metrics *m, int fd, struct lab_error **err);
/** Accepts no more: a successor does. */
void gateway_metrics_stop(struct gateway_metrics *m);
