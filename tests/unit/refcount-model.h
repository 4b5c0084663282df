/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of references that are counted in cells: one folio of one file, two cells, and a few threads that
 * read, reclaim, migrate, truncate, or change the file's flags. refcount-readers.c, refcount-freezers.c,
 * refcount-converters.c and refcount-rest.c say what each thread does, one access to memory at a time; refcount-model.c visits every
 * interleaving that x86 allows.
 */
#ifndef REFCOUNT_MODEL_H
#define REFCOUNT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words that threads share. */
enum model_word {
	COUNT, /* the folio's own references; 0: frozen, or free */
	ENTRY, /* what the page cache has at the index: enum model_entry */
	CELL_0, /* references that are counted in the cell of one CPU, */
	CELL_1, /* and of another */
	WATCH, /* of the file: a remover looks at the cells */
	READ, /* of the file: with WATCH, readers may use cells; alone, they wake it first */
	LEAVING, /* of the file: somebody opts it out */
	FREED, /* the folio was given back */
	FOLIO_LOCK,
	XA_LOCK, /* of i_pages */
	TABLE_LOCK, /* over READ, WATCH and LEAVING */
	IN_RCU, /* a bit for each thread in an RCU section */
	GRACE, /* those of them that a grace period waits for, */
	REST_GRACE, /* and another */
	NR_WORDS
};

enum model_entry { ENTRY_NONE, ENTRY_FOLIO, ENTRY_OTHER };

/* What can be wrong with the protocol on purpose, at most one at a time. */
enum model_break {
	BREAK_NOTHING,
	BREAK_PLAIN_INCREMENT, /* a reader counts itself without a locked operation */
	BREAK_ENTRY_BEFORE_COUNT, /* a reader rechecks the entry first, and the count last */
	BREAK_COUNT_UNCHECKED, /* a reader does not look whether the folio is frozen */
	BREAK_BLIND_FREEZE, /* a remover that froze the count does not ask the cells */
	BREAK_PLAIN_DECREMENT, /* a reader takes its count back without a locked operation */
	BREAK_SCAN_WITHOUT_BARRIER, /* a removal looks at the cells before its removal is seen */
	BREAK_HOLDER_TAKES_REFERENCE, /* a reader that has only a cell takes a reference besides */
	BREAK_NO_GRACE_PERIOD, /* opting out does not wait for readers that saw READ */
	BREAK_SWEEP_BY_MAPPING, /* opting out passes over a folio that has left the page cache */
	BREAK_WAKE_WITHOUT_LOCK, /* WATCH is set while a removal is under way */
	BREAK_READ_WHILE_RESTING, /* a reader does not look at WATCH */
	BREAK_REST_WITHOUT_GRACE_PERIOD, /* a file is put to rest beside readers that saw it awake */
	BREAK_REST_BLINDLY, /* and whatever the cells count */
	BREAK_REST_BY_MAPPING, /* what has left the page cache is passed over */
	BREAK_REST_THOUGH_WOKEN, /* a file that was woken meanwhile is put to rest */
	BREAK_LATE_CONVERSION, /* harmless: cells are converted behind the page cache's own reference */
	NR_BREAKS
};

#define MODEL_THREADS 4
#define MODEL_STORES 4 /* that a thread's store buffer takes */
#define MODEL_DONE 0xff
#define MODEL_HOLDING 2 /* the step at which every remover has its reference */

/**
 * struct model_thread - where a thread is
 * @at: its next step, by its role; MODEL_DONE.
 * @seen: what it loaded and goes on with.
 * @cell: the cell it looks at, of those that look at all.
 * @rounds: how often it begins again.
 * @nr_stores: in its store buffer, the oldest first: word << 4 | value.
 * @stores: these.
 */
struct model_thread {
	uint8_t at;
	uint8_t seen;
	uint8_t cell;
	uint8_t rounds;
	uint8_t nr_stores;
	uint8_t stores[MODEL_STORES];
};

/* Compared and hashed as bytes: no padding, and what is unused is 0. */
struct model_state {
	uint8_t word[NR_WORDS];
	struct model_thread thread[MODEL_THREADS];
};

/**
 * struct model_turn - one thread's chance to take a step
 * @state: in and out.
 * @me: its thread.
 * @number: of the thread.
 * @cell: the cell it counts itself in, of a reader.
 * @broken: what is wrong on purpose.
 * @doing: the step in words.
 * @complaint: what must never happen, and did.
 */
struct model_turn {
	struct model_state *state;
	struct model_thread *me;
	unsigned int number;
	enum model_word cell;
	enum model_break broken;
	const char *doing;
	const char *complaint;
};

/* Takes a step of the thread. Return: was it possible? */
typedef bool (*model_role)(struct model_turn *turn);

bool model_reader(struct model_turn *turn);
bool model_stock_reader(struct model_turn *turn);
bool model_reclaim(struct model_turn *turn);
bool model_remove_mapping(struct model_turn *turn);
bool model_migrate(struct model_turn *turn);
bool model_truncate(struct model_turn *turn);
bool model_opt_in(struct model_turn *turn);
bool model_opt_out(struct model_turn *turn);
bool model_rest(struct model_turn *turn);

/**
 * struct model_actor - one thread of a scenario
 * @name: as a trace calls it.
 * @role: what it does; NULL ends the list.
 * @cell: in which a reader counts itself.
 * @again: how often it does it once more.
 * @holds: a remover begins with a reference it has taken, and does not look the folio up.
 */
struct model_actor {
	const char *name;
	model_role role;
	enum model_word cell;
	uint8_t again;
	bool holds;
};

/* What the file is at the beginning. */
enum model_file { FILE_OUT, FILE_RESTS, FILE_AWAKE };

struct model_scenario {
	const char *name;
	enum model_file file;
	struct model_actor actors[MODEL_THREADS];
};

/* What was visited; refcount-model.c's own. */
struct model_space {
	const struct model_scenario *scenario;
	enum model_break broken;
	struct model_node *nodes;
	uint32_t *table;
	size_t nr, max, table_size;
	size_t last; /* the node at which the complaint arose, */
	unsigned int last_thread; /* and whose step that was; MODEL_THREADS: nobody's */
};

/*
 * Visits every state. Return: NULL, or the complaint that the shortest way to one ends with. The space is to be
 * freed.
 */
const char *model_explore(struct model_space *space, const struct model_scenario *scenario,
			  enum model_break broken);
/* Prints the steps that led to the complaint. */
void model_print_trace(const struct model_space *space);
void model_free(struct model_space *space);

#endif
