// SPDX-License-Identifier: GPL-2.0-only
/*
 * Visits every interleaving of the threads of a scenario, in the memory model of x86: each thread has a store
 * buffer that is emptied in order, at any time. The nearest states come first, so that a complaint comes with a
 * shortest way to it. What is right at the end is decided here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "refcount-model.h"

#define NO_NODE UINT32_MAX

/* A state, and the one it was reached from. */
struct model_node {
	struct model_state state;
	uint32_t parent;
};

static void *checked(void *memory)
{
	if (!memory) {
		perror("refcount-model");
		abort();
	}
	return memory;
}

static uint64_t hash_state(const struct model_state *state)
{
	const uint8_t *bytes = (const uint8_t *)state;
	uint64_t hash = 0, word;
	size_t at, length;

	for (at = 0; at < sizeof(*state); at += length) {
		length = sizeof(*state) - at < sizeof(word) ? sizeof(*state) - at : sizeof(word);
		word = 0;
		memcpy(&word, bytes + at, length);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

/* The place of @state in the table, or the free one where it belongs. */
static uint32_t *find_place(const struct model_space *space, const struct model_state *state)
{
	size_t i = hash_state(state) & (space->table_size - 1);

	while (space->table[i] != NO_NODE &&
	       memcmp(&space->nodes[space->table[i]].state, state, sizeof(*state)))
		i = (i + 1) & (space->table_size - 1);
	return &space->table[i];
}

static void grow(struct model_space *space)
{
	space->max = space->max ? 2 * space->max : 1024;
	space->nodes = checked(realloc(space->nodes, space->max * sizeof(*space->nodes)));

	space->table_size = 2 * space->max;
	free(space->table);
	space->table = checked(malloc(space->table_size * sizeof(*space->table)));
	memset(space->table, 0xff, space->table_size * sizeof(*space->table));
	for (size_t i = 0; i < space->nr; i++)
		*find_place(space, &space->nodes[i].state) = i;
}

static void add(struct model_space *space, const struct model_state *state, uint32_t parent)
{
	uint32_t *place;

	if (space->nr == space->max)
		grow(space);
	place = find_place(space, state);
	if (*place != NO_NODE)
		return;
	*place = space->nr;
	space->nodes[space->nr++] = (struct model_node){ *state, parent };
}

static struct model_state begin(const struct model_scenario *scenario)
{
	struct model_state state = {};
	unsigned int i;

	state.word[COUNT] = 1;
	state.word[ENTRY] = ENTRY_FOLIO;
	state.word[READ] = scenario->file != FILE_OUT;
	state.word[WATCH] = scenario->file == FILE_AWAKE;
	for (i = 0; i < MODEL_THREADS; i++) {
		const struct model_actor *actor = &scenario->actors[i];

		state.thread[i].at = !actor->role ? MODEL_DONE : actor->holds ? MODEL_HOLDING : 0;
		state.thread[i].rounds = actor->again;
		state.word[COUNT] += actor->holds;
	}
	return state;
}

static bool flush_store(struct model_state *state, unsigned int thread)
{
	struct model_thread *me = &state->thread[thread];

	if (!me->nr_stores)
		return false;
	state->word[me->stores[0] >> 4] = me->stores[0] & 0xf;
	memmove(me->stores, me->stores + 1, sizeof(me->stores) - 1);
	me->stores[MODEL_STORES - 1] = 0;
	me->nr_stores--;
	return true;
}

/* A step of @thread in @state. NULL: it cannot take one, or has come to its end. */
static const char *take_step(const struct model_space *space, struct model_state *state,
			     unsigned int thread, const char **complaint)
{
	const struct model_actor *actor = &space->scenario->actors[thread];
	struct model_turn turn = {
		.state = state,
		.me = &state->thread[thread],
		.number = thread,
		.cell = actor->cell,
		.broken = space->broken,
	};

	if (turn.me->at == MODEL_DONE || !actor->role(&turn))
		return NULL;
	*complaint = turn.complaint;
	return turn.doing;
}

static bool is_done(const struct model_state *state)
{
	unsigned int i;

	for (i = 0; i < MODEL_THREADS; i++)
		if (state->thread[i].at != MODEL_DONE || state->thread[i].nr_stores)
			return false;
	return true;
}

/* What must hold when every thread has come to its end. */
static const char *judge_end(const struct model_state *state)
{
	if (state->word[CELL_0] || state->word[CELL_1])
		return "a cell counts on";
	if (state->word[ENTRY] != ENTRY_FOLIO)
		return state->word[FREED] ? NULL : "a folio leaked";
	if (state->word[FREED])
		return "a folio in the page cache was freed";
	return state->word[COUNT] == 1 ? NULL : "a wrong count at the end";
}

/* Adds what can follow on the node @at. */
static const char *visit(struct model_space *space, uint32_t at)
{
	struct model_state state = space->nodes[at].state, next;
	const char *complaint = NULL;
	bool moved = false;
	unsigned int i;

	space->last = at;
	space->last_thread = MODEL_THREADS;
	if (is_done(&state))
		return judge_end(&state);

	for (i = 0; i < MODEL_THREADS; i++) {
		next = state;
		if (flush_store(&next, i)) {
			add(space, &next, at);
			moved = true;
		}
		next = state;
		if (!take_step(space, &next, i, &complaint))
			continue;
		if (complaint) {
			space->last_thread = i;
			return complaint;
		}
		add(space, &next, at);
		moved = true;
	}
	return moved ? NULL : "nobody can go on";
}

const char *model_explore(struct model_space *space, const struct model_scenario *scenario,
			  enum model_break broken)
{
	struct model_state state = begin(scenario);
	const char *complaint = NULL;
	size_t i;

	*space = (struct model_space){ .scenario = scenario, .broken = broken };
	add(space, &state, NO_NODE);
	for (i = 0; !complaint && i < space->nr; i++)
		complaint = visit(space, i);
	return complaint;
}

static void print_step(const struct model_space *space, unsigned int thread, const char *doing)
{
	printf("#   %-12s %s\n", space->scenario->actors[thread].name, doing);
}

/* Which step led from one node to the next is found by taking each once more. */
static void print_between(const struct model_space *space, const struct model_state *from,
			  const struct model_state *to)
{
	const char *complaint, *doing;
	struct model_state next;
	unsigned int i;

	for (i = 0; i < MODEL_THREADS; i++) {
		next = *from;
		if (flush_store(&next, i) && !memcmp(&next, to, sizeof(next))) {
			print_step(space, i, "(its oldest store becomes visible)");
			return;
		}
		next = *from;
		doing = take_step(space, &next, i, &complaint);
		if (doing && !memcmp(&next, to, sizeof(next))) {
			print_step(space, i, doing);
			return;
		}
	}
}

void model_print_trace(const struct model_space *space)
{
	size_t length = 0, *way, i;
	struct model_state next;
	const char *complaint;
	uint32_t node;

	for (node = space->last; node != NO_NODE; node = space->nodes[node].parent)
		length++;
	way = checked(calloc(length, sizeof(*way)));
	for (i = length, node = space->last; i; node = space->nodes[node].parent)
		way[--i] = node;
	for (i = 1; i < length; i++)
		print_between(space, &space->nodes[way[i - 1]].state, &space->nodes[way[i]].state);
	free(way);
	if (space->last_thread < MODEL_THREADS) {
		next = space->nodes[space->last].state;
		print_step(space, space->last_thread,
			   take_step(space, &next, space->last_thread, &complaint));
	}
}

void model_free(struct model_space *space)
{
	free(space->nodes);
	free(space->table);
	*space = (struct model_space){};
}
