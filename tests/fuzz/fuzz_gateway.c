// layer: gateway
// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole connection of the gateway: bytes in, bytes out. The first byte of the input says in pieces of how many bytes
 * the rest arrives (0: at once), and its highest bit that the client says nothing of its end before it has
 * everything. Held to: however the bytes are cut, what comes back is a row of sound answers, of which only the
 * last may say that the connection closes; each is of a status that the gateway has; at the end nothing is
 * left of the connection.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"
#include "gateway/call.h"
#include "gateway/quota.h"
#include "http/body.h"
#include "httpd/conn.h"

#define HOST     "a.example"
#define OPEN     "\"protocol\":[\"HTTP\"],\"stages\":[\"RELEASE\"],"
#define API(...) "{\"group\":\"g\",\"method\":\"ANY\"," OPEN __VA_ARGS__ "}"

static const char config_text[] =
	"{\"instance\":\"i\",\"instance_id\":\"i-1\",\"region\":\"r\",\"type\":\"normal\",\"listeners\":[],"
	"\"sockets\":[{\"name\":\"state\"}],\"state\":\"state\",\"public_daily_calls\":1000000,"
	"\"groups\":[{\"name\":\"g\",\"id\":\"0123456789abcdef0123456789abcdef\",\"base_path\":\"/\","
	"\"stages\":[\"RELEASE\",\"TEST\"],\"domains\":[{\"name\":\"" HOST "\",\"kind\":\"vpc\"},"
	"{\"name\":\"p.example\",\"kind\":\"public\"}]}],"
	"\"apps\":[{\"name\":\"a\",\"id\":\"a-1\",\"key\":\"203753385\",\"secret\":\"lab-app-secret\",\"code\":\"code\"}],"
	"\"plugins\":[{\"name\":\"t\",\"kind\":\"trafficControl\",\"unit_s\":1,\"api\":1000000,\"specials\":[]}],"
	"\"apis\":[" API(
		"\"name\":\"m\",\"id\":\"m\",\"path\":\"/m/[x]\",\"backend\":{\"kind\":\"mock\",\"status\":200,\"body\":\"mock\"},"
		"\"plugins\":[{\"plugin\":\"t\",\"stages\":[\"RELEASE\"]}]") "," API("\"name\":\"s\",\"id\":\"s\",\"path\":\"/s\",\"backend\":{\"kind\":\"mock\",\"status\":204,\"body\":\"\"},"
										     "\"auth\":{\"nonce\":false,\"app_code\":\"HEADER_QUERY\",\"apps\":[{\"app\":\"a\",\"stages\":[\"RELEASE\"]}]}") "," API("\"name\":\"u\",\"id\":\"u\",\"path\":\"/u\",\"backend\":{\"kind\":\"http\",\"scheme\":\"http\",\"host\":\"nowhere\",\"timeout_ms\":1000}") "," API("\"name\":\"f\",\"id\":\"f\",\"path\":\"/f\",\"backend\":{\"kind\":\"function\",\"function\":\"f\",\"address\":\"127.0.0.1\",\"port\":9,\"timeout_ms\":1000}") "]}";

static struct loop *loop;
static struct gateway *gateway;

static void begin(void)
{
	struct arena *a = arena_new(0); /* as long as the process */
	struct gateway_config *c = gateway_config_read(a, config_text, strlen(config_text), NULL);
	struct gateway_routes *routes = c ? gateway_routes_new(a, c, NULL) : NULL;

	assert(routes);
	loop = loop_new();
	assert(loop);
	c->state_fd = memfd_create("state", MFD_CLOEXEC);
	assert(c->state_fd >= 0 && ftruncate(c->state_fd, GATEWAY_MEMORY) == 0);
	gateway = gateway_new(loop, c, routes, open("/dev/null", O_WRONLY | O_CLOEXEC));
	assert(gateway_listen(gateway, NULL) == 0);
}

static void receive(int fd, struct strbuf *got)
{
	char buf[65536];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		strbuf_addn(got, buf, (size_t)n);
}

static void turn(void)
{
	assert(loop_turn(loop, 0) == 0);
}

static bool send_pieces(int fd, struct http_slice in, size_t piece, struct strbuf *got)
{
	while (in.n) {
		const size_t want = piece && piece < in.n ? piece : in.n;
		const ssize_t n = send(fd, in.p, want, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return false; /* it was refused, and lingering is over */
		if (n > 0) {
			in.p += n;
			in.n -= (size_t)n;
		}
		turn();
		receive(fd, got);
	}
	return true;
}

/* Until nothing of it is left: the rest of a long pipeline has its turns a millisecond apart. */
static void until_gone(int fd, struct strbuf *got)
{
	for (int i = 0; i < 5000 && httpd_connections(gateway->httpd); i++) {
		assert(loop_turn(loop, 1) == 0);
		receive(fd, got);
	}
	assert(httpd_connections(gateway->httpd) == 0);
	receive(fd, got);
}

/* One answer, and whether it was the last. A HEAD among the requests hides where its body would end. */
static bool check_answer(struct http_slice *out)
{
	struct http_head head;
	struct http_body body;
	struct http_slice data;
	enum http_parse p = HTTP_MORE;

	http_head_init_response(&head, false);
	assert(http_head_parse(&head, out->p, out->n) == HTTP_DONE);
	out->p += head.size;
	out->n -= head.size;
	if (head.status == 100)
		return false;
	assert(head.status >= 200 && head.status <= 505);
	assert(http_head_get(&head, "x-ca-request-id").n == GATEWAY_ID_LEN);
	http_body_init(&body, &head);
	assert(head.framing != HTTP_BODY_CHUNKED && head.framing != HTTP_BODY_UNTIL_CLOSE);
	do
		p = http_body_decode(&body, out, &data);
	while (p == HTTP_MORE && out->n);
	assert(p == HTTP_DONE);
	return !head.keep_alive;
}

static void check(struct http_slice out)
{
	bool last = false;

	while (out.n) {
		assert(!last);
		last = check_answer(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sockaddr_in client = {.sin_family = AF_INET,
					   .sin_addr.s_addr = htonl(0xac100101)};
	static struct gateway_listener vip; /* where the client comes in */
	auto_strbuf struct strbuf got = {0};
	struct http_slice in;
	int fds[2];

	if (size < 1)
		return 0;
	if (!gateway)
		begin();
	in = (struct http_slice){(const char *)data + 1, size - 1};
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	conn_open(gateway->httpd, fds[0], &client, &vip, NULL);
	if (send_pieces(fds[1], in, data[0] & 0x7f, &got) && data[0] & 0x80) {
		for (int i = 0; i < 4; i++)
			turn();
		receive(fds[1], &got);
	}
	(void)shutdown(fds[1], SHUT_WR); /* fails where the gateway has closed */
	until_gone(fds[1], &got);
	if (!memmem(in.p, in.n, "HEAD ", 5))
		check((struct http_slice){got.s, got.len});
	close(fds[1]);
	return 0;
}
