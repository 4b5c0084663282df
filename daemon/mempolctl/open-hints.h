/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of the daemon's sockets a verb takes that says something of cached pages. Called by cache and run.
 */
#ifndef MP_CTL_OPEN_HINTS_H
#define MP_CTL_OPEN_HINTS_H

#include <mempolicy.h>

#include "ctl.h"

/* As mempolicy_open(), or where --socket says. */
int ctl_open_hints(const struct ctl *ctl, unsigned int flags, struct mempolicy **ret);

#endif
