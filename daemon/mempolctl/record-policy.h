/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache policies of a cgroup that is recorded: while one of these lives, the daemon has the kernel tell of hits in
 * the sample, so that no other hit costs a program. Called by record.c; when this process ends, however it does, the
 * daemon puts everything back.
 */
#ifndef MP_CTL_RECORD_POLICY_H
#define MP_CTL_RECORD_POLICY_H

#include <stdbool.h>
#include <stdint.h>

struct record_policy;

/*
 * Asks the daemon at @socket. 0; or -errno and in @ret_problem (allocated, may be NULL) why the kernel does not tell,
 * with the remedy; -ENOENT: no policy of the daemon's governs the cgroup.
 */
int record_policy_new(const char *socket, const char *cgroup, uint32_t shift,
		      struct record_policy **ret, char **ret_problem);
struct record_policy *record_policy_free(struct record_policy *policy);

/* Looks what has come. False from when on one of the policies has gone, or the daemon has. It never waits. */
bool record_policy_is_there(struct record_policy *policy);

/* One page in 2^shift is told of: as asked for, or as an engine is told itself. */
uint32_t record_policy_shift(const struct record_policy *policy);

/* "NAME (ENGINE) at CGROUP", one behind the other. */
const char *record_policy_names(const struct record_policy *policy);

#endif
