// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removers that freeze the folio's count in the model, and take the folio out if nobody else has it: each asks the
 * cells after the freeze. The hooks in reclaim and migration take the same steps; a change there begins here.
 */
#include "refcount-steps.h"

enum {
	FREEZER_FINDS,
	FREEZER_GETS,
	FREEZER_LOCKS = MODEL_HOLDING,
	FREEZER_CHECKS_ENTRY,
	FREEZER_LOCKS_PAGES,
	FREEZER_FREEZES,
	FREEZER_TESTS_WATCH,
	FREEZER_ASKS_CELL_0,
	FREEZER_ASKS_CELL_1,
	FREEZER_REMOVES,
	FREEZER_UNFREEZES,
	FREEZER_THAWS_REST,
	FREEZER_UNLOCKS_PAGES,
	FREEZER_UNLOCKS,
	FREEZER_PUTS,
	FREEZER_UNLOCKS_PAGES_AND_FREES,
	FREEZER_FREES,
};

/* Frozen is a count of 0; the page cache's reference and our own must be all there are. */
static bool freeze(struct model_turn *turn)
{
	uint8_t *count = locked(turn, COUNT);

	if (!count)
		return false;
	if (*count != 2)
		return go(turn, "cannot freeze the count", FREEZER_UNLOCKS_PAGES);
	*count = 0;
	return go(turn, "freezes the count", FREEZER_TESTS_WATCH);
}

static bool test_watch(struct model_turn *turn)
{
	if (turn->broken == BREAK_BLIND_FREEZE || !load(turn, WATCH))
		return go(turn, "need not ask the cells", FREEZER_REMOVES);
	return go(turn, "is to ask the cells", FREEZER_ASKS_CELL_0);
}

static bool ask_cell(struct model_turn *turn, enum model_word cell, uint8_t next)
{
	if (load(turn, cell))
		return go(turn, "finds a cell that counts the folio", FREEZER_UNFREEZES);
	return go(turn, "finds a cell empty", next);
}

/* @entry: what it leaves in the page cache; @frees: with the count still frozen. */
static bool remove_folio(struct model_turn *turn, enum model_entry entry, bool frees)
{
	switch (turn->me->at) {
	case FREEZER_FINDS:
		return go(turn, "finds the folio",
			  load(turn, ENTRY) == ENTRY_FOLIO ? FREEZER_GETS : MODEL_DONE);
	case FREEZER_GETS:
		return try_get(turn, "isolates the folio", FREEZER_LOCKS, MODEL_DONE);
	case FREEZER_LOCKS:
		return take_lock(turn, FOLIO_LOCK, "locks the folio", FREEZER_CHECKS_ENTRY);
	case FREEZER_CHECKS_ENTRY:
		return go(turn, "looks whether it is in the page cache",
			  load(turn, ENTRY) == ENTRY_FOLIO ? FREEZER_LOCKS_PAGES : FREEZER_UNLOCKS);
	case FREEZER_LOCKS_PAGES:
		return take_lock(turn, XA_LOCK, "locks i_pages", FREEZER_FREEZES);
	case FREEZER_FREEZES:
		return freeze(turn);
	case FREEZER_TESTS_WATCH:
		return test_watch(turn);
	case FREEZER_ASKS_CELL_0:
		return ask_cell(turn, CELL_0, FREEZER_ASKS_CELL_1);
	case FREEZER_ASKS_CELL_1:
		return ask_cell(turn, CELL_1, FREEZER_REMOVES);
	case FREEZER_REMOVES:
		return go_if(turn, store(turn, ENTRY, entry), "takes the folio out",
			     frees ? FREEZER_UNLOCKS_PAGES_AND_FREES : FREEZER_THAWS_REST);
	case FREEZER_UNFREEZES:
		return go_if(turn, store(turn, COUNT, 2), "unfreezes the count",
			     FREEZER_UNLOCKS_PAGES);
	case FREEZER_THAWS_REST:
		return go_if(turn, store(turn, COUNT, 1), "unfreezes it without the page cache's",
			     FREEZER_UNLOCKS_PAGES);
	case FREEZER_UNLOCKS_PAGES:
		return go_if(turn, store(turn, XA_LOCK, 0), "unlocks i_pages", FREEZER_UNLOCKS);
	case FREEZER_UNLOCKS:
		return go_if(turn, store(turn, FOLIO_LOCK, 0), "unlocks the folio", FREEZER_PUTS);
	case FREEZER_PUTS:
		if (!locked(turn, COUNT))
			return false;
		put_references(turn, 1);
		return begin_again(turn, FREEZER_FINDS, "puts the folio back");
	case FREEZER_UNLOCKS_PAGES_AND_FREES:
		return go_if(turn, store(turn, XA_LOCK, 0), "unlocks i_pages", FREEZER_FREES);
	case FREEZER_FREES:
		if (!locked(turn, FOLIO_LOCK))
			return false;
		turn->state->word[FOLIO_LOCK] = 0;
		free_folio(turn);
		return go(turn, "frees the folio", MODEL_DONE);
	}
	return false;
}

/* __remove_mapping() of reclaim */
bool model_reclaim(struct model_turn *turn)
{
	return remove_folio(turn, ENTRY_NONE, true);
}

/* remove_mapping() of a caller that keeps its own reference */
bool model_remove_mapping(struct model_turn *turn)
{
	return remove_folio(turn, ENTRY_NONE, false);
}

/* __folio_migrate_mapping() */
bool model_migrate(struct model_turn *turn)
{
	return remove_folio(turn, ENTRY_OTHER, false);
}
