/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counter objects: references that are counted in the object, or in places of each CPU.
 * counter.c has what all kinds share, paygo.c and cell.c a kind each, kfuncs.c is how
 * BPF programs call them. All but the last is compiled natively too, for tests and
 * measurements: so nothing here names a folio or a policy.
 */
#ifndef _MEMPOL_COUNTER_OBJECT_H
#define _MEMPOL_COUNTER_OBJECT_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <mempol/counter.h>

/* So many may exist; what is created beyond that is refused. */
#define MEMPOL_COUNTERS_MAX 65536

/*
 * An object itself takes no more references than this: when cells are converted, what they
 * count still has room.
 */
#define MEMPOL_COUNTER_FULL 0x40000000

/**
 * struct mempol_counter - references of something
 * @shared: the owner's reference, and those that are counted here; 0: frozen.
 * @kind: enum mempol_counter_kind.
 * @id: of its own, never 0.
 * @refused: tokens that did not fit.
 * @users: pointers to this.
 * @groups: of paygo, CPUs that may count it: a bit for a few of them.
 * @percpu: of percpu, its words.
 *
 * A cell holds the address of one together with a small number, hence the alignment.
 */
struct mempol_counter {
	atomic_t shared;
	u32 kind;
	u32 id;
	atomic_t refused;
	refcount_t users;
	unsigned long groups;
	long __percpu *percpu;
} ____cacheline_aligned;

/**
 * struct mempol_counter_look - a look at what the CPUs count of a counter
 * @first: what is found first ends it; else all is added up.
 * @lines: cache lines that were looked at.
 */
struct mempol_counter_look {
	bool first;
	u32 lines;
};

struct mempol_counter *mempol_counter_create(u32 kind);
struct mempol_counter *mempol_counter_dup(struct mempol_counter *c);
void mempol_counter_release(struct mempol_counter *c);
s64 mempol_counter_get(struct mempol_counter *c);
int mempol_counter_put(struct mempol_counter *c, s64 token);
bool mempol_counter_zero(struct mempol_counter *c, u32 *lines);
s64 mempol_counter_sum(struct mempol_counter *c);
int mempol_counter_freeze(struct mempol_counter *c);
int mempol_counter_unfreeze(struct mempol_counter *c);
int mempol_counter_convert(struct mempol_counter *c);
void mempol_counters_exit(void);

/* kfuncs.c */
int mempol_counters_register(void);

/* counter.c, for the kinds */
s64 mempol_shared_get(struct mempol_counter *c);
int mempol_shared_put(struct mempol_counter *c);

static inline s64 mempol_counter_token(unsigned int cpu, unsigned int place)
{
	return (s64)cpu << MEMPOL_COUNTER_CPU_SHIFT | place;
}

/* paygo.c */
int mempol_paygo_prepare(void);
void mempol_paygo_exit(void);
s64 mempol_paygo_get(struct mempol_counter *c);
int mempol_paygo_put(struct mempol_counter *c, unsigned int cpu, unsigned int place);
s64 mempol_paygo_look(struct mempol_counter *c, struct mempol_counter_look *look);
void mempol_paygo_forget(struct mempol_counter *c);

/* cell.c */
s64 mempol_cell_get(struct mempol_counter *c);
int mempol_cell_put(struct mempol_counter *c, unsigned int cpu, unsigned int place);
s64 mempol_cell_look(struct mempol_counter *c, struct mempol_counter_look *look);
void mempol_cell_convert(struct mempol_counter *c);

#endif /* _MEMPOL_COUNTER_OBJECT_H */
