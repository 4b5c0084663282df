// SPDX-License-Identifier: GPL-2.0-only
/* The triad of STREAM: a[i] = b[i] + s * c[i]. */
#include "workload.h"

static double *a, *b, *c;
static uint64_t length, position;

static void build(uint64_t bytes)
{
	length = (bytes - 64) / 3 / sizeof(*a);
	a = workload_memory(length * sizeof(*a));
	b = workload_memory(length * sizeof(*b));
	c = workload_memory(length * sizeof(*c));
	for (uint64_t i = 0; i < length; i++) {
		a[i] = 0;
		b[i] = (double)(i % 1000);
		c[i] = (double)(i % 7);
	}
}

static uint64_t step(void)
{
	double value = GET(b[position]) + 3 * GET(c[position]);

	SET(a[position], value);
	position = position + 1 == length ? 0 : position + 1;
	return (uint64_t)value;
}

const struct workload workload = { "stream", build, step };
