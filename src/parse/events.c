// SPDX-License-Identifier: GPL-2.0-only
#include "parse/events.h"

#include <libfyaml.h>

static enum parse_end read_all(struct fy_parser *parser, struct fy_diag *diag,
			       const struct parse_reader *reader)
{
	struct fy_event *e;
	void *iter = NULL;

	while ((e = fy_parser_parse(parser))) {
		const bool more = reader->on_event(reader->data, e);

		fy_parser_event_free(parser, e);
		if (!more)
			return PARSE_STOPPED;
	}
	if (!fy_parser_get_stream_error(parser) && !fy_diag_got_error(diag))
		return PARSE_ALL;
	if (reader->on_fault)
		reader->on_fault(reader->data, fy_diag_errors_iterate(diag, &iter));
	return PARSE_FAULT;
}

static enum parse_end read_text(const char *text, size_t len, struct fy_diag *diag,
				const struct parse_reader *reader)
{
	const struct fy_parse_cfg cfg = {
		.search_path = "", /* no %include, nothing but this text */
		.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
		.diag = diag,
	};
	struct fy_parser *parser = fy_parser_create(&cfg);
	enum parse_end end = PARSE_NOT_BEGUN;

	if (!parser)
		return end;
	if (fy_parser_set_string(parser, text, len) == 0)
		end = read_all(parser, diag, reader);
	fy_parser_destroy(parser);
	return end;
}

enum parse_end parse_events(const char *text, size_t len, const struct parse_reader *reader)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;
	enum parse_end end;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL; /* errors are collected, never printed */
	diag = fy_diag_create(&cfg);
	if (!diag)
		return PARSE_NOT_BEGUN;
	fy_diag_set_collect_errors(diag, true);
	end = read_text(text, len, diag, reader);
	fy_diag_destroy(diag);
	return end;
}
