/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One step of a plan (plan.h): attach, replace or detach, and what becomes of an attachment when the step
 * fails. Called by converge.c.
 */
#ifndef MP_STEPS_H
#define MP_STEPS_H

#include "plan.h"
#include "state.h"

/* The userdata of the step's items are attachments. */
void mp_step_take(struct mp_manager *manager, const struct mp_plan_step *step);

#endif
