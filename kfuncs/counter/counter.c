// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counter objects: their life, what is counted in the object itself, the kind percpu,
 * and the choice between kinds. A token comes from a program and is not believed: what
 * does not fit is refused and counted, and can harm no other object.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/slab.h>
#include "counter.h"

static atomic_t mempol_nr_counters;
static atomic_t mempol_last_counter_id;

/* The address of a counter leaves room for a count in a cell. */
static_assert(__alignof__(struct mempol_counter) >= 16);

static int mempol_counter_init(struct mempol_counter *c)
{
	switch (c->kind) {
	case MEMPOL_COUNTER_PERCPU:
		c->percpu = alloc_percpu_gfp(long, GFP_KERNEL_ACCOUNT);
		return c->percpu ? 0 : -ENOMEM;
	case MEMPOL_COUNTER_PAYGO:
		return mempol_paygo_prepare();
	default:
		return 0;
	}
}

/**
 * mempol_counter_create - a counter that has its owner's reference alone
 * @kind: enum mempol_counter_kind.
 *
 * Context: may sleep.
 * Return: it, with a pointer of the caller's; NULL: no such kind, no memory, or there
 * are too many.
 */
struct mempol_counter *mempol_counter_create(u32 kind)
{
	struct mempol_counter *c;

	if (kind >= MEMPOL_NR_COUNTER_KINDS)
		return NULL;
	if (!atomic_add_unless(&mempol_nr_counters, 1, MEMPOL_COUNTERS_MAX))
		return NULL;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (c) {
		c->kind = kind;
		c->id = atomic_inc_return(&mempol_last_counter_id) ?:
				atomic_inc_return(&mempol_last_counter_id);
		atomic_set(&c->shared, 1);
		refcount_set(&c->users, 1);
	}
	if (!c || mempol_counter_init(c)) {
		kfree(c);
		atomic_dec(&mempol_nr_counters);
		return NULL;
	}
	return c;
}

/* Another pointer to @c, for who has one. */
struct mempol_counter *mempol_counter_dup(struct mempol_counter *c)
{
	refcount_inc(&c->users);
	return c;
}

/**
 * mempol_counter_release - give up a pointer
 * @c: the counter; with the last pointer it goes, and what is left of it in places of
 *	CPUs.
 *
 * Context: any but NMI.
 */
void mempol_counter_release(struct mempol_counter *c)
{
	if (!refcount_dec_and_test(&c->users))
		return;
	switch (c->kind) {
	case MEMPOL_COUNTER_PERCPU:
		free_percpu(c->percpu);
		break;
	case MEMPOL_COUNTER_PAYGO:
		mempol_paygo_forget(c);
		break;
	case MEMPOL_COUNTER_CELL:
		mempol_cell_convert(c);
		break;
	}
	kfree(c);
	atomic_dec(&mempol_nr_counters);
}

/* A reference in the object itself, as folio_try_get() takes one, but that it cannot overflow. */
s64 mempol_shared_get(struct mempol_counter *c)
{
	int old = atomic_read(&c->shared);

	do {
		if (!old)
			return -EAGAIN;
		if (unlikely(old >= MEMPOL_COUNTER_FULL))
			return -EOVERFLOW;
	} while (!atomic_try_cmpxchg(&c->shared, &old, old + 1));
	return MEMPOL_COUNTER_SHARED;
}

/* The owner's reference is not to be taken back. */
int mempol_shared_put(struct mempol_counter *c)
{
	int old = atomic_read(&c->shared);

	do {
		if (old <= 1)
			return -EINVAL;
	} while (!atomic_try_cmpxchg(&c->shared, &old, old - 1));
	return 0;
}

/* Does not look whether the object is frozen, so objects of this kind cannot be. */
static s64 mempol_percpu_get(struct mempol_counter *c)
{
	this_cpu_inc(*c->percpu);
	return mempol_counter_token(0, 0);
}

static int mempol_percpu_put(struct mempol_counter *c, unsigned int cpu, unsigned int place)
{
	if (cpu || place)
		return -EINVAL;
	this_cpu_dec(*c->percpu);
	return 0;
}

/* All CPUs have to be added up: a reference may be put on another CPU than it was taken on. */
static s64 mempol_percpu_look(struct mempol_counter *c, struct mempol_counter_look *look)
{
	unsigned int cpu;
	s64 sum = 0;

	for_each_possible_cpu(cpu) {
		look->lines++;
		sum += READ_ONCE(*per_cpu_ptr(c->percpu, cpu));
	}
	return sum;
}

/**
 * mempol_counter_get - take a reference
 * @c: the counter.
 *
 * Context: any but NMI.
 * Return: a token to put it with; -EAGAIN: it is frozen; -EOVERFLOW: too many references are
 * counted in the object itself.
 */
s64 mempol_counter_get(struct mempol_counter *c)
{
	switch (c->kind) {
	case MEMPOL_COUNTER_PERCPU:
		return mempol_percpu_get(c);
	case MEMPOL_COUNTER_PAYGO:
		return mempol_paygo_get(c);
	case MEMPOL_COUNTER_CELL:
		return mempol_cell_get(c);
	default:
		return mempol_shared_get(c);
	}
}

static int mempol_put_token(struct mempol_counter *c, s64 token)
{
	unsigned int place = token & (BIT(MEMPOL_COUNTER_CPU_SHIFT) - 1);
	unsigned int cpu = token >> MEMPOL_COUNTER_CPU_SHIFT;

	if (token == MEMPOL_COUNTER_SHARED && c->kind != MEMPOL_COUNTER_PERCPU)
		return mempol_shared_put(c);
	if (token < 0 || token >= MEMPOL_COUNTER_SHARED || cpu >= nr_cpu_ids || !cpu_possible(cpu))
		return -EINVAL;

	switch (c->kind) {
	case MEMPOL_COUNTER_PERCPU:
		return mempol_percpu_put(c, cpu, place);
	case MEMPOL_COUNTER_PAYGO:
		return mempol_paygo_put(c, cpu, place);
	case MEMPOL_COUNTER_CELL:
		return mempol_cell_put(c, cpu, place);
	default:
		return -EINVAL;
	}
}

/**
 * mempol_counter_put - give a reference back
 * @c: the counter.
 * @token: what mempol_counter_get() returned, on whatever CPU.
 *
 * References of one place are alike: a token that is used twice takes another's
 * reference there, if there is one, but never one of another object. Of percpu every
 * put is taken, and its sum may become negative.
 *
 * Context: any but NMI.
 * Return: 0; -EINVAL: nothing is counted there, which is counted.
 */
int mempol_counter_put(struct mempol_counter *c, s64 token)
{
	int err = mempol_put_token(c, token);

	if (unlikely(err))
		atomic_inc(&c->refused);
	return err;
}

static s64 mempol_counter_look(struct mempol_counter *c, struct mempol_counter_look *look)
{
	switch (c->kind) {
	case MEMPOL_COUNTER_PERCPU:
		return mempol_percpu_look(c, look);
	case MEMPOL_COUNTER_PAYGO:
		return mempol_paygo_look(c, look);
	case MEMPOL_COUNTER_CELL:
		return mempol_cell_look(c, look);
	default:
		return 0;
	}
}

/**
 * mempol_counter_zero - is there no reference but the owner's?
 * @c: the counter.
 * @lines: set to the number of cache lines that it took to know.
 *
 * A moment's answer, unless @c is frozen.
 *
 * Context: any but NMI.
 */
bool mempol_counter_zero(struct mempol_counter *c, u32 *lines)
{
	struct mempol_counter_look look = { .first = true, .lines = 1 };
	bool zero = atomic_read(&c->shared) <= 1 && !mempol_counter_look(c, &look);

	*lines = look.lines;
	return zero;
}

/**
 * mempol_counter_sum - how many references there are besides the owner's
 * @c: the counter.
 *
 * Context: any but NMI.
 * Return: a moment's number.
 */
s64 mempol_counter_sum(struct mempol_counter *c)
{
	struct mempol_counter_look look = {};
	int shared = atomic_read(&c->shared);

	return max(shared - 1, 0) + mempol_counter_look(c, &look);
}

/**
 * mempol_counter_freeze - let nobody take a reference, if nobody has one
 * @c: the counter.
 *
 * Context: any but NMI.
 * Return: 0; -EBUSY: there are references, or it is frozen; -EOPNOTSUPP: of percpu,
 * which takes references without looking.
 */
int mempol_counter_freeze(struct mempol_counter *c)
{
	struct mempol_counter_look look = { .first = true };

	if (c->kind == MEMPOL_COUNTER_PERCPU)
		return -EOPNOTSUPP;
	/* A full barrier: who counts himself from here on sees that it is frozen. */
	if (atomic_cmpxchg(&c->shared, 1, 0) != 1)
		return -EBUSY;
	if (!mempol_counter_look(c, &look))
		return 0;
	atomic_set_release(&c->shared, 1);
	return -EBUSY;
}

/* Return: 0; -EINVAL: it is not frozen. */
int mempol_counter_unfreeze(struct mempol_counter *c)
{
	return atomic_cmpxchg(&c->shared, 0, 1) ? -EINVAL : 0;
}

/**
 * mempol_counter_convert - count all references in the object itself
 * @c: the counter. Tokens stay valid.
 *
 * Context: any but NMI.
 * Return: 0; -EAGAIN: it is frozen; -EOVERFLOW: as mempol_counter_get(); -EOPNOTSUPP: not of
 * this kind.
 */
int mempol_counter_convert(struct mempol_counter *c)
{
	s64 token;

	if (c->kind != MEMPOL_COUNTER_CELL)
		return -EOPNOTSUPP;
	/* It keeps a freeze away. */
	token = mempol_shared_get(c);
	if (token < 0)
		return token;
	mempol_cell_convert(c);
	mempol_shared_put(c);
	return 0;
}

/* There are no counters any more. */
void mempol_counters_exit(void)
{
	mempol_paygo_exit();
}
