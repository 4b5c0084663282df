/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How records come from the recorder's programs to mempolctl: an array of slots in memory that both see. Compiled into
 * record.bpf.c, which writes, into mempolctl, which reads, and natively into the unit test of both.
 *
 * The kernel's own ring buffer costs a writer some 130 instructions more. A writer takes a position by one atomic
 * addition, fills its slot, and publishes it by writing down what the position's number is: a slot is read when it has the
 * number of the position that is read next. Writers never wait. There is one reader.
 */
#ifndef MEMPOL_RECORD_RING_H
#define MEMPOL_RECORD_RING_H

#ifndef __bpf__
#include <stddef.h>
#endif

#include "record.h"

#define RECORD_RING_SLOTS (1U << 17) /* a power of two: 4 MiB */
/*
 * Writers look for room before they take a position, so that each that is between the two must still find some. On a
 * CPU each of the programs runs once at a time.
 */
#define RECORD_RING_MARGIN 8192

/* Written by different sides, so apart. */
struct record_ring_state {
	__u64 head __attribute__((aligned(64))); /* the position that is taken next */
	__u64 tail __attribute__((aligned(64))); /* the position that is read next */
};

static inline _Bool record_ring_is_full(const struct record_ring_state *state)
{
	return state->head - state->tail > RECORD_RING_SLOTS - RECORD_RING_MARGIN;
}

/* For a writer that has found room: a position of its own. */
static inline __u64 record_ring_take(struct record_ring_state *state)
{
	return __sync_fetch_and_add(&state->head, 1);
}

static inline struct mempol_record *record_ring_slot(struct mempol_record *slots, __u64 position)
{
	return &slots[position & (RECORD_RING_SLOTS - 1)];
}

/* In BPF, and on x86, a full barrier: what was written before is seen before. */
static inline void record_ring_publish(struct mempol_record *slot, __u64 position)
{
	__sync_lock_test_and_set(&slot->number, (__u32)position + 1);
}

#ifndef __bpf__
/* The next record for the reader, or NULL: none, or one that is still being written. */
static inline const struct mempol_record *record_ring_next(struct mempol_record *slots,
							   const struct record_ring_state *state)
{
	const struct mempol_record *slot = record_ring_slot(slots, state->tail);

	return __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE) == (__u32)state->tail + 1 ? slot :
											    NULL;
}

/* The reader is done with it: its slot is a writer's again. */
static inline void record_ring_pass(struct record_ring_state *state)
{
	__atomic_store_n(&state->tail, state->tail + 1, __ATOMIC_RELEASE);
}
#endif

#endif
