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
