/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engines as native code in this process: those that are linked in, and shared objects of users, which are looked
 * at before they are run and run in a process of their own before they are run in this one. Called by simulate
 * and test-engine.
 */
#ifndef MP_CTL_NATIVE_H
#define MP_CTL_NATIVE_H

#include "../../sim/sim.h"
#include "ctl.h"
#include "tunable.h"

/*
 * An engine's shared object as a policy that can be simulated; it stays as long as the program runs. @name: what it is
 * called, NULL: as it calls itself. Returns 0; or -ENOEXEC and a sentence without the path; or -ENOMEM.
 */
int ctl_native_load(const char *path, const char *name, const struct sim_policy **ret,
		    char **ret_problem);

/* Of the engine; empty for a textbook policy. Returns 0; or -ENOEXEC and a sentence; or -ENOMEM. */
int ctl_native_tunables(const struct sim_policy *policy, struct mp_tunables *ret,
			char **ret_problem);

/* Gives the tunable of the engine in this process, and those that are forked from it, another value. */
void ctl_native_set(const struct sim_policy *policy, const struct mp_tunable *tunable,
		    uint64_t value);

/*
 * Applies "KEY=VALUE" to every one of @policies that has KEY, or "ENGINE.KEY=VALUE" to one. Returns 0; or -EINVAL
 * and a sentence that begins with the setting; or -ENOMEM.
 */
int ctl_native_apply(const struct sim_policy *const policies[], size_t n_policies,
		     const char *setting, char **ret_problem);

/*
 * What a policy file with that engine says of a setting that was applied: "KEY=VALUE", a part of @setting; NULL: it is
 * not this engine's. Returns 0 or -ENOMEM.
 */
int ctl_native_setting(const struct sim_policy *policy, const char *setting, const char **ret);

#endif
