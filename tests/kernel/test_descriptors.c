// SPDX-License-Identifier: GPL-2.0-only
/*
 * What workers are given to work with, as they find it: rtnetlink and ICMP sockets, memory, and the
 * capabilities to use them.
 */
#include "kernel/supervised.h"

#include <linux/icmp.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/mman.h>

#define NETLINK_FD WORKER_FD_SOCKET_0 + 1 /* as sockets[] below has them */
#define ICMP_FD    WORKER_FD_SOCKET_0 + 2
#define MEMORY_FD  WORKER_FD_SOCKET_0 + 3
#define SECRET_FD  WORKER_FD_SOCKET_0 + 1

/* --- the worker --- */

/* A blackhole route to 192.0.2.0/24; the kernel's answer as a negative errno, or 1. */
static int add_route(void)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr attr;
		uint32_t dst;
	} ask = {
		{sizeof(ask), RTM_NEWROUTE,
		 NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, 1, 0},
		{.rtm_family = AF_INET,
		 .rtm_dst_len = 24,
		 .rtm_table = RT_TABLE_MAIN,
		 .rtm_type = RTN_BLACKHOLE},
		{sizeof(struct rtattr) + 4, RTA_DST},
		htonl(0xc0000200),
	};
	struct pollfd p = {.fd = NETLINK_FD, .events = POLLIN};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[1024];
	} answer;

	if (send(NETLINK_FD, &ask, sizeof(ask), 0) < 0 || poll(&p, 1, 5000) != 1 ||
	    recv(NETLINK_FD, &answer, sizeof(answer), 0) < 0)
		return 1;
	return answer.error.error;
}

static uint16_t checksum(const struct icmphdr *h)
{
	uint16_t words[sizeof(*h) / 2];
	uint32_t sum = 0;

	memcpy(words, h, sizeof(words));
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		sum += words[i];
	return (uint16_t) ~(sum + (sum >> 16));
}

/* Pings loopback; the type of what came first. Requests come by too, and must have been filtered. */
static int ping(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct icmphdr ask = {.type = ICMP_ECHO};
	struct pollfd p = {.fd = ICMP_FD, .events = POLLIN};
	unsigned char answer[1500];

	ask.checksum = checksum(&ask);
	if (sendto(ICMP_FD, &ask, sizeof(ask), 0, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    poll(&p, 1, 5000) != 1 || recv(ICMP_FD, answer, sizeof(answer), 0) < 28)
		return -1;
	return answer[20]; /* behind the IP header */
}

/* Counts how often it was called on this memory. */
static int count(void)
{
	int *p = mmap(NULL, WORKER_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY_FD, 0);
	int n = p == MAP_FAILED ? -1 : ++*p;

	if (p != MAP_FAILED)
		(void)munmap(p, WORKER_MEMORY);
	return n;
}

static void show(int fd, const char *name, struct strbuf *answer)
{
	struct stat st;

	strbuf_printf(answer, "%s=%lu flags=%d\n", name,
		      fstat(fd, &st) ? 0 : (unsigned long)st.st_ino, fcntl(fd, F_GETFL));
}

static void do_more(char byte, const char *text, struct strbuf *answer)
{
	if (byte == 'r')
		strbuf_printf(answer, "route=%d;\n", add_route());
	if (byte == 'p')
		strbuf_printf(answer, "ping=%d;\n", ping());
	if (byte == 'm')
		strbuf_printf(answer, "count=%d;\n", count());
	if (byte == 't')
		strbuf_printf(answer, "cut=%d grown=%d;\n", ftruncate(MEMORY_FD, 1),
			      ftruncate(MEMORY_FD, WORKER_MEMORY * 2));
	if (byte == 'i') {
		show(WORKER_FD_SOCKET_0, "tcp", answer);
		show(NETLINK_FD, "netlink", answer);
		show(ICMP_FD, "icmp", answer);
		show(MEMORY_FD, "memory", answer);
	}
}

/* Of a worker whose second socket is a secret, whatever else that descriptor is of others. */
static void tell_secret(char byte, const char *text, struct strbuf *answer)
{
	char secret[64];
	const ssize_t n = pread(SECRET_FD, secret, sizeof(secret), 0);

	if (byte == 'k')
		strbuf_printf(answer, "secret=%.*s writable=%d;\n", n < 0 ? 0 : (int)n, secret,
			      (fcntl(SECRET_FD, F_GETFL) & O_ACCMODE) != O_RDONLY);
	else
		do_more(byte, text, answer);
}

/* --- the test's side --- */

/* A worker in namespace a with one descriptor of each type, netlink and ICMP of namespace `other`. */
static char *document(const char *name, const char *other, const char *privilege,
		      const char *version)
{
	char *text = NULL;

	must(asprintf(&text,
		      "[{\"name\":\"%s\",\"program\":\"" PROGRAM
		      "\",\"ns\":\"a\",\"privilege\":\"%s\","
		      "\"sockets\":["
		      "{\"name\":\"s\",\"ns\":\"a\",\"type\":\"tcp\",\"port\":%d},"
		      "{\"name\":\"routes\",\"ns\":\"%s\",\"type\":\"netlink\"},"
		      "{\"name\":\"ping\",\"ns\":\"%s\",\"type\":\"icmp\"},"
		      "{\"name\":\"state\",\"ns\":\"%s\",\"type\":\"memory\"}],"
		      "\"config\":{\"mode\":\"%s\"}}]",
		      name, privilege, PORT, other, other, other, version) > 0,
	     "asprintf");
	return text;
}

static int load_as(struct fixture *f, const char *name, const char *other, const char *privilege,
		   const char *version, struct lab_error **err)
{
	auto_free char *text = document(name, other, privilege, version);

	return supervise_load(f->dir, text, strlen(text), LOAD_MS, err);
}

static void reload(struct fixture *f, const char *other, const char *privilege, const char *version)
{
	struct lab_error *err = NULL;
	pid_t former = worker_pid(f);

	must_hold(load_as(f, "w", other, privilege, version, &err), &err);
	/* until then it may still take a connection or two */
	wait_until(5, !former || worker_pid(f) == former || gone(former));
}

static void expect(const char *command, const char *answer)
{
	char text[1024];

	if (!strstr(say_text(command, text, sizeof(text)), answer))
		fail_msg("%s: no %s in %s", command, answer, text);
}

/* A number of the answer to 'i'. */
static unsigned long inode(const char *name)
{
	char text[1024], key[32];
	const char *at;

	(void)snprintf(key, sizeof(key), "\n%s=", name);
	at = strstr(say('i', text, sizeof(text)), key);
	if (!at)
		fail_msg("no %s in %s", name, text);
	return strtoul(at + strlen(key), NULL, 10);
}

static void routes_are_written_with_the_privilege_only(void **state)
{
	struct fixture *f = *state;

	reload(f, "a", "none", "v1");
	expect("r", "route=-1;");
	reload(f, "a", "service", "v2");
	expect("r", "route=-1;");
	reload(f, "a", "routes", "v3");
	expect("r", "route=0;");
	assert_int_equal(system("ip route show 192.0.2.0/24 | grep -q blackhole"), 0);
	assert_int_equal(system("ip route del blackhole 192.0.2.0/24"), 0);
}

/* One worker writes the routes of many namespaces, none of which it could enter. */
static void a_netlink_socket_belongs_to_its_namespace(void **state)
{
	struct fixture *f = *state;

	reload(f, "b", "routes", "v1");
	expect("r", "route=0;");
	assert_int_not_equal(system("ip route show 192.0.2.0/24 | grep -q blackhole"), 0);
	assert_int_equal(system("nsenter --net=/run/netns/t.b ip route show 192.0.2.0/24 | "
				"grep -q blackhole"),
			 0);
}

static void answers_to_pings_arrive_and_nothing_else(void **state)
{
	struct fixture *f = *state;

	reload(f, "a", "none", "v1");
	for (int i = 0; i < 3; i++)
		expect("p", "ping=0;"); /* ICMP_ECHOREPLY; the request itself passed by first */
}

static void an_address_may_come_later(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	const char *text =
		"[{\"name\":\"w\",\"program\":\"" PROGRAM "\",\"ns\":\"a\",\"sockets\":["
		"{\"name\":\"s\",\"ns\":\"a\",\"type\":\"tcp\",\"port\":7001},"
		"{\"name\":\"n\",\"ns\":\"a\",\"type\":\"icmp\",\"addr\":\"198.51.100.7\"}],"
		"\"config\":{\"mode\":\"one\"}}]";

	must_hold(supervise_load(f->dir, text, strlen(text), LOAD_MS, &err), &err);
}

static void sockets_are_non_blocking(void **state)
{
	static const char *const names[] = {"\ntcp=", "\nnetlink=", "\nicmp="};
	struct fixture *f = *state;
	char text[1024];

	reload(f, "a", "none", "v1");
	say('i', text, sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *at = strstr(text, names[i]);
		int flags = 0;

		assert_non_null(at);
		assert_int_equal(sscanf(at, "\n%*[a-z]=%*u flags=%d", &flags), 1);
		assert_true(flags & O_NONBLOCK);
	}
}

static void memory_outlives_its_workers(void **state)
{
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];
	pid_t pid;

	reload(f, "a", "none", "v1");
	expect("m", "count=1;");
	expect("m", "count=2;");
	assert_string_equal(say('c', text, sizeof(text)), ""); /* crashes */
	expect("m", "count=3;");
	reload(f, "a", "none", "v2"); /* is replaced */
	expect("m", "count=4;");
	reload(f, "b", "none", "v3"); /* is told another namespace */
	expect("m", "count=5;");
	pid = worker_pid(f);
	must_hold(load_as(f, "other", "a", "none", "v4", &err), &err); /* is another one's */
	wait_until(5, gone(pid) && !worker_pid(f));
	expect("m", "count=1;");
	pid = pid_of(f, "other");
	reload(f, "a", "none", "v5"); /* nobody held it meanwhile */
	wait_until(5, gone(pid));
	expect("m", "count=1;");
}

static void write_secret(const char *text)
{
	const int fd = open(LAB_DIR "/secrets/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && !close(fd), text);
	must(!rename(LAB_DIR "/secrets/new", LAB_DIR "/secrets/w.key"), text);
}

/* A file that only root may open; each process gets what it holds when that is started. */
static void a_secret_is_given(void **state)
{
	static const char workers[] =
		"[{\"name\":\"w\",\"program\":\"" PROGRAM "\",\"ns\":\"a\",\"sockets\":["
		"{\"name\":\"s\",\"ns\":\"a\",\"type\":\"tcp\",\"port\":7001},"
		"{\"name\":\"key\",\"ns\":\"a\",\"type\":\"secret\"}],"
		"\"config\":{\"mode\":\"one\"}}]";
	struct fixture *f = *state;
	struct lab_error *err = NULL;
	char text[256];

	assert_int_equal(supervise_load(f->dir, workers, strlen(workers), LOAD_MS, &err), -1);
	assert_non_null(strstr(lab_error_message(err), "socket key: secrets/w.key: No such file"));
	lab_error_free(err);
	err = NULL;
	must(!mkdir(LAB_DIR "/secrets", 0700), "mkdir");
	write_secret("one");
	must_hold(supervise_load(f->dir, workers, strlen(workers), LOAD_MS, &err), &err);
	expect("k", "secret=one writable=0;");
	write_secret("two");
	expect("k", "secret=one writable=0;");
	assert_string_equal(say('c', text, sizeof(text)), ""); /* crashes */
	expect("k", "secret=two writable=0;");
}

static void memory_keeps_its_size(void **state)
{
	struct fixture *f = *state;

	reload(f, "a", "none", "v1");
	expect("t", "cut=-1 grown=-1;");
}

/* A connection that waits must not be lost; an answer to a dead process must not be read by the next. */
static void queues_are_held_and_answers_are_not(void **state)
{
	struct fixture *f = *state;
	unsigned long tcp, netlink, icmp, memory;
	char text[256];

	reload(f, "a", "none", "v1");
	tcp = inode("tcp");
	netlink = inode("netlink");
	icmp = inode("icmp");
	memory = inode("memory");
	assert_string_equal(say('c', text, sizeof(text)), "");
	assert_int_equal(inode("tcp"), tcp);
	assert_int_equal(inode("memory"), memory);
	assert_int_not_equal(inode("netlink"), netlink);
	assert_int_not_equal(inode("icmp"), icmp);
	netlink = inode("netlink");
	reload(f, "a", "none", "v2");
	assert_int_equal(inode("tcp"), tcp);
	assert_int_equal(inode("memory"), memory);
	assert_int_not_equal(inode("netlink"), netlink);
}

static void pin_new_namespace(const char *name)
{
	char command[128];

	(void)snprintf(command, sizeof(command),
		       "umount -l /run/netns/t.%s 2>/dev/null; touch /run/netns/t.%s && "
		       "unshare --net=/run/netns/t.%s true",
		       name, name, name);
	assert_int_equal(system(command), 0);
}

static void a_new_namespace_has_new_sockets(void **state)
{
	struct fixture *f = *state;
	unsigned long netlink, icmp, tcp;
	pid_t pid;

	reload(f, "b", "routes", "v1");
	tcp = inode("tcp");
	netlink = inode("netlink");
	icmp = inode("icmp");
	pid = worker_pid(f);
	reload(f, "b", "routes", "v1");
	assert_int_equal(worker_pid(f), pid); /* nothing changed */
	pin_new_namespace("b");
	reload(f, "b", "routes", "v1");
	assert_int_not_equal(worker_pid(f), pid);
	wait_until(5, gone(pid));
	assert_int_equal(inode("tcp"), tcp); /* in namespace a, which is still the same */
	assert_int_not_equal(inode("netlink"), netlink);
	assert_int_not_equal(inode("icmp"), icmp);
	expect("r", "route=0;");
	assert_int_equal(system("nsenter --net=/run/netns/t.b ip route show 192.0.2.0/24 | "
				"grep -q blackhole"),
			 0);
}

static void a_privilege_is_exact(void **state)
{
	static const struct {
		const char *name, *caps;
	} rows[] = {
		{"none", "0000000000000000"},
		{"service", "0000000000000400"},
		{"routes", "0000000000001000"},
		{"router", "0000000000001400"},
	};
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[8192];

		reload(f, "a", rows[i].name, rows[i].name);
		say('s', text, sizeof(text));
		for (size_t k = 0; k < ARRAY_LEN(sets); k++) {
			char line[64];

			(void)snprintf(line, sizeof(line), "\n%s:\t%s\n", sets[k], rows[i].caps);
			if (!strstr(text, line))
				fail_msg("%s: no %s in\n%s", rows[i].name, line, text);
		}
		assert_non_null(strstr(text, "\nNoNewPrivs:\t1\n"));
	}
}

static void what_cannot_be_opened_is_named(void **state)
{
	static const struct {
		const char *socket, *error;
	} rows[] = {
		{"{\"name\":\"x\",\"ns\":\"none\",\"type\":\"netlink\"}",
		 "socket x: network namespace t.none: No such file or directory"},
		{"{\"name\":\"x\",\"ns\":\"a\",\"type\":\"udp\",\"port\":7100},"
		 "{\"name\":\"y\",\"ns\":\"a\",\"type\":\"udp\",\"port\":7100,\"addr\":\"127.0.0.1\"}",
		 "socket y: 127.0.0.1 port 7100/udp: Address already in use"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_error struct lab_error *err = NULL;
		auto_free char *text = NULL;

		must(asprintf(&text,
			      "[{\"name\":\"w\",\"program\":\"" PROGRAM
			      "\",\"ns\":\"a\",\"sockets\":[%s],\"config\":{\"mode\":\"x\"}}]",
			      rows[i].socket) > 0,
		     "asprintf");
		assert_int_equal(supervise_load(f->dir, text, strlen(text), LOAD_MS, &err), -1);
		if (!strstr(lab_error_message(err), rows[i].error))
			fail_msg("%s", lab_error_message(err));
	}
}

int main(int argc, char **argv)
{
#define IN_A_LAB(fn) cmocka_unit_test_setup_teardown(fn, start_lab, stop_lab)
	const struct CMUnitTest tests[] = {
		IN_A_LAB(routes_are_written_with_the_privilege_only),
		IN_A_LAB(a_netlink_socket_belongs_to_its_namespace),
		IN_A_LAB(answers_to_pings_arrive_and_nothing_else),
		IN_A_LAB(an_address_may_come_later),
		IN_A_LAB(sockets_are_non_blocking),
		IN_A_LAB(memory_outlives_its_workers),
		IN_A_LAB(memory_keeps_its_size),
		IN_A_LAB(a_secret_is_given),
		IN_A_LAB(queues_are_held_and_answers_are_not),
		IN_A_LAB(a_new_namespace_has_new_sockets),
		IN_A_LAB(a_privilege_is_exact),
		IN_A_LAB(what_cannot_be_opened_is_named),
	};

	if (strstr(argv[0], PROGRAM))
		return worker_main(tell_secret, NULL);
	skip_unless_root();
	prepare();
	pin_new_namespace("b");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
