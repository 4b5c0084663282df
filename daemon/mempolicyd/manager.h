/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's life: made, started, told of changes by timers and inotify, stopped. main.c makes it,
 * control.c asks and commands it. It compares what should be with what is and takes the steps between
 * (converge.h).
 */
#ifndef MP_MANAGER_H
#define MP_MANAGER_H

#include "state.h"

int mp_manager_new(sd_event *event, const struct mp_config *config, struct mp_manager **ret);
struct mp_manager *mp_manager_free(struct mp_manager *manager);
MP_DEFINE_CLEANUP(struct mp_manager *, mp_manager_free)

/* Reads the policies and attaches what can be attached. */
int mp_manager_start(struct mp_manager *manager);
/* Closes every link; the kernel's default is back. */
void mp_manager_stop(struct mp_manager *manager);

/*
 * One transaction. Returns how many policies are new, different or gone; or -EBADMSG with all that
 * is wrong in @errors, and nothing changed. What had failed for good is tried again.
 */
int mp_manager_reload(struct mp_manager *manager, struct mp_errors *errors);

/*
 * Lets the policy try again wherever it was ejected or has failed. Returns at how many places that
 * was news.
 */
int mp_manager_reset(struct mp_manager *manager, struct mp_slot *slot);

/* Works out now what should be, and looks after the timer and the status line. */
void mp_manager_update(struct mp_manager *manager);

#endif
