// SPDX-License-Identifier: GPL-2.0-only
/** ICMP echo as ping(8) sends it, as bytes of a raw IPv4 socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECHO_PACKET 64 /* header and 56 bytes of payload: 84 on the wire with IP */

/** A request that is ready to be sent. */
void echo_request(unsigned char packet[static ECHO_PACKET], uint16_t id, uint16_t seq);

/**
 * Whether `n` bytes as received, which begin with the IP header, are a reply to a request with
 * this id; *seq is the request's. Who sent it is the caller's to look at.
 */
bool echo_reply(const void *packet, size_t n, uint16_t id, uint16_t *seq);
