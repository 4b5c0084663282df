/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a step of the model of cell-counted references can do: load, store, a locked operation, the kernel's
 * small functions on a count, and going on to the next step. One step is one access to shared memory. The roles
 * in refcount-readers.c, refcount-freezers.c, refcount-converters.c and refcount-rest.c are written with these.
 */
#ifndef REFCOUNT_STEPS_H
#define REFCOUNT_STEPS_H

#include "refcount-model.h"

/* A step of a thread sees its own stores at once. */
static inline uint8_t load(const struct model_turn *turn, enum model_word word)
{
	unsigned int i;

	for (i = turn->me->nr_stores; i--;)
		if (turn->me->stores[i] >> 4 == word)
			return turn->me->stores[i] & 0xf;
	return turn->state->word[word];
}

/* Others see it later. Return: is there room for it in the store buffer? */
static inline bool store(struct model_turn *turn, enum model_word word, uint8_t value)
{
	struct model_thread *me = turn->me;

	if (me->nr_stores == MODEL_STORES)
		return false;
	me->stores[me->nr_stores++] = word << 4 | value;
	return true;
}

/* The word for a locked operation, which waits for the thread's stores; NULL: not yet. */
static inline uint8_t *locked(struct model_turn *turn, enum model_word word)
{
	return turn->me->nr_stores ? NULL : &turn->state->word[word];
}

static inline bool go(struct model_turn *turn, const char *doing, uint8_t next)
{
	turn->doing = doing;
	turn->me->at = next;
	return true;
}

/* As go(), from a step that stores. */
static inline bool go_if(struct model_turn *turn, bool possible, const char *doing, uint8_t next)
{
	return possible && go(turn, doing, next);
}

static inline void complain(struct model_turn *turn, const char *complaint)
{
	turn->complaint = complaint;
}

static inline void free_folio(struct model_turn *turn)
{
	if (turn->state->word[FREED])
		complain(turn, "freed twice");
	turn->state->word[FREED] = 1;
}

/* folio_put_refs() */
static inline void put_references(struct model_turn *turn, uint8_t nr)
{
	uint8_t *count = &turn->state->word[COUNT];

	if (*count < nr) {
		complain(turn, "count below zero");
		return;
	}
	*count -= nr;
	if (!*count)
		free_folio(turn);
}

static inline bool put_and_go(struct model_turn *turn, uint8_t nr, const char *doing, uint8_t next)
{
	if (!locked(turn, COUNT))
		return false;
	put_references(turn, nr);
	return go(turn, doing, next);
}

/* folio_try_get() */
static inline bool try_get(struct model_turn *turn, const char *doing, uint8_t next,
			   uint8_t otherwise)
{
	uint8_t *count = locked(turn, COUNT);

	if (!count)
		return false;
	if (!*count)
		return go(turn, "finds it frozen", otherwise);
	++*count;
	return go(turn, doing, next);
}

/* Waits until nobody has @lock. */
static inline bool take_lock(struct model_turn *turn, enum model_word lock, const char *doing,
			     uint8_t next)
{
	uint8_t *word = locked(turn, lock);

	if (!word || *word)
		return false;
	*word = 1;
	return go(turn, doing, next);
}

static inline bool begin_again(struct model_turn *turn, uint8_t first, const char *doing)
{
	if (!turn->me->rounds)
		return go(turn, doing, MODEL_DONE);
	turn->me->rounds--;
	return go(turn, doing, first);
}

#endif
