// SPDX-License-Identifier: GPL-2.0-only
/* Single values: each decoder stores into its field, or says what was expected instead. */
#include <inttypes.h>
#include <string.h>

#include "base/ip.h"
#include "base/name.h"
#include "model/model.h"
#include "parse/decode.h"
#include "parse/values.h"

static void *field(void *out, size_t offset)
{
	return (char *)out + offset;
}

static bool word_find(const struct key_words *words, const char *s, int *value)
{
	for (size_t i = 0; i < words->n; i++) {
		if (strcmp(words->words[i].word, s) == 0) {
			*value = words->words[i].value;
			return true;
		}
	}
	return false;
}

static bool word_decode(struct decode *d, const struct key *key, const struct node *node,
			int *value)
{
	const struct key_words *words = key->words;
	const char *names[16], *near, *list = "";

	if (word_find(words, node->text, value))
		return true;
	parse_error(d->r, "unknown-value", node->at, "'%.60s' is not a value of '%s'", node->text,
		    key->name);
	for (size_t i = 0; i < words->n && i < 16; i++) {
		names[i] = words->words[i].word;
		list = arena_printf(d->arena, "%s%s%s", list, i ? ", " : "", names[i]);
	}
	near = diag_nearest(node->text, names, words->n < 16 ? words->n : 16);
	if (near)
		parse_hint(d->r, "did you mean '%s'?", near);
	parse_hint(d->r, "'%s' is one of: %s", key->name, list);
	return false;
}

static bool name_check(struct decode *d, const struct node *node)
{
	if (name_valid(node->text))
		return true;
	parse_error(d->r, "bad-name", node->at, "'%.60s' is not a name", node->text);
	parse_hint(d->r,
		   "a name has a-z, 0-9 and -, does not begin with -, and at most %d characters",
		   NAME_MAX_LEN);
	return false;
}

static bool text_decode(struct decode *d, const struct key *key, const struct node *node,
			struct text *out)
{
	int ignored;

	if (key->words && !word_decode(d, key, node, &ignored))
		return false;
	if ((key->flags & KEY_NAME) && !name_check(d, node))
		return false;
	*out = (struct text){.s = node->text, .at = node->at};
	return true;
}

static bool hex_decode(struct decode *d, const struct key *key, const struct node *node,
		       struct text *out)
{
	if (strlen(node->text) != 32 || strspn(node->text, "0123456789abcdef") != 32) {
		parse_error(d->r, "bad-id", node->at,
			    "'%.60s' is not 32 hexadecimal digits (0-9, a-f)", node->text);
		parse_hint(d->r, "leave '%s' out to have one derived", key->name);
		return false;
	}
	*out = (struct text){.s = node->text, .at = node->at};
	return true;
}

static bool ports_decode(struct decode *d, const struct key *key, const struct node *node,
			 void *out)
{
	uint16_t *ports = field(out, key->extra);

	if (!parse_ports(node->text, &ports[0], &ports[1])) {
		parse_error(d->r, "bad-port-range", node->at, "'%.60s' is not a range of ports",
			    node->text);
		parse_hint(d->r,
			   "write the first and the last port, \"80/80\"; \"-1/-1\" is every port");
		return false;
	}
	*(struct text *)field(out, key->offset) = (struct text){.s = node->text, .at = node->at};
	return true;
}

static bool ref_decode(struct decode *d, const struct node *node, struct ref *out)
{
	if (!*node->text) {
		parse_error(d->r, "bad-name", node->at, "an empty name");
		return false;
	}
	*out = (struct ref){.name = node->text, .at = node->at};
	return true;
}

static const char *quantity_id(const struct value_units *units)
{
	return units == &parse_rate_units       ? "bad-rate"
	       : units == &parse_duration_units ? "bad-duration"
	       : units == &parse_share_units    ? "bad-share"
						: "bad-size";
}

static void quantity_error(struct decode *d, const struct value_units *units,
			   enum value_parse status, const struct node *node)
{
	const char *id = quantity_id(units), *s = node->text;
	const char *unit = parse_quantity_unit_guess(units, s);
	size_t number = strspn(s, "0123456789.");

	switch (status) {
	case VALUE_OK: return;
	case VALUE_TOO_BIG:
		parse_error(d->r, "out-of-range", node->at, "%.60s is more than %s", s,
			    units->max_text);
		return;
	case VALUE_INEXACT:
		parse_error(d->r, id, node->at, "%.60s is not a whole number of %s", s,
			    units->step);
		return;
	case VALUE_NO_UNIT: parse_error(d->r, id, node->at, "%.60s has no unit", s); break;
	case VALUE_BAD_UNIT:
		parse_error(d->r, id, node->at, "'%.60s' is not a unit of a %s", s + number,
			    units->what);
		break;
	case VALUE_BAD:
		parse_error(d->r, id, node->at, "'%.60s' is not a %s", s, units->what);
		break;
	}
	if (unit && number && number <= 20)
		parse_hint(d->r, "did you mean '%.*s%s'?", (int)number, s, unit);
	parse_hint(d->r, "a %s is a number and %s, such as %s", units->what, units->list,
		   units->example);
}

static bool quantity_decode(struct decode *d, const struct value_units *units,
			    const struct key *key, const struct node *node, struct number *out)
{
	uint64_t v = 0;
	enum value_parse status = parse_quantity(units, node->text, &v);

	if (status == VALUE_NO_UNIT && (key->flags & KEY_PLAIN))
		status = parse_whole(node->text, &v);
	if (status == VALUE_OK && v > units->max)
		status = VALUE_TOO_BIG;
	if (status != VALUE_OK) {
		quantity_error(d, units, status, node);
		return false;
	}
	*out = (struct number){.v = v, .set = true, .at = node->at};
	return true;
}

static bool number_decode(struct decode *d, const struct key *key, const struct node *node,
			  struct number *out)
{
	uint64_t v = 0;
	enum value_parse status = parse_whole(node->text, &v);

	if (status == VALUE_BAD) {
		parse_error(d->r, "bad-number", node->at, "'%.60s' is not a whole number",
			    node->text);
		return false;
	}
	if (status != VALUE_OK || (key->max && (v < key->min || v > key->max))) {
		parse_error(d->r, "out-of-range", node->at,
			    "'%s' is %.30s; it goes from %" PRIu64 " to %" PRIu64, key->name,
			    node->text, key->min, key->max);
		return false;
	}
	*out = (struct number){.v = v, .set = true, .at = node->at};
	return true;
}

static bool cidr_decode(struct decode *d, const struct key *key, const struct node *node,
			struct cidr *out)
{
	char network[IP_PREFIX_STRLEN];
	struct ip_prefix p = {0};

	switch (ip_prefix_parse(node->text, &p)) {
	case IP_OK: *out = (struct cidr){.p = p, .set = true, .at = node->at}; return true;
	case IP_HOST_BITS:
		parse_error(d->r, "host-bits", node->at, "%.40s has bits set beyond its /%u",
			    node->text, p.len);
		p.addr = ip_prefix_first(p);
		parse_hint(d->r, "the block that this address is in: %s",
			   ip_prefix_format(p, network));
		return false;
	case IP_BAD_LENGTH:
		if ((key->flags & KEY_PLAIN) && ip_parse(node->text, &p.addr)) {
			*out = (struct cidr){.p = {p.addr, 32}, .set = true, .at = node->at};
			return true;
		}
		parse_error(d->r, "bad-cidr", node->at,
			    "'%.60s' needs a prefix length from /0 to /32", node->text);
		break;
	case IP_BAD_SYNTAX:
		parse_error(d->r, "bad-cidr", node->at, "'%.60s' is not a CIDR block", node->text);
		break;
	}
	parse_hint(d->r, "a CIDR block is an address and a length, such as 192.168.0.0/16");
	return false;
}

static bool address_decode(struct decode *d, const struct node *node, struct address *out)
{
	uint32_t ip = 0;

	if (!ip_parse(node->text, &ip)) {
		parse_error(d->r, "bad-address", node->at, "'%.60s' is not an IPv4 address",
			    node->text);
		parse_hint(d->r, "an address is four numbers from 0 to 255, such as 192.168.1.10");
		return false;
	}
	*out = (struct address){.ip = ip, .set = true, .at = node->at};
	return true;
}

static bool bool_decode(struct decode *d, const struct node *node, bool *out)
{
	if (node->plain && parse_bool(node->text, out))
		return true;
	parse_error(d->r, "bad-bool", node->at, "'%.60s' is not true or false", node->text);
	if (!node->plain)
		parse_hint(d->r, "without quotes");
	return false;
}

static bool enum_decode(struct decode *d, const struct key *key, const struct node *node, void *out)
{
	int value = 0;

	if (!word_decode(d, key, node, &value))
		return false;
	if (key->type == KEY_WORD_BOOL) {
		*(bool *)out = value != 0;
		return true;
	}
	memcpy(out, &value, sizeof(value)); /* an enum of the model: as wide as an int */
	return true;
}

bool parse_decode_scalar(struct decode *d, const struct key *key, const struct node *node,
			 void *out)
{
	void *to = field(out, key->offset);

	switch (key->type) {
	case KEY_TEXT:
	case KEY_TEXTS: return text_decode(d, key, node, to);
	case KEY_HEX: return hex_decode(d, key, node, to);
	case KEY_PORTS: return ports_decode(d, key, node, out);
	case KEY_REF:
	case KEY_REFS: return ref_decode(d, node, to);
	case KEY_NUMBER: return number_decode(d, key, node, to);
	case KEY_RATE: return quantity_decode(d, &parse_rate_units, key, node, to);
	case KEY_DURATION: return quantity_decode(d, &parse_duration_units, key, node, to);
	case KEY_SIZE: return quantity_decode(d, &parse_size_units, key, node, to);
	case KEY_SHARE: return quantity_decode(d, &parse_share_units, key, node, to);
	case KEY_CIDR:
	case KEY_CIDRS: return cidr_decode(d, key, node, to);
	case KEY_ADDRESS: return address_decode(d, node, to);
	case KEY_BOOL: return bool_decode(d, node, to);
	case KEY_ENUM:
	case KEY_WORD_BOOL: return enum_decode(d, key, node, to);
	case KEY_ENVIRONMENT:
	case KEY_PAIRS:
	case KEY_STRUCT:
	case KEY_MAP:
	case KEY_LIST:
	case KEY_FRAGMENT: break; /* not scalars */
	}
	return false;
}
