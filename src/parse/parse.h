// SPDX-License-Identifier: GPL-2.0-only
/**
 * The text of a lab file to the model: YAML, steps merged, every value decoded by one table.
 *
 * What is wrong inside one value or one map is found here; what needs two resources to be seen
 * (references, overlaps, rules of the cloud) is validate's. All of it is collected, never only the
 * first.
 */
#pragma once

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "model/model.h"

#define PARSE_MAX_BYTES \
	(4 * 1024 * 1024) /* a generated row of five thousand routers has 3/4 of it */

/**
 * Reads a lab file: a regular file of at most PARSE_MAX_BYTES; it is never waited for, so that a
 * FIFO or a device is an error and not a hang. `path` is copied. NULL with *err set (LAB_USAGE).
 */
struct source *parse_source_read(struct arena *arena, const char *path, struct lab_error **err);

/**
 * Decodes a lab file. `step`: the id of the last step whose `apply` is merged; NULL: all of them.
 * LAB_BASE: none; "STEP/EXERCISE": then that exercise's, too.
 * `diags` gets every error; the lab is then partial (what could not be decoded has its default) but
 * every pointer in it may be followed, so that validate/ can go on. An unknown step is the error
 * "unknown-step", and all steps are merged. NULL only where the text is not one YAML map.
 * The lab borrows `src` and copies `step`; lab->dir is the folder of src->path.
 *
 * Errors: unreadable
 *   file-too-big      more than PARSE_MAX_BYTES
 *   too-many-values   more than PARSE_MAX_NODES keys and values
 *   nul-byte          a zero byte
 *   bad-utf8          bytes that are not UTF-8
 *   control-character an escape or other control character in a text
 *   yaml              what libfyaml says about the syntax
 *   tab               a tab in the indentation
 *   too-deep          nested deeper than 32
 *   yaml-alias        *alias
 *   yaml-anchor       &anchor
 *   yaml-tag          !tag
 *   many-documents    a second YAML document
 *   bad-key           a key that is not text
 *   empty-file        nothing but comments
 *   not-a-map         the file holds a list or a word
 * Errors: keys
 *   duplicate-key     the same key twice in one map
 *   unknown-key       a key that this map does not have
 *   missing-key       a required key is absent
 *   one-of            none, or more than one, of keys of which exactly one is needed
 *   fragment-key      a key that `apply` of a step cannot change
 *   bad-name          a name outside of [a-z0-9-], longer than 31, or with a leading hyphen
 *   nothing-to-delete null in a step for what is not there
 *   duplicate-step    two steps with one id
 *   duplicate-exercise two exercises of a step with one id
 *   unknown-step      parse_lab()'s step is not in the file
 *   check-place       `in` is for route checks, `from` for all others
 *   check-expect      `expect` has a key that this kind of check does not use
 * Errors: values
 *   bad-type          a map where text was expected, and so on
 *   empty-value       `key:` with nothing behind it
 *   unknown-value     not one of the words that this key knows
 *   bad-cidr          not ADDRESS/LENGTH
 *   host-bits         a prefix with bits set beyond its length
 *   bad-address       not a dotted quad
 *   bad-rate          not a number with bit, kbit, Mbit or Gbit
 *   bad-duration      not a number with us, ms, s, m or h
 *   bad-id            not 32 hexadecimal digits
 *   bad-size          not a number with B, kB, MB, GB, KiB, MiB or GiB
 *   bad-share         not a number with %
 *   bad-number        not a whole number
 *   bad-bool          not true or false
 *   bad-port-range    not FIRST/LAST
 *   bad-variable      a variable of the environment that no program could have
 *   bad-count         a list with too few or too many items
 *   out-of-range      a number too small or too big
 *   too-many-errors   the rest is not shown
 */
struct lab *parse_lab(const struct source *src, const char *step, struct diag_list *diags)
	__attribute__((nonnull(1, 3)));

/**
 * The same with fragments merged after the steps, in order, each as `apply` of a step: what somebody does to
 * a lab that is up. Sources are borrowed like src; names may come from them.
 */
struct lab *parse_lab_changed(const struct source *src, const char *step,
			      const struct source *changes, size_t n, struct diag_list *diags)
	__attribute__((nonnull(1, 5)));

/**
 * What stands behind `lab` at the top of the file, of which only so much is read: of one that begins with it the first
 * line. Not checked, nor is what follows. NULL: it is not there, or behind what is no YAML.
 */
const char *parse_lab_name(struct arena *arena, const struct source *src);

/** The object "apis.hello", of a map of named objects at the top of the file; NULL: it has none such. Borrows. */
const struct named *parse_find(const struct lab *lab, const char *resource);

/** The JSON Schema (draft 2020-12) of a lab file, from the parser's own table. Caller frees. */
char *parse_schema(void) __attribute__((returns_nonnull));
