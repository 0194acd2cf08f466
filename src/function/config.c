// SPDX-License-Identifier: GPL-2.0-only
#include "function/config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define MAX_CONCURRENCY 200
#define MAX_CREDENTIALS 1024 /* bytes of all three */

static void *must(void *p)
{
	if (!p)
		abort(); /* out of memory: the supervisor starts us anew */
	return p;
}

void function_config_free(struct function_config *c)
{
	if (!c)
		return;
	environment_done(&c->environment);
	free(c->name);
	free(c->region);
	free(c->handler);
	free(c->access_key_id);
	free(c->access_key_secret);
	free(c->security_token);
	free(c);
}

static int add_users_own(struct function_config *c, json_t *environment, struct lab_error **err)
{
	const char *name;
	json_t *value;

	json_object_foreach (environment, name, value) {
		if (!json_is_string(value) || !environment_name_valid(name))
			return lab_error_make(err, LAB_FAILED,
					      "configuration: environment: '%s': malformed", name);
		environment_set(&c->environment, name, "%s", json_string_value(value));
	}
	return 0;
}

/* With each invocation of a custom runtime they become headers. */
static int read_credentials(struct function_config *c, json_t *j, struct lab_error **err)
{
	const char *id, *secret, *token;

	if (!j)
		return 0;
	if (json_unpack(j, "{s:s, s:s, s:s !}", "access_key_id", &id, "access_key_secret", &secret,
			"security_token", &token) < 0 ||
	    strlen(id) + strlen(secret) + strlen(token) > MAX_CREDENTIALS)
		return lab_error_make(err, LAB_FAILED, "configuration: credentials: malformed");
	c->settings.access_key_id = c->access_key_id = must(strdup(id));
	c->settings.access_key_secret = c->access_key_secret = must(strdup(secret));
	c->settings.security_token = c->security_token = must(strdup(token));
	return 0;
}

static int read_all(struct function_config *c, json_t *root, struct lab_error **err)
{
	const char *name, *region, *handler, *trigger = NULL;
	json_int_t timeout_ms = 60000, memory_mb = 128, concurrency = 0, port = 0;
	json_t *environment = NULL, *credentials = NULL;

	if (json_unpack(root, "{s:s, s:s, s:s, s?I, s?I, s?I, s?s, s?I, s?o, s?o}", "function",
			&name, "region", &region, "handler", &handler, "timeout_ms", &timeout_ms,
			"memory_mb", &memory_mb, "instance_concurrency", &concurrency, "trigger",
			&trigger, "ca_port", &port, "credentials", &credentials, "environment",
			&environment) < 0)
		return lab_error_make(err, LAB_FAILED,
				      "configuration: function, region or handler is missing");
	if (timeout_ms < 1 || timeout_ms > 86400000 || handler[0] != '/')
		return lab_error_make(err, LAB_FAILED, "configuration: %s is out of range",
				      handler[0] == '/' ? "timeout_ms" : "handler");
	if (concurrency < 0 || concurrency > MAX_CONCURRENCY || memory_mb < 0 ||
	    memory_mb > UINT32_MAX)
		return lab_error_make(err, LAB_FAILED, "configuration: %s is out of range",
				      memory_mb < 0 || memory_mb > UINT32_MAX
					      ? "memory_mb"
					      : "instance_concurrency");
	if (trigger && (strcmp(trigger, "http") != 0 || !concurrency))
		return lab_error_make(err, LAB_FAILED,
				      "configuration: trigger: http, of a custom runtime");
	if (port && (port < 1024 || port > UINT16_MAX || !concurrency))
		return lab_error_make(err, LAB_FAILED, "configuration: ca_port is out of range");
	c->name = must(strdup(name));
	c->region = must(strdup(region));
	c->handler = must(strdup(handler));
	environment_set(&c->environment, "PATH", "/usr/local/bin:/usr/bin:/bin");
	environment_set(&c->environment, "HOME", "/tmp");
	environment_set(&c->environment, "LANG", "C.UTF-8");
	environment_set(&c->environment, "FC_FUNCTION_NAME", "%s", name);
	environment_set(&c->environment, "FC_REGION", "%s", region);
	environment_set(&c->environment, "FC_TIMEOUT", "%lld",
			(long long)(timeout_ms + 999) / 1000);
	environment_set(&c->environment, "FC_MEMORY_MB", "%lld", (long long)memory_mb);
	c->settings = (struct function_settings){.name = c->name,
						 .region = c->region,
						 .handler = c->handler,
						 .timeout_ms = (uint32_t)timeout_ms,
						 .memory_mb = (unsigned)memory_mb,
						 .concurrency = (unsigned)concurrency,
						 .port = (uint16_t)port,
						 .http_trigger = trigger};
	if (read_credentials(c, credentials, err) < 0)
		return -1;
	return add_users_own(c, environment, err);
}

struct function_config *function_config_read(const char *text, size_t len, struct lab_error **err)
{
	struct function_config *c;
	json_error_t why;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	int rc;

	if (!root) {
		lab_error_make(err, LAB_FAILED, "configuration: %s", why.text);
		return NULL;
	}
	c = must(calloc(1, sizeof(*c)));
	rc = read_all(c, root, err);
	json_decref(root);
	if (rc < 0) {
		function_config_free(c);
		return NULL;
	}
	c->settings.environ = c->environment.vars;
	return c;
}
