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
		MEMPOL_ROW_any, /* of no mechanism: for all of them */
};

static const u32 mempol_kfunc_rows[] = {
#define X(kfunc, flags, mechanism) MEMPOL_ROW_##mechanism,
	MEMPOL_KFUNCS(X)
#undef X
};

/* The type that bpf_for() loops by, found by the module's own type around it. */
struct mempol_loop {
	struct bpf_iter_num num;
};

BTF_ID_LIST_SINGLE(mempol_loop_id, struct, mempol_loop)

/*
 * The lists of ids here are those of the build. When the module was loaded its own types
 * have been relocated, all of them by the same distance, that of an ops struct included.
 * Return: the id that @id of the build has now.
 */
static u32 mempol_relocated(u32 id, u32 type_id, u32 row)
{
	return id + type_id - mempol_type_ids[row];
}

static int mempol_row_of(u32 type_id)
{
	const struct mempol_mechanism *mechanism;
	u32 row;

	for (row = 0; (mechanism = mempol_mechanisms[row]); row++)
		if (READ_ONCE(mechanism->btf_type_id) == type_id)
			return row;
	return -ENOENT;
}

/*
 * May @prog call the kfunc? It has to be a program of the mechanism's own struct_ops
 * type, and of a member that may; or of any, if the kfunc is of no mechanism.
 */
static int mempol_kfunc_filter(const struct bpf_prog *prog, u32 kfunc_id)
{
	u32 type_id = prog->aux->attach_btf_id, i;
	bool caller;
	int row;

	if (prog->aux->attach_btf != mempol_btf)
		return -EACCES;

	row = mempol_row_of(type_id);
	if (row < 0)
		return -EACCES;
	caller = mempol_mechanisms[row]->callers & BIT_ULL((u32)prog->expected_attach_type);

	for (i = 0; i < ARRAY_SIZE(mempol_kfunc_rows); i++)
		if ((mempol_kfunc_rows[i] == MEMPOL_ROW_any ||
		     (mempol_kfunc_rows[i] == row && caller)) &&
		    mempol_relocated(mempol_kfunc_ids[i], type_id, row) == kfunc_id)
			return 0;
	return -EACCES;
}

/* Is it one of those that bpf_for() calls: its first parameter is a struct bpf_iter_num *? */
static bool mempol_is_loop_kfunc(u32 kfunc_id, u32 loop_id)
{
	const struct btf_type *t = btf_type_by_id(mempol_btf, loop_id);
	u32 num_id;

	if (!t || !btf_type_is_struct(t))
		return false;
	num_id = btf_type_member(t)->type;

	t = btf_type_by_id(mempol_btf, kfunc_id);
	t = t && btf_type_is_func(t) ? btf_type_by_id(mempol_btf, t->type) : NULL;
	if (!t || !btf_type_is_func_proto(t) || !btf_type_vlen(t))
		return false;
	t = btf_type_by_id(mempol_btf, btf_params(t)[0].type);
	return t && btf_type_is_ptr(t) && t->type == num_id;
}

static bool mempol_is_own_kfunc(u32 kfunc_id, u32 type_id, u32 row)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(mempol_kfunc_rows); i++)
		if (mempol_relocated(mempol_kfunc_ids[i], type_id, row) == kfunc_id)
			return true;
	return false;
}

/*
 * 6.12 lets any struct_ops program call some eighty kfuncs of the kernel's own, work
 * queues that live on, exceptions, iterators that hold mmap_lock and crash_kexec() among
 * them; the filter above is not asked for those. An engine needs none but those of
 * bpf_for(), so it is read for calls of others before it is verified. kfuncs are known
 * by their ids: the names are not a module's to read.
 */
bool mempol_kfuncs_are_allowed(const struct bpf_prog *prog)
{
	u32 type_id = prog->aux->attach_btf_id, loop_id, i;
	const struct bpf_insn *insn = prog->insnsi;
	int row = mempol_row_of(type_id);

	BTF_TYPE_EMIT(struct mempol_loop);
	if (row < 0)
		return false;
	loop_id = mempol_relocated(mempol_loop_id[0], type_id, row);
	for (i = 0; i < prog->len; i++, insn++) {
		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
			continue;
		if (!mempol_is_loop_kfunc(insn->imm, loop_id) &&
		    !mempol_is_own_kfunc(insn->imm, type_id, row))
			return false;
	}
	return true;
}

static const struct btf_kfunc_id_set mempol_struct_ops_set = {
	.owner = THIS_MODULE,
	.set = &mempol_struct_ops_kfuncs,
	.filter = mempol_kfunc_filter,
};

/* Trusted: without that flag the verifier lets a pointer pass that may be NULL. */
BTF_KFUNCS_START(mempol_syscall_kfuncs)
BTF_ID_FLAGS(func, bpf_mempol_call, KF_SLEEPABLE | KF_TRUSTED_ARGS)
#define X(kfunc, flags, mechanism) BTF_ID_FLAGS(func, kfunc, flags)
MEMPOL_COUNTER_KFUNCS(X)
MEMPOL_HINT_KFUNCS(X)
#undef X
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
