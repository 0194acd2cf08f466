// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/cut.h"

#include <errno.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "kernel/encode.h"
#include "kernel/netlink.h"
#include "kernel/netns.h"

static int set_in(const char *dev, bool up, struct lab_error **err)
{
	char buf[KERNEL_MESSAGE_MAX] __attribute__((aligned(8)));
	auto_close int sock = kernel_netlink_open(err);
	int index = (int)if_nametoindex(dev);
	struct kernel_refusal refusal;
	struct nlmsghdr *h;

	if (sock < 0)
		return -1;
	if (!index)
		return lab_error_errno(err, LAB_FAILED, errno, "%s", dev);
	h = up ? kernel_encode_up(buf, index) : kernel_encode_down(buf, index);
	if (kernel_netlink_ask(sock, h, KERNEL_FINE_NEVER, &refusal) == 0)
		return 0;
	return kernel_refusal_error(&refusal, err);
}

int kernel_set_bridge(const char *lab, const char *ns, const char *dev, bool up,
		      struct lab_error **err)
{
	auto_close int home = kernel_netns_current(err);
	auto_close int there = home < 0 ? -1 : kernel_pin_open(lab, ns, err);
	int res;

	if (there < 0 || kernel_netns_enter(there, err) < 0)
		return -1;
	res = set_in(dev, up, err);
	if (kernel_netns_enter(home, res < 0 ? NULL : err) < 0)
		return -1;
	return res < 0 ? lab_error_prefix(err, "cannot set %s/%s %s", ns, dev, up ? "up" : "down")
		       : 0;
}
