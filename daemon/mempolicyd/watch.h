/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells when a policy directory may have changed: files written or renamed, directories that
 * appear, go or are replaced, drop-ins, files and directories behind links. Called by the manager, which reads everything again. It
 * never reads a policy file and never says what changed.
 */
#ifndef MP_WATCH_H
#define MP_WATCH_H

#include <systemd/sd-event.h>

#include "macro.h"

struct mp_watch;
typedef void (*mp_watch_changed_t)(void *userdata);

/* @dirs ends with NULL, belongs to the caller and must live as long as the watch. */
int mp_watch_new(sd_event *event, const char *const dirs[], mp_watch_changed_t changed,
		 void *userdata, struct mp_watch **ret);
struct mp_watch *mp_watch_free(struct mp_watch *watch);
MP_DEFINE_CLEANUP(struct mp_watch *, mp_watch_free)

/* Looks anew for directories to watch; to be called before the directories are read. */
int mp_watch_rearm(struct mp_watch *watch);

#endif
