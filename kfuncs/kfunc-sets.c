// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers the kfuncs of all mechanisms. 6.12 lets a module register one set a
 * program type, and takes all of its kfuncs away when it tries a second one; so they
 * are collected from the table of mechanisms here, and nowhere else.
 */
#include <linux/btf_ids.h>
#include <linux/module.h>
#include "core/core.h"
#include "mechanisms.h"

BTF_KFUNCS_START(mempol_struct_ops_kfuncs)
#define X(kfunc, flags, mechanism) BTF_ID_FLAGS(func, kfunc, flags)
MEMPOL_KFUNCS(X)
#undef X
BTF_KFUNCS_END(mempol_struct_ops_kfuncs)

/* The same in the order of the table: resolve_btfids sorts the set. */
BTF_ID_LIST(mempol_kfunc_ids)
#define X(kfunc, flags, mechanism) BTF_ID(func, kfunc)
MEMPOL_KFUNCS(X)
#undef X
BTF_ID_UNUSED

BTF_ID_LIST(mempol_type_ids)
#define X(name) BTF_ID(struct, mempol_##name##_ops)
MEMPOL_MECHANISMS(X)
#undef X
BTF_ID_UNUSED

enum {
#define X(name) MEMPOL_ROW_##name,
	MEMPOL_MECHANISMS(X)
#undef X
};

static const u32 mempol_kfunc_rows[] = {
#define X(kfunc, flags, mechanism) MEMPOL_ROW_##mechanism,
	MEMPOL_KFUNCS(X)
#undef X
};

/*
 * May @prog call the kfunc? It has to be a program of the mechanism's own struct_ops
 * type, and of a member that may. The lists of ids above are those of the build; the
 * ids that are asked about have been relocated when the module was loaded, all of them
 * by the same distance, because kfuncs and ops structs are the module's own types.
 */
static int mempol_kfunc_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	u32 type_id = prog->aux->attach_btf_id, row, i;
	const struct mempol_mechanism *mechanism;

	if (prog->aux->attach_btf != mempol_btf)
		return -EACCES;

	for (row = 0; (mechanism = mempol_mechanisms[row]); row++)
		if (READ_ONCE(mechanism->btf_type_id) == type_id)
			break;
	if (!mechanism || !(mechanism->callers & BIT_ULL((u32)prog->expected_attach_type)))
		return -EACCES;

	for (i = 0; i < ARRAY_SIZE(mempol_kfunc_rows); i++)
		if (mempol_kfunc_rows[i] == row &&
		    mempol_kfunc_ids[i] + type_id - mempol_type_ids[row] == kfunc_id)
			return 0;
	return -EACCES;
}

static const struct btf_kfunc_id_set mempol_struct_ops_set = {
	.owner = THIS_MODULE,
	.set = &mempol_struct_ops_kfuncs,
	.filter = mempol_kfunc_filter,
};

/* Trusted: without that flag the verifier lets a pointer pass that may be NULL. */
BTF_KFUNCS_START(mempol_syscall_kfuncs)
BTF_ID_FLAGS(func, bpf_mempol_call, KF_SLEEPABLE | KF_TRUSTED_ARGS)
BTF_KFUNCS_END(mempol_syscall_kfuncs)

static const struct btf_kfunc_id_set mempol_syscall_set = {
	.owner = THIS_MODULE,
	.set = &mempol_syscall_kfuncs,
};

int __init mempol_register_kfuncs(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &mempol_syscall_set) ?:
		       register_btf_kfunc_id_set(BPF_PROG_TYPE_STRUCT_OPS, &mempol_struct_ops_set);
}
