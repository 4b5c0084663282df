// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_mempol_call(): what the daemon asks of the module, through the one SYSCALL
 * program of its agent. Looks the op up in the core's table and in those of
 * answerers and mechanisms. BPF_PROG_RUN checks no capability, and the filters of kfuncs run when
 * a program is verified, so the caller's rights are looked at here, at each call.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "core.h"

static atomic64_t mempol_denied;

static s64 mempol_call_module(struct mempol_call *call)
{
	struct mempol_module_info *info = &call->body.module;
	struct mempol_mechanism *const *m;
	int i;

	info->size = sizeof(*info);
	info->denied = atomic64_read(&mempol_denied);
	for (i = 0; i < MEMPOL_MAX_MECHANISMS; i++)
		info->error[i] = -EOPNOTSUPP;
	for (m = mempol_mechanisms; *m; m++)
		info->error[(*m)->id] = (*m)->error;
	return 0;
}

static s64 mempol_call_policy(struct mempol_call *call)
{
	return mempol_policy_read(call->body.policy.policy_id, &call->body.policy.info);
}

static s64 mempol_call_beat(struct mempol_call *call)
{
	mempol_heartbeat_beat();
	return 0;
}

static const struct mempol_call_row mempol_core_calls[] = {
	{ MEMPOL_CALL_MODULE, mempol_call_module },
	{ MEMPOL_CALL_POLICY, mempol_call_policy },
	{ MEMPOL_CALL_BEAT, mempol_call_beat },
	{ MEMPOL_CALL_REFS, mempol_call_refs },
};

static const struct mempol_call_row *mempol_find_call(const struct mempol_call_row *rows,
						      unsigned int nr, u32 op)
{
	for (; nr; nr--, rows++)
		if (rows->op == op)
			return rows;
	return NULL;
}

static s64 mempol_call(struct mempol_call *call)
{
	const struct mempol_call_row *row;
	const struct mempol_answerer *const *a;
	struct mempol_mechanism *const *m;

	row = mempol_find_call(mempol_core_calls, ARRAY_SIZE(mempol_core_calls), call->op);
	for (a = mempol_answerers; !row && *a; a++)
		row = mempol_find_call((*a)->calls, (*a)->nr_calls, call->op);
	for (m = mempol_mechanisms; !row && *m; m++) {
		row = mempol_find_call((*m)->calls, (*m)->nr_calls, call->op);
		if (row && (*m)->error)
			return (*m)->error;
	}
	return row ? row->fn(call) : -EOPNOTSUPP;
}

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_call - do what a struct mempol_call says
 * @call: it, op and what goes in set; answered in place. The whole of a SYSCALL
 *	program's context, because the verifier takes no pointer into it.
 * @call__sz: its size. It may be that of an older or newer version: what is
 *	missing is taken for 0 and not answered.
 *
 * Context: may sleep; SYSCALL programs only.
 * Return: 0, and the op's result in call->error; -EPERM: the caller lacks
 * CAP_SYS_ADMIN, -EINVAL: there is not even room for the head, or another version,
 * -ENOMEM.
 */
__bpf_kfunc int bpf_mempol_call(void *call, u32 call__sz)
{
	struct mempol_call *request = call, *copy;
	u32 size = min_t(u32, call__sz, sizeof(*copy));

	if (size < offsetof(struct mempol_call, body))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN)) {
		atomic64_inc(&mempol_denied);
		request->error = -EPERM;
		return -EPERM;
	}
	if (request->version != MEMPOL_ABI_VERSION) {
		request->error = -EINVAL;
		return -EINVAL;
	}

	copy = kzalloc(sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, request, size);
	copy->error = mempol_call(copy);
	memcpy(request, copy, size);
	kfree(copy);
	return 0;
}

__bpf_kfunc_end_defs();
