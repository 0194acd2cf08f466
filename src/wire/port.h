// SPDX-License-Identifier: GPL-2.0-only
/**
 * The end of a line: a packet socket on the device of its name, as the supervisor opens it (PLAN_PACKET in
 * plan/plan.h): whole frames, each behind a virtio_net_hdr, with the time of their arrival.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/ways.h"

/** Bytes before the Ethernet header of each frame. */
extern const uint32_t wire_port_header;

/**
 * Binds the socket to the device, as often as wished. false with errno: ENODEV where it is not there (yet).
 * A device that is down, or removed later, shows as ENETDOWN when reading; one that was only down needs no
 * binding when it is up again.
 */
bool wire_port_bind(int fd, const char *device);

/** Two clocks at one time: frames are stamped by one, and sent by the other. */
struct wire_clocks {
	int64_t real, monotonic; /* ns */
};
struct wire_clocks wire_clocks_now(void);

struct wire_arrival {
	uint64_t stamp;  /* by the monotonic clock */
	uint32_t missed; /* frames so far, since the socket was made, that it had no room for */
};

/**
 * Receives a frame of at most `room` bytes. Its length, longer where it was cut; 0: none is there; -1 with
 * errno. Of *arrival, `missed` stays as it is where there is nothing to add.
 */
ssize_t wire_port_receive(int fd, void *frame, size_t room, struct wire_clocks clocks,
			  struct wire_arrival *arrival);

enum wire_sent wire_port_send(int fd, const void *frame, size_t len);
