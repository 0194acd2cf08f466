// SPDX-License-Identifier: GPL-2.0-only
/** Tables of nftables as texts: a table, a chain at a hook, and a table with one rule for what is forwarded. */
#pragma once

#define NET_TABLE(chains) "table ip t {\n" chains "}\n"
#define NET_HOOK(hook, rule)                                                                    \
	"\tchain c {\n\t\ttype filter hook " hook " priority filter; policy accept;\n\t\t" rule \
	"\n\t}\n"
#define NET_FORWARD(rule) NET_TABLE(NET_HOOK("forward", rule))
