/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hostile engines do to take long, on fast machines and on slow ones; tests/bpf only. Loops in loops are
 * what the verifier lets pass.
 */
#ifndef MEMPOL_TEST_SPIN_H
#define MEMPOL_TEST_SPIN_H

static volatile u64 spin_turns;

/* spin - keep the CPU for @ns or a little longer; of 64 Mi turns at most */
static __always_inline void spin(u64 ns)
{
	u64 start = bpf_ktime_get_ns();
	int i, j;

	bpf_for(i, 0, 1024)
	{
		if (bpf_ktime_get_ns() - start >= ns)
			break;
		bpf_for(j, 0, 65536) spin_turns++;
	}
}

#endif
