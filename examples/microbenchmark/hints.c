// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pattern says what is PagePatrol's: a sweep that its pages are of no more use, bursts that theirs are used
 * again, the small region that its pages stay. See hints.h.
 */
#include "hints.h"

#include <errno.h>
#include <string.h>

int mb_hints_open(struct mb_hints *ret_hints, u64 nr_pages, const unsigned char *map, FILE *err)
{
	struct mb_hints hints = { .map = map, .nr_pages = nr_pages };
	int r = mempolicy_open(&hints.m, 0);

	*ret_hints = (struct mb_hints){ 0 };
	if (r < 0) {
		fprintf(err, MB_NAME ": PagePatrol = 1: %s, running without hints\n",
			r == -ENOENT || r == -ECONNREFUSED ? "mempolicyd is not running" :
			r == -EOPNOTSUPP ? "this kernel has no hints (mempolctl features)" :
			r == -EACCES	 ? "only root and the group mempolicy may have hints" :
					   strerror(-r));
		return 0;
	}
	if (mempolicy_way(hints.m) != MEMPOLICY_BY_KERNEL) {
		fputs(MB_NAME
		      ": PagePatrol = 1: bpf(2) is forbidden here, and mapped pages need it, "
		      "running without hints\n",
		      err);
		mempolicy_close(hints.m);
		return 0;
	}
	hints.told = calloc(nr_pages, 1);
	if (!hints.told) {
		mempolicy_close(hints.m);
		return -ENOMEM;
	}
	*ret_hints = hints;
	return 0;
}

static void collect(struct mb_hints *hints)
{
	struct mempolicy_result result;
	int r = mempolicy_flush(hints->m, &result);

	hints->sum.ranges += result.ranges;
	hints->sum.applied += result.applied;
	hints->sum.already += result.already;
	hints->sum.absent += result.absent;
	hints->sum.foreign += result.foreign;
	hints->sum.capped += result.capped;
	hints->sum.busy += result.busy;
	hints->calls++;
	if (r >= 0)
		return;
	hints->failed++;
	hints->error = hints->error ? hints->error : r;
}

void mb_hints_close(struct mb_hints *hints, FILE *err)
{
	if (!hints->m)
		return;
	fprintf(err,
		MB_NAME ": hints: ranges=%llu applied=%llu already=%llu absent=%llu foreign=%llu "
			"capped=%llu busy=%llu",
		(unsigned long long)hints->sum.ranges, (unsigned long long)hints->sum.applied,
		(unsigned long long)hints->sum.already, (unsigned long long)hints->sum.absent,
		(unsigned long long)hints->sum.foreign, (unsigned long long)hints->sum.capped,
		(unsigned long long)hints->sum.busy);
	if (hints->failed)
		fprintf(err, " failed=%llu (%s)", (unsigned long long)hints->failed,
			strerror(-hints->error));
	fputc('\n', err);
	mempolicy_close(hints->m);
	free(hints->told);
	*hints = (struct mb_hints){ 0 };
}

void mb_hints_begin(struct mb_hints *hints, const struct mb_config *config, enum mb_pattern pattern,
		    u64 iteration)
{
	hints->verb = 0;
	if (!hints->m)
		return;
	switch (pattern) {
	case MB_SEQUENTIAL_GAPS:
		if (!config->sequential.deactivate)
			return;
		hints->verb = MEMPOLICY_DEACTIVATE;
		break;
	case MB_CYCLIC_BURSTS:
		hints->verb = MEMPOLICY_ACTIVATE;
		break;
	case MB_SMALL_REGION:
		hints->verb = iteration > config->region.unpin_after_iter ? MEMPOLICY_UNPIN :
									    MEMPOLICY_PIN;
		break;
	default:
		return;
	}
	/* What was said in an earlier entry may have been of a page that has gone since. */
	memset(hints->told, 0, hints->nr_pages);
}

void mb_hints_accessed(struct mb_hints *hints, u64 page)
{
	if (!hints->verb || hints->told[page] == hints->verb)
		return;
	hints->told[page] = (unsigned char)hints->verb;
	if (mempolicy_range(hints->m, hints->verb, hints->map + page * MB_PAGE_SIZE, MB_PAGE_SIZE) <
	    0) {
		hints->verb = 0;
		hints->failed++;
	}
}

void mb_hints_end(struct mb_hints *hints)
{
	if (hints->verb)
		collect(hints);
}
