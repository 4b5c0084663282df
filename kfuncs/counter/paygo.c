// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the kind paygo, after PAYGO (FAST'19) in its published form: each CPU has
 * a hash of entries; a reference is counted in the entry of the CPU that takes it, and
 * put there: by that CPU with a plain decrement of its local counter, by another with a
 * locked one of the entry's anchor counter. An entry at zero is taken by the next object.
 *
 * It differs from what was published in this:
 *  - a get has a full barrier and looks whether the object is frozen. Without that a
 *    reference is taken while another CPU has frozen the object and finds no count.
 *  - what finds no entry is counted in the object itself, not in a list that is
 *    allocated.
 *  - a token in place of a list in each task.
 *  - the anchor is tagged with its object, so that a forged token takes nothing that is
 *    another object's.
 *  - a bit of a group of CPUs stays set. A query that clears it can lose the count of a
 *    get that has just found it set.
 *  - interrupts use the object itself on get, and the anchor on put: local counters are
 *    changed by tasks with preemption off alone.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include "counter.h"

#define MEMPOL_PAYGO_BITS 10
#define MEMPOL_PAYGO_ENTRIES BIT(MEMPOL_PAYGO_BITS)

/**
 * struct mempol_paygo_entry - what a CPU counts of one object
 * @owner: the object.
 * @local: taken here, and put here by this CPU; its own to change.
 * @anchor: id of the object << 32 | what others have put, as a negative 32-bit number.
 */
struct mempol_paygo_entry {
	struct mempol_counter *owner;
	int local;
	atomic64_t anchor;
} ____cacheline_aligned;

/* For each possible CPU its entries; all there or NULL. */
static struct mempol_paygo_entry **mempol_paygo_tables;
static DEFINE_MUTEX(mempol_paygo_mutex);

static void mempol_paygo_free(struct mempol_paygo_entry **tables)
{
	unsigned int cpu;

	if (!tables)
		return;
	for_each_possible_cpu(cpu)
		kvfree(tables[cpu]);
	kfree(tables);
}

static struct mempol_paygo_entry **mempol_paygo_alloc(void)
{
	struct mempol_paygo_entry **tables = kcalloc(nr_cpu_ids, sizeof(*tables), GFP_KERNEL);
	unsigned int cpu;

	if (!tables)
		return NULL;
	for_each_possible_cpu(cpu) {
		tables[cpu] = kvcalloc(MEMPOL_PAYGO_ENTRIES, sizeof(**tables), GFP_KERNEL);
		if (!tables[cpu]) {
			mempol_paygo_free(tables);
			return NULL;
		}
	}
	return tables;
}

/* The first counter of this kind brings the tables, 64 KiB a CPU. May sleep. */
int mempol_paygo_prepare(void)
{
	mutex_lock(&mempol_paygo_mutex);
	if (!mempol_paygo_tables)
		mempol_paygo_tables = mempol_paygo_alloc();
	mutex_unlock(&mempol_paygo_mutex);
	return mempol_paygo_tables ? 0 : -ENOMEM;
}

void mempol_paygo_exit(void)
{
	mempol_paygo_free(mempol_paygo_tables);
	mempol_paygo_tables = NULL;
}

static unsigned int mempol_paygo_place(const struct mempol_counter *c)
{
	return hash_ptr(c, MEMPOL_PAYGO_BITS);
}

/* Two CPUs a bit, or as many as it takes for all to have one. */
static unsigned long mempol_paygo_group(unsigned int cpu)
{
	unsigned int shift = max(1, ilog2(roundup_pow_of_two(nr_cpu_ids)) - ilog2(BITS_PER_LONG));

	return BIT(cpu >> shift);
}

static s64 mempol_paygo_anchor(const struct mempol_counter *c, int count)
{
	return (s64)((u64)c->id << 32 | (u32)count);
}

/* What the entry counts, whoever its owner is. */
static int mempol_paygo_count(struct mempol_paygo_entry *entry)
{
	return READ_ONCE(entry->local) + (s32)atomic64_read(&entry->anchor);
}

/*
 * Makes the entry of this CPU @c's. Its count is 0, so the tag is all that keeps
 * others from putting what was the last owner's. Return: is it @c's?
 */
static bool mempol_paygo_take(struct mempol_counter *c, struct mempol_paygo_entry *entry)
{
	s64 old = atomic64_read(&entry->anchor);

	if (READ_ONCE(entry->owner) == c)
		return true;
	if (entry->local + (s32)old)
		return false;
	if (!atomic64_try_cmpxchg(&entry->anchor, &old, mempol_paygo_anchor(c, -entry->local)))
		return false;
	WRITE_ONCE(entry->owner, c);
	return true;
}

/* Counts in the entry of this CPU; preemption is off. Return: was it possible? */
static bool mempol_paygo_add(struct mempol_counter *c, unsigned int cpu)
{
	struct mempol_paygo_entry *entry = &mempol_paygo_tables[cpu][mempol_paygo_place(c)];
	unsigned long group = mempol_paygo_group(cpu);

	if (!mempol_paygo_take(c, entry))
		return false;
	if (!(READ_ONCE(c->groups) & group))
		set_bit(__ffs(group), &c->groups);
	WRITE_ONCE(entry->local, entry->local + 1);
	return true;
}

/* By the CPU itself, a task, preemption off. Return: was there something? */
static bool mempol_paygo_sub(struct mempol_counter *c, struct mempol_paygo_entry *entry)
{
	if (READ_ONCE(entry->owner) != c || mempol_paygo_count(entry) <= 0)
		return false;
	/* What was done with the object is done before. */
	smp_store_release(&entry->local, entry->local - 1);
	return true;
}

/* From another CPU, or in an interrupt. */
static bool mempol_paygo_sub_anchor(struct mempol_counter *c, struct mempol_paygo_entry *entry)
{
	s64 old = atomic64_read(&entry->anchor);

	do {
		if ((u32)(old >> 32) != c->id || READ_ONCE(entry->local) + (s32)old <= 0)
			return false;
	} while (!atomic64_try_cmpxchg(&entry->anchor, &old, mempol_paygo_anchor(c, (s32)old - 1)));
	return true;
}

s64 mempol_paygo_get(struct mempol_counter *c)
{
	unsigned int cpu;
	bool added;

	if (!in_task())
		return mempol_shared_get(c);

	preempt_disable();
	cpu = smp_processor_id();
	added = mempol_paygo_add(c, cpu);
	preempt_enable();
	if (!added)
		return mempol_shared_get(c);

	/* Pairs with the one of a freeze: who froze it since sees the count. */
	smp_mb();
	if (unlikely(!atomic_read(&c->shared))) {
		mempol_paygo_put(c, cpu, mempol_paygo_place(c));
		return -EAGAIN;
	}
	return mempol_counter_token(cpu, mempol_paygo_place(c));
}

int mempol_paygo_put(struct mempol_counter *c, unsigned int cpu, unsigned int place)
{
	struct mempol_paygo_entry *entry;
	bool put;

	if (place != mempol_paygo_place(c))
		return -EINVAL;
	entry = &mempol_paygo_tables[cpu][place];
	preempt_disable();
	put = in_task() && cpu == smp_processor_id() ? mempol_paygo_sub(c, entry) :
						       mempol_paygo_sub_anchor(c, entry);
	preempt_enable();
	return put ? 0 : -EINVAL;
}

s64 mempol_paygo_look(struct mempol_counter *c, struct mempol_counter_look *look)
{
	unsigned long groups = READ_ONCE(c->groups);
	struct mempol_paygo_entry *entry;
	unsigned int cpu;
	s64 sum = 0;

	for_each_possible_cpu(cpu) {
		if (!(groups & mempol_paygo_group(cpu)))
			continue;
		look->lines++;
		entry = &mempol_paygo_tables[cpu][mempol_paygo_place(c)];
		if (READ_ONCE(entry->owner) != c)
			continue;
		sum += mempol_paygo_count(entry);
		if (sum && look->first)
			break;
	}
	return sum;
}

/* The CPU may give the entry to the next object as soon as its count is 0. */
static void mempol_paygo_clear(struct mempol_counter *c, struct mempol_paygo_entry *entry)
{
	s64 old = atomic64_read(&entry->anchor);

	while ((u32)(old >> 32) == c->id &&
	       !atomic64_try_cmpxchg(&entry->anchor, &old,
				     mempol_paygo_anchor(c, -READ_ONCE(entry->local))))
		;
	cmpxchg(&entry->owner, c, NULL);
}

/* Nobody has a pointer to @c any more, but some may not have put what they took. */
void mempol_paygo_forget(struct mempol_counter *c)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (c->groups & mempol_paygo_group(cpu))
			mempol_paygo_clear(c, &mempol_paygo_tables[cpu][mempol_paygo_place(c)]);
}
