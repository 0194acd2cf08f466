// SPDX-License-Identifier: GPL-2.0-only
/** Where names of network namespaces stand, as ip-netns(8) has them. */
#pragma once

#define PINS "/run/netns"
