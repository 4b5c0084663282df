// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ranges of a process whose page tables lie in a row, and which of them the registers of Direct Memory Translation
 * would hold; see translation.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "translation.h"

/* ---- registers ---------------------------------------------------------------------------------------- */

struct candidate {
	size_t index;
	uint64_t placed;
};

/* The most tables first; of as many, the lowest addresses. */
static int by_tables(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->placed != y->placed)
		return x->placed < y->placed ? 1 : -1;
	return x->index < y->index ? -1 : 1;
}

/* ret_registers[i]: of area i, or -1. */
static int assign(sd_json_variant *areas, int *ret_registers)
{
	size_t n = sd_json_variant_elements(areas);
	_cleanup_free_ struct candidate *order = calloc(n, sizeof(*order));

	if (!order && n)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		order[i] = (struct candidate){ i, ctl_number(sd_json_variant_by_index(areas, i),
							     "placed") };
	qsort(order, n, sizeof(*order), by_tables);
	for (size_t i = 0; i < n; i++)
		ret_registers[order[i].index] =
			i < TRANSLATION_REGISTERS && order[i].placed ? (int)i : -1;
	return 0;
}

static int number(sd_json_variant **areas)
{
	size_t n = sd_json_variant_elements(*areas);
	_cleanup_free_ int *registers = calloc(n, sizeof(*registers));
	_cleanup_json_ sd_json_variant *all = NULL;
	int r = registers || !n ? assign(*areas, registers) : -ENOMEM;

	r = r < 0 ? r : sd_json_variant_new_array(&all, NULL, 0);
	for (size_t i = 0; i < n && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *area =
			sd_json_variant_ref(sd_json_variant_by_index(*areas, i));

		if (registers[i] >= 0)
			r = sd_json_variant_set_field_unsigned(&area, "register",
							       (uint64_t)registers[i]);
		r = r < 0 ? r : sd_json_variant_append_array(&all, area);
	}
	if (r < 0)
		return r;
	sd_json_variant_unref(*areas);
	*areas = TAKE_PTR(all);
	return 0;
}

/* ---- questions ---------------------------------------------------------------------------------------- */

struct question {
	const struct translation_walk *walk; /* of the same process, or NULL */
	sd_json_variant *areas;
};

static int add(void *userdata, sd_json_variant *reply)
{
	struct question *question = userdata;
	sd_json_variant *array = ctl_array(reply, "areas");
	int r = 0;

	if (question->walk && (ctl_number(reply, "began_ns") != question->walk->began_ns ||
			       ctl_number(reply, "program") != question->walk->program))
		return -ESRCH;
	for (size_t i = 0; array && r >= 0 && i < sd_json_variant_elements(array); i++)
		r = sd_json_variant_append_array(&question->areas,
						 sd_json_variant_by_index(array, i));
	return r;
}

static enum ctl_exit fail(int error)
{
	translation_complain("%s", strerror(-error));
	return CTL_FAILED;
}

enum ctl_exit translation_collect_areas(const struct ctl *ctl, uint64_t pid,
					const struct translation_walk *walk,
					enum translation_asking how, sd_json_variant **ret)
{
	struct question question = { .walk = walk };
	enum ctl_exit result = CTL_FAILED;
	int r = sd_json_variant_new_array(&question.areas, NULL, 0);

	if (r >= 0) {
		result = translation_ask_areas(ctl, pid, how, add, &question);
		r = result == CTL_OK ? number(&question.areas) : 0;
	}
	if (r < 0)
		result = fail(r);
	if (result == CTL_OK)
		*ret = question.areas;
	else
		sd_json_variant_unref(question.areas);
	return result;
}
