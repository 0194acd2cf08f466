// SPDX-License-Identifier: GPL-2.0-only
#include "dns/config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "dns/must.h"

#define DEFAULT_TTL 60
#define DNS_PORT    53

void dns_config_free(struct dns_config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_views; i++) {
		dns_view_free(c->views[i]);
		free(c->names[i]);
	}
	for (size_t i = 0; i < c->n_sockets; i++)
		free(c->sockets[i].name);
	free(c->views);
	free(c->names);
	free(c->sockets);
	free(c);
}

static int read_records(struct dns_view *view, json_t *records, struct lab_error **err)
{
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record) {
		const char *name, *type, *data;
		json_int_t ttl = DEFAULT_TTL;

		if (json_unpack(record, "{s:s, s:s, s:s, s?I !}", "name", &name, "type", &type,
				"data", &data, "ttl", &ttl) < 0 ||
		    ttl < 0 || ttl > INT32_MAX)
			return lab_error_make(err, LAB_FAILED,
					      "configuration: record %zu: malformed", i);
		if (dns_view_add(view, name, type, data, (uint32_t)ttl, err) < 0)
			return lab_error_prefix(err, "configuration: record %zu", i);
	}
	return 0;
}

static int read_zones(struct dns_view *view, json_t *zones, struct lab_error **err)
{
	json_t *zone;
	size_t i;

	json_array_foreach (zones, i, zone) {
		if (!json_is_string(zone))
			return lab_error_make(err, LAB_FAILED, "configuration: zone %zu: no name",
					      i);
		if (dns_view_add_zone(view, json_string_value(zone), err) < 0)
			return lab_error_prefix(err, "configuration");
	}
	return 0;
}

static int read_servers(json_t *list, struct sockaddr_in *servers, struct lab_error **err)
{
	json_t *server;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) < 1 ||
	    json_array_size(list) > DNS_MAX_SERVERS)
		return lab_error_make(err, LAB_FAILED, "not a list of 1 to %d servers",
				      DNS_MAX_SERVERS);
	json_array_foreach (list, i, server) {
		const char *text = json_string_value(server);
		uint32_t addr;

		if (!text || !ip_parse(text, &addr))
			return lab_error_make(err, LAB_FAILED, "server '%s': not an IPv4 address",
					      text ? text : "?");
		servers[i] = (struct sockaddr_in){.sin_family = AF_INET,
						  .sin_port = htons(DNS_PORT),
						  .sin_addr.s_addr = htonl(addr)};
	}
	return 0;
}

static int read_forwards(struct dns_config *c, struct dns_view *view, json_t *forwards,
			 struct lab_error **err)
{
	json_t *forward;
	size_t i;

	if (forwards && !json_is_array(forwards))
		return lab_error_make(err, LAB_FAILED, "configuration: \"forward\": no list");
	json_array_foreach (forwards, i, forward) {
		struct sockaddr_in servers[DNS_MAX_SERVERS];
		const char *zone;
		json_t *list;

		if (json_unpack(forward, "{s:s, s:o !}", "zone", &zone, "servers", &list) < 0)
			return lab_error_make(err, LAB_FAILED,
					      "configuration: forward %zu: malformed", i);
		if (read_servers(list, servers, err) < 0 ||
		    dns_view_add_forward(view, zone, servers, json_array_size(list), err) < 0)
			return lab_error_prefix(err, "configuration: forward %zu", i);
		c->forwards = true;
	}
	return 0;
}

static int bind_sockets(struct dns_config *c, size_t view, json_t *names, struct lab_error **err)
{
	json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		const char *want = json_string_value(name);
		size_t s = 0;

		while (want && s < c->n_sockets && strcmp(c->sockets[s].name, want) != 0)
			s++;
		if (!want || s == c->n_sockets)
			return lab_error_make(err, LAB_FAILED, "configuration: %s: no socket '%s'",
					      c->names[view], want ? want : "?");
		c->sockets[s].view_name = c->names[view];
		c->sockets[s].view = c->views[view];
	}
	return 0;
}

static int read_view(struct dns_config *c, json_t *view, json_t *zones, struct lab_error **err)
{
	json_t *names = NULL, *records = NULL, *forwards = NULL;
	const char *name;
	size_t i = c->n_views;

	if (json_unpack(view, "{s:s, s:o, s?o, s?o !}", "name", &name, "sockets", &names, "records",
			&records, "forward", &forwards) < 0)
		return lab_error_make(err, LAB_FAILED, "configuration: view %zu: malformed", i);
	c->views = dns_must(reallocarray(c->views, i + 1, sizeof(struct dns_view *)));
	c->names = dns_must(reallocarray(c->names, i + 1, sizeof(char *)));
	c->names[i] = dns_must(strdup(name));
	c->views[i] = dns_view_new();
	c->n_views++;
	if (read_zones(c->views[i], zones, err) < 0 ||
	    read_records(c->views[i], records, err) < 0 ||
	    read_forwards(c, c->views[i], forwards, err) < 0)
		return -1;
	return bind_sockets(c, i, names, err);
}

static int read_sockets(struct dns_config *c, json_t *sockets, struct lab_error **err)
{
	json_t *socket;
	size_t i;

	c->sockets = dns_must(calloc(json_array_size(sockets) + 1, sizeof(*c->sockets)));
	json_array_foreach (sockets, i, socket) {
		const char *name = json_string_value(json_object_get(socket, "name"));

		if (!name)
			return lab_error_make(err, LAB_FAILED, "configuration: socket %zu: no name",
					      i);
		c->sockets[c->n_sockets++].name = dns_must(strdup(name));
	}
	return 0;
}

static int read_all(struct dns_config *c, json_t *root, struct lab_error **err)
{
	json_t *views = json_object_get(root, "views"), *view;
	json_t *zones = json_object_get(root, "zones");
	size_t i;

	if (!json_is_array(views))
		return lab_error_make(err, LAB_FAILED, "configuration: no \"views\"");
	if (read_sockets(c, json_object_get(root, "sockets"), err) < 0)
		return -1;
	json_array_foreach (views, i, view) {
		if (read_view(c, view, zones, err) < 0)
			return -1;
	}
	for (i = 0; i < c->n_sockets; i++) {
		if (!c->sockets[i].view)
			return lab_error_make(err, LAB_FAILED,
					      "configuration: socket '%s': belongs to no view",
					      c->sockets[i].name);
	}
	return 0;
}

struct dns_config *dns_config_read(const char *text, size_t len, struct lab_error **err)
{
	struct dns_config *c;
	json_error_t why;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	int rc;

	if (!root) {
		lab_error_make(err, LAB_FAILED, "configuration: %s", why.text);
		return NULL;
	}
	c = dns_must(calloc(1, sizeof(*c)));
	rc = read_all(c, root, err);
	json_decref(root);
	if (rc < 0) {
		dns_config_free(c);
		return NULL;
	}
	return c;
}
