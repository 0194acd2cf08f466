// SPDX-License-Identifier: GPL-2.0-only
/*
 * labctl-certify: makes the keys and certificates of a lab. A program of its own, since labctl shall not load
 * a cryptographic library with every verb. `labctl up` starts it with LAB as its argument, the lab's
 * directory as descriptor 3, and what is wanted (store.h) on standard input.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/etc.h"
#include "base/name.h"
#include "certify/store.h"

#define LAB_DIR 3

/* Workers become parts of names of files. */
static bool sound(json_t *wanted)
{
	const char *worker;
	json_t *domains, *domain;
	size_t i;

	json_object_foreach (wanted, worker, domains) {
		if (!name_valid(worker) || !json_is_array(domains))
			return false;
		json_array_foreach (domains, i, domain) {
			if (!json_is_string(domain) || !json_string_length(domain))
				return false;
		}
	}
	return json_is_object(wanted);
}

static int certify(const char *lab, struct lab_error **err)
{
	json_auto_t *wanted = json_loadf(stdin, JSON_REJECT_DUPLICATES, NULL);

	if (!sound(wanted) || !name_valid(lab))
		return lab_error_make(err, LAB_USAGE, "malformed order");
	return store_complete(LAB_DIR, lab, wanted, ETC_BUNDLE, err);
}

int main(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;

	if (argc != 2)
		return LAB_USAGE;
	(void)umask(0022); /* modes of files are meant as they are written */
	if (!certify(argv[1], &err))
		return 0;
	fprintf(stderr, "%s\n", lab_error_message(err));
	return (int)lab_error_status(err);
}
