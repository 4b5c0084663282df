// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting a file to rest in the model: nobody reads it by cells, so that whoever removes its folios need not look at
 * them, until a reader wakes it. The kernel's mm/mempol_ref_files.c takes the same steps in the same order; a change
 * there begins here.
 */
#include "refcount-steps.h"

enum {
	REST_LOCKS,
	REST_FORBIDS,
	REST_UNLOCKS,
	REST_STARTS_WAITING,
	REST_WAITS,
	REST_LOOKS_AT_CELL_0,
	REST_LOOKS_AT_CELL_1,
	REST_LOCKS_AGAIN,
	REST_DECIDES,
	REST_UNLOCKS_AGAIN,
	REST_ENDS,
};

static bool forbid(struct model_turn *turn)
{
	uint8_t *word = turn->state->word;

	if (word[LEAVING] || !word[READ] || !word[WATCH])
		return go(turn, "finds the file not awake", REST_UNLOCKS_AGAIN);
	word[READ] = 0;
	return go(turn, "clears READ", REST_UNLOCKS);
}

/* Whatever it counts: a truncation that is under way may have cleared folio->mapping already. */
static bool look(struct model_turn *turn, enum model_word cell, uint8_t next)
{
	bool passes = turn->broken == BREAK_REST_BLINDLY ||
		      (turn->broken == BREAK_REST_BY_MAPPING && load(turn, ENTRY) != ENTRY_FOLIO);

	if (!load(turn, cell) || passes)
		return go(turn, "finds a cell empty", next);
	turn->me->seen = 1;
	return go(turn, "finds a cell that counts the folio", next);
}

/* READ again, one way or the other; with WATCH it is awake. */
static bool decide(struct model_turn *turn)
{
	uint8_t *word = turn->state->word;
	bool held = turn->me->seen;

	turn->me->seen = 0;
	if (word[LEAVING] || (word[READ] && turn->broken != BREAK_REST_THOUGH_WOKEN))
		return go(turn, "finds that the file was woken, or leaves", REST_UNLOCKS_AGAIN);
	word[READ] = 1;
	word[WATCH] = held;
	return go(turn, held ? "leaves the file awake" : "puts the file to rest",
		  REST_UNLOCKS_AGAIN);
}

bool model_rest(struct model_turn *turn)
{
	uint8_t *word = turn->state->word;

	switch (turn->me->at) {
	case REST_LOCKS:
		return take_lock(turn, TABLE_LOCK, "locks the table", REST_FORBIDS);
	case REST_FORBIDS:
		return forbid(turn);
	case REST_UNLOCKS:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table",
			     REST_STARTS_WAITING);
	case REST_STARTS_WAITING:
		word[REST_GRACE] = word[IN_RCU];
		return go(turn, "waits for a grace period", REST_WAITS);
	case REST_WAITS:
		if (word[REST_GRACE] && turn->broken != BREAK_REST_WITHOUT_GRACE_PERIOD)
			return false;
		return go(turn, "goes on", REST_LOOKS_AT_CELL_0);
	case REST_LOOKS_AT_CELL_0:
		return look(turn, CELL_0, REST_LOOKS_AT_CELL_1);
	case REST_LOOKS_AT_CELL_1:
		return look(turn, CELL_1, REST_LOCKS_AGAIN);
	case REST_LOCKS_AGAIN:
		return take_lock(turn, TABLE_LOCK, "locks the table", REST_DECIDES);
	case REST_DECIDES:
		return decide(turn);
	case REST_UNLOCKS_AGAIN:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table", REST_ENDS);
	case REST_ENDS:
		return begin_again(turn, REST_LOCKS, "ends");
	}
	return false;
}
