// SPDX-License-Identifier: GPL-2.0-only
/*
 * The row of the page tables in the daemon's table of mechanisms (mechanism-ops.h): what their ops struct is given, and
 * what explain says of them. What users ask of a process' page tables is translation.c's.
 */
#include <string.h>

#include "mechanism-ops.h"
#include "mechanism-translation.h"

static int fill(const struct mp_manager *m, const struct mp_policy *policy,
		struct mp_ops_values *values, char **ret_problem)
{
	const struct mp_translation *translation = mp_translation_of(policy);

	(void)m;
	(void)ret_problem;
	mp_ops_values_add(values, "max_frames", 8,
			  translation->max_memory / (uint64_t)sysconf(_SC_PAGESIZE));
	mp_ops_values_add(values, "period_ms", 4, translation->period_ms);
	mp_ops_values_add(values, "min_windows", 4, mp_translation_windows(translation->min_range));
	mp_ops_values_add(values, "bubbles", 4, translation->bubbles);
	mp_ops_values_add(values, "move_rate", 4, translation->move_rate);
	mp_ops_values_add(values, "nodes", 4, translation->follows);
	mp_ops_values_add(values, "max_idle", 4, translation->max_idle);
	mp_ops_values_add(values, "trim_ms", 4, translation->trim_ms);
	return 0;
}

/* Of what its last round has found. */
static char *describe(const struct mempol_policy_info *info)
{
	uint64_t tables = info->counters[MEMPOL_TRANSLATION_TABLES];
	uint64_t placed = info->counters[MEMPOL_TRANSLATION_PLACED_TABLES];
	uint64_t ranges = info->counters[MEMPOL_TRANSLATION_RANGES];
	char *text;

	if (placed > tables)
		placed = tables;
	return asprintf(
		       &text,
		       "%llu range%s of its processes ha%s page tables in a row: %llu of %llu are in their place",
		       (unsigned long long)ranges, ranges == 1 ? "" : "s", ranges == 1 ? "s" : "ve",
		       (unsigned long long)placed, (unsigned long long)tables) < 0 ?
		       NULL :
		       text;
}

static char *explain(const struct mp_manager *m, const struct mp_slot *slot,
		     const struct mp_attachment *at)
{
	struct mempol_policy_info info;

	if (!at || mp_attachment_leaves(at) ||
	    !strcmp(mp_slot_engine(slot), mp_mechanism_translation.leaving_engine))
		return NULL;
	if (mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) < 0)
		return strdup("how its page tables are cannot be read now");
	return describe(&info);
}

const struct mp_mechanism_ops mp_translation_ops = {
	.mechanism = &mp_mechanism_translation,
	.fill = fill,
	.explain = explain,
};
