// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was built reads back as planned; each damage is seen as what it is, and carrying out the diff
 * repairs it.
 */
#include "build.h"
#include "lib/sandbox.h"
#include "small_lab.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "kernel/netns.h"
#include "kernel/nft_table.h"

struct lab {
	struct plan *plan;
	struct backend *backend;
	struct kernel_ledger *ledger;
	struct backend_namespace_id ids[BUILD_MAX_NAMESPACES];
};

static struct lab lab;

static int set_up(void **state)
{
	static const char *const hosts[] = {"h1", "h2", "h3"};
	struct lab_error *err = NULL;

	lab.plan = small_lab();
	lab.backend = build_backend("small");
	lab.ledger = kernel_ledger_new(NULL, "boot");
	kernel_backend_note(lab.backend, lab.ledger);
	must_hold(build_to(lab.backend, NULL, lab.plan, lab.ids, &err), &err);
	/* from here on only looked at: what people add in a node is theirs */
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++)
		*plan_add_node(lab.plan) = (struct plan_node){small_origin(), hosts[i], "", "", ""};
	return 0;
}

static int tear_down(void **state)
{
	bool foreign;

	for (size_t i = 0; i < lab.plan->n_namespaces; i++)
		(void)lab.backend->ops->namespace_remove(lab.backend, lab.plan->namespaces[i].name,
							 &lab.ids[i], &foreign, NULL);
	kernel_backend_free(lab.backend);
	kernel_ledger_free(lab.ledger);
	plan_free(lab.plan);
	lab = (struct lab){0};
	return 0;
}

static struct plan *observe_by(struct kernel_ledger *ledger, size_t *n_foreign)
{
	struct lab_error *err = NULL;
	const char **foreign = NULL;
	struct plan *p = kernel_observe("small", lab.plan, lab.ids, ledger, &foreign, n_foreign,
					&err);

	must_hold(p ? 0 : -1, &err);
	return p;
}

static struct plan *observe(size_t *n_foreign)
{
	return observe_by(lab.ledger, n_foreign);
}

/* The steps from what is there to the plan, one per line. */
static char *drift_by(struct kernel_ledger *ledger)
{
	size_t n_foreign;
	struct plan *there = observe_by(ledger, &n_foreign);
	struct plan_diff *d = plan_diff(there, lab.plan);
	struct strbuf text = {0};

	assert_int_equal(n_foreign, 0);
	for (size_t i = 0; i < d->n; i++)
		strbuf_printf(&text, "%s\n", plan_step_describe(d->arena, &d->steps[i]));
	plan_diff_free(d);
	plan_free(there);
	return strbuf_take(&text);
}

/* By all that there is, and by what need not be looked at. */
static char *drift(void)
{
	char *all = drift_by(NULL), *some = drift_by(lab.ledger);

	assert_string_equal(some, all);
	free(all);
	return some;
}

/* A backend of its own, as a later run of labctl has: it knows nothing and must look. */
static void repair(void)
{
	struct backend *b = build_backend("small");
	struct lab_error *err = NULL;
	size_t n_foreign;
	struct plan *there = observe(&n_foreign);

	kernel_backend_note(b, lab.ledger);
	must_hold(build_to(b, there, lab.plan, lab.ids, &err), &err);
	plan_free(there);
	kernel_backend_free(b);
}

static void assert_no_drift(void)
{
	char *text = drift();

	assert_string_equal(text, "");
	free(text);
}

static void what_was_built_reads_back(void **state)
{
	assert_no_drift();
}

struct damage {
	const char *command;
	const char *seen; /* part of a line of the diff */
	size_t lines;     /* of the diff; 0: not counted */
};

static const struct damage damages[] = {
	{"ip -n small.r route del 10.0.1.1/32", "+ route r main 10.0.1.1/32", 1},
	{"ip -n small.r route replace 10.0.1.1/32 dev h2 proto 200", "~ route r main 10.0.1.1/32",
	 1},
	{"ip -n small.r route del blackhole default table 1001 metric 65535",
	 "+ route r 1001 0.0.0.0/0", 1},
	{"ip -n small.r route add blackhole default table 1001 metric 50; "
	 "ip -n small.r route del blackhole default table 1001 metric 65535",
	 "+ route r 1001 0.0.0.0/0", 2},
	{"ip -n small.r route replace unreachable 10.0.1.0/24 proto 201",
	 "+ route r main 10.0.1.0/24", 2},
	{"ip -n small.h1 route replace default via 10.0.1.2 proto 200", "~ route h1 main 0.0.0.0/0",
	 1},
	{"ip -n small.r rule del pref 2000", "+ rule r 2000", 1},
	{"ip -n small.r rule del pref 3000; ip -n small.r rule add pref 3000 oif h2 lookup 1001",
	 "~ rule r 3000 oif h2 from 10.0.3.0/24 table 1001 (was oif h2 table 1001)", 1},
	{"ip -n small.r link set lan down", "~ bridge r/lan", 0},
	{"ip -n small.r link set cut up", "~ bridge r/cut", 1},
	{"ip -n small.r link set lan address 02:00:00:00:00:99", "~ bridge r/lan", 1},
	{"ip -n small.r link del lan", "+ bridge r/lan", 0},
	{"ip -n small.r link set h3 nomaster", "~ link r/h3 <-> h3/eth0 r/h3: bridge", 1},
	{"ip -n small.r link set h3 master cut", "~ link r/h3 <-> h3/eth0 r/h3: bridge", 1},
	{"ip -n small.r rule del pref 2000; ip -n small.r rule add pref 2000 lookup 1001",
	 "~ rule r 2000", 1},
	{"ip -n small.h1 addr add 10.9.9.9/32 dev eth0; ip -n small.r addr del 10.0.1.253/32 dev h1",
	 "+ address r/h1 10.0.1.253/32", 2},
	{"ip -n small.r neigh del 10.0.1.2 dev h2", "+ neighbour r/h2 10.0.1.2", 1},
	{"ip -n small.r neigh replace 10.0.1.2 dev h2 lladdr 02:00:00:00:00:99 nud permanent",
	 "neighbour r/h2 10.0.1.2", 0},
	{"tc -n small.r qdisc del dev h1 root", "+ shaper r/h1", 1},
	{"tc -n small.r qdisc change dev h1 root handle 1: tbf rate 3mbit burst 1600 limit 30000",
	 "~ shaper r/h1", 1},
	{"tc -n small.r qdisc change dev h1 root handle 1: tbf rate 2mbit burst 3200 limit 30000",
	 "~ shaper r/h1", 1},
	{"tc -n small.r qdisc change dev h1 root handle 1: tbf rate 2mbit burst 1600 limit 60000",
	 "~ shaper r/h1", 1},
	{"tc -n small.r qdisc replace dev h1 root handle 5: htb", "+ shaper r/h1", 1},
	{"ip netns exec small.r nft flush ruleset", "+ filter r sg", 1},
	{"ip netns exec small.r nft add rule ip sg port-h1 tcp dport 81 accept", "~ filter r sg",
	 1},
	{"ip netns exec small.r nft delete element ip sg web { 10.0.1.1 }", "~ filter r sg", 1},
	{"ip netns exec small.r nft flush chain ip sg forward", "~ filter r sg", 1},
	{"ip -n small.r link set h1 down", "~ link r/h1 <-> h1/eth0 r/h1: down", 0},
	{"ip -n small.h1 link set eth0 down", "~ link r/h1 <-> h1/eth0 h1/eth0: down", 0},
	{"ip -n small.r link set h1 mtu 1400", "~ link r/h1 <-> h1/eth0 r/h1: mtu 1400", 1},
	{"ip -n small.r link del h1", "+ link r/h1", 0},
	{"ip -n small.r link set h1 alias other", "~ link r/h1 <-> h1/eth0 r/h1: alias", 1},
	{"ip -n small.r link set h1 addrgenmode eui64", "r/h1: addrgenmode", 1},
	{"ip -n small.r link set lan type bridge mcast_snooping 1",
	 "~ bridge r/lan multicast snooping", 1},
	{"ip -n small.r link set h1 gso_max_segs 7", "~ link r/h1 <-> h1/eth0 r/h1: GSO limit", 1},
	{"ip -n small.h2 link set eth0 down; ip -n small.h2 link set eth0 address 02:00:00:00:00:98 up",
	 "+ link r/h2", 0},
	{"ip netns exec small.r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/h1/forwarding'",
	 "~ link r/h1 <-> h1/eth0 r/h1: forwarding 0", 1},
	{"ip netns exec small.r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/h1/proxy_arp'",
	 "~ link r/h1 <-> h1/eth0 r/h1: proxy ARP", 1},
	{"ip netns exec small.r sh -c 'for i in lo h1; do "
	 "echo 0 >/proc/sys/net/ipv4/conf/$i/forwarding; done'",
	 "~ namespace r lo: forwarding 0", 2},
	{"ip netns exec small.r sh -c 'echo 1 >/proc/sys/net/ipv4/conf/h1/rp_filter'",
	 "r/h1: rp_filter 1", 1},
	{"ip netns exec small.r sh -c 'echo 1 >/proc/sys/net/ipv4/conf/h1/send_redirects'",
	 "r/h1: send_redirects 1", 1},
	{"ip netns exec small.h1 sh -c 'echo 1 >/proc/sys/net/ipv4/conf/eth0/accept_redirects'",
	 "h1/eth0: accept_redirects 1", 1},
	{"ip netns exec small.r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/h1/arp_ignore'",
	 "r/h1: arp_ignore 0", 1},
	{"ip netns exec small.r sh -c 'echo 0 >/proc/sys/net/ipv4/conf/h1/arp_announce'",
	 "r/h1: arp_announce 0", 1},
	{"ip -n small.r link set lan type bridge stp_state 1", "~ bridge r/lan spanning tree", 1},
	{"ip -n small.r link set lan mtu 1400", "~ bridge r/lan", 0},
	{"ip -n small.r link set lo down", "~ namespace r lo: down", 1},
	{"ip -n small.r link set lo alias other", "~ namespace r lo: mark", 1},
	/* what is of no plan */
	{"ip -n small.r route add 10.77.0.0/16 dev h1", "- route r main 10.77.0.0/16 dev h1", 1},
	{"ip -n small.r route add unreachable 10.77.0.0/16", "- route r main 10.77.0.0/16", 1},
	{"ip -n small.r route add 10.77.0.0/16 nexthop dev h1 nexthop dev h2",
	 "- route r main 10.77.0.0/16", 1},
	{"ip -n small.r route add 10.77.0.0/16 dev h1 table 77", "- route r 77 10.77.0.0/16", 1},
	{"ip -n small.r route add default dev h1 table 1001", "- route r 1001 0.0.0.0/0 dev h1", 1},
	{"ip -n small.r rule add pref 77 lookup 77", "- rule r 77", 1},
	{"ip -n small.r rule add pref 78 fwmark 3 to 10.0.0.0/8 unreachable", "- rule r 78", 1},
	{"ip -n small.r addr add 10.66.0.1/24 dev h2", "- address r/h2 10.66.0.1/24", 1},
	{"ip -n small.r addr add 10.66.0.1/32 dev lo", "- address r/lo 10.66.0.1/32", 1},
	{"ip -n small.r neigh add 10.0.1.9 lladdr 02:00:00:00:00:09 dev h2 nud permanent",
	 "- neighbour r/h2 10.0.1.9", 1},
	{"ip netns exec small.r nft add table ip other", "- filter r ip other", 1},
	{"ip netns exec small.r nft add table inet sg", "- filter r inet sg", 1},
	{"tc -n small.r qdisc add dev h2 root tbf rate 1mbit burst 3000 limit 30000",
	 "- shaper r/h2", 1},
	{"tc -n small.r qdisc add dev h2 clsact", "- shaper r/h2", 1},
	{"tc -n small.r qdisc add dev h1 clsact", "+ shaper r/h1", 1},
	{"tc -n small.r qdisc add dev h1 parent 1:1 bfifo limit 3000", "+ shaper r/h1", 1},
	{"ip -n small.r link add stray type bridge; ip -n small.r addr add 10.66.0.1/24 dev stray; "
	 "ip -n small.r link set stray up",
	 "- device r/stray", 1},
	{"ip -n small.r link add s1 type veth peer name s2; ip -n small.r link set s1 master lan",
	 "- device r/s", 2},
	{"ip netns del small.h1", "+ namespace h1", 0},
};

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void check_damage(const struct damage *d)
{
	char *text;

	if (sandbox_sh(d->command) != 0)
		fail_msg("%s: failed", d->command);
	text = drift();
	if (!strstr(text, d->seen))
		fail_msg("after `%s`: no \"%s\" in:\n%s", d->command, d->seen, text);
	if (d->lines && count_lines(text) != d->lines)
		fail_msg("after `%s`: not %zu lines:\n%s", d->command, d->lines, text);
	free(text);
	repair();
	text = drift();
	if (*text)
		fail_msg("after `%s` and its repair:\n%s", d->command, text);
	free(text);
	if (sandbox_sh("ip netns exec small.h1 ping -q -c1 -W2 10.0.1.2 >/dev/null") != 0)
		fail_msg("after `%s` and its repair: no ping", d->command);
}

static void damage_is_seen_and_repaired(void **state)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++)
		check_damage(&damages[i]);
}

/* To nftables, in r. */
static int open_socket(void)
{
	struct lab_error *err = NULL;
	auto_close int home = kernel_netns_current(&err),
		       there = kernel_pin_open("small", "r", &err);
	int fd;

	must_hold(kernel_netns_enter(there, &err), &err);
	fd = kernel_nft_socket(&err);
	must_hold(kernel_netns_enter(home, &err), &err);
	assert_true(fd >= 0);
	return fd;
}

static void make_table(const char *name)
{
	auto_close int fd = open_socket();
	char buf[1024] __attribute__((aligned(8))), answer[8192] __attribute__((aligned(8)));
	const uint16_t types[] = {NFNL_MSG_BATCH_BEGIN,
				  (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE),
				  NFNL_MSG_BATCH_END};
	char *at = buf;
	ssize_t n;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct nlmsghdr *h = mnl_nlmsg_put_header(at);
		struct nfgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

		h->nlmsg_type = types[i];
		h->nlmsg_flags = NLM_F_REQUEST | (i == 1 ? NLM_F_CREATE | NLM_F_ACK : 0);
		m->nfgen_family = i == 1 ? NFPROTO_IPV4 : AF_UNSPEC;
		m->res_id = htons(i == 1 ? 0 : NFNL_SUBSYS_NFTABLES);
		if (i == 1)
			mnl_attr_put_strz(h, NFTA_TABLE_NAME, name);
		at += h->nlmsg_len;
	}
	assert_true(send(fd, buf, (size_t)(at - buf), 0) == at - buf);
	n = recv(fd, answer, sizeof(answer), 0);
	assert_true(n > 0 && mnl_cb_run(answer, (size_t)n, 0, 0, NULL, NULL) >= 0);
}

/* nft itself could not make most of these. */
static void a_table_of_any_name_is_seen_and_removed(void **state)
{
	static const struct {
		const char *name, *seen;
	} tables[] = {
		{"counter", "- filter r ip counter\n"},
		{"x; flush ruleset", "- filter r ip x; flush ruleset\n"},
		{"x\nflush ruleset", "- filter r ip x?flush ruleset\n"},
		{"sg sg", "- filter r ip sg sg\n"},
		{"arp sg", "- filter r ip arp sg\n"},
		{"\"{\033[2J\xff", "- filter r ip \"{?[2J?\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		char *text;

		make_table(tables[i].name);
		text = drift();
		assert_string_equal(text, tables[i].seen);
		free(text);
		repair();
		assert_no_drift();
	}
}

/* ---- what is known of tables ---- */

static struct kernel_nft_generation generation(void)
{
	auto_close int fd = open_socket();
	struct kernel_nft_generation g = kernel_nft_generation(fd);

	assert_true(g.ns && g.id);
	return g;
}

static bool is_known(void)
{
	const struct plan_filter *f = &lab.plan->filters[0];

	return kernel_ledger_knows(lab.ledger, generation(), f->table, f->text);
}

/* A ledger that lies is believed: so nobody lists what it knows. */
static void a_table_that_is_known_is_not_listed(void **state)
{
	struct plan_filter *f = &lab.plan->filters[0];
	struct kernel_nft_commit none = {generation(), generation()};
	char *text;

	assert_true(is_known());
	f->text = "table ip sg {\n chain other { }\n}\n";
	assert_false(is_known());
	text = drift_by(lab.ledger);
	assert_non_null(strstr(text, "~ filter r sg"));
	free(text);
	kernel_ledger_confirm(lab.ledger, &none, f->table, f->text);
	text = drift_by(lab.ledger);
	assert_string_equal(text, "");
	free(text);
}

static const struct touch {
	const char *command;
	const char *seen;
} touches[] = {
	{"nft add rule ip sg port-h1 tcp dport 81 accept", "~ filter r sg"},
	{"nft add chain ip sg other; ip netns exec small.r nft delete chain ip sg other", ""},
	{"nft delete element ip sg web { 10.0.1.1 }; "
	 "ip netns exec small.r nft add element ip sg web { 10.0.1.1 }",
	 ""},
	{"nft 'table ip sg; delete table ip sg; table ip sg { chain forward { "
	 "type filter hook forward priority 0; }; }'",
	 "~ filter r sg"},
	{"nft add table ip other", "- filter r ip other"},
	{"nft delete table ip sg", "+ filter r sg"},
};

static void a_table_that_was_touched_is_listed_until_it_is_known_again(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(touches); i++) {
		char command[512], *text;

		assert_true(is_known());
		(void)snprintf(command, sizeof(command), "ip netns exec small.r %s",
			       touches[i].command);
		print_message("%s\n", command);
		assert_int_equal(sandbox_sh(command), 0);
		assert_false(is_known());
		text = drift();
		assert_int_equal(strncmp(text, touches[i].seen, strlen(touches[i].seen)), 0);
		assert_int_equal(count_lines(text), *touches[i].seen != '\0');
		assert_int_equal(is_known(),
				 strchr("~+", *touches[i].seen) == NULL || !*touches[i].seen);
		free(text);
		repair();
		assert_true(is_known());
		assert_no_drift();
	}
}

static void what_people_add_in_a_node_is_theirs(void **state)
{
	assert_int_equal(sandbox_sh("ip -n small.h1 route add 10.77.0.0/16 dev eth0;"
				    "ip -n small.h1 rule add pref 77 lookup 77;"
				    "ip -n small.h1 addr add 10.66.0.1/24 dev eth0;"
				    "ip -n small.h1 link add br0 type bridge;"
				    "tc -n small.h1 qdisc add dev eth0 clsact;"
				    "ip netns exec small.h1 nft add table ip other"),
			 0);
	assert_no_drift();
}

static void another_namespace_of_the_name_is_foreign(void **state)
{
	size_t n_foreign;
	struct plan *there;

	assert_int_equal(sandbox_sh("ip netns del small.h2; ip netns add small.h2"), 0);
	there = observe(&n_foreign);
	assert_int_equal(n_foreign, 1);
	assert_int_equal(there->n_namespaces, 3);
	plan_free(there);
	assert_int_equal(sandbox_sh("ip netns del small.h2"), 0);
}

static bool is_there(const struct plan *p, enum plan_kind kind, const void *key)
{
	for (size_t i = 0; i < plan_count(p, kind); i++)
		if (plan_key_cmp(kind, plan_object(p, kind, i), key) == 0)
			return true;
	return false;
}

/* Of r alone: its link to h1, whose other end is not looked at, and the address there. */
static void assert_r_has(const struct plan *part, bool link)
{
	const struct backend_namespace_id *id =
		&lab.ids[plan_find_namespace(lab.plan, "r") - lab.plan->namespaces];
	struct lab_error *err = NULL;
	const char **foreign;
	size_t n_foreign;
	auto_plan struct plan *there = kernel_observe("small", part, id, NULL, &foreign, &n_foreign,
						      &err);

	must_hold(there ? 0 : -1, &err);
	assert_int_equal(there->n_namespaces, 1);
	assert_int_equal(is_there(there, PLAN_LINK, &part->links[0]), link);
	assert_int_equal(is_there(there, PLAN_ADDRESS, &part->addresses[0]), link);
	if (link)
		assert_true(there->links[0].a.down);
	/* all others are of no plan of theirs */
	assert_int_equal(there->extra->n_links,
			 lab.plan->n_links - part->n_links + lab.plan->n_bridges);
}

/* One end of a link says what can be known of it where nobody looks at the other one. */
static void a_link_is_seen_from_one_end(void **state)
{
	auto_plan struct plan *part = plan_new("small");
	const struct plan_link *l = &lab.plan->links[0];

	assert_string_equal(l->a.ns, "r");
	*plan_add_namespace(part) = *plan_find_namespace(lab.plan, "r");
	*plan_add_link(part) = *l;
	*plan_add_address(part) = (struct plan_address){
		small_origin(), "r", l->a.dev, {IP(10, 0, 1, 253), 32}, false};
	assert_int_equal(sandbox_sh("ip -n small.r link set h1 down"), 0);
	assert_r_has(part, true);
	assert_int_equal(sandbox_sh("ip -n small.r link del h1"), 0);
	assert_r_has(part, false);
}

/* What a look at h1's line alone shows of r; extra: how many devices of no plan. */
static struct plan *look_at_a_line(size_t extra)
{
	auto_plan struct plan *part = plan_new("small");
	const struct plan_namespace *r = plan_find_namespace(lab.plan, "r");
	struct lab_error *err = NULL;
	const char **foreign;
	size_t n_foreign;
	struct plan *there;

	*plan_add_namespace(part) = *r;
	part->namespaces[0].role = "wire";
	part->some_lines = true;
	*plan_add_link(part) = lab.plan->links[0];
	there = kernel_observe("small", part, &lab.ids[r - lab.plan->namespaces], NULL, &foreign,
			       &n_foreign, &err);
	must_hold(there ? 0 : -1, &err);
	assert_int_equal(there->extra->n_links, extra);
	return there;
}

/* Only as long as nothing but the devices that are asked about can matter. */
static void of_many_devices_a_few_are_asked_about(void **state)
{
	const size_t others = lab.plan->n_links - 1 + lab.plan->n_bridges;
	struct plan *there = look_at_a_line(others); /* r has addresses */

	assert_int_equal(there->n_links, 1);
	plan_free(there);
	assert_int_equal(sandbox_sh("ip -n small.r addr flush scope global"), 0);
	there = look_at_a_line(0);
	assert_int_equal(there->n_links, 1);
	assert_null(there->links[0].a.fault);
	assert_null(there->namespaces[0].fault);
	plan_free(there);
	assert_int_equal(sandbox_sh("ip -n small.r link set h1 mtu 1400; "
				    "ip -n small.r link set lo alias x"),
			 0);
	there = look_at_a_line(0);
	assert_string_equal(there->links[0].a.fault, "mtu 1400");
	assert_string_equal(there->namespaces[0].fault, "lo: mark");
	plan_free(there);
	assert_int_equal(sandbox_sh("ip -n small.r link add br9 type bridge; "
				    "ip -n small.r link set h1 master br9"),
			 0);
	there = look_at_a_line(others + 1);
	assert_string_equal(there->links[0].a.master, "br9");
	plan_free(there);
	assert_int_equal(sandbox_sh("ip -n small.r link del h1"), 0);
	there = look_at_a_line(others + 1);
	assert_int_equal(there->n_links, 0);
	plan_free(there);
}

static void nothing_there_is_an_empty_plan(void **state)
{
	const char **foreign;
	size_t n_foreign = 9;
	struct lab_error *err = NULL;
	struct plan *there = kernel_observe("nothing", lab.plan, NULL, NULL, &foreign, &n_foreign,
					    &err);

	must_hold(there ? 0 : -1, &err);
	assert_int_equal(n_foreign, 0);
	for (int k = 0; k < PLAN_WORKER; k++)
		assert_int_equal(plan_count(there, (enum plan_kind)k), 0);
	plan_free(there);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_built_reads_back),
		TEST(damage_is_seen_and_repaired),
		TEST(a_table_of_any_name_is_seen_and_removed),
		TEST(a_table_that_is_known_is_not_listed),
		TEST(a_table_that_was_touched_is_listed_until_it_is_known_again),
		TEST(what_people_add_in_a_node_is_theirs),
		TEST(another_namespace_of_the_name_is_foreign),
		TEST(a_link_is_seen_from_one_end),
		TEST(of_many_devices_a_few_are_asked_about),
		TEST(nothing_there_is_an_empty_plan),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
