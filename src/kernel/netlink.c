// SPDX-License-Identifier: GPL-2.0-only
/*
 * Only the last message of a batch asks for an acknowledgement: rtnetlink handles a batch in order and
 * within sendmsg(), and always reports what it refuses, so one positive answer at the end stands
 * for all that was not refused. That also keeps the answers within the receive buffer.
 */
#include "kernel/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "kernel/netns.h"

int kernel_netlink_open(struct lab_error **err)
{
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int one = 1;

	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "cannot open a netlink socket");
	/* both only better the messages; a kernel without them (before 4.12) is served as well */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	/* makes the kernel refuse dump filters that it does not know, instead of ignoring them */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	return steal_fd(&fd);
}

int kernel_netlink_open_in(const char *lab, const char *ns, struct lab_error **err)
{
	auto_close int home = kernel_netns_current(err);
	auto_close int there = home < 0 ? -1 : kernel_pin_open(lab, ns, err);
	int fd;

	if (there < 0 || kernel_netns_enter(there, err) < 0)
		return -1;
	fd = kernel_netlink_open(err);
	if (kernel_netns_enter(home, err) < 0)
		abort(); /* everything after this would look at the wrong network */
	return fd;
}

/*
 * The kernel marks each message of a listing that something changed meanwhile, and libmnl stops at a mark: what comes
 * behind it would be taken for the next answer.
 */
static bool take_marks(void *buf, size_t n)
{
	bool marked = false;
	int left = (int)n;

	for (struct nlmsghdr *h = buf; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
		marked |= h->nlmsg_flags & NLM_F_DUMP_INTR;
		h->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
	}
	return marked;
}

int kernel_netlink_dump(int fd, struct nlmsghdr *request, mnl_cb_t fn, void *data,
			struct lab_error **err)
{
	char buf[32 * 1024] __attribute__((aligned(8)));
	bool marked = false;
	ssize_t n;
	int more = 1;

	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	request->nlmsg_seq = 1;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "cannot ask the kernel");
	while (more > 0) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "no answer from the kernel");
		marked |= take_marks(buf, (size_t)n);
		more = mnl_cb_run(buf, (size_t)n, 1, 0, fn, data);
	}
	if (more < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "the kernel refuses to list");
	if (marked)
		return lab_error_errno(err, LAB_FAILED, EINTR, "changed while it was listed");
	return 0;
}

int kernel_netlink_get(int fd, struct nlmsghdr *request, mnl_cb_t fn, void *data,
		       struct lab_error **err)
{
	char buf[16 * 1024] __attribute__((aligned(8)));
	ssize_t n;

	request->nlmsg_flags |= NLM_F_REQUEST;
	request->nlmsg_seq = 1;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "cannot ask the kernel");
	do {
		n = recv(fd, buf, sizeof(buf), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "no answer from the kernel");
	if (mnl_cb_run(buf, (size_t)n, 1, 0, fn, data) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "the kernel refuses to tell");
	return 0;
}

struct nlmsghdr *kernel_netlink_question(void *buf, uint16_t type, size_t header,
					 unsigned char family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	unsigned char *extra;

	h->nlmsg_type = type;
	extra = mnl_nlmsg_put_extra_header(h, header);
	extra[0] = family; /* first byte of all four */
	return h;
}

int kernel_netlink_list(int fd, uint16_t type, size_t header, unsigned char family, mnl_cb_t fn,
			void *data, struct lab_error **err)
{
	char buf[256] __attribute__((aligned(8)));

	return kernel_netlink_dump(fd, kernel_netlink_question(buf, type, header, family), fn, data,
				   err);
}

bool kernel_batch_full(const struct kernel_batch *b)
{
	return b->n == KERNEL_BATCH_MESSAGES || b->len + KERNEL_MESSAGE_MAX > sizeof(b->buf);
}

void *kernel_batch_room(struct kernel_batch *b)
{
	return b->buf + b->len;
}

void kernel_batch_add(struct kernel_batch *b, struct nlmsghdr *h, size_t tag, enum kernel_fine fine)
{
	h->nlmsg_seq = b->seq + (uint32_t)b->n;
	b->entries[b->n].tag = tag;
	b->entries[b->n].fine = fine;
	b->n++;
	b->len += NLMSG_ALIGN(h->nlmsg_len);
	b->last = h;
}

static bool is_fine(enum kernel_fine fine, int errnum)
{
	switch (fine) {
	case KERNEL_FINE_NEVER: return false;
	case KERNEL_FINE_PRESENT: return errnum == EEXIST;
	case KERNEL_FINE_ABSENT:
		return errnum == ENOENT || errnum == ENODEV || errnum == ESRCH ||
		       errnum == EADDRNOTAVAIL;
	}
	return false;
}

/* The extended ack stands behind the refused message, of which only the header may be there. */
static void refusal_text(const struct nlmsghdr *h, const struct nlmsgerr *e, char text[static 256])
{
	const struct nlattr *tb[NLMSGERR_ATTR_MSG + 1];
	size_t skip = sizeof(*e);

	text[0] = '\0';
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	attr_of_message(tb, NLMSGERR_ATTR_MSG, h, skip);
	if (tb[NLMSGERR_ATTR_MSG] &&
	    mnl_attr_validate(tb[NLMSGERR_ATTR_MSG], MNL_TYPE_NUL_STRING) >= 0)
		(void)snprintf(text, 256, "%s", mnl_attr_get_str(tb[NLMSGERR_ATTR_MSG]));
}

/* Gives 1 where the last answer was seen, 0 where more follow; fills *r with the first refusal. */
static int take_answer(const struct kernel_batch *b, const struct nlmsghdr *h,
		       struct kernel_refusal *r)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	size_t i = h->nlmsg_seq - b->seq;

	if (h->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(h) < sizeof(*e) || i >= b->n)
		return 0; /* not an answer to this batch */
	if (e->error && !r->errnum && !is_fine(b->entries[i].fine, -e->error)) {
		r->tag = b->entries[i].tag;
		r->errnum = -e->error;
		refusal_text(h, e, r->text);
	}
	return i == b->n - 1;
}

static int take_answers(const struct kernel_batch *b, struct kernel_refusal *r)
{
	char buf[16 * 1024] __attribute__((aligned(8)));
	int last = 0;

	while (!last) {
		ssize_t n = recv(b->fd, buf, sizeof(buf), 0);
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*r = (struct kernel_refusal){.tag = b->entries[0].tag, .errnum = errno};
			return -1;
		}
		for (const struct nlmsghdr *h = (void *)buf; !last && mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			last = take_answer(b, h, r);
	}
	return r->errnum ? -1 : 0;
}

int kernel_batch_send(struct kernel_batch *b, struct kernel_refusal *r)
{
	ssize_t n;
	int res;

	*r = (struct kernel_refusal){0};
	if (!b->n)
		return 0;
	b->last->nlmsg_flags |= NLM_F_ACK;
	do
		n = send(b->fd, b->buf, b->len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		*r = (struct kernel_refusal){.tag = b->entries[0].tag, .errnum = errno};
		res = -1;
	} else {
		res = take_answers(b, r);
	}
	b->seq += (uint32_t)b->n;
	b->n = 0;
	b->len = 0;
	return res;
}

int kernel_netlink_ask(int fd, struct nlmsghdr *h, enum kernel_fine fine, struct kernel_refusal *r)
{
	struct kernel_batch b;

	b.fd = fd;
	b.seq = 1;
	b.n = 0;
	b.len = 0;
	memcpy(kernel_batch_room(&b), h, h->nlmsg_len);
	kernel_batch_add(&b, (struct nlmsghdr *)(void *)b.buf, 0, fine);
	return kernel_batch_send(&b, r);
}

int kernel_refusal_error(const struct kernel_refusal *r, struct lab_error **err)
{
	enum lab_status status = r->errnum == EPERM || r->errnum == EOPNOTSUPP ||
						 r->errnum == EAFNOSUPPORT
					 ? LAB_DENIED
					 : LAB_FAILED;

	if (!r->text[0])
		return lab_error_errno(err, status, r->errnum, "the kernel refuses");
	return lab_error_errno(err, status, r->errnum, "%s", r->text);
}
