// SPDX-License-Identifier: GPL-2.0-only
/**
 * `labctl capture`: packets of several interfaces of a lab, as a pcapng file or as lines for people.
 *
 * labctl-capture is a program of its own: it opens its packet sockets as root and is nobody, without any
 * capability, before it looks at a packet; and libpcap, with all that it links, is not in labctl.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/error.h"
#include "base/strbuf.h"

#define CAPTURE_MAX_POINTS 512

/** One interface to listen at. */
struct capture_point {
	const char *name;  /* "ecs-3:eth0", unique */
	const char *dev;   /* "eth0" */
	const char *alias; /* what the cloud calls it; "" where it has no name */
	int ns;            /* descriptor of its network namespace; capture_run() closes it */
};

enum capture_form {
	CAPTURE_LINES,     /* for people */
	CAPTURE_PCAPNG,    /* for Wireshark */
	CAPTURE_SIGHTINGS, /* for `labctl trace`: IPv4 packets as lines of JSON, see run.c */
};

struct capture_spec {
	const char *lab, *filter; /* filter: pcap-filter(7), "" for everything */
	enum capture_form form;
	int file;       /* descriptor that it goes to */
	int life;       /* pidfd of the lab's supervisor: the capture ends with it; -1: none */
	uint64_t count; /* ends after so many packets; 0: never */
	struct capture_point *points;
	size_t n_points;
};

/**
 * Reads {"lab": TEXT, "filter": TEXT, "file": descriptor, "form": N, "life": descriptor or -1, "count": N,
 * "points": [{"name", "dev", "alias": TEXT, "ns": descriptor}...]}. Texts stay the json's; points are to be
 * freed by the caller.
 */
int capture_spec_read(const json_t *json, struct capture_spec *spec, struct lab_error **err);

/** One packet as it was seen; data is borrowed. */
struct capture_packet {
	size_t point;    /* index */
	uint64_t ns;     /* since the epoch */
	uint32_t length; /* on the wire */
	uint32_t n;      /* of data */
	const unsigned char *data;
};

/**
 * What an Ethernet frame says, in one line without its end: addresses, then the protocol that a
 * lab's user cares for (HTTP, DNS, ICMP, BGP, BFD, ARP), else TCP flags and lengths. Reads no byte
 * outside of data, prints no byte that a terminal would obey.
 */
void capture_describe(const unsigned char *data, size_t n, struct strbuf *out);

/** What tells a packet from all others, wherever on its way it is seen. */
struct capture_identity {
	uint64_t key;
	uint64_t
		flow; /* the same for both directions, and for what ICMP says against one of its packets */
	uint32_t from, to; /* its addresses */
	uint8_t ttl;       /* not part of the key: every router takes one */
	bool bare;         /* a TCP acknowledgement and nothing else */
};
/** false: not an IPv4 packet, or cut short. */
bool capture_identify(const unsigned char *data, size_t n, struct capture_identity *id);

/**
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), host byte order, nanoseconds. Each gives
 * 0, or -1 where the file cannot be written (errno).
 */
int capture_write_section(FILE *f, const char *lab);
/** In the order of the points: a packet names its interface by that number. */
int capture_write_interface(FILE *f, const struct capture_point *p, const char *filter);
int capture_write_packet(FILE *f, const struct capture_packet *p);
int capture_write_statistics(FILE *f, size_t point, uint64_t ns, uint64_t received,
			     uint64_t dropped);

/** Captures until a signal, `count`, or the end of the lab; says on standard error when it begins, and how many packets
 * it gave and lost when it ends. */
int capture_run(const struct capture_spec *spec, struct lab_error **err);
