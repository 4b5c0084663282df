// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which ranges of a process have their page tables in a row, for people; see translation.h.
 */
#include <inttypes.h>
#include <string.h>

#include "output.h"
#include "table.h"
#include "translation.h"

static const struct ctl_column columns[] = {
	{ "START", "start", true, 0 },	     { "END", "end", true, 0 },
	{ "NODE", "node", true, 0 },	     { "FRAMES", "frames", true, 0 },
	{ "PLACED", "placed", true, 0 },     { "ELSEWHERE", "elsewhere", true, 0 },
	{ "HUGE", "huge", true, 0 },	     { "IDLE", "idle", true, 0 },
	{ "REGISTER", "register", true, 0 },
};

static int legible(sd_json_variant *areas, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *rows = NULL;
	int r = sd_json_variant_new_array(&rows, NULL, 0);

	for (size_t i = 0; i < sd_json_variant_elements(areas) && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *row =
			sd_json_variant_ref(sd_json_variant_by_index(areas, i));

		r = translation_set_address(&row, "start");
		r = r < 0 ? r : translation_set_address(&row, "end");
		r = r < 0 ? r : sd_json_variant_append_array(&rows, row);
	}
	if (r >= 0)
		*ret = TAKE_PTR(rows);
	return r;
}

/* How much of what lies in ranges the hardware would find by computing. */
static void print_reach(sd_json_variant *areas, const char *before)
{
	uint64_t reached = 0, tables = 0;

	for (size_t i = 0; i < sd_json_variant_elements(areas); i++) {
		sd_json_variant *area = sd_json_variant_by_index(areas, i);
		uint64_t placed = ctl_number(area, "placed");

		tables += placed + ctl_number(area, "elsewhere");
		if (sd_json_variant_by_key(area, "register"))
			reached += placed;
	}
	if (tables)
		printf("%s%d registers reach %" PRIu64 " of %" PRIu64
		       " page tables of these ranges (%.1f %%)\n",
		       before, TRANSLATION_REGISTERS, reached, tables,
		       100.0 * (double)reached / (double)tables);
}

enum ctl_exit translation_areas(const struct translation_request *request, uint64_t pid)
{
	_cleanup_json_ sd_json_variant *areas = NULL, *rows = NULL;
	enum ctl_exit result =
		translation_collect_areas(&request->ctl, pid, NULL, TRANSLATION_LOUD, &areas);
	int r;

	if (result != CTL_OK)
		return result;
	if (request->ctl.json)
		return ctl_print_json(areas);
	r = legible(areas, &rows);
	if (r < 0) {
		translation_complain("%s", strerror(-r));
		return CTL_FAILED;
	}
	result = ctl_table(&request->ctl, columns, ARRAY_SIZE(columns), rows);
	if (result == CTL_OK && request->ctl.legend)
		print_reach(areas, "\n");
	return result;
}

void translation_print_reach(const struct ctl *ctl, const struct translation_walk *walk)
{
	_cleanup_json_ sd_json_variant *areas = NULL;
	char before[64];
	size_t n;

	if (translation_collect_areas(ctl, walk->pid, walk, TRANSLATION_QUIET, &areas) != CTL_OK)
		return;
	n = sd_json_variant_elements(areas);
	snprintf(before, sizeof(before), "In a row: %zu range%s; ", n, n == 1 ? "" : "s");
	print_reach(areas, before);
}
