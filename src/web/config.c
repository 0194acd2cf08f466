// SPDX-License-Identifier: GPL-2.0-only
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "web/server.h"

void web_config_free(struct web_config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_hosts; i++)
		free(c->hosts[i]);
	free(c->hosts);
	free(c->token);
	free(c);
}

static char *copy(const json_t *text)
{
	char *s = strdup(json_string_value(text));

	if (!s)
		abort();
	return s;
}

struct web_config *web_config_read(const char *text, struct lab_error **err)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *host;
	json_t *token = json_object_get(root, "token"), *hosts = json_object_get(root, "hosts");
	struct web_config *c = calloc(1, sizeof(*c));
	size_t i;

	if (!c || !(c->hosts = calloc(json_array_size(hosts) + 1, sizeof(*c->hosts))))
		abort();
	json_array_foreach (hosts, i, host)
		if (json_is_string(host))
			c->hosts[c->n_hosts++] = copy(host);
	if (json_string_length(token) && c->n_hosts) {
		c->token = copy(token);
		c->control = json_is_true(json_object_get(root, "control"));
		json_decref(root);
		return c;
	}
	json_decref(root);
	web_config_free(c);
	(void)lab_error_make(err, LAB_FAILED, "the configuration has no token or no hosts");
	return NULL;
}
