// SPDX-License-Identifier: GPL-2.0-only
/*
 * nftables tables that no plan has. Asked for by netlink and not by nft, which needs a process: this is done
 * for every namespace of the cloud, also for those that have no table at all.
 */
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "kernel/netlink.h"
#include "kernel/nft_table.h"
#include "kernel/sight.h"

static int see_table(const struct nlmsghdr *h, void *data)
{
	const struct nfgenmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *tb[NFTA_TABLE_MAX + 1];
	const char *family = kernel_nft_family_name(m->nfgen_family), *name;
	struct kernel_sight *s = data;
	struct plan_filter key = {.ns = s->ns};

	attr_of_message(tb, NFTA_TABLE_MAX, h, sizeof(*m));
	if (!family || !tb[NFTA_TABLE_NAME])
		return MNL_CB_OK;
	name = key.table = mnl_attr_get_str(tb[NFTA_TABLE_NAME]);
	if (m->nfgen_family == NFPROTO_IPV4 && kernel_sight_wanted(s, PLAN_FILTER, &key))
		return MNL_CB_OK;
	key.table = arena_printf(s->arena, "%s %s", family, name);
	*plan_add_filter(s->extra) = key;
	return MNL_CB_OK;
}

/* A kernel without nftables has no tables. */
static bool has_none(const struct lab_error *why)
{
	int errnum = lab_error_errnum(why);

	return errnum == EINVAL || errnum == EOPNOTSUPP || errnum == EPROTONOSUPPORT ||
	       errnum == ENOENT;
}

static int list_tables(struct kernel_sight *s, struct lab_error **err)
{
	char buf[256] __attribute__((aligned(8)));
	auto_close int fd = kernel_nft_socket(err);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *m;

	if (fd < 0)
		return -1;
	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->nfgen_family = AF_UNSPEC;
	m->version = NFNETLINK_V0;
	return kernel_netlink_dump(fd, h, see_table, s, err);
}

int kernel_sight_tables(struct kernel_sight *s, struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;

	if (list_tables(s, &why) == 0 || has_none(why))
		return 0;
	return lab_error_make(err, LAB_FAILED, "cannot read the filters of %s: %s", s->ns,
			      lab_error_message(why));
}
