/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon tells: the parameters of each Varlink reply, built from the manager after the
 * kernel was asked. Called by control.c; it changes nothing but what the kernel's answer changes.
 */
#ifndef MP_REPORT_H
#define MP_REPORT_H

#include <systemd/sd-json.h>

#include "state.h"

/* All return 0 or -errno; -ESRCH: there is no policy of that name. @name may be NULL: all. */
int mp_report_status(struct mp_manager *manager, sd_json_variant **ret);
int mp_report_list(struct mp_manager *manager, const char *name, bool counters,
		   sd_json_variant **ret);
int mp_report_show(struct mp_manager *manager, const char *name, sd_json_variant **ret);
int mp_report_engines(struct mp_manager *manager, sd_json_variant **ret);
int mp_report_features(struct mp_manager *manager, sd_json_variant **ret);

#endif
