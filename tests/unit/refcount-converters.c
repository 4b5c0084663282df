// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes references of the cells' counts in the model: truncation, which removes the folio whatever its count,
 * and opting a file out. Opting in is here too, because the three share the file's flags. The kernel's
 * mm/mempol_ref.c takes the same steps in the same order; a change there begins here.
 */
#include "refcount-steps.h"

enum {
	TRUNCATE_FINDS,
	TRUNCATE_GETS,
	TRUNCATE_LOCKS = MODEL_HOLDING,
	TRUNCATE_RECHECKS,
	TRUNCATE_CHECKS_ENTRY,
	TRUNCATE_LOCKS_PAGES,
	TRUNCATE_REMOVES,
	TRUNCATE_UNLOCKS_PAGES,
	TRUNCATE_TESTS_WATCH,
	TRUNCATE_FENCES,
	TRUNCATE_LOOKS_AT_CELL,
	TRUNCATE_ADDS,
	TRUNCATE_CLEARS,
	TRUNCATE_NEXT_CELL,
	TRUNCATE_PUTS_CACHE,
	TRUNCATE_UNLOCKS,
	TRUNCATE_PUTS,
};

/*
 * Makes what a cell counts references of the folio: first they are added, so that nobody who then finds the cell
 * empty lacks his, and taken off again if the cell has changed meanwhile.
 */
static bool clear_cell(struct model_turn *turn, uint8_t cleared, uint8_t again)
{
	uint8_t *cell = locked(turn, turn->me->cell);

	if (!cell)
		return false;
	if (*cell == turn->me->seen) {
		*cell = 0;
		return go(turn, "clears the cell", cleared);
	}
	put_references(turn, turn->me->seen);
	return go(turn, "finds that the cell has changed, and takes its references off", again);
}

static bool look_at_cell(struct model_turn *turn, uint8_t counting, uint8_t empty)
{
	turn->me->seen = load(turn, turn->me->cell);
	if (turn->me->seen)
		return go(turn, "finds a cell that counts the folio", counting);
	return go(turn, "finds a cell empty", empty);
}

static bool add_references(struct model_turn *turn, uint8_t next)
{
	uint8_t *count = locked(turn, COUNT);

	if (!count)
		return false;
	*count += turn->me->seen;
	return go(turn, "adds as many references as the cell counts", next);
}

static bool next_cell(struct model_turn *turn, uint8_t next, uint8_t after)
{
	if (turn->me->cell != CELL_0)
		return go(turn, "has seen all cells", after);
	turn->me->cell = CELL_1;
	return go(turn, "goes on to the next cell", next);
}

/* filemap_remove_folio() and its like: the conversion lies before the page cache's reference is dropped. */
bool model_truncate(struct model_turn *turn)
{
	bool late = turn->broken == BREAK_LATE_CONVERSION;
	uint8_t converted = late ? TRUNCATE_UNLOCKS : TRUNCATE_PUTS_CACHE;

	switch (turn->me->at) {
	case TRUNCATE_FINDS:
		return go(turn, "finds the folio",
			  load(turn, ENTRY) == ENTRY_FOLIO ? TRUNCATE_GETS : MODEL_DONE);
	case TRUNCATE_GETS:
		return try_get(turn, "takes a reference", TRUNCATE_RECHECKS, TRUNCATE_FINDS);
	case TRUNCATE_RECHECKS:
		return go(turn, "checks the entry",
			  load(turn, ENTRY) == ENTRY_FOLIO ? TRUNCATE_LOCKS : TRUNCATE_PUTS);
	case TRUNCATE_LOCKS:
		return take_lock(turn, FOLIO_LOCK, "locks the folio", TRUNCATE_CHECKS_ENTRY);
	case TRUNCATE_CHECKS_ENTRY:
		return go(turn, "looks whether it is in the page cache",
			  load(turn, ENTRY) == ENTRY_FOLIO ? TRUNCATE_LOCKS_PAGES :
							     TRUNCATE_UNLOCKS);
	case TRUNCATE_LOCKS_PAGES:
		return take_lock(turn, XA_LOCK, "locks i_pages", TRUNCATE_REMOVES);
	case TRUNCATE_REMOVES:
		return go_if(turn, store(turn, ENTRY, ENTRY_NONE), "takes the folio out",
			     TRUNCATE_UNLOCKS_PAGES);
	case TRUNCATE_UNLOCKS_PAGES:
		return go_if(turn, store(turn, XA_LOCK, 0), "unlocks i_pages",
			     late ? TRUNCATE_PUTS_CACHE : TRUNCATE_TESTS_WATCH);
	case TRUNCATE_TESTS_WATCH:
		return go(turn, "tests whether it is to convert",
			  load(turn, WATCH) ? TRUNCATE_FENCES : converted);
	case TRUNCATE_FENCES:
		if (turn->broken != BREAK_SCAN_WITHOUT_BARRIER && turn->me->nr_stores)
			return false;
		turn->me->cell = CELL_0;
		return go(turn, "has its removal seen by everybody", TRUNCATE_LOOKS_AT_CELL);
	case TRUNCATE_LOOKS_AT_CELL:
		return look_at_cell(turn, TRUNCATE_ADDS, TRUNCATE_NEXT_CELL);
	case TRUNCATE_ADDS:
		return add_references(turn, TRUNCATE_CLEARS);
	case TRUNCATE_CLEARS:
		return clear_cell(turn, TRUNCATE_NEXT_CELL, TRUNCATE_LOOKS_AT_CELL);
	case TRUNCATE_NEXT_CELL:
		return next_cell(turn, TRUNCATE_LOOKS_AT_CELL, converted);
	case TRUNCATE_PUTS_CACHE:
		return put_and_go(turn, 1, "drops the page cache's reference",
				  late ? TRUNCATE_TESTS_WATCH : TRUNCATE_UNLOCKS);
	case TRUNCATE_UNLOCKS:
		return go_if(turn, store(turn, FOLIO_LOCK, 0), "unlocks the folio", TRUNCATE_PUTS);
	case TRUNCATE_PUTS:
		return put_and_go(turn, 1, "drops its own reference", MODEL_DONE);
	}
	return false;
}

enum { OPT_IN_LOCKS, OPT_IN_LETS_READ, OPT_IN_UNLOCKS };

/* It rests: whoever reads first wakes it. */
bool model_opt_in(struct model_turn *turn)
{
	switch (turn->me->at) {
	case OPT_IN_LOCKS:
		return take_lock(turn, TABLE_LOCK, "locks the table", OPT_IN_LETS_READ);
	case OPT_IN_LETS_READ:
		turn->state->word[READ] = 1;
		return go(turn, "sets READ", OPT_IN_UNLOCKS);
	case OPT_IN_UNLOCKS:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table", MODEL_DONE);
	}
	return false;
}

enum {
	OPT_OUT_LOCKS,
	OPT_OUT_FORBIDS,
	OPT_OUT_UNLOCKS,
	OPT_OUT_STARTS_WAITING,
	OPT_OUT_WAITS,
	OPT_OUT_LOOKS_AT_CELL,
	OPT_OUT_LOOKS_AT_MAPPING,
	OPT_OUT_GETS,
	OPT_OUT_LOOKS_AGAIN,
	OPT_OUT_ADDS,
	OPT_OUT_CLEARS,
	OPT_OUT_PUTS,
	OPT_OUT_NEXT_CELL,
	OPT_OUT_LOCKS_AGAIN,
	OPT_OUT_IGNORES,
	OPT_OUT_UNLOCKS_AGAIN,
};

/* No reader comes in after the grace period; a real reference keeps a freeze away while a cell is converted. */
bool model_opt_out(struct model_turn *turn)
{
	bool by_mapping = turn->broken == BREAK_SWEEP_BY_MAPPING;
	uint8_t *word = turn->state->word;

	switch (turn->me->at) {
	case OPT_OUT_LOCKS:
		return take_lock(turn, TABLE_LOCK, "locks the table", OPT_OUT_FORBIDS);
	case OPT_OUT_FORBIDS:
		/* A file that rests is not found by who evicts its inode, unless one bit stays. */
		word[LEAVING] = word[WATCH] = 1;
		word[READ] = 0;
		return go(turn, "clears READ, with WATCH set", OPT_OUT_UNLOCKS);
	case OPT_OUT_UNLOCKS:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table",
			     OPT_OUT_STARTS_WAITING);
	case OPT_OUT_STARTS_WAITING:
		word[GRACE] = word[IN_RCU];
		turn->me->cell = CELL_0;
		return go(turn, "waits for a grace period", OPT_OUT_WAITS);
	case OPT_OUT_WAITS:
		if (word[GRACE] && turn->broken != BREAK_NO_GRACE_PERIOD)
			return false;
		return go(turn, "goes on", OPT_OUT_LOOKS_AT_CELL);
	case OPT_OUT_LOOKS_AT_CELL:
		/* Whatever it counts: a truncation that is under way may have cleared folio->mapping already. */
		return look_at_cell(turn, by_mapping ? OPT_OUT_LOOKS_AT_MAPPING : OPT_OUT_GETS,
				    OPT_OUT_NEXT_CELL);
	case OPT_OUT_LOOKS_AT_MAPPING:
		return go(turn, "looks whether the folio is still the file's",
			  load(turn, ENTRY) == ENTRY_FOLIO ? OPT_OUT_GETS : OPT_OUT_NEXT_CELL);
	case OPT_OUT_GETS:
		return try_get(turn, "takes a reference", OPT_OUT_LOOKS_AGAIN,
			       OPT_OUT_LOOKS_AT_CELL);
	case OPT_OUT_LOOKS_AGAIN:
		return look_at_cell(turn, OPT_OUT_ADDS, OPT_OUT_PUTS);
	case OPT_OUT_ADDS:
		return add_references(turn, OPT_OUT_CLEARS);
	case OPT_OUT_CLEARS:
		return clear_cell(turn, OPT_OUT_PUTS, OPT_OUT_LOOKS_AGAIN);
	case OPT_OUT_PUTS:
		return put_and_go(turn, 1, "drops that reference", OPT_OUT_NEXT_CELL);
	case OPT_OUT_NEXT_CELL:
		return next_cell(turn, OPT_OUT_LOOKS_AT_CELL, OPT_OUT_LOCKS_AGAIN);
	case OPT_OUT_LOCKS_AGAIN:
		return take_lock(turn, TABLE_LOCK, "locks the table", OPT_OUT_IGNORES);
	case OPT_OUT_IGNORES:
		word[WATCH] = 0;
		return go(turn, "clears WATCH", OPT_OUT_UNLOCKS_AGAIN);
	case OPT_OUT_UNLOCKS_AGAIN:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table", MODEL_DONE);
	}
	return false;
}
