// SPDX-License-Identifier: GPL-2.0-only
#include "certify/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "certify/authority.h"

#define FOLDER "secrets"

static int failed(const char *name, struct lab_error **err)
{
	return lab_error_errno(err, LAB_FAILED, errno, FOLDER "/%s", name);
}

/*
 * The text of a file, to be freed; NULL where it is not there, or empty. Whatever else keeps us from reading
 * it is an error: what cannot be read now must not be taken for lost, and replaced. flags: O_NOFOLLOW or 0.
 */
static int read_at(int dir, const char *name, int flags, char **ret, struct lab_error **err)
{
	size_t len = 0;
	auto_free char *text = file_read(dir, name, flags, &len);

	if (!text && errno != ENOENT)
		return lab_error_errno(err, LAB_FAILED, errno, "%s%s",
				       dir == AT_FDCWD ? "" : FOLDER "/", name);
	*ret = len ? steal_ptr(text) : NULL;
	return 0;
}

static int write_at(int dir, const char *name, mode_t mode, const char *text,
		    struct lab_error **err)
{
	return file_replace(dir, name, mode, text, strlen(text)) ? failed(name, err) : 0;
}

static int make_folder(int lab_dir, struct lab_error **err)
{
	int fd;

	if (mkdirat(lab_dir, FOLDER, 0700) && errno != EEXIST)
		return lab_error_errno(err, LAB_FAILED, errno, FOLDER);
	fd = openat(lab_dir, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? lab_error_errno(err, LAB_FAILED, errno, FOLDER) : fd;
}

/* NULL at *ret: there is none. */
static int old_authority(int dir, struct authority **ret, struct lab_error **err)
{
	auto_free char *certificate = NULL, *key = NULL;

	*ret = NULL;
	if (read_at(dir, "ca.pem", O_NOFOLLOW, &certificate, err) ||
	    read_at(dir, "ca-key.pem", O_NOFOLLOW, &key, err))
		return -1;
	if (certificate && key)
		*ret = authority_read(certificate, key);
	if (key)
		explicit_bzero(key, strlen(key));
	return 0;
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
	auto_free char *hosts = NULL, *ca = NULL;
	auto_strbuf struct strbuf text = {0};

	/* the host's is a link on some */
	if (read_at(AT_FDCWD, bundle, 0, &hosts, err) ||
	    read_at(dir, "ca.pem", O_NOFOLLOW, &ca, err))
		return -1;
	if (!ca)
		return lab_error_make(err, LAB_FAILED, FOLDER "/ca.pem: gone");
	if (hosts)
		strbuf_add(&text, hosts);
	if (text.len && text.s[text.len - 1] != '\n')
		strbuf_addc(&text, '\n');
	strbuf_add(&text, ca);
	return write_at(dir, "trust.pem", 0644, text.s, err);
}

/* With its key, and of this authority: those of one that is lost are of no use. */
static bool has_domain(const json_t *store, const char *domain, const struct authority *a)
{
	const char *certificate, *key;

	return json_unpack(json_object_get(store, domain), "{s:s, s:s}", "certificate",
			   &certificate, "key", &key) == 0 &&
	       authority_has_issued(a, certificate, key);
}

/* 1: it was missing; 0: it is there. */
static int complete_domain(json_t *store, const char *domain, const struct authority *a,
			   struct lab_error **err)
{
	auto_certificate struct certificate c = {0};

	if (has_domain(store, domain, a))
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

static int complete(int dir, const char *worker, const json_t *domains, const struct authority *a,
		    struct lab_error **err)
{
	auto_strbuf struct strbuf name = {0};
	auto_free char *text = NULL;
	json_auto_t *store = NULL;
	const json_t *domain;
	bool changed;
	size_t i;

	strbuf_printf(&name, "%s.certificates", worker);
	if (read_at(dir, name.s, O_NOFOLLOW, &text, err))
		return -1;
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
	struct authority *a;
	const char *worker;
	json_t *domains;
	int rc;

	if (dir < 0 || old_authority(dir, &a, err))
		return -1;
	if (!a)
		a = new_authority(dir, lab, err);
	rc = a ? write_trust(dir, bundle, err) : -1;
	json_object_foreach (wanted, worker, domains) {
		rc = rc ? rc : complete(dir, worker, domains, a, err);
	}
	authority_free(a);
	return rc;
}
