// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is asked about leaf page tables by hand: TEAs made and freed, tables moved and freed,
 * and which TEAs there are. They are ops of bpf_mempol_call().
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include "tea.h"

/* One call moves so many batches, and then says where to go on. */
#define MEMPOL_TEA_CALL_BATCHES 16

static_assert((int)MEMPOL_TEA_WHY_SPECIAL == MEMPOL_TEA_REFUSED_SPECIAL);
static_assert((int)MEMPOL_TEA_WHY_BUSY == MEMPOL_TEA_REFUSED_BUSY);
static_assert((int)MEMPOL_TEA_WHY_LOCKS == MEMPOL_TEA_REFUSED_LOCKS);
static_assert((int)MEMPOL_TEA_WHY_SLOT == MEMPOL_TEA_REFUSED_SLOT);
static_assert((int)MEMPOL_TEA_WHY_MEMORY == MEMPOL_TEA_REFUSED_MEMORY);
static_assert((int)MEMPOL_TEA_NR_WHY == MEMPOL_TEA_NR_REFUSED);
static_assert(MEMPOL_TEA_WINDOW_BYTES == MEMPOL_TEA_WINDOW);

static int mempol_tea_call_create(struct mempol_translation *record, struct mm_struct *mm,
				  struct mempol_tea_request *request)
{
	struct mempol_tea_wish wish = {
		.start = request->start,
		.windows = (request->end - request->start) / MEMPOL_TEA_WINDOW,
		.nid = request->nid == MEMPOL_TEA_ANY_NODE ? NUMA_NO_NODE : request->nid,
		.tag = MEMPOL_TEA_BY_HAND,
	};
	int err;

	if (!record)
		return -ENOENT;
	err = mempol_tea_create(&record->mm, mm, &wish);
	record->done.created += !err;
	record->done.failed += err == -ENOMEM;
	request->done = !err;
	return err;
}

/* All that lie in the range with a part. */
static int mempol_tea_call_free(struct mempol_translation *record, struct mm_struct *mm,
				struct mempol_tea_request *request)
{
	unsigned long addr = request->start;
	struct mempol_tea_info tea;

	if (!record)
		return -ENOENT;
	while (!mempol_tea_next(mm, addr, false, &tea) && tea.start < request->end) {
		if (!mempol_tea_free(&record->mm, mm, tea.start))
			request->done++;
		addr = tea.start + tea.windows * MEMPOL_TEA_WINDOW;
	}
	record->done.freed += request->done;
	return request->done ? 0 : -ENOENT;
}

static int mempol_tea_call_move(struct mempol_translation *record, struct mm_struct *mm,
				struct mempol_tea_request *request)
{
	struct mempol_tea_move move = {
		.verb = request->op - MEMPOL_TEA_OP_FILL + MEMPOL_TEA_FILL,
		.nid = request->nid,
		.end = request->end,
		.next = request->start,
	};
	int batches = 0, err = 0, i;

	while (move.next < move.end && batches++ < MEMPOL_TEA_CALL_BATCHES && !err) {
		move.start = move.next;
		err = mempol_tea_move(mm, &move);
		request->done += move.done;
		request->held_ns = max(request->held_ns, move.held_ns);
		for (i = 0; i < MEMPOL_TEA_NR_REFUSED; i++)
			request->refused[i] += move.refused[i];
		if (record)
			mempol_translation_count(record, &move);
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	request->next = move.next;
	return err;
}

static int mempol_tea_request(struct mempol_translation *record, struct mm_struct *mm,
			      struct mempol_tea_request *request)
{
	if (record && (record->ended || READ_ONCE(record->policy.leaves)))
		return -ENOENT;
	switch (request->op) {
	case MEMPOL_TEA_OP_CREATE:
		return mempol_tea_call_create(record, mm, request);
	case MEMPOL_TEA_OP_FREE:
		return mempol_tea_call_free(record, mm, request);
	default:
		return mempol_tea_call_move(record, mm, request);
	}
}

/*
 * See struct mempol_tea_request. 0; -EINVAL: an op, node or range that is none; -ESRCH: there
 * is no such process, it has ended, or it is another one than before; -ESTALE: it has
 * executed another program; -ENOENT: no such policy, or it has no TEA there; -EEXIST: a part
 * of the range has a TEA; -EDQUOT: the policy may not have so many frames, -ENOSPC: the
 * process has as many TEAs as it can; -EOPNOTSUPP: a device reads the tables; -EAGAIN:
 * somebody holds the process' mmap_lock; -EINTR: the caller is being killed; -ENOMEM.
 */
static s64 mempol_call_tea(struct mempol_call *call)
{
	struct mempol_tea_request *request = &call->body.tea;
	struct mempol_policy *policy = NULL;
	struct mempol_translation *record;
	struct mm_struct *mm;
	s64 err;

	request->end = request->end ?: MEMPOL_TEA_MAX_ADDR;
	request->next = request->end;
	request->done = 0;
	request->held_ns = 0;
	memset(request->refused, 0, sizeof(request->refused));
	if (request->op > MEMPOL_TEA_OP_TRIM || request->start >= request->end ||
	    !IS_ALIGNED(request->start | request->end, MEMPOL_TEA_WINDOW))
		return -EINVAL;
	if (request->policy_id) {
		policy = mempol_policy_get(request->policy_id, MEMPOL_MECH_TRANSLATION);
		if (!policy)
			return -ENOENT;
	}
	record = policy ? mempol_translation_of(policy) : NULL;
	mm = mempol_process_open(&request->process);
	err = PTR_ERR_OR_ZERO(mm);
	if (!err) {
		if (record)
			mutex_lock(&record->lock);
		err = mempol_tea_request(record, mm, request);
		if (record)
			mutex_unlock(&record->lock);
		mmput_async(mm);
	}
	if (policy)
		mempol_policy_put(policy);
	return err;
}

static void mempol_tea_tell(struct mempol_tea_entry *entry, const struct mempol_tea_info *tea)
{
	*entry = (struct mempol_tea_entry){
		.start = tea->start,
		.pfn = tea->pfn,
		.policy_id = mempol_translation_id(tea->policy),
		.windows = tea->windows,
		.nid = tea->nid,
		.placed = tea->survey.placed,
		.elsewhere = tea->survey.elsewhere,
		.huge = tea->survey.huge,
		.idle = tea->idle,
		.frames = tea->frames,
	};
}

/* See struct mempol_tea_list; errors as above. */
static s64 mempol_call_teas(struct mempol_call *call)
{
	struct mempol_tea_list *list = &call->body.teas;
	struct mempol_tea_info tea;
	struct mm_struct *mm;
	int err = 0;

	list->nr = 0;
	mm = mempol_process_open(&list->process);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	while (list->nr < MEMPOL_TEA_ENTRIES && !err) {
		err = mempol_tea_next(mm, list->from, true, &tea);
		if (err)
			break;
		mempol_tea_tell(&list->entries[list->nr++], &tea);
		list->from = tea.start + tea.windows * MEMPOL_TEA_WINDOW;
	}
	mmput_async(mm);
	return err == -ENOENT ? 0 : err;
}

const struct mempol_call_row mempol_translation_calls[] = {
	{ MEMPOL_CALL_TEA, mempol_call_tea },
	{ MEMPOL_CALL_TEAS, mempol_call_teas },
};

static_assert(ARRAY_SIZE(mempol_translation_calls) == MEMPOL_TRANSLATION_NR_CALLS);
