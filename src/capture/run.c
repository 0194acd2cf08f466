// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listening at many interfaces at once. A packet on its way through a lab passes several of them
 * within microseconds, so packets are held back for a moment and given in the order of their time.
 */
#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "base/cleanup.h"
#include "priv/priv.h"

#define SNAPLEN 262144 /* GSO frames have 64 KiB */
/* What lines and sightings are made of: headers, a name of 255 bytes, 100 bytes of text. Every slot of a ring is as
 * large as the largest packet, so that with 64 KiB the ring of one of many interfaces would hold two. */
#define SNAPLEN_HEAD 512
#define MEMORY       (64 << 20) /* of all rings together; the kernel may round each up to twice as much */
#define HELD_NS      UINT64_C(2000000) /* a packet is in its ring much sooner after its time stamp */
#define HELD_MS      2
#define DOUBT_MS     20 /* between two looks at an interface that is down */
#define ADVICE       "see pcap-filter(7): for example 'tcp port 80'"

struct held {
	struct capture_packet packet; /* data is owned */
	uint64_t nth;
};

struct listener {
	struct run *run;
	size_t point;
	pcap_t *pcap; /* NULL: its interface is gone */
	uint64_t received, dropped;
};

struct run {
	const struct capture_spec *spec;
	struct listener *listeners;
	struct pollfd *fds; /* one for each listener, then the signals', then the lab's life */
	struct held *held;
	size_t n_held, n_living;
	uint64_t seen, given;
	int name_width;
	FILE *out;
	bool stop;
	bool over; /* the lab went down */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail for this clock */
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* --- opening, as root --- */

static int refused(const struct capture_point *p, pcap_t *pcap, int rc, struct lab_error **err)
{
	const char *detail = pcap_geterr(pcap);

	return lab_error_make(err, rc == PCAP_ERROR_NO_SUCH_DEVICE ? LAB_STATE : LAB_FAILED,
			      "%s: %s", p->name, *detail ? detail : pcap_statustostr(rc));
}

static int activate(const struct capture_spec *s, const struct capture_point *p, pcap_t *pcap,
		    struct lab_error **err)
{
	size_t n = s->n_points < 8 ? 8 : s->n_points;
	int rc;

	/* none of these can fail on a handle that is not active yet */
	(void)pcap_set_snaplen(pcap, s->form == CAPTURE_PCAPNG ? SNAPLEN : SNAPLEN_HEAD);
	(void)pcap_set_buffer_size(pcap, (int)(MEMORY / n));
	(void)pcap_set_immediate_mode(pcap, 1);
	(void)pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(pcap); /* above 0: a warning */
	if (rc < 0)
		return refused(p, pcap, rc, err);
	if (pcap_datalink(pcap) != DLT_EN10MB)
		return lab_error_make(err, LAB_FAILED, "%s: is no Ethernet", p->name);
	return 0;
}

static int open_listener(struct run *r, size_t i, struct lab_error **err)
{
	const struct capture_point *p = &r->spec->points[i];
	char why[PCAP_ERRBUF_SIZE] = "";

	if (setns(p->ns, CLONE_NEWNET))
		return lab_error_errno(err, LAB_FAILED, errno, "%s: its namespace", p->name);
	(void)close(p->ns); /* only joined */
	r->listeners[i] = (struct listener){.run = r, .point = i, .pcap = pcap_create(p->dev, why)};
	if (!r->listeners[i].pcap)
		return lab_error_make(err, LAB_FAILED, "%s: %s", p->name, why);
	r->n_living++;
	if (activate(r->spec, p, r->listeners[i].pcap, err))
		return -1;
	if (pcap_setnonblock(r->listeners[i].pcap, 1, why))
		return lab_error_make(err, LAB_FAILED, "%s: %s", p->name, why);
	r->fds[i] = (struct pollfd){.fd = pcap_get_selectable_fd(r->listeners[i].pcap),
				    .events = POLLIN};
	return 0;
}

/* --- as nobody --- */

static int set_filter(struct listener *l, const char *filter, struct lab_error **err)
{
	struct bpf_program program;
	int rc;

	if (pcap_compile(l->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN)) {
		(void)lab_error_make(err, LAB_USAGE, "filter \"%s\": %s", filter,
				     pcap_geterr(l->pcap));
		return lab_error_hint(err, ADVICE);
	}
	rc = pcap_setfilter(l->pcap, &program);
	pcap_freecode(&program);
	if (rc)
		return lab_error_make(err, LAB_FAILED, "filter: %s", pcap_geterr(l->pcap));
	return 0;
}

static int drop_privilege(struct lab_error **err)
{
	uid_t nobody;

	if (priv_nobody(&nobody, err) || priv_worker(nobody, nobody, PRIV_GRANT_NONE, err))
		return -1;
	/* ends with who started it; changing the user had cleared that */
	return prctl(PR_SET_PDEATHSIG, SIGTERM) ? lab_error_errno(err, LAB_FAILED, errno, "capture")
						: 0;
}

static void keep(unsigned char *user, const struct pcap_pkthdr *h, const unsigned char *data)
{
	struct listener *l = (struct listener *)(void *)user;
	struct run *r = l->run;
	struct held *held = reallocarray(r->held, r->n_held + 1, sizeof(*held));
	unsigned char *copy = malloc(h->caplen ? h->caplen : 1);

	if (!held || !copy)
		abort();
	memcpy(copy, data, h->caplen);
	r->held = held;
	/* with nanoseconds asked for, tv_usec holds them */
	held[r->n_held++] = (struct held){
		.packet = {.point = l->point,
			   .ns = (uint64_t)h->ts.tv_sec * 1000000000 + (uint64_t)h->ts.tv_usec,
			   .length = h->len,
			   .n = h->caplen,
			   .data = copy},
		.nth = r->seen++};
}

static void count(struct listener *l)
{
	struct pcap_stat stat;

	if (l->pcap && !pcap_stats(l->pcap, &stat)) {
		l->received = stat.ps_recv;
		l->dropped = stat.ps_drop;
	}
}

static void close_listener(struct run *r, struct listener *l)
{
	count(l);
	if (!l->pcap)
		return;
	pcap_close(l->pcap);
	l->pcap = NULL;
	r->fds[l->point].fd = -1; /* poll() passes over it */
	r->n_living--;
}

/* One whose interface went down: whether it comes back or was removed is told by no descriptor. */
static bool is_in_doubt(const struct listener *l)
{
	return l->pcap && pcap_get_required_select_timeout(l->pcap);
}

static bool any_in_doubt(const struct run *r)
{
	for (size_t i = 0; i < r->spec->n_points; i++)
		if (is_in_doubt(&r->listeners[i]))
			return true;
	return false;
}

static void collect(struct run *r)
{
	for (size_t i = 0; i < r->spec->n_points; i++) {
		struct listener *l = &r->listeners[i];

		if (!l->pcap || (!r->fds[i].revents && !is_in_doubt(l)))
			continue;
		if (pcap_dispatch(l->pcap, -1, keep, (unsigned char *)l) >= 0)
			continue;
		fprintf(stderr, "labctl: %s: %s\n", r->spec->points[i].name, pcap_geterr(l->pcap));
		close_listener(r, l);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	if (x->packet.ns != y->packet.ns)
		return x->packet.ns < y->packet.ns ? -1 : 1;
	return x->nth < y->nth ? -1 : 1;
}

static void print(const struct run *r, const struct capture_packet *p)
{
	auto_strbuf struct strbuf text = {0};
	time_t seconds = (time_t)(p->ns / 1000000000);
	char clock[sizeof("23:59:59")];
	struct tm tm;

	(void)strftime(clock, sizeof(clock), "%T", localtime_r(&seconds, &tm)); /* it fits */
	capture_describe(p->data, p->n, &text);
	fprintf(r->out, "%s.%06u  %-*s  %s\n", clock, (unsigned int)(p->ns % 1000000000 / 1000),
		r->name_width, r->spec->points[p->point].name, strbuf_str(&text));
}

/* {"point": index, "ns": since the epoch, "key": TEXT, "flow": TEXT, "from", "to": addresses, "ttl": NUMBER,
 * "bare": BOOLEAN, "says": TEXT} */
static void print_sighting(const struct run *r, const struct capture_packet *p)
{
	auto_strbuf struct strbuf text = {0};
	struct capture_identity id;
	char key[17], flow[17];
	json_t *line;

	if (!capture_identify(p->data, p->n, &id))
		return;
	capture_describe(p->data, p->n, &text);
	(void)snprintf(key, sizeof(key), "%016jx", (uintmax_t)id.key);    /* fits */
	(void)snprintf(flow, sizeof(flow), "%016jx", (uintmax_t)id.flow); /* fits */
	line = json_pack("{s:I, s:I, s:s, s:s, s:I, s:I, s:i, s:b, s:s}", "point",
			 (json_int_t)p->point, "ns", (json_int_t)p->ns, "key", key, "flow", flow,
			 "from", (json_int_t)id.from, "to", (json_int_t)id.to, "ttl", id.ttl,
			 "bare", id.bare, "says", strbuf_str(&text));
	if (!line)
		abort();
	if (!json_dumpf(line, r->out, JSON_COMPACT))
		(void)fputc('\n', r->out); /* fflush() tells */
	json_decref(line);
}

static int give_one(const struct run *r, const struct capture_packet *p)
{
	switch (r->spec->form) {
	case CAPTURE_LINES: print(r, p); return 0;
	case CAPTURE_PCAPNG: return capture_write_packet(r->out, p);
	case CAPTURE_SIGHTINGS: print_sighting(r, p); return 0;
	}
	return 0;
}

/* Forgets the first n; what they hold was freed. */
static void drop_first(struct run *r, size_t n)
{
	r->n_held -= n;
	if (n)
		memmove(r->held, r->held + n, r->n_held * sizeof(*r->held));
}

/* Gives what is older than `until`, and keeps the rest. */
static int give(struct run *r, uint64_t until, struct lab_error **err)
{
	size_t n = 0;
	int rc = 0;

	if (r->n_held)
		qsort(r->held, r->n_held, sizeof(*r->held), by_time);
	while (n < r->n_held && r->held[n].packet.ns <= until && !r->stop && !rc) {
		const struct capture_packet *p = &r->held[n++].packet;

		rc = give_one(r, p);
		free((void *)p->data);
		r->stop = ++r->given == r->spec->count;
	}
	drop_first(r, n);
	if (rc || fflush(r->out))
		return lab_error_errno(err, LAB_FAILED, errno, "write the packets");
	return 0;
}

static int listen_on(struct run *r, struct lab_error **err)
{
	while (!r->stop && r->n_living) {
		int patience = r->n_held ? HELD_MS : any_in_doubt(r) ? DOUBT_MS : -1;
		uint64_t start;

		if (poll(r->fds, r->spec->n_points + 2, patience) < 0 && errno != EINTR)
			return lab_error_errno(err, LAB_FAILED, errno, "wait for packets");
		start = now_ns();
		collect(r);
		if (r->fds[r->spec->n_points].revents)
			break;
		r->over = r->fds[r->spec->n_points + 1].revents != 0;
		if (r->over)
			break;
		if (give(r, start - HELD_NS, err))
			return -1;
	}
	return give(r, UINT64_MAX, err);
}

static int write_head(const struct run *r, struct lab_error **err)
{
	const struct capture_spec *s = r->spec;

	if (s->form != CAPTURE_PCAPNG)
		return 0;
	if (capture_write_section(r->out, s->lab))
		return lab_error_errno(err, LAB_FAILED, errno, "write the packets");
	for (size_t i = 0; i < s->n_points; i++)
		if (capture_write_interface(r->out, &s->points[i], s->filter))
			return lab_error_errno(err, LAB_FAILED, errno, "write the packets");
	return fflush(r->out) ? lab_error_errno(err, LAB_FAILED, errno, "write the packets") : 0;
}

/* What was seen and what was lost, in the file and for people. */
static int finish(struct run *r, struct lab_error **err)
{
	uint64_t dropped = 0;

	for (size_t i = 0; i < r->spec->n_points; i++) {
		const struct listener *l = &r->listeners[i];

		count(&r->listeners[i]);
		dropped += l->dropped;
		if (r->spec->form == CAPTURE_PCAPNG &&
		    capture_write_statistics(r->out, i, now_ns(), l->received, l->dropped))
			return lab_error_errno(err, LAB_FAILED, errno, "write the packets");
	}
	if (fflush(r->out))
		return lab_error_errno(err, LAB_FAILED, errno, "write the packets");
	fprintf(stderr, "%ju packets captured, %ju dropped by the kernel%s\n", (uintmax_t)r->given,
		(uintmax_t)dropped, r->over || !r->n_living ? "; the lab went down" : "");
	return 0;
}

static int watch_signals(struct run *r, struct lab_error **err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	fd = sigprocmask(SIG_BLOCK, &set, NULL) ? -1 : signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "signals");
	r->fds[r->spec->n_points] = (struct pollfd){.fd = fd, .events = POLLIN};
	/* sockets at both ends of a link keep both namespaces, and no interface would ever go */
	r->fds[r->spec->n_points + 1] = (struct pollfd){.fd = r->spec->life, .events = POLLIN};
	return 0;
}

static int open_all(struct run *r, struct lab_error **err)
{
	const struct capture_spec *s = r->spec;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), rc = 0;

	if (home < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "capture");
	for (size_t i = 0; i < s->n_points && !rc; i++) {
		int width = (int)strlen(s->points[i].name);

		r->name_width = width > r->name_width ? width : r->name_width;
		rc = open_listener(r, i, err);
	}
	/* names in a filter are the host's to look up */
	if (!rc && setns(home, CLONE_NEWNET))
		rc = lab_error_errno(err, LAB_FAILED, errno, "capture");
	(void)close(home); /* only joined */
	return rc;
}

static void announce(const struct capture_spec *s)
{
	fprintf(stderr, "capturing at ");
	for (size_t i = 0; i < s->n_points && i < 6; i++)
		fprintf(stderr, "%s%s", i ? ", " : "", s->points[i].name);
	if (s->n_points > 6)
		fprintf(stderr, " and %zu more", s->n_points - 6);
	fprintf(stderr, "; Ctrl-C ends\n");
}

static int capture(struct run *r, struct lab_error **err)
{
	const struct capture_spec *s = r->spec;

	tzset(); /* before the filter: it reads a file */
	if (open_all(r, err) || drop_privilege(err))
		return -1;
	for (size_t i = 0; i < s->n_points; i++)
		if (set_filter(&r->listeners[i], s->filter, err))
			return -1;
	if (priv_seccomp(PRIV_PROBE, err) || watch_signals(r, err) || write_head(r, err))
		return -1;
	announce(s);
	return listen_on(r, err) || finish(r, err) ? -1 : 0;
}

int capture_run(const struct capture_spec *spec, struct lab_error **err)
{
	struct run r = {.spec = spec, .out = stdout};
	int rc = -1;

	r.listeners = calloc(spec->n_points, sizeof(*r.listeners));
	r.fds = calloc(spec->n_points + 2, sizeof(*r.fds));
	if (!r.listeners || !r.fds)
		abort();
	if (spec->file != STDOUT_FILENO)
		r.out = fdopen(spec->file, "w");
	if (!r.out)
		(void)lab_error_errno(err, LAB_FAILED, errno, "the file");
	else
		rc = capture(&r, err);
	for (size_t i = 0; i < spec->n_points; i++)
		close_listener(&r, &r.listeners[i]);
	for (size_t i = 0; i < r.n_held; i++)
		free((void *)r.held[i].packet.data);
	free(r.held);
	free(r.listeners);
	free(r.fds);
	return rc;
}
