// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kfuncs of counter objects, for SYSCALL programs and for engines of every
 * mechanism. A program has a counter by a reference of the verifier's: it creates one,
 * puts it into a map and takes it out again, or releases it; what is in a map when that
 * goes is released by the destructor. Nobody else can have a pointer to one.
 */
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/capability.h>
#include <linux/module.h>
#include "../core/run.h"
#include "counter.h"

/* A token that does not fit is the engine's fault, if it was an engine. */
static int mempol_counter_check(int ret)
{
	struct mempol_policy *running;

	if (likely(ret != -EINVAL))
		return ret;
	preempt_disable();
	running = mempol_current();
	if (running)
		mempol_refuse(running, MEMPOL_REFUSED_TOKEN);
	preempt_enable();
	return ret;
}

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_counter_create - a counter with its owner's reference alone
 * @kind: enum mempol_counter_kind.
 *
 * Context: may sleep.
 * Return: as mempol_counter_create(); NULL also: the caller lacks CAP_BPF.
 */
__bpf_kfunc struct mempol_counter *bpf_mempol_counter_create(u32 kind)
{
	return bpf_capable() ? mempol_counter_create(kind) : NULL;
}

/**
 * bpf_mempol_counter_dup - another reference of the verifier's to the same counter
 * @c: the counter.
 *
 * Context: any.
 * Return: @c.
 */
__bpf_kfunc struct mempol_counter *bpf_mempol_counter_dup(struct mempol_counter *c)
{
	return mempol_counter_dup(c);
}

/**
 * bpf_mempol_counter_release - give up a reference of the verifier's
 * @c: the counter.
 *
 * Context: any.
 */
__bpf_kfunc void bpf_mempol_counter_release(struct mempol_counter *c)
{
	mempol_counter_release(c);
}

/* What a map that goes does with what is in it. */
__bpf_kfunc void bpf_mempol_counter_release_dtor(void *c)
{
	mempol_counter_release(c);
}

CFI_NOSEAL(bpf_mempol_counter_release_dtor);

/**
 * bpf_mempol_counter_get - count a reference
 * @c: the counter.
 *
 * Context: any.
 * Return: as mempol_counter_get().
 */
__bpf_kfunc s64 bpf_mempol_counter_get(struct mempol_counter *c)
{
	return mempol_counter_get(c);
}

/**
 * bpf_mempol_counter_put - take a reference back
 * @c: the counter.
 * @token: of its get.
 *
 * Context: any.
 * Return: as mempol_counter_put().
 */
__bpf_kfunc int bpf_mempol_counter_put(struct mempol_counter *c, s64 token)
{
	return mempol_counter_check(mempol_counter_put(c, token));
}

/**
 * bpf_mempol_counter_zero - is there no reference but the owner's?
 * @c: the counter.
 * @lines: set to the number of cache lines that were looked at.
 *
 * Context: any.
 * Return: 1: none; 0: there are.
 */
__bpf_kfunc int bpf_mempol_counter_zero(struct mempol_counter *c, u32 *lines)
{
	return mempol_counter_zero(c, lines);
}

/**
 * bpf_mempol_counter_sum - how many references there are besides the owner's
 * @c: the counter.
 *
 * Context: any.
 */
__bpf_kfunc s64 bpf_mempol_counter_sum(struct mempol_counter *c)
{
	return mempol_counter_sum(c);
}

/**
 * bpf_mempol_counter_freeze - let nobody count a reference, if there is none
 * @c: the counter.
 *
 * Context: any.
 * Return: as mempol_counter_freeze().
 */
__bpf_kfunc int bpf_mempol_counter_freeze(struct mempol_counter *c)
{
	return mempol_counter_freeze(c);
}

/**
 * bpf_mempol_counter_unfreeze - the opposite
 * @c: the counter.
 *
 * Context: any.
 * Return: as mempol_counter_unfreeze().
 */
__bpf_kfunc int bpf_mempol_counter_unfreeze(struct mempol_counter *c)
{
	return mempol_counter_unfreeze(c);
}

/**
 * bpf_mempol_counter_convert - count all references in the object itself
 * @c: the counter.
 *
 * Context: any.
 * Return: as mempol_counter_convert().
 */
__bpf_kfunc int bpf_mempol_counter_convert(struct mempol_counter *c)
{
	return mempol_counter_convert(c);
}

/**
 * bpf_mempol_counter_refused - how many tokens did not fit
 * @c: the counter.
 *
 * Context: any.
 */
__bpf_kfunc u32 bpf_mempol_counter_refused(struct mempol_counter *c)
{
	return atomic_read(&c->refused);
}

__bpf_kfunc_end_defs();

BTF_ID_LIST(mempol_counter_dtor_ids)
BTF_ID(struct, mempol_counter)
BTF_ID(func, bpf_mempol_counter_release_dtor)

/* What a map may hold. Once, when the module is loaded. */
int __init mempol_counters_register(void)
{
	const struct btf_id_dtor_kfunc dtor = {
		.btf_id = mempol_counter_dtor_ids[0],
		.kfunc_btf_id = mempol_counter_dtor_ids[1],
	};

	return register_btf_id_dtor_kfuncs(&dtor, 1, THIS_MODULE);
}
