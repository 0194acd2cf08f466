// SPDX-License-Identifier: GPL-2.0-only
#include "kernel/nft_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/cleanup.h"

/* Three headers, and a name as long as names can be. */
#define BATCH_MAX 1024

const char *kernel_nft_family_name(unsigned char family)
{
	switch (family) {
	case NFPROTO_IPV4: return "ip";
	case NFPROTO_IPV6: return "ip6";
	case NFPROTO_INET: return "inet";
	case NFPROTO_ARP: return "arp";
	case NFPROTO_BRIDGE: return "bridge";
	case NFPROTO_NETDEV: return "netdev";
	default: return NULL;
	}
}

/* Gives the name behind the family, or all of it. */
static const char *split(const char *table, unsigned char *family)
{
	const char *blank = strchr(table, ' ');

	*family = NFPROTO_IPV4;
	for (unsigned char i = 0; blank && i < NFPROTO_NUMPROTO; i++) {
		const char *name = kernel_nft_family_name(i);

		if (!name || strncmp(name, table, (size_t)(blank - table)) != 0 ||
		    name[blank - table])
			continue;
		*family = i;
		return blank + 1;
	}
	return table;
}

int kernel_nft_socket(struct lab_error **err)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	return fd >= 0 ? fd
		       : lab_error_errno(err, LAB_FAILED, errno, "cannot open a netlink socket");
}

static struct nlmsghdr *put_message(char *at, int type, int flags, unsigned char family,
				    uint16_t resource)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(at);
	struct nfgenmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->nfgen_family = family;
	m->version = NFNETLINK_V0;
	m->res_id = htons(resource);
	return h;
}

/* nftables takes changes in batches only; the length of this one. */
static size_t put_removal(char *buf, const char *table)
{
	unsigned char family;
	const char *name = split(table, &family);
	struct nlmsghdr *h;
	char *at = buf;

	at += put_message(at, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
	h = put_message(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, NLM_F_ACK, family, 0);
	mnl_attr_put_strz(h, NFTA_TABLE_NAME, name);
	at += h->nlmsg_len;
	at += put_message(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
	return (size_t)(at - buf);
}

/* One datagram of answers. */
static int take_answer(int fd, mnl_cb_t fn, void *data)
{
	char buf[8192] __attribute__((aligned(8)));
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : mnl_cb_run(buf, (size_t)n, 0, 0, fn, data);
}

static int see_generation(const struct nlmsghdr *h, void *data)
{
	const struct nlattr *tb[NFTA_GEN_MAX + 1];
	uint32_t *id = data;

	attr_of_message(tb, NFTA_GEN_MAX, h, sizeof(struct nfgenmsg));
	if (tb[NFTA_GEN_ID] && mnl_attr_get_payload_len(tb[NFTA_GEN_ID]) == sizeof(*id))
		*id = ntohl(mnl_attr_get_u32(tb[NFTA_GEN_ID]));
	return MNL_CB_OK;
}

/* 0: unknown; the kernel leaves it out (nft_base_seq_inc()). */
static uint32_t ask_generation(int fd)
{
	char buf[128] __attribute__((aligned(8)));
	const struct nlmsghdr *h = put_message(buf, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0,
					       AF_UNSPEC, 0);
	uint32_t id = 0;

	if (send(fd, buf, h->nlmsg_len, 0) < 0 || take_answer(fd, see_generation, &id) < 0)
		return 0;
	return id;
}

struct kernel_nft_generation kernel_nft_generation(int fd)
{
	struct kernel_nft_generation g = {0};
	socklen_t len = sizeof(g.ns);

	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &g.ns, &len) == 0 && len == sizeof(g.ns))
		g.id = ask_generation(fd);
	return g.id ? g : (struct kernel_nft_generation){0};
}

int kernel_nft_table_remove(const char *table, struct kernel_nft_commit *commit,
			    struct lab_error **err)
{
	char buf[BATCH_MAX] __attribute__((aligned(8)));
	auto_close int fd = kernel_nft_socket(err);
	size_t len;

	if (fd < 0)
		return -1;
	if (strlen(table) > BATCH_MAX / 2)
		return lab_error_errno(err, LAB_FAILED, ENAMETOOLONG, "nftables");
	len = put_removal(buf, table);
	commit->before = kernel_nft_generation(fd);
	/* of the three messages only the middle one is answered; where all fail, the first */
	if (send(fd, buf, len, 0) == (ssize_t)len && take_answer(fd, NULL, NULL) == 0) {
		commit->after = kernel_nft_generation(fd);
		return 0;
	}
	*commit = (struct kernel_nft_commit){0}; /* a commit meanwhile is not ours */
	if (errno == ENOENT)
		return 0;
	return lab_error_errno(err, errno == EPERM || errno == EOPNOTSUPP ? LAB_DENIED : LAB_FAILED,
			       errno, "nftables: cannot remove a table");
}
