// SPDX-License-Identifier: GPL-2.0-only
/*
 * The alias of lo says which lab made a namespace, for the day when the journal that said so is lost.
 * A name below /run/netns alone proves nothing: anybody may have taken it.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/if_link.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "kernel/kernel.h"
#include "kernel/netns.h"
#include "kernel/tags.h"

#define PINS     "/run/netns"
#define LO_INDEX 1

static void make_tag(struct strbuf *b, const char *lab, const char *name)
{
	strbuf_printf(b, "labctl %s.%s", lab, name);
}

void kernel_tag_put(struct nlmsghdr *h, const char *lab, const char *name)
{
	auto_strbuf struct strbuf tag = {0};

	make_tag(&tag, lab, name);
	mnl_attr_put_strz(h, IFLA_IFALIAS, tag.s);
}

bool kernel_tag_is(const char *alias, const char *lab, const char *name)
{
	auto_strbuf struct strbuf tag = {0};

	make_tag(&tag, lab, name);
	return alias && strcmp(alias, tag.s) == 0;
}

/* In the namespace. One that cannot be asked is not ours. */
static bool is_tagged(const char *lab, const char *name)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct rtnl_link *lo = NULL;
	const char *alias = NULL;
	bool tagged;

	if (sock && nl_connect(sock, NETLINK_ROUTE) == 0 &&
	    rtnl_link_get_kernel(sock, LO_INDEX, NULL, &lo) == 0)
		alias = rtnl_link_get_ifalias(lo);
	tagged = kernel_tag_is(alias, lab, name);
	if (lo)
		rtnl_link_put(lo);
	nl_socket_free(sock); /* NULL is fine */
	return tagged;
}

static int look_into(const char *lab, const char *name, int home, bool *tagged,
		     struct lab_error **err)
{
	auto_close int fd = kernel_pin_open(lab, name, NULL);

	*tagged = false;
	if (fd < 0)
		return 0; /* an empty file, or gone meanwhile */
	if (kernel_netns_enter(fd, err) < 0)
		return -1;
	*tagged = is_tagged(lab, name);
	return kernel_netns_enter(home, err);
}

int kernel_find_own(const char *lab, const struct kernel_finder *finder, struct lab_error **err)
{
	auto_close int home = kernel_netns_current(err);
	size_t n = strlen(lab);
	const struct dirent *e;
	DIR *dir;
	int r = 0;

	if (home < 0)
		return -1;
	dir = opendir(PINS);
	if (!dir)
		return errno == ENOENT ? 0 : lab_error_errno(err, LAB_FAILED, errno, PINS);
	while (r == 0 && (e = readdir(dir))) {
		const char *name = e->d_name + n + 1;
		struct backend_namespace_id id;
		bool tagged;

		if (strncmp(e->d_name, lab, n) != 0 || e->d_name[n] != '.' ||
		    finder->known(finder->data, name))
			continue;
		r = look_into(lab, name, home, &tagged, err);
		if (r == 0 && tagged && kernel_pin_look(lab, name, &id) == KERNEL_PIN_THERE)
			r = finder->found(finder->data, name, &id, err);
	}
	(void)closedir(dir); /* only read from */
	return r;
}
