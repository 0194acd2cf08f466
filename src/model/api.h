// SPDX-License-Identifier: GPL-2.0-only
/** API Gateway and Function Compute. */
#pragma once

#include <string.h>

#include "model/types.h"

struct ecs;

enum gateway_type { GATEWAY_NORMAL, GATEWAY_VPC_CONNECT, GATEWAY_SERVERLESS };

/** InstanceSpec of a dedicated instance. */
enum gateway_spec {
	GATEWAY_NO_SPEC,
	GATEWAY_S1_SMALL,
	GATEWAY_S1_MEDIUM,
	GATEWAY_S2_LARGE,
	GATEWAY_S2_LARGE_X2,
	GATEWAY_S2_LARGE_X3,
	GATEWAY_S2_LARGE_X4,
	GATEWAY_S2_LARGE_X5,
	GATEWAY_S2_LARGE_X6,
};

/** The one VPC whose members reach a dedicated instance ("Bind to VPC"). */
struct gateway_binding {
	struct span at; /* line 0: not bound */
	struct ref vpc;
	struct ref vswitch; /* absent: the first vSwitch of the VPC */
	struct address ip;  /* absent: validate/ chooses the lowest free one and sets it */
};

/** Where an instance of type vpc_connect has its network interface. */
struct gateway_interface {
	struct span at; /* line 0: none */
	struct ref vswitch;
	struct ref security_group;
	struct address ip; /* absent: validate/ chooses the lowest free one and sets it */
};

/** What an instance bears of clients and backends. Not set: as the vendor has it, or we where it says nothing. */
struct gateway_limits {
	struct span at;
	struct number head, body, function_answer;                      /* bytes */
	struct number head_time, idle_time, stall_time, handshake_time; /* us */
	struct number connect_time, backend_idle_time;                  /* us */
	struct number connections;
};

struct api_gateway {
	struct named id;
	struct ref region;
	enum gateway_type instance_type; /* default normal (dedicated) */
	struct gateway_binding bind;
	struct gateway_interface interface;   /* key zone_vswitch_security_group */
	struct cidr *to_connect_vpc_ip_block; /* what it reaches through it beside its own VPC */
	size_t n_to_connect_vpc_ip_block;
	struct cidr egress;     /* default 100.104.254.0/26, next /26 for the next instance */
	enum gateway_spec spec; /* dedicated ones only */
	struct span spec_at;
	struct number rps_limit; /* calls a second, dedicated ones only; default: that of spec */
	struct gateway_limits limits;
	struct number workers;    /* processes, 1..16; default 1 */
	struct address public_ip; /* on the Internet, if the lab has one; chosen by validate/ */
};

/** A domain of the user's own, bound to a group; what it leads to is the business of DNS. */
struct api_domain {
	struct named id;  /* "api.example.com" */
	bool certificate; /* it has one; default true */
};

/** A stage of a group: RELEASE, PRE and TEST are there in any case, others are the group's own. */
struct group_stage {
	struct named id;
	struct pair *variables; /* what #NAME# in a backend stands for in this stage */
	size_t n_variables;
};

static inline bool group_stage_is_built_in(const char *name)
{
	return !strcmp(name, "RELEASE") || !strcmp(name, "PRE") || !strcmp(name, "TEST");
}

struct api_group {
	struct named id;
	struct ref instance;   /* struct api_gateway */
	struct text base_path; /* default "/" */
	struct group_stage *stages;
	size_t n_stages;
	struct text sub_domain_id; /* 32 hex digits; default derived from lab and group */
	bool vpc_domain;           /* "Enable VPC Second-level Domain"; default false */
	struct span vpc_domain_at;
	struct number traffic_limit; /* calls a second; default: of a serverless instance 500 */
	struct ref *vpc_whitelist;   /* struct vpc: whose members may call; none: everybody */
	size_t n_vpc_whitelist;
	struct api_domain *domains;
	size_t n_domains;
};

/* What the code of a function is. */
enum function_runtime {
	FUNCTION_RUNTIME_PROCESS, /* a handler, started for each invocation */
	FUNCTION_RUNTIME_CUSTOM,  /* an HTTP server */
};

/* What it is called with. */
enum function_trigger {
	FUNCTION_TRIGGER_EVENT, /* the request as an event */
	FUNCTION_TRIGGER_HTTP,  /* the request itself; FUNCTION_RUNTIME_CUSTOM only */
};

struct function {
	struct named id;
	struct ref region;
	struct text code; /* path of an executable, relative to the lab file */
	enum function_runtime runtime;
	enum function_trigger trigger;
	struct span trigger_at;
	/* RAM role whose (made-up) credentials its invocations have; s NULL: none */
	struct text role;
	struct number instance_concurrency; /* FUNCTION_RUNTIME_CUSTOM only; default 1 */
	struct number ca_port; /* FUNCTION_RUNTIME_CUSTOM: it listens there; default 9000 */
	bool internet_access;  /* it is in the cloud-service network of its region; default false */
	struct number timeout; /* us; default 60 s */
	struct number memory_size; /* bytes; default 128 MiB; told to the handler */
	struct text *environment;  /* "KEY=value" */
	size_t n_environment;
};

enum api_method {
	API_GET,
	API_POST,
	API_PUT,
	API_DELETE,
	API_PATCH,
	API_HEAD,
	API_OPTIONS,
	API_ANY
};
enum api_protocol { API_HTTP = 1, API_HTTPS = 2, API_HTTP_HTTPS = 3 };

/** VPC access authorization: the gateways of the VPC's region may reach this one target through it. */
struct vpc_access {
	struct named id;
	struct ref vpc;
	struct text instance_id;          /* an ECS instance of the VPC, or an address */
	const struct ecs *ecs;            /* set by validate/ where instance_id names one */
	uint32_t ip;                      /* set by validate/: of the instance, or as written */
	struct number port;               /* 1..65535 */
	struct text vpc_target_host_name; /* Host header; default ADDRESS:PORT */
	bool deleted; /* a step deleted it: what still refers to it fails when it is called */
};

enum backend_kind { BACKEND_FUNCTION, BACKEND_MOCK, BACKEND_HTTP, BACKEND_HTTP_VPC };

struct api_backend {
	struct span at;
	enum backend_kind kind;       /* set by parse/ from the one of these that is written */
	struct ref function;          /* struct function */
	struct text mock;             /* body of a MOCK backend */
	struct text http;             /* "http://HOST[:PORT]", or https */
	struct ref vpc_access;        /* struct vpc_access */
	struct span vpc_scheme_at;    /* line 0: HTTP */
	enum api_protocol vpc_scheme; /* vpc_access: API_HTTP or API_HTTPS */
	struct text path; /* takes_http: with [parameters] of the API's path; default: that path */
	struct span method_at;     /* line 0: the client's method */
	enum api_method method;    /* takes_http */
	struct text arn_role;      /* RAM role that lets the gateway invoke the function */
	struct number timeout;     /* us; 300 ms .. 120 s, default 10 s */
	struct number mock_status; /* default 200 */
	struct pair *mock_headers;
	size_t n_mock_headers;
};

static inline bool api_backend_is_https(const struct api_backend *b)
{
	return b->http.s ? !strncmp(b->http.s, "https:", 6) : b->vpc_scheme == API_HTTPS;
}

/** Of `http`: "HOST[:PORT]". */
static inline const char *api_backend_host(const struct api_backend *b)
{
	return b->http.s + strlen(api_backend_is_https(b) ? "https://" : "http://");
}

/** Whether it gets the client's request rather than an event; once references are resolved. */
static inline bool backend_takes_http(const struct api_backend *b)
{
	const struct function *f = b->function.to;

	return b->kind == BACKEND_HTTP || b->kind == BACKEND_HTTP_VPC ||
	       (f && f->trigger == FUNCTION_TRIGGER_HTTP);
}

/** What is otherwise in one stage. */
struct api_stage {
	struct named id; /* of the stage */
	struct api_backend backend;
};

enum api_mode { API_PASSTHROUGH, API_MAPPING, API_MAPPING_PASSTHROUGH };
enum api_place { API_IN_PATH, API_IN_QUERY, API_IN_HEAD, API_IN_BODY };
enum api_value { API_STRING, API_INT, API_LONG, API_FLOAT, API_DOUBLE, API_BOOLEAN };

/** A parameter of the client's request, and where the backend gets it. */
struct request_parameter {
	struct named id;
	enum api_place in, in_service;
	struct span in_service_at; /* line 0: as in, set by parse/ */
	struct text name_service;  /* default: the same name */
	enum api_value type;       /* default STRING */
	bool required;             /* default false */
	struct text default_value, min_value, max_value;
	struct number min_length, max_length;
	struct text regular_expression; /* STRING */
	struct text *enum_value;
	size_t n_enum_value;
};

/** Named as the backend knows it. */
struct constant_parameter {
	struct named id;
	enum api_place in;
	struct text value;
};

/** What the gateway knows of the call, such as CaClientIp. */
struct system_parameter {
	struct named id;
	enum api_place in;
	struct text name_service; /* default: the same name */
};

enum auth_type { AUTH_ANONYMOUS, AUTH_APP };
enum app_code_auth { APP_CODE_DISABLE, APP_CODE_HEADER, APP_CODE_HEADER_QUERY };

/** Who calls APIs. What it proves itself with is derived from names (names.c) where it is not written. */
struct app {
	struct named id;
	struct text app_key, app_secret, app_code;
};

/** The authorization of an app for one API in one stage. */
struct app_attachment {
	struct named id;
	struct ref app;         /* struct app */
	struct ref api;         /* struct api */
	struct text stage_name; /* default RELEASE */
};

enum plugin_kind {
	PLUGIN_TRAFFIC_CONTROL,
	PLUGIN_IP_CONTROL,
	PLUGIN_BASIC_AUTH,
	PLUGIN_JWT_AUTH,
	PLUGIN_CORS,
	PLUGIN_CACHING,
	PLUGIN_ROUTING,
	PLUGIN_CIRCUIT_BREAKER,
	PLUGIN_BACKEND_SIGNATURE,
};
enum traffic_unit { UNIT_SECOND = 1, UNIT_MINUTE = 60, UNIT_HOUR = 3600, UNIT_DAY = 86400 };

struct traffic_policy {
	struct span at;
	struct ref key; /* struct app */
	struct number value;
};

struct traffic_special {
	struct span at;
	struct text type; /* APP; USER is refused by validate/ */
	struct traffic_policy *policies;
	size_t n_policies;
};

/** Calls within a unit; one that is not set: no limit. */
struct traffic_control {
	struct span at;
	enum traffic_unit unit;
	struct number api_default, user_default, app_default;
	struct traffic_special *specials;
	size_t n_specials;
};

struct ip_control_item {
	struct span at;
	struct cidr *blocks;
	size_t n_blocks;
	struct ref app; /* struct app; absent: whoever calls; of REFUSE: ignored */
};

struct ip_control {
	struct span at;
	bool allow; /* ALLOW: those only; REFUSE: all but those */
	struct ip_control_item *items;
	size_t n_items;
};

struct basic_user {
	struct span at;
	struct text username, password;
};

struct basic_auth {
	struct span at;
	struct basic_user *users;
	size_t n_users;
};

enum jwt_key_type { JWT_RSA, JWT_EC, JWT_OCT };
enum parameter_place { PLACE_HEADER, PLACE_QUERY, PLACE_COOKIE };

/** A JSON Web Key (RFC 7517): RSA has n and e, EC has crv, x and y, oct has k. */
struct jwt_key {
	struct span at;
	enum jwt_key_type kty;
	struct text kid, alg, use, n, e, crv, x, y, k;
};

/** The algorithm of RFC 7518 that keys of the type are for. */
static inline const char *jwt_key_alg(enum jwt_key_type type)
{
	return type == JWT_RSA ? "RS256" : type == JWT_EC ? "ES256" : "HS256";
}

struct jwt_claim {
	struct span at;
	struct text claim_name, parameter_name;
	enum parameter_place location; /* header or query */
};

struct jwt_auth {
	struct span at;
	struct text parameter;
	enum parameter_place location;
	struct jwt_claim *claims;
	size_t n_claims;
	bool prevent_jti_replay, bypass_empty_token, ignore_expiration_check;
	struct jwt_key jwk; /* or */
	struct jwt_key *jwks;
	size_t n_jwks;
};

/** Lists with commas, as the vendor writes them. */
struct cors {
	struct span at;
	struct text allow_origins; /* default "*" */
	struct text allow_methods, allow_headers, expose_headers;
	bool allow_credentials;
	struct number max_age; /* seconds */
};

enum client_cache_control { CLIENT_CACHE_OFF, CLIENT_CACHE_ALL, CLIENT_CACHE_APP };

struct client_cache {
	struct span at;
	enum client_cache_control mode;
	struct ref *apps; /* struct app */
	size_t n_apps;
};

struct caching {
	struct span at;
	bool vary_by_app;
	struct text *vary_by_parameters, *vary_by_headers, *cacheable_headers;
	size_t n_vary_by_parameters, n_vary_by_headers, n_cacheable_headers;
	struct client_cache client;
	struct number duration; /* seconds */
};

struct backend_route {
	struct span at;
	struct text name, condition;
	struct api_backend backend;
};

struct routing_plugin {
	struct span at;
	struct backend_route *routes;
	size_t n_routes;
};

/** Timeouts, or what a condition says of answers. */
struct circuit_breaker {
	struct span at;
	struct number timeout_threshold, error_threshold;
	struct text error_condition;
	struct number window, open;           /* seconds */
	struct api_backend downgrade_backend; /* at.line 0: none */
};

struct backend_signature {
	struct span at;
	struct text type, key, secret;
};

struct plugin {
	struct named id;
	enum plugin_kind kind; /* set by parse/ from the one of these that is written */
	struct traffic_control traffic_control;
	struct ip_control ip_control;
	struct basic_auth basic_auth;
	struct jwt_auth jwt_auth;
	struct cors cors;
	struct caching caching;
	struct routing_plugin routing;
	struct circuit_breaker circuit_breaker;
	struct backend_signature backend_signature;
};

/** A plug-in that is bound to one API in one stage. */
struct plugin_attachment {
	struct named id;
	struct ref plugin;      /* struct plugin */
	struct ref api;         /* struct api */
	struct text stage_name; /* default RELEASE */
};

struct api {
	struct named id;
	struct ref group;           /* struct api_group */
	enum api_method method;     /* default GET */
	struct text path;           /* "/hello" or "/users/[id]" */
	enum api_protocol protocol; /* default HTTP,HTTPS = both */
	struct text *stages;        /* published to; absent or empty: not published */
	size_t n_stages;
	enum auth_type auth_type;              /* default ANONYMOUS */
	enum app_code_auth app_code_auth_type; /* APP: where an AppCode may stand; default HEADER */
	bool force_nonce_check; /* APP: X-Ca-Nonce and X-Ca-Timestamp must be there; default false */
	struct api_backend backend;
	enum api_mode mode; /* default PASSTHROUGH */
	bool form;          /* body_format FORM; default STREAM */
	struct request_parameter *request_parameters;
	struct constant_parameter *constant_parameters;
	struct system_parameter *system_parameters;
	size_t n_request_parameters, n_constant_parameters, n_system_parameters;
	/* validate/ adds one for each stage in which a #VARIABLE# of the backend stands for something */
	struct api_stage *per_stage;
	size_t n_per_stage;
};

/** The i-th backend of the API, whatever stage it is for; the first one is for all others. NULL behind the last one. */
static inline const struct api_backend *api_backend_at(const struct api *api, size_t i)
{
	if (i == 0)
		return &api->backend;
	return i <= api->n_per_stage ? &api->per_stage[i - 1].backend : NULL;
}

/** The instance that the API is on; NULL where a reference leads nowhere. */
static inline const struct api_gateway *api_gateway_of(const struct api *api)
{
	const struct api_group *g = api->group.to;

	return g ? g->instance.to : NULL;
}
