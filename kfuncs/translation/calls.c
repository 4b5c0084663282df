// SPDX-License-Identifier: GPL-2.0-only
/*
 * MEMPOL_CALL_WALK_RANGES and _ENTRIES: what maps a process' memory. They belong to no
 * policy and work on a kernel with any of the mechanisms or none. One call is one piece of
 * the walk: mmap_lock is taken, a bounded number of tables looked at, and the lock is let
 * go, so that the process waits for a moment only. What is told was true for that moment.
 */
#include <linux/cred.h>
#include <linux/mmap_lock.h>
#include <linux/pid.h>
#include <linux/rwsem.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "translation.h"

/* Who asks answers others too, and does not wait longer than so many ticks for one process. */
#define MEMPOL_WALK_PATIENCE 20

/* Threads of a process that are asked for its memory. */
#define MEMPOL_WALK_THREADS 64

static struct task_struct *mempol_walk_find(pid_t nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_vpid(nr), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

/* A first thread that has ended has no memory, and the others still have it. */
static struct mm_struct *mempol_walk_mm_of(struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct task_struct *thread;
	unsigned int nr = 0;

	if (mm)
		return mm;
	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = get_task_mm(thread);
		if (mm || ++nr == MEMPOL_WALK_THREADS)
			break;
	}
	rcu_read_unlock();
	return mm;
}

/*
 * A user who is all that the process is, while it may be dumped: that user could read
 * /proc/PID/maps. The namespace's root otherwise, as task_dump_owner() has it. A program
 * that is set-user-ID or set-group-ID, or has capabilities, may not be dumped.
 */
static u32 mempol_walk_owner(struct task_struct *task, struct mm_struct *mm)
{
	kuid_t uid = make_kuid(mm->user_ns, 0);
	const struct cred *cred;

	if (!uid_valid(uid))
		uid = GLOBAL_ROOT_UID;
	rcu_read_lock();
	cred = __task_cred(task);
	if (get_dumpable(mm) == SUID_DUMP_USER && uid_eq(cred->uid, cred->euid) &&
	    uid_eq(cred->uid, cred->suid) && gid_eq(cred->gid, cred->egid) &&
	    gid_eq(cred->gid, cred->sgid))
		uid = cred->uid;
	rcu_read_unlock();
	return from_kuid_munged(current_user_ns(), uid);
}

/* Somebody has a lock. 0: it has waited for a moment, and the lock can be tried again. */
static int mempol_walk_wait(unsigned int *tries)
{
	if (++*tries > MEMPOL_WALK_PATIENCE)
		return -EAGAIN;
	if (schedule_timeout_killable(1) || fatal_signal_pending(current))
		return -EINTR;
	return 0;
}

/* Which memory, and whose: exec() changes both, and is kept out. */
static struct mm_struct *mempol_walk_take(struct mempol_walk *walk, struct task_struct *task)
{
	struct mm_struct *mm;

	if (walk->start_ns && walk->start_ns != task->start_boottime)
		return ERR_PTR(-ESRCH);
	if (walk->program && walk->program != task->self_exec_id)
		return ERR_PTR(-ESTALE);
	mm = mempol_walk_mm_of(task);
	if (!mm)
		return ERR_PTR(-ESRCH);
	walk->start_ns = task->start_boottime;
	walk->program = task->self_exec_id;
	walk->owner = mempol_walk_owner(task, mm);
	return mm;
}

/*
 * The reference is to the mm's users, so that its tables stay: put by mmput_async(). What
 * the process executes afterwards has another mm, with another owner perhaps; this one is
 * walked.
 */
static struct mm_struct *mempol_walk_open(struct mempol_walk *walk)
{
	struct task_struct *task = walk->pid > 0 ? mempol_walk_find(walk->pid) : NULL;
	struct mm_struct *mm;
	unsigned int tries = 0;
	int err = 0;

	if (!task)
		return ERR_PTR(-ESRCH);
	if (task->flags & PF_KTHREAD)
		err = -EINVAL;
	while (!err && !down_read_trylock(&task->signal->exec_update_lock))
		err = mempol_walk_wait(&tries);
	if (err) {
		mm = ERR_PTR(err);
	} else {
		mm = mempol_walk_take(walk, task);
		up_read(&task->signal->exec_update_lock);
	}
	put_task_struct(task);
	return mm;
}

/*
 * Somebody may hold the lock for as long as it likes, a server of a file system in user
 * space among them; who asks must not wait for that.
 */
static int mempol_walk_lock(struct mm_struct *mm)
{
	unsigned int tries = 0;
	int err = 0;

	while (!err && !mmap_read_trylock(mm))
		err = mempol_walk_wait(&tries);
	return err;
}

static void mempol_walk_head(struct mempol_walk *walk, struct mm_struct *mm)
{
	static const int members[] = { MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES, MM_SWAPENTS };
	int i;

	walk->levels = mm_p4d_folded(mm) ? 4 : 5;
	walk->root = __pa(mm->pgd);
	walk->table_bytes = mm_pgtables_bytes(mm);
	for (i = 0; i < ARRAY_SIZE(members); i++)
		walk->pages[i] = get_mm_counter(mm, members[i]);
}

/* A piece of the mapping, in a range of its own; false: there is no room for one. */
static bool mempol_walk_range(struct mempol_walker *w, struct vm_area_struct *vma,
			      unsigned long *addr, unsigned long end)
{
	struct mempol_walk *walk = w->walk;

	if (walk->nr == MEMPOL_WALK_RANGES)
		return false;
	w->range = &walk->out.ranges[walk->nr++];
	memset(w->range, 0, sizeof(*w->range));
	memset(w->path, 0, sizeof(w->path));
	mempol_walk_describe(w->range, vma);
	w->range->from = *addr;
	*addr = mempol_walk_mapping(w, vma, *addr, end);
	w->range->to = *addr;
	return true;
}

/* mmap_lock is held. @ranges: mappings are told of, else tables and pages. */
static void mempol_walk_from(struct mempol_walk *walk, struct mm_struct *mm, bool ranges)
{
	struct mempol_walker w = { .mm = mm, .walk = walk };
	unsigned long addr = walk->next, limit = walk->end ?: TASK_SIZE_MAX, end = 0;
	struct vm_area_struct *vma;
	struct vma_iterator vmi;

	vma_iter_init(&vmi, mm, addr);
	for_each_vma(vmi, vma) {
		addr = max(addr, vma->vm_start);
		end = min(limit, vma->vm_end);
		if (addr >= end)
			break;
		w.steps++;
		if (!ranges)
			addr = mempol_walk_mapping(&w, vma, addr, end);
		else if (!mempol_walk_range(&w, vma, &addr, end))
			break;
		if (addr != end)
			break;
	}
	walk->next = vma && addr < limit ? addr : MEMPOL_WALK_END;
}

/*
 * See struct mempol_walk. -ESRCH: there is no such process, it has ended, or it is another
 * one than before; -ESTALE: it has executed another program; -EINVAL: a thread of the
 * kernel's, which has no tables of its own, or no address to begin at; -EAGAIN: somebody
 * holds the process' mmap_lock, or it is in the midst of exec(); -EINTR: the caller is
 * being killed.
 */
static s64 mempol_walk(struct mempol_call *call, bool ranges)
{
	struct mempol_walk *walk = &call->body.walk;
	struct mm_struct *mm;
	int err;

	walk->nr = 0;
	if (!PAGE_ALIGNED(walk->next) || !PAGE_ALIGNED(walk->end))
		return -EINVAL;
	mm = mempol_walk_open(walk);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	err = mempol_walk_lock(mm);
	if (!err) {
		mempol_walk_head(walk, mm);
		mempol_walk_from(walk, mm, ranges);
		mmap_read_unlock(mm);
	}
	/* The last user takes the address space apart, which is nothing to wait for here. */
	mmput_async(mm);
	return err;
}

static s64 mempol_call_walk_ranges(struct mempol_call *call)
{
	return mempol_walk(call, true);
}

static s64 mempol_call_walk_entries(struct mempol_call *call)
{
	return mempol_walk(call, false);
}

static const struct mempol_call_row mempol_translation_rows[] = {
	{ MEMPOL_CALL_WALK_RANGES, mempol_call_walk_ranges },
	{ MEMPOL_CALL_WALK_ENTRIES, mempol_call_walk_entries },
};

const struct mempol_answerer mempol_translation_answerer = {
	.calls = mempol_translation_rows,
	.nr_calls = ARRAY_SIZE(mempol_translation_rows),
};
