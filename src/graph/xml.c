// SPDX-License-Identifier: GPL-2.0-only
#include "graph/xml.h"

void graph_xml(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&': strbuf_add(out, "&amp;"); break;
		case '<': strbuf_add(out, "&lt;"); break;
		case '>': strbuf_add(out, "&gt;"); break;
		case '"': strbuf_add(out, "&quot;"); break;
		default: strbuf_addc(out, *s);
		}
	}
}
