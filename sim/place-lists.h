/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory whose pages may lie in any frame, by lists: what placed memory is compared with. Called by place.c.
 */
#ifndef SIM_PLACE_LISTS_H
#define SIM_PLACE_LISTS_H

#include "place.h"

int sim_place_run_lru(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		      const struct sim_touches *touches, struct sim_place_result *ret);
int sim_place_run_two_lists(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
			    const struct sim_touches *touches, struct sim_place_result *ret);
int sim_place_run_generations(const struct sim_place_rule *rule,
			      const struct sim_place_setup *setup,
			      const struct sim_touches *touches, struct sim_place_result *ret);

#endif
