// SPDX-License-Identifier: GPL-2.0-only
/*
 * A rule is a line: matches, then a verdict. A word that no match and no verdict begins with makes a match
 * "unknown", and the rest of the line is passed over: whatever stands before it still says to which packets
 * the rule does not apply.
 */
#include <stdlib.h>
#include <string.h>

#include "analyse/nft.h"
#include "base/cleanup.h"
#include "base/ip.h"

/* One token: a word, a quoted text (without its quotes), or a mark of one or two characters. */
struct token {
	const char *s; /* NULL: the end of the text */
	size_t len;
	bool quoted;
};

struct reader {
	struct arena *a;
	const char *at;
	struct token t; /* the one that is looked at */
	struct nft_table *table;
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("._-/@*", c));
}

static size_t length_of(const char *s)
{
	size_t n = 0;

	while (is_word(s[n]))
		n++;
	if (n)
		return n;
	return strncmp(s, "==", 2) == 0 || strncmp(s, "!=", 2) == 0 ? 2 : 1;
}

/* Ends of lines are tokens, too: they end rules. */
static void next(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
	r->t = (struct token){0};
	if (!*r->at)
		return;
	if (*r->at == '"') {
		const char *end = strchr(r->at + 1, '"');

		if (!end)
			end = r->at + strlen(r->at);
		r->t = (struct token){r->at + 1, (size_t)(end - r->at) - 1, true};
		r->at = *end ? end + 1 : end;
		return;
	}
	r->t = (struct token){r->at, length_of(r->at), false};
	r->at += r->t.len;
}

static bool is(const struct reader *r, const char *s)
{
	return r->t.s && !r->t.quoted && strlen(s) == r->t.len && memcmp(r->t.s, s, r->t.len) == 0;
}

static bool take(struct reader *r, const char *s)
{
	if (!is(r, s))
		return false;
	next(r);
	return true;
}

static bool at_end_of_line(const struct reader *r)
{
	return !r->t.s || is(r, "\n") || is(r, ";") || is(r, "}");
}

static void skip_blank(struct reader *r)
{
	while (is(r, "\n") || is(r, ";"))
		next(r);
}

static const char *take_text(struct reader *r)
{
	const char *s = arena_strndup(r->a, r->t.s ? r->t.s : "", r->t.len);

	next(r);
	return s;
}

/* --- values --- */

static const struct {
	const char *name;
	uint32_t value;
} numbers[] = {
	{"icmp", NFT_ICMP},
	{"tcp", NFT_TCP},
	{"udp", NFT_UDP},
	{"echo-reply", NFT_ECHO_REPLY},
	{"echo-request", NFT_ECHO_REQUEST},
	{"destination-unreachable", 3},
	{"redirect", 5},
};

static bool number_of(const char *s, uint32_t *v)
{
	char *end;
	unsigned long n;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (strcmp(numbers[i].name, s) == 0) {
			*v = numbers[i].value;
			return true;
		}
	if (ip_parse(s, v))
		return true;
	if (*s < '0' || *s > '9')
		return false;
	n = strtoul(s, &end, 10);
	*v = (uint32_t)n;
	return !*end && n <= UINT32_MAX;
}

/* "80", "80-90", "10.0.0.0/8", "10.0.0.1", "tcp" */
static bool range_of(struct arena *a, const char *s, struct nft_range *range)
{
	const char *dash = strchr(s, '-');
	struct ip_prefix p;

	if (ip_prefix_parse(s, &p) == IP_OK) {
		*range = (struct nft_range){ip_prefix_first(p), ip_prefix_last(p)};
		return true;
	}
	if (number_of(s, &range->first)) {
		range->last = range->first;
		return true;
	}
	return dash && number_of(arena_strndup(a, s, (size_t)(dash - s)), &range->first) &&
	       number_of(dash + 1, &range->last);
}

static int by_range(const void *pa, const void *pb)
{
	const struct nft_range *a = pa, *b = pb;

	return (a->first > b->first) - (a->first < b->first);
}

static bool add_range(struct reader *r, struct nft_ranges *to)
{
	struct nft_range range;

	if (!r->t.s || !range_of(r->a, take_text(r), &range))
		return false;
	*arena_push(r->a, to->v, to->n) = range;
	return true;
}

/* One value, or "{ a, b }". */
static bool read_ranges(struct reader *r, struct nft_ranges *to)
{
	bool many = take(r, "{"), ok;

	do {
		while (take(r, "\n"))
			;
		ok = add_range(r, to);
		while (take(r, "\n"))
			;
	} while (ok && many && take(r, ","));
	if (!ok || (many && !take(r, "}")))
		return false;
	qsort(to->v, to->n, sizeof(*to->v), by_range);
	return true;
}

static const struct nft_set *find_set(const struct nft_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_sets; i++)
		if (strcmp(t->sets[i].name, name) == 0)
			return &t->sets[i];
	return NULL;
}

static bool read_values(struct reader *r, struct nft_match *m)
{
	const struct nft_set *set;

	m->not = take(r, "!=");
	if (!r->t.s || r->t.len == 0 || *r->t.s != '@')
		return read_ranges(r, &m->ranges);
	set = find_set(r->table, take_text(r) + 1);
	if (set)
		m->ranges = set->elements;
	return set != NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct nft_name *)a)->name, ((const struct nft_name *)b)->name);
}

static bool add_name(struct reader *r, struct nft_match *m, bool map)
{
	struct nft_name name = {0};

	if (!r->t.quoted)
		return false;
	name.name = take_text(r);
	if (map) {
		if (!take(r, ":") || !take(r, "jump"))
			return false;
		name.chain = take_text(r);
	}
	*arena_push(r->a, m->names, m->n_names) = name;
	return true;
}

/* "\"eth0\"", "{ \"a\", \"b\" }", "vmap { \"a\" : jump x, ... }" */
static bool read_names(struct reader *r, struct nft_match *m, bool *map)
{
	bool many, ok;

	*map = take(r, "vmap");
	m->not = !*map && take(r, "!=");
	many = take(r, "{");
	do
		ok = add_name(r, m, *map);
	while (ok && many && take(r, ","));
	if (!ok || (many && !take(r, "}")))
		return false;
	qsort(m->names, m->n_names, sizeof(*m->names), by_name);
	return true;
}

/* --- rules --- */

static struct nft_match *add_match(struct reader *r, struct nft_rule *rule, enum nft_field field)
{
	struct nft_match *m = arena_push(r->a, rule->matches, rule->n_matches);

	m->field = field;
	return m;
}

static void add_protocol(struct reader *r, struct nft_rule *rule, uint32_t protocol)
{
	struct nft_match *m = add_match(r, rule, NFT_FIELD_PROTOCOL);

	*arena_push(r->a, m->ranges.v, m->ranges.n) = (struct nft_range){protocol, protocol};
}

static void note_ports(struct reader *r, const struct nft_ranges *ports, bool udp)
{
	struct nft_table *t = r->table;

	for (size_t i = 0; i < ports->n; i++) {
		const uint16_t port = (uint16_t)ports->v[i].first;

		if (udp)
			*arena_push(r->a, t->udp_ports, t->n_udp_ports) = port;
		else
			*arena_push(r->a, t->tcp_ports, t->n_tcp_ports) = port;
	}
}

/* "dport 80-90", "flags & (syn | ack) == syn" */
static bool read_tcp(struct reader *r, struct nft_rule *rule)
{
	static const char *const syn[] = {"&", "(", "syn", "|", "ack", ")", "==", "syn"};
	struct nft_match *m;

	add_protocol(r, rule, NFT_TCP);
	if (take(r, "dport")) {
		m = add_match(r, rule, NFT_FIELD_DPORT);
		if (!read_values(r, m))
			return false;
		note_ports(r, &m->ranges, false);
		return true;
	}
	if (!take(r, "flags"))
		return false;
	(void)add_match(r, rule, NFT_FIELD_SYN);
	for (size_t i = 0; i < ARRAY_LEN(syn); i++)
		if (!take(r, syn[i]))
			return false;
	return true;
}

static bool read_udp(struct reader *r, struct nft_rule *rule)
{
	struct nft_match *m;

	add_protocol(r, rule, NFT_UDP);
	if (!take(r, "dport"))
		return false;
	m = add_match(r, rule, NFT_FIELD_DPORT);
	if (!read_values(r, m))
		return false;
	note_ports(r, &m->ranges, true);
	return true;
}

static bool read_icmp(struct reader *r, struct nft_rule *rule)
{
	add_protocol(r, rule, NFT_ICMP);
	if (take(r, "type"))
		return read_values(r, add_match(r, rule, NFT_FIELD_ICMP_TYPE));
	return take(r, "code") && read_values(r, add_match(r, rule, NFT_FIELD_ICMP_CODE));
}

static bool read_ip(struct reader *r, struct nft_rule *rule)
{
	if (take(r, "saddr"))
		return read_values(r, add_match(r, rule, NFT_FIELD_SADDR));
	if (take(r, "daddr"))
		return read_values(r, add_match(r, rule, NFT_FIELD_DADDR));
	return take(r, "protocol") && read_values(r, add_match(r, rule, NFT_FIELD_PROTOCOL));
}

static bool read_meta(struct reader *r, struct nft_rule *rule)
{
	return take(r, "l4proto") && read_values(r, add_match(r, rule, NFT_FIELD_PROTOCOL));
}

static bool read_th(struct reader *r, struct nft_rule *rule)
{
	return take(r, "dport") && read_values(r, add_match(r, rule, NFT_FIELD_DPORT));
}

/* Answers and errors that belong to a flow are told apart by nobody here. */
static bool read_ct(struct reader *r, struct nft_rule *rule)
{
	(void)add_match(r, rule, NFT_FIELD_ESTABLISHED);
	return take(r, "state") && take(r, "established") && take(r, ",") && take(r, "related");
}

/* "random mod 1000000 < 5000" */
static bool read_numgen(struct reader *r, struct nft_rule *rule)
{
	struct nft_match *m = add_match(r, rule, NFT_FIELD_CHANCE);

	return take(r, "random") && take(r, "mod") && take(r, "1000000") && take(r, "<") &&
	       add_range(r, &m->ranges);
}

static bool read_devices(struct reader *r, struct nft_rule *rule, enum nft_field field)
{
	bool map = false;

	if (!read_names(r, add_match(r, rule, field), &map))
		return false;
	if (map)
		rule->action = NFT_DO_MAP;
	return true;
}

static bool read_iifname(struct reader *r, struct nft_rule *rule)
{
	return read_devices(r, rule, NFT_FIELD_IIF);
}

static bool read_oifname(struct reader *r, struct nft_rule *rule)
{
	return read_devices(r, rule, NFT_FIELD_OIF);
}

static const struct {
	const char *word;
	bool (*read)(struct reader *r, struct nft_rule *rule);
} statements[] = {
	{"ip", read_ip},         {"tcp", read_tcp},         {"udp", read_udp},
	{"icmp", read_icmp},     {"meta", read_meta},       {"th", read_th},
	{"ct", read_ct},         {"iifname", read_iifname}, {"oifname", read_oifname},
	{"numgen", read_numgen},
};

static bool read_verdict(struct reader *r, struct nft_rule *rule)
{
	if (take(r, "accept")) {
		rule->action = NFT_DO_ACCEPT;
	} else if (take(r, "drop")) {
		rule->action = NFT_DO_DROP;
	} else if (take(r, "return")) {
		rule->action = NFT_DO_RETURN;
	} else if (take(r, "jump")) {
		rule->action = NFT_DO_JUMP;
		rule->chain = take_text(r);
	} else {
		return false;
	}
	return true;
}

static bool read_statement(struct reader *r, struct nft_rule *rule)
{
	for (size_t i = 0; i < ARRAY_LEN(statements); i++)
		if (take(r, statements[i].word))
			return statements[i].read(r, rule);
	return read_verdict(r, rule);
}

/* What is left of a rule that is not understood; a set in it may hold marks that end lines. */
static void skip_line(struct reader *r)
{
	unsigned int depth = 0;

	for (; r->t.s && (depth || !at_end_of_line(r)); next(r)) {
		if (is(r, "{"))
			depth++;
		else if (is(r, "}"))
			depth--;
	}
}

static bool is_of_errors(const struct nft_rule *rule)
{
	bool errors = false;

	for (size_t i = 0; i < rule->n_matches; i++) {
		const struct nft_match *m = &rule->matches[i];

		if (m->field == NFT_FIELD_UNKNOWN)
			return false;
		errors |= m->field == NFT_FIELD_ICMP_TYPE &&
			  !m->not &&!analyse_nft_ranges_have(&m->ranges, NFT_ECHO_REQUEST) &&
			  !analyse_nft_ranges_have(&m->ranges, NFT_ECHO_REPLY);
	}
	return errors;
}

static void read_rule(struct reader *r, struct nft_chain *chain)
{
	struct nft_rule rule = {0};
	const char *first = r->t.quoted ? r->t.s - 1 : r->t.s, *end;

	while (!at_end_of_line(r)) {
		const size_t understood = rule.n_matches;

		if (rule.action != NFT_CONTINUE || !read_statement(r, &rule)) {
			rule.n_matches = understood;
			(void)add_match(r, &rule, NFT_FIELD_UNKNOWN);
			rule.action = NFT_DO_UNKNOWN;
			skip_line(r);
		}
	}
	end = r->t.s ? r->t.s : r->at;
	while (end > first && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	rule.text = arena_strndup(r->a, first, (size_t)(end - first));
	rule.errors = is_of_errors(&rule);
	*arena_push(r->a, chain->rules, chain->n_rules) = rule;
}

/* --- chains, sets, the table --- */

static const char *const hooks[NFT_N_HOOKS] = {[NFT_PREROUTING] = "prerouting",
					       [NFT_INPUT] = "input",
					       [NFT_FORWARD] = "forward",
					       [NFT_OUTPUT] = "output"};

static bool read_hook(struct reader *r, struct nft_chain *chain)
{
	for (size_t i = 0; i < NFT_N_HOOKS; i++)
		if (take(r, hooks[i])) {
			chain->hook = (enum nft_hook)i;
			return true;
		}
	return false;
}

static bool read_priority(struct reader *r, struct nft_chain *chain)
{
	if (take(r, "filter"))
		chain->priority = 0;
	else if (take(r, "raw"))
		chain->priority = -300;
	else
		return false;
	return true;
}

static bool read_policy(struct reader *r, struct nft_chain *chain)
{
	chain->drops = take(r, "drop");
	return chain->drops || take(r, "accept");
}

/* "type filter hook input priority filter; policy accept;" */
static void read_base(struct reader *r, struct nft_chain *chain)
{
	chain->base = true;
	chain->unknown = !take(r, "filter") || !take(r, "hook") || !read_hook(r, chain) ||
			 !take(r, "priority") || !read_priority(r, chain) || !take(r, ";") ||
			 !take(r, "policy") || !read_policy(r, chain);
	skip_line(r);
}

static bool read_chain(struct reader *r)
{
	struct nft_chain *chain = arena_push(r->a, r->table->chains, r->table->n_chains);

	chain->name = take_text(r);
	if (!take(r, "{"))
		return false;
	for (skip_blank(r); r->t.s && !is(r, "}"); skip_blank(r)) {
		if (take(r, "type"))
			read_base(r, chain);
		else
			read_rule(r, chain);
	}
	return take(r, "}");
}

static bool read_set(struct reader *r)
{
	struct nft_set *set = arena_push(r->a, r->table->sets, r->table->n_sets);

	set->name = take_text(r);
	if (!take(r, "{"))
		return false;
	for (skip_blank(r); r->t.s && !is(r, "}"); skip_blank(r)) {
		if (take(r, "type")) {
			if (!take(r, "ipv4_addr"))
				return false;
		} else if (!take(r, "elements") || !take(r, "=") ||
			   !read_ranges(r, &set->elements)) {
			return false;
		}
	}
	return take(r, "}");
}

static bool read_table(struct reader *r)
{
	skip_blank(r);
	if (!take(r, "table") || !take(r, "ip"))
		return false;
	next(r); /* its name */
	if (!take(r, "{"))
		return false;
	for (skip_blank(r); r->t.s && !is(r, "}"); skip_blank(r)) {
		if (take(r, "set")) {
			if (!read_set(r))
				return false;
		} else if (!take(r, "chain") || !read_chain(r)) {
			return false;
		}
	}
	if (!take(r, "}"))
		return false;
	skip_blank(r);
	return !r->t.s;
}

static bool find_chain(const struct nft_table *t, const char *name, size_t *place)
{
	for (size_t i = 0; i < t->n_chains; i++)
		if (strcmp(t->chains[i].name, name) == 0) {
			*place = i;
			return true;
		}
	return false;
}

/* Jumps are by name until all chains are there. */
static bool resolve(const struct nft_table *t, struct nft_rule *rule)
{
	struct nft_match *last = rule->n_matches ? &rule->matches[rule->n_matches - 1] : NULL;

	if (rule->action == NFT_DO_JUMP)
		return find_chain(t, rule->chain, &rule->target);
	for (size_t i = 0; rule->action == NFT_DO_MAP && last && i < last->n_names; i++)
		if (!find_chain(t, last->names[i].chain, &last->names[i].target))
			return false;
	return true;
}

struct nft_table *analyse_nft_read(struct arena *a, const char *text)
{
	struct nft_table *t = arena_alloc(a, sizeof(*t));
	struct reader r = {.a = a, .at = text, .table = t};

	next(&r);
	t->unknown = !read_table(&r);
	for (size_t i = 0; i < t->n_chains; i++)
		for (size_t k = 0; k < t->chains[i].n_rules; k++)
			t->unknown |= !resolve(t, &t->chains[i].rules[k]);
	return t;
}
