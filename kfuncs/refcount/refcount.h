/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The struct_ops type of the refcount mechanism, as engines implement it. Its
 * members are ABI: an engine is matched by their names.
 */
#ifndef _MEMPOL_REFCOUNT_OPS_H
#define _MEMPOL_REFCOUNT_OPS_H

#include <linux/mempol_ref.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>
#include "../core/core.h"

/**
 * struct mempol_refcount_file - an opted-in file, at its review
 * @time_ns: CLOCK_MONOTONIC.
 * @ino: of the file.
 * @age_ns: since it is in.
 * @period_ns: that the counts are of: since its last review, or since it is in.
 * @reads: estimated from samples.
 * @fell_back: of these those that went the kernel's own way; likewise.
 * @busy: times a page could not be freed or moved for its readers.
 * @dev: new_encode_dev() of its file system.
 * @cpus: how many were seen reading.
 * @cause: enum mempol_ref_cause: why it is in.
 */
struct mempol_refcount_file {
	u64 time_ns;
	u64 ino;
	u64 age_ns;
	u64 period_ns;
	u64 reads;
	u64 fell_back;
	u64 busy;
	u32 dev;
	u32 cpus;
	u32 cause;
};

/**
 * struct mempol_refcount_ops - a refcount engine
 * @sampled: a cached read of a file that is not in, by a task of the policy's cgroup
 *	or below that has no nearer policy. 1: opt it in, 0: do not. Mandatory.
 * @review: of a file that is in, every @period_ms. 1: opt it out, 0: do not.
 * @sample: one read in so many is sampled, 0: MEMPOL_REFCOUNT_SAMPLE.
 * @period_ms: 0: MEMPOL_REFCOUNT_PERIOD_MS.
 * @max_files: that the policy may have in, 0: MEMPOL_REFCOUNT_DEFAULT_FILES.
 *
 * The head is that of struct mempol_ops; cgroup_id is mandatory. sampled() runs with
 * preemption off, in the read; review() in a work item. init() runs before it is
 * attached, may sleep and forbid it; exit() after the last callback, and may sleep, too.
 */
struct mempol_refcount_ops {
	MEMPOL_OPS_HEAD;
	s32 (*sampled)(struct mempol_ref_sample *sample);
	s32 (*review)(struct mempol_refcount_file *file);
	u32 sample;
	u32 period_ms;
	u32 max_files;
};

#define MEMPOL_REFCOUNT_SAMPLE 1024
#define MEMPOL_REFCOUNT_MIN_SAMPLE 16
#define MEMPOL_REFCOUNT_MAX_SAMPLE 1048576
#define MEMPOL_REFCOUNT_PERIOD_MS 10000U
#define MEMPOL_REFCOUNT_MIN_PERIOD_MS 100U
#define MEMPOL_REFCOUNT_MAX_PERIOD_MS 86400000U
#define MEMPOL_REFCOUNT_DEFAULT_FILES 64U

/* So many of something in a second; counted without a lock. */
struct mempol_refcount_rate {
	unsigned long since; /* in jiffies */
	atomic_t nr;
};

/**
 * struct mempol_refcount - one attached refcount policy
 * @policy: what it has in common with every other.
 * @mm: what mm knows of it.
 * @ops: the engine, as @policy.ops.
 * @cgroup: whose reads are sampled; a reference.
 * @node: in the list of those whose engines are asked.
 * @work: reviews the files, and takes all of them out when the policy has been ejected.
 * @lock: one change of its files at a time, but for those by samples; and of @ended.
 * @ended: no more changes.
 * @attached: mm knows it; else it has no files.
 * @passive: the daemon's beat is missing.
 * @period: of reviews, in jiffies.
 * @next_review: in jiffies.
 * @reviewed_ns: CLOCK_MONOTONIC of the last one.
 * @entries: what the engine has opted in.
 * @events: what has been told of files.
 * @opted_in: files, ever.
 * @opted_out: likewise.
 * @refused: likewise, those that could not be opted in.
 * @before: what mm had counted before it took over.
 * @last: what it had counted when it left.
 */
struct mempol_refcount {
	struct mempol_policy policy;
	struct mempol_ref_policy mm;
	struct mempol_refcount_ops *ops;
	struct cgroup *cgroup;
	struct list_head node;
	struct delayed_work work;
	struct mutex lock; /* see above */
	bool ended;
	bool attached;
	bool passive;
	unsigned long period;
	unsigned long next_review;
	u64 reviewed_ns;
	struct mempol_refcount_rate entries;
	struct mempol_refcount_rate events;
	atomic64_t opted_in;
	atomic64_t opted_out;
	atomic64_t refused;
	struct mempol_ref_stats before;
	struct mempol_ref_stats last;
};

static inline struct mempol_refcount *mempol_refcount_of(struct mempol_policy *policy)
{
	return container_of(policy, struct mempol_refcount, policy);
}

extern struct mempol_mechanism mempol_refcount_mechanism;

/* refcount/attach.c */
struct mempol_policy *mempol_refcount_alloc(void *ops);
void mempol_refcount_free(struct mempol_policy *policy);
int mempol_refcount_attach(struct mempol_policy *policy);
int mempol_refcount_replace(struct mempol_policy *old, struct mempol_policy *new);
void mempol_refcount_stop(struct mempol_policy *policy);
void mempol_refcount_detach(struct mempol_policy *policy);
bool mempol_refcount_governs(const struct mempol_refcount *record);
u64 mempol_refcount_in_slot(u32 slot);
void mempol_refcount_end_files(struct mempol_refcount *record, u32 cause);

/* refcount/policy.c */
extern const struct mempol_ref_policy_ops mempol_refcount_callbacks;
void mempol_refcount_work(struct work_struct *work);
void mempol_refcount_sum(struct mempol_refcount *record, struct mempol_ref_stats *stats);
void mempol_refcount_fill(struct mempol_policy *policy, struct mempol_policy_info *info);
void mempol_refcount_extent(struct mempol_policy *policy, u64 *pages, u64 *cgroups);
bool mempol_refcount_pause(struct mempol_policy *policy, bool passive);
void mempol_refcount_eject(struct mempol_policy *policy, u32 kind);
int mempol_refcount_dump(struct mempol_policy *policy, char *buf, size_t size);
void mempol_refcount_tell_file(struct mempol_refcount *record, const struct mempol_ref_info *info,
			       bool on, u32 cause);
void mempol_refcount_went_in(struct mempol_refcount *record, const struct mempol_ref_info *info,
			     u32 cause, int err);
void mempol_refcount_went_out(struct mempol_refcount *record, const struct mempol_ref_info *info,
			      u32 cause);

/* refcount/calls.c */
extern const struct mempol_call_row mempol_refcount_calls[];
#define MEMPOL_REFCOUNT_NR_CALLS 2

#endif /* _MEMPOL_REFCOUNT_OPS_H */
