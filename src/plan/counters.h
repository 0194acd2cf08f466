// SPDX-License-Identifier: GPL-2.0-only
/** What a kernel counts at a device of a plan: where those who draw a running lab meet those who read it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Since the device was made. */
struct plan_counters {
	bool up, carrier; /* administratively; what is connected to it is up as well */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets;
	uint64_t drops;  /* by the device and by its queueing disciplines */
	uint32_t queued; /* bytes that wait in its queueing disciplines */
};
