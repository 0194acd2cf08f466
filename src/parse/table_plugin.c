// SPDX-License-Identifier: GPL-2.0-only
/* Plug-ins of API Gateway, with the vendor's names, and what they are bound to. */
#include "parse/rows.h"

static const struct key_word unit_words[] = {
	{"SECOND", UNIT_SECOND}, {"MINUTE", UNIT_MINUTE}, {"HOUR", UNIT_HOUR}, {"DAY", UNIT_DAY}};
static const struct key_words units = WORDS(unit_words);
static const struct key_word special_words[] = {{"APP", 0}, {"USER", 0}};
static const struct key_words specials = WORDS(special_words);
static const struct key_word list_words[] = {{"REFUSE", false}, {"ALLOW", true}};
static const struct key_words lists = WORDS(list_words);

static const struct key policy_keys[] = {
	{"key", KEY_REF, KEY_REQUIRED, FIELD(traffic_policy, key), .doc = "The app."},
	{"value", KEY_NUMBER, KEY_REQUIRED, FIELD(traffic_policy, value), .min = 1,
	 .max = 4294967295,
	 .doc = "Calls of this app in a unit, at most apiDefault, in place of userDefault and appDefault."},
};
static const struct table policy_table = {
	"a policy", "traffic-policy", sizeof(struct traffic_policy), TABLE_PLACE, KEYS(policy_keys),
};
static const struct key special_keys[] = {
	{"type", KEY_TEXT, KEY_REQUIRED, FIELD(traffic_special, type), .words = &specials,
	 .doc = "What has limits of its own: APP. USER is refused, as all apps of a lab have one owner."},
	{"policies", KEY_LIST, ITEMS(traffic_special, policies), .table = &policy_table,
	 .doc = "The limit of each."},
};
static const struct table special_table = {
	"a special limit", "traffic-special",  sizeof(struct traffic_special),
	TABLE_PLACE,       KEYS(special_keys),
};
static const struct key traffic_keys[] = {
	{"unit", KEY_ENUM, KEY_REQUIRED, FIELD(traffic_control, unit), .words = &units,
	 .doc = "Time within which calls are counted."},
	{"apiDefault", KEY_NUMBER, KEY_REQUIRED, FIELD(traffic_control, api_default), .min = 1,
	 .max = 4294967295, .doc = "Calls of the API in a unit."},
	{"userDefault", KEY_NUMBER, FIELD(traffic_control, user_default), .min = 1,
	 .max = 4294967295, .doc = "Calls of all apps of one owner in a unit. Default: no limit."},
	{"appDefault", KEY_NUMBER, FIELD(traffic_control, app_default), .min = 1, .max = 4294967295,
	 .doc = "Calls of one app in a unit. Default: no limit."},
	{"specials", KEY_LIST, ITEMS(traffic_control, specials), .table = &special_table,
	 .doc = "Limits of single apps."},
};
static const struct table traffic_table = {
	"trafficControl", "traffic-control",  sizeof(struct traffic_control),
	TABLE_PLACE,      KEYS(traffic_keys),
};
static const struct key ip_item_keys[] = {
	{"blocks", KEY_CIDRS, KEY_REQUIRED | KEY_PLAIN, ITEMS(ip_control_item, blocks),
	 .doc = "Addresses and blocks of clients, as the gateway sees them."},
	{"appId", KEY_REF, FIELD(ip_control_item, app),
	 .doc = "ALLOW: the app that may call from there only; others are not affected. Default: whoever calls."},
};
static const struct table ip_item_table = {
	"an item",   "ip-control-item",  sizeof(struct ip_control_item),
	TABLE_PLACE, KEYS(ip_item_keys),
};
static const struct key ip_control_keys[] = {
	{"type", KEY_WORD_BOOL, KEY_REQUIRED, FIELD(ip_control, allow), .words = &lists,
	 .doc = "ALLOW: clients of the items only; REFUSE: all others."},
	{"items", KEY_LIST, ITEMS(ip_control, items), .table = &ip_item_table,
	 .doc = "Clients that are meant."},
};
static const struct table ip_control_table = {
	"ipControl", "ip-control", sizeof(struct ip_control), TABLE_PLACE, KEYS(ip_control_keys),
};
static const struct key basic_user_keys[] = {
	{"username", KEY_TEXT, KEY_REQUIRED, FIELD(basic_user, username),
	 .doc = "Name, without a colon."},
	{"password", KEY_TEXT, KEY_REQUIRED, FIELD(basic_user, password), .doc = "Password."},
};
static const struct table basic_user_table = {
	"a user", "basic-user", sizeof(struct basic_user), TABLE_PLACE, KEYS(basic_user_keys),
};
static const struct key basic_auth_keys[] = {
	{"users", KEY_LIST, KEY_REQUIRED, ITEMS(basic_auth, users), .table = &basic_user_table,
	 .min = 1, .doc = "Who may call."},
};
static const struct table basic_auth_table = {
	"basicAuth", "basic-auth", sizeof(struct basic_auth), TABLE_PLACE, KEYS(basic_auth_keys),
};
static const struct key_word key_type_words[] = {
	{"RSA", JWT_RSA}, {"EC", JWT_EC}, {"oct", JWT_OCT}};
static const struct key_words key_types = WORDS(key_type_words);
static const struct key_word place_words[] = {
	{"header", PLACE_HEADER}, {"query", PLACE_QUERY}, {"cookie", PLACE_COOKIE}};
static const struct key_words places = WORDS(place_words);
static const struct key_words claim_places = {.words = place_words, .n = 2}; /* no cookies */
static const struct key_word alg_words[] = {{"RS256", 0}, {"ES256", 0}, {"HS256", 0}};
static const struct key_words algs = WORDS(alg_words);
static const struct key_word curve_words[] = {{"P-256", 0}};
static const struct key_words curves = WORDS(curve_words);
static const struct key_word use_words[] = {{"sig", 0}};
static const struct key_words uses = WORDS(use_words);

static const struct key jwt_key_keys[] = {
	{"kty", KEY_ENUM, KEY_REQUIRED, FIELD(jwt_key, kty), .words = &key_types,
	 .doc = "Kind of key (RFC 7517)."},
	{"kid", KEY_TEXT, FIELD(jwt_key, kid), .doc = "Name of the key, which tokens say."},
	{"use", KEY_TEXT, FIELD(jwt_key, use), .words = &uses, .doc = "What it is for."},
	{"alg", KEY_TEXT, FIELD(jwt_key, alg), .words = &algs,
	 .doc = "Algorithm. Default: the one that the kind of key has."},
	{"n", KEY_TEXT, FIELD(jwt_key, n), .doc = "RSA: modulus, base64url."},
	{"e", KEY_TEXT, FIELD(jwt_key, e), .doc = "RSA: exponent, base64url."},
	{"crv", KEY_TEXT, FIELD(jwt_key, crv), .words = &curves, .doc = "EC: the curve."},
	{"x", KEY_TEXT, FIELD(jwt_key, x), .doc = "EC: x of the point, base64url."},
	{"y", KEY_TEXT, FIELD(jwt_key, y), .doc = "EC: y of the point, base64url."},
	{"k", KEY_TEXT, FIELD(jwt_key, k), .doc = "oct: the secret, base64url."},
};
static const struct table jwt_key_table = {
	"a JSON Web Key", "jwk", sizeof(struct jwt_key), TABLE_PLACE, KEYS(jwt_key_keys),
};
static const struct key jwt_claim_keys[] = {
	{"claimName", KEY_TEXT, KEY_REQUIRED, FIELD(jwt_claim, claim_name), .doc = "Claim."},
	{"parameterName", KEY_TEXT, KEY_REQUIRED, FIELD(jwt_claim, parameter_name),
	 .doc = "Parameter of the request to the backend that it becomes."},
	{"location", KEY_ENUM, FIELD(jwt_claim, location), .words = &claim_places, .def = "header",
	 .doc = "Where that parameter stands."},
};
static const struct table jwt_claim_table = {
	"a claim", "jwt-claim", sizeof(struct jwt_claim), TABLE_PLACE, KEYS(jwt_claim_keys),
};
static const struct key jwt_auth_keys[] = {
	{"parameter", KEY_TEXT, KEY_REQUIRED, FIELD(jwt_auth, parameter),
	 .doc = "Parameter that holds the token; of a header Authorization without \"Bearer\"."},
	{"parameterLocation", KEY_ENUM, FIELD(jwt_auth, location), .words = &places,
	 .def = "header", .doc = "Where that parameter stands."},
	{"claimParameters", KEY_LIST, ITEMS(jwt_auth, claims), .table = &jwt_claim_table,
	 .doc = "Claims that the backend gets."},
	{"preventJtiReplay", KEY_BOOL, FIELD(jwt_auth, prevent_jti_replay), .def = "false",
	 .doc = "A token is good once; it has to have a jti."},
	{"bypassEmptyToken", KEY_BOOL, FIELD(jwt_auth, bypass_empty_token), .def = "false",
	 .doc = "Calls without a token go on to the backend."},
	{"ignoreExpirationCheck", KEY_BOOL, FIELD(jwt_auth, ignore_expiration_check),
	 .def = "false", .doc = "exp and nbf are not looked at."},
	{"jwk", KEY_STRUCT, FIELD(jwt_auth, jwk), .table = &jwt_key_table,
	 .doc = "Key that tokens are signed with; the public part of RSA and EC keys."},
	{"jwks", KEY_LIST, ITEMS(jwt_auth, jwks), .table = &jwt_key_table, .min = 1,
	 .doc = "Several such keys."},
};
static const char *const jwt_choices[] = {"jwk", "jwks", NULL};
static const struct table jwt_auth_table = {
	"jwtAuth",   "jwt-auth",          sizeof(struct jwt_auth),
	TABLE_PLACE, KEYS(jwt_auth_keys), .choices = {jwt_choices},
};

static const struct key cors_keys[] = {
	{"allowOrigins", KEY_TEXT, FIELD(cors, allow_origins), .def = "*",
	 .doc = "Origins of pages that may call, with commas: api.foo.com, *.foo.com, https://foo.com:8443, *."},
	{"allowMethods", KEY_TEXT, FIELD(cors, allow_methods),
	 .def = "GET,POST,PUT,DELETE,HEAD,OPTIONS,PATCH",
	 .doc = "Methods that they may use, with commas."},
	{"allowHeaders", KEY_TEXT, FIELD(cors, allow_headers),
	 .doc = "Headers that they may send, with commas."},
	{"exposeHeaders", KEY_TEXT, FIELD(cors, expose_headers),
	 .doc = "Headers of the answer that they may read, with commas."},
	{"allowCredentials", KEY_BOOL, FIELD(cors, allow_credentials), .def = "false",
	 .doc = "Whether they may send cookies."},
	{"maxAge", KEY_NUMBER, FIELD(cors, max_age), .max = 4294967295,
	 .doc = "Seconds for which a browser needs not ask again."},
};
static const struct table cors_table = {
	"cors", "cors", sizeof(struct cors), TABLE_PLACE, KEYS(cors_keys),
};

static const struct key_word client_words[] = {
	{"off", CLIENT_CACHE_OFF}, {"all", CLIENT_CACHE_ALL}, {"app", CLIENT_CACHE_APP}};
static const struct key_words clients = WORDS(client_words);
static const struct key client_cache_keys[] = {
	{"mode", KEY_ENUM, KEY_REQUIRED, FIELD(client_cache, mode), .words = &clients,
	 .doc = "Whose Cache-Control is looked at: nobody's, everybody's, that of apps."},
	{"apps", KEY_REFS, ITEMS(client_cache, apps), .doc = "app: the apps."},
};
static const struct table client_cache_table = {
	"clientCacheControl", "client-cache",          sizeof(struct client_cache),
	TABLE_PLACE,          KEYS(client_cache_keys),
};
static const struct key caching_keys[] = {
	{"varyByApp", KEY_BOOL, FIELD(caching, vary_by_app), .def = "false",
	 .doc = "Each app has answers of its own."},
	{"varyByParameters", KEY_TEXTS, ITEMS(caching, vary_by_parameters),
	 .doc = "Parameters of path or query whose values have answers of their own."},
	{"varyByHeaders", KEY_TEXTS, ITEMS(caching, vary_by_headers),
	 .doc = "Headers whose values have answers of their own."},
	{"clientCacheControl", KEY_STRUCT, FIELD(caching, client), .table = &client_cache_table,
	 .doc = "Whether clients have a say. Default: off."},
	{"cacheableHeaders", KEY_TEXTS, ITEMS(caching, cacheable_headers),
	 .doc = "Headers of answers that are kept beside Content-Type, -Encoding and -Language."},
	{"duration", KEY_NUMBER, KEY_REQUIRED, FIELD(caching, duration), .min = 1,
	 .max = 4294967295,
	 .doc = "Seconds for which an answer is kept that does not say it; at most 172800 count."},
};
static const struct table caching_table = {
	"caching", "caching", sizeof(struct caching), TABLE_PLACE, KEYS(caching_keys),
};

static const struct key route_keys[] = {
	{"name", KEY_TEXT, KEY_REQUIRED, FIELD(backend_route, name),
	 .doc = "Name, which the backend gets as X-Ca-Routing-Name."},
	{"condition", KEY_TEXT, KEY_REQUIRED, FIELD(backend_route, condition),
	 .doc = "When the route is taken, such as \"$CaStage = 'TEST' and $version < '2'\"."},
	{"backend", KEY_STRUCT, KEY_REQUIRED, FIELD(backend_route, backend),
	 .table = &parse_table_backend, .doc = "What answers then."},
};
static const struct table route_table = {
	"a route", "backend-route", sizeof(struct backend_route), TABLE_PLACE, KEYS(route_keys),
};
static const struct key routing_keys[] = {
	{"routes", KEY_LIST, KEY_REQUIRED, ITEMS(routing_plugin, routes), .table = &route_table,
	 .min = 1, .max = 32, .doc = "The first one whose condition holds is taken."},
};
static const struct table routing_table = {
	"routing", "routing", sizeof(struct routing_plugin), TABLE_PLACE, KEYS(routing_keys),
};

static const struct key breaker_keys[] = {
	{"timeoutThreshold", KEY_NUMBER, FIELD(circuit_breaker, timeout_threshold), .min = 1,
	 .max = 5000, .doc = "Timeouts of the backend that open the circuit."},
	{"errorThreshold", KEY_NUMBER, FIELD(circuit_breaker, error_threshold), .min = 1,
	 .max = 5000, .doc = "Answers by errorCondition that open the circuit."},
	{"errorCondition", KEY_TEXT, FIELD(circuit_breaker, error_condition),
	 .doc = "With errorThreshold: what counts, such as \"$StatusCode == 503\"."},
	{"windowInSeconds", KEY_NUMBER, FIELD(circuit_breaker, window), .def = "30", .min = 10,
	 .max = 90, .doc = "Time within which they are counted."},
	{"openTimeoutSeconds", KEY_NUMBER, FIELD(circuit_breaker, open), .def = "90", .min = 15,
	 .max = 300, .doc = "How long the circuit stays open."},
	{"downgradeBackend", KEY_STRUCT, FIELD(circuit_breaker, downgrade_backend),
	 .table = &parse_table_backend, .doc = "What answers meanwhile. Default: 503 D503CB."},
};
static const char *const breaker_choices[] = {"timeoutThreshold", "errorThreshold", NULL};
static const struct table breaker_table = {
	"circuitBreaker", "circuit-breaker",  sizeof(struct circuit_breaker),
	TABLE_PLACE,      KEYS(breaker_keys), .choices = {breaker_choices},
};

static const struct key_word signature_words[] = {{"APIGW_BACKEND", 0}};
static const struct key_words signature_types = WORDS(signature_words);
static const struct key signature_keys[] = {
	{"type", KEY_TEXT, FIELD(backend_signature, type), .words = &signature_types,
	 .def = "APIGW_BACKEND", .doc = "Kind of signature."},
	{"key", KEY_TEXT, KEY_REQUIRED, FIELD(backend_signature, key),
	 .doc = "Name of the secret, which the backend gets."},
	{"secret", KEY_TEXT, KEY_REQUIRED, FIELD(backend_signature, secret),
	 .doc = "Secret that requests are signed with."},
};
static const struct table signature_table = {
	"backendSignature", "backend-signature",  sizeof(struct backend_signature),
	TABLE_PLACE,        KEYS(signature_keys),
};

static const struct key plugin_keys[] = {
	{"trafficControl", KEY_STRUCT, FIELD(plugin, traffic_control), .table = &traffic_table,
	 .doc = "Limits how often an API is called."},
	{"ipControl", KEY_STRUCT, FIELD(plugin, ip_control), .table = &ip_control_table,
	 .doc = "Limits from where an API is called."},
	{"basicAuth", KEY_STRUCT, FIELD(plugin, basic_auth), .table = &basic_auth_table,
	 .doc = "Lets users with passwords call (RFC 7617)."},
	{"jwtAuth", KEY_STRUCT, FIELD(plugin, jwt_auth), .table = &jwt_auth_table,
	 .doc = "Lets those with a JSON Web Token call."},
	{"cors", KEY_STRUCT, FIELD(plugin, cors), .table = &cors_table,
	 .doc = "Lets pages of other origins call."},
	{"caching", KEY_STRUCT, FIELD(plugin, caching), .table = &caching_table,
	 .doc = "Keeps answers to GET for a while."},
	{"routing", KEY_STRUCT, FIELD(plugin, routing), .table = &routing_table,
	 .doc = "Has another backend answer, where a condition holds."},
	{"circuitBreaker", KEY_STRUCT, FIELD(plugin, circuit_breaker), .table = &breaker_table,
	 .doc = "Leaves a backend that fails alone for a while."},
	{"backendSignature", KEY_STRUCT, FIELD(plugin, backend_signature),
	 .table = &signature_table, .doc = "Signs requests to HTTP backends."},
};
static const char *const plugin_kinds[] = {
	"trafficControl", "ipControl", "basicAuth",      "jwtAuth",          "cors",
	"caching",        "routing",   "circuitBreaker", "backendSignature", NULL};
const struct table parse_table_plugin = {
	"a plug-in", "plugin",          sizeof(struct plugin),
	TABLE_NAMED, KEYS(plugin_keys), .choices = {plugin_kinds},
};
static const struct key plugin_attachment_keys[] = {
	{"plugin", KEY_REF, KEY_REQUIRED, FIELD(plugin_attachment, plugin),
	 .doc = "Plug-in that is bound."},
	{"api", KEY_REF, KEY_REQUIRED, FIELD(plugin_attachment, api),
	 .doc = "API that it is bound to."},
	{"stage_name", KEY_TEXT, FIELD(plugin_attachment, stage_name), .def = "RELEASE",
	 .doc = "Stage that it acts in."},
};
const struct table parse_table_plugin_attachment = {
	"a binding of a plug-in",         "plugin-attachment",
	sizeof(struct plugin_attachment), TABLE_NAMED,
	KEYS(plugin_attachment_keys),
};
