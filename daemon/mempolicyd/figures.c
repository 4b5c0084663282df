// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters by their names; see figures.h.
 */
#include "figures.h"
#include "names.h"

int mp_figures_counters(const struct mempol_policy_info *info, const struct mp_mechanism *mechanism,
			sd_json_variant **ret)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	const char *name;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < mechanism->n_counters; i++)
		r = sd_json_variant_set_field_unsigned(&v, mechanism->counters[i],
						       info->counters[i]);
	for (unsigned int i = 0; r >= 0 && (name = mp_common_counter_name(i)); i++)
		r = sd_json_variant_set_field_unsigned(&v, name, info->common[i]);
	*ret = TAKE_PTR(v);
	return r;
}

int mp_figures_refusals(const struct mempol_policy_info *info, sd_json_variant **ret)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	int r = 0;

	for (unsigned int i = 0; i < MEMPOL_NR_REFUSALS && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(&v, mp_refusal_name(i), info->refusals[i]);
	*ret = TAKE_PTR(v);
	return r;
}
