// SPDX-License-Identifier: GPL-2.0-only
/** Shorthand for the rows of the table_*.c files; included by nothing else. */
#pragma once

#include "base/cleanup.h"
#include "model/model.h"
#include "parse/table.h"

#define FIELD(s, f) .offset = offsetof(struct s, f)
#define ITEMS(s, f) .offset = offsetof(struct s, f), .count = offsetof(struct s, n_##f)
#define EXTRA(s, f) .extra = offsetof(struct s, f)
#define KEYS(k)     .keys = (k), .n = ARRAY_LEN(k)
#define WORDS(w)                                \
	{                                       \
		.words = (w), .n = ARRAY_LEN(w) \
	}

/* table_network.c */
extern const struct table parse_table_region, parse_table_region_pair, parse_table_vpc,
	parse_table_private_zone, parse_table_security_group, parse_table_ecs,
	parse_table_firewall_rule;
extern const struct key_words parse_areas;
/* table_cen.c */
extern const struct table parse_table_cen;
/* table_circuit.c */
extern const struct table parse_table_physical_connection, parse_table_vbr,
	parse_table_router_interface;
extern const struct key_words parse_routings;
/* table_data_center.c */
extern const struct table parse_table_data_center, parse_table_internet, parse_table_service;
/* table_link.c */
extern const struct table parse_table_link, parse_table_event;
/* table_api.c */
extern const struct table parse_table_api_gateway, parse_table_api_group, parse_table_api,
	parse_table_app, parse_table_app_attachment, parse_table_function, parse_table_vpc_access;
extern const struct table parse_table_backend;
extern const struct key_words parse_stages;
/* table_plugin.c */
extern const struct table parse_table_plugin, parse_table_plugin_attachment;

/* How one end of a circuit learns what is behind the other one: the same keys for both ends. */
/* clang-format off */
#define ROUTING_KEYS(s) \
	{"routing", KEY_WORD_BOOL, FIELD(s, routing.bgp), EXTRA(s, routing.at), \
	 .words = &parse_routings, .def = "static", \
	 .doc = "How it learns what is behind the other end: by static routes or by BGP."}, \
	{"peer_asn", KEY_NUMBER, FIELD(s, routing.peer_asn), .min = 1, .max = 4294967295, \
	 .doc = "bgp: autonomous system number of the other end."}, \
	{"auth_key", KEY_TEXT, FIELD(s, routing.auth_key), \
	 .doc = "bgp: MD5 password of the session."}, \
	{"enable_bfd", KEY_BOOL, FIELD(s, routing.enable_bfd), .def = "false", \
	 .doc = "bgp: BFD watches the session."}, \
	{"min_tx_interval", KEY_DURATION, FIELD(s, routing.min_tx_interval), .def = "1s", \
	 .doc = "BFD: interval between packets sent, 200ms to 1s."}, \
	{"min_rx_interval", KEY_DURATION, FIELD(s, routing.min_rx_interval), .def = "1s", \
	 .doc = "BFD: interval between packets that it can receive, 200ms to 1s."}, \
	{"detect_multiplier", KEY_NUMBER, FIELD(s, routing.detect_multiplier), .def = "3", .min = 3, \
	 .max = 10, .doc = "BFD: packets lost in a row before the session is down."}
/* clang-format on */

/* finish.c */
void parse_finish_check(struct report *r, const struct node *node, void *item);
