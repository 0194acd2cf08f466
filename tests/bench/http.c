// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of the gateway's benchmark: a backend, and clients that each send the next request when they have
 * the answer to the last one. One thread and one epoll loop each; what they do per request is as little as the
 * system calls allow, because they share a core with each other and must not be what is measured.
 *
 *	bench-http backend PORT
 *	bench-http load PORT CONNECTIONS MILLISECONDS REQUESTS RECORD [close]
 *
 * A path that ends in a number gets that many bytes. REQUESTS is a file of requests of RECORD bytes each; one
 * is repeated, several are sent once each at most. Prints what happened as one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH   256
#define HEAD    16384
#define BODY    (8u << 20)
#define SLOWEST 1000000u /* µs; what took longer counts as this long */

static char scratch[1u << 20];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)atoi(port)),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void watch(int epoll, int fd, uint32_t events, void *ptr)
{
	struct epoll_event ev = {.events = events, .data.ptr = ptr};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl");
}

static size_t length_of(const char *head)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");

	return at ? strtoul(at + 17, NULL, 10) : 0;
}

/* ---- the backend ---- */

struct peer {
	int fd;
	size_t have, skip; /* of the head; of the request's body, still to come */
	size_t left;       /* of the answer's body, still to be sent */
	char head[HEAD + 1];
};

static char *payload;

static void pump(struct peer *p)
{
	while (p->left) {
		ssize_t n = send(p->fd, payload, p->left, MSG_NOSIGNAL);

		if (n < 0)
			return; /* full: goes on with the next edge; broken: reading tells */
		p->left -= (size_t)n;
	}
}

static void answer(struct peer *p)
{
	const char *path = strchr(p->head, ' '), *end = path ? strchr(path + 1, ' ') : NULL;
	const char *digits = end;
	char head[128];
	size_t size, n;

	while (digits && digits > p->head && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	size = digits && digits < end ? strtoul(digits, NULL, 10) : 12;
	size = size < BODY ? size : BODY;
	n = (size_t)snprintf(head, sizeof(head),
			     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
			     "%zu\r\n\r\n",
			     size);
	if (size <= 16384) { /* one segment */
		memcpy(scratch, head, n);
		memcpy(scratch + n, payload, size);
		if (send(p->fd, scratch, n + size, MSG_NOSIGNAL) != (ssize_t)(n + size))
			p->left = 0; /* who does not read what it asked for */
		return;
	}
	if (send(p->fd, head, n, MSG_NOSIGNAL | MSG_MORE) != (ssize_t)n)
		return;
	p->left = size;
	pump(p);
}

/* One request at a time is all that a proxy sends. False: the peer is gone. */
static bool serve(struct peer *p)
{
	for (;;) {
		char *to = p->skip ? scratch : p->head + p->have;
		size_t room = p->skip ? sizeof(scratch) : HEAD - p->have;
		ssize_t n = recv(p->fd, to, room, 0);
		char *end;

		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		if (p->skip) {
			p->skip -= (size_t)n < p->skip ? (size_t)n : p->skip;
		} else {
			p->have += (size_t)n;
			p->head[p->have] = '\0';
			end = strstr(p->head, "\r\n\r\n");
			if (!end)
				continue;
			p->skip = length_of(p->head);
			n = p->head + p->have - (end + 4);
			p->skip -= (size_t)n < p->skip ? (size_t)n : p->skip;
		}
		if (!p->skip) {
			answer(p);
			p->have = 0;
		}
		if ((size_t)n < room)
			return true; /* emptied: the next bytes have an edge of their own */
	}
}

static void accept_all(int epoll, int listening)
{
	int fd, one = 1;

	while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *p = calloc(1, sizeof(*p));

		if (!p)
			die("peer");
		p->fd = fd;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLET, p);
	}
}

__attribute__((noreturn)) static void backend(const char *port)
{
	struct sockaddr_in a = loopback(port);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event batch[BATCH];

	payload = malloc(BODY);
	if (!payload)
		die("payload");
	memset(payload, 'x', BODY);
	(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 4096) < 0)
		die("listen");
	watch(epoll, s, EPOLLIN, NULL);
	for (;;) {
		int n = epoll_wait(epoll, batch, BATCH, -1);

		for (int i = 0; i < n; i++) {
			struct peer *p = batch[i].data.ptr;

			if (!p) {
				accept_all(epoll, s);
				continue;
			}
			pump(p);
			if (serve(p))
				continue;
			close(p->fd);
			free(p);
		}
	}
}

/* ---- the clients ---- */

struct client {
	int fd;
	const char *request;
	size_t sent, have; /* of the request; of the answer's head */
	size_t left;       /* of the answer's body */
	bool in_body;
	int64_t began;
	char head[HEAD + 1];
};

struct load {
	struct sockaddr_in to;
	int epoll;
	const char *requests;
	size_t record, n_records, next;
	bool close, over;
	uint64_t done, errors, bytes;
	uint32_t *took; /* answers by µs */
};

static void open_client(struct load *l, struct client *c)
{
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		die("socket");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, (struct sockaddr *)&l->to, sizeof(l->to)) < 0 && errno != EINPROGRESS)
		die("connect");
	watch(l->epoll, c->fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, c);
}

static void transmit(struct load *l, struct client *c)
{
	while (c->sent < l->record) {
		ssize_t n = send(c->fd, c->request + c->sent, l->record - c->sent, MSG_NOSIGNAL);

		if (n < 0)
			return;
		c->sent += (size_t)n;
	}
}

static void begin(struct load *l, struct client *c)
{
	if (l->n_records > 1 && l->next == l->n_records)
		l->over = true;
	if (l->over)
		return;
	c->request = l->requests + l->record * (l->n_records > 1 ? l->next++ : 0);
	c->sent = c->have = 0;
	c->in_body = false;
	c->began = now_ns();
}

static void completed(struct load *l, struct client *c, bool fine)
{
	int64_t us = (now_ns() - c->began) / 1000;

	if (fine) {
		l->done++;
		l->took[us < SLOWEST ? us : SLOWEST]++;
	} else {
		l->errors++;
	}
	if (l->close || !fine) {
		close(c->fd);
		begin(l, c);
		if (!l->over)
			open_client(l, c);
		return;
	}
	begin(l, c);
	if (!l->over)
		transmit(l, c);
}

/* What has arrived. False: nothing more to be read now. */
static bool take(struct load *l, struct client *c)
{
	char *to = c->in_body ? scratch : c->head + c->have;
	size_t room = c->in_body ? sizeof(scratch) : HEAD - c->have;
	ssize_t n = recv(c->fd, to, room, 0);
	char *end;

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		completed(l, c, false);
		return false;
	}
	l->bytes += (uint64_t)n;
	if (!c->in_body) {
		c->have += (size_t)n;
		c->head[c->have] = '\0';
		end = strstr(c->head, "\r\n\r\n");
		if (!end)
			return true;
		c->left = length_of(c->head);
		c->in_body = true;
		n = c->head + c->have - (end + 4);
	}
	c->left -= (size_t)n < c->left ? (size_t)n : c->left;
	if (c->left)
		return true;
	completed(l, c, strncmp(c->head, "HTTP/1.1 200 ", 13) == 0);
	return false;
}

static void go(struct load *l, struct client *c)
{
	transmit(l, c);
	while (take(l, c))
		;
}

static unsigned int percentile(const struct load *l, double of)
{
	uint64_t n = 0;
	unsigned int us = 0;

	while (us < SLOWEST && (double)(n += l->took[us]) < of * (double)l->done)
		us++;
	return us;
}

static const char *read_all(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text;
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) <= 0)
		die(path);
	rewind(f);
	text = malloc((size_t)size);
	if (!text || fread(text, 1, (size_t)size, f) != (size_t)size)
		die(path);
	fclose(f);
	*len = (size_t)size;
	return text;
}

static int load(char **argv)
{
	struct load l = {.to = loopback(argv[2]), .record = strtoul(argv[6], NULL, 10)};
	size_t n_clients = strtoul(argv[3], NULL, 10), size;
	int64_t start, end;
	struct client *clients = calloc(n_clients, sizeof(*clients));
	struct epoll_event batch[BATCH];

	l.requests = read_all(argv[5], &size);
	l.n_records = size / l.record;
	l.close = argv[7] && strcmp(argv[7], "close") == 0;
	l.took = calloc(SLOWEST + 1, sizeof(*l.took));
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!clients || !l.took || l.epoll < 0)
		die("memory");
	start = now_ns();
	end = start + atoll(argv[4]) * 1000000;
	for (size_t i = 0; i < n_clients; i++) {
		begin(&l, &clients[i]);
		open_client(&l, &clients[i]);
	}
	while (!l.over) {
		int n = epoll_wait(l.epoll, batch, BATCH, 1000);

		for (int i = 0; i < n && !l.over; i++)
			go(&l, batch[i].data.ptr);
		if (now_ns() >= end)
			l.over = true;
	}
	printf("{\"requests\": %llu, \"errors\": %llu, \"bytes\": %llu, \"seconds\": %.4f, \"p50\": %u, "
	       "\"p99\": %u}\n",
	       (unsigned long long)l.done, (unsigned long long)l.errors,
	       (unsigned long long)l.bytes, (double)(now_ns() - start) / 1e9, percentile(&l, 0.5),
	       percentile(&l, 0.99));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "backend") == 0)
		backend(argv[2]);
	if (argc >= 7 && strcmp(argv[1], "load") == 0)
		return load(argv);
	fprintf(stderr, "usage: bench-http backend PORT | load PORT CONNECTIONS MS REQUESTS RECORD "
			"[close]\n");
	return 2;
}
