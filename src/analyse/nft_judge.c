// SPDX-License-Identifier: GPL-2.0-only
/* Base chains of one hook are asked in order of their priority; each may drop, all must accept. */
#include <string.h>

#include "analyse/nft.h"

#define DEPTH_MAX 16 /* of jumps, as in the kernel (NFT_JUMP_STACK_SIZE) */

enum outcome { GOES_ON, ACCEPTED, DROPPED, NOT_KNOWN };

enum answer { NO, YES, PERHAPS };

bool analyse_nft_ranges_have(const struct nft_ranges *r, uint32_t v)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v < r->v[mid].first)
			high = mid;
		else if (v > r->v[mid].last)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

const struct nft_name *analyse_nft_find_name(const struct nft_match *m, const char *name)
{
	size_t low = 0, high = m->n_names;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(name, m->names[mid].name);

		if (c == 0)
			return &m->names[mid];
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static bool has_ports(const struct nft_packet *p)
{
	return p->protocol == NFT_TCP || p->protocol == NFT_UDP;
}

/* What is lost by chance comes through in the end, unless everything is lost. */
static enum answer by_chance(const struct nft_match *m)
{
	return m->ranges.v[0].first >= 1000000 ? YES : NO;
}

static enum answer answer_of(bool yes)
{
	return yes ? YES : NO;
}

static enum answer field_matches(const struct nft_match *m, const struct nft_packet *p)
{
	switch (m->field) {
	case NFT_FIELD_IIF: return answer_of(analyse_nft_find_name(m, p->iif) != NULL);
	case NFT_FIELD_OIF: return answer_of(analyse_nft_find_name(m, p->oif) != NULL);
	case NFT_FIELD_SADDR: return answer_of(analyse_nft_ranges_have(&m->ranges, p->saddr));
	case NFT_FIELD_DADDR: return answer_of(analyse_nft_ranges_have(&m->ranges, p->daddr));
	case NFT_FIELD_PROTOCOL: return answer_of(analyse_nft_ranges_have(&m->ranges, p->protocol));
	case NFT_FIELD_DPORT:
		return answer_of(has_ports(p) && analyse_nft_ranges_have(&m->ranges, p->dport));
	case NFT_FIELD_ICMP_TYPE:
		return answer_of(analyse_nft_ranges_have(&m->ranges, p->icmp_type));
	case NFT_FIELD_ICMP_CODE:
		return answer_of(analyse_nft_ranges_have(&m->ranges, p->icmp_code));
	case NFT_FIELD_ESTABLISHED: return answer_of(p->established);
	case NFT_FIELD_SYN: return answer_of(p->syn);
	case NFT_FIELD_CHANCE: return by_chance(m);
	case NFT_FIELD_UNKNOWN: break;
	}
	return PERHAPS;
}

static bool is_of_service(enum nft_field f)
{
	switch (f) {
	case NFT_FIELD_PROTOCOL:
	case NFT_FIELD_DPORT:
	case NFT_FIELD_ICMP_TYPE:
	case NFT_FIELD_ICMP_CODE:
	case NFT_FIELD_SYN: return true;
	case NFT_FIELD_IIF:
	case NFT_FIELD_OIF:
	case NFT_FIELD_SADDR:
	case NFT_FIELD_DADDR:
	case NFT_FIELD_ESTABLISHED:
	case NFT_FIELD_CHANCE:
	case NFT_FIELD_UNKNOWN: break;
	}
	return false;
}

static enum answer rule_matches(const struct nft_rule *rule, const struct nft_packet *p,
				struct nft_judgement *j)
{
	for (size_t i = 0; i < rule->n_matches; i++) {
		enum answer a = field_matches(&rule->matches[i], p);

		j->by_service |= !rule->errors && is_of_service(rule->matches[i].field);
		if (a == PERHAPS)
			return a;
		if ((a == YES) == rule->matches[i].not )
			return NO;
	}
	return YES;
}

static enum outcome run(const struct nft_table *t, const struct nft_chain *chain,
			const struct nft_packet *p, unsigned int depth, struct nft_judgement *j);

static enum outcome jump(const struct nft_table *t, size_t target, const struct nft_packet *p,
			 unsigned int depth, struct nft_judgement *j)
{
	return depth < DEPTH_MAX ? run(t, &t->chains[target], p, depth + 1, j) : NOT_KNOWN;
}

static const struct nft_name *mapped(const struct nft_rule *rule, const struct nft_packet *p)
{
	const struct nft_match *m = &rule->matches[rule->n_matches - 1];

	return analyse_nft_find_name(m, m->field == NFT_FIELD_IIF ? p->iif : p->oif);
}

static enum outcome act(const struct nft_table *t, const struct nft_rule *rule,
			const struct nft_packet *p, unsigned int depth, struct nft_judgement *j)
{
	switch (rule->action) {
	case NFT_CONTINUE:
	case NFT_DO_RETURN: return GOES_ON;
	case NFT_DO_ACCEPT: return ACCEPTED;
	case NFT_DO_DROP: return DROPPED;
	case NFT_DO_JUMP: return jump(t, rule->target, p, depth, j);
	case NFT_DO_MAP: return jump(t, mapped(rule, p)->target, p, depth, j);
	case NFT_DO_UNKNOWN: break;
	}
	return NOT_KNOWN;
}

static enum outcome run(const struct nft_table *t, const struct nft_chain *chain,
			const struct nft_packet *p, unsigned int depth, struct nft_judgement *j)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		const struct nft_rule *rule = &chain->rules[i];
		const enum answer a = rule_matches(rule, p, j);
		enum outcome o;

		if (a == NO)
			continue;
		o = a == PERHAPS ? NOT_KNOWN : act(t, rule, p, depth, j);
		if (o == GOES_ON && rule->action == NFT_DO_RETURN)
			return o;
		if (o == GOES_ON)
			continue;
		if (!j->chain) { /* the innermost one */
			j->chain = chain;
			j->rule = rule;
		}
		return o;
	}
	return GOES_ON;
}

static struct nft_judgement judge_chain(const struct nft_table *t, const struct nft_chain *chain,
					const struct nft_packet *p, bool by_service)
{
	struct nft_judgement j = {.by_service = by_service};
	enum outcome o = chain->unknown ? NOT_KNOWN : run(t, chain, p, 0, &j);

	if (o == GOES_ON) {
		j.chain = chain;
		o = chain->drops ? DROPPED : ACCEPTED;
	}
	j.verdict = o == ACCEPTED ? NFT_ACCEPT : o == DROPPED ? NFT_DROP : NFT_UNKNOWN;
	return j;
}

/* The chain of the hook that comes after `former` (NULL: the first one), by priority. */
static const struct nft_chain *chain_after(const struct nft_table *t, enum nft_hook hook,
					   const struct nft_chain *former)
{
	const struct nft_chain *found = NULL;

	for (size_t i = 0; i < t->n_chains; i++) {
		const struct nft_chain *c = &t->chains[i];

		if (!c->base || (c->hook != hook && !c->unknown) || c == former)
			continue;
		if (former && (c->priority < former->priority ||
			       (c->priority == former->priority && c < former)))
			continue;
		if (!found || c->priority < found->priority)
			found = c;
	}
	return found;
}

struct nft_judgement analyse_nft_judge(const struct nft_table *t, enum nft_hook hook,
				       const struct nft_packet *p)
{
	struct nft_judgement j = {.verdict = t->unknown ? NFT_UNKNOWN : NFT_ACCEPT};
	const struct nft_chain *c = NULL;

	while (j.verdict == NFT_ACCEPT && (c = chain_after(t, hook, c)))
		j = judge_chain(t, c, p, j.by_service);
	return j;
}
