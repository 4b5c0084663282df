// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol of cell-counted references holds in every interleaving of a few threads, and does not once one
 * line of it is wrong: so each line is there for a reason. A change of the protocol changes the model first.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "refcount-model.h"

#define READER(which, n) { .name = "reader", .role = model_reader, .cell = (which), .again = (n) }
#define STOCK_READER(n) { .name = "stock", .role = model_stock_reader, .again = (n) }
#define RECLAIM(n) { .name = "reclaim", .role = model_reclaim, .again = (n) }
#define REMOVE_MAPPING(n) { .name = "remover", .role = model_remove_mapping, .again = (n) }
#define MIGRATE(n) { .name = "migration", .role = model_migrate, .again = (n) }
#define TRUNCATE() { .name = "truncate", .role = model_truncate }
#define OPT_IN() { .name = "opt-in", .role = model_opt_in }
#define OPT_OUT() { .name = "opt-out", .role = model_opt_out }
#define REST(n) { .name = "rest", .role = model_rest, .again = (n) }
/* Of those that remove: they have the folio already. */
#define HOLDING(who, what) { .name = (who), .role = (what), .holds = true }

static const struct model_scenario scenarios[] = {
	{ "two readers of one cell, reclaim",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_0, 0), HOLDING("reclaim", model_reclaim) } },
	{ "two readers of two cells, remove_mapping",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_1, 0), HOLDING("remover", model_remove_mapping) } },
	{ "two readers of two cells, migration",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_1, 0), HOLDING("migration", model_migrate) } },
	{ "two readers of one cell, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_0, 1), HOLDING("truncate", model_truncate) } },
	{ "two readers of two cells, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_1, 1), HOLDING("truncate", model_truncate) } },
	{ "reader, reclaim, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 0), HOLDING("reclaim", model_reclaim),
	    HOLDING("truncate", model_truncate) } },
	{ "reader, opt-out, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 0), OPT_OUT(), HOLDING("truncate", model_truncate) } },
	{ "reader, opt-out, reclaim",
	  FILE_AWAKE,
	  { READER(CELL_0, 0), OPT_OUT(), HOLDING("reclaim", model_reclaim) } },
	{ "reader, opt-in, truncation",
	  FILE_OUT,
	  { READER(CELL_0, 1), OPT_IN(), HOLDING("truncate", model_truncate) } },
	{ "reader, opt-in, remove_mapping",
	  FILE_OUT,
	  { READER(CELL_0, 1), OPT_IN(), HOLDING("remover", model_remove_mapping) } },
	{ "two readers, reclaim that tries thrice, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_1, 0), RECLAIM(2), TRUNCATE() } },
	{ "reader, stock reader, migration, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), STOCK_READER(1), MIGRATE(1), TRUNCATE() } },
	{ "two readers of one cell, remove_mapping that tries thrice, opt-out",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_0, 0), REMOVE_MAPPING(2), OPT_OUT() } },
	{ "reader, opt-in, reclaim, truncation",
	  FILE_OUT,
	  { READER(CELL_0, 1), OPT_IN(), RECLAIM(1), TRUNCATE() } },
	{ "three readers, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 2), READER(CELL_0, 1), READER(CELL_1, 1), TRUNCATE() } },
	{ "two readers that wake the file, truncation",
	  FILE_RESTS,
	  { READER(CELL_0, 1), READER(CELL_1, 0), HOLDING("truncate", model_truncate) } },
	{ "two readers that wake the file, remove_mapping",
	  FILE_RESTS,
	  { READER(CELL_0, 1), READER(CELL_1, 0), HOLDING("remover", model_remove_mapping) } },
	{ "reader, rest twice, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), REST(1), HOLDING("truncate", model_truncate) } },
	{ "two readers of two cells, rest, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), READER(CELL_1, 0), REST(0), HOLDING("truncate", model_truncate) } },
	{ "reader, rest, reclaim, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), REST(0), RECLAIM(1), TRUNCATE() } },
	{ "reader, rest twice, migration", FILE_AWAKE, { READER(CELL_0, 1), REST(1), MIGRATE(1) } },
	{ "reader, rest, opt-out, truncation",
	  FILE_AWAKE,
	  { READER(CELL_0, 1), REST(0), OPT_OUT(), HOLDING("truncate", model_truncate) } },
	{ "reader, opt-in, rest, truncation",
	  FILE_OUT,
	  { READER(CELL_0, 1), OPT_IN(), REST(0), TRUNCATE() } },
};

#define NR_SCENARIOS (sizeof(scenarios) / sizeof(*scenarios))

/* Return: the complaint, NULL: every state is right. */
static const char *explore(const struct model_scenario *scenario, enum model_break broken)
{
	struct model_space space;
	const char *complaint = model_explore(&space, scenario, broken);

	print_message("%-70s %8zu states  %s\n", scenario->name, space.nr, complaint ?: "ok");
	if (complaint)
		model_print_trace(&space);
	model_free(&space);
	return complaint;
}

static void the_protocol_holds_in_every_scenario(void **state)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++)
		assert_null(explore(&scenarios[i], BREAK_NOTHING));
}

static const struct model_scenario *find_scenario(const char *name)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	fail_msg("no scenario is called %s", name);
	return NULL;
}

#define COPIES "copies from a folio that was freed"

/* One wrong line, a scenario that must fail for it, and how. */
static struct wrong_line {
	enum model_break broken;
	const char *name;
	const char *scenario;
	const char *complaint;
} wrong_lines[] = {
	/* Each reader has a cell of its own, so it is the barrier alone that is missing. */
	{ BREAK_PLAIN_INCREMENT, "a_count_without_a_barrier_is_found",
	  "two readers of two cells, remove_mapping", COPIES },
	{ BREAK_ENTRY_BEFORE_COUNT, "an_entry_that_is_checked_before_the_count_is_found",
	  "two readers of two cells, remove_mapping", COPIES },
	{ BREAK_COUNT_UNCHECKED, "a_count_that_is_not_checked_is_found",
	  "two readers of one cell, reclaim", COPIES },
	{ BREAK_BLIND_FREEZE, "a_freeze_that_does_not_ask_the_cells_is_found",
	  "two readers of one cell, reclaim", COPIES },
	{ BREAK_PLAIN_DECREMENT, "a_plain_decrement_is_found", "reader, reclaim, truncation",
	  "a folio leaked" },
	{ BREAK_SCAN_WITHOUT_BARRIER, "a_removal_that_scans_without_a_barrier_is_found",
	  "two readers of one cell, truncation", COPIES },
	{ BREAK_HOLDER_TAKES_REFERENCE, "a_holder_of_a_cell_that_takes_a_reference_is_found",
	  "two readers of one cell, reclaim", COPIES },
	{ BREAK_NO_GRACE_PERIOD, "an_opt_out_without_grace_period_is_found",
	  "reader, opt-out, truncation", COPIES },
	{ BREAK_SWEEP_BY_MAPPING, "an_opt_out_that_passes_over_truncated_folios_is_found",
	  "reader, opt-out, truncation", COPIES },
	{ BREAK_WAKE_WITHOUT_LOCK, "a_file_that_is_woken_without_the_lock_is_found",
	  "two readers that wake the file, truncation", COPIES },
	{ BREAK_READ_WHILE_RESTING, "a_read_of_a_file_that_rests_is_found",
	  "two readers that wake the file, truncation", COPIES },
	{ BREAK_REST_WITHOUT_GRACE_PERIOD, "a_rest_without_grace_period_is_found",
	  "reader, rest twice, truncation", COPIES },
	{ BREAK_REST_BLINDLY, "a_rest_that_does_not_look_at_the_cells_is_found",
	  "reader, rest twice, truncation", COPIES },
	{ BREAK_REST_BY_MAPPING, "a_rest_that_passes_over_truncated_folios_is_found",
	  "reader, rest twice, truncation", COPIES },
	{ BREAK_REST_THOUGH_WOKEN, "a_rest_of_a_file_that_was_woken_is_found",
	  "reader, rest twice, truncation", COPIES },
};

#define NR_WRONG_LINES (sizeof(wrong_lines) / sizeof(*wrong_lines))
_Static_assert(NR_WRONG_LINES == NR_BREAKS - 2, "all but BREAK_NOTHING and the harmless one");

static void a_wrong_line_is_found(void **state)
{
	const struct wrong_line *line = *state;
	const char *complaint = explore(find_scenario(line->scenario), line->broken);

	assert_non_null(complaint);
	assert_string_equal(complaint, line->complaint);
}

/*
 * The page cache's reference may go before the cells are converted: the remover has a reference of its own until
 * after the conversion, so the count cannot come to 0 in between. The hooks convert first nevertheless,
 * because there the folio lock and that reference are plainly held.
 */
static void a_conversion_behind_the_page_caches_reference_is_harmless(void **state)
{
	for (size_t i = 0; i < NR_SCENARIOS; i++)
		assert_null(explore(&scenarios[i], BREAK_LATE_CONVERSION));
}

int main(void)
{
	struct CMUnitTest tests[NR_WRONG_LINES + 2] = {
		cmocka_unit_test(the_protocol_holds_in_every_scenario),
		cmocka_unit_test(a_conversion_behind_the_page_caches_reference_is_harmless),
	};

	for (size_t i = 0; i < NR_WRONG_LINES; i++)
		tests[i + 2] = (struct CMUnitTest){ .name = wrong_lines[i].name,
						    .test_func = a_wrong_line_is_found,
						    .initial_state = &wrong_lines[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
