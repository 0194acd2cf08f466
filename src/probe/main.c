// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-probe: one look at the network from inside a node (probe.h). Started by check/ in the node,
 * as root, because a raw socket needs CAP_NET_RAW; nobody and without privilege before it reads a
 * byte of anybody else.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/cleanup.h"
#include "priv/priv.h"
#include "probe/probe.h"

static int open_raw(int *raw, struct lab_error **err)
{
	*raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (*raw < 0)
		return lab_error_errno(err, LAB_DENIED, errno, "probe: raw socket");
	if (setsockopt(*raw, SOL_SOCKET, SO_TIMESTAMPNS, &(int){1}, sizeof(int)))
		return lab_error_errno(err, LAB_FAILED, errno, "probe: times of packets");
	return 0;
}

/* Ends with us what our parent's death should end: changing the user had cleared this. */
static int drop_privilege(struct lab_error **err)
{
	uid_t nobody;

	if (geteuid() == 0 && (priv_nobody(&nobody, err) < 0 ||
			       priv_worker(nobody, nobody, PRIV_GRANT_NONE, err) < 0))
		return -1;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "probe");
	return priv_seccomp(PRIV_PROBE, err);
}

static json_t *look(const struct probe_spec *spec, int raw)
{
	switch (spec->kind) {
	case PROBE_HTTP: return probe_http(spec);
	case PROBE_PING: return probe_ping(spec, raw);
	case PROBE_DNS: return probe_dns(spec);
	case PROBE_TCP: return probe_tcp(spec);
	case PROBE_OUTAGE: return probe_outage(spec, raw);
	}
	return NULL;
}

static int run(const json_t *json, struct lab_error **err)
{
	auto_close int raw = -1;
	struct probe_spec spec;
	json_t *result;
	int rc;

	if (probe_spec_read(json, &spec, err) < 0)
		return -1;
	if ((spec.kind == PROBE_PING || spec.kind == PROBE_OUTAGE) && open_raw(&raw, err) < 0)
		return -1;
	/* initialised before the filter: GnuTLS looks for its configuration and its CPU */
	if (spec.kind == PROBE_HTTP && curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return lab_error_make(err, LAB_FAILED, "probe: libcurl cannot be initialised");
	if (drop_privilege(err) < 0)
		return -1;
	result = look(&spec, raw);
	rc = result ? json_dumpf(result, stdout, JSON_COMPACT) : -1;
	json_decref(result);
	if (rc < 0 || fflush(stdout) != 0)
		return lab_error_make(err, LAB_FAILED, "probe: the result cannot be written");
	return 0;
}

int main(void)
{
	auto_error struct lab_error *err = NULL;
	json_error_t why;
	json_t *json = json_loadf(stdin, JSON_REJECT_DUPLICATES, &why);
	int rc;

	if (!json) {
		fprintf(stderr, "labctl-probe: standard input: %s\n", why.text);
		return LAB_USAGE;
	}
	rc = run(json, &err);
	json_decref(json);
	if (rc < 0) {
		fprintf(stderr, "labctl-probe: %s\n", lab_error_message(err));
		return (int)lab_error_status(err);
	}
	return LAB_OK;
}
