/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs of bpf/record in the kernel: loaded, attached, emptied of what they have written down, and gone.
 * Called by record.c. It pins nothing: whatever becomes of this process, nothing stays attached.
 */
#ifndef MP_CTL_RECORDER_H
#define MP_CTL_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "../../bpf/record/record.h"

struct recorder;

struct recorder_setup {
	uint64_t cgroup_id;
	uint32_t level; /* of the cgroup, the root is 0 */
	uint32_t shift;
	bool governed; /* all of its page cache is under policies, which are to tell of its uses */
};

/* What the programs have cost so far; measured a fiftieth of the time and extrapolated. */
struct recorder_cost {
	uint64_t runs;
	uint64_t run_ns;
	unsigned int programs;
};

/*
 * Loads and attaches. 0, or -errno and a sentence in @ret_problem (allocated, may be NULL):
 * -EPERM (no root), -EOPNOTSUPP (the kernel lacks BPF or its types), -ENOENT (no object).
 */
int recorder_new(const char *object, const struct recorder_setup *setup, struct recorder **ret,
		 char **ret_problem);

/*
 * Asks the policies again to tell of uses, once a second; false: they do not, and never will. From then on, or from the
 * beginning, each hit is looked at.
 */
bool recorder_ask_policies(struct recorder *recorder);
/* How often one of them had told of nothing: it had just come, or it was not asked in time. */
unsigned int recorder_gaps(const struct recorder *recorder);

/* Hands over what there is, in order. The first value that is not 0 ends it and is returned. */
int recorder_drain(struct recorder *recorder,
		   int (*handler)(void *userdata, const struct mempol_record *record),
		   void *userdata);

/* The sample as a full ring has left it, and making it finer. */
uint32_t recorder_shift(const struct recorder *recorder);
void recorder_refine(struct recorder *recorder, uint32_t shift);
uint64_t recorder_lost(const struct recorder *recorder);
uint64_t recorder_added(const struct recorder *recorder);

/* Between the two the kernel measures the programs. */
void recorder_measure(struct recorder *recorder, bool on);
/* @share: of the time that it was measured, in permyriad. */
void recorder_cost(const struct recorder *recorder, unsigned int share, struct recorder_cost *ret);

/* Detached; what is still in the ring can be drained. */
void recorder_stop(struct recorder *recorder);
struct recorder *recorder_free(struct recorder *recorder);

#endif
