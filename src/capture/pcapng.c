// SPDX-License-Identifier: GPL-2.0-only
/*
 * libpcap reads pcapng but writes only the older format, which has one nameless interface a file. What
 * makes a capture of a whole lab readable are the names, so the four blocks that it takes are here.
 */
#include "capture/capture.h"

#include <string.h>

enum block { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6 };

enum option {
	END = 0,
	COMMENT = 1,
	SECTION_USER_APPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	ISB_RECEIVED = 4,
	ISB_DROPPED = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINK_ETHERNET    1

static void add_u16(struct strbuf *b, uint16_t v)
{
	strbuf_addn(b, &v, sizeof(v));
}

static void add_u32(struct strbuf *b, uint32_t v)
{
	strbuf_addn(b, &v, sizeof(v));
}

static void add_time(struct strbuf *b, uint64_t ns)
{
	add_u32(b, (uint32_t)(ns >> 32));
	add_u32(b, (uint32_t)ns);
}

static void add_padded(struct strbuf *b, const void *data, size_t n)
{
	strbuf_addn(b, data, n);
	strbuf_addn(b, "\0\0\0", -n & 3);
}

static void add_option(struct strbuf *b, enum option code, const void *value, size_t n)
{
	if (n > UINT16_MAX)
		n = UINT16_MAX;
	add_u16(b, (uint16_t)code);
	add_u16(b, (uint16_t)n);
	add_padded(b, value, n);
}

static void add_text(struct strbuf *b, enum option code, const char *text)
{
	if (*text)
		add_option(b, code, text, strlen(text));
}

static int write_block(FILE *f, enum block type, const struct strbuf *body)
{
	uint32_t head[2] = {(uint32_t)type, (uint32_t)body->len + 12};

	return fwrite(head, sizeof(head), 1, f) == 1 &&
			       fwrite(body->s, 1, body->len, f) == body->len &&
			       fwrite(&head[1], sizeof(head[1]), 1, f) == 1
		       ? 0
		       : -1;
}

int capture_write_section(FILE *f, const char *lab)
{
	static const uint64_t unknown = UINT64_MAX; /* length of the section */
	auto_strbuf struct strbuf b = {0};
	auto_strbuf struct strbuf comment = {0};

	add_u32(&b, BYTE_ORDER_MAGIC);
	add_u16(&b, 1); /* version 1.0 */
	add_u16(&b, 0);
	strbuf_addn(&b, &unknown, sizeof(unknown));
	strbuf_printf(&comment, "lab %s", lab);
	add_text(&b, COMMENT, strbuf_str(&comment));
	add_text(&b, SECTION_USER_APPL, "labctl " LABCTL_VERSION);
	add_u32(&b, END);
	return write_block(f, SECTION, &b);
}

int capture_write_interface(FILE *f, const struct capture_point *p, const char *filter)
{
	static const unsigned char nanoseconds = 9;
	auto_strbuf struct strbuf b = {0};
	auto_strbuf struct strbuf named = {0};

	add_u16(&b, LINK_ETHERNET);
	add_u16(&b, 0);
	add_u32(&b, 0); /* no limit of length */
	add_text(&b, IF_NAME, p->name);
	add_text(&b, IF_DESCRIPTION, p->alias);
	add_option(&b, IF_TSRESOL, &nanoseconds, 1);
	if (*filter) { /* the first byte says: as text */
		strbuf_addc(&named, '\0');
		strbuf_add(&named, filter);
		add_option(&b, IF_FILTER, named.s, named.len);
	}
	add_u32(&b, END);
	return write_block(f, INTERFACE, &b);
}

int capture_write_packet(FILE *f, const struct capture_packet *p)
{
	auto_strbuf struct strbuf b = {0};

	add_u32(&b, (uint32_t)p->point);
	add_time(&b, p->ns);
	add_u32(&b, p->n);
	add_u32(&b, p->length);
	add_padded(&b, p->data, p->n);
	return write_block(f, PACKET, &b);
}

int capture_write_statistics(FILE *f, size_t point, uint64_t ns, uint64_t received,
			     uint64_t dropped)
{
	auto_strbuf struct strbuf b = {0};

	add_u32(&b, (uint32_t)point);
	add_time(&b, ns);
	add_option(&b, ISB_RECEIVED, &received, sizeof(received));
	add_option(&b, ISB_DROPPED, &dropped, sizeof(dropped));
	add_u32(&b, END);
	return write_block(f, STATISTICS, &b);
}
