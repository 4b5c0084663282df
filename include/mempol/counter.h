/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * Counter objects of mempol.ko: the kinds there are, and what a token is. Included by the module, by the BPF
 * programs that count with them, and by what compiles the module's code natively.
 */
#ifndef MEMPOL_COUNTER_H
#define MEMPOL_COUNTER_H

/*
 * How references are counted.
 *  atomic  in the object, by a locked operation: as the kernel counts a folio's
 *  percpu  in a word for each CPU, wherever they are put: cheapest, but cannot be frozen
 *  paygo   as PAYGO does: in a hash for each CPU, and put where they were taken
 *  cell    in small sets of cells for each CPU, which can be turned into the object's own at any time
 */
#define MEMPOL_COUNTER_KINDS(X) \
	X(ATOMIC, atomic)       \
	X(PERCPU, percpu)       \
	X(PAYGO, paygo)         \
	X(CELL, cell)

enum mempol_counter_kind {
#define MEMPOL_X(upper, lower) MEMPOL_COUNTER_##upper,
	MEMPOL_COUNTER_KINDS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_NR_COUNTER_KINDS,
};

/* A token says where a reference is counted: at CPU << 16 | place, or in the object itself. */
#define MEMPOL_COUNTER_CPU_SHIFT 16
#define MEMPOL_COUNTER_SHARED (1LL << 32)

#endif
