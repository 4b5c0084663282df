// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of the kind cell: each CPU has a few sets of cells, one cache line a set; a
 * cell is a word with the address of a counter and how often it is counted there. Any
 * task may use any cell, so that nothing is switched off. What the cells count can be
 * turned into the object's own references at any time. The same protocol counts
 * readers of the page cache; tests/unit/test_refcount_model has it as a model.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/smp.h>
#include "counter.h"

#define MEMPOL_CELL_SET_BITS 3
#define MEMPOL_CELL_SETS BIT(MEMPOL_CELL_SET_BITS)
#define MEMPOL_CELL_WAYS 8
/* In the low bits of a counter's address. */
#define MEMPOL_CELL_COUNT 15UL

struct mempol_cell_set {
	unsigned long cell[MEMPOL_CELL_WAYS];
} ____cacheline_aligned;

static DEFINE_PER_CPU_ALIGNED(struct mempol_cell_set[MEMPOL_CELL_SETS], mempol_counter_cells);
/* CPUs that have ever had something in a cell. Only grows. */
static struct cpumask mempol_cell_cpus;

static unsigned int mempol_cell_set_of(const struct mempol_counter *c)
{
	return hash_ptr(c, MEMPOL_CELL_SET_BITS);
}

static unsigned long *mempol_cells(unsigned int cpu, unsigned int set)
{
	return per_cpu(mempol_counter_cells, cpu)[set].cell;
}

/* How often @cell counts @c. */
static unsigned long mempol_cell_count(unsigned long cell, const struct mempol_counter *c)
{
	unsigned long count = cell ^ (unsigned long)c;

	return count <= MEMPOL_CELL_COUNT ? count : 0;
}

/* Takes a count of @c out of @cell. Return: was there one? */
static bool mempol_cell_take(struct mempol_counter *c, unsigned long *cell)
{
	unsigned long old = READ_ONCE(*cell), count;

	do {
		count = mempol_cell_count(old, c);
		if (!count)
			return false;
	} while (!try_cmpxchg_release(cell, &old, count == 1 ? 0 : old - 1));
	return true;
}

/* Adds a count of @c to a cell that is free or counts it already. Return: is it there? */
static bool mempol_cell_add(struct mempol_counter *c, unsigned long *cell)
{
	unsigned long old = READ_ONCE(*cell), count = mempol_cell_count(old, c);

	if (!old)
		return try_cmpxchg(cell, &old, (unsigned long)c + 1);
	return count && count < MEMPOL_CELL_COUNT && try_cmpxchg(cell, &old, old + 1);
}

/*
 * A count that is no longer in the cell was converted, so the object itself has the
 * reference. With a forged token it has none to spare, and mempol_shared_put() refuses.
 */
static int mempol_cell_put_back(struct mempol_counter *c, unsigned long *cell)
{
	return mempol_cell_take(c, cell) ? 0 : mempol_shared_put(c);
}

s64 mempol_cell_get(struct mempol_counter *c)
{
	unsigned int cpu = raw_smp_processor_id(), set = mempol_cell_set_of(c), way;
	unsigned long *cells = mempol_cells(cpu, set);

	if (!cpumask_test_cpu(cpu, &mempol_cell_cpus))
		cpumask_set_cpu(cpu, &mempol_cell_cpus);
	for (way = 0; way < MEMPOL_CELL_WAYS; way++)
		if (mempol_cell_add(c, &cells[way]))
			break;
	if (way == MEMPOL_CELL_WAYS)
		return mempol_shared_get(c);

	/* That was a full barrier: who froze it since sees the cell. */
	if (unlikely(!atomic_read(&c->shared))) {
		mempol_cell_put_back(c, &cells[way]);
		return -EAGAIN;
	}
	return mempol_counter_token(cpu, set * MEMPOL_CELL_WAYS + way);
}

int mempol_cell_put(struct mempol_counter *c, unsigned int cpu, unsigned int place)
{
	unsigned int set = place / MEMPOL_CELL_WAYS;

	if (set != mempol_cell_set_of(c))
		return -EINVAL;
	return mempol_cell_put_back(c, &mempol_cells(cpu, set)[place % MEMPOL_CELL_WAYS]);
}

s64 mempol_cell_look(struct mempol_counter *c, struct mempol_counter_look *look)
{
	unsigned int cpu, way, set = mempol_cell_set_of(c);
	unsigned long *cells;
	s64 sum = 0;

	for_each_cpu(cpu, &mempol_cell_cpus) {
		look->lines++;
		cells = mempol_cells(cpu, set);
		for (way = 0; way < MEMPOL_CELL_WAYS; way++)
			sum += mempol_cell_count(READ_ONCE(cells[way]), c);
		if (sum && look->first)
			break;
	}
	return sum;
}

/*
 * The references are there before the cell is cleared, so that whoever finds it cleared
 * can put one; if the cell has changed meanwhile they are taken off and it is tried
 * again.
 */
static void mempol_cell_convert_one(struct mempol_counter *c, unsigned long *cell)
{
	unsigned long old = READ_ONCE(*cell), count;

	while ((count = mempol_cell_count(old, c))) {
		atomic_add(count, &c->shared);
		if (try_cmpxchg(cell, &old, 0))
			break;
		atomic_sub(count, &c->shared);
	}
}

/* The caller has a reference in @c itself, or the last pointer to it. */
void mempol_cell_convert(struct mempol_counter *c)
{
	unsigned int cpu, way, set = mempol_cell_set_of(c);
	unsigned long *cells;

	/* A get before this is found in its cell; a later one sees what the caller did before. */
	smp_mb();
	for_each_cpu(cpu, &mempol_cell_cpus) {
		cells = mempol_cells(cpu, set);
		for (way = 0; way < MEMPOL_CELL_WAYS; way++)
			mempol_cell_convert_one(c, &cells[way]);
	}
}
