// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of APIs, and what becomes of them. */
#include "parse/rows.h"

static const struct key_word mode_words[] = {
	{"PASSTHROUGH", API_PASSTHROUGH},
	{"MAPPING", API_MAPPING},
	{"MAPPING_PASSTHROUGH", API_MAPPING_PASSTHROUGH},
};
const struct key_words parse_modes = WORDS(mode_words);
static const struct key_word format_words[] = {{"STREAM", false}, {"FORM", true}};
const struct key_words parse_body_formats = WORDS(format_words);

static const struct key_word place_words[] = {{"PATH", API_IN_PATH},
					      {"QUERY", API_IN_QUERY},
					      {"HEAD", API_IN_HEAD},
					      {"BODY", API_IN_BODY}};
static const struct key_words places = WORDS(place_words);
static const struct key_word type_words[] = {{"STRING", API_STRING}, {"INT", API_INT},
					     {"LONG", API_LONG},     {"FLOAT", API_FLOAT},
					     {"DOUBLE", API_DOUBLE}, {"BOOLEAN", API_BOOLEAN}};
static const struct key_words types = WORDS(type_words);
static const struct key_word need_words[] = {{"OPTIONAL", false}, {"REQUIRED", true}};
static const struct key_words needs = WORDS(need_words);

static const struct key parameter_keys[] = {
	{"in", KEY_ENUM, KEY_REQUIRED, FIELD(request_parameter, in), .words = &places,
	 .doc = "Where the client writes it; BODY is a form."},
	{"in_service", KEY_ENUM, FIELD(request_parameter, in_service),
	 EXTRA(request_parameter, in_service_at), .words = &places,
	 .doc = "Where the backend gets it. Default: the same place."},
	{"name_service", KEY_TEXT, FIELD(request_parameter, name_service),
	 .doc = "Its name there. Default: the same name."},
	{"type", KEY_ENUM, FIELD(request_parameter, type), .words = &types, .def = "STRING",
	 .doc = "What its value must be."},
	{"required", KEY_WORD_BOOL, FIELD(request_parameter, required), .words = &needs,
	 .def = "OPTIONAL", .doc = "Whether a call without it is refused."},
	{"default_value", KEY_TEXT, FIELD(request_parameter, default_value),
	 .doc = "Its value where the client does not write it."},
	{"min_value", KEY_TEXT, FIELD(request_parameter, min_value),
	 .doc = "The smallest value of a number."},
	{"max_value", KEY_TEXT, FIELD(request_parameter, max_value),
	 .doc = "The largest value of a number."},
	{"min_length", KEY_NUMBER, FIELD(request_parameter, min_length), .max = 65536,
	 .doc = "Bytes that it has at least."},
	{"max_length", KEY_NUMBER, FIELD(request_parameter, max_length), .min = 1, .max = 65536,
	 .doc = "Bytes that it has at most."},
	{"regular_expression", KEY_TEXT, FIELD(request_parameter, regular_expression),
	 .doc = "Of a STRING: what all of it matches, in the syntax of PCRE2, nearly Java's."},
	{"enum_value", KEY_TEXTS, ITEMS(request_parameter, enum_value),
	 .doc = "The only values that it may have."},
};
static const struct key_lacking parameter_lacks[] = {
	{"json_scheme",
	 "the cloud's check of a STRING by a JSON Schema is not modelled: write `regular_expression:`, or let the backend check"},
	{NULL, NULL},
};
const struct table parse_table_request_parameter = {
	"a parameter", "request-parameter",  sizeof(struct request_parameter),
	TABLE_NAMED,   KEYS(parameter_keys), .lacking = parameter_lacks,
};

static const struct key constant_keys[] = {
	{"in", KEY_ENUM, KEY_REQUIRED, FIELD(constant_parameter, in), .words = &places,
	 .doc = "Where the backend gets it."},
	{"value", KEY_TEXT, KEY_REQUIRED, FIELD(constant_parameter, value), .doc = "Its value."},
};
const struct table parse_table_constant_parameter = {
	"a constant", "constant-parameter", sizeof(struct constant_parameter),
	TABLE_NAMED,  KEYS(constant_keys),
};

static const struct key system_keys[] = {
	{"in", KEY_ENUM, KEY_REQUIRED, FIELD(system_parameter, in), .words = &places,
	 .doc = "Where the backend gets it."},
	{"name_service", KEY_TEXT, FIELD(system_parameter, name_service),
	 .doc = "Its name there. Default: the same name."},
};
const struct table parse_table_system_parameter = {
	"a system parameter", "system-parameter", sizeof(struct system_parameter),
	TABLE_NAMED,          KEYS(system_keys),
};
