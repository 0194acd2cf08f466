// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtnetlink does what it is asked within sendmsg(), and makes each further part of a dump within
 * recvmsg(). So whatever belongs to a request can be read at once when it was sent, without ever
 * waiting, and an answer that is not there when the queue is empty will never come: it was lost
 * because the queue was full, or read by another process that has the same socket (memory.c keeps
 * them apart). Nobody waits for it then; the caller dumps again.
 *
 * Our own changes come back as events, among those of others and in the kernel's order, before the
 * answer to the request. What a namespace holds is learned from them alone.
 */
#include "routing/channel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define QUEUE_BYTES (1 << 20)
#define READS       10000 /* at most in one turn, so that a storm of events cannot keep us here */

/* An answer that is looked for: requests seq .. seq + n - 1. */
struct answer {
	uint32_t seq;
	size_t n;
	bool whole; /* the last one, or the end of the dump, was seen */
	int error;  /* of the dump */
	int *refused;
};

int routing_channel_open(struct routing_channel *ch, struct lab_error **err)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE};
	int one = 1, bytes = QUEUE_BYTES;

	/* these only make it better: fewer losses, refusals without a copy of what was asked, dumps
	 * that leave nothing out unasked */
	(void)setsockopt(ch->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	(void)setsockopt(ch->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)setsockopt(ch->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (setsockopt(ch->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0)
			return lab_error_errno(err, LAB_FAILED, errno, "watch the kernel's routes");
	}
	return 0;
}

static void take_end(const struct nlmsghdr *h, struct answer *a)
{
	size_t i = h->nlmsg_seq - a->seq;
	int code = 0;

	if (i >= a->n)
		return; /* to a request of a predecessor */
	if (mnl_nlmsg_get_payload_len(h) >= sizeof(code))
		code = -*(const int *)mnl_nlmsg_get_payload(h);
	if (a->refused)
		a->refused[i] = code;
	else if (code)
		a->error = code;
	a->whole = a->whole || i == a->n - 1;
}

static void take(struct routing_channel *ch, const struct nlmsghdr *h, struct answer *a)
{
	struct routing_told t;
	struct routing_link l;

	if (h->nlmsg_flags & NLM_F_DUMP_INTR && h->nlmsg_seq == a->seq)
		a->error = EINTR; /* what was dumped changed meanwhile */
	switch (h->nlmsg_type) {
	case NLMSG_ERROR:
	case NLMSG_DONE: take_end(h, a); break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (routing_parse_route(h, &t))
			ch->on_route(ch->ctx, &t);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (routing_parse_link(h, &l))
			ch->on_link(ch->ctx, &l);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR: ch->on_address(ch->ctx, h->nlmsg_type == RTM_DELADDR); break;
	default: break;
	}
}

/* Bytes of a datagram, 0 for one to be passed over, or -1 with errno. */
static ssize_t receive(const struct routing_channel *ch, void *buf, size_t room)
{
	struct sockaddr_nl from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n;

	do
		n = recvfrom(ch->fd, buf, room, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&from,
			     &from_len);
	while (n < 0 && errno == EINTR);
	if (n > (ssize_t)room) {
		errno = ENOBUFS; /* its end is lost */
		return -1;
	}
	return n > 0 && from.nl_pid != 0 ? 0 : n; /* others than the kernel have nothing to say */
}

/* Reads until nothing is left. The first error is the result, but reading goes on after it: only an
 * empty queue takes in messages again. */
static int drain(struct routing_channel *ch, struct answer *a)
{
	char buf[32 * 1024] __attribute__((aligned(8)));
	int error = 0;

	for (int i = 0; i < READS; i++) {
		ssize_t n = receive(ch, buf, sizeof(buf));
		int left = (int)n;

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && !error)
			error = errno;
		for (const struct nlmsghdr *h = (void *)buf; n > 0 && mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			take(ch, h, a);
	}
	return error;
}

int routing_channel_read(struct routing_channel *ch)
{
	struct answer nothing = {.n = 0};

	return drain(ch, &nothing);
}

/* Without an address: with one, the kernel would ask for the privilege of who opened the socket, too. */
static int transmit(struct routing_channel *ch, const void *buf, size_t len)
{
	ssize_t n;

	do
		n = send(ch->fd, buf, len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? errno : 0;
}

/* The answers to requests seq .. that were just sent. */
static int take_answers(struct routing_channel *ch, struct answer *a)
{
	int error = drain(ch, a);

	if (!error)
		error = a->error;
	return error || a->whole ? error : ENODATA;
}

int routing_channel_dump(struct routing_channel *ch, uint16_t type)
{
	char buf[ROUTING_MESSAGE_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *h = routing_encode_dump(buf, type);
	struct answer a = {.seq = ch->seq++, .n = 1};
	int error;

	h->nlmsg_seq = a.seq;
	error = transmit(ch, h, h->nlmsg_len);
	return error ? error : take_answers(ch, &a);
}

int routing_channel_send(struct routing_channel *ch, const struct routing_order *orders, size_t n,
			 int *refused)
{
	char buf[ROUTING_BATCH * ROUTING_MESSAGE_MAX] __attribute__((aligned(8)));
	struct answer a = {.seq = ch->seq, .n = n, .refused = refused};
	size_t len = 0;
	int error;

	for (size_t i = 0; i < n; i++) {
		struct nlmsghdr *h = routing_encode_order(buf + len, &orders[i]);

		h->nlmsg_seq = ch->seq++;
		if (i == n - 1) /* refusals come unasked; this one shows that all were looked at */
			h->nlmsg_flags |= NLM_F_ACK;
		len += NLMSG_ALIGN(h->nlmsg_len);
		refused[i] = 0;
	}
	error = transmit(ch, buf, len);
	return error ? error : take_answers(ch, &a);
}
