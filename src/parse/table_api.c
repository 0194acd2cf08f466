// SPDX-License-Identifier: GPL-2.0-only
/* API Gateway and Function Compute. */
#include "parse/rows.h"

static const struct key bind_keys[] = {
	{"vpc", KEY_REF, KEY_REQUIRED, FIELD(gateway_binding, vpc),
	 .doc = "The one VPC, of the same region, whose members reach the instance."},
	{"vswitch", KEY_REF, FIELD(gateway_binding, vswitch),
	 .doc = "vSwitch that the instance's address is taken from. Default: the first."},
	{"ip", KEY_ADDRESS, FIELD(gateway_binding, ip),
	 .doc = "Address of the instance in the vSwitch. Default: the lowest free one."},
};
static const struct table bind_table = {
	"the binding to a VPC", "gateway-binding", sizeof(struct gateway_binding), TABLE_PLACE,
	KEYS(bind_keys),
};

static const struct key_word type_words[] = {
	{"normal", GATEWAY_NORMAL},
	{"vpc_connect", GATEWAY_VPC_CONNECT},
	{"serverless", GATEWAY_SERVERLESS},
};
static const struct key_words types = WORDS(type_words);

static const struct key_word spec_words[] = {
	{"api.s1.small", GATEWAY_S1_SMALL},       {"api.s1.medium", GATEWAY_S1_MEDIUM},
	{"api.s2.large", GATEWAY_S2_LARGE},       {"api.s2.large.x2", GATEWAY_S2_LARGE_X2},
	{"api.s2.large.x3", GATEWAY_S2_LARGE_X3}, {"api.s2.large.x4", GATEWAY_S2_LARGE_X4},
	{"api.s2.large.x5", GATEWAY_S2_LARGE_X5}, {"api.s2.large.x6", GATEWAY_S2_LARGE_X6},
};
static const struct key_words specs = WORDS(spec_words);

static const struct key interface_keys[] = {
	{"vswitch", KEY_REF, KEY_REQUIRED, FIELD(gateway_interface, vswitch),
	 .doc = "vSwitch, of the same region, that the network interface is in."},
	{"security_group", KEY_REF, KEY_REQUIRED, FIELD(gateway_interface, security_group),
	 .doc = "Security group of the network interface."},
	{"ip", KEY_ADDRESS, FIELD(gateway_interface, ip),
	 .doc = "Address of the network interface, which backends see. Default: the lowest free one."},
};
static const struct table interface_table = {
	"the network interface of an instance",
	"gateway-interface",
	sizeof(struct gateway_interface),
	TABLE_PLACE,
	KEYS(interface_keys),
};

static const struct key limit_keys[] = {
	{"head", KEY_SIZE, FIELD(gateway_limits, head),
	 .doc = "URL and headers of a request, 256B to 8KiB. Default: 8KiB."},
	{"body", KEY_SIZE, FIELD(gateway_limits, body),
	 .doc = "Body of a request, and of the answer of an HTTP service, to 64MiB. Default: 32MiB, serverless 8MiB."},
	{"function_answer", KEY_SIZE, FIELD(gateway_limits, function_answer),
	 .doc = "Answer of a function, to 32MiB. Default: 6MiB."},
	{"head_time", KEY_DURATION, FIELD(gateway_limits, head_time),
	 .doc = "From the first byte of a head to its last, 100ms to 1h. Default: 10s."},
	{"idle_time", KEY_DURATION, FIELD(gateway_limits, idle_time),
	 .doc = "Between two requests of a connection, 100ms to 1h. Default: 90s."},
	{"stall_time", KEY_DURATION, FIELD(gateway_limits, stall_time),
	 .doc = "In which a body or an answer moves 512 bytes, 100ms to 1h. Default: 30s."},
	{"handshake_time", KEY_DURATION, FIELD(gateway_limits, handshake_time),
	 .doc = "For a client's TLS handshake, to its first byte and from there, 100ms to 1h. Default: 10s."},
	{"connect_time", KEY_DURATION, FIELD(gateway_limits, connect_time),
	 .doc = "For connecting to a backend, with TLS, 100ms to 120s. Default: 3s."},
	{"backend_idle_time", KEY_DURATION, FIELD(gateway_limits, backend_idle_time),
	 .doc = "How long a connection to a backend waits for its next call, 100ms to 1h. Default: 60s."},
	{"connections", KEY_NUMBER, FIELD(gateway_limits, connections), .min = 1, .max = 65536,
	 .doc = "Connections of clients at a time. Default: 65536."},
};
static const struct table limits_table = {
	"limits", "gateway-limits", sizeof(struct gateway_limits), TABLE_PLACE, KEYS(limit_keys),
};

static const struct key gateway_keys[] = {
	{"region", KEY_REF, KEY_REQUIRED, FIELD(api_gateway, region),
	 .doc = "Region of the instance."},
	{"instance_type", KEY_ENUM, FIELD(api_gateway, instance_type), .words = &types,
	 .def = "normal", .doc = "normal is a dedicated instance."},
	{"bind", KEY_STRUCT, FIELD(api_gateway, bind), .table = &bind_table,
	 .doc = "\"Bind to VPC\": the VPC that the instance can be called from."},
	{"zone_vswitch_security_group", KEY_STRUCT, FIELD(api_gateway, interface),
	 .table = &interface_table,
	 .doc = "vpc_connect: where the instance has its network interface."},
	{"to_connect_vpc_ip_block", KEY_CIDRS, ITEMS(api_gateway, to_connect_vpc_ip_block),
	 .doc = "vpc_connect: what it reaches through its VPC beside the VPC itself."},
	{"spec", KEY_ENUM, FIELD(api_gateway, spec), EXTRA(api_gateway, spec_at), .words = &specs,
	 .doc = "InstanceSpec of a dedicated instance, which says how many calls a second it takes. Default: any number."},
	{"rps_limit", KEY_NUMBER, FIELD(api_gateway, rps_limit), .min = 1, .max = 60000,
	 .doc = "Calls a second that a dedicated instance takes, in place of those of `spec`."},
	{"limits", KEY_STRUCT, FIELD(api_gateway, limits), .table = &limits_table,
	 .doc = "What the instance bears of clients and backends."},
	{"workers", KEY_NUMBER, FIELD(api_gateway, workers), .min = 1, .max = 16,
	 .doc = "Processes that share the instance's connections, 1 to 16. Default 1."},
	{"public_ip", KEY_ADDRESS, FIELD(api_gateway, public_ip),
	 .doc = "Address on the lab's Internet. Default: a free one of 198.51.100.0/24."},
	{"egress", KEY_CIDR, FIELD(api_gateway, egress),
	 .doc = "Addresses that backends see. Default: 100.104.254.0/26, then the next /26."},
};
const struct table parse_table_api_gateway = {
	"an API Gateway instance", "api-gateway", sizeof(struct api_gateway), TABLE_NAMED,
	KEYS(gateway_keys),
};

static const struct key domain_keys[] = {
	{"certificate", KEY_BOOL, FIELD(api_domain, certificate), .def = "true",
	 .doc = "Whether a certificate is bound to it, from the lab's authority. Without one it is HTTP only."},
};
static const struct table domain_table = {
	"a domain", "api-domain", sizeof(struct api_domain), TABLE_NAMED, KEYS(domain_keys),
};

static const struct key group_stage_keys[] = {
	{"variables", KEY_PAIRS, ITEMS(group_stage, variables),
	 .doc = "What #NAME# in the address and path of a backend stands for in this stage."},
};
static const struct table group_stage_table = {
	"a stage", "group-stage", sizeof(struct group_stage), TABLE_NAMED, KEYS(group_stage_keys),
};

static const struct key group_keys[] = {
	{"instance", KEY_REF, KEY_REQUIRED, FIELD(api_group, instance),
	 .doc = "API Gateway instance of the group."},
	{"base_path", KEY_TEXT, FIELD(api_group, base_path), .def = "/",
	 .doc = "Path that all APIs of the group begin with."},
	{"stages", KEY_MAP, KEY_FREE, ITEMS(api_group, stages), .table = &group_stage_table,
	 .doc = "Stages beside RELEASE, PRE and TEST, and variables of any of them."},
	{"sub_domain_id", KEY_HEX, FIELD(api_group, sub_domain_id),
	 .doc = "First label of the group's domains, 32 hexadecimal digits. Default: derived from the names of lab and group."},
	{"vpc_domain", KEY_BOOL, FIELD(api_group, vpc_domain), EXTRA(api_group, vpc_domain_at),
	 .def = "false", .doc = "\"Enable VPC Second-level Domain\"."},
	{"traffic_limit", KEY_NUMBER, FIELD(api_group, traffic_limit), .min = 1, .max = 4294967295,
	 .doc = "Calls of the group a second. Default: 500 on a serverless instance, any number on a dedicated one."},
	{"vpc_whitelist", KEY_REFS, ITEMS(api_group, vpc_whitelist),
	 .doc = "VPCs that may call the group. Default: whoever reaches the instance. Calls over the Internet are not concerned."},
	{"domains", KEY_MAP, KEY_FREE, ITEMS(api_group, domains), .table = &domain_table,
	 .doc = "Domains of one's own, at most 5, by name. A private zone or a DNS server has to lead there."},
};
const struct table parse_table_api_group = {
	"an API group", "api-group", sizeof(struct api_group), TABLE_NAMED, KEYS(group_keys),
};

static const struct key_word method_words[] = {
	{"GET", API_GET},     {"POST", API_POST}, {"PUT", API_PUT},         {"DELETE", API_DELETE},
	{"PATCH", API_PATCH}, {"HEAD", API_HEAD}, {"OPTIONS", API_OPTIONS}, {"ANY", API_ANY},
};
static const struct key_words methods = WORDS(method_words);
static const struct key_words backend_methods = {
	.words = method_words, .n = ARRAY_LEN(method_words) - 1, /* all but ANY */
};

static const struct key vpc_access_keys[] = {
	{"vpc", KEY_REF, KEY_REQUIRED, FIELD(vpc_access, vpc),
	 .doc = "VPC through which the target is reached."},
	{"instance_id", KEY_TEXT, KEY_REQUIRED, FIELD(vpc_access, instance_id),
	 .doc = "The target: an ECS instance of the VPC, or an address that the VPC has a route to."},
	{"port", KEY_NUMBER, KEY_REQUIRED, FIELD(vpc_access, port), .min = 1, .max = 65535,
	 .doc = "Port of the target."},
	{"vpc_target_host_name", KEY_TEXT, FIELD(vpc_access, vpc_target_host_name),
	 .doc = "Host header of the requests. Default: address and port."},
};
const struct table parse_table_vpc_access = {
	"a VPC access authorization", "vpc-access", sizeof(struct vpc_access), TABLE_NAMED,
	KEYS(vpc_access_keys),
};

static const struct key_word scheme_words[] = {{"http", API_HTTP}, {"https", API_HTTPS}};
static const struct key_words schemes = WORDS(scheme_words);

static const struct key backend_keys[] = {
	{"function", KEY_REF, FIELD(api_backend, function), .doc = "Function that is invoked."},
	{"mock", KEY_TEXT, FIELD(api_backend, mock), .doc = "Body of a fixed answer."},
	{"http", KEY_TEXT, FIELD(api_backend, http),
	 .doc = "HTTP service, \"http://HOST\" or \"http://HOST:PORT\"; https likewise, whose certificate is not checked."},
	{"vpc_access", KEY_REF, FIELD(api_backend, vpc_access),
	 .doc = "VPC access authorization whose target is called."},
	{"vpc_scheme", KEY_ENUM, FIELD(api_backend, vpc_scheme), EXTRA(api_backend, vpc_scheme_at),
	 .words = &schemes, .def = "http",
	 .doc = "vpc_access: what the target speaks, http or https."},
	{"path", KEY_TEXT, FIELD(api_backend, path),
	 .doc = "http, vpc_access, a function with an HTTP trigger: path of the service, with [parameters] of the API's path. "
		"Default: the API's path."},
	{"method", KEY_ENUM, FIELD(api_backend, method), EXTRA(api_backend, method_at),
	 .words = &backend_methods,
	 .doc = "http, vpc_access, a function with an HTTP trigger: method of the call. Default: the client's."},
	{"arn_role", KEY_TEXT, FIELD(api_backend, arn_role),
	 .doc = "RAM role that lets the gateway invoke the function."},
	{"timeout", KEY_DURATION, FIELD(api_backend, timeout), .def = "10s",
	 .doc = "How long the gateway waits for the backend, 300ms to 120s."},
	{"mock_status", KEY_NUMBER, FIELD(api_backend, mock_status), .def = "200", .min = 200,
	 .max = 599, .doc = "HTTP status of a fixed answer."},
	{"mock_headers", KEY_PAIRS, ITEMS(api_backend, mock_headers),
	 .doc = "Headers of a fixed answer."},
};
static const char *const backend_kinds[] = {"function", "mock", "http", "vpc_access", NULL};
const struct table parse_table_backend = {
	"a backend", "api-backend",      sizeof(struct api_backend),
	TABLE_PLACE, KEYS(backend_keys), .choices = {backend_kinds},
};

static const struct key_word protocol_words[] = {
	{"HTTP", API_HTTP}, {"HTTPS", API_HTTPS}, {"HTTP,HTTPS", API_HTTP_HTTPS}};
static const struct key_words protocols = WORDS(protocol_words);
static const struct key_word auth_words[] = {{"ANONYMOUS", AUTH_ANONYMOUS}, {"APP", AUTH_APP}};
static const struct key_words auths = WORDS(auth_words);
static const struct key_word code_words[] = {{"DISABLE", APP_CODE_DISABLE},
					     {"HEADER", APP_CODE_HEADER},
					     {"HEADER_QUERY", APP_CODE_HEADER_QUERY}};
static const struct key_words codes = WORDS(code_words);

static const struct key api_stage_keys[] = {
	{"backend", KEY_STRUCT, KEY_REQUIRED, FIELD(api_stage, backend),
	 .table = &parse_table_backend, .doc = "What answers the call in this stage."},
};
static const struct table api_stage_table = {
	"what is otherwise in a stage", "api-stage", sizeof(struct api_stage), TABLE_NAMED,
	KEYS(api_stage_keys),
};

static const struct key api_keys[] = {
	{"group", KEY_REF, KEY_REQUIRED, FIELD(api, group), .doc = "API group."},
	{"method", KEY_ENUM, FIELD(api, method), .words = &methods, .def = "GET",
	 .doc = "HTTP method; ANY is every one."},
	{"path", KEY_TEXT, KEY_REQUIRED, FIELD(api, path),
	 .doc = "Path below the group's, such as /hello or /users/[id]."},
	{"protocol", KEY_ENUM, FIELD(api, protocol), .words = &protocols, .def = "HTTP,HTTPS",
	 .doc = "Protocols that clients may use."},
	{"stages", KEY_TEXTS, ITEMS(api, stages),
	 .doc = "Stages that the API is published to. Default: not published."},
	{"auth_type", KEY_ENUM, FIELD(api, auth_type), .words = &auths, .def = "ANONYMOUS",
	 .doc = "Who may call: everybody, or apps that are authorized (app_attachments)."},
	{"app_code_auth_type", KEY_ENUM, FIELD(api, app_code_auth_type), .words = &codes,
	 .def = "HEADER", .doc = "APP: where an AppCode may stand in place of a signature."},
	{"force_nonce_check", KEY_BOOL, FIELD(api, force_nonce_check), .def = "false",
	 .doc = "APP: signed calls must have X-Ca-Nonce and X-Ca-Timestamp."},
	{"backend", KEY_STRUCT, KEY_REQUIRED, FIELD(api, backend), .table = &parse_table_backend,
	 .doc = "What answers the call."},
	{"mode", KEY_ENUM, FIELD(api, mode), .words = &parse_modes, .def = "PASSTHROUGH",
	 .doc = "What the backend gets of parameters that the API does not name."},
	{"body_format", KEY_WORD_BOOL, FIELD(api, form), .words = &parse_body_formats,
	 .def = "STREAM", .doc = "Whether a body is a form, with parameters in it."},
	{"request_parameters", KEY_MAP, KEY_FREE, ITEMS(api, request_parameters),
	 .table = &parse_table_request_parameter,
	 .doc = "Parameters of the client's request, by name, and where the backend gets them."},
	{"constant_parameters", KEY_MAP, KEY_FREE, ITEMS(api, constant_parameters),
	 .table = &parse_table_constant_parameter,
	 .doc = "Constants that the backend gets, by its name for them."},
	{"system_parameters", KEY_MAP, KEY_FREE, ITEMS(api, system_parameters),
	 .table = &parse_table_system_parameter,
	 .doc = "What the gateway tells the backend of the call, such as CaClientIp."},
	{"per_stage", KEY_MAP, KEY_FREE, ITEMS(api, per_stage), .table = &api_stage_table,
	 .doc = "Other backends for some stages, by stage."},
};
const struct table parse_table_api = {
	"an API", "api", sizeof(struct api), TABLE_NAMED, KEYS(api_keys),
};

static const struct key app_keys[] = {
	{"app_key", KEY_TEXT, FIELD(app, app_key),
	 .doc = "AppKey. Default: derived from the names of lab and app."},
	{"app_secret", KEY_TEXT, FIELD(app, app_secret),
	 .doc = "AppSecret, which signs requests. Default: derived likewise."},
	{"app_code", KEY_TEXT, FIELD(app, app_code), .doc = "AppCode. Default: derived likewise."},
};
const struct table parse_table_app = {
	"an app", "app", sizeof(struct app), TABLE_NAMED, KEYS(app_keys),
};

static const struct key app_attachment_keys[] = {
	{"app", KEY_REF, KEY_REQUIRED, FIELD(app_attachment, app), .doc = "App that may call."},
	{"api", KEY_REF, KEY_REQUIRED, FIELD(app_attachment, api), .doc = "API that it may call."},
	{"stage_name", KEY_TEXT, FIELD(app_attachment, stage_name), .def = "RELEASE",
	 .doc = "Stage that it may call it in."},
};
const struct table parse_table_app_attachment = {
	"an authorization of an app", "app-attachment", sizeof(struct app_attachment), TABLE_NAMED,
	KEYS(app_attachment_keys),
};

static const struct key_word runtime_words[] = {
	{"process", FUNCTION_RUNTIME_PROCESS},
	{"custom", FUNCTION_RUNTIME_CUSTOM},
};
static const struct key_words runtimes = WORDS(runtime_words);

static const struct key_word trigger_words[] = {
	{"event", FUNCTION_TRIGGER_EVENT},
	{"http", FUNCTION_TRIGGER_HTTP},
};
static const struct key_words triggers = WORDS(trigger_words);

static const struct key function_keys[] = {
	{"region", KEY_REF, KEY_REQUIRED, FIELD(function, region),
	 .doc = "Region of the function."},
	{"code", KEY_TEXT, KEY_REQUIRED, FIELD(function, code),
	 .doc = "Path of an executable, relative to the lab file."},
	{"runtime", KEY_ENUM, FIELD(function, runtime), .words = &runtimes, .def = "process",
	 .doc = "process: the executable is started for each invocation; custom: it is an HTTP server that "
		"is started once."},
	{"trigger", KEY_ENUM, FIELD(function, trigger), EXTRA(function, trigger_at),
	 .words = &triggers, .def = "event",
	 .doc = "event: each request becomes an event; http: a custom runtime gets the request as it is."},
	{"role", KEY_TEXT, FIELD(function, role),
	 .doc = "RAM role of the function: a custom runtime gets credentials, made up, with each invocation."},
	{"instance_concurrency", KEY_NUMBER, FIELD(function, instance_concurrency), .def = "1",
	 .min = 1, .max = 200, .doc = "Invocations at a time in one instance of a custom runtime."},
	{"ca_port", KEY_NUMBER, FIELD(function, ca_port), .def = "9000", .min = 1024, .max = 65535,
	 .doc = "Port that a custom runtime listens on, in a network of its own."},
	{"internet_access", KEY_BOOL, FIELD(function, internet_access), .def = "false",
	 .doc = "A custom runtime is in the cloud-service network instead, and FC_SERVER_PORT says where to listen."},
	{"timeout", KEY_DURATION, FIELD(function, timeout), .def = "60s",
	 .doc = "How long one invocation may take."},
	{"memory_size", KEY_SIZE, FIELD(function, memory_size), .def = "128MiB",
	 .doc = "Memory that the handler is told it has."},
	{"environment", KEY_ENVIRONMENT, ITEMS(function, environment),
	 .doc = "Environment variables of the handler."},
};
const struct table parse_table_function = {
	"a function", "function", sizeof(struct function), TABLE_NAMED, KEYS(function_keys),
};
