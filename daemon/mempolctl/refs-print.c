/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draws an answer about references; see refs.h. The table and --json are made of the same rows.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../lib/refs.h"
#include "output.h"
#include "refs.h"
#include "table.h"

static const struct ctl_column columns[] = {
	{ "INDEX", "index", true, 0 },	     { "PAGES", "pages", true, 0 },
	{ "REFS", "refs", true, 0 },	     { "MAPPED", "mapped", true, 0 },
	{ "EXPECTED", "expected", true, 0 }, { "EXTRA", "extra", true, 0 },
	{ "HIDDEN", "hidden", true, 0 },     { "FLAGS", "flags", false, 0 },
	{ "WHY", "why", false, 0 },
};

static const struct ctl_column who_columns[] = {
	{ "PID", "pid", true, 0 },
	{ "COMMAND", "command", false, 0 },
	{ "MAPS", "maps", true, 0 },
	{ "OPEN", "open", true, 0 },
	{ "PINNED", "pinned_bytes", true, 0 },
	{ "IO_URING", "io_uring_buffers", true, 0 },
	{ "VFIO", "vfio", false, 0 },
};

/* "lru,file" */
static int join_flags(sd_json_variant *flags, char **ret)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return -ENOMEM;
	for (size_t i = 0; flags && i < sd_json_variant_elements(flags); i++)
		fprintf(f, "%s%s", i ? "," : "",
			sd_json_variant_string(sd_json_variant_by_index(flags, i)) ?: "?");
	if (fclose(f) != 0)
		return -ENOMEM;
	*ret = TAKE_PTR(text);
	return 0;
}

/* A row as people read it: the run as a range, flags in one word. */
static int legible_row(sd_json_variant *row, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = sd_json_variant_ref(row);
	uint64_t first = ctl_number(row, "index"), folios = ctl_number(row, "folios");
	uint64_t each = ctl_number(row, "pages"), last = first + folios * each - 1;
	_cleanup_free_ char *flags = NULL;
	char index[64], pages[64];
	int r = join_flags(ctl_array(row, "flags"), &flags);

	if (r < 0)
		return r;
	snprintf(index, sizeof(index), last > first ? "%" PRIu64 "-%" PRIu64 : "%" PRIu64, first,
		 last);
	snprintf(pages, sizeof(pages), folios > 1 && each > 1 ? "%" PRIu64 "x%" PRIu64 : "%" PRIu64,
		 folios > 1 ? folios : each, each);
	r = sd_json_variant_set_field_string(&v, "index", index);
	if (r >= 0)
		r = sd_json_variant_set_field_string(&v, "pages", pages);
	if (r >= 0)
		r = sd_json_variant_set_field_string(&v, "flags", flags);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static int legible_rows(sd_json_variant *rows, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *all = NULL;
	int r = sd_json_variant_new_array(&all, NULL, 0);

	for (size_t i = 0; rows && i < sd_json_variant_elements(rows) && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *row = NULL;

		r = legible_row(sd_json_variant_by_index(rows, i), &row);
		if (r >= 0)
			r = sd_json_variant_append_array(&all, row);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(all);
	return 0;
}

/* "1024 pages of 2048 are in memory: 1000 can go, 20 dirty, 4 held" */
static void print_total(const struct refs_target *target, sd_json_variant *total)
{
	uint64_t pages = 0, all = target->empty ? 0 : target->last - target->first + 1;
	const char *before = ": ";

	for (unsigned int k = 0; k < _MP_REF_REASON_MAX; k++)
		pages += ctl_number(total, mp_ref_reason_word(k));
	if (target->path)
		printf("%" PRIu64 " of %" PRIu64 " page%s in memory", pages, all,
		       all == 1 ? "" : "s");
	else
		printf("%" PRIu64 " page%s", pages, pages == 1 ? "" : "s");
	for (unsigned int k = 0; k < _MP_REF_REASON_MAX; k++) {
		uint64_t n = ctl_number(total, mp_ref_reason_word(k));

		if (!n)
			continue;
		printf("%s%" PRIu64 " %s", before, n, mp_ref_reason_text(k));
		before = ", ";
	}
	putchar('\n');
}

static enum ctl_exit print_who(const struct ctl *ctl, sd_json_variant *answer)
{
	sd_json_variant *who = ctl_array(answer, "who");
	uint64_t hidden = ctl_number(answer, "who_hidden");
	enum ctl_exit result;

	if (!who)
		return CTL_OK;
	if (ctl->legend)
		printf("\nHints: processes that map the file or have it open\n");
	result = ctl_table(ctl, who_columns, ARRAY_SIZE(who_columns), who);
	if (hidden)
		fprintf(stderr, "%" PRIu64 " process%s of other users are not among them\n", hidden,
			hidden == 1 ? "" : "es");
	return result;
}

enum ctl_exit refs_print(const struct ctl *ctl, const struct refs_target *target,
			 sd_json_variant *answer)
{
	_cleanup_json_ sd_json_variant *rows = NULL;
	enum ctl_exit result;
	int r;

	if (ctl->json)
		return ctl_print_json(answer);
	r = legible_rows(ctl_array(answer, "pages"), &rows);
	if (r < 0) {
		fprintf(stderr, "Failed to draw the table: %s\n", strerror(-r));
		return CTL_FAILED;
	}
	result = ctl_table(ctl, columns, ARRAY_SIZE(columns), rows);
	if (result != CTL_OK)
		return result;
	if (ctl->legend)
		print_total(target, sd_json_variant_by_key(answer, "total"));
	return print_who(ctl, answer);
}
