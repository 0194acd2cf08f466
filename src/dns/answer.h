// SPDX-License-Identifier: GPL-2.0-only
/** From a DNS query's bytes to the answer's bytes: no socket, no clock. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/relay.h"
#include "dns/view.h"

/**
 * Answers one query (without the two length bytes of TCP) as a recursive resolver would: RA set, AA
 * clear, the question echoed byte for byte (also its letter case), OPT for OPT (RFC 6891).
 *
 *   names that exist with the type      the records
 *   names that exist otherwise          NOERROR, the zone's SOA in the authority section (NODATA)
 *   names without records of ours, at
 *   or below a zone of the forwards     *relay: to be asked for elsewhere
 *   names that do not exist             NXDOMAIN and the SOA
 *   ANY                                 one of the record sets (RFC 8482)
 *   AXFR, IXFR, other classes           REFUSED
 *   opcodes other than QUERY            NOTIMP
 *   EDNS version above 0                BADVERS
 *   unparsable, QDCOUNT not 1           FORMERR
 *   larger than the transport allows    TC and no records
 *
 * A CNAME of ours is followed to a target that is ours or elsewhere. A name that exists only because
 * there are names below it has no records: else one record for api.example.com would hide all of
 * example.com. The declared zones do not matter here, only the longest zone of the forwards.
 *
 * Gives the bytes written to out (room: at least 512), or 0: with *relay, to be freed by the caller,
 * and otherwise where no answer may be sent: less than a header, or itself an answer. *trouble is
 * NULL, or a literal that says why the query was refused.
 */
size_t dns_answer(const struct dns_view *view, const uint8_t *query, size_t len,
		  enum dns_transport transport, uint8_t *out, size_t room, struct dns_relay **relay,
		  const char **trouble) __attribute__((nonnull));
