// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "check/check.h"

/* Each line of text with `indent` in front and a newline behind. */
static void add_indented(struct strbuf *out, const char *indent, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		strbuf_printf(out, "%s%.*s\n", indent, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* A TAP description ends at '#' and at the line's end. */
static void add_tap_text(struct strbuf *out, const char *text)
{
	for (; text && *text; text++) {
		if (*text == '#')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *text == '\n' ? ' ' : *text);
	}
}

/* A YAML double-quoted scalar is a JSON string. */
static void add_quoted(struct strbuf *out, const char *text)
{
	json_t *json = json_string(text ? text : "");
	auto_free char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

	json_decref(json);
	strbuf_add(out, quoted ? quoted : "\"\"");
}

void check_report_tap(struct strbuf *out, const struct check_result *results, size_t n)
{
	strbuf_printf(out, "TAP version 13\n1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct check_result *r = &results[i];

		strbuf_printf(out, "%s %zu - %s: ", r->verdict == CHECK_FAILED ? "not ok" : "ok",
			      i + 1, r->id);
		add_tap_text(out, r->title);
		strbuf_addc(out, '\n');
		if (!r->why)
			continue;
		strbuf_add(out, "  ---\n  message: ");
		add_quoted(out, r->why);
		strbuf_printf(out, "\n  duration_ms: %" PRIu64 "\n", r->ms);
		if (r->evidence && *r->evidence) {
			strbuf_add(out, "  evidence: |\n");
			add_indented(out, "    ", r->evidence);
		}
		strbuf_add(out, "  ...\n");
	}
}

static void add_junit_case(struct strbuf *out, const char *lab, const struct check_result *r)
{
	strbuf_add(out, "    <testcase classname=\"");
	strbuf_add_xml(out, lab);
	strbuf_add(out, "\" name=\"");
	strbuf_add_xml(out, r->id);
	strbuf_add(out, ": ");
	strbuf_add_xml(out, r->title);
	strbuf_printf(out, "\" time=\"%" PRIu64 ".%03" PRIu64 "\"", r->ms / 1000, r->ms % 1000);
	if (r->verdict == CHECK_OK && !r->why) {
		strbuf_add(out, "/>\n");
		return;
	}
	if (r->verdict == CHECK_OK) {
		strbuf_add(out, ">\n      <system-out>");
		strbuf_add_xml(out, r->why);
		strbuf_add(out, "</system-out>\n    </testcase>\n");
		return;
	}
	strbuf_add(out, ">\n      <failure message=\"");
	strbuf_add_xml(out, r->why);
	strbuf_add(out, "\">");
	strbuf_add_xml(out, r->evidence);
	strbuf_add(out, "</failure>\n    </testcase>\n");
}

void check_report_junit(struct strbuf *out, const char *lab, const struct check_result *results,
			size_t n)
{
	struct check_summary s = check_count(results, n);
	uint64_t ms = 0;

	for (size_t i = 0; i < n; i++)
		ms += results[i].ms;
	strbuf_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
			"  <testsuite name=\"");
	strbuf_add_xml(out, lab);
	strbuf_printf(out,
		      "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" "
		      "time=\"%" PRIu64 ".%03" PRIu64 "\">\n",
		      n, s.failed, ms / 1000, ms % 1000);
	for (size_t i = 0; i < n; i++)
		add_junit_case(out, lab, &results[i]);
	strbuf_add(out, "  </testsuite>\n</testsuites>\n");
}

static json_t *json_text(const char *s)
{
	return s && *s ? json_string(s) : NULL;
}

void check_report_json(struct strbuf *out, const char *lab, const char *step,
		       const struct check_result *results, size_t n)
{
	struct check_summary s = check_count(results, n);
	json_t *checks = json_array();
	json_t *root;
	char *text;

	for (size_t i = 0; i < n; i++) {
		const struct check_result *r = &results[i];

		json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:I, s:o*, s:o*}", "id",
							r->id, "title", r->title, "verdict",
							r->verdict == CHECK_OK ? "ok" : "failed",
							"ms", (json_int_t)r->ms,
							r->verdict == CHECK_OK ? "measured" : "why",
							json_text(r->why), "evidence",
							json_text(r->evidence)));
	}
	root = json_pack("{s:s, s:s?, s:i, s:i, s:o}", "lab", lab, "step", step, "ok", (int)s.ok,
			 "failed", (int)s.failed, "checks", checks);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (!text)
		abort(); /* out of memory: all strings are UTF-8 */
	strbuf_printf(out, "%s\n", text);
	free(text);
	json_decref(root);
}

void check_report_line(struct strbuf *out, const struct check_result *r, bool colour)
{
	static const struct {
		const char *mark, *colour;
	} looks[] = {
		[CHECK_OK] = {"✓", "\033[32m"},
		[CHECK_FAILED] = {"✗", "\033[31m"},
	};

	strbuf_printf(out, "%s%s%s %s", colour ? looks[r->verdict].colour : "",
		      looks[r->verdict].mark, colour ? "\033[0m" : "", r->title);
	if (r->verdict == CHECK_OK && r->why)
		strbuf_printf(out, ": %s", r->why);
	if (r->ms >= 1000)
		strbuf_printf(out, " (%" PRIu64 ".%" PRIu64 " s)", r->ms / 1000,
			      r->ms % 1000 / 100);
	strbuf_addc(out, '\n');
	if (r->verdict != CHECK_FAILED)
		return;
	if (r->why)
		strbuf_printf(out, "    %s\n", r->why);
	add_indented(out, "      ", r->evidence);
}

void check_report_summary(struct strbuf *out, const struct check_result *results, size_t n)
{
	struct check_summary s = check_count(results, n);

	if (n == 0) {
		strbuf_add(out, "no checks");
		return;
	}
	strbuf_printf(out, "%zu of %zu checks hold", s.ok, n);
	if (s.failed)
		strbuf_printf(out, ", %zu failed", s.failed);
}
