/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which policy governs which cgroup: pure functions over a snapshot of policies and cgroup paths.
 * Called by the daemon whenever either changes. It never reads the cgroup file system and never
 * remembers an earlier answer: the caller compares.
 */
#ifndef MP_MATCH_H
#define MP_MATCH_H

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"

/*
 * @cgroup is the path below the cgroup root with a leading slash ("/" is the root itself).
 * Cgroup= is matched against the whole path (fnmatch, FNM_PATHNAME), Unit= against its last
 * component; a value that equals the text literally matches too, and "\x2d" is the text that systemd
 * writes into a name. Both keys must agree; a key with exclusions only matches everything else; an exclusion always wins.
 */
bool mp_match_cgroup(const struct mp_match *match, const char *cgroup);

/* An exclusion ("!") of either key hits: a policy that governs a cgroup above does not govern this one. */
bool mp_match_excludes(const struct mp_match *match, const char *cgroup);

/* True when this one pattern hits the cgroup, negated or not. @is_path: it is one of Cgroup=. */
bool mp_pattern_hits(const struct mp_pattern *pattern, bool is_path, const char *cgroup);

/* NULL when @glob is one that can match, else what is wrong with it (a static text). */
const char *mp_glob_problem(const char *glob, bool is_path);

/* The same of the path of files, which fnmatch(3) takes as it is. */
const char *mp_file_glob_problem(const char *glob);
#define MP_FILE_GLOB_DEPTH 64 /* directories */

/*
 * @glob, which has no problem, as fnmatch(3) wants it: there a backslash is doubled that systemd wrote.
 * *ret is NULL when that changes nothing. 0 or -ENOMEM.
 */
int mp_glob_for_fnmatch(const char *glob, char **ret);

struct mp_assignment {
	const struct mp_policy *policy; /* the caller's */
	enum mempol_mechanism_id mechanism;
	const char *cgroup; /* the caller's string; NULL: the whole machine */
	const struct mp_policy *winner; /* == policy: attach here; else it stands back */
	bool excluded; /* attach the mechanism's leaving engine: the policy governs above, and not here */
	char *reason; /* why it stands back; NULL for a winner */
};

struct mp_assignments {
	struct mp_assignment *items;
	size_t count;
};

/* @cgroup NULL: at the machine. */
typedef bool (*mp_is_out_t)(const struct mp_policy *policy, const char *cgroup, void *userdata);

/* < 0, 0, > 0: whether @a is weaker than, the same as, stronger than @b for one cgroup. */
int mp_policy_compare(const struct mp_policy *a, const struct mp_policy *b);

/*
 * One row for each cgroup where a policy has to be attached, and one for each cgroup where a
 * policy matches but stands back. A matched cgroup whose nearest governed ancestor has the same
 * policy gets no row: it is governed through the ancestor. Likewise a policy that stands back
 * below a cgroup where it already stands back for the same winner. A policy without any row waits
 * for its cgroup.
 *
 * A policy that governs a cgroup and excludes one below it gets a row there as well, with @excluded set,
 * unless another policy governs the excluded one. Below the exclusion nothing is inherited.
 *
 * Rows are sorted by mechanism and cgroup (ancestors first), winners before those that stand back, then
 * by name. The caller omits policies whose engine cannot be loaded. @is_out (may be NULL) tells that a
 * policy is quarantined at a cgroup. The next matching policy then governs there, and the quarantined
 * policy's row carries no reason. The quarantine also covers every descendant that the policy would have
 * governed through that cgroup.
 *
 * Policies of a mechanism that is for the whole machine compete by the same rule, once; their rows
 * have no cgroup and come last.
 * Returns 0 or -ENOMEM.
 */
int mp_assign(const struct mp_policy *const policies[], size_t n_policies,
	      const char *const cgroups[], size_t n_cgroups, mp_is_out_t is_out, void *userdata,
	      struct mp_assignments *ret);

void mp_assignments_done(struct mp_assignments *assignments);
#define _cleanup_assignments_ _cleanup_(mp_assignments_done)

#endif
