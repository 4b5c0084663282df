/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sample of pages made as large again as engines expect a cache to be. Called by run.c. Pure.
 *
 * Engines look at 64 pages at a time, and have other numbers that do not become smaller with the cache: in that of a
 * sample, a thousand pages, they behave as in no real one. So each page of the sample stands for some pages that are used
 * one after the other whenever it is, and the cache is larger by as much.
 */
#ifndef SIM_WIDEN_H
#define SIM_WIDEN_H

#include "sim.h"

/* At most 2^2 pages stand for one: a thousand pages of a sample become a cache of 16 MiB, as real ones are. */
#define SIM_WIDEN 2
#define SIM_WIDEN_REFS (1U << 24) /* a longer trace takes long enough */

/* 2^this pages stand for one. Here, because those who say what memory it takes know nothing else of it. */
static inline unsigned int sim_widening(const struct sim_trace *trace)
{
	unsigned int by = trace->sample_shift < SIM_WIDEN ? trace->sample_shift : SIM_WIDEN;

	while (by && ((uint64_t)trace->nr_refs << by > SIM_WIDEN_REFS ||
		      (uint64_t)trace->nr_objects << by > SIM_MAX_OBJECTS))
		by--;
	return by;
}

/* The trace that is simulated, for sim_trace_free(): of 2^@by pages for one. 0 or -ENOMEM. */
int sim_widen(const struct sim_trace *trace, unsigned int by, struct sim_trace *ret);

/* Of a trace that was widened so, in the references that the sample itself has. */
void sim_narrow(struct sim_result *result, unsigned int by);

#endif
