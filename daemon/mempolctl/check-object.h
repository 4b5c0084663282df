/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check's way with engines' objects: one that is named itself, and --load, which shows an object to the kernel's
 * verifier and attaches nothing. Called by verb-check.c.
 */
#ifndef MP_CTL_CHECK_OBJECT_H
#define MP_CTL_CHECK_OBJECT_H

#include "errors.h"
#include "policy.h"

/* FILE.bpf.o: an argument that names an object and no policy. */
bool ctl_is_object(const char *path);

/* Looks at the object and, with @load, loads it. 0, -EBADMSG with entries in @errors, or -ENOMEM. */
int ctl_check_object(const char *path, bool load, struct mp_errors *errors);

/* Loads the engine of @policy with what the policy sets. Likewise. */
int ctl_check_load(const struct mp_policy *policy, const char *engine_dir,
		   struct mp_errors *errors);

#endif
