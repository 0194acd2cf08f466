// SPDX-License-Identifier: GPL-2.0-only
/**
 * ICMP echo (base/echo.h) over a raw socket, because the kernel's unprivileged ICMP sockets are
 * switched off by ping_group_range nearly everywhere.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/** A packet that the kernel will not send is a lost packet. */
void echo_send(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t seq);
/**
 * Takes one packet, if there is one; whether it is an answer of `to`, to which number, and for how long it has lain
 * there: whoever asks late must not take that for the way's delay. raw: with SO_TIMESTAMPNS.
 */
bool echo_receive(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t *seq,
		  uint64_t *waited_us);
