// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers of a folio in the model: the one that counts itself in a cell, and the one of today. The kernel's
 * mm/mempol_ref.c takes the same steps in the same order; a change there begins here.
 */
#include "refcount-steps.h"

static bool copy(struct model_turn *turn, uint8_t next)
{
	if (turn->state->word[FREED])
		complain(turn, "copies from a folio that was freed");
	return go(turn, "copies from the folio", next);
}

static void leave_rcu(struct model_turn *turn)
{
	turn->state->word[IN_RCU] &= ~(1 << turn->number);
	turn->state->word[GRACE] &= ~(1 << turn->number);
	turn->state->word[REST_GRACE] &= ~(1 << turn->number);
}

enum {
	READER_ENTERS,
	READER_LOCKS_TABLE,
	READER_LOOKS_WHETHER_IT_LEAVES,
	READER_LOCKS_PAGES,
	READER_WATCHES,
	READER_UNLOCKS_PAGES,
	READER_LETS_READ,
	READER_UNLOCKS_TABLE,
	READER_UNLOCKS_TABLE_IN_VAIN,
	READER_LOOKS_UP,
	READER_COUNTS_ITSELF,
	READER_CHECKS_COUNT,
	READER_CHECKS_ENTRY,
	READER_LEAVES_RCU,
	READER_COPIES,
	READER_COPIES_ON,
	READER_PUTS,
	READER_PUTS_REFERENCE,
	READER_GETS_REFERENCE,
	READER_DROPS_REFERENCE,
	READER_ENDS,
};

/* Both bits of the file at once: they are in one word, which locked operations alone change. */
static bool enter(struct model_turn *turn)
{
	uint8_t *word = turn->state->word;

	word[IN_RCU] |= 1 << turn->number;
	if (word[READ] && (word[WATCH] || turn->broken == BREAK_READ_WHILE_RESTING))
		return go(turn, "may use cells", READER_LOOKS_UP);
	leave_rcu(turn);
	if (word[READ] || word[WATCH])
		return go(turn, "finds that the file is not awake", READER_LOCKS_TABLE);
	return go(turn, "may not use cells", READER_ENDS);
}

/*
 * Removers test WATCH after they have had the lock: they see it, or the reader sees their removal. Where the
 * file is about to rest, it is there, and READ takes that back.
 */
static bool wake(struct model_turn *turn)
{
	bool locks = turn->broken != BREAK_WAKE_WITHOUT_LOCK;
	uint8_t *word = turn->state->word;

	switch (turn->me->at) {
	case READER_LOCKS_TABLE:
		return take_lock(turn, TABLE_LOCK, "locks the table",
				 READER_LOOKS_WHETHER_IT_LEAVES);
	case READER_LOOKS_WHETHER_IT_LEAVES:
		if (word[LEAVING])
			return go(turn, "finds the file leaving", READER_UNLOCKS_TABLE_IN_VAIN);
		return go(turn, "is to wake the file",
			  word[WATCH] ? READER_LETS_READ : READER_LOCKS_PAGES);
	case READER_LOCKS_PAGES:
		return locks ? take_lock(turn, XA_LOCK, "locks i_pages", READER_WATCHES) :
			       go(turn, "does not lock i_pages", READER_WATCHES);
	case READER_WATCHES:
		if (!locked(turn, WATCH))
			return false;
		word[WATCH] = 1;
		return go(turn, "sets WATCH", READER_UNLOCKS_PAGES);
	case READER_UNLOCKS_PAGES:
		return go_if(turn, !locks || store(turn, XA_LOCK, 0), "unlocks i_pages",
			     READER_LETS_READ);
	case READER_LETS_READ:
		if (!locked(turn, READ))
			return false;
		word[READ] = 1;
		return go(turn, "sets READ", READER_UNLOCKS_TABLE);
	case READER_UNLOCKS_TABLE:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table", READER_ENTERS);
	case READER_UNLOCKS_TABLE_IN_VAIN:
		return go_if(turn, store(turn, TABLE_LOCK, 0), "unlocks the table", READER_ENDS);
	}
	return false;
}

/* A full barrier, unless that is what is broken. */
static bool count_in_cell(struct model_turn *turn)
{
	bool wrong_order = turn->broken == BREAK_ENTRY_BEFORE_COUNT;
	uint8_t next = wrong_order ? READER_CHECKS_ENTRY : READER_CHECKS_COUNT;
	uint8_t *cell = locked(turn, turn->cell);

	if (turn->broken == BREAK_PLAIN_INCREMENT) {
		turn->me->seen = load(turn, turn->cell);
		return go_if(turn, store(turn, turn->cell, turn->me->seen + 1),
			     "counts itself in its cell, plainly", next);
	}
	if (!cell)
		return false;
	++*cell;
	return go(turn, "counts itself in its cell", next);
}

/* The count first: whoever froze it may still take the entry out. */
static bool check_count(struct model_turn *turn)
{
	bool wrong_order = turn->broken == BREAK_ENTRY_BEFORE_COUNT;
	uint8_t next = wrong_order ? READER_LEAVES_RCU : READER_CHECKS_ENTRY;

	if (turn->broken == BREAK_COUNT_UNCHECKED)
		return go(turn, "does not check the count", next);
	if (!load(turn, COUNT))
		return go(turn, "sees that the count is frozen", READER_PUTS);
	return go(turn, "sees that the count is not frozen", next);
}

static bool check_entry(struct model_turn *turn)
{
	bool wrong_order = turn->broken == BREAK_ENTRY_BEFORE_COUNT;

	if (load(turn, ENTRY) != ENTRY_FOLIO)
		return go(turn, "sees that the entry has gone", READER_PUTS);
	return go(turn, "sees that the entry is there",
		  wrong_order ? READER_CHECKS_COUNT : READER_LEAVES_RCU);
}

/* References are alike: if the cell's were converted, one of the folio's is ours. */
static bool put_cell(struct model_turn *turn)
{
	uint8_t *cell = locked(turn, turn->cell);

	if (turn->broken == BREAK_PLAIN_DECREMENT) {
		turn->me->seen = load(turn, turn->cell);
		if (!turn->me->seen)
			return go(turn, "finds its cell converted", READER_PUTS_REFERENCE);
		return go_if(turn, store(turn, turn->cell, turn->me->seen - 1),
			     "takes its count back, plainly", READER_ENDS);
	}
	if (!cell)
		return false;
	if (!*cell)
		return go(turn, "finds its cell converted", READER_PUTS_REFERENCE);
	--*cell;
	return go(turn, "takes its count back", READER_ENDS);
}

/* READ, lookup and count are one RCU section: opting out and putting to rest wait for that. */
bool model_reader(struct model_turn *turn)
{
	switch (turn->me->at) {
	case READER_ENTERS:
		return enter(turn);
	case READER_LOOKS_UP:
		return go(turn, "looks the folio up",
			  load(turn, ENTRY) == ENTRY_FOLIO ? READER_COUNTS_ITSELF : READER_ENDS);
	case READER_COUNTS_ITSELF:
		return count_in_cell(turn);
	case READER_CHECKS_COUNT:
		return check_count(turn);
	case READER_CHECKS_ENTRY:
		return check_entry(turn);
	case READER_LEAVES_RCU:
		leave_rcu(turn);
		return go(turn, "leaves its RCU section",
			  turn->broken == BREAK_HOLDER_TAKES_REFERENCE ? READER_GETS_REFERENCE :
									 READER_COPIES);
	case READER_COPIES:
		return copy(turn, READER_COPIES_ON);
	case READER_COPIES_ON:
		return copy(turn, READER_PUTS);
	case READER_PUTS:
		return put_cell(turn);
	case READER_PUTS_REFERENCE:
		return put_and_go(turn, 1, "drops a reference instead", READER_ENDS);
	case READER_GETS_REFERENCE:
		/* folio_get(): the folio may be frozen for a moment, then the unfreezing store wins. */
		if (!locked(turn, COUNT))
			return false;
		turn->state->word[COUNT]++;
		return go(turn, "takes a reference besides", READER_DROPS_REFERENCE);
	case READER_DROPS_REFERENCE:
		return put_and_go(turn, 1, "drops that reference", READER_COPIES);
	case READER_ENDS:
		leave_rcu(turn);
		return begin_again(turn, READER_ENTERS, "ends");
	}
	return wake(turn);
}

enum { STOCK_LOOKS_UP, STOCK_GETS, STOCK_CHECKS_ENTRY, STOCK_COPIES, STOCK_PUTS };

/* filemap_get_read_batch() and filemap_read() as they are. */
bool model_stock_reader(struct model_turn *turn)
{
	switch (turn->me->at) {
	case STOCK_LOOKS_UP:
		return go(turn, "looks the folio up",
			  load(turn, ENTRY) == ENTRY_FOLIO ? STOCK_GETS : MODEL_DONE);
	case STOCK_GETS:
		return try_get(turn, "takes a reference", STOCK_CHECKS_ENTRY, STOCK_LOOKS_UP);
	case STOCK_CHECKS_ENTRY:
		return go(turn, "checks the entry",
			  load(turn, ENTRY) == ENTRY_FOLIO ? STOCK_COPIES : STOCK_PUTS);
	case STOCK_COPIES:
		return copy(turn, STOCK_PUTS);
	case STOCK_PUTS:
		if (!locked(turn, COUNT))
			return false;
		put_references(turn, 1);
		return begin_again(turn, STOCK_LOOKS_UP, "drops its reference");
	}
	return false;
}
