/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draws what maps a process' memory; see translation.h. The table and --json are made of the same rows.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../lib/page-walk.h"
#include "output.h"
#include "size.h"
#include "table.h"
#include "translation.h"

#define WIDTH 80

static const struct ctl_column columns[] = {
	{ "START", "start", true, 0 }, { "END", "end", true, 0 },
	{ "KIND", "kind", false, 0 },  { "HUGE", "huge", true, 0 },
	{ "FULL", "full", true, 0 },   { "PART", "partial", true, 0 },
	{ "EMPTY", "empty", true, 0 }, { "WHY", "reason", false, 0 },
};

static bool has_tables(sd_json_variant *range)
{
	return ctl_number(range, "giant") || ctl_number(range, "huge") ||
	       ctl_number(range, "full") || ctl_number(range, "partial") ||
	       ctl_number(range, "empty");
}

int translation_set_address(sd_json_variant **row, const char *field)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIx64, ctl_number(*row, field));
	return sd_json_variant_set_field_string(row, field, text);
}

static int legible_rows(const struct translation_walk *walk, bool all, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *rows = NULL;
	int r = sd_json_variant_new_array(&rows, NULL, 0);

	for (size_t i = 0; i < walk->n_ranges && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *row = sd_json_variant_ref(walk->ranges[i]);

		if (!all && !has_tables(row))
			continue;
		r = translation_set_address(&row, "start");
		r = r < 0 ? r : translation_set_address(&row, "end");
		r = r < 0 ? r : sd_json_variant_append_array(&rows, row);
	}
	if (r >= 0)
		*ret = TAKE_PTR(rows);
	return r;
}

/* "word       sentence that goes on in a second line if it is long" */
static void print_sentence(const char *word, const char *sentence)
{
	const int indent = 12;
	int column = printf("%-*s", indent, word);

	while (*sentence) {
		int length = (int)strcspn(sentence, " ");

		if (column > indent && column + 1 + length > WIDTH)
			column = printf("\n%*s", indent, "") - 1;
		else if (column > indent)
			column += printf(" ");
		column += printf("%.*s", length, sentence);
		sentence += length;
		sentence += strspn(sentence, " ");
	}
	putchar('\n');
}

/* Those of the table, each once. */
static void print_reasons(const struct translation_walk *walk, bool all)
{
	bool used[_MP_WALK_REASON_MAX] = {};

	for (size_t i = 0; i < walk->n_ranges; i++) {
		const char *word = ctl_string(walk->ranges[i], "reason");
		enum mp_walk_reason reason = mp_walk_reason_of(word ?: "");

		if (reason < _MP_WALK_REASON_MAX && (all || has_tables(walk->ranges[i])))
			used[reason] = true;
	}
	putchar('\n');
	for (unsigned int i = 0; i < _MP_WALK_REASON_MAX; i++)
		if (used[i])
			print_sentence(mp_walk_reason_word((enum mp_walk_reason)i),
				       mp_walk_reason_text((enum mp_walk_reason)i));
}

static void print_total(const struct translation_walk *walk)
{
	char bytes[4][MP_SIZE_TEXT];

	printf("\n%s of page tables: %" PRIu64 " leaf, %" PRIu64 " + %" PRIu64 " above",
	       mp_size_format(walk->page_table_bytes, bytes[0]), walk->tables[0], walk->tables[1],
	       walk->tables[2]);
	if (walk->spare)
		printf(", %" PRIu64 " kept to split huge pages", walk->spare);
	printf("; %" PRIu64 " levels\n", walk->levels);
	printf("Less with transparent huge pages: %s, with hugetlbfs: %s; in empty ones: %s\n",
	       mp_size_format(walk->saved_by_huge, bytes[1]),
	       mp_size_format(walk->saved_by_hugetlb, bytes[2]),
	       mp_size_format(walk->empty_bytes, bytes[3]));
}

enum ctl_exit translation_print_walk(const struct translation_request *request,
				     const struct translation_walk *walk)
{
	_cleanup_json_ sd_json_variant *rows = NULL;
	enum ctl_exit result;
	int r;

	if (request->ctl.json) {
		r = translation_walk_json(walk, &rows);
		if (r >= 0)
			return ctl_print_json(rows);
	} else {
		r = legible_rows(walk, request->all, &rows);
	}
	if (r < 0) {
		translation_complain("%s", strerror(-r));
		return CTL_FAILED;
	}
	result = ctl_table(&request->ctl, columns, ARRAY_SIZE(columns), rows);
	if (result != CTL_OK || !request->ctl.legend)
		return result;
	print_reasons(walk, request->all);
	print_total(walk);
	return CTL_OK;
}

/* ---- tables ------------------------------------------------------------------------------------------- */

struct tables {
	sd_json_variant *rows;
	uint64_t last[8]; /* by level: address + 1 */
};

static int add_table(void *userdata, const struct translation_entry *entry)
{
	struct tables *tables = userdata;
	char va[24], pa[24];

	if (!(entry->flags & MEMPOL_WALK_TABLE) || entry->level >= ARRAY_SIZE(tables->last) ||
	    tables->last[entry->level] == entry->va + 1)
		return 0;
	tables->last[entry->level] = entry->va + 1;
	snprintf(va, sizeof(va), "%" PRIx64, entry->va);
	snprintf(pa, sizeof(pa), "%" PRIx64, entry->pa);
	return sd_json_variant_append_arraybo(
		&tables->rows, SD_JSON_BUILD_PAIR_UNSIGNED("level", entry->level),
		SD_JSON_BUILD_PAIR_STRING("address", va), SD_JSON_BUILD_PAIR_STRING("table", pa),
		SD_JSON_BUILD_PAIR_UNSIGNED("node", entry->node),
		SD_JSON_BUILD_PAIR_CONDITION(entry->level == 1, "present",
					     SD_JSON_BUILD_UNSIGNED(entry->count)));
}

/* The root is the first row. */
static int add_root(void *userdata, sd_json_variant *reply)
{
	struct tables *tables = userdata;
	char pa[24];

	snprintf(pa, sizeof(pa), "%" PRIx64, ctl_number(reply, "root"));
	return sd_json_variant_append_arraybo(
		&tables->rows, SD_JSON_BUILD_PAIR_UNSIGNED("level", ctl_number(reply, "levels")),
		SD_JSON_BUILD_PAIR_STRING("address", "0"), SD_JSON_BUILD_PAIR_STRING("table", pa));
}

enum ctl_exit translation_print_tables(const struct translation_request *request, uint64_t pid)
{
	static const struct ctl_column shown[] = {
		{ "LEVEL", "level", true, 0 },	   { "ADDRESS", "address", true, 0 },
		{ "TABLE", "table", true, 0 },	   { "NODE", "node", true, 0 },
		{ "PRESENT", "present", true, 0 },
	};
	_cleanup_json_ sd_json_variant *answer = NULL;
	struct tables tables = {};
	enum ctl_exit result =
		translation_ask_tables(&request->ctl, pid, add_root, add_table, &tables);

	if (result == CTL_OK && request->ctl.json &&
	    sd_json_buildo(&answer, SD_JSON_BUILD_PAIR_VARIANT("tables", tables.rows)) >= 0)
		result = ctl_print_json(answer);
	else if (result == CTL_OK)
		result = ctl_table(&request->ctl, shown, ARRAY_SIZE(shown), tables.rows);
	sd_json_variant_unref(tables.rows);
	return result;
}
