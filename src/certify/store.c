// SPDX-License-Identifier: GPL-2.0-only
/* Files are written beside their place and renamed: a run that is cut short leaves whole ones only. */
#include "certify/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "certify/authority.h"

#define FOLDER   "secrets"
#define FILE_MAX (64u << 20)

static int failed(const char *name, struct lab_error **err)
{
	return lab_error_errno(err, LAB_FAILED, errno, FOLDER "/%s", name);
}

/* The text of a file, to be freed; NULL where it is not there, or no text. */
static char *read_at(int dir, const char *name)
{
	auto_close int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_strbuf struct strbuf text = {0};
	char part[16384];
	ssize_t n;

	if (fd < 0)
		return NULL;
	while ((n = read(fd, part, sizeof(part))) > 0 && text.len < FILE_MAX)
		strbuf_addn(&text, part, (size_t)n);
	return n == 0 && text.len ? strbuf_take(&text) : NULL;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		const ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_at(int dir, const char *name, mode_t mode, const char *text,
		    struct lab_error **err)
{
	auto_strbuf struct strbuf temporary = {0};
	auto_close int fd = -1;

	strbuf_printf(&temporary, "%s.tmp", name);
	if (unlinkat(dir, temporary.s, 0) && errno != ENOENT)
		return failed(name, err);
	fd = openat(dir, temporary.s, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode) || write_all(fd, text, strlen(text)) ||
	    close(steal_fd(&fd)) || renameat(dir, temporary.s, dir, name))
		return failed(name, err);
	return 0;
}

static int make_folder(int lab_dir, struct lab_error **err)
{
	int fd;

	if (mkdirat(lab_dir, FOLDER, 0700) && errno != EEXIST)
		return lab_error_errno(err, LAB_FAILED, errno, FOLDER);
	fd = openat(lab_dir, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? lab_error_errno(err, LAB_FAILED, errno, FOLDER) : fd;
}

static struct authority *old_authority(int dir)
{
	auto_free char *certificate = read_at(dir, "ca.pem"), *key = read_at(dir, "ca-key.pem");
	struct authority *a = certificate && key ? authority_read(certificate, key) : NULL;

	if (key)
		explicit_bzero(key, strlen(key));
	return a;
}

static struct authority *new_authority(int dir, const char *lab, struct lab_error **err)
{
	auto_certificate struct certificate own = {0};
	struct authority *a = authority_new(lab, err);

	if (a && !authority_write(a, &own, err) &&
	    !write_at(dir, "ca-key.pem", 0600, own.key, err) &&
	    !write_at(dir, "ca.pem", 0644, own.certificate, err))
		return a;
	authority_free(a);
	return NULL;
}

static int write_trust(int dir, const char *bundle, struct lab_error **err)
{
	auto_free char *hosts = read_at(AT_FDCWD, bundle), *ca = read_at(dir, "ca.pem");
	auto_strbuf struct strbuf text = {0};

	if (!ca)
		return failed("ca.pem", err);
	if (hosts)
		strbuf_add(&text, hosts);
	if (text.len && text.s[text.len - 1] != '\n')
		strbuf_addc(&text, '\n');
	strbuf_add(&text, ca);
	return write_at(dir, "trust.pem", 0644, text.s, err);
}

/* 1: it was missing; 0: it is there. */
static int complete_domain(json_t *store, const char *domain, const struct authority *a,
			   struct lab_error **err)
{
	auto_certificate struct certificate c = {0};

	if (json_object_get(store, domain))
		return 0;
	if (authority_issue(a, domain, &c, err))
		return -1;
	if (json_object_set_new(
		    store, domain,
		    json_pack("{s:s, s:s}", "certificate", c.certificate, "key", c.key)))
		return lab_error_make(err, LAB_FAILED, "%s: not a domain", domain);
	return 1;
}

static int write_store(int dir, const char *name, const json_t *store, struct lab_error **err)
{
	auto_free char *text = json_dumps(store, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc;

	if (!text)
		abort();
	rc = write_at(dir, name, 0600, text, err);
	explicit_bzero(text, strlen(text));
	return rc;
}

/* Certificates of an authority that is lost are of no use: `anew`. */
static int complete(int dir, const char *worker, const json_t *domains, const struct authority *a,
		    bool anew, struct lab_error **err)
{
	auto_strbuf struct strbuf name = {0};
	auto_free char *text = NULL;
	json_auto_t *store = NULL;
	const json_t *domain;
	bool changed;
	size_t i;

	strbuf_printf(&name, "%s.certificates", worker);
	text = anew ? NULL : read_at(dir, name.s);
	store = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	changed = !json_is_object(store);
	if (changed) {
		json_decref(store);
		store = json_object();
	}
	json_array_foreach (domains, i, domain) {
		const int rc = complete_domain(store, json_string_value(domain), a, err);

		if (rc < 0)
			return -1;
		changed |= rc > 0;
	}
	return changed ? write_store(dir, name.s, store, err) : 0;
}

int store_complete(int lab_dir, const char *lab, json_t *wanted, const char *bundle,
		   struct lab_error **err)
{
	auto_close int dir = make_folder(lab_dir, err);
	struct authority *a = dir < 0 ? NULL : old_authority(dir);
	const bool anew = !a;
	const char *worker;
	json_t *domains;
	int rc;

	if (dir < 0)
		return -1;
	if (anew)
		a = new_authority(dir, lab, err);
	rc = a ? write_trust(dir, bundle, err) : -1;
	json_object_foreach (wanted, worker, domains) {
		rc = rc ? rc : complete(dir, worker, domains, a, anew, err);
	}
	authority_free(a);
	return rc;
}
