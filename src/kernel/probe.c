// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/probe.h"

#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/netns.h"
#include "kernel/netlink.h"
#include "kernel/shaper.h"

bool kernel_probe_netem(int home)
{
	char buf[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)));
	struct plan_shaper s = {.delay_us = 1000};
	struct kernel_refusal r;
	auto_close int fd = -1, sock = -1;

	fd = kernel_netns_new(home, &sock, NULL);
	if (fd < 0)
		return false;
	return kernel_netlink_ask(sock, kernel_encode_netem(buf, &s, 1), KERNEL_FINE_NEVER, &r) ==
	       0;
}
