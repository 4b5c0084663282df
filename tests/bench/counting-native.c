// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's counter objects in a program of user space, for counting.c; see tests/native/kernel.h.
 */
#include "counting.h"
#include "counter.h"
#include "kernel.h"

static struct mempol_counter *places[COUNTING_PLACES];

static long long create(unsigned int at, unsigned int kind)
{
	places[at] = mempol_counter_create(kind);
	return places[at] ? 0 : -ENOMEM;
}

static long long share(unsigned int from, unsigned int at)
{
	places[at] = mempol_counter_dup(places[from]);
	return 0;
}

static void drop(unsigned int at)
{
	mempol_counter_release(places[at]);
	places[at] = NULL;
}

static long long pairs(unsigned int cpu, unsigned int at, unsigned int count)
{
	struct mempol_counter *c = places[at];
	long long wrong = 0;

	for (unsigned int i = 0; i < count; i++) {
		s64 token = mempol_counter_get(c);

		wrong += token < 0 || mempol_counter_put(c, token);
	}
	return wrong;
}

static long long query(unsigned int count, unsigned int *lines)
{
	long long zero = 0;
	u32 looked;

	*lines = 0;
	for (unsigned int i = 0; i < count; i++) {
		zero += mempol_counter_zero(places[i], &looked);
		*lines += looked;
	}
	return zero;
}

const struct counting counting_native = {
	.name = "native",
	.create = create,
	.share = share,
	.drop = drop,
	.pairs = pairs,
	.query = query,
};

void counting_native_begin(unsigned int cpus)
{
	nr_cpu_ids = cpus;
}

void counting_native_is(unsigned int cpu)
{
	native_cpu = cpu;
}
