// SPDX-License-Identifier: GPL-2.0-only
/*
 * BGP by the real thing: one BIRD 2 for each VBR and each customer router with `routing: bgp`, its
 * configuration made from the lab file. It reads and writes the routes of its own namespace only.
 *
 * A VBR announces what the CEN pushed into it, which is in its table with the CEN's protocol numbers, and
 * puts what it hears beside them, where labctl-routing finds it and tells the CEN. A customer router
 * announces its networks, and of several ways prefers the circuit with the lower `preference`. Routes
 * are written with a metric that grows with the AS path, so that whoever reads them can compare.
 *
 * A session that did not change lives on when others come, go or change: BIRD takes its new configuration
 * while it runs.
 *
 * The daemon's control socket is LAB-DIR/run/bird-NAME/bird.ctl on the host, for birdc(8).
 */
#include <inttypes.h>
#include <jansson.h>

#include "base/strbuf.h"
#include "compile/context.h"

#define CONF   "/tmp/bird.conf"
#define SOCKET "/run/labctl/bird.ctl"

/* One session. */
struct session {
	const char *dev;
	uint32_t own, far;
	uint64_t own_asn;
	const struct circuit_routing *routing;
	bool customer;       /* the customer router's end */
	uint64_t preference; /* of a customer router */
};

static void add_head(struct strbuf *b, uint32_t router_id)
{
	char ip[IP_STRLEN];

	strbuf_printf(b,
		      "log stderr { info, remote, warning, error, auth, fatal, bug };\n"
		      "router id %s;\n"
		      "protocol device { scan time 60; }\n",
		      ip_format(router_id, ip));
}

static void add_kernel(struct strbuf *b, const char *import)
{
	strbuf_printf(b,
		      "protocol kernel {\n"
		      "  scan time 60; learn; metric 0;\n"
		      "  ipv4 {\n"
		      "    import %s;\n"
		      "    export filter {\n"
		      "      if source != RTS_BGP then reject;\n"
		      "      krt_metric = %u + bgp_path.len;\n"
		      "      accept;\n"
		      "    };\n"
		      "  };\n"
		      "}\n",
		      import, (unsigned int)PLAN_METRIC_BIRD);
}

static void add_bfd(struct strbuf *b, const struct session *s, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= s[i].routing->enable_bfd;
	if (!any)
		return;
	strbuf_add(b, "protocol bfd {\n");
	for (size_t i = 0; i < n; i++)
		if (s[i].routing->enable_bfd)
			strbuf_printf(b,
				      "  interface \"%s\" { min tx interval %" PRIu64
				      " ms; min rx interval %" PRIu64 " ms; multiplier %" PRIu64
				      "; };\n",
				      s[i].dev, s[i].routing->min_tx_interval.v / 1000,
				      s[i].routing->min_rx_interval.v / 1000,
				      s[i].routing->detect_multiplier.v);
	strbuf_add(b, "}\n");
}

/* The routes of the cloud's own network are nobody's to announce to it. */
static void add_filters(struct strbuf *b, const struct session *s)
{
	if (s->customer)
		strbuf_printf(b,
			      "    import filter { bgp_local_pref = %" PRIu64 "; accept; };\n"
			      "    export where source = RTS_STATIC;\n",
			      1000 - s->preference);
	else
		strbuf_printf(b,
			      "    import limit %d action block;\n"
			      "    import where net !~ [ 100.64.0.0/10+ ];\n"
			      "    export where source != RTS_BGP;\n",
			      VBR_ROUTE_LIMIT);
}

/* A session that broke is tried again soon: a class should not have to wait for two minutes. */
static void add_session(struct strbuf *b, const struct session *s)
{
	const struct circuit_routing *r = s->routing;
	char own[IP_STRLEN], far[IP_STRLEN];

	strbuf_printf(b,
		      "protocol bgp '%s' {\n"
		      "  local %s as %" PRIu64 "; neighbor %s as %" PRIu64 ";\n"
		      "  connect delay time 1; connect retry time 3; error wait time 1, 4;\n"
		      "  hold time 90; keepalive time 30;\n",
		      s->dev, ip_format(s->own, own), s->own_asn, ip_format(s->far, far),
		      r->peer_asn.v);
	if (r->auth_key.s)
		strbuf_printf(b, "  password \"%s\";\n", r->auth_key.s);
	if (r->enable_bfd)
		strbuf_add(b, "  bfd on;\n");
	strbuf_add(b, "  ipv4 {\n    next hop self;\n");
	add_filters(b, s);
	strbuf_add(b, "  };\n}\n");
}

static void add_networks(struct strbuf *b, const struct data_center *dc)
{
	char p[IP_PREFIX_STRLEN];

	strbuf_add(b, "protocol static {\n  ipv4;\n");
	for (size_t i = 0; i < dc->n_networks; i++)
		strbuf_printf(b, "  route %s blackhole;\n", ip_prefix_format(dc->networks[i].p, p));
	for (size_t i = 0; !dc->n_networks && i < dc->n_lans; i++)
		strbuf_printf(b, "  route %s blackhole;\n",
			      ip_prefix_format(dc->lans[i].cidr_block.p, p));
	strbuf_add(b, "}\n");
}

static void add_worker(struct compile *c, struct plan_origin origin, const char *ns,
		       const char *conf)
{
	json_t *config = json_pack("{s:[s, s, s, s, s, s], s:[s, s, s, s], s:{s:s}, s:{s:s}, "
				   "s:{s:s, s:s, s:s}}",
				   "command", "bird", "-f", "-c", CONF, "-s", SOCKET, "reload",
				   "birdc", "-s", SOCKET, "configure", "files", CONF, conf, "ready",
				   "unix", SOCKET, "node", "hostname", ns, "resolv_conf", "",
				   "hosts", "127.0.0.1 localhost\n");

	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = origin,
		.name = lab_worker(c->lab, "bird", ns),
		.program = "labctl-service",
		.ns = ns,
		.privilege = PLAN_PRIVILEGE_ROUTER,
		.config = compile_json(c, config),
		.needs = "bird",
		.package = "bird2",
	};
}

static void compile_vbr_bgp(struct compile *c, const struct vbr *vbr)
{
	const struct session s = {
		.dev = compile_circuit_dev(c, vbr->physical_connection.to, vbr->vlan_id.v),
		.own = vbr->local_gateway_ip.ip,
		.far = vbr->peer_gateway_ip.ip,
		.own_asn = vbr->routing.local_asn.v,
		.routing = &vbr->routing,
	};
	auto_strbuf struct strbuf b = {0};

	add_head(&b, s.own);
	add_kernel(&b, compile_text(c, "where krt_source = %d || krt_source = %d", PLAN_PROTO_CEN,
				    PLAN_PROTO_LEARNED));
	add_bfd(&b, &s, 1);
	add_session(&b, &s);
	add_worker(c, compile_origin(c, "virtual_border_routers", &vbr->id), vbr->id.name,
		   strbuf_str(&b));
}

static void compile_cpe_bgp(struct compile *c, const struct data_center *dc)
{
	struct session *s = NULL;
	auto_strbuf struct strbuf b = {0};
	size_t n = 0;

	for (size_t i = 0; i < dc->n_circuits; i++) {
		const struct circuit *circuit = &dc->circuits[i];

		if (circuit->routing.bgp)
			*arena_push(c->arena, s, n) = (struct session){
				.dev = compile_circuit_dev(c, circuit->physical_connection.to,
							   circuit->vlan_id.v),
				.own = circuit->ip.ip,
				.far = circuit->peer_ip.ip,
				.own_asn = dc->asn.v,
				.routing = &circuit->routing,
				.customer = true,
				.preference = circuit->preference.v,
			};
	}
	if (!n)
		return;
	add_head(&b, s[0].own);
	add_kernel(&b, "none");
	add_networks(&b, dc);
	add_bfd(&b, s, n);
	for (size_t i = 0; i < n; i++)
		add_session(&b, &s[i]);
	add_worker(c, compile_origin(c, "data_centers", &dc->id), dc->id.name, strbuf_str(&b));
}

void compile_bgp(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_vbrs; i++)
		if (c->lab->vbrs[i].routing.bgp)
			compile_vbr_bgp(c, &c->lab->vbrs[i]);
	for (size_t i = 0; i < c->lab->n_data_centers; i++)
		compile_cpe_bgp(c, &c->lab->data_centers[i]);
}
