/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own counters around a stretch of the run. Used by the runner. Every path is read below a
 * root, "" for the running system, so that a test can bring its own files.
 */
#ifndef MB_COUNTERS_H
#define MB_COUNTERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "util.h"

struct mb_counters {
	u64 sectors_read; /* of the file's device, 512 bytes each */
	u64 refaults; /* workingset_refault_file */
	u64 major_faults;
	u64 minor_faults;
	u64 time_ns; /* monotonic */
};

/* Where the counters are, found once. */
struct mb_probe {
	unsigned int major, minor; /* the device as /proc/diskstats names it */
	char *diskstats;
	char *refault_file; /* the cgroup's memory.stat, or /proc/vmstat */
	bool refaults_of_system; /* no cgroup v2 memory controller here */
};

/* The sectors read of one line-matched disk or partition. -ENODEV: it is not listed. */
int mb_diskstats_read(const char *path, unsigned int major, unsigned int minor, u64 *ret_sectors);

/* A "KEY VALUE" line of memory.stat or vmstat. -ENOENT: the key is not there. */
int mb_keyed_read(const char *path, const char *key, u64 *ret_value);

/* @dev: st_dev of the file. -ENODEV: on no block device. -EOPNOTSUPP: on one that does not count. */
int mb_probe_init(struct mb_probe *ret_probe, const char *root, dev_t dev);
void mb_probe_free(struct mb_probe *probe);

/* Two orders of reading, so that what reading costs falls outside of the stretch. */
int mb_counters_begin(const struct mb_probe *probe, struct mb_counters *ret);
int mb_counters_end(const struct mb_probe *probe, struct mb_counters *ret);

/* sum += end - begin, each difference at least 0. */
void mb_counters_add(struct mb_counters *sum, const struct mb_counters *begin,
		     const struct mb_counters *end);

#endif
