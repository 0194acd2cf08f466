// SPDX-License-Identifier: GPL-2.0-only
/* Line by line: what matters is read, what does not is known, and anything else is refused. */
#include "analyse/bird.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define DEFAULT_PREFERENCE 100 /* BIRD's bgp_local_pref where nobody sets it */

/* Lines that change nothing of which routes there are, by how they begin. */
static const char *const plumbing[] = {
	"log ",
	"router id ",
	"protocol device ",
	"protocol kernel {",
	"protocol static {",
	"protocol bfd {",
	"  scan time ",
	"  interface ",
	"  connect delay ",
	"  hold time ",
	"  bfd on;",
	"  ipv4 {",
	"  ipv4;",
	"    import none;",
	"    import limit 110 action block;",
	"    import where net !~ [ 100.64.0.0/10+ ];",
	"    next hop self;",
	"    export filter {",
	"      if source != RTS_BGP then reject;",
	"      krt_metric = 2000 + bgp_path.len;",
	"      accept;",
	"    };",
	"  };",
	"}",
	"    export where source = RTS_STATIC;",
	"    export where source != RTS_BGP;",
};

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static bool is_plumbing(const char *line)
{
	for (size_t i = 0; i < ARRAY_LEN(plumbing); i++)
		if (begins(line, plumbing[i]))
			return true;
	return !*line;
}

/* What stands between two marks; NULL where they are not there. */
static const char *between(struct arena *a, const char *line, char mark)
{
	const char *first = strchr(line, mark), *last = strrchr(line, mark);

	if (!first || first == last)
		return NULL;
	return arena_strndup(a, first + 1, (size_t)(last - first) - 1);
}

/* "  route 10.10.1.0/24 blackhole;" */
static bool read_network(struct arena *a, struct bird *b, const char *line)
{
	char text[64];
	struct ip_prefix p;

	if (sscanf(line, "  route %63s blackhole;", text) != 1 ||
	    ip_prefix_parse(text, &p) != IP_OK)
		return false;
	*arena_push(a, b->networks, b->n_networks) = p;
	return true;
}

static bool read_ends(struct bird_session *s, const char *line)
{
	char own[64], far[64];

	return sscanf(line, "  local %63s as %" SCNu64 "; neighbor %63s as %" SCNu64, own,
		      &s->own_asn, far, &s->far_asn) == 4 &&
	       ip_parse(own, &s->own) && ip_parse(far, &s->far);
}

static bool read_session_line(struct arena *a, struct bird_session *s, const char *line)
{
	if (begins(line, "  local "))
		return read_ends(s, line);
	if (begins(line, "  password ")) {
		s->password = between(a, line, '"');
		return s->password != NULL;
	}
	if (begins(line, "    import filter { bgp_local_pref = "))
		return sscanf(line, "    import filter { bgp_local_pref = %" SCNu64,
			      &s->preference) == 1;
	return is_plumbing(line);
}

static bool read_line(struct arena *a, struct bird *b, const char *line)
{
	struct bird_session *s;

	if (begins(line, "  route "))
		return read_network(a, b, line);
	if (begins(line, "    import where krt_source = 202 || krt_source = 204;")) {
		b->tells_kernel = true;
		return true;
	}
	if (begins(line, "protocol bgp ")) {
		s = arena_push(a, b->sessions, b->n_sessions);
		s->preference = DEFAULT_PREFERENCE;
		s->dev = between(a, line, '\'');
		return s->dev != NULL;
	}
	if (b->n_sessions)
		return read_session_line(a, &b->sessions[b->n_sessions - 1], line);
	return is_plumbing(line);
}

struct bird *analyse_bird_read(struct arena *a, const char *conf)
{
	struct bird *b = arena_alloc(a, sizeof(*b));

	while (*conf) {
		const size_t n = strcspn(conf, "\n");

		if (!read_line(a, b, arena_strndup(a, conf, n)))
			return NULL;
		conf += n + (conf[n] == '\n');
	}
	return b;
}
