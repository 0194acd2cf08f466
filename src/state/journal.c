// SPDX-License-Identifier: GPL-2.0-only
/**
 * The journal: one line of text per event, the header first.
 *
 *	labctl-journal 1 BOOT-ID
 *	namespace NAME DEV INO
 *	namespace-gone NAME
 *	supervisor PID START
 *	supervisor-gone
 *
 * A line without its newline does not count, and sets `stale` too.
 * Numbers of another boot mean nothing, so a journal of another boot holds nothing. A line that is
 * not understood sets `stale` and is skipped; the others stay, for every identity in them is checked
 * again before anything is touched.
 */
#include "state/internal.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/strbuf.h"

#define VERSION   1
#define NAME_ROOM 96 /* the longest namespace name: CEN.REGION, 31 + 1 + 31 */

static int read_boot_id(char id[static STATE_BOOT_ID_ROOM], struct lab_error **err)
{
	auto_close int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, id, STATE_BOOT_ID_ROOM - 1);

	if (n <= 0)
		return lab_error_errno(err, LAB_FAILED, errno, "read the boot id");
	id[n] = '\0';
	id[strcspn(id, "\n")] = '\0';
	return 0;
}

static size_t *bucket_of(const struct state_journal *j, const char *name)
{
	return &j->buckets[hash_str(0, name) % j->n_buckets];
}

/* The newest of a bucket comes first: so the last of all namespaces goes without a search. */
static void index_last(struct state_journal *j)
{
	struct state_namespace *ns = &j->namespaces[j->n_namespaces - 1];
	size_t *bucket = bucket_of(j, ns->name);

	ns->next = *bucket;
	*bucket = j->n_namespaces;
}

static void index_anew(struct state_journal *j)
{
	size_t all = j->n_namespaces;

	memset(j->buckets, 0, j->n_buckets * sizeof(*j->buckets));
	for (j->n_namespaces = 1; j->n_namespaces <= all; j->n_namespaces++)
		index_last(j);
	j->n_namespaces = all;
}

/* There are as many buckets as there is room for namespaces. */
static void make_room(struct state_journal *j)
{
	size_t n = j->n_buckets ? 2 * j->n_buckets : 64;

	if (j->n_namespaces < j->n_buckets)
		return;
	j->namespaces = reallocarray(j->namespaces, n, sizeof(*j->namespaces));
	j->buckets = reallocarray(j->buckets, n, sizeof(*j->buckets));
	if (!j->namespaces || !j->buckets)
		abort();
	j->n_buckets = n;
	index_anew(j);
}

const struct state_namespace *state_journal_find(const struct state_journal *j, const char *name)
{
	size_t i = j->n_buckets ? *bucket_of(j, name) : 0;

	while (i && strcmp(j->namespaces[i - 1].name, name) != 0)
		i = j->namespaces[i - 1].next;
	return i ? &j->namespaces[i - 1] : NULL;
}

/* A name is there once at most. */
static void drop_namespace(struct state_journal *j, const char *name)
{
	const struct state_namespace *ns = state_journal_find(j, name);
	size_t i;

	if (!ns)
		return;
	i = (size_t)(ns - j->namespaces);
	if (i + 1 == j->n_namespaces) {
		*bucket_of(j, name) = ns->next;
		free((char *)ns->name);
		j->n_namespaces--;
		return;
	}
	free((char *)ns->name);
	memmove(&j->namespaces[i], &j->namespaces[i + 1],
		(--j->n_namespaces - i) * sizeof(*j->namespaces));
	index_anew(j);
}

static void keep_namespace(struct state_journal *j, const char *name, uint64_t dev, uint64_t ino)
{
	drop_namespace(j, name); /* a later line replaces an earlier one */
	make_room(j);
	j->namespaces[j->n_namespaces] = (struct state_namespace){strdup(name), dev, ino, 0};
	if (!j->namespaces[j->n_namespaces++].name)
		abort();
	index_last(j);
}

/* Becomes part of a path below /run/netns: letters that names have, never a dot first. */
static bool safe_name(const char *s)
{
	if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s))
		return false;
	for (; *s; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) && *s != '-' &&
		    *s != '.')
			return false;
	return true;
}

static bool apply_line(struct state_journal *j, const char *line)
{
	char name[NAME_ROOM];
	uint64_t a, b;
	int end = 0;

	if (sscanf(line, "namespace %95s %" SCNu64 " %" SCNu64 "%n", name, &a, &b, &end) == 3 &&
	    !line[end] && safe_name(name)) {
		keep_namespace(j, name, a, b);
		return true;
	}
	if (sscanf(line, "namespace-gone %95s%n", name, &end) == 1 && !line[end]) {
		drop_namespace(j, name);
		return true;
	}
	if (sscanf(line, "supervisor %" SCNu64 " %" SCNu64 "%n", &a, &b, &end) == 2 && !line[end] &&
	    a > 0 && a <= INT32_MAX) {
		j->supervisor = (struct process_id){(pid_t)a, b};
		return true;
	}
	if (!strcmp(line, "supervisor-gone")) {
		j->supervisor = (struct process_id){0};
		return true;
	}
	return false;
}

/* Whether the header is ours and of this boot. */
static bool header_fits(const char *line, const char *boot_id)
{
	char id[STATE_BOOT_ID_ROOM];
	int version;

	return sscanf(line, "labctl-journal %d %63s", &version, id) == 2 && version == VERSION &&
	       !strcmp(id, boot_id);
}

static void parse(struct state_journal *j, char *text, size_t len, const char *boot_id)
{
	char *line = text;
	char *end = memchr(text, '\n', len);

	if (!end || memchr(text, '\0', len)) {
		j->stale = true;
		return;
	}
	*end = '\0';
	if (!header_fits(line, boot_id)) {
		j->stale = true;
		return;
	}
	for (line = end + 1; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (!apply_line(j, line))
			j->stale = true;
	}
	/* write(2) of a line is all or nothing here: others are gone as well, perhaps */
	if (*line)
		j->stale = true;
}

static int rewrite(struct state *s, struct lab_error **err)
{
	const struct state_journal *j = &s->journal;
	auto_strbuf struct strbuf b = {0};

	strbuf_printf(&b, "labctl-journal %d %s\n", VERSION, s->boot_id);
	for (size_t i = 0; i < j->n_namespaces; i++)
		strbuf_printf(&b, "namespace %s %" PRIu64 " %" PRIu64 "\n", j->namespaces[i].name,
			      j->namespaces[i].dev, j->namespaces[i].ino);
	if (j->supervisor.pid)
		strbuf_printf(&b, "supervisor %d %" PRIu64 "\n", (int)j->supervisor.pid,
			      j->supervisor.start);
	return state_write(s, "journal", b.s, b.len, err);
}

int state_journal_load(struct state *s, struct lab_error **err)
{
	struct lab_error *why = NULL;
	auto_free char *text = NULL;
	size_t len = 0;

	if (read_boot_id(s->boot_id, err))
		return -1;
	text = state_read(s, "journal", &len, &why);
	if (why && state_is_garbage(why)) {
		lab_error_free(why);
		s->journal.stale = true;
		return 0;
	}
	if (why) {
		lab_error_free(*err);
		*err = why;
		return -1;
	}
	if (text)
		parse(&s->journal, text, len, s->boot_id);
	else if (!faccessat(s->dir_fd, "plan.json", F_OK, AT_SYMLINK_NOFOLLOW))
		s->journal.stale = true; /* somebody removed it */
	return 0;
}

void state_journal_done(struct state *s)
{
	for (size_t i = 0; i < s->journal.n_namespaces; i++)
		free((char *)s->journal.namespaces[i].name);
	free(s->journal.namespaces);
	free(s->journal.buckets);
	s->journal = (struct state_journal){0};
}

const struct state_journal *state_journal(const struct state *s)
{
	return &s->journal;
}

/* The first line of a run goes behind a journal written anew: that mends a line that was cut and
 * drops what is gone. Not earlier, so that `down` works on a full disk. */
static int open_journal(struct state *s, struct lab_error **err)
{
	if (s->journal_fd >= 0)
		return 0;
	if (rewrite(s, err))
		return -1;
	s->journal_fd = openat(s->dir_fd, "journal", O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return s->journal_fd < 0 ? state_file_error(s, "journal", errno, err) : 0;
}

/* One write(2) per line. What a full disk cut is taken back, so that the next line starts clean. */
static int append(struct state *s, const struct strbuf *line, struct lab_error **err)
{
	struct stat before;
	ssize_t n;

	if (open_journal(s, err))
		return -1;
	if (fstat(s->journal_fd, &before))
		return state_file_error(s, "journal", errno, err);
	do {
		n = write(s->journal_fd, line->s, line->len);
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)line->len) {
		s->journal.added++;
		return 0;
	}
	if (n > 0) {
		errno = ENOSPC;
		(void)!ftruncate(s->journal_fd,
				 before.st_size); /* else the reader drops the line */
	}
	return state_file_error(s, "journal", n >= 0 ? ENOSPC : errno, err);
}

int state_journal_namespace(struct state *s, const char *name, uint64_t dev, uint64_t ino,
			    struct lab_error **err)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_printf(&line, "namespace %s %" PRIu64 " %" PRIu64 "\n", name, dev, ino);
	if (append(s, &line, err))
		return -1;
	keep_namespace(&s->journal, name, dev, ino);
	return 0;
}

int state_journal_namespace_gone(struct state *s, const char *name, struct lab_error **err)
{
	auto_free char *copy = strdup(name); /* it may be the journal's own string */
	auto_strbuf struct strbuf line = {0};

	if (!copy)
		abort();
	strbuf_printf(&line, "namespace-gone %s\n", copy);
	if (append(s, &line, err))
		return -1;
	drop_namespace(&s->journal, copy);
	return 0;
}

int state_journal_supervisor(struct state *s, const struct process_id *id, struct lab_error **err)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_printf(&line, "supervisor %d %" PRIu64 "\n", (int)id->pid, id->start);
	if (append(s, &line, err))
		return -1;
	s->journal.supervisor = *id;
	return 0;
}

int state_journal_supervisor_gone(struct state *s, struct lab_error **err)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_add(&line, "supervisor-gone\n");
	if (append(s, &line, err))
		return -1;
	s->journal.supervisor = (struct process_id){0};
	return 0;
}
