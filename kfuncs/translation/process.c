// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which process somebody asks about, by its number, its start and its program, and the memory
 * that it has.
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
#define MEMPOL_PROCESS_PATIENCE 20

/* Threads of a process that are asked for its memory. */
#define MEMPOL_PROCESS_THREADS 64

static struct task_struct *mempol_process_find(pid_t nr)
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
struct mm_struct *mempol_process_mm(struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct task_struct *thread;
	unsigned int nr = 0;

	if (mm)
		return mm;
	rcu_read_lock();
	for_each_thread(task, thread) {
		mm = get_task_mm(thread);
		if (mm || ++nr == MEMPOL_PROCESS_THREADS)
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
static u32 mempol_process_owner(struct task_struct *task, struct mm_struct *mm)
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
static int mempol_process_wait(unsigned int *tries)
{
	if (++*tries > MEMPOL_PROCESS_PATIENCE)
		return -EAGAIN;
	if (schedule_timeout_killable(1) || fatal_signal_pending(current))
		return -EINTR;
	return 0;
}

/* Which memory, and whose: exec() changes both, and is kept out. */
static struct mm_struct *mempol_process_take(struct mempol_process *process,
					     struct task_struct *task)
{
	struct mm_struct *mm;

	if (process->start_ns && process->start_ns != task->start_boottime)
		return ERR_PTR(-ESRCH);
	if (process->program && process->program != task->self_exec_id)
		return ERR_PTR(-ESTALE);
	mm = mempol_process_mm(task);
	if (!mm)
		return ERR_PTR(-ESRCH);
	process->start_ns = task->start_boottime;
	process->program = task->self_exec_id;
	process->owner = mempol_process_owner(task, mm);
	return mm;
}

/**
 * mempol_process_open - the memory of a process
 * @process: which; what it is told of is filled in.
 *
 * The reference is to the mm's users, so that its tables stay: put by mmput_async(). What
 * the process executes afterwards has another mm, with another owner perhaps.
 *
 * Context: process, may sleep.
 * Return: the mm; -ESRCH: there is no such process, it has ended, or it is another one than
 * before; -ESTALE: it has executed another program; -EINVAL: a thread of the kernel's;
 * -EAGAIN: it is in the midst of exec(); -EINTR: the caller is being killed.
 */
struct mm_struct *mempol_process_open(struct mempol_process *process)
{
	struct task_struct *task = process->pid > 0 ? mempol_process_find(process->pid) : NULL;
	struct mm_struct *mm;
	unsigned int tries = 0;
	int err = 0;

	if (!task)
		return ERR_PTR(-ESRCH);
	if (task->flags & PF_KTHREAD)
		err = -EINVAL;
	while (!err && !down_read_trylock(&task->signal->exec_update_lock))
		err = mempol_process_wait(&tries);
	if (err) {
		mm = ERR_PTR(err);
	} else {
		mm = mempol_process_take(process, task);
		up_read(&task->signal->exec_update_lock);
	}
	put_task_struct(task);
	return mm;
}

/*
 * mmap_lock for reading, put by mmap_read_unlock(). Somebody may hold it for as long as it
 * likes, a server of a file system in user space among them; who asks must not wait for that.
 * Return: 0, -EAGAIN, or -EINTR.
 */
int mempol_process_lock(struct mm_struct *mm)
{
	unsigned int tries = 0;
	int err = 0;

	while (!err && !mmap_read_trylock(mm))
		err = mempol_process_wait(&tries);
	return err;
}
