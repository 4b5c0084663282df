// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of mechanism-ops.h.
 */
#include "mechanism-ops.h"

static const struct mp_mechanism_ops *const table[] = {
	&mp_cache_ops, &mp_placement_ops, &mp_balloon_ops, &mp_refcount_ops, &mp_translation_ops,
};

const struct mp_mechanism_ops *mp_mechanism_ops_of(enum mempol_mechanism_id id)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i]->mechanism->id == id)
			return table[i];
	return NULL;
}

void mp_mechanisms_attend(struct mp_manager *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i]->attend)
			table[i]->attend(m);
}

void mp_mechanisms_done(struct mp_manager *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i]->done)
			table[i]->done(m);
}
