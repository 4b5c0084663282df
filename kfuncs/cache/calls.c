// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of cache policies: to let a recorder see which folios are accessed.
 * An op of bpf_mempol_call(). Engines notice nothing of it.
 */
#include "cache.h"

/*
 * For folios in the sample mm calls mempol_tell_accessed(), where a recorder's program is
 * attached; the engine has no accessed() that it would go on to. Hits look at both fields
 * meanwhile, without a lock: one that sees only one of them new is in another sample, and
 * the recorder looks again which it is in.
 */
static void mempol_cache_sample(struct mempol_cache_policy *cache, bool on, u32 shift)
{
	if (on)
		WRITE_ONCE(cache->access_mask, shift ? ~0ULL << (64 - shift) : 0);
	WRITE_ONCE(cache->tell_accessed, on);
}

/*
 * Tell of accesses to one folio in 2^shift, or of none. An engine with an accessed() of its
 * own is told as before: then the answer is its shift, and nothing changes. 0; -ENOENT:
 * there is no such policy; -EINVAL: no such shift.
 */
static s64 mempol_call_sample(struct mempol_call *call)
{
	struct mempol_policy *policy =
		mempol_policy_get(call->body.sample.policy_id, MEMPOL_MECH_CACHE);
	struct mempol_cache *record;
	s64 err = 0;

	if (!policy)
		return -ENOENT;
	record = container_of(policy, struct mempol_cache, policy);
	if (record->cache.ops->accessed)
		call->body.sample.shift = record->cache.access_shift;
	else if (call->body.sample.on && call->body.sample.shift > 63)
		err = -EINVAL;
	else
		mempol_cache_sample(&record->cache, call->body.sample.on, call->body.sample.shift);
	mempol_policy_put(policy);
	return err;
}

const struct mempol_call_row mempol_cache_calls[] = {
	{ MEMPOL_CALL_CACHE_SAMPLE, mempol_call_sample },
};

static_assert(ARRAY_SIZE(mempol_cache_calls) == MEMPOL_CACHE_NR_CALLS);
