// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated annealing of a netlist as PARSEC's canneal does it: two elements change places if the wires to those that
 * they are connected to get shorter, and at first sometimes if they get longer.
 */
#include "workload.h"

enum {
	FAN = 5,
};

struct element {
	int32_t *place; /* x and y */
	struct element *connected[FAN];
};

static struct element *elements;
static uint64_t nr, steps;

static void build(uint64_t bytes)
{
	int32_t *places;
	uint64_t side = 1;

	nr = (bytes - 64) / (sizeof(*elements) + 2 * sizeof(int32_t));
	elements = workload_memory(nr * sizeof(*elements));
	places = workload_memory(nr * 2 * sizeof(*places));
	while (side * side < nr)
		side++;
	for (uint64_t i = 0; i < nr; i++) {
		places[2 * i] = (int32_t)(i % side);
		places[2 * i + 1] = (int32_t)(i / side);
		elements[i].place = &places[2 * i];
		for (int c = 0; c < FAN; c++)
			elements[i].connected[c] = &elements[workload_below(nr)];
	}
}

static int64_t distance(const int32_t *a, const int32_t *b)
{
	int64_t x = GET(a[0]) - GET(b[0]), y = GET(a[1]) - GET(b[1]);

	return (x < 0 ? -x : x) + (y < 0 ? -y : y);
}

/* What an element's wires would be longer at another place. */
static int64_t cost(const struct element *element, const int32_t *old, const int32_t *new)
{
	int64_t sum = 0;

	for (int c = 0; c < FAN; c++) {
		const int32_t *other = GET(GET(element->connected[c])->place);

		sum += distance(new, other) - distance(old, other);
	}
	return sum;
}

static uint64_t step(void)
{
	struct element *a = &elements[workload_below(nr)], *b = &elements[workload_below(nr)];
	int32_t *at_a = GET(a->place), *at_b = GET(b->place);
	int64_t longer = cost(a, at_a, at_b) + cost(b, at_b, at_a);
	/* It cools down: longer wires are taken ever more seldom. */
	bool reckless = workload_below(100 + steps++ / 64) < 30;

	if (longer < 0 || reckless) {
		SET(a->place, at_b);
		SET(b->place, at_a);
	}
	return (uint64_t)longer;
}

const struct workload workload = { "canneal", build, step };
