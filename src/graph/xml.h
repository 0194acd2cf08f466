// SPDX-License-Identifier: GPL-2.0-only
/** Text in XML. */
#pragma once

#include "base/strbuf.h"

/** With what means something in XML, in attributes too, written otherwise. */
void graph_xml(struct strbuf *out, const char *s);
