/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a policy file: no crash, no leak, no hang, and never both a policy and an error. A
 * policy that is accepted must also survive being matched. Run by tests/runner with the corpus and
 * dictionary beside it.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "match.h"
#include "mechanism-balloon.h"
#include "mechanism.h"
#include "policy.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_clean(const struct mp_errors *errors)
{
	static const char prefix[] = "/p/fuzz.mempolicy:";

	for (size_t i = 0; i < errors->count; i++) {
		_cleanup_free_ char *copy = strdup(errors->items[i]);

		require(copy);
		require(!strncmp(copy, prefix, strlen(prefix)));
		mp_text_clean(copy);
		require(!strcmp(copy, errors->items[i]));
	}
}

static void require_whole(const struct mp_policy *policy)
{
	static const char *const cgroups[] = { "/", "/a", "/a/b.service", "/a/b\\x2dc@d.scope" };
	_cleanup_assignments_ struct mp_assignments rows = {};

	require(policy->choice.engine && policy->choice.line);
	require(mp_policy_mechanism(policy)->section.available);
	require(!(policy->match.cgroup.count || policy->match.unit.count) ==
		mp_policy_mechanism(policy)->host_wide);
	require(mp_balloon_of(policy)->period_ms >= MP_PERIOD_MIN_MS &&
		mp_balloon_of(policy)->period_ms <= MP_PERIOD_MAX_MS);
	require(!mp_balloon_of(policy)->keep_is_share || mp_balloon_of(policy)->keep <= 100);
	require(policy->priority >= MP_PRIORITY_MIN && policy->priority <= MP_PRIORITY_MAX);
	require(mp_policy_equal(policy, policy));
	for (size_t i = 0; i < policy->match.cgroup.count; i++)
		require(policy->match.cgroup.items[i].glob[0] == '/');
	/* fnmatch(3) takes exponential time for many stars; a policy's author harms himself only. */
	for (size_t i = 0; i < policy->match.unit.count; i++)
		if (strlen(policy->match.unit.items[i].glob) > 32)
			return;
	for (size_t i = 0; i < policy->match.cgroup.count; i++)
		if (strlen(policy->match.cgroup.items[i].glob) > 32)
			return;
	require(mp_assign(&policy, 1, cgroups, ARRAY_SIZE(cgroups), NULL, NULL, &rows) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	int r = mp_policy_parse("/p/fuzz.mempolicy", (const char *)data, size, &errors, &policy);

	require(r == 0 || r == -EBADMSG);
	require((r == 0) == !!policy);
	require((r == 0) == !errors.count);
	require_clean(&errors);
	if (policy)
		require_whole(policy);
	return 0;
}
