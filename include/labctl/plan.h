// SPDX-License-Identifier: GPL-2.0-only
/**
 * The plan document: what `labctl plan --json` prints and what /run/labctl/LAB/plan.json holds.
 * One JSON object: { "labctl": LABCTL_PLAN_VERSION, "lab": NAME, "title": TEXT, "file": PATH (only of
 * a lab that is up), "step": ID, "changes": TEXT (likewise: what is in it beyond the file), "summary":
 * {...}, "namespaces": [...], "bridges": [...], "links": [...], "addresses": [...], "neighbours": [...],
 * "routes": [...], "rules": [...],
 * "shapers": [...], "filters": [...], "workers": [...], "nodes": [...] }. Each object carries
 * "origin": {"resource": "vpcs.vpc-1", "at": "lab.yaml:12"}. The version changes when a reader of the
 * former one would misread it; added fields do not change it.
 */
#pragma once

#define LABCTL_PLAN_VERSION 2
