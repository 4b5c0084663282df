/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the policies of placement: the values of [Placement] and what follows from them for a pool.
 * Included by the mechanism's own files of the library, the daemon, mempolctl and the tests.
 */
#ifndef MP_MECHANISM_PLACEMENT_H
#define MP_MECHANISM_PLACEMENT_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"
#include "tuning.h"

/* Frames of the blocks of which pools consist: of 2 MiB, with pages of 4 KiB. */
#define MP_PLACEMENT_BLOCK 512U
#define MP_PLACEMENT_NODES 64U

/* Where a key stands, for messages about it that its own line alone does not call for. */
struct mp_where {
	char *file; /* NULL: nowhere */
	unsigned int line;
};

/* What [Placement] says beside its engine and the engine's tunables. */
struct mp_placement {
	uint64_t pool; /* bytes; 0: nothing is said */
	char *pool_name; /* NULL: the policy's */
	uint64_t nodes; /* a bit for each; 0: all that have memory */
	bool contiguous;
	struct mp_where pool_at, name_at, preset_at;
};

/* When [Placement] says nothing. */
extern const struct mp_placement mp_placement_default;

/* What @policy says, or the defaults when it has no such section. */
static inline struct mp_placement *mp_placement_of(const struct mp_policy *policy)
{
	return policy->settings[MEMPOL_MECH_PLACEMENT];
}

/* What the pool is called: policies of one name share a pool. */
static inline const char *mp_placement_pool_name(const struct mp_policy *policy)
{
	return mp_placement_of(policy)->pool_name ?: policy->name;
}

/*
 * The number by which the kernel knows it. Another size or place is another number, so that a policy that changes can
 * take a new pool while the old one is there; that two policies do not differ in them is checked when they are read.
 */
uint64_t mp_placement_pool_id(const struct mp_policy *policy);

/* In whole blocks; 0: the policy needs none. */
uint64_t mp_placement_pool_pages(const struct mp_placement *placement, uint64_t page_bytes);

/* "oom"; NULL past the last. */
const char *mp_pool_cause_to_string(unsigned int cause);

/* For the table of mechanisms, which says what they do: 0 or -ENOMEM. */
int mp_placement_check_tuned(const struct mp_tuned tuned[], size_t n, struct mp_errors *errors);
int mp_placement_check_pair(const struct mp_policy *other, const struct mp_policy *policy,
			    struct mp_errors *errors);
/* Half of the memory of its nodes, whose sizes are read below @sys; nothing is said where they cannot be. */
int mp_placement_check_room(const struct mp_policy *policy, const char *sys,
			    struct mp_errors *errors);

#endif
