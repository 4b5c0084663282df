// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader's commands about leaf page tables (loader.h): what becomes of those of a process, by hand, and at random
 * for as long as a test lasts.
 */
#include "loader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const ops[] = { "create", "free", "fill", "vacate", "node", "trim" };
#define NR_OPS (sizeof(ops) / sizeof(ops[0]))

/* Go on until all of the range has been through; -errno. */
static __s64 request(int call_fd, struct mempol_tea_request *request)
{
	struct mempol_call call = { .op = MEMPOL_CALL_TEA };
	struct mempol_tea_request sum = *request;
	__s64 r;

	do {
		call.body.tea = *request;
		call.body.tea.start = sum.next ? sum.next : request->start;
		r = ask(call_fd, &call);
		sum.next = call.body.tea.next;
		sum.done += call.body.tea.done;
		if (call.body.tea.held_ns > sum.held_ns)
			sum.held_ns = call.body.tea.held_ns;
		for (int i = 0; i < MEMPOL_TEA_MAX_WHY; i++)
			sum.refused[i] += call.body.tea.refused[i];
	} while (!r && sum.next < request->end);
	*request = sum;
	return r;
}

static void by_hand(int call_fd, __u64 policy_id, const char *what)
{
	struct mempol_tea_request tea = { .nid = MEMPOL_TEA_ANY_NODE, .policy_id = policy_id };
	unsigned long long start, windows, policy = policy_id;
	char op[16];
	int node = MEMPOL_TEA_ANY_NODE;
	__s64 r;

	if (sscanf(what, "tea %15s %d %llx %llu %d %llu", op, &tea.process.pid, &start, &windows,
		   &node, &policy) < 4) {
		printf("tea error=usage\n");
		return;
	}
	for (tea.op = 0; tea.op < NR_OPS && strcmp(op, ops[tea.op]); tea.op++)
		;
	tea.nid = node;
	tea.policy_id = policy;
	tea.start = start;
	tea.end = start + windows * MEMPOL_TEA_WINDOW_BYTES;
	r = request(call_fd, &tea);
	printf("tea error=%lld done=%llu held=%llu owner=%u", r, tea.done, tea.held_ns,
	       tea.process.owner);
#define MEMPOL_X(upper, lower, text) printf(" " #lower "=%u", tea.refused[MEMPOL_TEA_WHY_##upper]);
	MEMPOL_TEA_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
	printf("\n");
}

static void list(int call_fd, int pid)
{
	struct mempol_call call = { .op = MEMPOL_CALL_TEAS, .body.teas.process.pid = pid };
	struct mempol_tea_entry sum = {}, first = {};
	unsigned int nr = 0, foreign = 0;
	__s64 r;

	do {
		r = ask(call_fd, &call);
		for (unsigned int i = 0; !r && i < call.body.teas.nr; i++) {
			const struct mempol_tea_entry *tea = &call.body.teas.entries[i];

			if (!nr++)
				first = *tea;
			foreign += !tea->policy_id;
			sum.windows += tea->windows;
			sum.frames += tea->frames;
			sum.placed += tea->placed;
			sum.elsewhere += tea->elsewhere;
			sum.huge += tea->huge;
			sum.idle += tea->idle;
		}
	} while (!r && call.body.teas.nr == MEMPOL_TEA_ENTRIES);
	printf("teas error=%lld nr=%u windows=%u frames=%u placed=%u elsewhere=%u huge=%u idle=%u foreign=%u start=%llx pfn=%llu nid=%d\n",
	       r, nr, sum.windows, sum.frames, sum.placed, sum.elsewhere, sum.huge, sum.idle,
	       foreign, first.start, first.pfn, first.nid);
}

#define MAX_STORM_RANGES 8

struct storm {
	int pid;
	unsigned int seed;
	time_t end;
	unsigned int nr;
	unsigned long long start[MAX_STORM_RANGES], windows[MAX_STORM_RANGES];
};

static bool read_storm(const char *what, struct storm *storm)
{
	int seconds, used;

	if (sscanf(what, "storm %d %d %u%n", &storm->pid, &seconds, &storm->seed, &used) != 3)
		return false;
	storm->end = time(NULL) + seconds;
	for (what += used;
	     storm->nr < MAX_STORM_RANGES && sscanf(what, " %llx %llu%n", &storm->start[storm->nr],
						    &storm->windows[storm->nr], &used) == 2;
	     what += used)
		storm->nr++;
	return storm->nr;
}

/* -EINVAL: of a node that the machine does not have. */
static bool is_expected(__s64 r)
{
	return !r || r == -ESRCH || r == -ENOENT || r == -EEXIST || r == -EAGAIN || r == -ENOMEM ||
	       r == -EINVAL;
}

/* Ends early when the process does. */
static void storm(int call_fd, __u64 policy_id, const char *what)
{
	/* Of so many tries; what moves is what is to be seen. */
	static const __u32 choice[] = { MEMPOL_TEA_OP_CREATE, MEMPOL_TEA_OP_CREATE,
					MEMPOL_TEA_OP_FREE,   MEMPOL_TEA_OP_FILL,
					MEMPOL_TEA_OP_FILL,   MEMPOL_TEA_OP_FILL,
					MEMPOL_TEA_OP_FILL,   MEMPOL_TEA_OP_VACATE,
					MEMPOL_TEA_OP_VACATE, MEMPOL_TEA_OP_TRIM,
					MEMPOL_TEA_OP_NODE };
	unsigned long long calls[NR_OPS] = {}, done[NR_OPS] = {}, odd = 0;
	struct storm s = {};
	__s64 r = 0;

	if (!read_storm(what, &s)) {
		printf("storm error=usage\n");
		return;
	}
	while (time(NULL) < s.end && r != -ESRCH) {
		struct mempol_tea_request tea = { .process.pid = s.pid, .policy_id = policy_id };
		unsigned int range = rand_r(&s.seed) % s.nr;
		unsigned long long first = rand_r(&s.seed) % 3 ? 0 :
								 rand_r(&s.seed) % s.windows[range];
		unsigned long long nr = rand_r(&s.seed) % 2 ?
						s.windows[range] - first :
						1 + rand_r(&s.seed) % (s.windows[range] - first);

		tea.op = choice[rand_r(&s.seed) % (sizeof(choice) / sizeof(choice[0]))];
		tea.nid = tea.op == MEMPOL_TEA_OP_NODE ? (int)(rand_r(&s.seed) % 2) :
							 MEMPOL_TEA_ANY_NODE;
		tea.start = s.start[range] + first * MEMPOL_TEA_WINDOW_BYTES;
		tea.end = tea.start + nr * MEMPOL_TEA_WINDOW_BYTES;
		r = request(call_fd, &tea);
		calls[tea.op] += !r;
		done[tea.op] += tea.done;
		if (!is_expected(r)) {
			odd++;
			fprintf(stderr, "# storm: %s: %lld\n", ops[tea.op], r);
		}
	}
	printf("storm error=%d", r == -ESRCH ? (int)r : 0);
	for (unsigned int i = 0; i < NR_OPS; i++)
		printf(" %s=%llu %s_done=%llu", ops[i], calls[i], ops[i], done[i]);
	printf(" odd=%llu\n", odd);
}

void tables_command(int call_fd, __u64 policy_id, const char *what)
{
	if (!strncmp(what, "teas ", 5))
		list(call_fd, atoi(what + 5));
	else if (!strncmp(what, "storm ", 6))
		storm(call_fd, policy_id, what);
	else
		by_hand(call_fd, policy_id, what);
}
