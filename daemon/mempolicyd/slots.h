/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies by name: from the directories to what is in force. At start and under inotify each file
 * stands alone; a reload is one transaction. Called by the manager. It attaches nothing (converge.c
 * does); the kernel sees an engine from here only to verify it.
 */
#ifndef MP_SLOTS_H
#define MP_SLOTS_H

#include "state.h"

/* Reads all files; a bad one keeps its policy's last good version. 0 or -errno. */
int mp_slots_scan(struct mp_manager *manager);

/*
 * All or nothing. Returns how many policies are new, different or gone; or -EBADMSG with all that is
 * wrong in @errors, and nothing changed.
 */
int mp_slots_reload(struct mp_manager *manager, struct mp_errors *errors);

/* The module came after the policies: now the verifier can be asked. */
void mp_slots_verify(struct mp_manager *manager);

void mp_slots_free(struct mp_manager *manager);

#endif
