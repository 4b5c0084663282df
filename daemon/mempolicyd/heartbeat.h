/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells the module that the daemon is alive, often enough for its heartbeat_ms. Without it policies
 * become passive in the kernel: that is what a daemon that hangs amounts to. Called by kernel.c.
 */
#ifndef MP_HEARTBEAT_H
#define MP_HEARTBEAT_H

#include <systemd/sd-event.h>

#include "agent.h"

struct mp_heartbeat;

/* Beats at once, and until it is freed; @agent and @sys belong to the caller. Returns 0 or -errno. */
int mp_heartbeat_new(sd_event *event, struct mp_agent *agent, const char *sys,
		     struct mp_heartbeat **ret);
struct mp_heartbeat *mp_heartbeat_free(struct mp_heartbeat *heartbeat);

/* The time between two beats for a module parameter of @limit_ms; 0: unknown or switched off. */
uint64_t mp_heartbeat_period_usec(unsigned long limit_ms);

#endif
