// SPDX-License-Identifier: GPL-2.0-only
#include "gateway/certificates.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* To be freed; how many there are at *n. */
static const char **names_of(const struct gateway_config *config, size_t *n)
{
	const char **names;
	size_t room = 0;

	for (size_t i = 0; i < config->n_groups; i++)
		room += config->groups[i].n_domains;
	names = calloc(room + 1, sizeof(*names));
	if (!names)
		abort();
	*n = 0;
	for (size_t i = 0; i < config->n_groups; i++) {
		for (size_t k = 0; k < config->groups[i].n_domains; k++) {
			if (config->groups[i].domains[k].certificate)
				names[(*n)++] = config->groups[i].domains[k].name;
		}
	}
	return names;
}

int gateway_certificates(const struct gateway_config *config, struct tls_server **ret,
			 struct lab_error **err)
{
	auto_free const char **names = NULL;
	struct tls_server *t;
	size_t n;

	*ret = NULL;
	if (config->certificates_fd < 0)
		return 0;
	names = names_of(config, &n);
	t = tls_server_new(err);
	if (!t || tls_server_load(t, config->certificates_fd, names, n, err) < 0) {
		tls_server_free(t);
		return -1;
	}
	(void)close(config->certificates_fd); /* only read from; nobody shall read it again */
	*ret = t;
	return 0;
}

int gateway_secure_backends(struct gateway_config *config, struct tls_client **ret,
			    struct lab_error **err)
{
	*ret = NULL;
	if (config->n_https_backends == 0)
		return 0;
	*ret = tls_client_new(err);
	if (!*ret)
		return -1;
	for (size_t i = 0; i < config->n_https_backends; i++) {
		struct gateway_backend *b = config->https_backends[i];
		auto_free char *name = strndup(b->host, strcspn(b->host, ":"));

		if (!name)
			abort();
		b->security = tls_client_security(*ret, name);
	}
	return 0;
}
