// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any lab can become any other: from what the kernel has of one random lab, the steps to the next
 * leave exactly the next one there. Nothing is missing, nothing has another value, and nothing of the
 * former lab stays behind. A key that leaves a field out, a field that is not compared, or a kernel
 * that sweeps more than the diff believes shows here.
 *
 * LABCTL_SEED and LABCTL_ROUNDS repeat and prolong a run.
 */
#include <inttypes.h>
#include <sys/random.h>

#include "build.h"
#include "lib/compiled.h"
#include "lib/sandbox.h"
#include "random_lab.h"

#define ROUNDS 30

static const char lab_name[] = "rnd";

struct world {
	struct plan *plan; /* what is there; NULL: nothing */
	struct backend_namespace_id ids[BUILD_MAX_NAMESPACES];
	uint64_t seed;
	unsigned int round;
};

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t choose_seed(void)
{
	uint64_t seed = 1;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = 1; /* any will do: it is printed */
	return number_from("LABCTL_SEED", seed);
}

/* Fails with all that is needed to see it again. */
static void fail_round(const struct world *w, const char *what, const char *detail)
{
	fail_msg("LABCTL_SEED=%" PRIu64 ", round %u: %s\n%s", w->seed, w->round, what, detail);
}

static void must(const struct world *w, int res, struct lab_error *const *err, const char *what)
{
	if (res < 0)
		fail_round(w, what, lab_error_message(*err));
}

static struct plan *observe(const struct world *w, const struct plan *wanted,
			    const struct backend_namespace_id *ids)
{
	auto_error struct lab_error *err = NULL;
	const char **foreign;
	size_t n_foreign = 0;
	struct plan *p = kernel_observe(lab_name, wanted, ids, NULL, &foreign, &n_foreign, &err);

	must(w, p ? 0 : -1, &err, "cannot observe");
	assert_int_equal(n_foreign, 0);
	return p;
}

static void must_be_empty(const struct world *w, const struct plan *is, const struct plan *shall,
			  const char *what)
{
	struct plan_diff *d = plan_diff(is, shall);
	struct strbuf text = {0};

	for (size_t i = 0; i < d->n; i++)
		strbuf_printf(&text, "%s\n", plan_step_describe(d->arena, &d->steps[i]));
	if (d->n)
		fail_round(w, what, strbuf_str(&text));
	plan_diff_free(d);
	strbuf_done(&text);
}

static bool has_key(const struct plan *p, enum plan_kind kind, const void *key)
{
	for (size_t i = 0; i < plan_count(p, kind); i++)
		if (plan_key_cmp(kind, plan_object(p, kind, i), key) == 0)
			return true;
	return false;
}

/* What of `former` is still there although `plan` does not have it. Workers are no kernel objects. */
static void must_be_gone(const struct world *w, const struct plan *former,
			 const struct backend_namespace_id *former_ids)
{
	struct plan *there = observe(w, former, former_ids);

	for (enum plan_kind kind = 0; kind < PLAN_WORKER; kind++)
		for (size_t i = 0; i < plan_count(there, kind); i++) {
			const void *object = plan_object(there, kind, i);

			if (!has_key(w->plan, kind, object))
				fail_round(w, "left behind",
					   plan_describe(there->arena, kind, object));
		}
	plan_free(there);
}

static size_t index_of(const struct plan *p, const char *ns)
{
	for (size_t i = 0; p && i < p->n_namespaces; i++)
		if (strcmp(p->namespaces[i].name, ns) == 0)
			return i;
	return SIZE_MAX;
}

/* Namespaces that stay keep their identity. */
static void carry_ids(const struct world *w, const struct plan *to,
		      struct backend_namespace_id *ids)
{
	assert_true(to->n_namespaces <= BUILD_MAX_NAMESPACES);
	for (size_t i = 0; i < to->n_namespaces; i++) {
		size_t at = index_of(w->plan, to->namespaces[i].name);

		if (at != SIZE_MAX)
			ids[i] = w->ids[at];
	}
}

static int one_namespace(const struct world *w, struct backend *b, const struct plan_step *s,
			 const struct plan *to, struct backend_namespace_id *ids,
			 struct lab_error **err)
{
	const struct plan_namespace *ns = s->after ? s->after : s->before;
	bool foreign = false;

	if (!s->after)
		return b->ops->namespace_remove(b, ns->name, &w->ids[index_of(w->plan, ns->name)],
						&foreign, err);
	if (b->ops->namespace_make(b, ns, &ids[index_of(to, ns->name)], err) < 0)
		return -1;
	return b->ops->namespace_publish(b, ns, err);
}

static int run_all(const struct world *w, struct backend *b, const struct plan_diff *d,
		   const struct plan *to, struct backend_namespace_id *ids, struct lab_error **err)
{
	size_t done = 0, n;

	for (size_t i = 0; i < d->n; i += n) {
		int res;

		n = 0;
		while (i + n < d->n && d->steps[i + n].kind < PLAN_WORKER &&
		       d->steps[i + n].kind != PLAN_NAMESPACE)
			n++;
		if (n)
			res = b->ops->run(b, d->steps + i, n, &done, err);
		else if (d->steps[i].kind == PLAN_NAMESPACE)
			res = one_namespace(w, b, &d->steps[i], to, ids, err);
		else
			res = 0; /* a worker or a node */
		if (res < 0)
			return -1;
		n += !n;
	}
	return b->ops->settle(b, err);
}

static void become(struct world *w, struct plan *to)
{
	struct backend_namespace_id ids[BUILD_MAX_NAMESPACES] = {0}, former[BUILD_MAX_NAMESPACES];
	struct plan *is = w->plan ? observe(w, w->plan, w->ids) : NULL;
	struct plan_diff *d = plan_diff(is, to);
	struct backend *b = build_backend(lab_name);
	auto_error struct lab_error *err = NULL;
	struct plan *before = w->plan, *there;

	memcpy(former, w->ids, sizeof(former));
	carry_ids(w, to, ids);
	must(w, run_all(w, b, d, to, ids, &err), &err, "cannot become the next lab");
	kernel_backend_free(b);
	/* until then, links to namespaces that went are seen */
	must(w, kernel_wait_released(30000, &err), &err, "namespaces do not go");
	plan_diff_free(d);
	plan_free(is);
	w->plan = to;
	memcpy(w->ids, ids, sizeof(ids));
	there = observe(w, to, ids);
	must_be_empty(w, there, to, "not as planned");
	plan_free(there);
	if (before)
		must_be_gone(w, before, former);
	plan_free(before);
}

static void any_lab_becomes_any_other(void **state)
{
	const unsigned int rounds = (unsigned int)number_from("LABCTL_ROUNDS", ROUNDS);
	struct world w = {.seed = choose_seed()};

	print_message("LABCTL_SEED=%" PRIu64 "\n", w.seed);
	compiled_options.no_netem = kernel_has_netem(NULL) == 0;
	for (w.round = 0; w.round < rounds; w.round++) {
		char *text = random_lab(lab_name, w.seed + w.round * UINT64_C(0x1000003));

		if (getenv("LABCTL_SHOW"))
			print_message("%s\n", text);
		become(&w, compiled_text(text));
		free(text);
	}
	plan_free(w.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_lab_becomes_any_other),
	};

	sandbox_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
