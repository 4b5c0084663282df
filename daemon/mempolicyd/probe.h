/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel and this installation can do, each with the reason when it cannot.
 * Called by the manager at start, at reload, and while something is missing. It only looks; it
 * never loads a module or a program.
 */
#ifndef MP_PROBE_H
#define MP_PROBE_H

#include "macro.h"
#include "mempol/abi.h"

#define MP_FEATURES_MAX 16

struct mp_feature {
	const char *name;
	bool available;
	char *reason; /* NULL when available */
};

struct mp_features {
	char *kernel; /* release */
	struct mp_feature items[MP_FEATURES_MAX];
	size_t n;
	/* Why a mechanism cannot run (one of the reasons above); NULL: it can. */
	const char *missing[MEMPOL_MAX_MECHANISMS];
	/* Likewise, why programs cannot say what becomes of cached pages. */
	const char *hints_missing;
};

/*
 * @sys is /sys, or a test's. Returns 0 or -ENOMEM.
 */
int mp_features_probe(const char *sys, const char *cgroup_root, const char *agent,
		      struct mp_features *ret);
void mp_features_done(struct mp_features *features);

/* Why no mechanism at all can run, NULL when one can. */
const char *mp_features_nothing(const struct mp_features *features);

/* Cheap: whether the module is there at all. */
bool mp_features_module_present(const char *sys);

#endif
