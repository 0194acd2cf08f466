// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of a view in a hash table, keyed by the lower-cased wire name. The table is filled from
 * the configuration before the first query and never changes; hostile names are only looked up.
 */
#include "dns/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "dns/must.h"

#define BUCKETS 1024u /* a power of two; labs have tens to a few thousand names */

/* RFC 2308: the smaller of the SOA's ttl and its minimum is how long a "no" may be cached. A lab is
 * changed step by step, so a "no" must not be remembered for long. */
#define NEGATIVE_TTL 10u

struct dns_view {
	struct dns_node *buckets[BUCKETS];
	ldns_rr **zones; /* SOA records; [0] is the root's */
	size_t n_zones;
	struct dns_forward *forwards;
	size_t n_forwards;
};

static void name_free(ldns_rdf **name)
{
	ldns_rdf_deep_free(*name);
}
#define auto_name __attribute__((cleanup(name_free)))

static size_t bucket_of(const ldns_rdf *lower)
{
	return hash_bytes(0, ldns_rdf_data(lower), ldns_rdf_size(lower)) & (BUCKETS - 1);
}

static ldns_rdf *lower_copy(const ldns_rdf *name)
{
	ldns_rdf *copy = dns_must(ldns_rdf_clone(name));

	ldns_dname2canonical(copy);
	return copy;
}

static ldns_rdf *name_from(const char *text, struct lab_error **err)
{
	ldns_rdf *name = ldns_dname_new_frm_str(text);

	if (!name) {
		lab_error_make(err, LAB_FAILED, "dns: '%s': not a domain name", text);
		return NULL;
	}
	ldns_dname2canonical(name);
	return name;
}

static ldns_rr *soa_new(const char *apex, struct lab_error **err)
{
	bool root = apex[0] == '\0' || (apex[0] == '.' && apex[1] == '\0');
	char text[1600];
	ldns_rr *rr = NULL;
	int n;

	if (root)
		n = snprintf(text, sizeof(text),
			     ". %u IN SOA a.root-servers.net. nstld.verisign-grs.com. "
			     "1 1800 900 604800 %u",
			     NEGATIVE_TTL, NEGATIVE_TTL);
	else
		n = snprintf(text, sizeof(text),
			     "%s %u IN SOA ns.%s hostmaster.%s 1 1800 900 604800 %u", apex,
			     NEGATIVE_TTL, apex, apex, NEGATIVE_TTL);
	if (n >= (int)sizeof(text) ||
	    ldns_rr_new_frm_str(&rr, text, NEGATIVE_TTL, NULL, NULL) != LDNS_STATUS_OK) {
		lab_error_make(err, LAB_FAILED, "dns: zone '%s': not a domain name", apex);
		return NULL;
	}
	ldns_dname2canonical(ldns_rr_owner(rr));
	return rr;
}

static struct dns_node *node_get(struct dns_view *v, const ldns_rdf *lower)
{
	struct dns_node **head = &v->buckets[bucket_of(lower)];
	struct dns_node *node;

	for (node = *head; node; node = node->next) {
		if (ldns_rdf_compare(node->name, lower) == 0)
			return node;
	}
	node = dns_must(calloc(1, sizeof(*node)));
	node->name = dns_must(ldns_rdf_clone(lower));
	node->records = dns_must(ldns_rr_list_new());
	node->next = *head;
	*head = node;
	return node;
}

/* RFC 8020: a name below which something exists does exist, so every ancestor gets a node. */
static struct dns_node *node_with_ancestors(struct dns_view *v, const ldns_rdf *lower)
{
	auto_name ldns_rdf *at = dns_must(ldns_rdf_clone(lower));

	while (ldns_rdf_size(at) > 1) {
		ldns_rdf *up = dns_must(ldns_dname_left_chop(at));

		ldns_rdf_deep_free(at);
		at = up;
		(void)node_get(v, at); /* only that it exists counts */
	}
	return node_get(v, lower);
}

struct dns_view *dns_view_new(void)
{
	struct dns_view *v = dns_must(calloc(1, sizeof(*v)));

	v->zones = dns_must(calloc(1, sizeof(*v->zones)));
	v->zones[v->n_zones++] = dns_must(soa_new(".", NULL));
	return v;
}

void dns_view_free(struct dns_view *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct dns_node *node = v->buckets[i];

		while (node) {
			struct dns_node *next = node->next;

			ldns_rdf_deep_free(node->name);
			ldns_rr_list_deep_free(node->records);
			free(node);
			node = next;
		}
	}
	for (size_t i = 0; i < v->n_zones; i++)
		ldns_rr_free(v->zones[i]);
	for (size_t i = 0; i < v->n_forwards; i++) {
		free(v->forwards[i].text);
		ldns_rdf_deep_free(v->forwards[i].zone);
	}
	free(v->zones);
	free(v->forwards);
	free(v);
}

int dns_view_add_zone(struct dns_view *v, const char *apex, struct lab_error **err)
{
	auto_name ldns_rdf *name = name_from(apex, err);
	auto_free char *text = NULL;
	ldns_rr *soa;

	if (!name)
		return -1;
	text = dns_must(ldns_rdf2str(name)); /* with the final dot, which SOA's names need */
	soa = soa_new(text, err);
	if (!soa)
		return -1;
	v->zones = dns_must(reallocarray(v->zones, v->n_zones + 1, sizeof(*v->zones)));
	v->zones[v->n_zones++] = soa;
	(void)node_with_ancestors(v, name); /* only that it exists counts */
	return 0;
}

int dns_view_add(struct dns_view *v, const char *name, const char *type, const char *data,
		 uint32_t ttl, struct lab_error **err)
{
	static const struct {
		const char *name;
		ldns_rr_type type;
		ldns_rdf_type data;
	} types[] = {
		{"A", LDNS_RR_TYPE_A, LDNS_RDF_TYPE_A},
		{"AAAA", LDNS_RR_TYPE_AAAA, LDNS_RDF_TYPE_AAAA},
		{"CNAME", LDNS_RR_TYPE_CNAME, LDNS_RDF_TYPE_DNAME},
		{"PTR", LDNS_RR_TYPE_PTR, LDNS_RDF_TYPE_DNAME},
		{"TXT", LDNS_RR_TYPE_TXT, LDNS_RDF_TYPE_STR},
	};
	auto_name ldns_rdf *owner = name_from(name, err);
	ldns_rdf *value = NULL;
	ldns_rr *rr;
	size_t t = 0;

	if (!owner)
		return -1;
	while (t < ARRAY_LEN(types) && strcasecmp(types[t].name, type) != 0)
		t++;
	if (t == ARRAY_LEN(types))
		return lab_error_make(err, LAB_FAILED, "dns: '%s': unknown record type '%s'", name,
				      type);
	value = ldns_rdf_new_frm_str(types[t].data, data);
	if (!value)
		return lab_error_make(err, LAB_FAILED, "dns: '%s': bad data '%s' for type %s", name,
				      data, types[t].name);
	rr = dns_must(ldns_rr_new());
	ldns_rr_set_owner(rr, dns_must(ldns_rdf_clone(owner)));
	ldns_rr_set_type(rr, types[t].type);
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_ttl(rr, ttl);
	if (!ldns_rr_push_rdf(rr, value) ||
	    !ldns_rr_list_push_rr(node_with_ancestors(v, owner)->records, rr))
		abort();
	return 0;
}

int dns_view_add_forward(struct dns_view *v, const char *zone, const struct sockaddr_in *servers,
			 size_t n, struct lab_error **err)
{
	auto_name ldns_rdf *name = name_from(zone, err);
	struct dns_forward *f;

	assert(n >= 1 && n <= DNS_MAX_SERVERS);
	if (!name)
		return -1;
	for (size_t i = 0; i < v->n_forwards; i++) {
		if (ldns_rdf_compare(v->forwards[i].zone, name) == 0)
			return lab_error_make(err, LAB_FAILED, "dns: zone '%s': forwarded twice",
					      zone);
	}
	v->forwards = dns_must(reallocarray(v->forwards, v->n_forwards + 1, sizeof(*v->forwards)));
	f = &v->forwards[v->n_forwards++];
	*f = (struct dns_forward){.text = dns_must(ldns_rdf2str(name)), .n_servers = n};
	f->zone = steal_ptr(name);
	memcpy(f->servers, servers, n * sizeof(*servers));
	return 0;
}

const struct dns_node *dns_view_find(const struct dns_view *v, const ldns_rdf *name)
{
	auto_name ldns_rdf *lower = lower_copy(name);

	for (const struct dns_node *node = v->buckets[bucket_of(lower)]; node; node = node->next) {
		if (ldns_rdf_compare(node->name, lower) == 0)
			return node;
	}
	return NULL;
}

/* ldns_dname_is_subdomain() says no for equal names; both functions compare without case. */
static bool is_within(const ldns_rdf *name, const ldns_rdf *apex)
{
	return ldns_rdf_size(apex) == 1 || ldns_dname_compare(name, apex) == 0 ||
	       ldns_dname_is_subdomain(name, apex);
}

const ldns_rr *dns_view_soa(const struct dns_view *v, const ldns_rdf *name)
{
	const ldns_rr *best = v->zones[0];

	for (size_t i = 1; i < v->n_zones; i++) {
		const ldns_rdf *apex = ldns_rr_owner(v->zones[i]);

		if (is_within(name, apex) &&
		    ldns_rdf_size(apex) > ldns_rdf_size(ldns_rr_owner(best)))
			best = v->zones[i];
	}
	return best;
}

const struct dns_forward *dns_view_forward(const struct dns_view *v, const ldns_rdf *name)
{
	const struct dns_forward *best = NULL;

	for (size_t i = 0; i < v->n_forwards; i++) {
		const struct dns_forward *f = &v->forwards[i];

		if (is_within(name, f->zone) &&
		    (!best || ldns_rdf_size(f->zone) > ldns_rdf_size(best->zone)))
			best = f;
	}
	return best;
}
