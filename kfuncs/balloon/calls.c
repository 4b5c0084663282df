// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of a balloon policy: so many pages by hand, a block by its
 * name, what a block is like. They are ops of bpf_mempol_call().
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include "balloon.h"

/* Reclaimed before it is looked whether the policy has ended, in pages. */
#define MEMPOL_BALLOON_DROP (SZ_4M >> PAGE_SHIFT)

static struct mempol_balloon *mempol_balloon_get(u64 policy_id)
{
	struct mempol_policy *policy = mempol_policy_get(policy_id, MEMPOL_MECH_BALLOON);

	return policy ? mempol_balloon_of(policy) : NULL;
}

/*
 * Hold so many pages, whatever the engine says; the guard applies. A step does it: nothing
 * waits for the host in a SYSCALL program, behind which the whole of BPF waits. The counter
 * `moving` and MEMPOL_EV_RESIZED say when it is over. 0; -ENOENT: there is no such balloon
 * policy, -EINVAL: more than the machine has.
 */
static s64 mempol_call_size(struct mempol_call *call)
{
	u64 pages = call->body.balloon.pages;
	struct mempol_balloon *record;
	s64 err = 0;

	if (pages != MEMPOL_BALLOON_AUTO && pages > SIZE_MAX >> PAGE_SHIFT)
		return -EINVAL;

	record = mempol_balloon_get(call->body.balloon.policy_id);
	if (!record)
		return -ENOENT;
	/* mempol_balloon_stop() waits for a request that has got here before. */
	mutex_lock(&record->job.lock);
	if (READ_ONCE(record->ended)) {
		err = -ENOENT;
	} else {
		WRITE_ONCE(record->request, pages);
		/* Pairs with the acquire of mempol_balloon_step(). */
		atomic_inc_return_release(&record->asked);
		mempol_balloon_kick(record);
	}
	mutex_unlock(&record->job.lock);
	mempol_policy_put(&record->policy);
	return err;
}

/*
 * Take the block of an order, MEMPOL_BALLOON_ORDER_4M or _2M, that begins at a page.
 * As mempol_balloon_claim(); -EAGAIN: the guest has just been short of memory, -EDQUOT:
 * it holds as much as it may.
 */
static s64 mempol_job_claim(struct mempol_balloon *record, struct mempol_call *call)
{
	u32 order = call->body.block.order;

	/* It may wait for memory, which a step is there to return: not under its lock. */
	if (READ_ONCE(record->policy.exit_kind) || READ_ONCE(record->passive))
		return -ESTALE;
	if (mempol_balloon_paused(record))
		return -EAGAIN;
	if (mempol_balloon_held(record) +
		    (order == MAX_PAGE_ORDER ? MAX_ORDER_NR_PAGES : pageblock_nr_pages) >
	    mempol_balloon_limit(mempol_balloon_total()))
		return -EDQUOT;
	return mempol_balloon_claim(&record->mm, call->body.block.pfn, order);
}

/* Reclaim page cache: anonymous memory stays, and so do dirty pages. */
static s64 mempol_job_drop(struct mempol_balloon *record, struct mempol_call *call)
{
	u64 pages = call->body.balloon.pages, done = 0, got = 1;

	while (done < pages && got && !READ_ONCE(record->ended)) {
		got = mempol_balloon_drop_cache(min_t(u64, pages - done, MEMPOL_BALLOON_DROP));
		done += got;
	}
	call->body.balloon.pages = done;
	return 0;
}

void mempol_balloon_job_work(struct work_struct *work)
{
	struct mempol_balloon *record = container_of(work, struct mempol_balloon, job.work);
	struct mempol_balloon_job *job = &record->job;

	/* While it runs nobody else touches the call. */
	if (!READ_ONCE(record->ended))
		job->call.error = job->call.op == MEMPOL_CALL_BALLOON_CLAIM ?
					  mempol_job_claim(record, &job->call) :
					  mempol_job_drop(record, &job->call);
	mutex_lock(&job->lock);
	job->state = MEMPOL_JOB_DONE;
	mutex_unlock(&job->lock);
}

static bool mempol_job_answers(const struct mempol_balloon_job *job, const struct mempol_call *call)
{
	if (job->state != MEMPOL_JOB_DONE || job->call.op != call->op)
		return false;
	return call->op != MEMPOL_CALL_BALLOON_CLAIM ||
	       (job->call.body.block.pfn == call->body.block.pfn &&
		job->call.body.block.order == call->body.block.order);
}

/*
 * What takes its time is done by a work item, one at a time. The caller begins it and asks
 * again until the answer is no longer -EINPROGRESS, which is also the answer while another
 * request is carried out.
 * -ENOENT: there is no such balloon policy; else as above.
 */
static s64 mempol_call_job(struct mempol_call *call)
{
	struct mempol_balloon *record = mempol_balloon_get(call->body.balloon.policy_id);
	struct mempol_balloon_job *job;
	s64 err = -EINPROGRESS;

	if (!record)
		return -ENOENT;
	job = &record->job;
	mutex_lock(&job->lock);
	if (READ_ONCE(record->ended)) {
		err = -ENOENT;
	} else if (mempol_job_answers(job, call)) {
		call->body = job->call.body;
		err = job->call.error;
		job->state = MEMPOL_JOB_NONE;
	} else if (job->state != MEMPOL_JOB_RUNS) {
		job->call = *call;
		job->state = MEMPOL_JOB_RUNS;
		queue_work(system_freezable_wq, &job->work);
	}
	mutex_unlock(&job->lock);
	mempol_policy_put(&record->policy);
	return err;
}

/* What a page block is like; as mempol_balloon_block_info(). */
static s64 mempol_call_block(struct mempol_call *call)
{
	struct mempol_balloon_block block = {};
	int err = mempol_balloon_block_info(call->body.block.pfn, &block);

	call->body.block.order = block.order;
	call->body.block.flags = block.flags;
	return err;
}

const struct mempol_call_row mempol_balloon_calls[] = {
	{ MEMPOL_CALL_BALLOON_SIZE, mempol_call_size },
	{ MEMPOL_CALL_BALLOON_CLAIM, mempol_call_job },
	{ MEMPOL_CALL_BALLOON_BLOCK, mempol_call_block },
	{ MEMPOL_CALL_BALLOON_DROP, mempol_call_job },
};

static_assert(ARRAY_SIZE(mempol_balloon_calls) == MEMPOL_BALLOON_NR_CALLS);
