// SPDX-License-Identifier: GPL-2.0-only
/*
 * Function Compute: one worker per function, in the cloud-service network of its region. Functions
 * are numbered through the whole lab, so that an address never means two functions of two regions.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "compile/context.h"

#define FUNCTION_BASE 0x64645001u /* 100.100.80.1 */

uint32_t compile_function_address(const struct lab *lab, const struct function *f)
{
	return FUNCTION_BASE + (uint32_t)(f - lab->functions);
}

static const char *handler_path(struct compile *c, const struct function *f)
{
	if (*f->code.s == '/')
		return f->code.s;
	return compile_text(c, "%s/%s", c->lab->dir, f->code.s);
}

/* NULL: no custom runtime. */
static json_t *concurrency_of(const struct function *f)
{
	if (f->runtime != FUNCTION_RUNTIME_CUSTOM)
		return NULL;
	return json_integer((json_int_t)f->instance_concurrency.v);
}

/* Whether its instances have networks of their own. */
static bool is_apart(const struct function *f)
{
	return f->runtime == FUNCTION_RUNTIME_CUSTOM && !f->internet_access;
}

static uint64_t digits(const struct compile *c, const struct function *f, uint64_t seed)
{
	return hash_str(hash_str(seed, c->lab->id.name), f->id.name);
}

/*
 * What AssumeRole would give for the role; good for nothing, and it says so. The forms are the vendor's: "STS." and
 * letters, 44 letters, a long token that begins with CAIS. NULL: no role.
 */
static json_t *credentials_of(struct compile *c, const struct function *f)
{
	if (!f->role.s || !*f->role.s)
		return NULL;
	return json_pack("{s:s, s:s, s:s}", "access_key_id",
			 compile_text(c, "STS.LabFake%016" PRIX64, digits(c, f, 1)),
			 "access_key_secret",
			 compile_text(c, "LabFakeSecret%016" PRIx64 "%015" PRIx64, digits(c, f, 2),
				      digits(c, f, 3) >> 4),
			 "security_token",
			 compile_text(c, "CAISLabFakeToken%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
				      digits(c, f, 4), digits(c, f, 5), digits(c, f, 6)));
}

static const char *config_of(struct compile *c, const struct function *f)
{
	char ip[IP_STRLEN];

	return compile_json(
		c,
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:o*, s:o*, s:s*, s:o*, s:o, s:s}", "function",
			  f->id.name, "region", f->region.name, "handler", handler_path(c, f),
			  "timeout_ms", (json_int_t)(f->timeout.v / 1000), "memory_mb",
			  (json_int_t)(f->memory_size.v >> 20), "instance_concurrency",
			  concurrency_of(f), "ca_port",
			  is_apart(f) ? json_integer((json_int_t)f->ca_port.v) : NULL, "trigger",
			  f->trigger == FUNCTION_TRIGGER_HTTP ? "http" : NULL, "credentials",
			  credentials_of(c, f), "environment",
			  compile_environment(f->environment, f->n_environment), "service_address",
			  ip_format(compile_function_address(c->lab, f), ip)));
}

void compile_functions(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_functions; i++) {
		const struct function *f = &c->lab->functions[i];
		const char *ns = compile_services_ns(c, f->region.to);
		const uint32_t ip = compile_function_address(c->lab, f);
		const struct plan_socket invoke = {"invoke", ns, PLAN_TCP, ip, FUNCTION_PORT};
		struct plan_origin origin = compile_origin(c, "functions", &f->id);

		compile_address(c, origin, ns, "lo", (struct ip_prefix){ip, 32});
		*plan_add_worker(c->plan) = (struct plan_worker){
			.origin = origin,
			.name = lab_worker(c->lab, "function", f->id.name),
			.program = "labctl-function",
			.ns = ns,
			.sockets = arena_memdup(c->arena, &invoke, sizeof(invoke)),
			.n_sockets = 1,
			.privilege = is_apart(f) ? PLAN_PRIVILEGE_NETWORKS : PLAN_PRIVILEGE_NONE,
			.config = config_of(c, f),
		};
	}
}
