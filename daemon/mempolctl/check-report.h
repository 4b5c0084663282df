/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `mempolctl check` says of one policy: good or not, every error and warning, and how many cgroups each
 * pattern matches now. Called by verb-check.c, which reads the files; it reads none.
 */
#ifndef MP_CTL_CHECK_REPORT_H
#define MP_CTL_CHECK_REPORT_H

#include "cgroup_tree.h"
#include "ctl.h"
#include "errors.h"
#include "policy.h"

struct ctl_check_report {
	bool json;
	const struct mp_paths *cgroups; /* NULL: nothing is counted */
	sd_json_variant *files; /* the answer for --json so far */
};

/*
 * @policy is NULL when its files are bad, and of a mask. @hits: what each value of its mechanism's list hits, or NULL.
 * 0 or -errno.
 */
int ctl_check_report(struct ctl_check_report *report, const char *path,
		     const struct mp_policy *policy, const size_t *hits,
		     const struct mp_errors *errors, const struct mp_errors *warnings);

#endif
