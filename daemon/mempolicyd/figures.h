/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's counters of a policy as JSON objects, for every reply that has them. Called by report.c and
 * balloon.c.
 */
#ifndef MP_FIGURES_H
#define MP_FIGURES_H

#include <systemd/sd-json.h>

#include "mechanism.h"

/* The mechanism's counters and those that every policy has. Returns 0 or -errno. */
int mp_figures_counters(const struct mempol_policy_info *info, const struct mp_mechanism *mechanism,
			sd_json_variant **ret);
/* How often each kind of request was refused. */
int mp_figures_refusals(const struct mempol_policy_info *info, sd_json_variant **ret);

#endif
