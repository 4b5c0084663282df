/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test-engine: does an engine keep the rules of the kernel, with its tunables at their defaults and at each end of
 * their ranges? Needs no daemon and no kernel support; sim/conform.c runs and judges.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "../../sim/conform.h"
#include "ctl.h"
#include "engine.h"
#include "native.h"
#include "size.h"
#include "strutil.h"
#include "suggest.h"
#include "text.h"

#define SETTINGS_MAX 64

const struct option ctl_test_engine_options[] = {
	{ "set", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void print_help(void)
{
	printf("Usage: mempolctl test-engine [--set KEY=VALUE] ENGINE|FILE.so...\n\n"
	       "Does an engine keep the rules of the kernel? It runs over small workloads, with\n"
	       "its tunables at their defaults and at each end of their ranges.\n\n"
	       "  --set KEY=VALUE  another default; or ENGINE.KEY=VALUE\n"
	       "  -h, --help       this text\n\n"
	       "An ENGINE is shipped, a FILE.so is built with mempol-engine.mk. The rules are in\n"
	       "mempolctl(1).\n");
}

static int complain(const char *name, const char *problem)
{
	_cleanup_free_ char *text = NULL;

	if (asprintf(&text, "%s: %s", name, problem) < 0)
		text = NULL;
	if (text)
		mp_text_clean(text);
	fprintf(stderr, "mempolctl test-engine: %s\n", text ? text : "out of memory");
	return -EINVAL;
}

static int find_shipped(const char *name, const struct sim_policy **ret)
{
	const char *words[SETTINGS_MAX];
	_cleanup_free_ char *advice = NULL, *problem = NULL;
	size_t n = 0;

	*ret = sim_policy_find(name);
	if (*ret && (*ret)->engine)
		return 0;
	for (size_t i = 0; i < sim_policies_count && n < SETTINGS_MAX; i++)
		if (sim_policies[i].engine)
			words[n++] = sim_policies[i].name;
	if (mp_suggest(name, words, n, "'", "'", &advice) < 0)
		return -ENOMEM;
	if (asprintf(&problem, "unknown engine, %s; your own is ./NAME.so", advice) < 0) {
		problem = NULL;
		return -ENOMEM;
	}
	return complain(name, problem);
}

static int find(const char *word, const struct sim_policy **ret)
{
	_cleanup_free_ char *problem = NULL;
	int r;

	if (!mp_engine_is_path(word) && !mp_ends_with(word, ".so"))
		return find_shipped(word, ret);
	r = ctl_native_load(word, NULL, ret, &problem);
	return r < 0 && r != -ENOMEM ? complain(word, problem) : r;
}

static unsigned int parallel(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? cpus : 1;
}

/* With the tunables as they are now. @with: "SmallPercent=1", or "". 1 when a rule was broken. */
static int run(const struct sim_policy *policy, const char *with, size_t *runs)
{
	char size[MP_SIZE_TEXT];
	struct sim_breach breach;
	size_t n;
	int r = sim_conform(policy, parallel(), &breach, &n);

	*runs += n;
	if (r < 0 || !*breach.text)
		return r;
	printf("%s%s%s: FAILED: %s (cache of %s, %u pages reclaimed at a time%s): %s\n",
	       policy->name, *with ? " with " : "", with, breach.workload,
	       mp_size_format(breach.setup.cache_pages * SIM_PAGE_SIZE, size),
	       breach.setup.reclaim_pages,
	       breach.setup.accessed_bits ? ", accesses as through mmap" : "", breach.text);
	return 1;
}

static int run_with(const struct sim_policy *policy, const struct mp_tunable *tunable,
		    uint64_t value, size_t *runs)
{
	_cleanup_free_ char *shown = mp_owned(mp_tunable_format(tunable, value)), *with = NULL;
	int r;

	if (!shown || asprintf(&with, "%s=%s", tunable->key, shown) < 0) {
		with = NULL;
		return -ENOMEM;
	}
	ctl_native_set(policy, tunable, value);
	r = run(policy, with, runs);
	ctl_native_set(policy, tunable, tunable->value);
	return r;
}

/* 0, 1 when a rule was broken, or -errno. All that is wrong is said. */
static int test(const struct sim_policy *policy)
{
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_free_ char *problem = NULL;
	size_t runs = 0;
	int failed, r;

	r = ctl_native_tunables(policy, &tunables, &problem);
	if (r < 0)
		return r == -ENOMEM ? r : complain(policy->name, problem);
	failed = r = run(policy, "", &runs);
	for (size_t i = 0; r >= 0 && i < tunables.count; i++) {
		const struct mp_tunable *tunable = &tunables.items[i];

		r = run_with(policy, tunable, tunable->min, &runs);
		failed |= r;
		if (r >= 0)
			r = run_with(policy, tunable, tunable->max, &runs);
		failed |= r;
	}
	if (r < 0)
		return r;
	if (!failed)
		printf("%s: keeps the rules of the kernel in %zu runs\n", policy->name, runs);
	return failed;
}

/* To those that have the key, whichever they are. */
static int apply(const struct sim_policy *const policies[], size_t n_policies,
		 char *const settings[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *problem = NULL;
		int r = ctl_native_apply(policies, n_policies, settings[i], &problem);

		if (r < 0)
			return r == -ENOMEM ? r : complain("--set", problem);
	}
	return 0;
}

/* All are found before any is tested: a setting is for each that has its key. */
static int find_all(char *const words[], size_t n, const struct sim_policy *policies[])
{
	for (size_t i = 0; i < n; i++) {
		int r = find(words[i], &policies[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

enum ctl_exit ctl_test_engine(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_free_ const struct sim_policy **policies = NULL;
	char *settings[SETTINGS_MAX];
	size_t n_settings = 0, n;
	bool failed = false;
	int c, r;

	optind = 0;
	while ((c = getopt_long(argc + 1, argv - 1, ":h", ctl_test_engine_options, NULL)) >= 0) {
		if (c == 'h') {
			print_help();
			return CTL_OK;
		}
		if (c != 's' || n_settings == SETTINGS_MAX) {
			complain(argv[optind - 2], c == ':' ? "a value is missing" :
							      "see mempolctl test-engine --help");
			return CTL_USAGE;
		}
		settings[n_settings++] = optarg;
	}
	if (optind > argc) {
		fprintf(stderr, "mempolctl test-engine: name an engine; see --help\n");
		return CTL_USAGE;
	}
	n = argc + 1 - optind;
	policies = mp_owned(calloc(n, sizeof(*policies)));
	r = policies ? find_all(argv + optind - 1, n, policies) : -ENOMEM;
	if (r >= 0)
		r = apply(policies, n, settings, n_settings);
	if (r == -EINVAL)
		return CTL_USAGE;
	for (size_t i = 0; r != -ENOMEM && i < n; i++) {
		r = test(policies[i]);
		if (r < 0 && r != -EINVAL)
			complain(policies[i]->name, strerror(-r));
		failed = failed || r;
	}
	if (r == -ENOMEM)
		complain("failed", strerror(ENOMEM));
	return failed || r < 0 ? CTL_FAILED : CTL_OK;
}
