// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the daemon asks of refcount policies: a file in or out by hand, and which files
 * are in. They are ops of bpf_mempol_call().
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "refcount.h"

/* The numbers of a file as the table has them. */
static void mempol_ref_answer(struct mempol_call *call, const struct mempol_ref_info *info)
{
	call->body.ref_file.ino = info->ino;
	call->body.ref_file.dev = info->dev;
	call->body.ref_file.id = info->id;
}

static s64 mempol_ref_file_in(struct mempol_refcount *record, struct mempol_call *call,
			      struct file *file)
{
	u32 cause = call->body.ref_file.cause;
	struct mempol_ref_info info = {};
	int err;

	if (cause != MEMPOL_REF_BY_POLICY && cause != MEMPOL_REF_BY_REQUEST)
		return -EINVAL;
	err = mempol_ref_in(&record->mm, file, cause, &info);
	mempol_refcount_went_in(record, &info, cause, err);
	if (!err || err == -EALREADY)
		mempol_ref_answer(call, &info);
	if (err == -EBUSY)
		call->body.ref_file.owner = mempol_refcount_in_slot(info.slot);
	return err;
}

/*
 * A file that nobody can open any more. Its id is its own; device and inode number may be
 * those of two files, and the first is taken.
 */
static int mempol_ref_file_out_by_number(struct mempol_refcount *record, struct mempol_call *call,
					 struct mempol_ref_info *info)
{
	u64 id = call->body.ref_file.id;

	if (id)
		return mempol_ref_out_id(&record->mm, id, info);
	while (mempol_ref_next(&record->mm, id, false, info)) {
		if (info->ino == call->body.ref_file.ino && info->dev == call->body.ref_file.dev)
			return mempol_ref_out_id(&record->mm, info->id, info);
		id = info->id;
	}
	return -ENOENT;
}

static s64 mempol_ref_file_out(struct mempol_refcount *record, struct mempol_call *call,
			       struct file *file)
{
	struct mempol_ref_info info = {};
	int err = file ? mempol_ref_out(&record->mm, file, &info) :
			 mempol_ref_file_out_by_number(record, call, &info);

	if (!err) {
		mempol_refcount_went_out(record, &info, call->body.ref_file.cause);
		mempol_ref_answer(call, &info);
	}
	return err;
}

/*
 * Opt a file in or out. 0; -ENOENT: there is no such policy, or the file is not in;
 * -EBADF: no such descriptor; -EBUSY: the file is another policy's, `owner`, or is being
 * opted out; -EALREADY: it is in; -ENOSPC: the policy, or the table, has as many as it
 * may; -EINVAL: not a regular file, or a cause that is not the caller's to give;
 * -EOPNOTSUPP: DAX, tmpfs, huge pages, or no page cache; -ETXTBSY: swap space; -EPERM:
 * inaccessible memory.
 */
static s64 mempol_call_file(struct mempol_call *call)
{
	struct mempol_policy *policy =
		mempol_policy_get(call->body.ref_file.policy_id, MEMPOL_MECH_REFCOUNT);
	bool by_number = call->body.ref_file.fd == -1 && !call->body.ref_file.on;
	struct mempol_refcount *record;
	struct file *file = NULL;
	s64 err = -EBADF;

	call->body.ref_file.owner = 0;
	if (!policy)
		return -ENOENT;
	record = mempol_refcount_of(policy);
	if (!by_number)
		file = fget(call->body.ref_file.fd);
	mutex_lock(&record->lock);
	if (record->ended || !record->attached || READ_ONCE(policy->leaves))
		err = -ENOENT;
	else if (file && call->body.ref_file.on)
		err = mempol_ref_file_in(record, call, file);
	else if (file || by_number)
		err = mempol_ref_file_out(record, call, file);
	mutex_unlock(&record->lock);
	if (file)
		fput(file);
	mempol_policy_put(policy);
	return err;
}

static void mempol_ref_fill_file(struct mempol_ref_file *file, const struct mempol_ref_info *info)
{
	file->policy_id = mempol_refcount_in_slot(info->slot);
	file->id = info->id;
	file->ino = info->ino;
	file->dev = info->dev;
	file->cause = info->cause;
	file->age_ms = div_u64(info->age_ns, NSEC_PER_MSEC);
	file->reads = info->reads;
	file->fell_back = info->fell_back;
	file->busy = info->busy;
	strscpy(file->name, info->path, sizeof(file->name));
}

/* Which files are in, of all policies, in the order in which they were opted in. */
static s64 mempol_call_files(struct mempol_call *call)
{
	struct mempol_ref_info info;
	u64 id = call->body.ref_files.cursor;
	u32 nr = 0;

	while (nr < MEMPOL_REF_FILES && mempol_ref_next(NULL, id, false, &info)) {
		mempol_ref_fill_file(&call->body.ref_files.files[nr++], &info);
		id = info.id;
	}
	call->body.ref_files.nr = nr;
	call->body.ref_files.cursor = nr == MEMPOL_REF_FILES ? id : 0;
	return 0;
}

const struct mempol_call_row mempol_refcount_calls[] = {
	{ MEMPOL_CALL_REFCOUNT_FILE, mempol_call_file },
	{ MEMPOL_CALL_REFCOUNT_FILES, mempol_call_files },
};

static_assert(ARRAY_SIZE(mempol_refcount_calls) == MEMPOL_REFCOUNT_NR_CALLS);
