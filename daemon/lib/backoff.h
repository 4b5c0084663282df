/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When an engine that the kernel threw out may try again, and when no more: pure, per attachment.
 * Called by the daemon at each ejection. It never reads a clock.
 */
#ifndef MP_BACKOFF_H
#define MP_BACKOFF_H

#include <stdint.h>

#include "macro.h"

/* So many ejections in a row, and it is quarantined. */
#define MP_BACKOFF_STRIKES 3

/* All zero: it never was thrown out. Times are CLOCK_MONOTONIC. */
struct mp_backoff {
	unsigned int ejections; /* since it was loaded or reset: how long the next wait is */
	unsigned int strikes; /* of them in a row */
	uint64_t attached_usec;
};

void mp_backoff_attached(struct mp_backoff *backoff, uint64_t now_usec);

/*
 * Counts an ejection. Returns when to attach it again: after 1, 5 and from then on 30 s; UINT64_MAX
 * when it is quarantined. Ten minutes without one make the next the first of a row again, but the
 * wait stays long for a policy that was ejected before.
 */
uint64_t mp_backoff_ejected(struct mp_backoff *backoff, uint64_t now_usec);

bool mp_backoff_is_quarantined(const struct mp_backoff *backoff);

#endif
