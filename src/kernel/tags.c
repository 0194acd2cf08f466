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

#include "base/pins.h"

#define MARK     "labctl "
#define LO_INDEX 1

static void make_tag(struct strbuf *b, const char *lab, const char *name)
{
	strbuf_printf(b, MARK "%s.%s", lab, name);
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

/* Of lo in the namespace that the caller is in; NULL where it has none or cannot be asked. */
static char *alias_here(void)
{
	struct nl_sock *sock = nl_socket_alloc();
	struct rtnl_link *lo = NULL;
	const char *alias = NULL;
	char *copy;

	if (sock && nl_connect(sock, NETLINK_ROUTE) == 0 &&
	    rtnl_link_get_kernel(sock, LO_INDEX, NULL, &lo) == 0)
		alias = rtnl_link_get_ifalias(lo);
	copy = alias ? strdup(alias) : NULL;
	if (lo)
		rtnl_link_put(lo);
	nl_socket_free(sock); /* NULL is fine */
	return copy;
}

int kernel_tag_read(int fd, int home, char **tag, struct lab_error **err)
{
	auto_free char *alias = NULL;

	*tag = NULL;
	if (kernel_netns_enter(fd, err) < 0)
		return -1;
	alias = alias_here();
	if (kernel_netns_enter(home, err) < 0)
		return -1;
	if (alias && strncmp(alias, MARK, strlen(MARK)) == 0)
		*tag = strdup(alias + strlen(MARK));
	return 0;
}

/* Whether the name is of the lab: its namespace is marked so, or the name never came to lead anywhere. */
static int is_own(const char *lab, const char *name, int home, bool *own, struct lab_error **err)
{
	auto_close int fd = kernel_pin_open(lab, name, NULL);
	auto_strbuf struct strbuf wanted = {0};
	auto_free char *tag = NULL;

	*own = fd < 0 && kernel_pin_unused(lab, name);
	if (fd < 0)
		return 0; /* an empty file, or gone meanwhile */
	if (kernel_tag_read(fd, home, &tag, err) < 0)
		return -1;
	strbuf_printf(&wanted, "%s.%s", lab, name);
	*own = tag && strcmp(tag, wanted.s) == 0;
	return 0;
}

static int look_into(const char *lab, const char *name, int home,
		     const struct kernel_finder *finder, struct lab_error **err)
{
	struct backend_namespace_id id; /* zero where the name leads nowhere */
	bool own;

	if (kernel_pin_look(lab, name, &id) == KERNEL_PIN_THERE &&
	    finder->known(finder->data, name, &id))
		return 0;
	if (is_own(lab, name, home, &own, err))
		return -1;
	return own ? finder->found(finder->data, name, &id, err) : 0;
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
	while (r == 0 && (e = readdir(dir)))
		if (strncmp(e->d_name, lab, n) == 0 && e->d_name[n] == '.')
			r = look_into(lab, e->d_name + n + 1, home, finder, err);
	(void)closedir(dir); /* only read from */
	return r;
}
