// SPDX-License-Identifier: GPL-2.0-only
/* Links: broken, slower, longer or lossy, beyond what the objects say that they are of. */
#include "parse/rows.h"

static const struct key_word state_words[] = {{"up", LINK_UP}, {"down", LINK_DOWN}};
static const struct key_words states = WORDS(state_words);

static const struct key link_keys[] = {
	{"state", KEY_ENUM, FIELD(link_change, state), .words = &states,
	 .doc = "down: nothing passes, and neither end is told; up: it does, whatever else is said."},
	{"rate", KEY_RATE, FIELD(link_change, rate), .doc = "What passes each way."},
	{"rtt", KEY_DURATION, FIELD(link_change, rtt), .doc = "Round-trip time, 2s at most."},
	{"jitter", KEY_DURATION, FIELD(link_change, jitter),
	 .doc = "How much a round trip deviates from rtt."},
	{"loss", KEY_SHARE, FIELD(link_change, loss),
	 .doc = "Share of the packets that are lost, each way."},
};
const struct table parse_table_link = {
	"a link", "link", sizeof(struct link_change), TABLE_NAMED, KEYS(link_keys),
};

static const struct key event_set_keys[] = {
	{"rate", KEY_RATE, FIELD(event_set, rate), .doc = "What passes each way from then on."},
	{"rtt", KEY_DURATION, FIELD(event_set, rtt),
	 .doc = "Round-trip time from then on, 2s at most."},
	{"jitter", KEY_DURATION, FIELD(event_set, jitter),
	 .doc = "How much a round trip deviates from it."},
	{"loss", KEY_SHARE, FIELD(event_set, loss),
	 .doc = "Share of the packets that are lost, each way."},
};
static const struct table event_set_table = {
	"`set`", "event-set", sizeof(struct event_set), TABLE_PLACE, KEYS(event_set_keys),
};

static const struct key event_keys[] = {
	{"at", KEY_DURATION, KEY_REQUIRED, FIELD(event, time),
	 .doc = "When it happens, since `labctl events` began."},
	{"link", KEY_REF, KEY_REQUIRED, FIELD(event, link),
	 .doc = "Name of the link, as in `labctl link`."},
	{"state", KEY_ENUM, FIELD(event, state), .words = &states, .doc = "Breaks or mends it."},
	{"set", KEY_STRUCT, FIELD(event, set), .table = &event_set_table,
	 .doc = "What else changes; what is not named keeps."},
};
static const struct key_lacking event_lacks[] = {
	{"rate", "write it below `set:`, as in `set: {rate: 2Mbit}`"},
	{"rtt", "write it below `set:`, as in `set: {rtt: 80ms}`"},
	{"jitter", "write it below `set:`, as in `set: {jitter: 2ms}`"},
	{"loss", "write it below `set:`, as in `set: {loss: 5%}`"},
	{NULL, NULL},
};
const struct table parse_table_event = {
	"an event",  "event",          sizeof(struct event),
	TABLE_PLACE, KEYS(event_keys), .lacking = event_lacks,
};
