// SPDX-License-Identifier: GPL-2.0-only
/**
 * The gateway's configuration, checked strictly: unknown keys, dangling names and doubles are errors.
 *
 *	{"instance", "instance_id", "region", "type": "normal" | "vpc_connect" | "serverless",
 *	 "sockets": [{"name"}], "listeners": [{"socket", "protocol": "HTTP" | "HTTPS", "internet"?: BOOL}],
 *	 "certificates"?: name of a socket of type secret, see certify/store.h; HTTPS needs it,
 *	 "state"?: name of a socket of type table, see gateway/quota.h,
 *	 "public_daily_calls"?: of each public domain; needs "state",
 *	 "rps_limit"?: calls of the instance in a second; needs "state",
 *	 "metrics"?: name of the socket that gateway/metrics.h answers at,
 *	 "counts"?: name of a socket of type table, see gateway/counts.h,
 *	 "limits"?: {"head"?, "body"?, "function_answer"?: bytes, "head_ms"?, "idle_ms"?, "stall_ms"?,
 *		     "handshake_ms"?, "connect_ms"?, "backend_idle_ms"?, "connections"?},
 *	 "groups": [{"name", "id", "base_path", "stages": [NAME],
 *		     "domains": [{"name", "kind": "vpc" | "public" | "custom", "certificate"?: BOOL}],
 *		     "traffic_limit"?: calls of the group in a second; needs "state",
 *		     "vpc_whitelist"?: [CIDR]: from where it may be called, but over the Internet}],
 *	 "elsewhere"?: [NAME]: domains of groups on other instances,
 *	 "apps"?: [{"name", "id", "key", "secret", "code"}],
 *	 "apis": [{"name", "id", "group", "method", "path", "protocol": ["HTTP", "HTTPS"],
 *		   "stages": [NAME], "backend",
 *		   "auth"?: {"nonce": BOOL, "app_code": "DISABLE" | "HEADER" | "HEADER_QUERY",
 *			     "apps": [{"app": NAME, "stages": [NAME]}]},
 *		   "plugins"?: [{"plugin": NAME, "stages": [NAME]}], "mapping"?}],
 *	 "plugins"?: [{"name", "kind": "trafficControl", "unit_s", "api", "user"?, "app"?,
 *		       "specials": [{"app": NAME, "value"}]} |
 *		      {"name", "kind": "ipControl", "type": "ALLOW" | "REFUSE",
 *		       "items": [{"blocks": [CIDR], "app"?: NAME}]} |
 *		      {"name", "kind": "basicAuth", "users": [{"username", "password"}]} |
 *		      {"name", "kind": "jwtAuth", "parameter", "location": "header" | "query" | "cookie",
 *		       "prevent_jti_replay", "bypass_empty_token", "ignore_expiration": BOOL,
 *		       "claims": [{"claim", "parameter", "location": "header" | "query"}],
 *		       "keys": [{"kid"?, "alg": "RS256" | "ES256" | "HS256", "a", "b"?}]} |
 *		      {"name", "kind": "cors", "origins", "methods"?, "headers"?, "expose"?,
 *		       "credentials": BOOL, "max_age"?} |
 *		      {"name", "kind": "caching", "by_app": BOOL, "parameters": [NAME],
 *		       "headers": [NAME], "client": "off" | "all" | "app", "apps": [NAME],
 *		       "cacheable": [NAME], "duration_s"} |
 *		      {"name", "kind": "routing", "routes": [{"name", "condition", "backend"}]} |
 *		      {"name", "kind": "circuitBreaker", "threshold", "window_ms", "open_ms",
 *		       "condition"?, "fallback"?: BACKEND} |
 *		      {"name", "kind": "backendSignature", "key", "secret"}]}
 *
 * a and b of a key, base64url: n and e of RS256, x and y of ES256, the secret of HS256. Backends of plug-ins have no
 * parameters in their path.
 *
 * An API's "mapping" (gateway/mapping.h) is
 *
 *	{"mode": "MAPPING" | "MAPPING_PASSTHROUGH" | "PASSTHROUGH", "form": BOOL,
 *	 "parameters": [{"name", "in": "PATH" | "QUERY" | "HEAD" | "BODY", "to": likewise, "as",
 *			 "type": "STRING" | "INT" | "LONG" | "FLOAT" | "DOUBLE" | "BOOLEAN", "required": BOOL,
 *			 "default"?, "min"?, "max"?: numbers as texts, "min_length"?, "max_length"?,
 *			 "regular_expression"?, "values"?: [TEXT]}],
 *	 "constants": [{"to", "as", "value"}],
 *	 "systems": [{"name": "CaClientIp", "to", "as"}]}
 *
 * A backend is one of
 *
 *	{"kind": "function", "function", "address", "port", "timeout_ms", "role"?, "trigger"?: "http", which has
 *	 "path"?, "method"?}
 *	{"kind": "http", "scheme"?: "http" | "https", "host", "address"?, "port"?, "path"?, "method"?,
 *	 "device"?, "source"?, "timeout_ms"}
 *	{"kind": "http-vpc", "access", else as above}
 *	{"kind": "mock", "status"?, "body"?, "headers"?: {NAME: VALUE}}
 *
 * host: what the backend gets as Host, maybe with a port. No address: the name does not resolve
 * (D504RE), or the VPC access authorization is unusable (X504VE). path: see gateway/template.h.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/ip.h"
#include "gateway/place.h"
#include "gateway/template.h"
#include "http/head.h"
#include "httpd/security.h"

#define GATEWAY_MAX_STAGES   32 /* of one group; sets of stages are bits of a word */
#define GATEWAY_MAX_SEGMENTS 64 /* of an API's path */

#define GATEWAY_APP_TEXT   256   /* bytes of a key, secret or code */
#define GATEWAY_CONNECT_MS 3000u /* for connecting to a backend, where nothing else is said */

struct gateway_listener {
	const char *socket;
	int fd;
	bool https, internet; /* internet: at the public address */
};

struct gateway_domain {
	const char *name; /* lower case */
	bool is_public;   /* the public second-level domain, not the VPC one */
	bool is_vpc;      /* the VPC one, which only VPCs may call */
	bool certificate; /* HTTPS knows it; as a rule */
};

/** How many calls a second something takes, all processes together. */
struct gateway_rate {
	uint32_t limit; /* 0: any number */
	uint64_t hash;  /* that they are counted by */
};

struct gateway_group {
	const char *name, *id;
	const char *base_path; /* "/", or "/v1" without a slash at the end */
	size_t base_segments;  /* of it: 0 for "/" */
	const char **stages;
	const char **stage_ids; /* for the log; the same in every configuration of the lab */
	size_t n_stages;
	struct gateway_domain *domains;
	size_t n_domains;
	struct gateway_rate rate;
	struct ip_prefix *vpc_whitelist;
	size_t n_vpc_whitelist; /* 0: from anywhere */
};

enum gateway_backend_kind { GATEWAY_FUNCTION, GATEWAY_HTTP, GATEWAY_HTTP_VPC, GATEWAY_MOCK };

struct gateway_backend {
	enum gateway_backend_kind kind;
	/* all but GATEWAY_MOCK */
	struct sockaddr_in address; /* sin_family 0: there is none */
	const char *endpoint;       /* "100.100.80.1:9000", or NULL */
	unsigned int timeout_ms;
	/* GATEWAY_FUNCTION */
	const char *function;
	const char *role;  /* NULL: the gateway may not invoke it (A403FC) */
	bool http_trigger; /* it gets the request, not an event */
	/* GATEWAY_HTTP, GATEWAY_HTTP_VPC */
	const char *access; /* GATEWAY_HTTP_VPC: name of the authorization */
	/* also of a function with an HTTP trigger */
	const char *host;
	const char *method;                  /* NULL: the client's */
	const struct gateway_template *path; /* NULL: the client's, without the base path */
	/* GATEWAY_HTTP, GATEWAY_HTTP_VPC */
	const char *device;        /* NULL: any */
	struct sockaddr_in source; /* sin_family 0: the kernel chooses */
	bool https;
	const struct httpd_security *security; /* see gateway_secure_backends() */
	/* GATEWAY_MOCK */
	int status;
	const char *body;
	struct http_header *headers;
	size_t n_headers;
};

struct gateway_app {
	const char *name, *id, *key, *secret, *code;
};

struct gateway_grant {
	const struct gateway_app *app;
	uint32_t stages; /* as gateway_api.stages */
};

/** Where an AppCode may stand in a request. */
enum gateway_app_code { GATEWAY_CODE_DISABLED, GATEWAY_CODE_HEADER, GATEWAY_CODE_HEADER_QUERY };

struct gateway_auth {
	bool required; /* else anybody may call */
	bool nonce;    /* X-Ca-Nonce and X-Ca-Timestamp must be there */
	enum gateway_app_code app_code;
	struct gateway_grant *grants;
	size_t n_grants;
};

/* In the order in which they act. */
enum gateway_plugin_kind {
	GATEWAY_CORS,
	GATEWAY_IP_CONTROL,
	GATEWAY_BASIC_AUTH,
	GATEWAY_JWT_AUTH,
	GATEWAY_TRAFFIC_CONTROL,
	GATEWAY_ROUTING,
	GATEWAY_CACHING,
	GATEWAY_CIRCUIT_BREAKER,
	GATEWAY_BACKEND_SIGNATURE,
};

struct gateway_plugin {
	const char *name;
	enum gateway_plugin_kind kind;
	const struct gateway_plugin_ops *ops; /* gateway/plugin.h */
	const void *own;                      /* what its kind has read */
};

struct gateway_bound {
	const struct gateway_plugin *plugin;
	uint32_t stages; /* as gateway_api.stages */
};

enum gateway_mode {
	GATEWAY_PASS,         /* all but the path goes on as it came */
	GATEWAY_MAP,          /* what is not mapped is dropped */
	GATEWAY_MAP_AND_PASS, /* what is not mapped goes on */
};

enum gateway_value_type {
	GATEWAY_STRING,
	GATEWAY_INT,
	GATEWAY_LONG,
	GATEWAY_FLOAT,
	GATEWAY_DOUBLE,
	GATEWAY_BOOLEAN,
};

struct pattern;

struct gateway_parameter {
	const char *name, *as; /* as: at the backend */
	enum gateway_place in, to;
	enum gateway_value_type type;
	bool required;
	const char *fallback; /* its default, or NULL */
	bool has_min, has_max;
	double min, max;
	size_t min_length, max_length; /* bytes; max 0: no limit */
	const struct pattern *pattern; /* that a STRING matches, or NULL */
	const char **values;           /* the only ones, where there are any */
	size_t n_values;
	size_t slot; /* GATEWAY_IN_PATH: which parameter of the API's path */
};

struct gateway_constant {
	enum gateway_place to;
	const char *as, *value;
};

/** What the gateway knows of a call. */
enum gateway_system_value {
	GATEWAY_CLIENT_IP,
	GATEWAY_DOMAIN,
	GATEWAY_HANDLE_TIME,
	GATEWAY_APP_ID,
	GATEWAY_APP_KEY,
	GATEWAY_REQUEST_ID,
	GATEWAY_API_NAME,
	GATEWAY_HTTP_SCHEMA,
	GATEWAY_PROXY,
	GATEWAY_STAGE,
	GATEWAY_CLIENT_UA,
	GATEWAY_N_SYSTEM_VALUES,
};

struct gateway_system {
	enum gateway_system_value value;
	enum gateway_place to;
	const char *as;
};

struct gateway_mapping {
	enum gateway_mode mode;
	bool form; /* a body is a form */
	struct gateway_parameter *parameters;
	struct gateway_constant *constants;
	struct gateway_system *systems;
	size_t n_parameters, n_constants, n_systems;
	const char **path_names; /* that may stand in the path of the backend */
	size_t n_path_names;
};

struct gateway_api {
	const char *name, *id;
	const struct gateway_group *group;
	const char *method; /* NULL: ANY */
	/* normalised and with the group's base path; segments "[name]" are parameters */
	struct http_slice path;
	const char **params; /* their names in order */
	size_t n_params;
	bool http, https;
	uint32_t stages; /* bit i: published to group->stages[i] */
	struct gateway_backend backend;
	struct gateway_auth auth;
	struct gateway_bound *plugins; /* in the order in which they act */
	size_t n_plugins;
	uint64_t circuit; /* hash of its circuit where no plug-in says anything of it */
	const struct gateway_mapping *mapping; /* NULL: all goes on as it came */
};

/** Of requests; bytes and milliseconds. */
struct gateway_limits {
	unsigned int head, body, function_answer;                           /* bytes */
	unsigned int head_ms, idle_ms, stall_ms, handshake_ms, connections; /* 0: httpd's own */
	unsigned int connect_ms, backend_idle_ms; /* the latter: likewise */
};

struct gateway_config {
	const char *instance, *instance_id, *region;
	bool serverless;
	struct gateway_limits limits;
	int state_fd;                /* -1: none */
	int certificates_fd;         /* -1: none, and no listener for HTTPS */
	int metrics_fd;              /* -1: none */
	int counts_fd;               /* gateway/counts.h; -1: it is the only process */
	uint32_t public_daily_calls; /* 0: no limit */
	struct gateway_rate rate;
	struct gateway_listener *listeners;
	size_t n_listeners;
	const char **elsewhere; /* lower case */
	size_t n_elsewhere;
	struct gateway_group *groups;
	size_t n_groups;
	struct gateway_app *apps; /* sorted by key */
	size_t n_apps;
	struct gateway_plugin *plugins;
	size_t n_plugins;
	struct gateway_api *apis;
	size_t n_apis;
	struct gateway_backend **https_backends; /* those of APIs and plug-ins */
	size_t n_https_backends;
};

/** "http-vpc", as in the configuration. */
const char *gateway_backend_kind_name(enum gateway_backend_kind kind);

/** Everything of it lives in the arena. NULL with *err where the text is not a sound configuration. */
struct gateway_config *gateway_config_read(struct arena *a, const char *text, size_t len,
					   struct lab_error **err);
