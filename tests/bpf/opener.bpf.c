// SPDX-License-Identifier: GPL-2.0-only
/*
 * A refcount engine that does what the test says: opts every file in, or out, answers nonsense, takes long; and
 * counts what it is shown. Used by tests/vm only.
 */
#include "mempol_refcount.bpf.h"
#include "spin.h"

/* Set by name; volatile: no other file here writes them. */
volatile u64 opener_answer;
volatile u64 opener_out;
volatile u64 opener_spin_ns;
volatile u64 opener_review_spin_ns;

volatile u64 opener_samples;
volatile u64 opener_cpus; /* a bit each */
volatile u64 opener_weight;
volatile u64 opener_index;
volatile u64 opener_reviews;
volatile u64 opener_reads; /* of the file reviewed last */
volatile u64 opener_period_ns;

SEC("struct_ops/sampled")
s32 BPF_PROG(opener_sampled, struct mempol_ref_sample *sample)
{
	opener_samples++;
	opener_cpus |= 1ULL << (sample->cpu & 63);
	opener_weight = sample->weight;
	opener_index = sample->index;
	if (opener_spin_ns)
		spin(opener_spin_ns);
	return opener_answer;
}

SEC("struct_ops/review")
s32 BPF_PROG(opener_review, struct mempol_refcount_file *file)
{
	opener_reviews++;
	opener_reads = file->reads;
	opener_period_ns = file->period_ns;
	if (opener_review_spin_ns)
		spin(opener_review_spin_ns);
	return opener_out;
}

SEC(".struct_ops.link")
struct mempol_refcount_ops opener = {
	.sampled = (void *)opener_sampled,
	.review = (void *)opener_review,
	.name = "opener",
};

char LICENSE[] SEC("license") = "GPL";
