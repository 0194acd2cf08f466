// SPDX-License-Identifier: GPL-2.0-only
/**
 * What `labctl plan LAB --json --changes` prints: what `up` would do, in the cloud's terms, and which pairs
 * gain or lose reachability by it. One JSON object:
 * { "labctl_changes": LABCTL_CHANGES_VERSION, "lab": NAME, "step": ID or null, "up": BOOL,
 *   "count": {"add", "change", "remove": how many resources},
 *   "pairs": {"gained", "lost", "unknown": how many pairs},
 *   "resources": [{"op": "add" | "change" | "remove", "resource": "cen.cen-1.attachments.attach-vpc-3",
 *     "name": "attachment attach-vpc-3 of CEN cen-1", "at": "lab.yaml:12",
 *     "objects": [{"op", "kind": "route", "text": "+ route ..."}]}],
 *   "reachability": [{"effect": "gained" | "lost" | "unknown", "from": [NODE...], "to": [TARGET...],
 *     "both": BOOL (and from each of "to" to each of "from"), "services": ["ping", "tcp", "tcp/80"...] or
 *     null (all that are known of the targets), "reason": TEXT or null, "pairs": N}] }
 * The resource "extra", with an empty "at", is what stands in the lab and is of no plan: `up` removes it.
 * "tcp" and "udp" without a port are those ports that no listener and no filter names. The version changes
 * when a reader of the former one would misread it; added fields do not change it.
 */
#pragma once

#define LABCTL_CHANGES_VERSION 1
