/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroup that is recorded: found by path or unit, and what it may have of memory. Called by record.c; every
 * function takes the root of the tree, so that a test has one of its own.
 */
#ifndef MP_CTL_RECORD_CGROUP_H
#define MP_CTL_RECORD_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "macro.h"

struct record_cgroup {
	char *path; /* below the root, with a leading slash */
	uint64_t id;
	uint32_t level; /* the root is 0 */
};

struct record_memory {
	/*
	 * The least that memory.max of it and of those above leaves to it, beside what others below the same limit
	 * have now; UINT64_MAX: there is no limit.
	 */
	uint64_t limit_bytes;
	uint64_t current_bytes;
	uint64_t file_bytes; /* of files, without tmpfs */
	uint64_t governed_bytes; /* of them under a policy */
};

/*
 * By @cgroup, a path below the root or in the file system, or by @unit, the last component of exactly one path.
 * 0, or -errno and a sentence (allocated, may be NULL).
 */
int record_cgroup_find(const char *root, const char *cgroup, const char *unit,
		       struct record_cgroup *ret, char **ret_problem);
void record_cgroup_done(struct record_cgroup *cgroup);

/* Is it still there, and the same? */
bool record_cgroup_is_there(const char *root, const struct record_cgroup *cgroup);

/* What cannot be read is 0, or no limit. 0 or -ENOMEM. */
int record_cgroup_memory(const char *root, const struct record_cgroup *cgroup,
			 struct record_memory *ret);

/* Is all of its page cache under policies, as far as can be seen? What the batches of @cpus CPUs hold is not yet. */
bool record_is_governed(const struct record_memory *memory, unsigned int cpus);

/* Of page cache: what the limit leaves beside the rest, or what there is. */
uint64_t record_cache_bytes(const struct record_memory *memory);

#endif
