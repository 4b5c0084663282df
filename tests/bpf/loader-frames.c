// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader's commands about pools of frames (loader.h): what the module says of a placement policy's pool and of
 * each of its frames, summed up in a line.
 */
#include "loader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct tally {
	unsigned long states[MEMPOL_PLACE_IS_BUSY + 1];
	unsigned long flags[7];
	unsigned long mapped; /* frames that a space maps */
	unsigned long lying; /* what contradicts itself */
	unsigned long breaks; /* frames that do not lie behind the one before */
	unsigned long long last_pfn;
	unsigned long long free_pfn; /* of the first free frame */
	unsigned long long first_pfn; /* of a range, */
	unsigned long long end_pfn;
	unsigned long within; /* and the frames that lie in it */
};

static void count(struct tally *tally, const struct mempol_place_frame *frame)
{
	if (frame->state > MEMPOL_PLACE_IS_BUSY || frame->flags >> 7) {
		tally->lying++;
		return;
	}
	tally->states[frame->state]++;
	for (unsigned int i = 0; i < 7; i++)
		tally->flags[i] += frame->flags >> i & 1;
	tally->mapped += frame->space != 0;
	tally->breaks += tally->last_pfn && frame->pfn != tally->last_pfn + 1;
	tally->last_pfn = frame->pfn;
	tally->within += frame->pfn >= tally->first_pfn && frame->pfn < tally->end_pfn;
	if (frame->state != MEMPOL_PLACE_ABSENT && !frame->pfn)
		tally->lying++;
	if (frame->state == MEMPOL_PLACE_IS_FREE && !tally->free_pfn)
		tally->free_pfn = frame->pfn;
	if (frame->state == MEMPOL_PLACE_IS_FREE && (frame->space || frame->mapped || frame->flags))
		tally->lying++;
}

static void print_frames(int call_fd, __u64 policy_id, const char *range)
{
	struct mempol_call call = { .op = MEMPOL_CALL_PLACEMENT_FRAMES };
	struct tally tally = {};
	__s64 r;

	sscanf(range, "%llu %llu", &tally.first_pfn, &tally.end_pfn);
	call.body.place_frames.policy_id = policy_id;
	do {
		r = ask(call_fd, &call);
		for (unsigned int i = 0; !r && i < call.body.place_frames.nr; i++)
			count(&tally, &call.body.place_frames.frames[i]);
	} while (!r && call.body.place_frames.nr);
	printf("frames error=%lld absent=%lu free=%lu used=%lu held=%lu busy=%lu mapped=%lu lying=%lu shared=%lu inherited=%lu swapcache=%lu moved=%lu ksm=%lu huge=%lu other=%lu breaks=%lu end=%u pfn=%llu within=%lu\n",
	       r, tally.states[0], tally.states[1], tally.states[2], tally.states[3],
	       tally.states[4], tally.mapped, tally.lying, tally.flags[0], tally.flags[1],
	       tally.flags[2], tally.flags[3], tally.flags[4], tally.flags[5], tally.flags[6],
	       tally.breaks, call.body.place_frames.first, tally.free_pfn, tally.within);
}

static void print_pool(int call_fd, __u64 policy_id)
{
	struct mempol_call call = { .op = MEMPOL_CALL_PLACEMENT_POOL };
	__u64 buckets = 0;
	__s64 r;

	call.body.place_pool.policy_id = policy_id;
	r = ask(call_fd, &call);
	for (unsigned int i = 0; !r && i < call.body.place_pool.nr; i++)
		buckets += call.body.place_pool.segments[i].nr_buckets;
	printf("pool error=%lld pages=%llu wanted=%llu tick=%llu clock=%u policies=%u ready=%u segments=%u buckets=%" PRIu64
	       "\n",
	       r, call.body.place_pool.pages, call.body.place_pool.wanted,
	       call.body.place_pool.tick_pages, call.body.place_pool.clock,
	       call.body.place_pool.policies, call.body.place_pool.ready, call.body.place_pool.nr,
	       (uint64_t)buckets);
}

void placement_command(int call_fd, __u64 policy_id, const char *what)
{
	struct mempol_call call = { .op = MEMPOL_CALL_PLACEMENT_RESET };

	if (!strncmp(what, "frames", 6)) {
		print_frames(call_fd, policy_id, what + 6);
	} else if (!strcmp(what, "pool")) {
		print_pool(call_fd, policy_id);
	} else {
		call.body.place_pool.policy_id = policy_id;
		printf("reset error=%lld\n", ask(call_fd, &call));
	}
}
