/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins the parts of an answer about references, and counts them by reason; see refs.h.
 */
#include <string.h>

#include "../lib/refs.h"
#include "output.h"
#include "refs.h"

static uint64_t pages_of(sd_json_variant *row)
{
	return ctl_number(row, "folios") * ctl_number(row, "pages");
}

/* Whether @row goes on in @next: but for where they are and how many, they are the same. */
static bool goes_on(sd_json_variant *row, sd_json_variant *next)
{
	static const char *const same[] = { "pages",  "refs",  "mapped", "expected", "extra",
					    "hidden", "flags", "node",	 "why" };

	if (ctl_number(row, "index") + pages_of(row) != ctl_number(next, "index"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (!sd_json_variant_equal(sd_json_variant_by_key(row, same[i]),
					   sd_json_variant_by_key(next, same[i])))
			return false;
	return true;
}

int refs_join(sd_json_variant **rows, sd_json_variant *pages)
{
	size_t n = pages ? sd_json_variant_elements(pages) : 0, have, first = 0;
	_cleanup_json_ sd_json_variant *joined = NULL, *last = NULL;
	int r = 0;

	have = *rows ? sd_json_variant_elements(*rows) : 0;
	if (n && have &&
	    goes_on(sd_json_variant_by_index(*rows, have - 1),
		    sd_json_variant_by_index(pages, 0))) {
		last = sd_json_variant_ref(sd_json_variant_by_index(*rows, have - 1));
		r = sd_json_variant_set_field_unsigned(
			&last, "folios",
			ctl_number(last, "folios") +
				ctl_number(sd_json_variant_by_index(pages, 0), "folios"));
		for (size_t i = 0; i + 1 < have && r >= 0; i++)
			r = sd_json_variant_append_array(&joined,
							 sd_json_variant_by_index(*rows, i));
		if (r >= 0)
			r = sd_json_variant_append_array(&joined, last);
		if (r < 0)
			return r;
		sd_json_variant_unref(*rows);
		*rows = TAKE_PTR(joined);
		first = 1;
	}
	for (size_t i = first; i < n && r >= 0; i++)
		r = sd_json_variant_append_array(rows, sd_json_variant_by_index(pages, i));
	return r;
}

/* Whether somebody may hold the folio: it has references that nothing accounts for. */
static bool is_held(sd_json_variant *row)
{
	sd_json_variant *flags = ctl_array(row, "flags");

	for (size_t i = 0; flags && i < sd_json_variant_elements(flags); i++)
		if (!strcmp(sd_json_variant_string(sd_json_variant_by_index(flags, i)) ?: "",
			    "pinned"))
			return true;
	return ctl_number(row, "extra") || ctl_number(row, "hidden");
}

/* How many pages of @row were asked about: a large folio, or a block of free memory, reaches beyond them. */
static uint64_t pages_asked(sd_json_variant *row, const struct refs_target *target)
{
	uint64_t begin = ctl_number(row, "index"), end = begin + pages_of(row);

	if (begin < target->first)
		begin = target->first;
	if (end > target->last + 1)
		end = target->last + 1;
	return begin < end ? end - begin : 0;
}

/* Pages by reason, in the order in which reasons are looked for. */
static int count_reasons(sd_json_variant *rows, const struct refs_target *target,
			 sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *total = NULL;
	uint64_t pages[_MP_REF_REASON_MAX] = {};
	int r = sd_json_variant_new_object(&total, NULL, 0);

	for (size_t i = 0; rows && i < sd_json_variant_elements(rows); i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);
		const char *reason = ctl_string(row, "reason");

		for (unsigned int k = 0; reason && k < _MP_REF_REASON_MAX; k++)
			if (!strcmp(reason, mp_ref_reason_word(k)))
				pages[k] += pages_asked(row, target);
	}
	for (unsigned int k = 0; k < _MP_REF_REASON_MAX && r >= 0; k++)
		if (pages[k])
			r = sd_json_variant_set_field_unsigned(&total, mp_ref_reason_word(k),
							       pages[k]);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(total);
	return 0;
}

int refs_answer(sd_json_variant *rows, const struct refs_target *target, bool held,
		sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *shown = NULL, *total = NULL;
	int r = count_reasons(rows, target, &total);

	if (r >= 0)
		r = sd_json_variant_new_array(&shown, NULL, 0);
	for (size_t i = 0; rows && i < sd_json_variant_elements(rows) && r >= 0; i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);

		if (!held || is_held(row))
			r = sd_json_variant_append_array(&shown, row);
	}
	return r < 0 ? r :
		       sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("pages", shown),
				      SD_JSON_BUILD_PAIR_VARIANT("total", total));
}
