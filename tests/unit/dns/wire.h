// SPDX-License-Identifier: GPL-2.0-only
/** Messages for the tests of the DNS server: made by hand, shown as text. */
#pragma once

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "dns/answer.h"
#include "lib/test.h"

struct ask {
	const char *name;
	uint16_t type, class;
	uint8_t flags, flags2; /* third and fourth byte of the header */
	bool opt;
	uint16_t udp_size;
	uint32_t opt_ttl;
};

static inline size_t put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return 2;
}

static inline size_t put_name(uint8_t *at, const char *name)
{
	size_t n = 0;

	while (*name) {
		size_t len = strcspn(name, ".");

		at[n++] = (uint8_t)len;
		memcpy(at + n, name, len);
		n += len;
		name += len + (name[len] == '.');
	}
	at[n++] = 0;
	return n;
}

static inline size_t put_opt(uint8_t *at, uint16_t udp_size, uint32_t ttl)
{
	size_t n = 0;

	at[n++] = 0;
	n += put16(at + n, 41);
	n += put16(at + n, udp_size);
	n += put16(at + n, ttl >> 16);
	n += put16(at + n, ttl & 0xffff);
	n += put16(at + n, 0);
	return n;
}

static inline size_t make_query(const struct ask *a, uint8_t *q)
{
	size_t n = 0;

	n += put16(q + n, 0xabcd);
	q[n++] = a->flags;
	q[n++] = a->flags2;
	n += put16(q + n, 1);
	n += put16(q + n, 0);
	n += put16(q + n, 0);
	n += put16(q + n, (unsigned)a->opt);
	n += put_name(q + n, a->name);
	n += put16(q + n, a->type);
	n += put16(q + n, a->class ? a->class : 1);
	if (a->opt)
		n += put_opt(q + n, a->udp_size, a->opt_ttl);
	return n;
}

static inline void add_section(struct strbuf *b, const char *title, const ldns_rr_list *list)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list) && i < 2; i++) {
		auto_free char *text = ldns_rr2str(ldns_rr_list_rr(list, i));

		text[strcspn(text, "\n")] = '\0';
		for (char *c = text; *c; c++)
			*c = *c == '\t' ? ' ' : *c;
		strbuf_printf(b, "%s %s; ", title, text);
	}
}

/* "RCODE flags; QUESTION...; ANSWER...; AUTHORITY...; OPT size", to be freed. */
static inline char *describe(const uint8_t *wire, size_t n)
{
	struct strbuf b = {0};
	ldns_pkt *p = NULL;
	auto_free char *rcode = NULL;

	if (n == 0)
		return strdup("silence");
	assert_int_equal(ldns_wire2pkt(&p, wire, n), LDNS_STATUS_OK);
	assert_int_equal(ldns_pkt_id(p), 0xabcd);
	rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(p));
	strbuf_printf(&b, "%s%s%s%s%s%s; ", rcode, ldns_pkt_qr(p) ? " qr" : "",
		      ldns_pkt_aa(p) ? " aa" : "", ldns_pkt_tc(p) ? " tc" : "",
		      ldns_pkt_rd(p) ? " rd" : "", ldns_pkt_ra(p) ? " ra" : "");
	add_section(&b, "?", ldns_pkt_question(p));
	add_section(&b, "=", ldns_pkt_answer(p));
	add_section(&b, "^", ldns_pkt_authority(p));
	if (ldns_pkt_edns(p))
		strbuf_printf(&b, "OPT v%u %u ext %u%s; ", ldns_pkt_edns_version(p),
			      ldns_pkt_edns_udp_size(p), ldns_pkt_edns_extended_rcode(p),
			      ldns_pkt_edns_do(p) ? " do" : "");
	strbuf_trunc(&b, b.len - 2);
	ldns_pkt_free(p);
	return strbuf_take(&b);
}

static inline void push_texts(ldns_pkt *pkt, ldns_pkt_section section, const char *const *texts)
{
	for (; *texts; texts++) {
		ldns_rr *rr = NULL;

		assert_int_equal(ldns_rr_new_frm_str(&rr, *texts, 60, NULL, NULL), LDNS_STATUS_OK);
		assert_true(ldns_pkt_push_rr(pkt, section, rr));
	}
}

/* What another server says; texts end with NULL. */
struct says {
	ldns_pkt_rcode rcode;
	const char *answer[4], *authority[2], *additional[2];
	bool tc, aa, ad, opt;
	uint8_t extended_rcode;
	size_t n_fill; /* A records "filling.lab." */
};

/* The answer to a question's bytes, to at most 65535 bytes at out. */
static inline size_t make_answer(const uint8_t *q, size_t len, const struct says *says,
				 uint8_t *out)
{
	auto_free uint8_t *wire = NULL;
	ldns_pkt *p = NULL;
	size_t n = 0;

	assert_int_equal(ldns_wire2pkt(&p, q, len), LDNS_STATUS_OK);
	ldns_pkt_set_qr(p, true);
	ldns_pkt_set_ra(p, true);
	ldns_pkt_set_aa(p, says->aa);
	ldns_pkt_set_ad(p, says->ad);
	ldns_pkt_set_tc(p, says->tc);
	ldns_pkt_set_rcode(p, (uint8_t)says->rcode);
	push_texts(p, LDNS_SECTION_ANSWER, says->answer);
	push_texts(p, LDNS_SECTION_AUTHORITY, says->authority);
	push_texts(p, LDNS_SECTION_ADDITIONAL, says->additional);
	for (size_t i = 0; i < says->n_fill; i++)
		push_texts(p, LDNS_SECTION_ANSWER,
			   (const char *[]){"filling.lab. 60 IN A 10.9.9.9", NULL});
	if (says->opt) {
		ldns_pkt_set_edns_udp_size(p, 4096);
		ldns_pkt_set_edns_extended_rcode(p, says->extended_rcode);
	}
	assert_int_equal(ldns_pkt2wire(&wire, p, &n), LDNS_STATUS_OK);
	assert_in_range(n, 12, 65535);
	memcpy(out, wire, n);
	ldns_pkt_free(p);
	return n;
}
