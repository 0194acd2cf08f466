// SPDX-License-Identifier: GPL-2.0-only
/* A query to the servers of the node's own /etc/resolv.conf, over UDP, without search domains. */
#include "probe/probe.h"

#include <string.h>

#include <ldns/ldns.h>

#include "base/cleanup.h"

#define RESOLV_CONF "/etc/resolv.conf"

static json_t *failed(const char *why)
{
	return json_pack("{s:s, s:s}", "kind", "dns", "error", why);
}

/* The rdata of every answer record, without the final dot of names. */
static json_t *answers_of(const ldns_pkt *pkt)
{
	json_t *out = json_array();
	const ldns_rr_list *list = ldns_pkt_answer(pkt);

	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		auto_free char *text = ldns_rr_rd_count(rr) ? ldns_rdf2str(ldns_rr_rdf(rr, 0))
							    : NULL;
		size_t len = text ? strlen(text) : 0;

		if (len > 1 && text[len - 1] == '.')
			text[len - 1] = '\0';
		json_array_append_new(out, json_string(text ? text : ""));
	}
	return out;
}

static json_t *report(const ldns_pkt *pkt, uint64_t us)
{
	auto_free char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(pkt));
	auto_free char *server = ldns_pkt_answerfrom(pkt) ? ldns_rdf2str(ldns_pkt_answerfrom(pkt))
							  : NULL;

	return json_pack("{s:s, s:s, s:o, s:s*, s:I}", "kind", "dns", "rcode", rcode, "answers",
			 answers_of(pkt), "server", server, "time_us", (json_int_t)us);
}

static json_t *ask(ldns_resolver *resolver, const struct probe_spec *spec, ldns_rr_type type)
{
	ldns_rdf *name = ldns_dname_new_frm_str(spec->name);
	uint64_t start = probe_now_us();
	ldns_pkt *pkt = NULL;
	ldns_status status;
	json_t *result;

	if (!name)
		return failed("not a domain name");
	status = ldns_resolver_query_status(&pkt, resolver, name, type, LDNS_RR_CLASS_IN, LDNS_RD);
	result = pkt ? report(pkt, probe_now_us() - start)
		     : failed(status == LDNS_STATUS_OK || status == LDNS_STATUS_NETWORK_ERR ||
					      status == LDNS_STATUS_SOCKET_ERROR
				      ? "no answer from any server"
				      : ldns_get_errorstr_by_id(status));
	ldns_pkt_free(pkt);
	ldns_rdf_deep_free(name);
	return result;
}

json_t *probe_dns(const struct probe_spec *spec)
{
	ldns_rr_type type = ldns_get_rr_type_by_name(spec->type);
	ldns_resolver *resolver = NULL;
	struct timeval timeout = {.tv_sec = spec->timeout_ms / 1000,
				  .tv_usec = spec->timeout_ms % 1000 * 1000};
	json_t *result;

	if (type == 0)
		return failed("unknown record type");
	if (ldns_resolver_new_frm_file(&resolver, RESOLV_CONF) != LDNS_STATUS_OK)
		return failed(RESOLV_CONF " cannot be read");
	if (ldns_resolver_nameserver_count(resolver) == 0) {
		ldns_resolver_deep_free(resolver);
		return failed(RESOLV_CONF " names no server");
	}
	ldns_resolver_set_timeout(resolver, timeout);
	ldns_resolver_set_retry(resolver, 1);
	ldns_resolver_set_random(resolver, false); /* in the order of the file, as libc asks */
	result = ask(resolver, spec, type);
	ldns_resolver_deep_free(resolver);
	return result;
}
