// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated annealing of a netlist as PARSEC's canneal does it: two elements change places if the wires to those that
 * they are connected to get shorter, and at first sometimes if they get longer.
 */
#include "workload.h"

enum {
	FAN = 5,
};

struct place {
	int32_t x, y;
};

struct element {
	struct place *place;
	struct element *connected[FAN];
};

static struct element *elements;
static uint64_t nr, steps;

static void build(uint64_t bytes)
{
	struct place *places;
	uint64_t side = 1;

	nr = (bytes - 64) / (sizeof(*elements) + sizeof(*places));
	elements = workload_memory(nr * sizeof(*elements));
	places = workload_memory(nr * sizeof(*places));
	while (side * side < nr)
		side++;
	for (uint64_t i = 0; i < nr; i++) {
		places[i] = (struct place){ (int32_t)(i % side), (int32_t)(i / side) };
		elements[i].place = &places[i];
		for (int c = 0; c < FAN; c++)
			elements[i].connected[c] = &elements[workload_below(nr)];
	}
}

/* Once, as a compiler has it in registers afterwards. */
static struct place look(const struct place *place)
{
	return (struct place){ GET(place->x), GET(place->y) };
}

static int64_t distance(struct place a, struct place b)
{
	int64_t x = (int64_t)a.x - b.x, y = (int64_t)a.y - b.y;

	return (x < 0 ? -x : x) + (y < 0 ? -y : y);
}

/* What an element's wires would be longer at another place. */
static int64_t cost(const struct element *element, struct place old, struct place new)
{
	int64_t sum = 0;

	for (int c = 0; c < FAN; c++) {
		struct place other = look(GET(GET(element->connected[c])->place));

		sum += distance(new, other) - distance(old, other);
	}
	return sum;
}

static uint64_t step(void)
{
	struct element *a = &elements[workload_below(nr)], *b = &elements[workload_below(nr)];
	struct place *at_a = GET(a->place), *at_b = GET(b->place);
	struct place old = look(at_a), new = look(at_b);
	int64_t longer = cost(a, old, new) + cost(b, new, old);
	/* It cools down: longer wires are taken ever more seldom. */
	bool reckless = workload_below(100 + steps++ / 64) < 30;

	if (longer < 0 || reckless) {
		SET(a->place, at_b);
		SET(b->place, at_a);
	}
	return (uint64_t)longer;
}

const struct workload workload = { "canneal", build, step };
